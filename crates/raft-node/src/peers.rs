//! The connections between the nodes of a cluster.
//!
//! A node keeps two streams to each other node, which it opens: one for messages, one for
//! snapshots. What it cannot send it drops, as the core expects of a network.

mod incoming;
mod outgoing;

use raft_core::{Message, NodeId};
use serde::{Deserialize, Serialize};

pub(crate) use incoming::PeerService;
pub(crate) use outgoing::{Outbox, Peers};

/// The generated code.
pub(crate) mod proto {
    #![allow(missing_docs, unreachable_pub, unused_qualifications)]
    #![allow(clippy::all, clippy::too_many_lines)]
    tonic::include_proto!("helios.peer.v1");
}

use proto::Route;

/// The version of the encoding of messages. Nodes of different versions do not talk.
pub(crate) const PROTOCOL: u32 = 1;

/// The longest frame: the largest message with entries or with a piece of a snapshot, and room for
/// what is around it.
pub(crate) const MAX_FRAME_BYTES: usize = 128 << 20;

/// The windows of a connection, so that nobody is slowed by a distance.
pub(crate) const STREAM_WINDOW: u32 = 8 << 20;
pub(crate) const CONNECTION_WINDOW: u32 = 16 << 20;

/// A frame takes messages until it has about so many bytes.
const FRAME_BYTES: usize = 1 << 20;

/// A message with its number, by which who watches the cluster knows it again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) number: u64,
    pub(crate) message: Message,
}

/// Why a route is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum RouteError {
    #[error("the frame does not say from whom to whom it is")]
    Missing,
    #[error("it is of version {0} of the protocol, and this node knows version {PROTOCOL} only")]
    Version(u32),
    #[error("it is for cluster {wanted:x}, and this node belongs to cluster {own:x}")]
    Cluster { wanted: u64, own: u64 },
    #[error("it is for node {wanted}, and this is node {own}")]
    Receiver { wanted: u64, own: NodeId },
    #[error("the certificate of the connection is not that of its sender, node {0}")]
    Certificate(NodeId),
    #[error("its sender has this node's id, or none")]
    Sender,
}

impl RouteError {
    /// A word for it, for metrics.
    fn name(self) -> &'static str {
        match self {
            Self::Missing => "no_route",
            Self::Version(_) => "version",
            Self::Cluster { .. } => "cluster",
            Self::Receiver { .. } => "receiver",
            Self::Certificate(_) => "certificate",
            Self::Sender => "sender",
        }
    }
}

impl Route {
    /// Checks that something is meant for this node, and returns who sent it.
    fn check(route: Option<&Self>, cluster: u64, own: NodeId) -> Result<NodeId, RouteError> {
        let route = route.ok_or(RouteError::Missing)?;
        if route.version != PROTOCOL {
            return Err(RouteError::Version(route.version));
        }
        if route.cluster != cluster {
            return Err(RouteError::Cluster { wanted: route.cluster, own: cluster });
        }
        if route.to != own.0 {
            return Err(RouteError::Receiver { wanted: route.to, own });
        }
        if route.from == 0 || route.from == own.0 {
            return Err(RouteError::Sender);
        }
        Ok(NodeId(route.from))
    }
}

fn is_of_snapshot(letter: &Letter) -> bool {
    matches!(letter.message.body, raft_core::Body::InstallSnapshot(_))
}

#[cfg(test)]
mod tests {
    use raft_core::{
        AppendEntries, Body, Bytes, Entry, Forward, ForwardId, HeartbeatRound, LogIndex, Payload,
        Term,
    };

    use super::*;

    fn frame() -> Vec<u8> {
        let message = |body| Message { term: Term(3), body };
        let entry = |index, payload| Entry { index: LogIndex(index), term: Term(2), payload };
        let membership = raft_core::Membership::new([NodeId(1), NodeId(2)]);
        let membership = membership.with_context(NodeId(1), Bytes::from(vec![1, 2, 3]));
        let entries = vec![
            entry(7, Payload::Noop),
            entry(8, Payload::Command(vec![9; 20].into())),
            entry(9, Payload::Membership(membership)),
        ];
        let append = AppendEntries {
            prev_log_index: LogIndex(6),
            prev_log_term: Term(2),
            entries: entries.into(),
            leader_commit: LogIndex(6),
            round: HeartbeatRound(4),
        };
        let forward = Forward { id: ForwardId(5), command: vec![1; 9].into() };
        let bodies = [Body::AppendEntries(append), Body::Forward(forward), Body::TimeoutNow];
        let letters: Vec<Letter> = (1..)
            .zip(bodies)
            .map(|(number, body)| Letter { number, message: message(body) })
            .collect();
        postcard::to_allocvec(&letters).expect("every message can be encoded")
    }

    fn decode(bytes: &[u8]) -> Result<Vec<Letter>, postcard::Error> {
        postcard::from_bytes(bytes)
    }

    /// What a peer sends may be anything. It is refused, or is other messages; it is never more
    /// than its bytes can hold.
    #[test]
    fn no_frame_makes_the_decoder_panic_or_take_memory() {
        let frame = frame();
        assert_eq!(decode(&frame).expect("it is whole").len(), 3);
        for end in 0..frame.len() {
            assert!(decode(&frame[..end]).is_err(), "{end} bytes");
        }
        for place in 0..frame.len() {
            for value in 0..=u8::MAX {
                let mut changed = frame.clone();
                changed[place] = value;
                if let Ok(letters) = decode(&changed) {
                    assert!(letters.len() <= frame.len());
                }
            }
        }
        // A length that is far beyond the frame.
        assert!(decode(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]).is_err());
    }
}
