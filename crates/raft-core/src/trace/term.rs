//! Decisions about the term and its leader (§5.1, §5.2).

use core::fmt;

use crate::{NodeId, Term};

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

impl fmt::Display for TermTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Advanced { from, to, by } => {
                write!(f, "moves from term {from} to term {to}, learned from node {by}")
            }
            Self::LeaderRecognized { leader, term } => {
                write!(f, "follows node {leader}, leader of term {term}")
            }
            Self::SteppedDown { term, reason } => {
                write!(f, "steps down to follower in term {term}: {reason}")
            }
            Self::LeaderForgotten { leader: Some(leader) } => {
                write!(f, "forgets its leader, node {leader}, by order")
            }
            Self::LeaderForgotten { leader: None } => {
                f.write_str("forgets when it last heard from a leader, by order")
            }
            Self::LeaderNotForgotten { reason } => {
                write!(f, "does not forget its leader: {reason}")
            }
        }
    }
}

impl fmt::Display for StepDownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LaterTerm(term) => write!(f, "a message came from term {term}"),
            Self::LeaderElected(leader) => write!(f, "node {leader} won the election"),
            Self::LeaderHeard(leader) => {
                write!(f, "it heard from node {leader}, the leader of this term")
            }
            Self::QuorumLost => f.write_str("it heard from no quorum for too long"),
            Self::Removed => f.write_str("it is no longer a voter"),
        }
    }
}

impl fmt::Display for ForgetRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IsLeader => "it is the leader",
            Self::LeaseReads => "the leader's lease depends on it (lease reads are on)",
        })
    }
}
