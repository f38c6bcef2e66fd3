//! Statements that act at once: their nodes, and the actions on them.

use raft_core::NodeId;
use raft_sim::{Action, ActionError, Words};

use super::Session;
use crate::outcome::{ExecError, Reply, StatementError};
use crate::statement::{Ends, Nodes, Order, Selector, Statement};

/// The actions of one statement.
struct Plan {
    actions: Vec<Action>,
    /// Whether nodes that refuse the action are left out: `all` means all nodes that take it.
    lenient: bool,
}

impl Session {
    /// Carries out a statement that takes no time.
    pub(super) fn act(&mut self, order: &Order) -> Result<Reply, ExecError> {
        let plan = self.plan(order)?;
        // The journal has the number of steps before the actions.
        let before = self.journal.len();
        self.note(Statement::Order(order.clone()));
        let asked = plan.actions.first().and_then(administered);
        let result = self.carry_out(plan);
        if let (Some(node), Ok(_)) = (asked, &result) {
            self.orders.give(order, node, &self.world);
        }
        match &result {
            Ok(_) => self.journal.end_line(self.world.event_count() + 1),
            Err(_) => self.journal.truncate(before),
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
        let mut words: Vec<Words> = Vec::new();
        let mut refusal = None;
        let mut is_anything_done = false;
        for action in actions {
            match self.world.apply(action) {
                Ok(()) => {
                    is_anything_done = true;
                    // The first event after that of the action itself says what it did.
                    words.extend(self.world.events().get(1).map(|event| Words::of(&event.kind)));
                    self.gathered.get_or_insert_default().extend_from_slice(self.world.events());
                    self.observe();
                }
                Err(found) => refusal = refusal.or(Some(found)),
            }
        }
        match (is_anything_done, refusal) {
            (false, Some(refusal)) => Err(refusal.into()),
            (false, None) => Err(StatementError::NoNodes.into()),
            (true, _) if words.is_empty() => Ok(Reply::new("queued after earlier operations")),
            (true, _) => Ok(Reply::new(Words::joined(words, "; "))),
        }
    }

    fn plan(&self, order: &Order) -> Result<Plan, ExecError> {
        match order {
            Order::Node { nodes, action } => self.for_each(nodes, |node| action.on(node)),
            Order::Reconfigure { nodes, changes } => {
                self.for_each(nodes, |node| Action::Reconfigure { node, changes: changes.clone() })
            }
            Order::Disk { nodes, action } => self.for_each(nodes, |node| action.on(node)),
            Order::Link { ends, changes } => {
                let pairs = self.pairs(ends)?;
                let actions = pairs.into_iter().flat_map(|(from, to)| {
                    changes.iter().map(move |change| Action::Link { from, to, change: *change })
                });
                Ok(Plan { actions: actions.collect(), lenient: false })
            }
            Order::Network(action) => {
                // In a partition, `others` are the nodes that no group names.
                let mut named = Vec::new();
                for group in action.groups() {
                    if let Nodes::These(selectors) = group {
                        named.extend(self.select_all(selectors)?);
                    }
                }
                let group = |group: Nodes| self.resolve(&group, &named);
                let action = action.clone().try_map(|node| self.select(node), group)?;
                Ok(Plan::one(action.into()))
            }
            Order::Administer { request, via } => {
                let node = self.select(via.unwrap_or(Selector::Leader))?;
                let request = request.clone().try_map(|node| self.select(node))?;
                Ok(Plan::one(request.on(node)))
            }
            Order::Recover(nodes) => {
                let nodes = match nodes {
                    Nodes::Others => self.all_but(&[self.select(Selector::Leader)?]),
                    Nodes::These(_) | Nodes::All => self.resolve(nodes, &[])?,
                };
                Ok(Plan::one(Action::Recover { nodes }))
            }
            Order::Load(load) => Ok(Plan::one(Action::Load(*load))),
            Order::Rule(action) => Ok(Plan::one(Action::Rule(*action))),
            Order::Reseed(seed) => Ok(Plan::one(Action::Reseed(*seed))),
            Order::Request(request) => {
                // The role must have a holder now; the client looks it up again at each try.
                request.via.map(|node| self.select(node)).transpose()?;
                Ok(Plan::one(request.clone().into()))
            }
        }
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

    /// The directions of links, each once.
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
            // A group may overlap the other one. A single node linked to itself is an error, which
            // the world reports.
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

    /// The nodes of a group; `named` are those that the rest of the statement names.
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

    /// The selected nodes, each once.
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

    /// The node that a selector names at present.
    pub(super) fn select(&self, selector: Selector) -> Result<NodeId, ExecError> {
        self.world.select(selector).ok_or_else(|| match selector {
            Selector::Node(node) => ActionError::NoSuchNode(node).into(),
            Selector::Leader => no_such_role("leader"),
            Selector::AnyFollower => no_such_role("follower"),
        })
    }
}

/// The node that gets the request, if the action is one about leadership or membership.
fn administered(action: &Action) -> Option<NodeId> {
    if let Action::Administer { node, .. } = action { Some(*node) } else { None }
}

impl Plan {
    fn one(action: Action) -> Self {
        Self { actions: vec![action], lenient: false }
    }
}

fn no_such_role(role: &str) -> ExecError {
    StatementError::NoSuchRole { role: role.to_owned() }.into()
}
