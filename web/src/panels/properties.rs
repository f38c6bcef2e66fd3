//! The checked properties: each holds, is suspended, or is broken. Red is for broken ones only.

use raft_lab::{CheckResult, PropertyState, Violation};
use yew::prelude::*;

use crate::state::use_frame;
use crate::ui::Panel;
use crate::words::milliseconds;

#[component(PropertyList)]
pub(crate) fn property_list() -> Html {
    let frame = use_frame();
    let is_broken = |result: &&CheckResult| matches!(result.state(), PropertyState::Broken(_));
    let (all, broken) = (frame.invariants.len(), frame.invariants.iter().filter(is_broken).count());
    let is_suspended =
        |result: &&CheckResult| matches!(result.state(), PropertyState::Suspended(_));
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
                { for frame.invariants.iter().map(|result| html! {
                    <Property key={result.property.name} result={result.clone()} />
                }) }
            </ul>
        </Panel>
    }
}

#[derive(Properties, PartialEq)]
struct PropertyProps {
    result: CheckResult,
}

#[component(Property)]
fn property(props: &PropertyProps) -> Html {
    let (property, state) = (props.result.property, props.result.state());
    let testid = format!("property-{}", property.name.to_lowercase().replace(' ', "-"));
    let (class, mark, words) = match &state {
        PropertyState::Holds => ("property", "✓", "holds"),
        PropertyState::Suspended(_) => ("property is-suspended", "–", "is suspended"),
        PropertyState::Broken(_) => ("property is-broken", "✕", "is broken"),
    };
    html! {
        <li {class} data-testid={testid} data-holding={(words == "holds").to_string()}
            title={property.meaning}>
            <span class="property-mark" aria-hidden="true">{ mark }</span>
            <span class="property-name">{ property.name }</span>
            <span class="visually-hidden">{ words }</span>
            <span class="section">{ property.section }</span>
            if let PropertyState::Suspended(suspension) = &state {
                <p class="property-suspended">{ suspension.to_string() }</p>
            }
            if let PropertyState::Broken(Violation { at, event, description, .. }) = &state {
                <p class="property-broken">
                    { format!("{description} (event {event}, {} ms)", milliseconds(*at)) }
                </p>
            }
        </li>
    }
}
