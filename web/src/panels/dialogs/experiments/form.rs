//! Which experiment, with which dials.

use std::collections::BTreeMap;

use raft_jobs::experiment::{Dial, Dials, Experiment, ExperimentRequest, MAX_TRIALS};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::state::use_controls;

#[derive(Properties, PartialEq)]
pub(super) struct FormProps {
    pub(super) is_measuring: bool,
    /// The experiment that was begun last.
    pub(super) request: Option<ExperimentRequest>,
}

/// What is in the fields.
#[derive(Clone, PartialEq)]
struct Fields {
    experiment: Experiment,
    /// The dials that are not at their defaults.
    dials: BTreeMap<String, String>,
    trials: String,
    seed: String,
}

impl Fields {
    fn of(experiment: Experiment) -> Self {
        let (trials, seed) = (experiment.default_trials().to_string(), "1".to_owned());
        Self { experiment, dials: BTreeMap::new(), trials, seed }
    }

    fn begun(request: &ExperimentRequest) -> Self {
        let ExperimentRequest { experiment, dials, seed, trials } = request.clone();
        Self { experiment, dials: dials.0, trials: trials.to_string(), seed: seed.to_string() }
    }

    fn request(&self) -> ExperimentRequest {
        ExperimentRequest {
            experiment: self.experiment,
            dials: Dials(self.dials.clone()),
            seed: self.seed.parse().unwrap_or_default(),
            trials: self.trials.parse().unwrap_or_default(),
        }
    }
}

#[component(Form)]
pub(super) fn form(props: &FormProps) -> Html {
    let controls = use_controls();
    let request = props.request.as_ref();
    let fields = use_state_eq(|| {
        request.map_or_else(|| Fields::of(Experiment::ElectionTimeouts), Fields::begun)
    });
    let refusal = use_state_eq(String::new);
    let is_measuring = props.is_measuring;
    let change = {
        let (fields, refusal) = (fields.clone(), refusal.setter());
        Callback::from(move |next: Fields| {
            refusal.set(String::new());
            fields.set(next);
        })
    };
    let on_experiment = {
        let change = change.clone();
        Callback::from(move |event: Event| {
            let chosen = event.target_dyn_into::<HtmlSelectElement>();
            let named = chosen.and_then(|select| Experiment::named(&select.value()));
            change.emit(named.map_or(Fields::of(Experiment::ElectionTimeouts), Fields::of));
        })
    };
    let on_submit = {
        let (fields, refusal) = (fields.clone(), refusal.setter());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if is_measuring {
                return controls.finder.cancel();
            }
            let begun = controls.finder.measure(fields.request());
            refusal.set(begun.err().unwrap_or_default());
        })
    };
    let experiment = fields.experiment;
    html! {
        <form class="experiment-form" onsubmit={on_submit} novalidate={is_measuring}>
            <label class="experiment-choice">{ "Measure" }
                <select onchange={on_experiment} data-testid="experiment">
                    { for Experiment::ALL.into_iter().map(|one| html! {
                        <option key={one.name()} value={one.name()} selected={one == experiment}>
                            { one.title() }
                        </option>
                    }) }
                </select>
            </label>
            <p class="find-note">{ experiment.method() }</p>
            <div class="experiment-dials">
                { for experiment.dials().iter().map(|dial| dial_field(dial, &fields, &change)) }
                { number("trials", &fields.trials, MAX_TRIALS, {
                    let (fields, change) = (fields.clone(), change.clone());
                    Callback::from(move |trials| {
                        change.emit(Fields { trials, ..(*fields).clone() });
                    })
                }) }
                { number("seed", &fields.seed, u64::MAX >> 12, {
                    let (fields, change) = (fields.clone(), change.clone());
                    Callback::from(move |seed| change.emit(Fields { seed, ..(*fields).clone() }))
                }) }
            </div>
            <p class="find-note">
                { "Several values with commas between them are compared: each combination is a \
                   row and a curve." }
            </p>
            <p id="experiment-error" class="find-error" role="status">{ &*refusal }</p>
            <div class="dialog-buttons">
                // One button, so that the focus stays on it.
                <button type="submit" data-testid="experiment-run"
                    class={classes!("button", (!is_measuring).then_some("is-primary"))}>
                    { if is_measuring { "Cancel" } else { "Run" } }
                </button>
            </div>
        </form>
    }
}

/// A dial: its name, its values as text, and what they mean.
fn dial_field(
    dial: &'static Dial,
    fields: &UseStateHandle<Fields>,
    change: &Callback<Fields>,
) -> Html {
    let value = fields.dials.get(dial.name).map_or(dial.default, String::as_str).to_owned();
    let hint = format!("dial-{}", dial.name);
    let on_input = {
        let (fields, change) = ((**fields).clone(), change.clone());
        Callback::from(move |event: InputEvent| {
            let mut next = fields.clone();
            let value = value_of(&event);
            match value.trim() == dial.default {
                true => next.dials.remove(dial.name),
                false => next.dials.insert(dial.name.to_owned(), value),
            };
            change.emit(next);
        })
    };
    html! {
        <div class="experiment-dial" key={format!("{}-{}", fields.experiment, dial.name)}>
            <label>{ dial.name }
                <input type="text" {value} oninput={on_input} autocomplete="off" spellcheck="false"
                    aria-describedby={hint.clone()} data-testid={hint.clone()} />
            </label>
            <p id={hint} class="dialog-note">
                { format!("{}; {}", dial.meaning, dial.notation()) }
            </p>
        </div>
    }
}

fn number(name: &'static str, value: &str, most: u64, on_value: Callback<String>) -> Html {
    let on_input = on_value.reform(|event: InputEvent| value_of(&event));
    html! {
        <div class="experiment-dial" key={name}>
            <label>{ name }
                <input type="number" min="1" max={most.to_string()} required={true}
                    value={value.to_owned()} oninput={on_input}
                    data-testid={format!("experiment-{name}")} />
            </label>
        </div>
    }
}

fn value_of(event: &InputEvent) -> String {
    event.target_dyn_into::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default()
}
