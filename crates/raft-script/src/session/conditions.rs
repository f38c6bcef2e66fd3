//! Whether a condition holds, and the present state in words.

use raft_core::{LogIndex, LogPosition, Membership, NodeId, Term};
use raft_kv::{ClientId, Key};
use raft_sim::{PendingOperation, SimNode};

use super::Session;
use crate::condition::{
    ClientCondition, ClusterCondition, Condition, DataCondition, LeaderCondition, MemberCondition,
    NodeCondition, Quantity,
};
use crate::language::{STATES, name_of};
use crate::outcome::ExecError;
use crate::statement::Selector;
use crate::units::{Terms, Text};

impl Condition {
    /// The named nodes without which the condition cannot hold.
    fn nodes(&self) -> Vec<Selector> {
        match self {
            Self::Leader(LeaderCondition::Leader(nodes)) => {
                nodes.iter().copied().map(Selector::Node).collect()
            }
            Self::Leader(LeaderCondition::Lease(node) | LeaderCondition::NoLease(node))
            | Self::Data(DataCondition::Value(node, ..) | DataCondition::NoValue(node, _))
            | Self::Node(
                NodeCondition::Role(node, _)
                | NodeCondition::State(node, _)
                | NodeCondition::Log { node, .. }
                | NodeCondition::Number { node: Some(node), .. },
            ) => vec![*node],
            Self::Leader(LeaderCondition::NoLeader)
            | Self::Node(NodeCondition::Number { node: None, .. })
            | Self::Data(DataCondition::Committed(..) | DataCondition::NotCommitted(..))
            | Self::Members(_)
            | Self::Cluster(_)
            | Self::Client(_) => Vec::new(),
        }
    }
}

impl Session {
    /// Refuses a condition on nodes that the cluster does not have. It could never hold.
    pub(super) fn check_nodes(&self, condition: &Condition) -> Result<(), ExecError> {
        let by_number = |node: &Selector| matches!(node, Selector::Node(_));
        let mut nodes = condition.nodes().into_iter().filter(by_number);
        nodes.try_for_each(|node| self.select(node).map(drop))
    }

