//! What can happen next, one thing at a time: each is a statement of the language.

use std::rc::Rc;

use raft_lab::{MessageId, NodeState, RoleKind, View};
use yew::prelude::*;

use crate::state::use_controls;

#[derive(Properties, PartialEq)]
pub(super) struct NextOfMessageProps {
    pub(super) id: MessageId,
}

/// A message arrives, or is lost.
#[component(NextOfMessage)]
pub(super) fn next_of_message(props: &NextOfMessageProps) -> Html {
    let id = props.id;
    html! {
        <>
            <Happen line={format!("deliver message {id}")} label="Deliver"
                name={format!("Deliver message {id}")} is_due={true} />
            <Happen line={format!("drop message {id}")} label="Lose"
                name={format!("Lose message {id}")} />
        </>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct NextOfNodesProps {
    pub(super) view: Rc<View>,
}

/// The election timeout of a node elapses, a node crashes, or it starts again.
#[component(NextOfNodes)]
pub(super) fn next_of_nodes(props: &NextOfNodesProps) -> Html {
    let rows = props.view.nodes.iter().map(|node| {
        let id = node.id;
        let is_running = node.state == NodeState::Running;
        let waits = node.core.as_ref().filter(|core| core.role != RoleKind::Leader);
        let elapses = waits.filter(|_| is_running).map(|_| {
            html! {
                <Happen line={format!("timeout {id}")} label="Time out"
                    name={format!("Time out node {id}")} />
            }
        });
        let (line, label) = if node.state == NodeState::Crashed {
            (format!("restart {id}"), "Restart")
        } else {
            (format!("crash {id}"), "Crash")
        };
        html! {
            <li key={id.0} class="next-row">
                <span class="next-node">{ format!("Node {id}, {}", node.state) }</span>
                { elapses }
                <Happen {line} {label} name={format!("{label} node {id}")} />
            </li>
        }
    });
    html! { <ul class="message-list">{ for rows }</ul> }
}

#[derive(Properties, PartialEq)]
struct HappenProps {
    line: String,
    label: &'static str,
    /// Its name among many with the same label.
    name: String,
    /// Whether the statement makes it due, and the next step brings it about.
    #[prop_or_default]
    is_due: bool,
}

#[component(Happen)]
fn happen(props: &HappenProps) -> Html {
    let deps = (use_controls().runner, props.line.clone(), props.is_due);
    let on_click = use_callback(deps, |_: MouseEvent, (runner, line, is_due)| {
        runner.exec(line);
        if *is_due {
            runner.step();
        }
    });
    html! {
        <button type="button" class="text-button" title={props.line.clone()}
            aria-label={props.name.clone()} data-line={props.line.clone()} onclick={on_click}>
            { props.label }
        </button>
    }
}
