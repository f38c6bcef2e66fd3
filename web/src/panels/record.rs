//! Recording a lesson of the run on the page: its title, its steps, and what becomes of it.

mod form;
mod outcome;

use raft_lab::{RecordedStepView, RecordingView};
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use self::form::StepForm;
use self::outcome::Outcome;
use crate::state::{use_controls, use_frame};
use crate::ui::{Icon, IconName, Panel};
use crate::words::{counted, milliseconds};

#[component(Record)]
pub(crate) fn record() -> Html {
    let (frame, runner) = (use_frame(), use_controls().runner);
    // The number of the step that is being changed; `None`: a new one is written.
    let changed = use_state_eq(|| None::<usize>);
    let gives_up = use_state_eq(|| false);
    let Some(recording) = frame.lab.recording.clone() else { return html! {} };
    let on_give_up = {
        let (runner, gives_up, is_sure) = (runner, gives_up.setter(), *gives_up);
        Callback::from(move |_: MouseEvent| {
            if is_sure {
                runner.set_recording(false);
            }
            gives_up.set(!is_sure);
        })
    };
    let leave = html! {
        if *gives_up {
            <button type="button" class="button is-small" data-testid="record-give-up"
                onclick={on_give_up}>{ "Give the lesson up?" }</button>
        } else {
            <button type="button" class="icon-button" aria-label="Give the lesson up"
                data-testid="record-leave" onclick={on_give_up}>
                <Icon name={IconName::Close} />
            </button>
        }
    };
    let step = changed
        .and_then(|number| recording.steps.iter().find(|placed| placed.number == number).cloned());
    let key = step.as_ref().map_or("new".to_owned(), |step| step.number.to_string());
    let at = step.as_ref().map_or(frame.view.now, |step| step.at);
    let on_change = {
        let changed = changed.setter();
        Callback::from(move |number| changed.set(number))
    };
    html! {
        <Panel name="record" title="Record a lesson" aside={leave}>
            <div class="record" tabindex="0" data-testid="record">
                <Names title={recording.title.clone()} about={recording.about.clone()} />
                <Steps recording={(*recording).clone()} on_change={on_change.clone()} />
                <StepForm {key} {at} {step} draft={recording.draft.clone()}
                    on_done={on_change.reform(|()| None)} />
                <Outcome recording={recording.clone()} />
            </div>
        </Panel>
    }
}

#[derive(Properties, PartialEq)]
struct NamesProps {
    title: String,
    about: String,
}

/// The title of the lesson, and what one will know after it.
#[component(Names)]
fn names(props: &NamesProps) -> Html {
    let runner = use_controls().runner;
    let (title, about) = (use_node_ref(), use_node_ref());
    let on_change = {
        let (title, about) = (title.clone(), about.clone());
        Callback::from(move |_: Event| {
            let title = title.cast::<HtmlInputElement>().map(|input| input.value());
            let about = about.cast::<HtmlTextAreaElement>().map(|input| input.value());
            runner.name_recording(&title.unwrap_or_default(), &about.unwrap_or_default());
        })
    };
    html! {
        <div class="record-names">
            <label>{ "Title of the lesson" }
                <input ref={title} type="text" maxlength="200" value={props.title.clone()}
                    data-testid="record-title" onchange={on_change.clone()} />
            </label>
            <label>{ "What one will know after it" }
                <textarea ref={about} rows="2" maxlength="2000" value={props.about.clone()}
                    data-testid="record-about" onchange={on_change} />
            </label>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct StepsProps {
    recording: RecordingView,
    on_change: Callback<Option<usize>>,
}

/// The steps so far, in the order of their moments.
#[component(Steps)]
fn steps(props: &StepsProps) -> Html {
    let RecordingView { steps, elsewhere, .. } = &props.recording;
    html! {
        <>
            if steps.is_empty() {
                <p class="empty">
                    { "Do something, go to the moment that matters, and write down what is to be \
                       seen, or ask what comes next: the run answers." }
                </p>
            }
            <ol class="record-steps" data-testid="record-steps">
                { for steps.iter().map(|placed| html! {
                    <Row key={placed.number} placed={placed.clone()}
                        on_change={props.on_change.clone()} />
                }) }
            </ol>
            if *elsewhere > 0 {
                <p class="record-note">
                    { format!("{} on other branches: no part of this lesson.",
                        counted(*elsewhere, "step is", "steps are")) }
                </p>
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct RowProps {
    placed: RecordedStepView,
    on_change: Callback<Option<usize>>,
}

#[component(Row)]
fn row(props: &RowProps) -> Html {
    let runner = use_controls().runner;
    let RecordedStepView { number, at, step, .. } = props.placed.clone();
    let on_show = {
        let runner = runner.clone();
        Callback::from(move |_: MouseEvent| runner.show_recorded(number))
    };
    let on_change = props.on_change.reform(move |_: MouseEvent| Some(number));
    let on_remove = {
        let on_change = props.on_change.clone();
        Callback::from(move |_: MouseEvent| {
            on_change.emit(None);
            runner.remove_recorded(number);
        })
    };
    let title = &step.title;
    html! {
        <li class="record-step">
            <button type="button" class="text-button" onclick={on_show}
                title="Show this moment">{ format!("{} ms", milliseconds(at)) }</button>
            <span class="record-words">
                { title }
                if !step.question.is_empty() { <i>{ format!(": {}", step.question) }</i> }
            </span>
            <button type="button" class="button is-small" onclick={on_change}
                aria-label={format!("Change {title}")}>{ "Change" }</button>
            <button type="button" class="button is-small" onclick={on_remove}
                aria-label={format!("Remove {title}")}>{ "Remove" }</button>
        </li>
    }
}
