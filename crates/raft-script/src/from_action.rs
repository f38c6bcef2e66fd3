//! Actions as statements: how the run of a world that no script made becomes a script.

use raft_core::{MembershipChange, NodeId};
use raft_sim::{Action, AdminRequest, DiskAction, NetworkAction, NodeAction};

use crate::statement::{Change, Ends, Nodes, Selector, Statement};

/// The statement that does the action, if the world has the nodes that it names.
impl From<&Action> for Statement {
    fn from(action: &Action) -> Self {
        match action {
            Action::Node { node, action } => Self::on_node(one(*node), *action),
            Action::Disk { node, action: DiskAction::Change(change) } => {
                Self::Disk { nodes: one(*node), change: *change }
            }
            Action::Disk { node, action: DiskAction::Damage(damage) } => {
                Self::Damage { nodes: one(*node), damage: *damage }
            }
            Action::Link { from, to, change } => {
                let ends = Ends::Between { from: one(*from), to: one(*to), both_ways: false };
                Self::Link { ends, changes: vec![*change] }
            }
            Action::Network(action) => action.into(),
            Action::Administer { node, request: AdminRequest::TransferLeadership { to } } => {
                Self::Transfer { to: Selector::Node(*to), via: Some(Selector::Node(*node)) }
            }
            Action::Administer { node, request: AdminRequest::ChangeMembership(change) } => {
                Self::Change { change: change.into(), via: Some(Selector::Node(*node)) }
            }
            Action::Recover { nodes } => Self::Recover(these(nodes)),
            Action::Request(request) => Self::Request {
                operation: request.operation.clone(),
                via: request.via.map(Selector::Node),
                read: request.read,
                client: request.client,
            },
        }
    }
}

impl Statement {
    fn on_node(nodes: Nodes, action: NodeAction) -> Self {
        match action {
            NodeAction::Crash { unsynced } => Self::Crash { nodes, unsynced },
            NodeAction::Restart => Self::Restart(nodes),
            NodeAction::Pause => Self::Pause(nodes),
            NodeAction::Resume => Self::Resume(nodes),
            NodeAction::ForceElection => Self::Timeout(nodes),
            NodeAction::ForgetLeader => Self::Forget(nodes),
            NodeAction::Snapshot => Self::Snapshot(nodes),
            NodeAction::SetClock(change) => Self::Clock { nodes, change },
            NodeAction::Slow { handling } => Self::Slow { nodes, handling },
        }
    }
}

impl From<&NetworkAction> for Statement {
    fn from(action: &NetworkAction) -> Self {
        match action {
            NetworkAction::Partition { groups } => {
                Self::Partition(groups.iter().map(|group| these(group)).collect())
            }
            NetworkAction::PartitionOneWay { heard, unheard } => {
                Self::PartitionOneWay { heard: these(heard), unheard: these(unheard) }
            }
            NetworkAction::Heal => Self::Heal,
            NetworkAction::DropMessage { id } => Self::DropMessage(*id),
            NetworkAction::Replay { from, to, back } => {
                Self::Replay { from: Selector::Node(*from), to: Selector::Node(*to), back: *back }
            }
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
