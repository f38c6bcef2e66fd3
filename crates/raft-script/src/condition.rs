//! What `expect` and `run until` wait for: conditions on the state of a session, by topic.

use std::fmt;

use raft_core::{LogPosition, NodeId, RoleKind, Term};
use raft_kv::{ClientId, Key, Value};
use raft_sim::NodeState;

use crate::language::{ROLES, STATES, name_of};
use crate::statement::{Selector, write_list};
use crate::units::{Terms, Text, Words};

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
    /// `not leader 2`: the condition in it does not hold, although the thing that it names is there:
    /// see [`Session::judge`](crate::Session::judge). The condition in it is no `Not`.
    Not(Box<Self>),
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

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leader(condition) => condition.fmt(f),
            Self::Members(condition) => condition.fmt(f),
            Self::Node(condition) => condition.fmt(f),
            Self::Data(condition) => condition.fmt(f),
            Self::Cluster(condition) => condition.fmt(f),
            Self::Client(condition) => condition.fmt(f),
            Self::Not(condition) => write!(f, "not {condition}"),
        }
    }
}

impl fmt::Display for LeaderCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leader(nodes) => {
                f.write_str("leader")?;
                match nodes.as_slice() {
                    [] => Ok(()),
                    [node] => write!(f, " {node}"),
                    nodes => {
                        f.write_str(" among ")?;
                        write_list(f, nodes, " ")
                    }
                }
            }
            Self::NoLeader => f.write_str("no leader"),
            Self::Lease(node) => write!(f, "lease {node}"),
            Self::NoLease(node) => write!(f, "no lease {node}"),
        }
    }
}

impl fmt::Display for MemberCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Voters(nodes) => {
                f.write_str("voters ")?;
                write_list(f, nodes, " ")
            }
            Self::Learners(nodes) if nodes.is_empty() => f.write_str("no learners"),
            Self::Learners(nodes) => {
                f.write_str("learners ")?;
                write_list(f, nodes, " ")
            }
            Self::Joint => f.write_str("joint"),
        }
    }
}

impl fmt::Display for NodeCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(node, role) => write!(f, "role {node} {}", name_of(ROLES, role)),
            Self::State(node, state) => write!(f, "state {node} {}", name_of(STATES, state)),
            Self::Number { quantity, node, comparison, number } => {
                write!(f, "{quantity} ")?;
                if let Some(node) = node {
                    write!(f, "{node} ")?;
                }
                write!(f, "{comparison} {number}")
            }
            Self::Log { node, terms, after } => {
                write!(f, "log {node} = {}", Terms(terms))?;
                if *after == LogPosition::ORIGIN { Ok(()) } else { write!(f, " after {after}") }
            }
        }
    }
}

impl fmt::Display for DataCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Committed(key, value) => {
                write!(f, "committed {}={}", Text::of(key), Text::of(value))
            }
            Self::Value(node, key, value) => {
                write!(f, "value {node} {}={}", Text::of(key), Text::of(value))
            }
            Self::NoValue(node, key) => write!(f, "no value {node} {}", Text::of(key)),
        }
    }
}

impl fmt::Display for ClusterCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Converged => "converged",
            Self::Complete => "complete",
            Self::Settled => "settled",
            Self::Safe => "safe",
        })
    }
}

impl fmt::Display for ClientCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle => f.write_str("idle"),
            Self::Answer { client, words } => {
                write!(f, "answer client {client} = {}", Words(words))
            }
            Self::Pending(client) => write!(f, "pending client {client}"),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Term => "term",
            Self::Commit => "commit",
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sign())
    }
}
