//! What a node is in the picture: its role in its term, and what it is to the cluster.

use raft_core::RoleKind;
use raft_lab::Standing;

/// Shape, letter and colour of a node go by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DisplayRole {
    Leader,
    Candidate,
    PreCandidate,
    Follower,
    /// It receives the log and has no vote.
    Learner,
    /// It follows nobody that it belongs to: it was removed, or has not joined yet.
    Stranger,
}

impl DisplayRole {
    /// Who leads, or tries to, is shown so whatever it is to the cluster.
    pub(crate) fn of(role: RoleKind, standing: Standing) -> Self {
        match (role, standing) {
            (RoleKind::Leader, _) => Self::Leader,
            (RoleKind::Candidate, _) => Self::Candidate,
            (RoleKind::PreCandidate, _) => Self::PreCandidate,
            (_, Standing::Learner) => Self::Learner,
            (_, Standing::Stranger) => Self::Stranger,
            _ => Self::Follower,
        }
    }

    /// In class names and attributes: `pre-candidate`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Candidate => "candidate",
            Self::PreCandidate => "pre-candidate",
            Self::Follower => "follower",
            Self::Learner => "learner",
            Self::Stranger => "stranger",
        }
    }

    /// Under the node, and for screen readers.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Stranger => "not a member",
            other => other.name(),
        }
    }

    /// On the node's badge. A learner is a non-voter: L is the leader's.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::Leader => "L",
            Self::Candidate => "C",
            Self::PreCandidate => "P",
            Self::Follower => "F",
            Self::Learner => "N",
            Self::Stranger => "–",
        }
    }
}

#[cfg(test)]
mod tests;
