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
use std::hash::{Hash, Hasher};
use std::num::NonZeroU64;
use std::sync::Arc;

use raft_core::{
    Instant, Message, NodeId, ReplicationTrace, Say, Speaker, Trace, print_as_said, say,
};
use raft_kv::{ClientId, Sequence};
use serde::{Deserialize, Serialize};

pub use self::client::{ClientEvent, RetryReason};
pub use self::cluster::ClusterEvent;
pub use self::disk::DiskEvent;
pub(crate) use self::message::MessageInTransit;
pub use self::message::{DropReason, MessageEvent};
pub use self::network::NetworkEvent;
pub use self::outcome::OutcomeWords;
pub use self::process::ProcessEvent;
pub use self::state_machine::StateMachineEvent;
use crate::fingerprint::Fingerprint;
use crate::words::Subject;
use crate::{AdminRequest, Mention, MessageId};

/// Names an event of one run. Events are numbered from 1, without gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct EventNumber(NonZeroU64);

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// Names the event.
    pub number: EventNumber,
    /// The number of steps that the world had taken, with the one that made the event; 0 at the
    /// start.
    pub step: u64,
    /// The world's clock at the event. Many events may share one time.
    pub at: Instant,
    /// The event without which this one would not have happened. `None` for an action, and for what
    /// a node does at the start of the world.
    ///
    /// A fault that decides the fate of a message is the cause, not the message: a message on a cut
    /// link is dropped because of the cut. Its `Sent` has the same id.
    pub cause: Option<EventNumber>,
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
    /// A person or a script acts on the world: the cause of what follows.
    Acted {
        /// Counts the actions of the run from 1.
        action: u64,
    },
}

impl EventNumber {
    /// The event with this number; `None` for 0.
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number, from 1.
    pub const fn get(self) -> u64 {
        self.0.get()
    }
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
            Self::Network(_) | Self::Acted { .. } => None,
        }
    }

    /// Whether it is routine in a healthy cluster: actions, which say themselves what they do,
    /// messages, requests, writes, timers and heartbeats. Lists for people leave them out.
    pub fn is_routine(&self) -> bool {
        match self {
            Self::Core { trace, .. } => matches!(
                trace,
                Trace::Replication(ReplicationTrace::EntriesAccepted { new_entries: 0, .. })
            ),
            Self::Message { event, .. } => {
                matches!(event, MessageEvent::Sent { .. } | MessageEvent::Delivered)
            }
            Self::Disk { event, .. } => {
                matches!(event, DiskEvent::WriteIssued { .. } | DiskEvent::WriteDurable { .. })
            }
            Self::Process { event, .. } => {
                matches!(event, ProcessEvent::Started | ProcessEvent::TimerElapsed { .. })
            }
            Self::Client { event, .. } => {
                matches!(event, ClientEvent::Arrived { is_up: true, .. })
            }
            Self::Acted { .. } => true,
            Self::StateMachine { .. } | Self::Network(_) | Self::Cluster(_) => false,
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
            Self::Acted { .. } => ACTED,
        }
    }
}

const ACTED: &str = "acted";

impl Event {
    /// Whether it is the same event in another run: at the same time and of the same kind, whatever
    /// the numbers of events, actions and messages are.
    pub fn is_same(&self, other: &Self) -> bool {
        let hash = |event: &Self| {
            let mut event = event.clone();
            if let EventKind::Message { id, .. } = &mut event.kind {
                *id = MessageId(0);
            } else if let EventKind::Acted { action } = &mut event.kind {
                *action = 0;
            }
            let mut hash = Fingerprint::default();
            event.add_to(&mut hash);
            hash.finish()
        };
        self.at == other.at && hash(self) == hash(other)
    }

    /// Adds the event to the trace hash, without its cause and its step, which follow from the
    /// rest. Each kind of event has a number of its own, which is hashed first and never changes.
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
            EventKind::Acted { action } => (140, action).hash(hash),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>14} {}", self.at.to_string(), self.kind)
    }
}

impl Say<Mention> for EventKind {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self {
            Self::Core { node, trace } => say!(out; Subject(*node), trace),
            Self::StateMachine { node, event } => say!(out; Subject(*node), event),
            Self::Disk { node, event } => event.say(out, *node),
            Self::Process { node, event } => event.say(out, *node),
            Self::Message { id, from, to, message, event } => {
                MessageInTransit { id: *id, from: *from, to: *to, message }.say(out, event)
            }
            Self::Network(event) => event.say(out),
            Self::Client { client, event, .. } => event.say(out, *client),
            Self::Cluster(event) => event.say(out),
            Self::Acted { action } => say!(out; "action {action}"),
        }
    }
}

print_as_said! {
    Mention: AdminRequest, ClusterEvent, EventKind, NetworkEvent, OutcomeWords<'_>, RetryReason,
    StateMachineEvent,
}

impl fmt::Display for EventNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
