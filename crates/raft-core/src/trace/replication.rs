//! Decisions of log replication (§5.3).

use core::fmt;

use crate::words::Count;
use crate::{Bare, LogIndex, LogPosition, NodeId, Say, Speaker, Term, Thing, say};

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

impl<T: From<Thing>> Say<T> for ReplicationTrace {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::Appended { position, noop: true } => {
                say!(out; "appends a no-op at ", Bare(position), " to start its term")
            }
            Self::Appended { position, noop: false } => {
                say!(out; "appends an entry at ", Bare(position))
            }
            Self::EntriesAccepted { leader, new_entries, match_index } => say!(
                out; "accepts ", Count(*new_entries as u64, "new "), " from ", leader,
                "; the logs agree up to ", Bare(match_index)
            ),
            Self::EntriesRefused { leader, prev_log, reason } => {
                say!(out; "refuses entries after ", Bare(prev_log), " from ", leader, ": ", reason)
            }
            Self::Truncated { from, to, leader_term } => {
                match from == to {
                    true => say!(out; "removes its ", from)?,
                    false => say!(out; "removes its entries ", Bare(from), " to ", Bare(to))?,
                }
                say!(out; ": the leader's entry at ", Bare(from.index), " is of ", leader_term)
            }
            Self::Backtracked { peer, from, to } => {
                say!(out; "moves next_index of ", peer, " back from ", Bare(from), " to ", Bare(to))
            }
        }
    }
}

impl<T: From<Thing>> Say<T> for AppendRefusal {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::StaleTerm { current } => say!(out; "it is already in ", current),
            Self::PreviousMissing { last_log } => say!(out; "its log ends at ", Bare(last_log)),
            Self::PreviousConflicts { own_term } => {
                say!(out; "its own entry there is of ", own_term)
            }
        }
    }
}
