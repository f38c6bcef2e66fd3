//! The actions on a node, a link or a message: each is a line of the command language.

mod node;

use raft_lab::{MessageId, NodeId, View};

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

/// All actions on a thing: always the same ones, in the same order.
pub(crate) fn actions(view: &View, selection: Selection) -> Vec<UserAction> {
    match selection {
        Selection::Node(id) => node::actions(view, id),
        Selection::Link(one, other) => of_link(view, one, other),
        Selection::Message(id) => of_message(view, id),
        Selection::Entry(_) | Selection::Client(_) => Vec::new(),
    }
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
    vec![UserAction {
        name: "drop",
        label: "Drop".to_owned(),
        line: format!("drop message {id}"),
        is_possible: view.messages.iter().any(|message| message.id == id),
        group: Group::Itself,
    }]
}

#[cfg(test)]
mod tests;
