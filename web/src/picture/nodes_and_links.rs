//! Nodes and links as the topology shows them: plain values, so that unchanged ones do not render
//! again.

use raft_core::{NodeId, RoleKind, Term};
use raft_lab::{MemberRole, Members};
use raft_sim::{NodeState, SimNode, World};

use crate::picture::DisplayRole;

/// A node of the topology.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct NodePicture {
    pub(crate) id: NodeId,
    pub(crate) state: NodeState,
    /// Its role in the membership.
    pub(crate) member_role: MemberRole,
    /// `None` while the node is down.
    pub(crate) role: Option<DisplayRole>,
    /// `None` while the node is down.
    pub(crate) term: Option<Term>,
    pub(crate) voted_for: Option<NodeId>,
    /// The target of its leadership transfer under way.
    pub(crate) transfer_to: Option<NodeId>,
    /// A candidate's votes, by voter: granted, refused, or no answer yet.
    pub(crate) votes: Vec<Option<bool>>,
}

/// Both directions between two nodes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct LinkPicture {
    pub(crate) one: NodeId,
    pub(crate) other: NodeId,
    /// Whether `one` → `other` is cut.
    pub(crate) there_cut: bool,
    /// Whether `other` → `one` is cut.
    pub(crate) back_cut: bool,
    /// Whether a partition separates the ends, in one direction at least.
    pub(crate) is_parted: bool,
    /// Whether an end is down.
    pub(crate) is_idle: bool,
}

impl NodePicture {
    pub(crate) fn of(node: &SimNode, members: &Members) -> Self {
        let member_role = members.role_of(node.id());
        let status = node.core().map(raft_core::Node::status);
        let votes = status.as_ref().map_or_else(Vec::new, |status| {
            if !matches!(status.role, RoleKind::Candidate | RoleKind::PreCandidate) {
                return Vec::new();
            }
            let answer = |voter: &NodeId| {
                status.votes.iter().find(|(from, _)| from == voter).map(|(_, granted)| *granted)
            };
            let members = status.membership.members();
            members.iter().filter(|node| status.membership.is_voter(**node)).map(answer).collect()
        });
        Self {
            id: node.id(),
            state: node.state(),
            member_role,
            role: status.as_ref().map(|status| DisplayRole::of(status.role, member_role)),
            term: status.as_ref().map(|status| status.current_term),
            voted_for: status.as_ref().and_then(|status| status.voted_for),
            transfer_to: status.and_then(|status| status.transfer_to),
            votes,
        }
    }

    /// The text for screen readers.
    pub(crate) fn label(&self) -> String {
        let id = self.id;
        let (Some(role), Some(term)) = (self.role, self.term) else {
            return match self.member_role_words() {
                Some(member_role) => format!("Node {id}, {}, {member_role}", self.state),
                None => format!("Node {id}, {}", self.state),
            };
        };
        let mut label = format!("Node {id}, {} in term {term}", role.words());
        if let Some(member_role) = self.member_role_words().filter(|words| *words != role.words()) {
            label.push_str(&format!(", {member_role}"));
        }
        if self.state != NodeState::Running {
            label.push_str(&format!(", {}", self.state));
        }
        if !self.votes.is_empty() {
            let votes = self.votes.iter().filter(|vote| **vote == Some(true)).count();
            label.push_str(&format!(", {votes} of {} votes", self.votes.len()));
        } else if let Some(candidate) = self.voted_for {
            label.push_str(&format!(", voted for node {candidate}"));
        }
        label
    }

    /// Its role in the membership; `None` for a voter.
    pub(crate) fn member_role_words(&self) -> Option<&'static str> {
        match self.member_role {
            MemberRole::Voter => None,
            MemberRole::Outgoing => Some("outgoing"),
            MemberRole::Learner => Some("learner"),
            MemberRole::NonMember => Some("not a member"),
        }
    }
}

impl LinkPicture {
    /// All links of a world, one for each pair of nodes.
    pub(crate) fn all(world: &World) -> Vec<Self> {
        let ids: Vec<NodeId> = world.node_ids().collect();
        let pairs = ids
            .iter()
            .enumerate()
            .flat_map(|(place, one)| ids[place + 1..].iter().map(move |other| (*one, *other)));
        pairs.map(|(one, other)| Self::of(world, one, other)).collect()
    }

    fn of(world: &World, one: NodeId, other: NodeId) -> Self {
        let is_cut = |from, to| world.link(from, to).is_some_and(|link| link.cut);
        let (there_cut, back_cut) = (is_cut(one, other), is_cut(other, one));
        let is_down = |id| world.node(id).is_none_or(|node| node.core().is_none());
        Self {
            one,
            other,
            there_cut,
            back_cut,
            is_parted: is_parted(world, one, other),
            is_idle: is_down(one) || is_down(other),
        }
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.there_cut || self.back_cut
    }

    /// The text for screen readers.
    pub(crate) fn label(&self) -> String {
        let (one, other) = (self.one, self.other);
        let state = match (self.there_cut, self.back_cut) {
            (true, true) => "cut both ways".to_owned(),
            (true, false) => format!("cut from {one} to {other}"),
            (false, true) => format!("cut from {other} to {one}"),
            (false, false) if self.is_parted => "across a partition".to_owned(),
            (false, false) => "open".to_owned(),
        };
        format!("Link between node {one} and node {other}, {state}")
    }
}

/// Whether a partition separates two nodes, in one direction at least.
pub(crate) fn is_parted(world: &World, one: NodeId, other: NodeId) -> bool {
    world.partition().is_some_and(|partition| {
        !partition.lets_pass(one, other) || !partition.lets_pass(other, one)
    })
}

#[cfg(test)]
mod tests;
