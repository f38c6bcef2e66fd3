//! Whether a condition holds, and what is there instead.

use raft_core::{LogIndex, LogPosition, Membership, NodeId, Term};
use raft_kv::{ClientId, Key};
use raft_sim::{PendingOperation, SimNode};

use super::Session;
use crate::outcome::ExecError;
use crate::print::{Terms, Text, state_word};
use crate::statement::{Condition, Quantity, Selector};

impl Session {
    /// Refuses a condition about nodes that the cluster does not have: it could never hold.
    pub(super) fn check_nodes(&self, condition: &Condition) -> Result<(), ExecError> {
        let selector = match condition {
            Condition::Leader(nodes) => {
                for node in nodes {
                    self.select(Selector::Node(*node))?;
                }
                return Ok(());
            }
            Condition::Role(node, _)
            | Condition::State(node, _)
            | Condition::Lease(node)
            | Condition::NoLease(node)
            | Condition::Value(node, _, _)
            | Condition::NoValue(node, _)
            | Condition::Log { node, .. }
            | Condition::Number { node: Some(node), .. } => *node,
            _ => return Ok(()),
        };
        match selector {
            Selector::Node(_) => self.select(selector).map(|_| ()),
            Selector::Leader | Selector::AnyFollower => Ok(()),
        }
    }

    /// Whether the condition holds now.
    pub(super) fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Leader(nodes) => {
                let leader = self.world.leader();
                leader.is_some_and(|leader| nodes.is_empty() || nodes.contains(&leader))
            }
            Condition::NoLeader => self.world.leader().is_none(),
            Condition::Voters(nodes) => self.membership().is_some_and(|membership| {
                !membership.is_joint()
                    && Membership::new(nodes.iter().copied()).voters() == membership.voters()
            }),
            Condition::Learners(nodes) => self.membership().is_some_and(|membership| {
                let nodes = Membership::empty().with_learners(nodes.iter().copied());
                nodes.learners() == membership.learners()
            }),
            Condition::Joint => self.membership().is_some_and(Membership::is_joint),
            Condition::NotJoint => {
                self.membership().is_some_and(|membership| !membership.is_joint())
            }
            Condition::Lease(node) => self.one(*node).is_some_and(|node| self.has_lease(node)),
            Condition::NoLease(node) => self.one(*node).is_some_and(|node| !self.has_lease(node)),
            other => self.state_holds(other),
        }
    }

    /// Whether a condition about what nodes hold and clients were told holds now.
    fn state_holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Role(node, role) => {
                self.core(*node).is_some_and(|core| core.role() == *role)
            }
            Condition::State(node, state) => {
                self.one(*node).is_some_and(|node| node.state() == *state)
            }
            Condition::Number { quantity, node, comparison, number } => {
                let found = self.number(*quantity, *node);
                found.is_some_and(|found| comparison.holds(found, *number))
            }
            Condition::Committed(key, value) => self.committed(key) == Some(value),
            Condition::NotCommitted(key, value) => self.committed(key) != Some(value),
            Condition::Value(node, key, value) => {
                let store = self.one(*node).and_then(SimNode::store);
                store.is_some_and(|store| store.get(key.as_bytes()) == Some(value))
            }
            Condition::NoValue(node, key) => {
                let store = self.one(*node).and_then(SimNode::store);
                store.is_some_and(|store| store.get(key.as_bytes()).is_none())
            }
            Condition::Log { node, terms, after } => self.log_is(*node, terms, *after),
            Condition::Converged => raft_check::converged(&self.world).is_ok(),
            Condition::Complete => raft_check::complete(&self.world, self.checks.ledger()).is_ok(),
            Condition::Idle => self.world.is_idle(),
            Condition::Answer { client, words } => {
                // While it waits, its last answer is about something else.
                self.pending(*client).is_none() && self.answers.get(client) == Some(words)
            }
            Condition::Pending(client) => self.pending(*client).is_some(),
            Condition::Safe => self.checks.violation().is_none(),
            _ => unreachable!("decided above"),
        }
    }

    /// What there is, in words, whether the condition holds or not.
    pub(super) fn found(&self, condition: &Condition) -> String {
        match condition {
            Condition::Leader(_) | Condition::NoLeader => self.leader_in_words(),
            Condition::Voters(_)
            | Condition::Learners(_)
            | Condition::Joint
            | Condition::NotJoint => self.membership_in_words(),
            Condition::Lease(selector) | Condition::NoLease(selector) => {
                self.about(*selector, |node| self.lease_in_words(node))
            }
            other => self.state_found(other),
        }
    }

    /// What there is of what nodes hold and clients were told.
    fn state_found(&self, condition: &Condition) -> String {
        match condition {
            Condition::Role(selector, _) => self.about(*selector, |node| match node.core() {
                Some(core) => format!("is {}", core.role()),
                None => format!("is {}", node.state()),
            }),
            Condition::State(selector, _) => {
                self.about(*selector, |node| format!("is {}", state_word(node.state())))
            }
            Condition::Number { quantity, node, .. } => self.number_in_words(*quantity, *node),
            Condition::Committed(key, _) | Condition::NotCommitted(key, _) => {
                let key_text = Text::of(key);
                match self.committed(key) {
                    Some(value) => {
                        format!("the committed value of {key_text} is {}", Text::of(value))
                    }
                    None => format!("no value of {key_text} is committed"),
                }
            }
            Condition::Value(selector, key, _) | Condition::NoValue(selector, key) => {
                self.value_in_words(*selector, key)
            }
            Condition::Log { node, .. } => self.about(*node, |node| {
                let (terms, after) = log_of(node);
                let after = match after {
                    LogPosition::ORIGIN => String::new(),
                    after => format!(" after {after}"),
                };
                format!("has the log {}{after}", Terms(&terms))
            }),
            Condition::Converged => match raft_check::converged(&self.world) {
                Ok(()) => "all running nodes agree".to_owned(),
                Err(difference) => difference,
            },
            Condition::Complete => match raft_check::complete(&self.world, self.checks.ledger()) {
                Ok(()) => "all running nodes agree on all that was committed".to_owned(),
                Err(difference) => difference,
            },
            Condition::Idle => self.pending_in_words(),
            Condition::Answer { client, .. } | Condition::Pending(client) => {
                self.client_in_words(*client)
            }
            Condition::Safe => match self.checks.violation() {
                Some(violation) => violation.to_string(),
                None => "every property holds".to_owned(),
            },
            _ => unreachable!("said above"),
        }
    }

    /// The node that is meant, if there is one.
    fn one(&self, selector: Selector) -> Option<&SimNode> {
        self.world.node(self.select(selector).ok()?)
    }

    fn core(&self, selector: Selector) -> Option<&raft_core::Node> {
        self.one(selector)?.core()
    }

    /// The membership by which the leader goes, committed or not.
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
        // Cheap first: it is asked after every event.
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
                format!("node {node}, the leader, goes by {membership}")
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
