//! What a node is in the picture: its role in its term, and what it is to the cluster.

use raft_core::RoleKind;
use raft_lab::MemberRole;

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
    NonMember,
}

impl DisplayRole {
    /// Who leads, or tries to, is shown so whatever it is to the cluster.
    pub(crate) fn of(role: RoleKind, member_role: MemberRole) -> Self {
        match (role, member_role) {
            (RoleKind::Leader, _) => Self::Leader,
            (RoleKind::Candidate, _) => Self::Candidate,
            (RoleKind::PreCandidate, _) => Self::PreCandidate,
            (RoleKind::Follower, MemberRole::Learner) => Self::Learner,
            (RoleKind::Follower, MemberRole::NonMember) => Self::NonMember,
            (RoleKind::Follower, MemberRole::Voter | MemberRole::Leaving) => Self::Follower,
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
            Self::NonMember => "non-member",
        }
    }

    /// Under the node, and for screen readers.
    pub(crate) fn words(self) -> &'static str {
        if self == Self::NonMember { "not a member" } else { self.name() }
    }

    /// On the node's badge. A learner is a non-voter: L is the leader's.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::Leader => "L",
            Self::Candidate => "C",
            Self::PreCandidate => "P",
            Self::Follower => "F",
            Self::Learner => "N",
            Self::NonMember => "–",
        }
    }
}

#[cfg(test)]
mod tests;
