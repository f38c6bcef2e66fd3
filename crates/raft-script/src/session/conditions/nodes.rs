//! Conditions on nodes, of whatever the nodes are: those of a simulated world, or bare cores.

use raft_core::{
    LogIndex, LogPosition, Membership, Node, NodeId, PeerStatus, ProgressKind, RoleKind, Term,
};
use raft_sim::NodeState;

use crate::condition::{
    Condition, LeaderCondition, MemberCondition, NodeCondition, PeerFact, PeerQuantity, PeerState,
    Quantity, Relation,
};
use crate::statement::Selector;

/// The nodes of a moment.
pub(super) trait Nodes {
    /// The running leader; of several, the one with the latest term.
    fn leader(&self) -> Option<NodeId>;
    /// The node that a selector names at present.
    fn select(&self, selector: Selector) -> Option<NodeId>;
    /// `None` if there is no such node.
    fn state(&self, node: NodeId) -> Option<NodeState>;
    /// `None` if the node is down, or there is none.
    fn core(&self, node: NodeId) -> Option<&Node>;
    /// The nodes that are up.
    fn cores(&self) -> impl Iterator<Item = &Node>;
    /// The terms of a log, and the position before them; from the disk of a node that is down.
    fn stored_log(&self, node: NodeId) -> (Vec<Term>, LogPosition);
    /// Judges a condition on other things than nodes.
    fn judge_more(&self, condition: &Condition) -> Option<bool>;
}

/// Whether a condition holds; `None` if what it names is not there.
pub(super) fn judge<N: Nodes>(nodes: &N, condition: &Condition) -> Option<bool> {
    match condition {
        Condition::Leader(LeaderCondition::Leader(among)) => {
            let leader = nodes.leader();
            Some(leader.is_some_and(|leader| among.is_empty() || among.contains(&leader)))
        }
        Condition::Leader(LeaderCondition::NoLeader) => Some(nodes.leader().is_none()),
        Condition::Members(condition) => {
            let membership = nodes.core(nodes.leader()?)?.membership();
            Some(member_condition_holds(membership, condition))
        }
        Condition::Node(condition) => judge_node(nodes, condition),
        Condition::Not(condition) => judge(nodes, condition).map(|holds| !holds),
        Condition::All(conditions) => judge_all(nodes, conditions),
        Condition::Leader(LeaderCondition::Lease(_) | LeaderCondition::NoLease(_))
        | Condition::Data(_)
        | Condition::Cluster(_)
        | Condition::Client(_)
        | Condition::Order { .. }
        | Condition::Count(_) => nodes.judge_more(condition),
    }
}

/// One that does not hold decides, also if others cannot be judged.
fn judge_all<N: Nodes>(nodes: &N, conditions: &[Condition]) -> Option<bool> {
    let mut all = Some(true);
    for condition in conditions {
        match judge(nodes, condition) {
            Some(false) => return Some(false),
            Some(true) => {}
            None => all = None,
        }
    }
    all
}

fn judge_node<N: Nodes>(nodes: &N, condition: &NodeCondition) -> Option<bool> {
    Some(match condition {
        NodeCondition::Role(node, role) => {
            let node = nodes.select(*node)?;
            nodes.core(node).is_some_and(|core| core.role() == *role)
        }
        NodeCondition::State(node, state) => nodes.state(nodes.select(*node)?)? == *state,
        NodeCondition::Number { quantity, node, comparison, number: wanted } => {
            comparison.holds(number(nodes, *quantity, *node)?, *wanted)
        }
        NodeCondition::Other { relation, node, other: wanted } => {
            let wanted = match wanted {
                Some(wanted) => Some(nodes.select(*wanted)?),
                None => None,
            };
            other(*relation, nodes.core(nodes.select(*node)?)?) == wanted
        }
        NodeCondition::Peer { peer: wanted, of, facts } => {
            let (_, status) = peer(nodes, *wanted, *of)?;
            facts.iter().all(|fact| peer_fact_holds(&status, *fact))
        }
        NodeCondition::Log { node, terms, after } => {
            log_is(nodes, nodes.select(*node)?, terms, *after)
        }
    })
}

/// A number of a node, or the highest of all that are up.
pub(super) fn number<N: Nodes>(
    nodes: &N,
    quantity: Quantity,
    selector: Option<Selector>,
) -> Option<u64> {
    let read = |core: &Node| match quantity {
        Quantity::Term => core.current_term().0,
        Quantity::Commit => core.commit_index().0,
        Quantity::Applied => core.last_applied().0,
    };
    match selector {
        Some(selector) => nodes.core(nodes.select(selector)?).map(read),
        None => nodes.cores().map(read).max(),
    }
}

