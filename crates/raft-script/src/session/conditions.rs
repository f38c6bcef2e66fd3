//! Whether a condition holds.

mod words;

use raft_core::{LogIndex, LogPosition, Membership, NodeId, PeerStatus, ProgressKind, Term};
use raft_kv::{ClientId, Key};
use raft_sim::{PendingOperation, SimNode};

use super::Session;
use super::tally::Counted;
use crate::condition::{
    ClientCondition, ClusterCondition, Comparison, Condition, CountCondition, DataCondition,
    LeaderCondition, MemberCondition, NodeCondition, Occurrence, PeerFact, PeerQuantity, PeerState,
    Quantity, Relation,
};
use crate::outcome::ExecError;
use crate::statement::Selector;

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
            Self::Node(NodeCondition::Other { node, other, .. }) => {
                [Some(*node), *other].into_iter().flatten().collect()
            }
            Self::Node(NodeCondition::Peer { peer, of, .. }) => {
                [Some(*peer), *of].into_iter().flatten().collect()
            }
            Self::Leader(LeaderCondition::NoLeader)
            | Self::Node(NodeCondition::Number { node: None, .. })
            | Self::Data(DataCondition::Committed(..))
            | Self::Members(_)
            | Self::Cluster(_)
            | Self::Client(_)
            | Self::Order { .. } => Vec::new(),
            Self::Count(condition) => match condition.occurrence {
                Occurrence::Traced { node, .. } => node.into_iter().collect(),
                Occurrence::Happened(_) => Vec::new(),
            },
            Self::Not(condition) => condition.nodes(),
            Self::All(conditions) => conditions.iter().flat_map(Self::nodes).collect(),
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

    /// Notes the orders that the condition is about: their state is no surprise.
    pub(super) fn note_judged(&mut self, condition: &Condition) {
        match condition {
            Condition::Order { number, .. } => self.orders.judge(*number),
            Condition::Not(condition) => self.note_judged(condition),
            Condition::All(conditions) => conditions.iter().for_each(|it| self.note_judged(it)),
            Condition::Leader(_)
            | Condition::Members(_)
            | Condition::Node(_)
            | Condition::Data(_)
            | Condition::Cluster(_)
            | Condition::Client(_)
            | Condition::Count(_) => {}
        }
    }

    /// Whether the condition holds now.
    pub fn holds(&self, condition: &Condition) -> bool {
        self.judge(condition) == Some(true)
    }

    /// Whether the condition holds now; `None` if neither it nor its opposite does, because the
    /// thing that it names is not there: no running node has the role, the membership is that of a
    /// leader and no node leads, or the number or value is in the memory of a node that is down.
    pub fn judge(&self, condition: &Condition) -> Option<bool> {
        match condition {
            Condition::Leader(condition) => self.judge_leader(condition),
            Condition::Members(condition) => {
                Some(member_condition_holds(self.membership()?, condition))
            }
            Condition::Node(condition) => self.judge_node(condition),
            Condition::Data(condition) => self.judge_data(condition),
            Condition::Cluster(condition) => Some(self.cluster_condition_holds(*condition)),
            Condition::Client(condition) => Some(self.client_condition_holds(condition)),
            Condition::Order { number, state } => {
                Some(self.orders.get(*number)?.state(&self.world) == *state)
            }
            Condition::Count(condition) => self.judge_count(condition),
            Condition::Not(condition) => self.judge(condition).map(|holds| !holds),
            Condition::All(conditions) => self.judge_all(conditions),
        }
    }

    /// One that does not hold decides, also if others cannot be judged.
    fn judge_all(&self, conditions: &[Condition]) -> Option<bool> {
        let mut all = Some(true);
        for condition in conditions {
            match self.judge(condition) {
                Some(false) => return Some(false),
                Some(true) => {}
                None => all = None,
            }
        }
        all
    }

    /// `None` too if the events are so many that the older ones are forgotten: the number is then
    /// unknown.
    fn judge_count(&self, condition: &CountCondition) -> Option<bool> {
        let counted = self.counted(condition)?;
        let holds = condition.comparison.holds(counted.count, condition.number);
        match condition.comparison {
            Comparison::AtLeast if holds => Some(true),
            Comparison::AtMost if !holds => Some(false),
            Comparison::Equal | Comparison::AtLeast | Comparison::AtMost => {
                (!counted.at_least).then_some(holds)
            }
        }
    }

    /// How often it happened; `None` without the mark or the node that the condition names.
    fn counted(&self, condition: &CountCondition) -> Option<Counted> {
        let node = match condition.occurrence {
            Occurrence::Traced { node: Some(node), .. } => Some(self.one(node)?.id()),
            Occurrence::Traced { node: None, .. } | Occurrence::Happened(_) => None,
        };
        self.tally.of(condition.occurrence.name(), node, condition.since.as_ref())
    }

    fn judge_leader(&self, condition: &LeaderCondition) -> Option<bool> {
        Some(match condition {
            LeaderCondition::Leader(nodes) => {
                let leader = self.world.leader();
                leader.is_some_and(|leader| nodes.is_empty() || nodes.contains(&leader))
            }
            LeaderCondition::NoLeader => self.world.leader().is_none(),
            LeaderCondition::Lease(node) => self.has_lease(self.one(*node)?),
            LeaderCondition::NoLease(node) => !self.has_lease(self.one(*node)?),
        })
    }

    fn judge_node(&self, condition: &NodeCondition) -> Option<bool> {
        Some(match condition {
            NodeCondition::Role(node, role) => {
                self.one(*node)?.core().is_some_and(|core| core.role() == *role)
            }
            NodeCondition::State(node, state) => self.one(*node)?.state() == *state,
            NodeCondition::Number { quantity, node, comparison, number } => {
                comparison.holds(self.number(*quantity, *node)?, *number)
            }
            NodeCondition::Other { relation, node, other } => {
                let wanted = match other {
                    Some(other) => Some(self.one(*other)?.id()),
                    None => None,
                };
                self.other(*relation, self.core(*node)?) == wanted
            }
            NodeCondition::Peer { peer, of, facts } => {
                let (_, peer) = self.peer(*peer, *of)?;
                facts.iter().all(|fact| peer_fact_holds(&peer, *fact))
            }
            NodeCondition::Log { node, terms, after } => {
                self.log_is(self.one(*node)?, terms, *after)
            }
        })
    }

    fn judge_data(&self, condition: &DataCondition) -> Option<bool> {
        let value = |node: Selector, key: &Key| {
            let store = self.one(node)?.store()?;
            Some(store.get(key.as_bytes()).cloned())
        };
        Some(match condition {
            DataCondition::Committed(key, value) => self.committed(key) == Some(value),
            DataCondition::Value(node, key, wanted) => value(*node, key)?.as_ref() == Some(wanted),
            DataCondition::NoValue(node, key) => value(*node, key)?.is_none(),
        })
    }

    fn cluster_condition_holds(&self, condition: ClusterCondition) -> bool {
        match condition {
            ClusterCondition::Converged => raft_check::converged(&self.world).is_ok(),
            ClusterCondition::Complete => {
                raft_check::complete(&self.world, self.checks.ledger()).is_ok()
            }
            ClusterCondition::Settled => raft_check::settled(&self.world).is_ok(),
            ClusterCondition::Safe => self.checks.violation().is_none(),
            ClusterCondition::Broken(None) => self.checks.violation().is_some(),
            ClusterCondition::Broken(Some(property)) => {
                self.checks.result(property).is_some_and(|result| result.violation.is_some())
            }
        }
    }

    fn client_condition_holds(&self, condition: &ClientCondition) -> bool {
        match condition {
            ClientCondition::Idle => self.world.is_idle(),
            ClientCondition::Answer { client, words } => {
                // While the client waits, its last answer belongs to an earlier request.
                self.pending(*client).is_none() && self.answers.get(client) == Some(words)
            }
            ClientCondition::Pending(client) => self.pending(*client).is_some(),
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
            Quantity::Applied => core.last_applied().0,
        };
        match selector {
            Some(selector) => self.core(selector).map(read),
            None => self.world.nodes().filter_map(SimNode::core).map(read).max(),
        }
    }

    fn other(&self, relation: Relation, core: &raft_core::Node) -> Option<NodeId> {
        match relation {
            Relation::Following => core.leader(),
            Relation::Vote => core.voted_for(),
        }
    }

    /// A node that leads, and what it knows of another server.
    fn peer(&self, peer: Selector, of: Option<Selector>) -> Option<(NodeId, PeerStatus)> {
        let (leader, peer) = (self.core(of.unwrap_or(Selector::Leader))?, self.one(peer)?.id());
        let mut peers = leader.status().peers.into_iter();
        Some((leader.id(), peers.find(|status| status.id == peer)?))
    }

    fn log_is(&self, node: &SimNode, terms: &[Term], after: LogPosition) -> bool {
        // The cheap check first: this runs after every event.
        if node.core().is_some_and(|core| core.log().len() != terms.len()) {
            return false;
        }
        log_of(node) == (terms.to_vec(), after)
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
    }
}

