//! The selected thing.

use raft_lab::{ClientId, LogIndex, LogPosition, Mention, MessageId, NodeId, Term};

/// A thing that can be selected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Selection {
    Node(NodeId),
    /// Both directions between two nodes, the smaller number first.
    Link(NodeId, NodeId),
    Message(MessageId),
    /// The log entry with this index and term, in all logs.
    Entry(LogPosition),
    Client(ClientId),
}

impl Selection {
    /// A link between two nodes, given in any order.
    pub(crate) fn link(one: NodeId, other: NodeId) -> Self {
        Self::Link(one.min(other), one.max(other))
    }

    /// The thing that a part of a sentence names, if it can be selected.
    pub(crate) fn of(mention: &Mention) -> Option<Self> {
        match mention {
            Mention::Node(node) => Some(Self::Node(*node)),
            Mention::Message(id) => Some(Self::Message(*id)),
            // The place before the first entry is no entry.
            Mention::Entry(entry) => (entry.index.0 > 0).then_some(Self::Entry(*entry)),
            Mention::Client(client) => Some(Self::Client(*client)),
            Mention::Term(_)
            | Mention::Index(_)
            | Mention::Section(_)
            | Mention::Event(_)
            | Mention::Key(_) => None,
        }
    }

    /// The value of the attribute `data-select`.
    pub(crate) fn to_attribute(self) -> String {
        match self {
            Self::Node(node) => format!("node {node}"),
            Self::Link(one, other) => format!("link {one} {other}"),
            Self::Message(id) => format!("message {id}"),
            Self::Entry(LogPosition { index, term }) => format!("entry {} {}", index.0, term.0),
            Self::Client(client) => format!("client {client}"),
        }
    }

    /// Reads [`to_attribute`](Self::to_attribute)'s form.
    pub(crate) fn from_attribute(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let kind = words.next()?;
        let mut number = || words.next()?.parse().ok();
        match kind {
            "node" => Some(Self::Node(NodeId(number()?))),
            "link" => Some(Self::Link(NodeId(number()?), NodeId(number()?))),
            "message" => Some(Self::Message(MessageId(number()?))),
            "client" => Some(Self::Client(ClientId(number()?))),
            "entry" => Some(Self::Entry(LogPosition::new(LogIndex(number()?), Term(number()?)))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
