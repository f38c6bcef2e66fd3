//! What `expect` and `run until` wait for: conditions on the state of a session and on what
//! happened in it, by topic.

mod printing;

use raft_check::{Property, RareEvent};
use raft_core::{LogPosition, NodeId, RoleKind, Term};
use raft_kv::{ClientId, Key, Value};
use raft_sim::NodeState;

pub use crate::session::Since;
use crate::statement::Selector;

/// A condition that holds or does not hold at any moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Who leads, and with a lease.
    Leader(LeaderCondition),
    /// Who belongs to the cluster.
    Members(MemberCondition),
    /// The state of one node.
    Node(NodeCondition),
    /// Keys and values.
    Data(DataCondition),
    /// All nodes together.
    Cluster(ClusterCondition),
    /// Clients and their answers.
    Client(ClientCondition),
    /// `order = refused`: the state of a request about leadership or membership.
    Order {
        /// Counts these requests of a run from 1; `None`: the last one.
        number: Option<u64>,
        /// Its state.
        state: OrderState,
    },
    /// `traced became_leader at 3 >= 2 since recovery`: how often something happened.
    Count(CountCondition),
    /// `not leader 2`: the condition in it does not hold, although the thing that it names is
    /// there; see [`Session::judge`](crate::Session::judge). The condition in it is no `Not`.
    Not(Box<Self>),
    /// `leader 2 and not joint`: all of these hold, from two to
    /// [`MAX_CONDITIONS`](crate::limits::MAX_CONDITIONS). None of them is an `All`.
    All(Vec<Self>),
}

impl Condition {
    /// Whether it holds only where a property is broken.
    pub(crate) fn is_of_violations(&self) -> bool {
        match self {
            Self::Not(condition) => **condition == Self::Cluster(ClusterCondition::Safe),
            Self::Cluster(ClusterCondition::Broken(_)) => true,
            Self::All(conditions) => conditions.iter().any(Self::is_of_violations),
            Self::Cluster(
                ClusterCondition::Converged
                | ClusterCondition::Complete
                | ClusterCondition::Settled
                | ClusterCondition::Safe,
            )
            | Self::Leader(_)
            | Self::Members(_)
            | Self::Node(_)
            | Self::Data(_)
            | Self::Client(_)
            | Self::Order { .. }
            | Self::Count(_) => false,
        }
    }
}

/// A condition on how often something happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CountCondition {
    /// What is counted.
    pub occurrence: Occurrence,
    /// The sign.
    pub comparison: Comparison,
    /// The number of times.
    pub number: u64,
    /// The beginning of the count; `None`: the beginning of the run.
    pub since: Option<Since>,
}

/// Something that happens in a run, and is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Occurrence {
    /// `traced became_leader at 3`: an event.
    Traced {
        /// The [full name](raft_sim::EventKind::full_name) of the kind of event.
        name: &'static str,
        /// The node to which it happened; `None`: to any, or to none.
        node: Option<Selector>,
    },
    /// `happened two-leaders`: a rare event.
    Happened(RareEvent),
}

impl Occurrence {
    /// The name of what is counted. No event has the name of a rare event.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Traced { name, .. } => name,
            Self::Happened(event) => event.name(),
        }
    }
}

/// The state of a request about leadership or membership: its answer, if it has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderState {
    /// The node that was asked has not answered.
    Open,
    /// It was carried out: the change is committed, the target was told to start an election, or
    /// the earlier order is given up.
    Done,
    /// Nothing was done.
    Refused,
    /// It was begun and given up, by order or because it took too long.
    GivenUp,
    /// The node that was asked does not lead. Nothing was done.
    NotLeader,
    /// Its entry will never be committed.
    Superseded,
    /// The node does not know whether it was carried out.
    Unknown,
    /// The node that was asked crashed before it answered.
    Lost,
}

/// A condition on leadership.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeaderCondition {
    /// `leader`, `leader 3`, `leader among 3 4 5`: one of these leads; none named: any.
    Leader(Vec<NodeId>),
    /// `no leader`: no running node leads.
    NoLeader,
    /// `lease 3`: the node leads and has a lease.
    Lease(Selector),
    /// `no lease 3`
    NoLease(Selector),
}

