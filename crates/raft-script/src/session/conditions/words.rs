//! The present state in words: the answer to a condition, whether it holds or not.

use raft_check::{CheckResult, Property, PropertyState};
use raft_core::{LogPosition, NodeId, RoleKind};
use raft_kv::{ClientId, Key};
use raft_sim::SimNode;

use super::log_of;
use super::nodes::{other, peer_number, peer_state};
use crate::condition::{
    ClientCondition, ClusterCondition, Condition, CountCondition, DataCondition, LeaderCondition,
    NodeCondition, PeerQuantity, Quantity, Relation,
};
use crate::language::{PEER_STATES, STATES, name_of};
use crate::session::Session;
use crate::session::tally::Counted;
use crate::statement::Selector;
use crate::units::{Terms, Text};

impl Session {
    /// The present state in words, whether the condition holds or not.
    pub(crate) fn found(&self, condition: &Condition) -> String {
        match condition {
            Condition::Leader(LeaderCondition::Leader(_) | LeaderCondition::NoLeader) => {
                self.leader_in_words()
            }
            Condition::Leader(LeaderCondition::Lease(node) | LeaderCondition::NoLease(node)) => {
                self.about(*node, |node| self.lease_in_words(node))
            }
            Condition::Members(_) => self.membership_in_words(),
            Condition::Node(condition) => self.node_in_words(condition),
            Condition::Data(DataCondition::Committed(key, _)) => self.committed_in_words(key),
            Condition::Data(
                DataCondition::Value(node, key, _) | DataCondition::NoValue(node, key),
            ) => self.value_in_words(*node, key),
            Condition::Cluster(condition) => self.cluster_in_words(*condition),
            Condition::Client(ClientCondition::Idle) => self.pending_in_words(),
            Condition::Client(
                ClientCondition::Answer { client, .. } | ClientCondition::Pending(client),
            ) => self.client_in_words(*client),
            Condition::Order { number, .. } => match self.orders.get(*number) {
                Some(order) => format!("{}: {}", order.statement, order.in_words(&self.world)),
                None => "no such order was given".to_owned(),
            },
            Condition::Count(condition) => self.count_in_words(condition),
            Condition::Not(condition) => self.found(condition),
            Condition::All(conditions) => {
                let mut found: Vec<String> = conditions.iter().map(|it| self.found(it)).collect();
                found.dedup();
                found.join("; ")
            }
        }
    }

    fn count_in_words(&self, condition: &CountCondition) -> String {
        let name = condition.occurrence.name();
        match self.counted(condition) {
            Some(Counted { count: 1, at_least: false }) => format!("{name} happened once"),
            Some(Counted { count, at_least }) => {
                let at_least = if at_least { "at least " } else { "" };
                format!("{name} happened {at_least}{count} times")
            }
            None => "there is no such mark, or no such node".to_owned(),
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
            NodeCondition::Other { relation, node, .. } => self.other_in_words(*relation, *node),
            NodeCondition::Peer { peer, of, .. } => self.peer_in_words(*peer, *of),
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
            ClusterCondition::Safe | ClusterCondition::Broken(None) => {
                match self.checks.violation() {
                    Some(violation) => violation.to_string(),
                    None => "every property holds".to_owned(),
                }
            }
            ClusterCondition::Broken(Some(property)) => self.property_in_words(property),
        }
    }

    fn property_in_words(&self, property: &Property) -> String {
        match self.checks.result(property).map(CheckResult::state) {
            Some(PropertyState::Broken(violation)) => violation.to_string(),
            Some(PropertyState::Suspended(suspension)) => {
                format!("{} is {suspension}", property.name)
            }
            Some(PropertyState::Holds) | None => format!("{} holds", property.name),
        }
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
            Quantity::Applied => "last applied entry",
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

    fn other_in_words(&self, relation: Relation, node: Selector) -> String {
        self.about(node, |node| {
            let Some(core) = node.core() else { return format!("is {}", node.state()) };
            match (relation, other(relation, core)) {
                (Relation::Following, Some(leader)) => format!("follows node {leader}"),
                (Relation::Following, None) => "follows no node".to_owned(),
                (Relation::Vote, Some(candidate)) => {
                    format!("voted for node {candidate} in term {}", core.current_term())
                }
                (Relation::Vote, None) => {
                    format!("voted for no node in term {}", core.current_term())
                }
            }
        })
    }

    fn peer_in_words(&self, peer: Selector, of: Option<Selector>) -> String {
        if let Some((leader, status)) = self.peer(peer, of) {
            let number = |quantity| peer_number(&status, quantity);
            return format!(
                "node {leader} has for node {}: state={} next={} match={} in-flight={}",
                status.id,
                name_of(PEER_STATES, &peer_state(status.state)),
                number(PeerQuantity::Next),
                number(PeerQuantity::Match),
                number(PeerQuantity::InFlight),
            );
        }
        match self.core(of.unwrap_or(Selector::Leader)) {
            Some(core) if core.role() == RoleKind::Leader => {
                format!("node {} leads and sends nothing to {}", core.id(), named(peer))
            }
            Some(core) => format!("node {} does not lead", core.id()),
            None => self.leader_in_words(),
        }
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

/// A node as in a sentence.
fn named(selector: Selector) -> String {
    match selector {
        Selector::Node(node) => format!("node {node}"),
        Selector::Leader => "itself".to_owned(),
        Selector::AnyFollower => "any follower".to_owned(),
    }
}