    /// Whether the condition holds now.
    pub fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Leader(condition) => self.leader_condition_holds(condition),
            Condition::Members(condition) => self
                .membership()
                .is_some_and(|membership| member_condition_holds(membership, condition)),
            Condition::Node(condition) => self.node_condition_holds(condition),
            Condition::Data(condition) => self.data_condition_holds(condition),
            Condition::Cluster(ClusterCondition::Converged) => {
                raft_check::converged(&self.world).is_ok()
            }
            Condition::Cluster(ClusterCondition::Complete) => {
                raft_check::complete(&self.world, self.checks.ledger()).is_ok()
            }
            Condition::Cluster(ClusterCondition::Settled) => {
                raft_check::settled(&self.world).is_ok()
            }
            Condition::Cluster(ClusterCondition::Safe) => self.checks.violation().is_none(),
            Condition::Client(ClientCondition::Idle) => self.world.is_idle(),
            Condition::Client(ClientCondition::Answer { client, words }) => {
                // While the client waits, its last answer belongs to an earlier request.
                self.pending(*client).is_none() && self.answers.get(client) == Some(words)
            }
            Condition::Client(ClientCondition::Pending(client)) => self.pending(*client).is_some(),
        }
    }

    fn leader_condition_holds(&self, condition: &LeaderCondition) -> bool {
        match condition {
            LeaderCondition::Leader(nodes) => {
                let leader = self.world.leader();
                leader.is_some_and(|leader| nodes.is_empty() || nodes.contains(&leader))
            }
            LeaderCondition::NoLeader => self.world.leader().is_none(),
            LeaderCondition::Lease(node) => {
                self.one(*node).is_some_and(|node| self.has_lease(node))
            }
            LeaderCondition::NoLease(node) => {
                self.one(*node).is_some_and(|node| !self.has_lease(node))
            }
        }
    }

    fn node_condition_holds(&self, condition: &NodeCondition) -> bool {
        match condition {
            NodeCondition::Role(node, role) => {
                self.core(*node).is_some_and(|core| core.role() == *role)
            }
            NodeCondition::State(node, state) => {
                self.one(*node).is_some_and(|node| node.state() == *state)
            }
            NodeCondition::Number { quantity, node, comparison, number } => {
                let found = self.number(*quantity, *node);
                found.is_some_and(|found| comparison.holds(found, *number))
            }
            NodeCondition::Log { node, terms, after } => self.log_is(*node, terms, *after),
        }
    }

    fn data_condition_holds(&self, condition: &DataCondition) -> bool {
        let value = |node: Selector, key: &Key| {
            let store = self.one(node).and_then(SimNode::store);
            store.map(|store| store.get(key.as_bytes()).cloned())
        };
        match condition {
            DataCondition::Committed(key, value) => self.committed(key) == Some(value),
            DataCondition::NotCommitted(key, value) => self.committed(key) != Some(value),
            DataCondition::Value(node, key, wanted) => {
                value(*node, key).is_some_and(|value| value.as_ref() == Some(wanted))
            }
            DataCondition::NoValue(node, key) => {
                value(*node, key).is_some_and(|value| value.is_none())
            }
        }
    }

    /// The present state in words, whether the condition holds or not.
    pub(super) fn found(&self, condition: &Condition) -> String {
        match condition {
            Condition::Leader(LeaderCondition::Leader(_) | LeaderCondition::NoLeader) => {
                self.leader_in_words()
            }
            Condition::Leader(LeaderCondition::Lease(node) | LeaderCondition::NoLease(node)) => {
                self.about(*node, |node| self.lease_in_words(node))
            }
            Condition::Members(_) => self.membership_in_words(),
            Condition::Node(condition) => self.node_in_words(condition),
            Condition::Data(
                DataCondition::Committed(key, _) | DataCondition::NotCommitted(key, _),
            ) => self.committed_in_words(key),
            Condition::Data(
                DataCondition::Value(node, key, _) | DataCondition::NoValue(node, key),
            ) => self.value_in_words(*node, key),
            Condition::Cluster(condition) => self.cluster_in_words(*condition),
            Condition::Client(ClientCondition::Idle) => self.pending_in_words(),
            Condition::Client(
                ClientCondition::Answer { client, .. } | ClientCondition::Pending(client),
            ) => self.client_in_words(*client),
        }
    }

    fn node_in_words(&self, condition: &NodeCondition) -> String {
        match condition {
            NodeCondition::Role(node, _) => self.about(*node, |node| match node.core() {
                Some(core) => format!("is {}", core.role()),
                None => format!("is {}", node.state()),
            }),
            NodeCondition::State(node, _) => {
                self.about(*node, |node| format!("is {}", name_of(STATES, &node.state())))
            }
            NodeCondition::Number { quantity, node, .. } => self.number_in_words(*quantity, *node),
            NodeCondition::Log { node, .. } => self.about(*node, |node| {
                let (terms, after) = log_of(node);
                let after = match after {
                    LogPosition::ORIGIN => String::new(),
                    after => format!(" after {after}"),
                };
                format!("has the log {}{after}", Terms(&terms))
            }),
        }
    }

    fn committed_in_words(&self, key: &Key) -> String {
        let key_text = Text::of(key);
        match self.committed(key) {
            Some(value) => format!("the committed value of {key_text} is {}", Text::of(value)),
            None => format!("no value of {key_text} is committed"),
        }
    }

    fn cluster_in_words(&self, condition: ClusterCondition) -> String {
        let agreed = |result: Result<(), String>, words: &str| match result {
            Ok(()) => words.to_owned(),
            Err(difference) => difference,
        };
        match condition {
            ClusterCondition::Converged => {
                agreed(raft_check::converged(&self.world), "all running nodes agree")
            }
            ClusterCondition::Complete => agreed(
                raft_check::complete(&self.world, self.checks.ledger()),
                "all running nodes agree on all that was committed",
            ),
            ClusterCondition::Settled => {
                agreed(raft_check::settled(&self.world), "every request is answered")
            }
            ClusterCondition::Safe => match self.checks.violation() {
                Some(violation) => violation.to_string(),
                None => "every property holds".to_owned(),
            },
        }
    }

    /// The node that a selector names at present, if there is one.
    fn one(&self, selector: Selector) -> Option<&SimNode> {
        self.world.node(self.select(selector).ok()?)
    }

    fn core(&self, selector: Selector) -> Option<&raft_core::Node> {
        self.one(selector)?.core()
    }

    /// The membership that the leader uses, committed or not.
    fn membership(&self) -> Option<&Membership> {
        Some(self.world.node(self.world.leader()?)?.core()?.membership())
    }

    fn has_lease(&self, node: &SimNode) -> bool {
        node.lease_until().is_some_and(|until| self.world.now() < until)
    }

    fn committed(&self, key: &Key) -> Option<&raft_kv::Value> {
        self.checks.ledger().committed_store().get(key.as_bytes())
    }

    fn pending(&self, client: ClientId) -> Option<&PendingOperation> {
        self.world.client(client)?.pending()
    }

    fn number(&self, quantity: Quantity, selector: Option<Selector>) -> Option<u64> {
        let read = |core: &raft_core::Node| match quantity {
            Quantity::Term => core.current_term().0,
            Quantity::Commit => core.commit_index().0,
        };
        match selector {
            Some(selector) => self.core(selector).map(read),
            None => self.world.nodes().filter_map(SimNode::core).map(read).max(),
        }
    }

    fn log_is(&self, selector: Selector, terms: &[Term], after: LogPosition) -> bool {
        let Some(node) = self.one(selector) else { return false };
        // The cheap check first: this runs after every event.
        if node.core().is_some_and(|core| core.log().len() != terms.len()) {
            return false;
        }
        log_of(node) == (terms.to_vec(), after)
    }

    fn leader_in_words(&self) -> String {
        let term = |node: NodeId| self.world.node(node)?.core().map(|core| core.current_term());
        match self.world.leader() {
            Some(node) => match term(node) {
                Some(term) => format!("node {node} leads in term {term}"),
                None => format!("node {node} leads"),
            },
            None => "no node leads".to_owned(),
        }
    }

    fn membership_in_words(&self) -> String {
        match (self.world.leader(), self.membership()) {
            (Some(node), Some(membership)) => {
                format!("node {node}, the leader, uses {membership}")
            }
            _ => "no node leads".to_owned(),
        }
    }

    fn lease_in_words(&self, node: &SimNode) -> String {
        match node.lease_until() {
            Some(until) if self.world.now() < until => format!("has a lease until {until}"),
            Some(until) => format!("had a lease until {until}"),
            None => "has no lease".to_owned(),
        }
    }

    fn number_in_words(&self, quantity: Quantity, selector: Option<Selector>) -> String {
        let name = match quantity {
            Quantity::Term => "term",
            Quantity::Commit => "commit index",
        };
        let Some(selector) = selector else {
            return match self.number(quantity, None) {
                Some(number) => format!("the highest {name} is {number}"),
                None => "no node is up".to_owned(),
            };
        };
        self.about(selector, |node| match self.number(quantity, Some(Selector::Node(node.id()))) {
            Some(number) => format!("has {name} {number}"),
            None => format!("is {}", node.state()),
        })
    }

    fn value_in_words(&self, selector: Selector, key: &Key) -> String {
        let key_text = Text::of(key);
        self.about(selector, |node| match node.store().map(|store| store.get(key.as_bytes())) {
            Some(Some(value)) => format!("has {key_text}={}", Text::of(value)),
            Some(None) => format!("has no value of {key_text}"),
            None => format!("is {}", node.state()),
        })
    }

    fn pending_in_words(&self) -> String {
        match self.world.clients().find(|client| client.pending().is_some()) {
            Some(client) => self.client_in_words(client.id()),
            None => "no client waits for anything".to_owned(),
        }
    }

    fn client_in_words(&self, client: ClientId) -> String {
        match (self.pending(client), self.answers.get(&client)) {
            (Some(pending), _) => format!("client {client} waits for: {}", pending.operation),
            (None, Some(words)) => format!("the last answer of client {client} is: {words}"),
            (None, None) => format!("client {client} has asked for nothing"),
        }
    }

    fn about(&self, selector: Selector, words: impl FnOnce(&SimNode) -> String) -> String {
        match self.one(selector) {
            Some(node) => format!("node {} {}", node.id(), words(node)),
            None => format!("there is no {selector}"),
        }
    }
}

fn member_condition_holds(membership: &Membership, condition: &MemberCondition) -> bool {
    match condition {
        MemberCondition::Voters(nodes) => {
            !membership.is_joint()
                && Membership::new(nodes.iter().copied()).voters() == membership.voters()
        }
        MemberCondition::Learners(nodes) => {
            let nodes = Membership::empty().with_learners(nodes.iter().copied());
            nodes.learners() == membership.learners()
        }
        MemberCondition::Joint => membership.is_joint(),
        MemberCondition::NotJoint => !membership.is_joint(),
    }
}

/// The terms of a node's log, and what its snapshot covers; what its disk holds if it is down.
fn log_of(node: &SimNode) -> (Vec<Term>, LogPosition) {
    if let Some(core) = node.core() {
        let entries = core.log().iter_from(LogIndex(0));
        return (entries.map(|entry| entry.term).collect(), core.log().base());
    }
    match node.recovered() {
        Ok(recovered) => {
            let after =
                recovered.snapshot.map_or(LogPosition::ORIGIN, |snapshot| snapshot.position());
            (recovered.entries.iter().map(|entry| entry.term).collect(), after)
        }
        // A damaged disk holds no log.
        Err(_) => (Vec::new(), LogPosition::ORIGIN),
    }
}