fn peer_fact_holds(peer: &PeerStatus, fact: PeerFact) -> bool {
    match fact {
        PeerFact::State(state) => peer_state(peer.state) == state,
        PeerFact::Number { quantity, comparison, number } => {
            comparison.holds(peer_number(peer, quantity), number)
        }
    }
}

fn peer_state(state: ProgressKind) -> PeerState {
    match state {
        ProgressKind::Probe => PeerState::Probe,
        ProgressKind::Replicate => PeerState::Replicate,
        ProgressKind::Snapshot { .. } => PeerState::Snapshot,
    }
}

fn peer_number(peer: &PeerStatus, quantity: PeerQuantity) -> u64 {
    match quantity {
        PeerQuantity::Next => peer.next_index.0,
        PeerQuantity::Match => peer.match_index.0,
        PeerQuantity::InFlight => peer.in_flight as u64,
    }
}

/// The terms of a node's log, and the position before them; what its disk holds if it is down.
fn log_of(node: &SimNode) -> (Vec<Term>, LogPosition) {
    if let Some(core) = node.core() {
        let entries = core.log().iter_from(LogIndex(0));
        return (entries.map(|entry| entry.term).collect(), core.log().base());
    }
    match node.recovered() {
        Ok(recovered) => {
            let end =
                recovered.snapshot.map_or(LogPosition::ORIGIN, |snapshot| snapshot.position());
            let after = recovered.log_start.unwrap_or(end);
            (recovered.entries.iter().map(|entry| entry.term).collect(), after)
        }
        // A damaged disk holds no log.
        Err(_) => (Vec::new(), LogPosition::ORIGIN),
    }
}
