//! Decisions of a leadership transfer (dissertation §3.10).

use core::fmt;
use core::time::Duration;

use crate::{NodeId, Refusal, Say, Speaker, Thing, say};

/// The leader transfers leadership to another voter (dissertation §3.10).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TransferTrace {
    /// The leader began the transfer and takes no commands until it ends.
    Started {
        /// The target.
        to: NodeId,
    },
    /// The leader did not begin the transfer.
    Refused {
        /// The target.
        to: NodeId,
        /// The guard that refused.
        reason: Refusal,
    },
    /// The leader sent `TimeoutNow`: the target's log is complete.
    TimeoutNowSent {
        /// The target.
        to: NodeId,
    },
    /// The leader ended the transfer: by order, for a transfer to another server, or because the
    /// target is to leave.
    Ended {
        /// The target.
        to: NodeId,
        /// The reason.
        reason: Refusal,
    },
    /// The target did not take over within an election timeout; the leader goes on.
    TimedOut {
        /// The target.
        to: NodeId,
    },
    /// The leader hands over: its disk hangs, and a quorum of the other voters holds more than it.
    DiskHangs {
        /// The target.
        to: NodeId,
        /// How long the disk has finished no write, as far as the heartbeats show it.
        waited: Duration,
    },
}

impl TransferTrace {
    pub(super) fn section(&self) -> Option<&'static str> {
        match self {
            Self::Started { .. }
            | Self::Refused { .. }
            | Self::TimeoutNowSent { .. }
            | Self::Ended { .. }
            | Self::TimedOut { .. }
            | Self::DiskHangs { .. } => Some("dissertation §3.10"),
        }
    }
}

impl<T: From<Thing>> Say<T> for TransferTrace {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::Started { to } => {
                say!(out; "transfers leadership to ", to, " and takes no commands meanwhile")
            }
            Self::Refused { to, reason } => {
                say!(out; "does not transfer leadership to ", to, ": ", reason)
            }
            Self::TimeoutNowSent { to } => {
                say!(out; "tells ", to, ", whose log is complete, to start an election")
            }
            Self::Ended { to, reason } => {
                say!(out; "ends the transfer of leadership to ", to, ": ", reason)
            }
            Self::TimedOut { to } => {
                say!(out; "goes on leading: ", to, " did not take over in time")
            }
            Self::DiskHangs { to, waited } => say!(
                out; "hands over to ", to, ": its own disk has finished no write for ",
                waited.as_millis(), " ms, and a quorum without it holds more of the log"
            ),
        }
    }
}
