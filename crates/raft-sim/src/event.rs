//! What happens in the world: one [`Event`] at a time, nested by topic.
//!
//! Each topic has a file with its events, their names, their words and their part of the trace
//! hash.

mod client;
mod cluster;
mod disk;
mod message;
mod message_words;
mod names;
mod network;
mod outcome;
mod process;
mod state_machine;

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use raft_core::{Instant, Message, NodeId, Trace};
use raft_kv::{ClientId, Sequence};

pub use self::client::{ClientEvent, RetryReason};
pub use self::cluster::ClusterEvent;
pub use self::disk::DiskEvent;
pub(crate) use self::message::MessageInTransit;
pub use self::message::{DropReason, MessageEvent};
pub use self::network::NetworkEvent;
pub use self::outcome::OutcomeWords;
pub use self::process::ProcessEvent;
pub use self::state_machine::StateMachineEvent;
use crate::MessageId;
use crate::fingerprint::Fingerprint;

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// The world's clock at the event. Many events may share one time.
    pub at: Instant,
    /// Counts all events of the world from 1, without gaps.
    pub number: u64,
    /// The topic, and the event in it.
    pub kind: EventKind,
}

/// An event by its topic. The fields that all events of a topic share are here.
#[derive(Clone, Debug)]
pub enum EventKind {
    /// A decision of a node's protocol core, with its reason.
    Core {
        /// The node that decided.
        node: NodeId,
        /// The decision.
        trace: Trace,
    },
    /// A node's state machine changed or was read.
    StateMachine {
        /// The node whose copy it is.
        node: NodeId,
        /// What happened to it.
        event: StateMachineEvent,
    },
    /// A write of a node, or a fault of its disk.
    Disk {
        /// The node that owns the disk.
        node: NodeId,
        /// What happened to it.
        event: DiskEvent,
    },
    /// A node's process, its clock or its speed.
    Process {
        /// The node on which it runs.
        node: NodeId,
        /// What happened to it.
        event: ProcessEvent,
    },
    /// A message between two nodes.
    Message {
        /// Names the message: ids count up. A copy that the network makes has an id of its own.
        id: MessageId,
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
        /// The message.
        message: Arc<Message>,
        /// What happened to it.
        event: MessageEvent,
    },
    /// A change of links or of the network as a whole.
    Network(NetworkEvent),
    /// A client's operation, from the client's side.
    Client {
        /// The client.
        client: ClientId,
        /// The client's number for the operation; retries keep it.
        sequence: Sequence,
        /// What happened to it.
        event: ClientEvent,
    },
    /// A change of the cluster: its servers, its members, its leader.
    Cluster(ClusterEvent),
}

impl EventKind {
    /// The node that the event happened to, if it happened to one.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Self::Core { node, .. }
            | Self::StateMachine { node, .. }
            | Self::Disk { node, .. }
            | Self::Process { node, .. } => Some(*node),
            Self::Message { from, to, event, .. } => event.node(*from, *to),
            Self::Cluster(event) => event.node(),
            Self::Client { event, .. } => event.node(),
            Self::Network(_) => None,
        }
    }

    /// The name of its kind: `sent`, `crashed`, `client_answered`, …
    pub fn name(&self) -> &'static str {
        match self {
            Self::Core { .. } => "core",
            Self::StateMachine { event, .. } => event.name(),
            Self::Disk { event, .. } => event.name(),
            Self::Process { event, .. } => event.name(),
            Self::Message { event, .. } => event.name(),
            Self::Network(event) => event.name(),
            Self::Client { event, .. } => event.name(),
            Self::Cluster(event) => event.name(),
        }
    }
}

impl Event {
    /// Adds the event to the trace hash. Each kind of event has a number of its own, which is
    /// hashed first and never changes.
    pub(crate) fn add_to(&self, hash: &mut Fingerprint) {
        self.at.hash(hash);
        match &self.kind {
            EventKind::Core { node, trace } => (1, node, trace).hash(hash),
            EventKind::StateMachine { node, event } => event.add_to(hash, *node),
            EventKind::Disk { node, event } => event.add_to(hash, *node),
            EventKind::Process { node, event } => event.add_to(hash, *node),
            EventKind::Message { id, from, to, message, event } => {
                MessageInTransit { id: *id, from: *from, to: *to, message }.add_to(hash, event);
            }
            EventKind::Network(event) => event.add_to(hash),
            EventKind::Client { client, sequence, event } => {
                event.add_to(hash, *client, *sequence);
            }
            EventKind::Cluster(event) => event.add_to(hash),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>14} {}", self.at.to_string(), self.kind)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core { node, trace } => write!(f, "node {node} {trace}"),
            Self::StateMachine { node, event } => write!(f, "node {node} {event}"),
            Self::Disk { node, event } => event.write(f, *node),
            Self::Process { node, event } => event.write(f, *node),
            Self::Message { id, from, to, message, event } => {
                MessageInTransit { id: *id, from: *from, to: *to, message }.write(f, event)
            }
            Self::Network(event) => event.fmt(f),
            Self::Client { client, event, .. } => event.write(f, *client),
            Self::Cluster(event) => event.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
