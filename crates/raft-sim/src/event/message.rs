//! What happens to a message, and messages in words.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use raft_core::{Instant, Message, NodeId, Speaker, say};

use super::message_words::MessageWords;
use crate::Mention;
use crate::MessageId;
use crate::fingerprint::Fingerprint;
use crate::words::Subject;

/// What happens to a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageEvent {
    /// The sender put it on the network.
    Sent {
        /// When it will arrive, if nothing happens to it.
        arrives_at: Instant,
    },
    /// It waits until it is released: at the end of a link that holds messages of its kind, or
    /// on its way, where an action holds it.
    Held,
    /// An action lets it go on.
    Released {
        /// When it will arrive, if nothing happens to it.
        arrives_at: Instant,
    },
    /// It reached a receiver that is up.
    Delivered,
    /// It is gone.
    Dropped {
        /// When it was sent.
        sent_at: Instant,
        /// When it would have arrived.
        arrives_at: Instant,
        /// The reason.
        reason: DropReason,
    },
    /// The network resends a message that had arrived before. The sender takes no part in it.
    Replayed {
        /// When the copy will arrive, if nothing happens to it.
        arrives_at: Instant,
    },
}

/// Why a message is gone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DropReason {
    /// The link lost it at random.
    Lost,
    /// The link is cut.
    LinkCut,
    /// The receiver is in another part of the network.
    Partitioned,
    /// The receiver is down.
    NodeDown,
    /// An action dropped it.
    ByCommand,
    /// Too many messages waited for the link already.
    QueueFull,
}

impl MessageEvent {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Sent { .. } => "sent",
            Self::Held => "held",
            Self::Released { .. } => "released",
            Self::Delivered => "delivered",
            Self::Dropped { .. } => "dropped",
            Self::Replayed { .. } => "replayed",
        }
    }

    /// The end of the link at which it happens.
    pub(super) fn node(&self, from: NodeId, to: NodeId) -> Option<NodeId> {
        match self {
            Self::Sent { .. } => Some(from),
            Self::Held | Self::Released { .. } | Self::Delivered | Self::Dropped { .. } => Some(to),
            Self::Replayed { .. } => None,
        }
    }
}

/// The fields that all events of a message share.
pub(crate) struct MessageInTransit<'a> {
    pub(crate) id: MessageId,
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) message: &'a Arc<Message>,
}

impl MessageInTransit<'_> {
    pub(super) fn add_to(&self, hash: &mut Fingerprint, event: &MessageEvent) {
        let Self { id, from, to, message } = self;
        match event {
            MessageEvent::Sent { arrives_at } => {
                (2, id, from, to, arrives_at).hash(hash);
                message.hash(hash);
            }
            MessageEvent::Held => (132, id, from, to).hash(hash),
            MessageEvent::Released { arrives_at } => (147, id, from, to, arrives_at).hash(hash),
            MessageEvent::Delivered => (3, id, from, to).hash(hash),
            MessageEvent::Dropped { reason, .. } => (4, id, from, to, reason).hash(hash),
            MessageEvent::Replayed { arrives_at } => {
                (31, id, from, to, arrives_at).hash(hash);
                message.hash(hash);
            }
        }
    }

    pub(super) fn say(&self, out: &mut dyn Speaker<Mention>, event: &MessageEvent) -> fmt::Result {
        let Self { id, from, to, message } = self;
        let name = message.name();
        match event {
            MessageEvent::Sent { .. } => {
                say!(out; Subject(*from), "sends ", to, " ", id, ": ", MessageWords(message))
            }
            MessageEvent::Held => {
                say!(out; id, " from ", from, " to ", to, " is held: {name}")
            }
            MessageEvent::Released { .. } => {
                say!(out; id, " from ", from, " to ", to, " goes on: {name}")
            }
            MessageEvent::Delivered => {
                say!(out; Subject(*to), "receives ", id, " from ", from, ": {name}")
            }
            MessageEvent::Dropped { reason, .. } => {
                say!(
                    out; id, " from ", from, " to ", to, " is lost ({reason}): {name}"
                )
            }
            MessageEvent::Replayed { .. } => say!(
                out; "the network resends an old message from ", from, " to ", to, " as ",
                id, ": ", MessageWords(message)
            ),
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "packet loss",
            Self::LinkCut => "the link is cut",
            Self::Partitioned => "the network is partitioned",
            Self::NodeDown => "the receiver is down",
            Self::ByCommand => "dropped by command",
            Self::QueueFull => "the queue of the link is full",
        })
    }
}
