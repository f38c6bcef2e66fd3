//! Statements that act at once: who is meant, and what to do to them.

use raft_core::{MembershipChange, NodeId, RoleKind};
use raft_sim::{
    Action, ActionError, AdminRequest, DiskAction, NetworkAction, NodeAction, NodeState, Request,
    SimNode,
};

use super::Session;
use crate::outcome::{ExecError, Reply};
use crate::statement::{Change, Ends, Nodes, Selector, Statement};

/// Actions that one statement asks for.
struct Plan {
    actions: Vec<Action>,
    /// Whether nodes to which they cannot be done are left out: `all` means all that can.
    lenient: bool,
}

impl Session {
    /// Carries out a statement that takes no time.
    pub(super) fn act(&mut self, statement: &Statement) -> Result<Reply, ExecError> {
        let plan = self.plan(statement)?;
        // Before anything is done: at this step, not after it.
        let before = self.journal.len();
        self.note(statement.clone());
        let result = self.carry_out(plan);
        if result.is_err() {
            self.journal.truncate(before);
        }
        self.check_goal();
        result
    }

    fn carry_out(&mut self, plan: Plan) -> Result<Reply, ExecError> {
        let Plan { actions, lenient } = plan;
        if !lenient && actions.len() > 1 {
            // All or nothing.
            let mut trial = self.world.clone();
            actions.iter().try_for_each(|action| trial.apply(action.clone()))?;
        }
        let mut words: Vec<String> = Vec::new();
        let mut refusal = None;
        let mut is_anything_done = false;
        for action in actions {
            match self.world.apply(action) {
                Ok(()) => {
                    is_anything_done = true;
                    words.extend(self.world.events().first().map(|event| event.kind.to_string()));
                    self.gathered.get_or_insert_default().extend_from_slice(self.world.events());
                    self.observe();
                }
                Err(found) => refusal = refusal.or(Some(found)),
            }
        }
        match (is_anything_done, refusal) {
            (false, Some(refusal)) => Err(refusal.into()),
            (false, None) => Err(ExecError::NoNodes),
            (true, _) if words.is_empty() => {
                Ok(Reply::new("queued behind earlier operations".to_owned()))
            }
            (true, _) => Ok(Reply::new(words.join("; "))),
        }
    }

    fn plan(&self, statement: &Statement) -> Result<Plan, ExecError> {
        match statement {
            Statement::Crash { nodes, unsynced } => {
                self.on_nodes(nodes, NodeAction::Crash { unsynced: *unsynced })
            }
            Statement::Restart(nodes) => self.on_nodes(nodes, NodeAction::Restart),
            Statement::Pause(nodes) => self.on_nodes(nodes, NodeAction::Pause),
            Statement::Resume(nodes) => self.on_nodes(nodes, NodeAction::Resume),
            Statement::Timeout(nodes) => self.on_nodes(nodes, NodeAction::ForceElection),
            Statement::Forget(nodes) => self.on_nodes(nodes, NodeAction::ForgetLeader),
            Statement::Snapshot(nodes) => self.on_nodes(nodes, NodeAction::Snapshot),
            Statement::Transfer { to, via } => {
                let (node, to) = (self.asked(*via)?, self.select(*to)?);
                Ok(Plan::one(AdminRequest::TransferLeadership { to }.on(node)))
            }
            Statement::Change { change, via } => {
                let (node, change) = (self.asked(*via)?, self.change(change)?);
                Ok(Plan::one(AdminRequest::ChangeMembership(change).on(node)))
            }
            Statement::Disk { nodes, change } => {
                self.for_each(nodes, |node| DiskAction::Change(*change).on(node))
            }
            Statement::Damage { nodes, damage } => {
                self.for_each(nodes, |node| DiskAction::Damage(*damage).on(node))
            }
            Statement::Request { operation, via, read, client } => {
                let via = via.map(|via| self.select(via)).transpose()?;
                let (client, operation, read) = (*client, operation.clone(), *read);
                Ok(Plan::one(Request { client, operation, via, read }.into()))
            }
            Statement::Clock { nodes, change } => {
                self.on_nodes(nodes, NodeAction::SetClock(*change))
            }
            Statement::Slow { nodes, handling } => {
                self.on_nodes(nodes, NodeAction::Slow { handling: *handling })
            }
            Statement::Recover(nodes) => {
                let nodes = match nodes {
                    Nodes::Others => self.all_but(&[self.select(Selector::Leader)?]),
                    nodes => self.resolve(nodes, &[])?,
                };
                Ok(Plan::one(Action::Recover { nodes }))
            }
            other => self.plan_network(other),
        }
    }

    fn on_nodes(&self, nodes: &Nodes, action: NodeAction) -> Result<Plan, ExecError> {
        self.for_each(nodes, |node| action.on(node))
    }

    fn plan_network(&self, statement: &Statement) -> Result<Plan, ExecError> {
        match statement {
            Statement::Partition(groups) => {
                let groups = self.groups(groups)?;
                Ok(Plan::one(NetworkAction::Partition { groups }.into()))
            }
            Statement::PartitionOneWay { heard, unheard } => {
                let groups = self.groups(&[heard.clone(), unheard.clone()])?;
                let [heard, unheard] = groups.try_into().expect("as many as there were");
                Ok(Plan::one(NetworkAction::PartitionOneWay { heard, unheard }.into()))
            }
            Statement::Replay { from, to, back } => {
                let (from, to, back) = (self.select(*from)?, self.select(*to)?, *back);
                Ok(Plan::one(NetworkAction::Replay { from, to, back }.into()))
            }
            Statement::Heal => Ok(Plan::one(NetworkAction::Heal.into())),
            Statement::Link { ends, changes } => {
                let pairs = self.pairs(ends)?;
                let actions = pairs.into_iter().flat_map(|(from, to)| {
                    changes.iter().map(move |change| Action::Link { from, to, change: *change })
                });
                Ok(Plan { actions: actions.collect(), lenient: false })
            }
            Statement::DropMessage(id) => {
                Ok(Plan::one(NetworkAction::DropMessage { id: *id }.into()))
            }
            other => unreachable!("{other} is no action"),
        }
    }

