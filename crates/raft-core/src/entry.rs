//! Log entries, and the two other things a server keeps on disk: its term and vote, and a snapshot.

use crate::{Bytes, LogIndex, LogPosition, Membership, NodeId, Term};

/// One entry of the replicated log (§5.3).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Entry {
    /// Where it stands in the log.
    pub index: LogIndex,
    /// The term of the leader that created it.
    pub term: Term,
    /// What it says.
    pub payload: Payload,
}

/// What an entry says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Payload {
    /// Nothing: a leader starts its term with it, so that it soon has an entry of its own term to
    /// commit (§8, and the commit rule of §5.4.2).
    Noop,
    /// A command for the state machine. The core never looks inside.
    Command(Bytes),
}

/// What must survive a crash besides the log: Figure 2's `currentTerm` and `votedFor`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HardState {
    /// The latest term this server has seen.
    pub current_term: Term,
    /// Who got this server's vote in that term.
    pub voted_for: Option<NodeId>,
}

/// The state machine as it was after an entry, in place of the log up to there (§7).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot {
    /// The snapshot replaces all entries up through and including this index.
    pub last_included_index: LogIndex,
    /// The term of that last entry.
    pub last_included_term: Term,
    /// The latest membership in the part of the log that the snapshot replaces.
    pub membership: Membership,
    /// The state machine, in its own encoding.
    pub data: Bytes,
}

impl Entry {
    /// Where this entry stands, and its term.
    pub fn position(&self) -> LogPosition {
        LogPosition::new(self.index, self.term)
    }
}

impl Payload {
    /// The number of bytes that the driver handed in for this payload.
    pub fn len(&self) -> usize {
        match self {
            Self::Noop => 0,
            Self::Command(bytes) => bytes.len(),
        }
    }

    /// Whether there are no such bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Snapshot {
    /// The position of the last entry that the snapshot replaces.
    pub fn position(&self) -> LogPosition {
        LogPosition::new(self.last_included_index, self.last_included_term)
    }
}
