//! How far the search is, and its answer.

use raft_jobs::{Bounds, ExploreEnd, ExploreFound, Explored};
use yew::prelude::*;

use super::progress;
use crate::lab::ExploringView;
use crate::state::use_controls;
use crate::words::{counted, grouped, milliseconds};

#[derive(Properties, PartialEq)]
pub(super) struct AnswerProps {
    pub(super) exploring: ExploringView,
    pub(super) is_exploring: bool,
    pub(super) on_close: Callback<()>,
}

#[component(Answer)]
pub(super) fn answer(props: &AnswerProps) -> Html {
    let view = &props.exploring;
    let controls = use_controls();
    let on_open = {
        let on_close = props.on_close.clone();
        Callback::from(move |_: MouseEvent| {
            controls.finder.open_explored(&controls.labs);
            on_close.emit(());
        })
    };
    let states = view.explored.as_ref().map_or(0, |explored| explored.states);
    let end = view.explored.as_ref().and_then(|explored| explored.end.as_ref());
    html! {
        <section class="find-found" aria-label="Answer">
            if let Some(words) = &view.refusal {
                <p id="explore-refusal" class="find-error" role="alert"
                    data-testid="explore-refusal">{ words }</p>
            }
            if props.is_exploring {
                <progress max={view.most_states.to_string()} value={states.to_string()}
                    aria-label="States found" />
            }
            <p class="find-progress" role="status" data-testid="explore-answer">
                { match (&view.explored, end) {
                    (Some(explored), Some(end)) => in_words(view, explored, end),
                    _ if view.refusal.is_some() => String::new(),
                    (None, _) if !props.is_exploring => "Cancelled.".to_owned(),
                    _ => progress(view),
                } }
            </p>
            if let Some(ExploreEnd::Found(found)) = end { { found_run(found, on_open) } }
        </section>
    }
}

/// The run to the violation, or to the goal.
fn found_run(found: &ExploreFound, on_open: Callback<MouseEvent>) -> Html {
    html! {
        <>
            if !found.is_goal {
                <p class="find-error" data-testid="explore-broken">{ &found.words }</p>
            }
            <ol class="explore-steps">
                { for found.steps.iter().map(|step| html! { <li>{ step }</li> }) }
            </ol>
            if found.is_same {
                <button type="button" class="button is-primary" data-testid="explore-open"
                    onclick={on_open}>{ "Open as a branch" }</button>
            } else {
                <p class="find-note">
                    { "On the page time passes, and with it this run takes another way: it cannot \
                       be opened. These are its steps." }
                </p>
            }
        </>
    }
}

fn in_words(view: &ExploringView, explored: &Explored, end: &ExploreEnd) -> String {
    let Explored { states, transitions, depth, .. } = explored;
    let within = within(&view.bounds);
    let counts = format!(
        "{} states, {} steps looked at, {:.1} s.",
        grouped(*states),
        grouped(*transitions),
        view.seconds
    );
    let at = milliseconds(view.at);
    let nothing = match &view.goal {
        None => "nothing breaks a property".to_owned(),
        Some(goal) => format!("nothing breaks a property, and “{goal}” never holds"),
    };
    match end {
        ExploreEnd::Exhausted => {
            format!(
                "From {at} ms on, within {within}, {nothing}: all that can happen was tried. \
                {counts}"
            )
        }
        ExploreEnd::Deep => {
            format!("From {at} ms on, within {within} and {depth} steps, {nothing}. {counts}")
        }
        ExploreEnd::Full => {
            format!(
                "From {at} ms on, within {depth} steps, {nothing}, but not all was tried: the \
                memory is used up. {counts}"
            )
        }
        ExploreEnd::Found(found) => {
            let steps = counted(found.steps.len(), "step", "steps");
            let what = match found.is_goal {
                true => format!("“{}” comes to hold", found.words),
                false => "this goes wrong".to_owned(),
            };
            format!("From {at} ms on, {what} after {steps}, and after no fewer. {counts}")
        }
    }
}

/// `1 election, 1 crash and 1 write`
fn within(bounds: &Bounds) -> String {
    let parts = [
        (bounds.elections, "election", "elections"),
        (bounds.crashes, "crash", "crashes"),
        (bounds.proposals, "write", "writes"),
        (bounds.duplicates, "message twice", "messages twice"),
        (bounds.losses, "lost message", "lost messages"),
        (bounds.reads, "read", "reads"),
        (bounds.snapshots, "snapshot", "snapshots"),
        (bounds.transfers, "transfer", "transfers"),
        (bounds.forgets, "forgotten leader", "forgotten leaders"),
    ];
    let some = parts.into_iter().filter(|(number, ..)| *number > 0);
    let words: Vec<String> =
        some.map(|(number, one, many)| counted(usize::from(number), one, many)).collect();
    match words.split_last() {
        None => "no fault and no write".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}
