//! The form for a step: a text, and perhaps a question with answers.

use raft_lab::{Instant, RecordedChoice, RecordedStep, RecordedStepView};
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::hooks::focus_soon;
use crate::panels::condition_field::ConditionField;
use crate::state::use_controls;
use crate::words::milliseconds;

/// The most answers of a question.
const MAX_CHOICES: usize = 4;

#[derive(Properties, PartialEq)]
pub(super) struct StepFormProps {
    /// The moment of the step.
    pub(super) at: Instant,
    /// The step that is being changed; `None`: a new one.
    pub(super) step: Option<RecordedStepView>,
    /// The new step, as far as it is written.
    pub(super) draft: RecordedStep,
    pub(super) on_done: Callback<()>,
}

#[component(StepForm)]
pub(super) fn step_form(props: &StepFormProps) -> Html {
    let runner = use_controls().runner;
    let number = props.step.as_ref().map(|placed| placed.number);
    let draft = use_state_eq(|| {
        let placed = props.step.as_ref().map(|placed| placed.step.clone());
        placed.unwrap_or_else(|| props.draft.clone())
    });
    use_effect_with(draft.clone(), {
        let runner = runner.clone();
        move |draft| {
            if number.is_none() {
                runner.draft_step((**draft).clone());
            }
        }
    });
    let asks = use_state_eq(|| !draft.choices.is_empty());
    let refusal = use_state_eq(String::new);
    let edit = Edit { draft: draft.clone(), refusal: refusal.setter() };
    let on_submit = {
        let (edit, asks, on_done) = (edit.clone(), asks.clone(), props.on_done.clone());
        let runner = runner.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let mut step = (*edit.draft).clone();
            if !*asks {
                (step.question, step.choices) = (String::new(), Vec::new());
            }
            let done = match number {
                Some(number) => runner.change_recorded(number, step),
                None => runner.record(step),
            };
            match done {
                Ok(()) => {
                    edit.draft.set(RecordedStep::default());
                    asks.set(false);
                    edit.refusal.set(String::new());
                    on_done.emit(());
                    focus_soon("record-step-title");
                }
                Err(words) => edit.refusal.set(words),
            }
        })
    };
    let on_asks = {
        let (edit, asks) = (edit.clone(), asks.clone());
        Callback::from(move |_: Event| {
            if !*asks && edit.draft.choices.is_empty() {
                edit.change(|draft| draft.choices = vec![RecordedChoice::default(); 2]);
            }
            asks.set(!*asks);
        })
    };
    let on_cancel = props.on_done.reform(|_: MouseEvent| focus_soon("record-step-title"));
    // The moment must not go on while somebody writes about it.
    let on_focus = Callback::from(move |_: FocusEvent| runner.set_running(false));
    html! {
        <form class="record-form" onsubmit={on_submit} onfocusin={on_focus}>
            <h3>
                { match &props.step {
                    Some(placed) => format!("The step “{}”", placed.step.title),
                    None => format!("A step at {} ms, the shown moment", milliseconds(props.at)),
                } }
            </h3>
            { edit.input("Title", "record-step-title", &draft.title, |draft, words| {
                draft.title = words;
            }) }
            { edit.area("What it says", "record-step-text", &draft.text, |draft, words| {
                draft.text = words;
            }) }
            <label class="choice">
                <input type="checkbox" checked={*asks} onchange={on_asks}
                    data-testid="record-asks" />
                <span>{ "Ask what comes next; the run until the next step answers" }</span>
            </label>
            if *asks { { question(&edit) } }
            <p class="find-error" role="alert" data-testid="record-error">{ &*refusal }</p>
            <div class="record-buttons">
                if number.is_some() {
                    <button type="button" class="button" onclick={on_cancel}>{ "Cancel" }</button>
                }
                <button type="submit" class="button is-primary" data-testid="record-add">
                    { if number.is_some() { "Save the step" } else { "Add the step" } }
                </button>
            </div>
        </form>
    }
}

/// The step that is being written.
#[derive(Clone)]
struct Edit {
    draft: UseStateHandle<RecordedStep>,
    refusal: UseStateSetter<String>,
}

impl Edit {
    fn change(&self, change: impl FnOnce(&mut RecordedStep)) {
        let mut step = (*self.draft).clone();
        change(&mut step);
        self.refusal.set(String::new());
        self.draft.set(step);
    }

