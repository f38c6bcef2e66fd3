//! What happens to links and to the network as a whole.

use std::fmt;
use std::hash::Hash;

use raft_core::{List, NodeId, Say, Speaker, say};

use crate::Mention;
use crate::fingerprint::Fingerprint;
use crate::units::{Percent, Span};
use crate::words::plural;
use crate::{LinkChange, MessageKind, NextMessage};

/// What happens to links and to the network as a whole.
#[derive(Clone, Debug)]
pub enum NetworkEvent {
    /// One direction of a link was changed.
    LinkChanged {
        /// The sending end.
        from: NodeId,
        /// The receiving end.
        to: NodeId,
        /// The new setting.
        change: LinkChange,
    },
    /// The network fell apart into groups.
    Partitioned {
        /// Two nodes reach each other if they share a group.
        groups: Vec<Vec<NodeId>>,
    },
    /// Nothing passes from the second group to the first one any more; the other way it does.
    PartitionedOneWay {
        /// The first group: its messages still arrive.
        heard: Vec<NodeId>,
        /// The second group: its messages to the first one are lost.
        unheard: Vec<NodeId>,
    },
    /// The next message of a kind on a link will be dropped, duplicated or held.
    NextAwaited {
        /// The sending end.
        from: NodeId,
        /// The receiving end.
        to: NodeId,
        /// The kind.
        kind: MessageKind,
        /// The deed; neither [`NextMessage::Deliver`] nor [`NextMessage::Release`].
        deed: NextMessage,
    },
    /// The network is whole again: no partition, no cut link.
    Healed,
}

impl NetworkEvent {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::LinkChanged { .. } => "link_changed",
            Self::Partitioned { .. } => "partitioned",
            Self::PartitionedOneWay { .. } => "partitioned_one_way",
            Self::NextAwaited { .. } => "next_awaited",
            Self::Healed => "healed",
        }
    }

    pub(super) fn add_to(&self, hash: &mut Fingerprint) {
        match self {
            Self::LinkChanged { from, to, change } => (15, from, to, change).hash(hash),
            Self::Partitioned { groups } => (17, groups).hash(hash),
            Self::PartitionedOneWay { heard, unheard } => (30, heard, unheard).hash(hash),
            Self::NextAwaited { from, to, kind, deed } => (131, from, to, kind, deed).hash(hash),
            Self::Healed => 18.hash(hash),
        }
    }
}

impl Say<Mention> for NetworkEvent {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self {
            Self::LinkChanged { from, to, change } => {
                say!(out; "the link from ", from, " to ", to, " {change}")
            }
            Self::Partitioned { groups } => {
                say!(out; "the network is partitioned: ")?;
                for (place, group) in groups.iter().enumerate() {
                    let bar = if place == 0 { "" } else { " | " };
                    say!(out; bar, List(group, " "))?;
                }
                Ok(())
            }
            Self::PartitionedOneWay { heard, unheard } => {
                let (heard, unheard) = (List(heard, " "), List(unheard, " "));
                say!(out; "the network is partitioned one way: ", heard, " -> ", unheard)
            }
            Self::NextAwaited { from, to, kind, deed } => {
                let fate = match deed {
                    NextMessage::Deliver => "is delivered",
                    NextMessage::Drop => "will be lost",
                    NextMessage::Duplicate => "will arrive twice",
                    NextMessage::Hold => "will be held",
                    NextMessage::Release => "goes on",
                };
                say!(out; "the next {kind} from ", from, " to ", to, " {fate}")
            }
            Self::Healed => say!(out; "the network is whole again"),
        }
    }
}

impl fmt::Display for LinkChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("is cut"),
            Self::Restore => f.write_str("is restored"),
            Self::Latency(range) => write!(f, "takes {range}"),
            Self::Loss { per_million } => {
                write!(f, "loses {} of its messages", Percent(*per_million))
            }
            Self::Duplication { per_million } => {
                write!(f, "duplicates {} of its messages", Percent(*per_million))
            }
            Self::Reordering(true) => f.write_str("may reorder messages"),
            Self::Reordering(false) => f.write_str("keeps messages in order"),
            Self::Shape(shape) => write!(f, "has {shape} latencies"),
            Self::Bandwidth(Some(bytes)) => write!(f, "carries {bytes} bytes per second"),
            Self::Bandwidth(None) => f.write_str("has no bandwidth limit"),
            Self::QueueLimit(limit) => {
                write!(f, "queues at most {limit} {}", plural(*limit as usize, "message"))
            }
            Self::Clog(time) if time.is_zero() => f.write_str("is no longer clogged"),
            Self::Clog(time) => write!(f, "is clogged for {}", Span(*time)),
            Self::Hold(kind) => write!(f, "holds each {kind}"),
            Self::Release(Some(kind)) => write!(f, "holds no {kind} any more"),
            Self::Release(None) => f.write_str("holds no message any more"),
        }
    }
}
