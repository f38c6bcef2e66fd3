//! What can be done to a thing of the picture: each action is a line of the command language.

use raft_core::NodeId;
use raft_sim::{MessageId, NodeState, World};

use crate::selection::Selection;

/// One thing to do.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Action {
    /// For tests: `crash`.
    pub(crate) name: &'static str,
    /// On the button.
    pub(crate) label: String,
    /// What is executed.
    pub(crate) line: String,
    /// Whether it makes sense now.
    pub(crate) is_possible: bool,
}

/// Everything that can be done to something; always the same in the same order.
pub(crate) fn actions(world: &World, selection: Selection) -> Vec<Action> {
    match selection {
        Selection::Node(node) => of_node(world, node),
        Selection::Link(one, other) => of_link(world, one, other),
        Selection::Message(id) => of_message(world, id),
    }
}

fn of_node(world: &World, id: NodeId) -> Vec<Action> {
    let state = world.node(id).map(raft_sim::SimNode::state);
    let is = |wanted| state == Some(wanted);
    let (running, paused) = (is(NodeState::Running), is(NodeState::Paused));
    let down = is(NodeState::Crashed) || is(NodeState::Refused);
    let action = |name: &'static str, label: &str, is_possible| Action {
        name,
        label: label.to_owned(),
        line: format!("{name} {id}"),
        is_possible,
    };
    vec![
        action("crash", "Crash", running || paused),
        action("restart", "Restart", down),
        action("pause", "Pause", running),
        action("resume", "Resume", paused),
        action("timeout", "Time out", running),
        action("snapshot", "Snapshot", running),
        Action {
            name: "isolate",
            label: "Isolate".to_owned(),
            line: format!("partition {id} | others"),
            is_possible: world.node_ids().count() > 1,
        },
    ]
}

fn of_link(world: &World, one: NodeId, other: NodeId) -> Vec<Action> {
    let is_cut = |from, to| world.link(from, to).is_some_and(|link| link.cut);
    let way = |from: NodeId, to: NodeId| {
        let (name, label, word) = if is_cut(from, to) {
            ("restore", "Restore", "restore")
        } else {
            ("cut", "Cut", "cut")
        };
        Action {
            name,
            label: format!("{label} {from} → {to}"),
            line: format!("link {from} -> {to} {word}"),
            is_possible: true,
        }
    };
    let both = |name, label: &str, word: &str, is_possible| Action {
        name,
        label: label.to_owned(),
        line: format!("link {one} <-> {other} {word}"),
        is_possible,
    };
    let (there, back) = (is_cut(one, other), is_cut(other, one));
    vec![
        way(one, other),
        way(other, one),
        both("cut-both", "Cut both ways", "cut", !(there && back)),
        both("restore-both", "Restore both ways", "restore", there || back),
    ]
}

fn of_message(world: &World, id: MessageId) -> Vec<Action> {
    vec![Action {
        name: "drop",
        label: "Drop it".to_owned(),
        line: format!("drop message {id}"),
        is_possible: world.in_flight().any(|message| message.id == id),
    }]
}

#[cfg(test)]
mod tests;
