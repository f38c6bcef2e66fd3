//! Why something happened, or did not: the answer to the last question, and questions to ask.

use raft_lab::{CauseView, EventNumber, ExplanationView, Instant, ReasonView};
use yew::prelude::*;

use super::questions::of_moment;
use crate::state::{use_controls, use_frame};
use crate::ui::{Icon, IconName, Panel, said};
use crate::words::milliseconds;

#[derive(Properties, PartialEq)]
pub(crate) struct WhyProps {
    /// Whether the panel is shown.
    pub(crate) is_open: bool,
    /// Called when there is a new answer.
    pub(crate) on_answer: Callback<()>,
}

#[component(Why)]
pub(crate) fn why(props: &WhyProps) -> Html {
    let (frame, runner) = (use_frame(), use_controls().runner);
    let answer = frame.lab.explanation.clone();
    use_effect_with(answer.clone(), {
        let on_answer = props.on_answer.clone();
        move |answer| {
            if answer.is_some() {
                on_answer.emit(());
            }
        }
    });
    let on_close = use_callback(runner, |_: MouseEvent, runner| runner.dismiss_explanation());
    if !props.is_open {
        return html! {};
    }
    let close = html! {
        if answer.is_some() {
            <button type="button" class="icon-button" aria-label="Close the answer"
                onclick={on_close}><Icon name={IconName::Close} /></button>
        }
    };
    html! {
        <Panel name="why" title="Why" aside={close}>
            <div class="why" tabindex="0" data-testid="why">
                if let Some(answer) = answer {
                    <Answer {answer} />
                } else {
                    <p class="empty">
                        { "Ask why something happened, or why it did not. Each event has a \
                           question mark, and here are questions about this moment." }
                    </p>
                }
                <div class="why-questions" role="group" aria-label="Questions">
                    { for of_moment(&frame.view).into_iter().map(|question| html! {
                        <button key={question.line.clone()} type="button" class="button is-small"
                            data-ask={question.line}>{ question.words }</button>
                    }) }
                </div>
            </div>
        </Panel>
    }
}

#[derive(Properties, PartialEq)]
struct AnswerProps {
    answer: std::rc::Rc<ExplanationView>,
}

#[component(Answer)]
fn answer(props: &AnswerProps) -> Html {
    let ExplanationView { asked, at, reasons } = &*props.answer;
    html! {
        <div class="why-answer" data-testid="why-answer" aria-live="polite">
            <p class="why-asked">
                <code>{ asked }</code>{ format!(" at {} ms", milliseconds(*at)) }
            </p>
            { for reasons.iter().enumerate().map(|(place, reason)| html! {
                <Reason key={place} reason={reason.clone()} is_first={place == 0} />
            }) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ReasonProps {
    reason: ReasonView,
    /// Whether it decides.
    is_first: bool,
}

#[component(Reason)]
fn reason(props: &ReasonProps) -> Html {
    let ReasonView { words, chains, needs } = &props.reason;
    html! {
        <section class={classes!("why-reason", props.is_first.then_some("is-first"))}>
            <p class="why-words">{ said(words, true) }</p>
            if let Some(needs) = needs {
                <p class="why-needs"><span class="why-label">{ "Needs" }</span>
                    <span>{ said(needs, false) }</span></p>
            }
            { for chains.iter().enumerate().map(|(place, chain)| html! {
                <ol key={place} class="why-chain" aria-label="Causes, the nearest first">
                    { for chain.iter().enumerate().map(|(place, cause)| html! {
                        <Step key={place} cause={cause.clone()} />
                    }) }
                    if let Some((event, at)) = chain.iter().find_map(event_of) {
                        <li class="why-step"><button type="button" class="text-button"
                            data-diagram={format!("{event} {}", at.0)}>
                            { "Show it in the diagram" }
                        </button></li>
                    }
                </ol>
            }) }
        </section>
    }
}

fn event_of(cause: &CauseView) -> Option<(EventNumber, Instant)> {
    cause.event.map(|event| (event, cause.at))
}

#[derive(Properties, PartialEq)]
struct StepProps {
    cause: CauseView,
}

#[component(Step)]
fn step(props: &StepProps) -> Html {
    let CauseView { words, at, steps, event, is_statement } = &props.cause;
    let runner = use_controls().runner;
    let on_time = use_callback((runner, *steps), |_: MouseEvent, (runner, steps)| {
        runner.show_after(*steps);
    });
    html! {
        <li class={classes!("why-step", is_statement.then_some("is-statement"))}>
            <button type="button" class="event-time" title="Show this moment" onclick={on_time}>
                { milliseconds(*at) }
            </button>
            <span>{ said(words, false) }</span>
            if let (Some(event), false) = (event, is_statement) {
                <button type="button" class="event-why" title="Why?"
                    aria-label={format!("Why event {event}?")} data-ask={format!("why {event}")}>
                    { "?" }
                </button>
            }
        </li>
    }
}
