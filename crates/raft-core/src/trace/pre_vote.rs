//! Decisions of the pre-vote (dissertation §9.6).

use core::fmt;

use super::{ElectionReason, VoteRefusal};
use crate::{Bare, LogPosition, NodeId, Say, Speaker, Tally, Term, Thing, say};

/// A server asks, before an election, whether it could win (dissertation §9.6).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PreVoteTrace {
    /// It asked the voters, without entering the term.
    Started {
        /// The term of the election that would follow: its own plus one.
        term: Term,
        /// The event that made it ask.
        reason: ElectionReason,
        /// Its last log entry, which voters compare with theirs.
        last_log: LogPosition,
    },
    /// It said that it would grant its vote. That is no promise.
    Granted {
        /// The pre-candidate.
        candidate: NodeId,
        /// The term of the election that would follow.
        term: Term,
    },
    /// It said that it would refuse its vote.
    Refused {
        /// The pre-candidate.
        candidate: NodeId,
        /// The term of the election that would follow.
        term: Term,
        /// The guard that refused.
        reason: VoteRefusal,
    },
    /// The pre-candidate counted an answer.
    Counted {
        /// The sender of the answer.
        voter: NodeId,
        /// Whether the voter would grant its vote.
        granted: bool,
        /// Pre-votes granted so far, its own included.
        tally: Tally,
    },
}

impl PreVoteTrace {
    pub(super) fn section(&self) -> Option<&'static str> {
        Some(match self {
            Self::Started { .. } | Self::Granted { .. } | Self::Counted { .. } => {
                "dissertation §9.6"
            }
            Self::Refused { reason, .. } => reason.section(),
        })
    }
}

impl<T: From<Thing>> Say<T> for PreVoteTrace {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::Started { term, reason, last_log } => say!(
                out; "asks for pre-votes for ", term, ": ", reason, "; its log ends at ",
                Bare(last_log)
            ),
            Self::Granted { candidate, term } => {
                say!(out; "grants ", candidate, " its pre-vote for ", term)
            }
            Self::Refused { candidate, term, reason } => {
                say!(out; "refuses ", candidate, " its pre-vote for ", term, ": ", reason)
            }
            Self::Counted { voter, granted, tally } => {
                let answer = if *granted { "gets the" } else { "is refused the" };
                say!(out; "{answer} pre-vote of ", voter, "; it has {tally}")
            }
        }
    }
}