pub(super) fn other(relation: Relation, core: &Node) -> Option<NodeId> {
    match relation {
        Relation::Following => core.leader(),
        Relation::Vote => core.voted_for(),
    }
}

/// A node that leads, and what it knows of another server.
pub(super) fn peer<N: Nodes>(
    nodes: &N,
    peer: Selector,
    of: Option<Selector>,
) -> Option<(NodeId, PeerStatus)> {
    let leader = nodes.core(nodes.select(of.unwrap_or(Selector::Leader))?)?;
    let peer = nodes.select(peer)?;
    let mut peers = leader.status().peers.into_iter();
    Some((leader.id(), peers.find(|status| status.id == peer)?))
}

fn log_is<N: Nodes>(nodes: &N, node: NodeId, terms: &[Term], after: LogPosition) -> bool {
    // The cheap check first: this runs after every event.
    if nodes.core(node).is_some_and(|core| core.log().len() != terms.len()) {
        return false;
    }
    let (held, base) = nodes.stored_log(node);
    held == terms && base == after
}

/// The terms of a node's log, and the position before them.
pub(super) fn log_of_core(core: &Node) -> (Vec<Term>, LogPosition) {
    let entries = core.log().iter_from(LogIndex(0));
    (entries.map(|entry| entry.term).collect(), core.log().base())
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

pub(super) fn peer_state(state: ProgressKind) -> PeerState {
    match state {
        ProgressKind::Probe => PeerState::Probe,
        ProgressKind::Replicate => PeerState::Replicate,
        ProgressKind::Snapshot { .. } => PeerState::Snapshot,
    }
}

pub(super) fn peer_number(peer: &PeerStatus, quantity: PeerQuantity) -> u64 {
    match quantity {
        PeerQuantity::Next => peer.next_index.0,
        PeerQuantity::Match => peer.match_index.0,
        PeerQuantity::InFlight => peer.in_flight as u64,
    }
}

/// A condition on nothing but the cores of nodes that all run: who leads, roles, terms, votes,
/// logs, memberships, and what leaders know. It can be judged without a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoreCondition(Condition);

impl CoreCondition {
    /// `None` if the condition, or a part of it, is about something else, such as time, clients,
    /// values, or what happened before.
    pub fn new(condition: Condition) -> Option<Self> {
        is_of_cores(&condition).then_some(Self(condition))
    }

    /// Whether it holds for these nodes, which all run. They are in ascending order.
    pub fn holds(&self, cores: &[&Node]) -> bool {
        judge(&Cores(cores), &self.0) == Some(true)
    }
}

fn is_of_cores(condition: &Condition) -> bool {
    match condition {
        Condition::Leader(LeaderCondition::Leader(_) | LeaderCondition::NoLeader)
        | Condition::Members(_)
        | Condition::Node(
            NodeCondition::Role(..)
            | NodeCondition::Number { .. }
            | NodeCondition::Other { .. }
            | NodeCondition::Peer { .. }
            | NodeCondition::Log { .. },
        ) => true,
        Condition::Not(condition) => is_of_cores(condition),
        Condition::All(conditions) => conditions.iter().all(is_of_cores),
        Condition::Leader(LeaderCondition::Lease(_) | LeaderCondition::NoLease(_))
        | Condition::Node(NodeCondition::State(..))
        | Condition::Data(_)
        | Condition::Cluster(_)
        | Condition::Client(_)
        | Condition::Order { .. }
        | Condition::Count(_) => false,
    }
}

/// Nodes that all run.
struct Cores<'a>(&'a [&'a Node]);

impl Nodes for Cores<'_> {
    fn leader(&self) -> Option<NodeId> {
        let leaders = self.cores().filter(|core| core.role() == RoleKind::Leader);
        leaders.map(|core| (core.current_term(), core.id())).max().map(|(_, id)| id)
    }

    fn select(&self, selector: Selector) -> Option<NodeId> {
        match selector {
            Selector::Node(node) => self.core(node).map(Node::id),
            Selector::Leader => self.leader(),
            Selector::AnyFollower => {
                self.cores().find(|core| core.role() == RoleKind::Follower).map(Node::id)
            }
        }
    }

    fn state(&self, node: NodeId) -> Option<NodeState> {
        self.core(node).map(|_| NodeState::Running)
    }

    fn core(&self, node: NodeId) -> Option<&Node> {
        self.cores().find(|core| core.id() == node)
    }

    fn cores(&self) -> impl Iterator<Item = &Node> {
        self.0.iter().copied()
    }

    fn stored_log(&self, node: NodeId) -> (Vec<Term>, LogPosition) {
        self.core(node).map_or((Vec::new(), LogPosition::ORIGIN), log_of_core)
    }

    fn judge_more(&self, _: &Condition) -> Option<bool> {
        None
    }
}
