//! Who belongs to the cluster, as far as an onlooker can say: nodes may disagree for a while.

use raft_core::{LogIndex, Membership, Node, NodeId};
use raft_sim::{SimNode, World};

/// The membership that the cluster goes by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Members {
    /// The leader's membership, committed or not; without a leader that of the node with the most
    /// up-to-date log.
    pub membership: Membership,
    /// The entry that put it in force; 0 for the configured one.
    pub index: LogIndex,
    /// Whether that node knows the entry to be committed.
    pub is_committed: bool,
}

/// What a node is to the cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemberRole {
    /// It votes.
    Voter,
    /// It votes until the change under way is complete, and not after it.
    Leaving,
    /// It receives the log and counts nowhere.
    Learner,
    /// It does not belong to the cluster: it was removed, or has not joined yet.
    NonMember,
}

impl Members {
    /// Looks at the world's nodes.
    pub fn of(world: &World) -> Self {
        let leader = world.leader().and_then(|leader| world.node(leader)).and_then(SimNode::core);
        let cores = world.nodes().filter_map(SimNode::core);
        let latest = || cores.max_by_key(|core| (core.log().last().term, core.log().last().index));
        let core = leader.or_else(latest).filter(|core| !core.membership().is_empty());
        core.map_or_else(|| Self::configured(world), Self::by)
    }

    fn configured(world: &World) -> Self {
        Self {
            membership: Membership::new(world.setup().voter_ids()),
            index: LogIndex(0),
            is_committed: true,
        }
    }

    fn by(core: &Node) -> Self {
        let index = core.membership_index();
        Self {
            membership: core.membership().clone(),
            index,
            is_committed: index <= core.commit_index(),
        }
    }

    /// What a node is to the cluster.
    pub fn role_of(&self, node: NodeId) -> MemberRole {
        let Self { membership, .. } = self;
        if membership.voters().contains(&node) {
            MemberRole::Voter
        } else if membership.outgoing().contains(&node) {
            MemberRole::Leaving
        } else if membership.is_learner(node) {
            MemberRole::Learner
        } else {
            MemberRole::NonMember
        }
    }
}

impl MemberRole {
    /// In a word, for `window.helios` and tests.
    pub fn word(self) -> &'static str {
        match self {
            Self::Voter => "voter",
            Self::Leaving => "leaving",
            Self::Learner => "learner",
            Self::NonMember => "non-member",
        }
    }
}

#[cfg(test)]
mod tests;
