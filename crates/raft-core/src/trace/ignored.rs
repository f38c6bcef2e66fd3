//! Messages without an effect: late, repeated, or impossible.

use core::fmt;

use crate::{Bare, HeartbeatRound, LogIndex, NodeId, Say, Speaker, Term, Thing, say};

/// A message without an effect.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IgnoredMessage {
    /// The sender.
    pub from: NodeId,
    /// The paper's name of the message.
    pub message: &'static str,
    /// The guard that refused it.
    pub reason: IgnoreReason,
}

/// Why a message was ignored. None of these is an error of the receiver.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IgnoreReason {
    /// It belongs to a term that is over (§5.1).
    StaleTerm {
        /// The receiver's term.
        current: Term,
    },
    /// The sender cannot be another server.
    UnknownSender,
    /// No request is waiting for this reply.
    NotExpected,
    /// It says nothing new.
    AlreadyKnown,
    /// It asks for a pre-vote, and the vote of this server is not on its disk yet (§5.6).
    VoteNotStored,
    /// It claims to come from a second leader of the same term (§5.2): the sender is broken.
    SecondLeader {
        /// The leader that this server knows.
        leader: NodeId,
    },
    /// Its entries are not consecutive, or their terms go back or exceed the message's.
    Malformed,
    /// It would remove a committed entry (§5.4.3): the sender is broken.
    ConflictsWithCommitted {
        /// The first entry that conflicts.
        at: LogIndex,
        /// The receiver's commit index.
        commit_index: LogIndex,
    },
    /// It answers a round of heartbeats that this leader has not begun: the sender is broken.
    RoundUnknown {
        /// The round it answers.
        round: HeartbeatRound,
        /// The leader's round.
        current: HeartbeatRound,
    },
    /// The file of a snapshot could not be written a moment ago: the disk may be full.
    FileFailed,
    /// The snapshot is larger than this server accepts
    /// ([`Settings::max_snapshot_bytes`](crate::Settings::max_snapshot_bytes)).
    SnapshotTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// It lacks an entry that the sender acknowledged in this term: the sender's disk lost it.
    AcknowledgedEntryLost {
        /// The entry.
        index: LogIndex,
    },
    /// It acknowledges entries that this leader does not have: the sender is broken.
    BeyondLog {
        /// The index it acknowledges.
        index: LogIndex,
        /// The leader's last entry.
        last: LogIndex,
    },
}

impl IgnoreReason {
    /// Whether no correct server on a disk that keeps its promises sends such a message, however
    /// late, lost or repeated messages are.
    pub fn is_alarming(&self) -> bool {
        match self {
            Self::SecondLeader { .. }
            | Self::Malformed
            | Self::ConflictsWithCommitted { .. }
            | Self::RoundUnknown { .. }
            | Self::AcknowledgedEntryLost { .. }
            | Self::BeyondLog { .. } => true,
            Self::StaleTerm { .. }
            | Self::UnknownSender
            | Self::VoteNotStored
            | Self::NotExpected
            | Self::AlreadyKnown
            | Self::FileFailed
            | Self::SnapshotTooLarge { .. } => false,
        }
    }
}

impl IgnoredMessage {
    pub(super) fn section(&self) -> Option<&'static str> {
        match self.reason {
            IgnoreReason::StaleTerm { .. } => Some("§5.1"),
            IgnoreReason::SecondLeader { .. } => Some("§5.2"),
            IgnoreReason::VoteNotStored => Some("§5.6"),
            IgnoreReason::ConflictsWithCommitted { .. } => Some("§5.4.3"),
            IgnoreReason::UnknownSender
            | IgnoreReason::NotExpected
            | IgnoreReason::AlreadyKnown
            | IgnoreReason::Malformed
            | IgnoreReason::RoundUnknown { .. }
            | IgnoreReason::FileFailed
            | IgnoreReason::SnapshotTooLarge { .. }
            | IgnoreReason::AcknowledgedEntryLost { .. }
            | IgnoreReason::BeyondLog { .. } => None,
        }
    }
}

impl<T: From<Thing>> Say<T> for IgnoredMessage {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        say!(out; "ignores ", self.message, " from ", self.from, ": ", self.reason)
    }
}

impl<T: From<Thing>> Say<T> for IgnoreReason {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::StaleTerm { current } => say!(out; "late, the term is ", Bare(current), " now"),
            Self::UnknownSender => say!(out; "the sender cannot be another server"),
            Self::RoundUnknown { round, current } => say!(
                out; "it answers round ", round.0, ", and this leader is in round ", current.0,
                "; the sender is broken"
            ),
            Self::FileFailed => say!(
                out; "the file of a snapshot could not be written a moment ago; the disk may be \
                 full"
            ),
            Self::SnapshotTooLarge { limit } => {
                say!(out; "the snapshot is larger than {limit} bytes")
            }
            Self::NotExpected => say!(out; "it answers no open request"),
            Self::AlreadyKnown => say!(out; "it says nothing new"),
            Self::VoteNotStored => say!(out; "the vote of this node is not on its disk yet"),
            Self::SecondLeader { leader } => {
                say!(out; leader, " leads this term already; the sender is broken")
            }
            Self::Malformed => say!(out; "its entries make no sense; the sender is broken"),
            Self::ConflictsWithCommitted { at, commit_index } => say!(
                out; "it contradicts ", at, ", committed (through ", Bare(commit_index),
                "); the sender is broken"
            ),
            Self::AcknowledgedEntryLost { index } => say!(
                out; "it lacks ", index, ", which it acknowledged in this term: its disk lost the \
                 entry"
            ),
            Self::BeyondLog { index, last } => say!(
                out; "it acknowledges ", index, ", past the log's end ", Bare(last),
                "; the sender is broken"
            ),
        }
    }
}
