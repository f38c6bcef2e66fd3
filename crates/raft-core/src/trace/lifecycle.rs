//! Decisions of a start.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::time::Duration;

use crate::{Bare, LogIndex, LogPosition, NodeId, Say, Speaker, Term, Thing, say};

/// A server starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LifecycleTrace {
    /// It started with the state on its disk.
    Started {
        /// The recovered term; 0 on an empty disk.
        term: Term,
        /// The recovered vote.
        voted_for: Option<NodeId>,
        /// The last entry that the recovered snapshot covers; the origin without a snapshot.
        snapshot: LogPosition,
        /// The last entry of the recovered log.
        last_log: LogPosition,
        /// The last entry that it knows to be committed: from the snapshot, from the disk, or
        /// because it was applied.
        commit_index: LogIndex,
    },
    /// The driver's clock went back. The server takes it that no time has passed, and trusts no
    /// lease from before.
    ClockWentBack {
        /// How far.
        by: Duration,
    },
    /// It started with rules of the paper switched off.
    #[cfg(feature = "bugs")]
    RulesSwitchedOff {
        /// The planted bugs.
        bugs: crate::Bugs,
    },
}

/// Not derived: the feature `bugs` must not change the hash of a start without bugs.
impl Hash for LifecycleTrace {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Started { term, voted_for, snapshot, last_log, commit_index } => {
                (0_isize, term, voted_for, snapshot, last_log, commit_index).hash(state);
            }
            Self::ClockWentBack { by } => (2_isize, by).hash(state),
            #[cfg(feature = "bugs")]
            Self::RulesSwitchedOff { bugs } => (1_isize, bugs).hash(state),
        }
    }
}

impl LifecycleTrace {
    pub(super) fn section(&self) -> Option<&'static str> {
        match self {
            Self::Started { .. } => None,
            Self::ClockWentBack { .. } => Some("dissertation §6.4.1"),
            #[cfg(feature = "bugs")]
            Self::RulesSwitchedOff { .. } => None,
        }
    }
}

impl<T: From<Thing>> Say<T> for LifecycleTrace {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::Started { term, voted_for, snapshot, last_log, commit_index } => {
                say!(out; "starts in ", term)?;
                if let Some(node) = voted_for {
                    say!(out; ", having voted for ", node)?;
                }
                if *snapshot != LogPosition::ORIGIN {
                    say!(out; ", with a snapshot through ", Bare(snapshot))?;
                }
                match last_log.index.0 {
                    0 => say!(out; ", with an empty log")?,
                    _ => say!(out; ", its log ending at ", Bare(last_log))?,
                }
                match *commit_index > snapshot.index {
                    true => say!(out; ", committed up to ", Bare(commit_index)),
                    false => Ok(()),
                }
            }
            Self::ClockWentBack { by } => {
                say!(out; "is given a time {by:?} before the last one, as if no time had passed")
            }
            #[cfg(feature = "bugs")]
            Self::RulesSwitchedOff { bugs } => {
                say!(out; "starts with rules switched off: {bugs}")
            }
        }
    }
}
