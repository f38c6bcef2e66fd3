//! Decisions of an election (§5.2, §5.4.1).

use alloc::vec::Vec;
use core::fmt;

use crate::words::List;
use crate::{Bare, LogPosition, NodeId, Say, Speaker, Tally, Term, Thing, say};

/// An election starts, votes are given and counted, a candidate wins (§5.2, §5.4.1).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ElectionTrace {
    /// A command told it to start an election, and it refused.
    NotStarted {
        /// The guard that refused.
        reason: ElectionRefusal,
    },
    /// It started an election (§5.2).
    Started {
        /// The term of the election, which is its current term now.
        term: Term,
        /// The event that started it.
        reason: ElectionReason,
        /// Its last log entry, which voters compare with theirs.
        last_log: LogPosition,
    },
    /// It granted its vote (§5.2, §5.4.1).
    VoteGranted {
        /// The candidate.
        candidate: NodeId,
        /// The current term.
        term: Term,
    },
    /// It refused its vote.
    VoteRefused {
        /// The candidate.
        candidate: NodeId,
        /// The candidate's term, which may be over.
        term: Term,
        /// The guard that refused.
        reason: VoteRefusal,
    },
    /// The candidate counted an answer.
    VoteCounted {
        /// The sender of the answer.
        voter: NodeId,
        /// Whether the vote was granted.
        granted: bool,
        /// Votes granted so far, its own included.
        tally: Tally,
    },
    /// It won the election (§5.2).
    BecameLeader {
        /// The term that it leads.
        term: Term,
        /// The servers that granted their vote, itself included.
        voters: Vec<NodeId>,
    },
}

/// Why a server starts an election, or asks for pre-votes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ElectionReason {
    /// No leader was heard for the election timeout (§5.2).
    LeaderSilent,
    /// Its own election ended without a winner (§5.2).
    SplitVote,
    /// [`Input::ForceElection`](crate::Input::ForceElection)
    Forced,
    /// A quorum granted its pre-vote (dissertation §9.6).
    PreVotesWon,
    /// The leader transfers leadership to it (dissertation §3.10).
    Transfer,
}

/// Why a server does not start an election although a command told it to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ElectionRefusal {
    /// It heard from a leader less than the shortest election timeout ago, and that leader's lease
    /// depends on it (dissertation §6.4.1).
    LeaderIsAlive {
        /// The leader, if it is known.
        leader: Option<NodeId>,
    },
    /// The membership in force does not count it among the voters.
    NotAVoter,
    /// The election timeout elapsed, and the vote that it gave last is not on its disk yet (§5.6).
    VoteNotStored,
}

/// The guard that refused a vote or a pre-vote.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VoteRefusal {
    /// The candidate's term is over (§5.1).
    StaleTerm {
        /// The voter's term.
        current: Term,
    },
    /// A server votes once in a term (§5.2).
    AlreadyVoted {
        /// The candidate that has the vote.
        voted_for: NodeId,
    },
    /// The candidate's log is less up-to-date than the voter's (§5.4.1).
    LogBehind {
        /// The candidate's last entry.
        candidate: LogPosition,
        /// The voter's last entry.
        own: LogPosition,
    },
    /// The voter leads, or heard from a leader less than the shortest election timeout ago
    /// (dissertation §4.2.3).
    LeaderIsAlive {
        /// The leader, if it is known.
        leader: Option<NodeId>,
    },
}

impl ElectionTrace {
    pub(super) fn section(&self) -> Option<&'static str> {
        match self {
            Self::NotStarted { .. } => None,
            Self::Started { .. }
            | Self::VoteGranted { .. }
            | Self::VoteCounted { .. }
            | Self::BecameLeader { .. } => Some("§5.2"),
            Self::VoteRefused { reason, .. } => Some(reason.section()),
        }
    }
}

impl VoteRefusal {
    pub(super) fn section(self) -> &'static str {
        match self {
            Self::StaleTerm { .. } => "§5.1",
            Self::AlreadyVoted { .. } => "§5.2",
            Self::LogBehind { .. } => "§5.4.1",
            Self::LeaderIsAlive { .. } => "dissertation §4.2.3",
        }
    }
}

impl<T: From<Thing>> Say<T> for ElectionTrace {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::NotStarted { reason } => say!(out; "does not start an election: ", reason),
            Self::Started { term, reason, last_log } => say!(
                out; "starts an election for ", term, ": ", reason, "; its log ends at ",
                Bare(last_log)
            ),
            Self::VoteGranted { candidate, term } => {
                say!(out; "votes for ", candidate, " in ", term)
            }
            Self::VoteRefused { candidate, term, reason } => {
                say!(out; "refuses its vote to ", candidate, " in ", term, ": ", reason)
            }
            Self::VoteCounted { voter, granted, tally } => {
                let answer = if *granted { "gets the" } else { "is refused the" };
                say!(out; "{answer} vote of ", voter, "; it has {tally}")
            }
            Self::BecameLeader { term, voters } => {
                say!(out; "becomes leader of ", term, ", elected by nodes ", List(voters, ", "))
            }
        }
    }
}

impl<T: From<Thing>> Say<T> for ElectionReason {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        say!(out; match self {
            Self::LeaderSilent => "it heard from no leader for its election timeout",
            Self::SplitVote => "its last election had no winner in time",
            Self::Forced => "it was told to by a command",
            Self::PreVotesWon => "a majority granted its pre-vote",
            Self::Transfer => "the leader transfers leadership to it",
        })
    }
}

impl<T: From<Thing>> Say<T> for ElectionRefusal {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::LeaderIsAlive { leader: Some(leader) } => say!(
                out; "it heard from ", leader, " less than an election timeout ago, and that \
                 leader's lease depends on it"
            ),
            Self::LeaderIsAlive { leader: None } => say!(
                out; "it heard from a leader, or answered one before a restart, less than an \
                 election timeout ago, and that leader's lease depends on it"
            ),
            Self::NotAVoter => say!(out; "it is not a voter"),
            Self::VoteNotStored => say!(out; "the vote that it gave is not on its disk yet"),
        }
    }
}

impl<T: From<Thing>> Say<T> for VoteRefusal {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::StaleTerm { current } => say!(out; "it is already in ", current),
            Self::AlreadyVoted { voted_for } => say!(out; "it voted for ", voted_for),
            Self::LogBehind { candidate, own } if candidate.term == own.term => say!(
                out; "its log is longer (own end ", Bare(own), ", the candidate's ",
                Bare(candidate), ")"
            ),
            Self::LogBehind { candidate, own } => say!(
                out; "its log ends in a later term (own end ", Bare(own), ", the candidate's ",
                Bare(candidate), ")"
            ),
            Self::LeaderIsAlive { leader: Some(leader) } => {
                say!(out; leader, " leads, or led less than an election timeout ago")
            }
            Self::LeaderIsAlive { leader: None } => say!(
                out; "it heard from a leader, or answered one before a restart, less than an \
                 election timeout ago"
            ),
        }
    }
}