/// A condition on the membership that the leader uses, committed or not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MemberCondition {
    /// `voters 1 2 3`: exactly these voters, in any order, and the membership is not joint.
    Voters(Vec<NodeId>),
    /// `learners 6`, `no learners`: exactly these learners.
    Learners(Vec<NodeId>),
    /// `joint`: the membership is joint (§6).
    Joint,
}

/// A condition on the state of one node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NodeCondition {
    /// `role 3 follower`
    Role(Selector, RoleKind),
    /// `state 3 crashed`
    State(Selector, NodeState),
    /// `term 3 = 2`, `commit 3 >= 7`
    Number {
        /// The left side.
        quantity: Quantity,
        /// Its node; `None`: the highest of all nodes that are up.
        node: Option<Selector>,
        /// The sign.
        comparison: Comparison,
        /// The right side.
        number: u64,
    },
    /// `following 3 = 1`, `vote 3 = none`
    Other {
        /// Which other node is named.
        relation: Relation,
        /// The node that names it.
        node: Selector,
        /// `None`: it names no node.
        other: Option<Selector>,
    },
    /// `peer 3 of 1 state=replicate match>=6`: what a leader knows of another server.
    Peer {
        /// The other server.
        peer: Selector,
        /// The node that leads; `None`: the running leader with the highest term.
        of: Option<Selector>,
        /// At least one; all of them hold.
        facts: Vec<PeerFact>,
    },
    /// `log 3 = 1,1,2`, `log 3 = 4 after 10@3`
    Log {
        /// The log's owner; the log of a crashed node is read from its disk.
        node: Selector,
        /// The terms of its entries, in order.
        terms: Vec<Term>,
        /// The last entry that its snapshot covers; the origin without a snapshot.
        after: LogPosition,
    },
}

/// A condition on keys and values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DataCondition {
    /// `committed x=1`: the committed entries give the key this value.
    Committed(Key, Value),
    /// `value 3 x=1`: the entries that a node has applied give the key this value.
    Value(Selector, Key, Value),
    /// `no value 3 x`
    NoValue(Selector, Key),
}

/// A condition on all nodes together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClusterCondition {
    /// `converged`: all running nodes hold the same log, committed and applied to its end.
    Converged,
    /// `complete`: converged, on all that was ever committed.
    Complete,
    /// `settled`: no running member has a request that it has not answered.
    Settled,
    /// `safe`: no property that must always hold was ever broken.
    Safe,
    /// `broken`, `broken election-safety`: this property was broken; `None`: any.
    Broken(Option<&'static Property>),
}

/// A condition on clients.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientCondition {
    /// `idle`: no client waits for an answer.
    Idle,
    /// `answer client 1 = value 7`: the client waits for nothing, and this is its last answer.
    Answer {
        /// The client.
        client: ClientId,
        /// The answer in words; `gave up` if it stopped waiting.
        words: String,
    },
    /// `pending client 1`: the client waits for an answer.
    Pending(ClientId),
}

/// A number that a node has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantity {
    /// Its current term.
    Term,
    /// Its commit index.
    Commit,
    /// The last entry that its state machine has applied.
    Applied,
}

/// How a node names another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// The leader whose messages it accepts in its term; the node itself if it leads.
    Following,
    /// The candidate that has its vote in its term; the node itself if it voted for itself.
    Vote,
}

/// One thing that a leader knows of another server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PeerFact {
    /// `state=replicate`: how entries are sent to it.
    State(PeerState),
    /// `next=7`, `match>=6`
    Number {
        /// The left side.
        quantity: PeerQuantity,
        /// The sign.
        comparison: Comparison,
        /// The right side.
        number: u64,
    },
}

/// How a leader sends entries to a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PeerState {
    /// One message at a time, until an answer shows where the logs agree.
    Probe,
    /// Messages follow each other without waiting for answers.
    Replicate,
    /// The server gets a snapshot first.
    Snapshot,
}

/// A number that a leader keeps for another server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PeerQuantity {
    /// The next entry to send to it (`next_index`).
    Next,
    /// The last entry known to be on its disk (`match_index`).
    Match,
    /// The messages with entries, or the pieces of a snapshot, that it has not answered.
    InFlight,
}

/// How numbers are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
}

impl Comparison {
    /// Whether `left` compares so with `right`.
    pub fn holds(self, left: u64, right: u64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::AtLeast => left >= right,
            Self::AtMost => left <= right,
        }
    }

    /// The sign, as scripts write it.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
        }
    }
}
