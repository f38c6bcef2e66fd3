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
/// The default number of drawn runs, and of futures.
const RUNS: &str = "1000";
const FUTURES: &str = "100";
/// The default time of a future, in seconds.
const SECONDS: &str = "10";

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
    let fields = Fields {
        profile: use_node_ref(),
        nodes: use_node_ref(),
        runs: use_node_ref(),
        seconds: use_node_ref(),
    };
    let on_text = {
        let (text, refusal) = (text.setter(), refusal.setter());
        Callback::from(move |value| {
            refusal.set(String::new());
            text.set(value);
        })
    };
    let on_submit = {
        let (text, is_future, refusal) = (text.clone(), *is_future, refusal.setter());
        let (controls, fields) = (controls.clone(), fields.clone());
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
        <form class="find-form" onsubmit={on_submit}>
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
                    { format!("Futures of the shown moment, {} ms: other random numbers from \
                        there on", milliseconds(frame.view.now)) }
                }) }
            </fieldset>
            if *is_future { { fields.of_futures() } } else { { fields.of_drawn_runs() } }
            { rules_off(*is_future, frame.lab.rules_off.iter().map(|rule| rule.name).collect()) }
        </form>
    }
}

/// The fields of the form, for runs of either kind.
#[derive(Clone, PartialEq)]
struct Fields {
    profile: NodeRef,
    nodes: NodeRef,
    runs: NodeRef,
    seconds: NodeRef,
}

impl Fields {
    fn order(
        &self,
        condition: &str,
        is_future: bool,
        script: &str,
        rules_off: &[String],
    ) -> FindOrder {
        let number = |node: &NodeRef| node.cast::<HtmlInputElement>()?.value().parse::<f64>().ok();
        let chosen = |node: &NodeRef| {
            node.cast::<HtmlSelectElement>().map(|select| select.value()).unwrap_or_default()
        };
        let runs = match is_future {
            true => Runs::From {
                script: script.to_owned(),
                micros: (number(&self.seconds).unwrap_or_default() * 1e6) as u64,
            },
            false => Runs::Drawn {
                profile: chosen(&self.profile),
                nodes: chosen(&self.nodes).parse().ok(),
                rules_off: rules_off.to_vec(),
            },
        };
        FindOrder {
            condition: condition.trim().to_owned(),
            runs,
            seeds: number(&self.runs).unwrap_or_default() as u64,
            enough: (!is_future).then_some(ENOUGH),
        }
    }

    fn of_drawn_runs(&self) -> Html {
        html! {
            <div class="fields find-fields">
                <label>{ "Faults" }
                    <select ref={self.profile.clone()} data-testid="find-profile">
                        { for profiles().map(|(name, meaning)| html! {
                            <option value={name} selected={name == default_profile()}>
                                { format!("{name}: {meaning}") }
                            </option>
                        }) }
                    </select>
                </label>
                <label>{ "Nodes" }
                    <select ref={self.nodes.clone()} data-testid="find-nodes">
                        <option value="" selected={true}>{ "any number" }</option>
                        { for (1..=9).map(|nodes: u8| html! {
                            <option value={nodes.to_string()}>{ nodes }</option>
                        }) }
                    </select>
                </label>
                { self.runs_field("Runs at most", RUNS) }
            </div>
        }
    }

    fn of_futures(&self) -> Html {
        html! {
            <div class="fields find-fields">
                <label>{ "Seconds each" }
                    <input ref={self.seconds.clone()} type="number" min="0.1" max="3600" step="0.1"
                        required={true} value={SECONDS} data-testid="find-seconds" />
                </label>
                { self.runs_field("Futures", FUTURES) }
            </div>
        }
    }

    fn runs_field(&self, label: &'static str, value: &'static str) -> Html {
        html! {
            <label key={label}>{ label }
                <input ref={self.runs.clone()} type="number" min="1" max="1000000"
                    required={true} {value} data-testid="find-runs" />
            </label>
        }
    }
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
