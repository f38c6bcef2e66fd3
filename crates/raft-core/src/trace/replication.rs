//! Decisions of log replication (§5.3).

use core::fmt;

use super::Count;
use crate::{LogIndex, LogPosition, NodeId, Term};

/// Entries are appended, sent, compared and removed (§5.3).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ReplicationTrace {
    /// The leader appended an entry to its log.
    Appended {
        /// The entry.
        position: LogPosition,
        /// Whether it is the no-op at the start of a term (§8).
        noop: bool,
    },
    /// The follower accepted entries, or a heartbeat that proved its log (§5.3).
    EntriesAccepted {
        /// The leader.
        leader: NodeId,
        /// How many of the entries it did not have before; 0 for a heartbeat.
        new_entries: usize,
        /// Its log equals the leader's up to this entry.
        match_index: LogIndex,
    },
    /// The follower refused entries (§5.3).
    EntriesRefused {
        /// The leader.
        leader: NodeId,
        /// The entry before those in the request.
        prev_log: LogPosition,
        /// The guard that refused.
        reason: AppendRefusal,
    },
    /// The follower removed entries that conflict with the leader's (§5.3).
    Truncated {
        /// The first entry removed.
        from: LogPosition,
        /// The last entry removed.
        to: LogPosition,
        /// The term of the leader's entry at the first place.
        leader_term: Term,
    },
    /// The leader moved `next_index` back to the next place where the logs may agree (§5.3).
    Backtracked {
        /// The follower.
        peer: NodeId,
        /// `next_index` before.
        from: LogIndex,
        /// `next_index` now.
        to: LogIndex,
    },
}

/// The guard that refused entries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AppendRefusal {
    /// The sender's term is over (§5.1).
    StaleTerm {
        /// The follower's term.
        current: Term,
    },
    /// The follower's log ends before `prev_log_index` (§5.3).
    PreviousMissing {
        /// The follower's last entry.
        last_log: LogPosition,
    },
    /// The follower's entry at `prev_log_index` has another term (§5.3).
    PreviousConflicts {
        /// The term of the follower's entry there.
        own_term: Term,
    },
}

impl ReplicationTrace {
    pub(super) fn section(&self) -> Option<&'static str> {
        Some(match self {
            Self::Appended { noop: true, .. } => "§8",
            Self::EntriesRefused { reason: AppendRefusal::StaleTerm { .. }, .. } => "§5.1",
            Self::Appended { noop: false, .. }
            | Self::EntriesAccepted { .. }
            | Self::EntriesRefused { .. }
            | Self::Truncated { .. }
            | Self::Backtracked { .. } => "§5.3",
        })
    }
}

impl fmt::Display for ReplicationTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Appended { position, noop: true } => {
                write!(f, "appends a no-op at {position} to start its term")
            }
            Self::Appended { position, noop: false } => write!(f, "appends an entry at {position}"),
            Self::EntriesAccepted { leader, new_entries, match_index } => write!(
                f,
                "accepts {} from node {leader}; the logs agree up to {match_index}",
                Count(*new_entries as u64, "new ")
            ),
            Self::EntriesRefused { leader, prev_log, reason } => {
                write!(f, "refuses entries after {prev_log} from node {leader}: {reason}")
            }
            Self::Truncated { from, to, leader_term } => {
                match from == to {
                    true => write!(f, "removes its entry {from}")?,
                    false => write!(f, "removes its entries {from} to {to}")?,
                }
                write!(f, ": the leader's entry at {} is of term {leader_term}", from.index)
            }
            Self::Backtracked { peer, from, to } => {
                write!(f, "moves next_index of node {peer} back from {from} to {to}")
            }
        }
    }
}

impl fmt::Display for AppendRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaleTerm { current } => write!(f, "it is already in term {current}"),
            Self::PreviousMissing { last_log } => write!(f, "its log ends at {last_log}"),
            Self::PreviousConflicts { own_term } => {
                write!(f, "its own entry there is of term {own_term}")
            }
        }
    }
}
