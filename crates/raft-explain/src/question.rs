//! What can be asked, beside an event.

use std::fmt;

use raft_core::{LogIndex, NodeId, Term};
use raft_kv::{ClientId, Key};
use raft_sim::EventNumber;

/// A question about a run at a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    /// Why did this event happen?
    Event(EventNumber),
    /// Why is this the term?
    Term(Term),
    /// Why was the entry removed from the log of a node?
    Removed {
        /// The entry.
        index: LogIndex,
        /// The node.
        node: NodeId,
    },
    /// Why did the node refuse to start?
    Refused(NodeId),
    /// Why did the process of the node stop?
    Stopped(NodeId),
    /// Why did the client get its last answer, and not earlier?
    Answer(ClientId),
    /// Why is there no leader?
    NoLeader,
    /// Why does the node not lead?
    NotLeader(NodeId),
    /// Why is the entry not committed?
    NotCommitted(LogIndex),
    /// Why does the log of the node lack what its leader has?
    NotUpToDate(NodeId),
    /// Why has the client no answer?
    NoAnswer(ClientId),
    /// Why does the read of the client wait?
    ReadWaits(ClientId),
    /// Why is the change of the membership not finished?
    ChangeWaits,
    /// Why does the key have its value, and a node perhaps another one?
    Value(Key),
}

impl Question {
    /// The event that the question is about, if it is about one.
    pub fn event(&self) -> Option<EventNumber> {
        match self {
            Self::Event(number) => Some(*number),
            Self::Term(_)
            | Self::Removed { .. }
            | Self::Refused(_)
            | Self::Stopped(_)
            | Self::Answer(_)
            | Self::NoLeader
            | Self::NotLeader(_)
            | Self::NotCommitted(_)
            | Self::NotUpToDate(_)
            | Self::NoAnswer(_)
            | Self::ReadWaits(_)
            | Self::ChangeWaits
            | Self::Value(_) => None,
        }
    }
}

/// Why a question has no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unanswerable {
    /// There is no such event, or it is older than what is kept.
    NoSuchEvent {
        /// Its number.
        number: EventNumber,
        /// The first one that is kept.
        first: Option<EventNumber>,
        /// The last one that happened.
        last: Option<EventNumber>,
    },
    /// There is no such node.
    NoSuchNode(NodeId),
    /// The client has asked for nothing.
    NoSuchClient(ClientId),
    /// Nothing of the kind happened.
    DidNotHappen(String),
}

impl fmt::Display for Unanswerable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchEvent { number, first: Some(first), last: Some(last) } => {
                write!(f, "there is no event {number}: events {first} to {last} are known here")
            }
            Self::NoSuchEvent { number, .. } => {
                write!(f, "there is no event {number}: nothing has happened yet")
            }
            Self::NoSuchNode(node) => write!(f, "there is no node {node}"),
            Self::NoSuchClient(client) => write!(f, "client {client} has asked for nothing"),
            Self::DidNotHappen(what) => write!(f, "{what}"),
        }
    }
}
