//! A node's role in the topology, from its role in its term and its role in the membership.

use raft_lab::{MemberRole, RoleKind};
use strum::IntoStaticStr;

/// Decides a node's shape, letter and colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum DisplayRole {
    Leader,
    Candidate,
    PreCandidate,
    Follower,
    Learner,
    /// A follower that was removed, or has not joined yet.
    NonMember,
}

impl DisplayRole {
    /// Leaders and candidates are shown as such, whatever their role in the membership.
    pub(crate) fn of(role: RoleKind, member_role: MemberRole) -> Self {
        match (role, member_role) {
            (RoleKind::Leader, _) => Self::Leader,
            (RoleKind::Candidate, _) => Self::Candidate,
            (RoleKind::PreCandidate, _) => Self::PreCandidate,
            (RoleKind::Follower, MemberRole::Learner) => Self::Learner,
            (RoleKind::Follower, MemberRole::NonMember) => Self::NonMember,
            (RoleKind::Follower, MemberRole::Voter | MemberRole::Outgoing) => Self::Follower,
        }
    }

    /// In class names and attributes: `pre-candidate`.
    pub(crate) fn name(self) -> &'static str {
        self.into()
    }

    /// Words below the node and for screen readers.
    pub(crate) fn words(self) -> &'static str {
        if self == Self::NonMember { "not a member" } else { self.name() }
    }

    /// The letter on the node's badge. A learner has N, for non-voter: L is the leader's.
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