    fn input(
        &self,
        label: &'static str,
        testid: &'static str,
        value: &str,
        set: fn(&mut RecordedStep, String),
    ) -> Html {
        let edit = self.clone();
        let on_input = Callback::from(move |event: InputEvent| {
            let words = event.target_unchecked_into::<HtmlInputElement>().value();
            edit.change(|draft| set(draft, words));
        });
        html! {
            <label>{ label }
                <input type="text" maxlength="500" value={value.to_owned()} oninput={on_input}
                    id={testid} data-testid={testid} />
            </label>
        }
    }

    fn area(
        &self,
        label: &'static str,
        testid: &'static str,
        value: &str,
        set: fn(&mut RecordedStep, String),
    ) -> Html {
        let edit = self.clone();
        let on_input = Callback::from(move |event: InputEvent| {
            let words = event.target_unchecked_into::<HtmlTextAreaElement>().value();
            edit.change(|draft| set(draft, words));
        });
        html! {
            <label>{ label }
                <textarea rows="3" maxlength="4000" value={value.to_owned()} oninput={on_input}
                    data-testid={testid} />
            </label>
        }
    }
}

fn question(edit: &Edit) -> Html {
    let choices = &edit.draft.choices;
    let on_more = {
        let edit = edit.clone();
        Callback::from(move |_: MouseEvent| {
            edit.change(|draft| draft.choices.push(RecordedChoice::default()));
        })
    };
    html! {
        <>
            { edit.input("Question", "record-question", &edit.draft.question, |draft, words| {
                draft.question = words;
            }) }
            { for (0..choices.len()).map(|place| choice(edit, place)) }
            if choices.len() < MAX_CHOICES {
                <button type="button" class="button is-small" onclick={on_more}>
                    { "One more answer" }
                </button>
            }
        </>
    }
}

/// One answer: its words, when it is right, and why it is wrong if it is.
fn choice(edit: &Edit, place: usize) -> Html {
    let letter = char::from(b'A' + u8::try_from(place).unwrap_or_default());
    let choice = &edit.draft.choices[place];
    let set = |set: fn(&mut RecordedChoice, String)| {
        let edit = edit.clone();
        Callback::from(move |words: String| {
            edit.change(|draft| set(&mut draft.choices[place], words));
        })
    };
    let input = |set: Callback<String>| {
        Callback::from(move |event: InputEvent| {
            set.emit(event.target_unchecked_into::<HtmlInputElement>().value());
        })
    };
    let area = |set: Callback<String>| {
        Callback::from(move |event: InputEvent| {
            set.emit(event.target_unchecked_into::<HtmlTextAreaElement>().value());
        })
    };
    html! {
        <fieldset key={place} class="record-choice">
            <legend>{ format!("Answer {letter}") }</legend>
            <label>{ "Words" }
                <input type="text" maxlength="500" value={choice.text.clone()}
                    data-testid={format!("record-choice-{place}")}
                    oninput={input(set(|choice, words| choice.text = words))} />
            </label>
            <label>{ "It is right if" }
                <ConditionField text={choice.condition.clone()} is_refused={false}
                    on_text={set(|choice, words| choice.condition = words)}
                    refusal_id="record-error" placeholder="leader 3"
                    testid={CONDITIONS[place.min(CONDITIONS.len() - 1)]} />
            </label>
            <details open={!choice.never.is_empty() || !choice.instead.is_empty()}>
                <summary>{ "If it is wrong" }</summary>
                <label>{ "Why it can never be right" }
                    <input type="text" maxlength="500" value={choice.never.clone()}
                        data-testid={format!("record-never-{place}")}
                        oninput={input(set(|choice, words| choice.never = words))} />
                </label>
                <label>{ "or: statements, one a line, after which it would be right" }
                    <textarea rows="2" maxlength="2000" value={choice.instead.clone()}
                        data-testid={format!("record-instead-{place}")}
                        oninput={area(set(|choice, words| choice.instead = words))} />
                </label>
            </details>
        </fieldset>
    }
}

const CONDITIONS: [&str; MAX_CHOICES] =
    ["record-condition-0", "record-condition-1", "record-condition-2", "record-condition-3"];
