//! The checked properties: each holds, is suspended, or is broken. Red is for broken ones only.

use raft_lab::{InvariantLine, InvariantState};
use yew::prelude::*;

use crate::state::use_frame;
use crate::ui::Panel;
use crate::words::milliseconds;

#[component(PropertyList)]
pub(crate) fn property_list() -> Html {
    let frame = use_frame();
    let is_broken = |line: &&InvariantLine| matches!(line.state, InvariantState::Broken { .. });
    let (all, broken) = (frame.invariants.len(), frame.invariants.iter().filter(is_broken).count());
    let is_suspended =
        |line: &&InvariantLine| matches!(line.state, InvariantState::Suspended { .. });
    let suspended = frame.invariants.iter().filter(is_suspended).count();
    let summary = match (broken, suspended) {
        (0, 1..) => html! {
            <span class="verdict">
                { format!("{suspended} of {all} suspended, the others hold") }
            </span>
        },
        (0, 0) => html! { <span class="verdict">{ format!("all {all} hold") }</span> },
        _ => {
            html! { <span class="verdict is-broken">{ format!("{broken} of {all} broken") }</span> }
        }
    };
    html! {
        <Panel name="properties" title="Properties" aside={summary}>
            <ul class="property-list" tabindex="0" aria-label="Properties">
                { for frame.invariants.iter().map(|line| html! {
                    <Property key={line.name} line={line.clone()} />
                }) }
            </ul>
        </Panel>
    }
}

#[derive(Properties, PartialEq)]
struct PropertyProps {
    line: InvariantLine,
}

#[component(Property)]
fn property(props: &PropertyProps) -> Html {
    let InvariantLine { name, section, meaning, state } = &props.line;
    let testid = format!("property-{}", name.to_lowercase().replace(' ', "-"));
    let (class, mark, words) = match state {
        InvariantState::Holding => ("property", "✓", "holds"),
        InvariantState::Suspended { .. } => ("property is-suspended", "–", "is suspended"),
        InvariantState::Broken { .. } => ("property is-broken", "✕", "is broken"),
    };
    html! {
        <li {class} data-testid={testid} data-holding={(words == "holds").to_string()}
            title={*meaning}>
            <span class="property-mark" aria-hidden="true">{ mark }</span>
            <span class="property-name">{ *name }</span>
            <span class="visually-hidden">{ words }</span>
            <span class="section">{ *section }</span>
            if let InvariantState::Suspended { words } = state {
                <p class="property-suspended">{ words }</p>
            }
            if let InvariantState::Broken { event_number, at, description } = state {
                <p class="property-broken">
                    { format!("{description} (event {event_number}, {} ms)", milliseconds(*at)) }
                </p>
            }
        </li>
    }
}
