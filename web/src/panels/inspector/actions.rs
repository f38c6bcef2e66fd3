//! What can be done to a thing of the picture: each action is a line of the command language.

mod node;

use raft_core::NodeId;
use raft_lab::Frame;
use raft_sim::{MessageId, World};

use crate::state::Selection;

/// One thing to do.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct UserAction {
    /// For tests: `crash`.
    pub(crate) name: &'static str,
    /// On the button.
    pub(crate) label: String,
    /// What is executed.
    pub(crate) line: String,
    /// Whether it makes sense now.
    pub(crate) is_possible: bool,
    /// To whom it is done.
    pub(crate) group: Group,
}

/// What an action is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Group {
    /// The thing itself: a process, a link, a message.
    Itself,
    /// Who leads the cluster, and who belongs to it.
    Cluster,
}

/// Everything that can be done to something; always the same in the same order.
pub(crate) fn actions(frame: &Frame, selection: Selection) -> Vec<UserAction> {
    match selection {
        Selection::Node(id) => node::actions(frame, id),
        Selection::Link(one, other) => of_link(&frame.world, one, other),
        Selection::Message(id) => of_message(&frame.world, id),
    }
}

fn of_link(world: &World, one: NodeId, other: NodeId) -> Vec<UserAction> {
    let is_cut = |from, to| world.link(from, to).is_some_and(|link| link.cut);
    let way = |from: NodeId, to: NodeId| {
        let (name, label, word) = if is_cut(from, to) {
            ("restore", "Restore", "restore")
        } else {
            ("cut", "Cut", "cut")
        };
        UserAction {
            name,
            label: format!("{label} {from} → {to}"),
            line: format!("link {from} -> {to} {word}"),
            is_possible: true,
            group: Group::Itself,
        }
    };
    let both = |name, label: &str, word: &str, is_possible| UserAction {
        name,
        label: label.to_owned(),
        line: format!("link {one} <-> {other} {word}"),
        is_possible,
        group: Group::Itself,
    };
    let (there, back) = (is_cut(one, other), is_cut(other, one));
    vec![
        way(one, other),
        way(other, one),
        both("cut-both", "Cut both ways", "cut", !(there && back)),
        both("restore-both", "Restore both ways", "restore", there || back),
    ]
}

fn of_message(world: &World, id: MessageId) -> Vec<UserAction> {
    vec![UserAction {
        name: "drop",
        label: "Drop it".to_owned(),
        line: format!("drop message {id}"),
        is_possible: world.in_flight().any(|message| message.id == id),
        group: Group::Itself,
    }]
}

#[cfg(test)]
mod tests;
