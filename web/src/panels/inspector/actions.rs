//! The actions on a node, a link, a message or the cluster: each is a line of the command language.

mod node;

use raft_lab::{MessageId, NodeId, NodeState, View};

use crate::picture::LinkPicture;
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
    /// The network between all nodes.
    Network,
    /// The timers of all nodes.
    Timers,
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

/// What can be done without choosing a thing: a write, faults and their end, and the election
/// timers of the nodes that run.
fn of_cluster(view: &View) -> Vec<UserAction> {
    let are_any = |state| view.nodes.iter().any(|node| node.state == state);
    let (is_running, is_down) = (are_any(NodeState::Running), are_any(NodeState::Crashed));
    let action = |name: &'static str, label: &str, line: &str, is_possible, group| UserAction {
        name,
        label: label.to_owned(),
        line: line.to_owned(),
        is_possible,
        group,
    };
    // A value that no write had before.
    let cores = view.nodes.iter().filter_map(|node| node.core.as_ref());
    let next = cores.map(|core| core.last_log.index.0).max().unwrap_or(0) + 1;
    let write = format!("set x={next}");
    let (itself, network, timers) = (Group::Itself, Group::Network, Group::Timers);
    vec![
        action("write", &format!("Write x={next}"), &write, is_running, itself),
        action("crash-leader", "Crash the leader", "crash leader", view.leader.is_some(), itself),
        action("restart-all", "Restart all", "restart all", is_down, itself),
        action("heal", "Heal the network", "heal", LinkPicture::is_any_cut(view), network),
        action("spread", "Spread timers", "timeouts all spread", is_running, timers),
        action("align", "Align timers", "timeouts all equal", is_running, timers),
        action("draw", "Random timers", "timeouts all", is_running, timers),
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
