//! The checked properties: each holds, is suspended, or is broken. Red is for broken ones only.

use std::rc::Rc;

use raft_lab::{PropertyView, ViolationView};
use yew::prelude::*;

use crate::state::{Dialog, use_controls, use_frame};
use crate::ui::{Panel, said};
use crate::words::milliseconds;

#[component(PropertyList)]
pub(crate) fn property_list() -> Html {
    let frame = use_frame();
    html! { <List properties={frame.view.properties.clone()} /> }
}

#[derive(Properties, PartialEq)]
struct ListProps {
    properties: Rc<[PropertyView]>,
}

#[component(List)]
fn list(props: &ListProps) -> Html {
    let properties = &props.properties;
    let on_rules = use_controls().open_dialog.reform(|_: MouseEvent| Some(Dialog::Rules));
    let all = properties.len();
    let broken = properties.iter().filter(|property| property.broken.is_some()).count();
    let suspended = properties.iter().filter(|property| property.suspended.is_some()).count();
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
        <Panel name="properties" title="Properties" aside={html! {
            <>
                { summary }
                <button type="button" class="text-button" data-testid="break-a-rule"
                    onclick={on_rules}>{ "Break a rule…" }</button>
            </>
        }}>
            <ul class="property-list" tabindex="0" aria-label="Properties">
                { for properties.iter().map(|property| html! {
                    <Property key={&*property.name} property={property.clone()} />
                }) }
            </ul>
        </Panel>
    }
}

#[derive(Properties, PartialEq)]
struct PropertyProps {
    property: PropertyView,
}

#[component(Property)]
fn property(props: &PropertyProps) -> Html {
    let PropertyView { name, section, meaning, suspended, broken, .. } = &props.property;
    let testid = format!("property-{}", name.to_lowercase().replace(' ', "-"));
    let (class, mark, words) = match (suspended, broken) {
        (None, None) => ("property", "✓", "holds"),
        (Some(_), None) => ("property is-suspended", "–", "is suspended"),
        (_, Some(_)) => ("property is-broken", "✕", "is broken"),
    };
    html! {
        <li {class} data-testid={testid} data-holding={(words == "holds").to_string()}
            title={meaning.to_string()}>
            <span class="property-mark" aria-hidden="true">{ mark }</span>
            <span class="property-name">{ &**name }</span>
            <span class="visually-hidden">{ words }</span>
            <button type="button" class="mention section" title="The rule"
                data-rule={section.to_string()}>{ &**section }</button>
            if let Some(suspension) = suspended {
                <p class="property-suspended">{ said(suspension, true) }</p>
            }
            if let Some(ViolationView { at, event, description }) = broken {
                <p class="property-broken">
                    { said(description, true) }
                    { " (" }
                    <button type="button" class="mention" title="Why?"
                        data-ask={format!("why {event}")}>{ format!("event {event}") }</button>
                    { format!(", {} ms)", milliseconds(*at)) }
                </p>
            }
        </li>
    }
}
