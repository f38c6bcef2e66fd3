//! Decisions of the pre-vote (dissertation §9.6).

use core::fmt;

use super::{ElectionReason, VoteRefusal};
use crate::{LogPosition, NodeId, Tally, Term};

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

impl fmt::Display for PreVoteTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { term, reason, last_log } => write!(
                f,
                "asks for pre-votes for term {term}: {reason}; its log ends at {last_log}"
            ),
            Self::Granted { candidate, term } => {
                write!(f, "grants node {candidate} its pre-vote for term {term}")
            }
            Self::Refused { candidate, term, reason } => {
                write!(f, "refuses node {candidate} its pre-vote for term {term}: {reason}")
            }
            Self::Counted { voter, granted, tally } => {
                let answer = if *granted { "gets the" } else { "is refused the" };
                write!(f, "{answer} pre-vote of node {voter}; it has {tally}")
            }
        }
    }
}
