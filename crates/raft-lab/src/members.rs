//! The cluster's members, as the leader knows them: nodes may disagree for a while.

use raft_core::{LogIndex, Membership, Node, NodeId};
use raft_sim::{SimNode, World};
use serde::{Deserialize, Serialize};

/// The membership that the cluster uses, seen from outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Members {
    /// The leader's membership, committed or not. Without a leader: the membership of the node with
    /// the most up-to-date log.
    pub(crate) membership: Membership,
    /// The entry that it comes from; 0 for the configured membership.
    pub(crate) index: LogIndex,
    /// Whether that node knows that the entry is committed.
    pub(crate) is_committed: bool,
}

/// A node's role in the membership.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::IntoStaticStr, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum MemberRole {
    /// It votes.
    Voter,
    /// It votes until the joint membership ends, and is then removed.
    Outgoing,
    /// It receives the log and has no vote.
    Learner,
    /// It is not a member: it was removed, or has not joined yet.
    NonMember,
}

impl Members {
    /// The members as the world's leader knows them.
    pub(crate) fn of(world: &World) -> Self {
        let leader = world.leader().and_then(|leader| world.node(leader)).and_then(SimNode::core);
        let cores = world.nodes().filter_map(SimNode::core);
        let latest = || cores.max_by_key(|core| (core.log().last().term, core.log().last().index));
        let core = leader.or_else(latest).filter(|core| !core.membership().is_empty());
        core.map_or_else(|| Self::configured(world), Self::by)
    }

    fn configured(world: &World) -> Self {
        Self { membership: world.setup().bootstrap(), index: LogIndex(0), is_committed: true }
    }

    fn by(core: &Node) -> Self {
        let index = core.membership_index();
        Self {
            membership: core.membership().clone(),
            index,
            is_committed: index <= core.commit_index(),
        }
    }

    /// A node's role in this membership.
    pub(crate) fn role_of(&self, node: NodeId) -> MemberRole {
        MemberRole::of(node, &self.membership)
    }
}

impl MemberRole {
    /// The role of a node in a membership.
    pub(crate) fn of(node: NodeId, membership: &Membership) -> Self {
        if membership.voters().contains(&node) {
            Self::Voter
        } else if membership.outgoing().contains(&node) {
            Self::Outgoing
        } else if membership.is_learner(node) {
            Self::Learner
        } else {
            Self::NonMember
        }
    }

    /// One word, for `window.helios` and attributes.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests;
