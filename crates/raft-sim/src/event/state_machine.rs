//! What happens to a node's state machine.

use std::fmt;
use std::hash::Hash;

use raft_core::{Bare, Entries, LogIndex, LogPosition, NodeId, Say, Speaker, say};
use raft_kv::{ClientId, Sequence};

use crate::Mention;
use crate::ReadPolicy;
use crate::fingerprint::Fingerprint;

/// What happens to a node's state machine.
#[derive(Clone, Debug)]
pub enum StateMachineEvent {
    /// Committed entries were applied.
    Applied {
        /// The entries, in order.
        entries: Entries,
    },
    /// A snapshot replaced it.
    Restored {
        /// The last entry that the snapshot covers.
        snapshot: LogPosition,
    },
    /// It is on disk, and is there again after a restart.
    Reopened {
        /// The last entry that it had applied at its last flush.
        applied: LogIndex,
    },
    /// It answered a read that has no log entry.
    ReadServed {
        /// The client that reads.
        client: ClientId,
        /// The client's number for the read.
        sequence: Sequence,
        /// Why the answer may be trusted.
        read: ReadPolicy,
        /// The last entry that the node had applied.
        index: LogIndex,
    },
}

impl StateMachineEvent {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Applied { .. } => "applied",
            Self::Restored { .. } => "restored",
            Self::Reopened { .. } => "reopened",
            Self::ReadServed { .. } => "read_served",
        }
    }

    pub(super) fn add_to(&self, hash: &mut Fingerprint, node: NodeId) {
        match self {
            Self::Applied { entries } => {
                (8, node).hash(hash);
                let last = entries.last().map(raft_core::Entry::position);
                (entries.len(), last).hash(hash);
            }
            Self::Restored { snapshot } => (9, node, snapshot).hash(hash),
            Self::Reopened { applied } => (90, node, applied).hash(hash),
            Self::ReadServed { client, sequence, read, index } => {
                (26, node, client, sequence, read, index).hash(hash);
            }
        }
    }
}

impl Say<Mention> for StateMachineEvent {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self {
            Self::Applied { entries } => match (entries.first(), entries.last()) {
                (Some(first), Some(last)) if first.index == last.index => {
                    say!(out; "applies ", first.index)
                }
                (Some(first), Some(last)) => {
                    say!(out; "applies entries ", Bare(first.index), " to ", Bare(last.index))
                }
                (None, _) | (_, None) => say!(out; "applies nothing"),
            },
            Self::Restored { snapshot } => {
                say!(out; "restores its state machine from the snapshot through ", Bare(snapshot))
            }
            Self::Reopened { applied: LogIndex(0) } => {
                say!(out; "opens its state machine on disk, which has applied nothing")
            }
            Self::Reopened { applied } => {
                say!(
                    out; "opens its state machine on disk, which has applied entries up to ",
                    Bare(applied)
                )
            }
            Self::ReadServed { client, read, index, .. } => say!(
                out; "answers a {read} read of ", client,
                " from its store (applied through ", index, ")"
            ),
        }
    }
}
