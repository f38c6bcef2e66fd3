//! Actions as statements: how the run of a world that no script made becomes a script.

use raft_core::{MembershipChange, NodeId};
use raft_sim::Action;

use crate::statement::{Change, Ends, Nodes, Selector, Statement};

/// The statement that does the action, if the world has the nodes that it names.
impl From<&Action> for Statement {
    fn from(action: &Action) -> Self {
        match action {
            Action::Crash { node, unsynced } => {
                Self::Crash { nodes: one(*node), unsynced: *unsynced }
            }
            Action::Restart { node } => Self::Restart(one(*node)),
            Action::Pause { node } => Self::Pause(one(*node)),
            Action::Resume { node } => Self::Resume(one(*node)),
            Action::ForceElection { node } => Self::Timeout(one(*node)),
            Action::ForgetLeader { node } => Self::Forget(one(*node)),
            Action::TransferLeadership { node, to } => {
                Self::Transfer { to: Selector::Node(*to), via: Some(Selector::Node(*node)) }
            }
            Action::ChangeMembership { node, change } => {
                Self::Change { change: change.into(), via: Some(Selector::Node(*node)) }
            }
            Action::Snapshot { node } => Self::Snapshot(one(*node)),
            Action::SetLink { from, to, change } => {
                let ends = Ends::Between { from: one(*from), to: one(*to), both_ways: false };
                Self::Link { ends, changes: vec![*change] }
            }
            Action::SetDisk { node, change } => Self::Disk { nodes: one(*node), change: *change },
            Action::DamageDisk { node, damage } => {
                Self::Damage { nodes: one(*node), damage: *damage }
            }
            Action::Partition { groups } => {
                Self::Partition(groups.iter().map(|group| these(group)).collect())
            }
            Action::SetClock { node, change } => Self::Clock { nodes: one(*node), change: *change },
            Action::Slow { node, handling } => {
                Self::Slow { nodes: one(*node), handling: *handling }
            }
            Action::PartitionOneWay { heard, unheard } => {
                Self::PartitionOneWay { heard: these(heard), unheard: these(unheard) }
            }
            Action::Replay { from, to, back } => {
                Self::Replay { from: Selector::Node(*from), to: Selector::Node(*to), back: *back }
            }
            Action::Heal => Self::Heal,
            Action::Recover { nodes } => Self::Recover(these(nodes)),
            Action::DropMessage { id } => Self::DropMessage(*id),
            Action::Request { client, operation, via, read } => Self::Request {
                operation: operation.clone(),
                via: via.map(Selector::Node),
                read: *read,
                client: *client,
            },
        }
    }
}

impl From<&MembershipChange> for Change {
    fn from(change: &MembershipChange) -> Self {
        match change {
            MembershipChange::AddLearner(node) => Self::AddLearner(*node),
            MembershipChange::AddVoter(node) => Self::AddVoter(*node),
            MembershipChange::Promote(node) => Self::Promote(Selector::Node(*node)),
            MembershipChange::Demote(node) => Self::Demote(Selector::Node(*node)),
            MembershipChange::Remove(node) => Self::Remove(Selector::Node(*node)),
            MembershipChange::Replace { old, new } => {
                Self::Replace { old: Selector::Node(*old), new: *new }
            }
            MembershipChange::SetVoters(voters) => Self::Voters(voters.clone()),
            other => unreachable!("the language has no words for {other:?}"),
        }
    }
}

fn one(node: NodeId) -> Nodes {
    Nodes::These(vec![Selector::Node(node)])
}

fn these(nodes: &[NodeId]) -> Nodes {
    Nodes::These(nodes.iter().copied().map(Selector::Node).collect())
}

#[cfg(test)]
mod tests;