    /// Who is asked for what only a leader does.
    fn asked(&self, via: Option<Selector>) -> Result<NodeId, ExecError> {
        self.select(via.unwrap_or(Selector::Leader))
    }

    fn change(&self, change: &Change) -> Result<MembershipChange, ExecError> {
        Ok(match change {
            Change::AddLearner(node) => MembershipChange::AddLearner(*node),
            Change::AddVoter(node) => MembershipChange::AddVoter(*node),
            Change::Promote(node) => MembershipChange::Promote(self.select(*node)?),
            Change::Demote(node) => MembershipChange::Demote(self.select(*node)?),
            Change::Remove(node) => MembershipChange::Remove(self.select(*node)?),
            Change::Replace { old, new } => {
                MembershipChange::Replace { old: self.select(*old)?, new: *new }
            }
            Change::Voters(nodes) => MembershipChange::SetVoters(nodes.clone()),
        })
    }

    fn for_each(
        &self,
        nodes: &Nodes,
        action: impl Fn(NodeId) -> Action,
    ) -> Result<Plan, ExecError> {
        let (chosen, lenient) = match nodes {
            Nodes::These(selectors) => (self.select_all(selectors)?, false),
            Nodes::All => (self.world.node_ids().collect(), true),
            Nodes::Others => {
                let leader = self.select(Selector::Leader)?;
                (self.all_but(&[leader]), true)
            }
        };
        Ok(Plan { actions: chosen.into_iter().map(action).collect(), lenient })
    }

    /// The groups of a partition: `others` are those that none of them names.
    fn groups(&self, groups: &[Nodes]) -> Result<Vec<Vec<NodeId>>, ExecError> {
        let mut named = Vec::new();
        for group in groups {
            if let Nodes::These(selectors) = group {
                named.extend(self.select_all(selectors)?);
            }
        }
        let resolve = |group: &Nodes| self.resolve(group, &named);
        groups.iter().map(resolve).collect()
    }

    /// The directions that are meant, each once.
    fn pairs(&self, ends: &Ends) -> Result<Vec<(NodeId, NodeId)>, ExecError> {
        let (from, to, both_ways) = match ends {
            Ends::All => (&Nodes::All, &Nodes::All, false),
            Ends::Between { from, to, both_ways } => (from, to, *both_ways),
        };
        let named = |nodes: &Nodes| match nodes {
            Nodes::These(selectors) => self.select_all(selectors),
            Nodes::All | Nodes::Others => Ok(Vec::new()),
        };
        let senders = self.resolve(from, &named(to)?)?;
        let receivers = self.resolve(to, &named(from)?)?;
        let is_one = senders.len() == 1 && receivers.len() == 1;
        let mut pairs = Vec::new();
        for (left, right) in senders.iter().flat_map(|l| receivers.iter().map(move |r| (*l, *r))) {
            // Among groups a node's link to itself is not meant; alone it is a mistake to be told.
            if left == right && !is_one {
                continue;
            }
            let directions = [(left, right), (right, left)];
            for pair in directions.into_iter().take(if both_ways { 2 } else { 1 }) {
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
        Ok(pairs)
    }

    /// The nodes of a group, where `named` are those that the statement names otherwise.
    fn resolve(&self, nodes: &Nodes, named: &[NodeId]) -> Result<Vec<NodeId>, ExecError> {
        match nodes {
            Nodes::These(selectors) => self.select_all(selectors),
            Nodes::All => Ok(self.world.node_ids().collect()),
            Nodes::Others => Ok(self.all_but(named)),
        }
    }

    fn all_but(&self, named: &[NodeId]) -> Vec<NodeId> {
        self.world.node_ids().filter(|node| !named.contains(node)).collect()
    }

    /// The nodes that are named, each once.
    fn select_all(&self, selectors: &[Selector]) -> Result<Vec<NodeId>, ExecError> {
        let mut nodes = Vec::new();
        for selector in selectors {
            let node = self.select(*selector)?;
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        Ok(nodes)
    }

    /// The node that is meant now.
    pub(super) fn select(&self, selector: Selector) -> Result<NodeId, ExecError> {
        match selector {
            Selector::Node(node) if self.world.node(node).is_some() => Ok(node),
            Selector::Node(node) => Err(ActionError::NoSuchNode(node).into()),
            Selector::Leader => {
                self.world.leader().ok_or(ExecError::NoSuchRole { role: selector.to_string() })
            }
            Selector::AnyFollower => {
                let is_follower = |node: &&SimNode| {
                    node.state() == NodeState::Running
                        && node.core().is_some_and(|core| core.role() == RoleKind::Follower)
                };
                let follower = self.world.nodes().find(is_follower).map(SimNode::id);
                follower.ok_or(ExecError::NoSuchRole { role: "follower".to_owned() })
            }
        }
    }
}

impl Plan {
    fn one(action: Action) -> Self {
        Self { actions: vec![action], lenient: false }
    }
}
