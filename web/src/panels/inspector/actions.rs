//! The actions on a node, a link, a message or the cluster: each is a line of the command language.

mod node;

use raft_lab::{MessageId, NodeId, NodeState, View};

use crate::state::Selection;

/// One action of a person.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct UserAction {
    /// Its name in `data-testid`: `crash`.
    pub(crate) name: &'static str,
    /// The button's label.
    pub(crate) label: String,
    /// The statement.
    pub(crate) line: String,
    /// Whether the statement can succeed now.
    pub(crate) is_possible: bool,
    pub(crate) group: Group,
}

/// The target of an action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Group {
    /// The thing itself: a process, a link, a message.
    Itself,
    /// The cluster's leadership and membership.
    Cluster,
}

/// All actions on a thing, or on the cluster: always the same ones, in the same order.
pub(crate) fn actions(view: &View, selection: Option<Selection>) -> Vec<UserAction> {
    match selection {
        Some(Selection::Node(id)) => node::actions(view, id),
        Some(Selection::Link(one, other)) => of_link(view, one, other),
        Some(Selection::Message(id)) => of_message(view, id),
        Some(Selection::Entry(_) | Selection::Client(_)) => Vec::new(),
        None => of_cluster(view),
    }
}

/// The election timers of the nodes that run.
fn of_cluster(view: &View) -> Vec<UserAction> {
    let is_running = view.nodes.iter().any(|node| node.state == NodeState::Running);
    let action = |name: &'static str, label: &str, line: &str| UserAction {
        name,
        label: label.to_owned(),
        line: line.to_owned(),
        is_possible: is_running,
        group: Group::Itself,
    };
    vec![
        action("spread", "Spread timers", "timeouts all spread"),
        action("align", "Align timers", "timeouts all equal"),
        action("draw", "Random timers", "timeouts all"),
    ]
}

fn of_link(view: &View, one: NodeId, other: NodeId) -> Vec<UserAction> {
    let is_cut = |from, to| view.link(from, to).is_some_and(|link| link.cut);
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
        both("cut-both", "Cut both", "cut", !(there && back)),
        both("restore-both", "Restore both", "restore", there || back),
    ]
}

fn of_message(view: &View, id: MessageId) -> Vec<UserAction> {
    let message = view.messages.iter().find(|message| message.id == id);
    let is_held = message.is_some_and(|message| message.held_since.is_some());
    let action = |name: &'static str, label: &str| UserAction {
        name,
        label: label.to_owned(),
        line: format!("{name} message {id}"),
        is_possible: message.is_some(),
        group: Group::Itself,
    };
    vec![
        action("deliver", "Deliver now"),
        if is_held { action("release", "Release") } else { action("hold", "Hold") },
        action("duplicate", "Duplicate"),
        action("drop", "Drop"),
    ]
}

#[cfg(test)]
mod tests;
