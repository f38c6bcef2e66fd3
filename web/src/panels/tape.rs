//! The run as a line: any moment of it, and its branches.

use raft_lab::Term;
use raft_lab::{TapeView, TimeView};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::picture::term_class;
use crate::state::{use_controls, use_frame};
use crate::ui::{Icon, IconName};
use crate::words::milliseconds;

#[component(Tape)]
pub(crate) fn tape() -> Html {
    let (frame, controls) = (use_frame(), use_controls());
    let time = frame.lab.time.clone();
    let runner = controls.runner;
    let on_back = use_callback(runner.clone(), |_: MouseEvent, runner| runner.step_back());
    let on_slide = use_callback(runner, |event: InputEvent, runner| {
        let slider = event.target_dyn_into::<HtmlInputElement>();
        if let Some(steps) = slider.and_then(|slider| slider.value().parse().ok()) {
            runner.show_moment(steps);
        }
    });
    let tape = time.tape.clone();
    let now = milliseconds(frame.view.now);
    let moment = format!("after {} of {} steps, at {now} ms", time.steps, time.end_steps);
    html! {
        <section class={classes!("tape", time.is_past.then_some("is-past"))} aria-label="Run"
            data-moment={time.steps.to_string()}>
            <button type="button" class="button" data-testid="step-back" title=","
                aria-label="Step back" onclick={on_back}>
                <Icon name={IconName::StepBack} /><span class="tool-label">{ "Back" }</span>
            </button>
            <div class="tape-box">
                <Line {tape} end={time.end_steps} />
                <input type="range" class="tape-line" data-testid="tape" min="0" step="1"
                max={time.end_steps.to_string()} value={time.steps.to_string()}
                aria-label="Moment of the run" aria-valuetext={moment} oninput={on_slide} />
            </div>
            <span class="tape-figure" data-testid="tape-figure">
                { format!("step {} of {}", time.steps, time.end_steps) }
            </span>
            if time.branches.len() > 1 {
                <ChooseBranch {time} />
            }
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct LineProps {
    tape: TapeView,
    /// The number of steps at the right end.
    end: u64,
}

/// The times of leaders in the colours of their terms, and marks above them. For the eye only: the
/// slider below and the keys reach every moment, and the events are a list of their own.
#[component(Line)]
fn line(props: &LineProps) -> Html {
    let LineProps { tape, end } = props;
    let percent = |steps: u64| steps.min(*end) as f64 * 100.0 / (*end).max(1) as f64;
    html! {
        <div class="tape-picture" aria-hidden="true" data-testid="tape-picture">
            { for tape.bands.iter().map(|band| {
                let (from, to) = (percent(band.from), percent(band.to.unwrap_or(*end)));
                let words = format!("node {} leads term {}", band.node, band.term);
                html! {
                    <span key={format!("band {}", band.from)} title={words}
                        class={classes!("tape-band", term_class(Term(band.term)))}
                        style={format!("left:{from:.2}%;width:{:.2}%", to - from)}>
                        { band.node }
                    </span>
                }
            }) }
            { for tape.marks.iter().map(|mark| html! {
                <span key={format!("mark {}", mark.steps)} title={mark.words.clone()}
                    class={classes!("tape-mark", format!("is-{}", mark.kind))}
                    style={format!("left:{:.2}%", percent(mark.steps))}></span>
            }) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ChooseBranchProps {
    time: TimeView,
}

/// The branches by name, and a button that removes the chosen one.
#[component(ChooseBranch)]
fn choose_branch(props: &ChooseBranchProps) -> Html {
    let runner = use_controls().runner;
    let on_choose = use_callback(runner.clone(), |event: Event, runner| {
        let list = event.target_dyn_into::<HtmlSelectElement>();
        if let Some(number) = list.and_then(|list| list.value().parse().ok()) {
            runner.switch_to(number);
        }
    });
    let TimeView { branch, branches, .. } = &props.time;
    let chosen = *branch;
    let is_first = branches.iter().any(|other| other.id == chosen && other.parent.is_none());
    let on_compare = use_callback(runner.clone(), |_: MouseEvent, runner| runner.compare());
    let on_remove = use_callback((runner, chosen), |_: MouseEvent, (runner, chosen)| {
        runner.remove_branch(*chosen);
    });
    html! {
        <>
            <label class="tape-branch">
                <span class="tape-label">{ "Branch" }</span>
                <select data-testid="branch" onchange={on_choose}>
                    { for branches.iter().map(|branch| html! {
                        <option key={branch.id} value={branch.id.to_string()}
                            selected={branch.id == chosen}>
                            { branch_in_words(branch) }
                        </option>
                    }) }
                </select>
            </label>
            if !is_first {
                <button type="button" class="button" data-testid="compare"
                    title="Go to the first difference from the branch that it left"
                    onclick={on_compare}>
                    { "Compare" }
                </button>
                <button type="button" class="button" data-testid="remove-branch"
                    title="Remove this branch, and go to the one that it left" onclick={on_remove}>
                    { "Remove" }
                </button>
            }
        </>
    }
}

fn branch_in_words(branch: &raft_lab::BranchView) -> String {
    let stored = if branch.is_durable { ", stored" } else { "" };
    match branch.parent {
        Some(_) => format!("{} (from step {})", branch.name, branch.from_steps),
        None => format!("{}{stored}", branch.name),
    }
}
