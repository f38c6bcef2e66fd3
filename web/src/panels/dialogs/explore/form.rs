//! How often each thing may happen.

use raft_jobs::Bounds;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::panels::condition_field::ConditionField;
use crate::state::{use_controls, use_frame};
use crate::words::milliseconds;

/// At most so often each: a search of more ends with its states, not with an answer.
const MOST: u8 = 6;
const MOST_STEPS: u16 = 60;
/// The numbers of states to choose from, with what they take.
const STATES: [(u64, &str); 4] = [
    (200_000, "200,000 states, 10 MB"),
    (1_000_000, "1,000,000 states, 50 MB"),
    (2_000_000, "2,000,000 states, 100 MB"),
    (8_000_000, "8,000,000 states, 400 MB"),
];
const DEFAULT_STATES: u64 = 2_000_000;

/// The bounds that are there at first.
const FIRST: Bounds = Bounds {
    elections: 1,
    heartbeats: 0,
    proposals: 1,
    reads: 0,
    snapshots: 0,
    transfers: 0,
    changes: 0,
    crashes: 1,
    duplicates: 0,
    losses: 0,
    forgets: 0,
    ticks: 0,
    depth: 14,
};

/// A thing that may happen: its name, its label, and its place in the bounds.
type Thing = (&'static str, &'static str, fn(&mut Bounds) -> &mut u8);

const THINGS: [Thing; 9] = [
    ("elections", "Election timeouts", |bounds| &mut bounds.elections),
    ("crashes", "Crashes", |bounds| &mut bounds.crashes),
    ("proposals", "Writes", |bounds| &mut bounds.proposals),
    ("duplicates", "Messages twice", |bounds| &mut bounds.duplicates),
    ("losses", "Messages lost", |bounds| &mut bounds.losses),
    ("reads", "Reads", |bounds| &mut bounds.reads),
    ("snapshots", "Snapshots", |bounds| &mut bounds.snapshots),
    ("transfers", "Transfers", |bounds| &mut bounds.transfers),
    ("forgets", "Leaders forgotten", |bounds| &mut bounds.forgets),
];

#[derive(Properties, PartialEq)]
pub(super) struct FormProps {
    pub(super) is_exploring: bool,
    /// Those of the last search.
    pub(super) bounds: Option<Bounds>,
    /// The condition of the last search.
    pub(super) goal: Option<String>,
}

#[component(Form)]
pub(super) fn form(props: &FormProps) -> Html {
    let (controls, frame) = (use_controls(), use_frame());
    let bounds = use_state_eq(|| props.bounds.unwrap_or(FIRST));
    let states = use_state_eq(|| DEFAULT_STATES);
    let goal = use_state_eq(|| props.goal.clone().unwrap_or_default());
    let is_exploring = props.is_exploring;
    let on_submit = {
        let (most, goal) = ((*bounds, *states), goal.trim().to_owned());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if is_exploring {
                return controls.finder.cancel();
            }
            let goal = Some(goal.clone()).filter(|goal| !goal.is_empty());
            controls.finder.explore(controls.runner.crossroads(), most, goal);
        })
    };
    let on_states = {
        let states = states.setter();
        Callback::from(move |event: Event| {
            let chosen = event.target_unchecked_into::<HtmlSelectElement>().value();
            states.set(chosen.parse().unwrap_or(DEFAULT_STATES));
        })
    };
    html! {
        <form class="find-form" onsubmit={on_submit}>
            <p>
                { format!("Can anything go wrong from the shown moment, {} ms, on?",
                    milliseconds(frame.view.now)) }
            </p>
            <div class="find-line">
                <span>{ "Or can it come to this?" }</span>
                <ConditionField text={goal.to_string()}
                    on_text={let goal = goal.setter(); move |text| goal.set(text)}
                    placeholder="leader 2 and term >= 3" is_refused={false}
                    refusal_id="explore-refusal" testid="explore-goal" />
            </div>
            <p>
                { "Every order in which messages arrive, writes finish, timeouts elapse and \
                   servers crash is tried, so often at most:" }
            </p>
            <div class="fields find-fields">
                { for THINGS.iter().map(|thing| field(thing, &bounds)) }
                <label>{ "Steps at most" }
                    <input type="number" min="1" max={MOST_STEPS.to_string()} required={true}
                        value={bounds.depth.to_string()} data-testid="explore-depth"
                        oninput={on_number(&bounds, |bounds, value| {
                            bounds.depth = value.clamp(1, MOST_STEPS);
                        })} />
                </label>
                <label>{ "Memory at most" }
                    <select onchange={on_states} data-testid="explore-states">
                        { for STATES.iter().map(|(number, words)| html! {
                            <option value={number.to_string()} selected={*number == *states}>
                                { *words }
                            </option>
                        }) }
                    </select>
                </label>
                // One button, so that the focus stays on it.
                <button type="submit" data-testid="explore-begin"
                    class={classes!("button", (!is_exploring).then_some("is-primary"))}>
                    { if is_exploring { "Cancel" } else { "Explore" } }
                </button>
            </div>
            <p class="find-note">
                { "No time passes: a follower that heard its leader a moment ago starts no \
                   election under pre-vote, check-quorum or leases. “Leaders forgotten” is how \
                   often one may." }
            </p>
        </form>
    }
}

fn field((name, label, place): &Thing, bounds: &UseStateHandle<Bounds>) -> Html {
    let (mut shown, place) = (**bounds, *place);
    let value = *place(&mut shown);
    let on_input = on_number(bounds, move |bounds, value| {
        *place(bounds) = (value as u8).min(MOST);
    });
    html! {
        <label key={*name}>{ *label }
            <input type="number" min="0" max={MOST.to_string()} required={true}
                value={value.to_string()} data-testid={format!("explore-{name}")}
                oninput={on_input} />
        </label>
    }
}

fn on_number(
    bounds: &UseStateHandle<Bounds>,
    set: impl Fn(&mut Bounds, u16) + 'static,
) -> Callback<InputEvent> {
    let bounds = bounds.clone();
    Callback::from(move |event: InputEvent| {
        let field: HtmlInputElement = event.target_unchecked_into();
        // What is no number yet changes nothing.
        if let Ok(value) = field.value().parse() {
            let mut next = *bounds;
            set(&mut next, value);
            bounds.set(next);
        }
    })
}
