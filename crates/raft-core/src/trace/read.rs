//! Decisions about reads that need no log entry (dissertation §6.4).

use core::fmt;

use crate::{HeartbeatRound, LogIndex, Refusal};

/// A read is answered, waits, or is refused (dissertation §6.4).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ReadTrace {
    /// The leader answered a read at once (dissertation §6.4.1).
    ByLease {
        /// `commit_index` when the read arrived.
        index: LogIndex,
    },
    /// The leader must learn from a quorum that it still leads before it answers a read
    /// (dissertation §6.4).
    Waits {
        /// `commit_index` when the read arrived.
        index: LogIndex,
        /// The round that a quorum must answer.
        round: HeartbeatRound,
    },
    /// The leader learned that it still led after a read arrived (dissertation §6.4).
    Confirmed {
        /// `commit_index` when the read arrived.
        index: LogIndex,
        /// The round that a quorum answered.
        round: HeartbeatRound,
    },
    /// The read was refused.
    Refused {
        /// The guard that refused.
        reason: Refusal,
    },
}

impl ReadTrace {
    pub(super) fn section(&self) -> Option<&'static str> {
        Some(match self {
            Self::ByLease { .. } => "dissertation §6.4.1",
            Self::Waits { .. } | Self::Confirmed { .. } | Self::Refused { .. } => {
                "dissertation §6.4"
            }
        })
    }
}

impl fmt::Display for ReadTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByLease { index } => {
                write!(f, "allows a read at index {index}: its lease lasts")
            }
            Self::Waits { index, round } => {
                write!(f, "holds a read at index {index} until a quorum answers round {}", round.0)
            }
            Self::Confirmed { index, round } => {
                write!(f, "allows a read at index {index}: a quorum answered round {}", round.0)
            }
            Self::Refused { reason } => write!(f, "refuses a read: {reason}"),
        }
    }
}
