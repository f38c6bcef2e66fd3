//! Whether a condition holds.

mod nodes;
mod words;

use raft_core::{LogPosition, Membership, NodeId, PeerStatus, Term};
use raft_kv::{ClientId, Key};
use raft_sim::{NodeState, PendingOperation, SimNode};

pub use self::nodes::CoreCondition;
use self::nodes::Nodes;

use super::Session;
use super::tally::Counted;
use crate::condition::{
    ClientCondition, ClusterCondition, Comparison, Condition, CountCondition, DataCondition,
    LeaderCondition, NodeCondition, Occurrence, Quantity,
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
        nodes::judge(self, condition)
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
        nodes::number(self, quantity, selector)
    }

    fn peer(&self, peer: Selector, of: Option<Selector>) -> Option<(NodeId, PeerStatus)> {
        nodes::peer(self, peer, of)
    }
}

impl Nodes for Session {
    fn leader(&self) -> Option<NodeId> {
        self.world.leader()
    }

    fn select(&self, selector: Selector) -> Option<NodeId> {
        self.world.select(selector)
    }

    fn state(&self, node: NodeId) -> Option<NodeState> {
        self.world.node(node).map(SimNode::state)
    }

    fn core(&self, node: NodeId) -> Option<&raft_core::Node> {
        self.world.node(node)?.core()
    }

    fn cores(&self) -> impl Iterator<Item = &raft_core::Node> {
        self.world.nodes().filter_map(SimNode::core)
    }

    fn stored_log(&self, node: NodeId) -> (Vec<Term>, LogPosition) {
        self.world.node(node).map_or((Vec::new(), LogPosition::ORIGIN), log_of)
    }

    fn judge_more(&self, condition: &Condition) -> Option<bool> {
        match condition {
            Condition::Leader(LeaderCondition::Lease(node)) => {
                Some(self.has_lease(self.one(*node)?))
            }
            Condition::Leader(LeaderCondition::NoLease(node)) => {
                Some(!self.has_lease(self.one(*node)?))
            }
            Condition::Data(condition) => self.judge_data(condition),
            Condition::Cluster(condition) => Some(self.cluster_condition_holds(*condition)),
            Condition::Client(condition) => Some(self.client_condition_holds(condition)),
            Condition::Order { number, state } => {
                Some(self.orders.get(*number)?.state(&self.world) == *state)
            }
            Condition::Count(condition) => self.judge_count(condition),
            Condition::Leader(LeaderCondition::Leader(_) | LeaderCondition::NoLeader)
            | Condition::Members(_)
            | Condition::Node(_)
            | Condition::Not(_)
            | Condition::All(_) => nodes::judge(self, condition),
        }
    }
}

/// The terms of a node's log, and the position before them; what its disk holds if it is down.
fn log_of(node: &SimNode) -> (Vec<Term>, LogPosition) {
    if let Some(core) = node.core() {
        return nodes::log_of_core(core);
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
