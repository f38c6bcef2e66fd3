//! Decisions about reads that need no log entry (dissertation §6.4).

use core::fmt;

use crate::{Bare, HeartbeatRound, LogIndex, Refusal, Say, Speaker, Thing, say};

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

impl<T: From<Thing>> Say<T> for ReadTrace {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::ByLease { index } => {
                say!(out; "allows a read at index ", Bare(index), ": its lease lasts")
            }
            Self::Waits { index, round } => say!(
                out; "holds a read at index ", Bare(index), " until a quorum answers round ",
                round.0
            ),
            Self::Confirmed { index, round } => say!(
                out; "allows a read at index ", Bare(index), ": a quorum answered round ",
                round.0
            ),
            Self::Refused { reason } => say!(out; "refuses a read: ", reason),
        }
    }
}
