//! What to look for, and where.

use raft_jobs::{FindOrder, Runs, default_profile, profiles};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::lab::{Activity, SearchView};
use crate::panels::condition_field::ConditionField;
use crate::state::{use_controls, use_frame};
use crate::words::milliseconds;

/// A search of drawn runs is over after so many hits.
const ENOUGH: u64 = 20;
/// Conditions that are worth looking for.
const EXAMPLES: [&str; 5] = [
    "happened two-leaders",
    "happened majority-entry-removed",
    "happened applied-after-giving-up",
    "no leader and term >= 5",
    "broken",
];

#[derive(Properties, PartialEq)]
pub(super) struct FormProps {
    pub(super) activity: Option<Activity>,
    pub(super) search: Option<SearchView>,
}

#[component(Form)]
pub(super) fn form(props: &FormProps) -> Html {
    let (controls, frame) = (use_controls(), use_frame());
    let search = props.search.as_ref();
    let text = use_state_eq(|| search.map(|search| search.condition.clone()).unwrap_or_default());
    let refusal = use_state_eq(String::new);
    let is_searching = props.activity == Some(Activity::Searching);
    let is_future = use_state_eq(|| search.is_some_and(|search| search.from.is_some()));
    let fields = use_state_eq(Fields::default);
    let on_text = {
        let (text, refusal) = (text.setter(), refusal.setter());
        Callback::from(move |value| {
            refusal.set(String::new());
            text.set(value);
        })
    };
    let on_submit = {
        let (text, is_future, refusal) = (text.clone(), *is_future, refusal.setter());
        let fields = fields.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if is_searching {
                return controls.finder.cancel();
            }
            let from = controls.runner.crossroads();
            let order = fields.order(&text, is_future, &from.script, &from.rules_off);
            let begun = controls.finder.search(order, is_future.then_some(from));
            refusal.set(begun.err().unwrap_or_default());
        })
    };
    html! {
        <form class="find-form" onsubmit={on_submit} novalidate={is_searching}>
            <div class="find-line">
                <ConditionField text={text.to_string()} on_text={on_text.clone()}
                    placeholder="happened two-leaders" is_refused={!refusal.is_empty()}
                    refusal_id="find-error" testid="find-condition" />
                // One button, so that the focus stays on it.
                <button type="submit" data-testid="find-begin"
                    class={classes!("button", (!is_searching).then_some("is-primary"))}>
                    { if is_searching { "Cancel" } else { "Find" } }
                </button>
            </div>
            <p id="find-error" class="find-error" role="status">{ &*refusal }</p>
            if text.is_empty() { { examples(&on_text) } }
            <fieldset class="find-where">
                <legend class="visually-hidden">{ "Where to look" }</legend>
                { choice("drawn", !*is_future, is_future.setter(), false,
                    html! { "Random clusters and faults" }) }
                { choice("futures", *is_future, is_future.setter(), true, html! {
                    { format!("Futures of the shown moment, {} ms: the same past, and other \
                        random numbers from there on", milliseconds(frame.view.now)) }
                }) }
            </fieldset>
            if *is_future { { of_futures(&fields) } } else { { of_drawn_runs(&fields) } }
            { rules_off(*is_future, frame.lab.rules_off.iter().map(|rule| rule.name).collect()) }
        </form>
    }
}

/// What is in the fields, for runs of either kind.
#[derive(Clone, PartialEq)]
struct Fields {
    profile: String,
    nodes: String,
    runs: String,
    futures: String,
    seconds: String,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            profile: default_profile().to_owned(),
            nodes: String::new(),
            runs: "1000".to_owned(),
            futures: "100".to_owned(),
            seconds: "10".to_owned(),
        }
    }
}

impl Fields {
    fn order(
        &self,
        condition: &str,
        is_future: bool,
        script: &str,
        rules_off: &[String],
    ) -> FindOrder {
        let seconds: f64 = self.seconds.parse().unwrap_or_default();
        let runs = match is_future {
            true => Runs::From { script: script.to_owned(), micros: (seconds * 1e6) as u64 },
            false => Runs::Drawn {
                profile: self.profile.clone(),
                nodes: self.nodes.parse().ok(),
                rules_off: rules_off.to_vec(),
            },
        };
        let count = if is_future { &self.futures } else { &self.runs };
        FindOrder {
            condition: condition.trim().to_owned(),
            runs,
            seeds: count.parse::<f64>().unwrap_or_default() as u64,
            enough: (!is_future).then_some(ENOUGH),
        }
    }
}

