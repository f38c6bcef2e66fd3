//! Decisions about the term and its leader (§5.1, §5.2).

use core::fmt;

use crate::{NodeId, Say, Speaker, Term, Thing, say};

/// The term, or the leader that a server follows in it, changed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TermTrace {
    /// It saw a later term and entered it as a follower (§5.1).
    Advanced {
        /// The term before.
        from: Term,
        /// The term now.
        to: Term,
        /// The sender of the message with the later term.
        by: NodeId,
    },
    /// It follows the leader of its term (§5.2).
    LeaderRecognized {
        /// The leader, which every later message of this term must come from.
        leader: NodeId,
        /// The current term.
        term: Term,
    },
    /// It stopped being pre-candidate, candidate or leader.
    SteppedDown {
        /// The term in which it is a follower now.
        term: Term,
        /// The rule that ended its role.
        reason: StepDownReason,
    },
    /// It forgot its leader by order.
    LeaderForgotten {
        /// The leader before, if it was known.
        leader: Option<NodeId>,
    },
    /// A command told it to forget its leader, and it refused.
    LeaderNotForgotten {
        /// The guard that refused.
        reason: ForgetRefusal,
    },
}

/// Why a server stopped being pre-candidate, candidate or leader.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StepDownReason {
    /// A message carried a later term (§5.1).
    LaterTerm(Term),
    /// Another candidate won this term (§5.2).
    LeaderElected(NodeId),
    /// While it asked for pre-votes, it heard from the leader of its term (§5.2).
    LeaderHeard(NodeId),
    /// As leader, it heard from no quorum for too long (dissertation §6.2).
    QuorumLost,
    /// It is no voter any more, by a membership that is committed (§6).
    Removed,
}

/// Why a server does not forget its leader.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ForgetRefusal {
    /// The server is the leader.
    IsLeader,
    /// Lease reads are on, and the leader's lease depends on its followers' memory.
    LeaseReads,
}

impl TermTrace {
    pub(super) fn section(&self) -> Option<&'static str> {
        match self {
            Self::Advanced { .. } => Some("§5.1"),
            Self::LeaderRecognized { .. } => Some("§5.2"),
            Self::SteppedDown { reason, .. } => Some(reason.section()),
            Self::LeaderForgotten { .. } | Self::LeaderNotForgotten { .. } => None,
        }
    }
}

impl StepDownReason {
    fn section(self) -> &'static str {
        match self {
            Self::LaterTerm(_) => "§5.1",
            Self::LeaderElected(_) | Self::LeaderHeard(_) => "§5.2",
            Self::QuorumLost => "dissertation §6.2",
            Self::Removed => "§6",
        }
    }
}

impl<T: From<Thing>> Say<T> for TermTrace {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::Advanced { from, to, by } => {
                say!(out; "moves from ", from, " to ", to, ", learned from ", by)
            }
            Self::LeaderRecognized { leader, term } => {
                say!(out; "follows ", leader, ", leader of ", term)
            }
            Self::SteppedDown { term, reason } => {
                say!(out; "steps down to follower in ", term, ": ", reason)
            }
            Self::LeaderForgotten { leader: Some(leader) } => {
                say!(out; "forgets its leader, ", leader, ", by order")
            }
            Self::LeaderForgotten { leader: None } => {
                say!(out; "forgets when it last heard from a leader, by order")
            }
            Self::LeaderNotForgotten { reason } => {
                say!(out; "does not forget its leader: ", reason)
            }
        }
    }
}

impl<T: From<Thing>> Say<T> for StepDownReason {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::LaterTerm(term) => say!(out; "a message came from ", term),
            Self::LeaderElected(leader) => say!(out; leader, " won the election"),
            Self::LeaderHeard(leader) => {
                say!(out; "it heard from ", leader, ", the leader of this term")
            }
            Self::QuorumLost => say!(out; "it heard from no quorum for too long"),
            Self::Removed => say!(out; "it is no longer a voter"),
        }
    }
}

impl<T: From<Thing>> Say<T> for ForgetRefusal {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        say!(out; match self {
            Self::IsLeader => "it is the leader",
            Self::LeaseReads => "the leader's lease depends on it (lease reads are on)",
        })
    }
}
