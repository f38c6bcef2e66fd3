//! Messages without an effect: late, repeated, or impossible.

use core::fmt;

use crate::{HeartbeatRound, LogIndex, NodeId, Term};

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

impl fmt::Display for IgnoredMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ignores {} from node {}: {}", self.message, self.from, self.reason)
    }
}

impl fmt::Display for IgnoreReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaleTerm { current } => write!(f, "late, the term is {current} now"),
            Self::UnknownSender => f.write_str("the sender cannot be another server"),
            Self::RoundUnknown { round, current } => write!(
                f,
                "it answers round {}, and this leader is in round {}; the sender is broken",
                round.0, current.0
            ),
            Self::FileFailed => f.write_str(
                "the file of a snapshot could not be written a moment ago; the disk may be full",
            ),
            Self::SnapshotTooLarge { limit } => {
                write!(f, "the snapshot is larger than {limit} bytes")
            }
            Self::NotExpected => f.write_str("it answers no open request"),
            Self::AlreadyKnown => f.write_str("it says nothing new"),
            Self::VoteNotStored => f.write_str("the vote of this node is not on its disk yet"),
            Self::SecondLeader { leader } => {
                write!(f, "node {leader} leads this term already; the sender is broken")
            }
            Self::Malformed => f.write_str("its entries make no sense; the sender is broken"),
            Self::ConflictsWithCommitted { at, commit_index } => write!(
                f,
                "it contradicts entry {at}, committed (through {commit_index}); the sender is \
                 broken"
            ),
            Self::AcknowledgedEntryLost { index } => write!(
                f,
                "it lacks entry {index}, which it acknowledged in this term: its disk lost the \
                 entry"
            ),
            Self::BeyondLog { index, last } => write!(
                f,
                "it acknowledges entry {index}, past the log's end {last}; the sender is broken"
            ),
        }
    }
}