fn of_drawn_runs(fields: &UseStateHandle<Fields>) -> Html {
    let on_profile = on_choice(fields, |fields, value| fields.profile = value);
    let on_nodes = on_choice(fields, |fields, value| fields.nodes = value);
    html! {
        <div class="fields find-fields" key="drawn">
            <label>{ "Faults" }
                <select onchange={on_profile} data-testid="find-profile">
                    { for profiles().map(|(name, meaning)| html! {
                        <option value={name} selected={name == fields.profile}>
                            { format!("{name}: {meaning}") }
                        </option>
                    }) }
                </select>
            </label>
            <label>{ "Nodes" }
                <select onchange={on_nodes} data-testid="find-nodes">
                    <option value="" selected={fields.nodes.is_empty()}>{ "any number" }</option>
                    { for (1..=9).map(|nodes: u8| html! {
                        <option value={nodes.to_string()}
                            selected={fields.nodes == nodes.to_string()}>{ nodes }</option>
                    }) }
                </select>
            </label>
            <label>{ "Runs at most" }
                <input type="number" min="1" max="1000000" required={true}
                    value={fields.runs.clone()} data-testid="find-runs"
                    oninput={on_number(fields, |fields, value| fields.runs = value)} />
            </label>
        </div>
    }
}

fn of_futures(fields: &UseStateHandle<Fields>) -> Html {
    html! {
        <div class="fields find-fields" key="futures">
            <label>{ "Seconds each" }
                <input type="number" min="0.1" max="3600" step="0.1" required={true}
                    value={fields.seconds.clone()} data-testid="find-seconds"
                    oninput={on_number(fields, |fields, value| fields.seconds = value)} />
            </label>
            <label>{ "Futures" }
                <input type="number" min="1" max="1000000" required={true}
                    value={fields.futures.clone()} data-testid="find-runs"
                    oninput={on_number(fields, |fields, value| fields.futures = value)} />
            </label>
        </div>
    }
}

fn on_choice(fields: &UseStateHandle<Fields>, set: fn(&mut Fields, String)) -> Callback<Event> {
    let fields = fields.clone();
    Callback::from(move |event: Event| {
        let mut next = (*fields).clone();
        set(&mut next, event.target_unchecked_into::<HtmlSelectElement>().value());
        fields.set(next);
    })
}

fn on_number(
    fields: &UseStateHandle<Fields>,
    set: fn(&mut Fields, String),
) -> Callback<InputEvent> {
    let fields = fields.clone();
    Callback::from(move |event: InputEvent| {
        let mut next = (*fields).clone();
        set(&mut next, event.target_unchecked_into::<HtmlInputElement>().value());
        fields.set(next);
    })
}

/// One of the two places to look.
fn choice(
    name: &'static str,
    is_chosen: bool,
    is_future: UseStateSetter<bool>,
    value: bool,
    words: Html,
) -> Html {
    let on_change = Callback::from(move |_: Event| is_future.set(value));
    html! {
        <label class="choice">
            <input type="radio" name="find-where" checked={is_chosen} onchange={on_change}
                data-testid={format!("find-{name}")} />
            <span>{ words }</span>
        </label>
    }
}

fn examples(on_text: &Callback<String>) -> Html {
    html! {
        <p class="find-examples">
            { "For example: " }
            { for EXAMPLES.into_iter().map(|example| {
                let on_click = on_text.reform(move |_: MouseEvent| example.to_owned());
                html! {
                    <button key={example} type="button" class="button is-small is-code"
                        onclick={on_click}>{ example }</button>
                }
            }) }
        </p>
    }
}

/// Drawn runs have the rules off that are off in the lab.
fn rules_off(is_future: bool, rules: Vec<&'static str>) -> Html {
    if is_future || rules.is_empty() {
        return html! {};
    }
    html! {
        <p class="find-note" data-testid="find-rules-off">
            { format!("As in this lab, these rules are off: {}.", rules.join(", ")) }
        </p>
    }
}
