//! What the diagram shows: layers, routine, lanes, and only what is related to one item.

use raft_lab::{LaneId, Layer, Related};
use yew::prelude::*;

use super::arrangement::toggle;
use crate::state::{use_controls, use_frame};

/// The layers with their names. Points and faults are always shown: they are what happened.
const LAYERS: [(Layer, &str); 6] = [
    (Layer::Entries, "entries"),
    (Layer::Heartbeats, "heartbeats"),
    (Layer::Votes, "votes"),
    (Layer::Snapshots, "snapshots"),
    (Layer::Clients, "clients"),
    (Layer::Writes, "disk writes"),
];

#[derive(Properties, PartialEq)]
pub(crate) struct FiltersProps {
    /// Whether they are shown where they have no place of their own.
    pub(crate) is_open: bool,
}

#[component(Filters)]
pub(crate) fn filters(props: &FiltersProps) -> Html {
    let (frame, runner) = (use_frame(), use_controls().runner);
    let Some(view) = frame.lab.diagram.clone() else { return html! {} };
    let window = runner.diagram_window().unwrap_or_default();
    let on_layer = |layer: Layer| {
        let runner = runner.clone();
        Callback::from(move |_: Event| {
            runner.set_diagram(|window| toggle(&mut window.hidden_layers, layer));
        })
    };
    let on_lane = |lane: LaneId| {
        let runner = runner.clone();
        Callback::from(move |_: Event| {
            runner.set_diagram(|window| toggle(&mut window.hidden_lanes, lane));
        })
    };
    let on_noise = {
        let runner = runner.clone();
        Callback::from(move |_: Event| runner.set_diagram(|window| window.noise = !window.noise))
    };
    let on_all = {
        let runner = runner.clone();
        Callback::from(move |_: MouseEvent| runner.set_diagram(|window| window.only = None))
    };
    html! {
        <div class={classes!("diagram-filters", props.is_open.then_some("is-open"))}
            role="group" aria-label="What the diagram shows" data-testid="diagram-filters">
            <fieldset>
                <legend>{ "Show" }</legend>
                { for LAYERS.map(|(layer, name)| {
                    check(name, !window.hidden_layers.contains(&layer), on_layer(layer))
                }) }
                { check("routine", window.noise, on_noise) }
            </fieldset>
            <fieldset>
                <legend>{ "Lanes" }</legend>
                { for view.lanes.iter().map(|lane| {
                    check(&lane.id.to_string(), !lane.is_hidden, on_lane(lane.id))
                }) }
            </fieldset>
            if let Some(only) = window.only {
                <p class="diagram-only-words">{ only_words(only) }</p>
                <button type="button" class="button is-small" onclick={on_all}>
                    { "Show all again" }
                </button>
            }
        </div>
    }
}

fn check(name: &str, is_on: bool, onchange: Callback<Event>) -> Html {
    html! {
        <label class="diagram-check" key={name.to_owned()}>
            <input type="checkbox" checked={is_on} {onchange} />{ name }
        </label>
    }
}

fn only_words(only: Related) -> String {
    match only {
        Related::Past(event) => format!("Only what led to event {event}"),
        Related::Future(event) => format!("Only what event {event} caused"),
        Related::Operation(event) => format!("Only the operation of event {event}"),
    }
}
