//! The inspector: details of the selection, and its actions.

mod actions;
mod asks;
mod client;
mod entry;
mod jumps;
mod link;
mod message;
mod next;
mod node;
mod overview;

use std::rc::Rc;

use yew::prelude::*;

use crate::state::{Selection, use_controls, use_frame, use_selected};
use crate::ui::{ActionButton, Icon, IconName, Panel};
use raft_lab::View;

use actions::Group;
pub(crate) use actions::actions;
use asks::Asks;
use client::ClientDetails;
use entry::EntryDetails;
use jumps::MessageJumps;
use link::LinkDetails;
use message::MessageDetails;
use node::NodeDetails;
use overview::Overview;

#[component(Inspector)]
pub(crate) fn inspector() -> Html {
    let (frame, controls, selected) = (use_frame(), use_controls(), use_selected());
    use_effect_with((controls.runner.clone(), selected), |(runner, selected)| {
        let message = if let Some(Selection::Message(id)) = selected { Some(*id) } else { None };
        runner.set_window(|window| window.message = message);
    });
    let on_close = controls.select.reform(|_: MouseEvent| None);
    let close = html! {
        <button type="button" class="icon-button" aria-label="Close the inspector" title="Esc"
            onclick={on_close}><Icon name={IconName::Close} /></button>
    };
    let (title, aside, body) = match selected {
        None => {
            let view = frame.view.clone();
            let body = html! { <><Actions {view} selection={None::<Selection>} /><Overview /></> };
            ("Inspector".to_owned(), html! {}, body)
        }
        Some(selection) => {
            let view = frame.view.clone();
            let buttons = html! { <Actions {view} selection={Some(selection)} /> };
            let details = match selection {
                Selection::Node(id) => html! { <NodeDetails {id} /> },
                Selection::Link(one, other) => html! { <LinkDetails {one} {other} /> },
                Selection::Message(id) => html! { <MessageDetails {id} /> },
                Selection::Entry(entry) => html! { <EntryDetails {entry} /> },
                Selection::Client(id) => html! { <ClientDetails {id} /> },
            };
            (
                title_of(selection),
                close,
                html! {
                    <>{ buttons }<Asks {selection} /><MessageJumps {selection} />{ details }</>
                },
            )
        }
    };
    html! {
        <Panel name="inspector" {title} {aside}>
            <div class="inspector" data-testid="inspector">{ body }</div>
        </Panel>
    }
}

fn title_of(selection: Selection) -> String {
    match selection {
        Selection::Node(id) => format!("Node {id}"),
        Selection::Link(one, other) => format!("Link {one} ↔ {other}"),
        Selection::Message(id) => format!("Message {id}"),
        Selection::Entry(entry) => format!("Entry {} of term {}", entry.index, entry.term),
        Selection::Client(id) => format!("Client {id}"),
    }
}

#[derive(Properties, PartialEq)]
struct ActionsProps {
    view: Rc<View>,
    selection: Option<Selection>,
}

/// The actions as buttons in fixed places; impossible ones are disabled.
#[component(Actions)]
fn action_bar(props: &ActionsProps) -> Html {
    let runner = use_controls().runner;
    let on_exec = use_callback(runner, |line: AttrValue, runner| runner.exec(&line));
    let all = actions(&props.view, props.selection);
    let group = |group: Group, label: &'static str| {
        let of_group = all.iter().filter(|action| action.group == group).cloned().enumerate();
        // By place: a button whose line changes keeps the focus.
        let buttons = of_group.map(|(place, action)| {
            html! {
                <ActionButton key={place} testid={format!("action-{}", action.name)}
                    label={action.label} line={action.line} disabled={!action.is_possible}
                    on_exec={on_exec.clone()} />
            }
        });
        html! { <div class="actions" role="group" aria-label={label}>{ for buttons }</div> }
    };
    let groups = [
        (Group::Itself, "Actions"),
        (Group::Cluster, "Membership and leadership"),
        (Group::Network, "Network"),
        (Group::Timers, "Election timers"),
    ];
    let there = groups.into_iter().filter(|(it, _)| all.iter().any(|action| action.group == *it));
    html! {
        <div class="action-groups">{ for there.map(|(it, label)| group(it, label)) }</div>
    }
}
