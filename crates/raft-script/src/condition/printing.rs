//! Conditions as text: the inverse of the parser.

use std::fmt;

use raft_core::{Instant, LogPosition};

use super::{
    ClientCondition, ClusterCondition, Comparison, Condition, CountCondition, DataCondition,
    LeaderCondition, MemberCondition, NodeCondition, Occurrence, PeerFact, PeerQuantity, Quantity,
    Relation, Since,
};
use crate::language::{ORDER_STATES, PEER_STATES, ROLES, STATES, name_of};
use crate::statement::write_list;
use crate::units::{Span, Terms, Text, Words};

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leader(condition) => condition.fmt(f),
            Self::Members(condition) => condition.fmt(f),
            Self::Node(condition) => condition.fmt(f),
            Self::Data(condition) => condition.fmt(f),
            Self::Cluster(condition) => condition.fmt(f),
            Self::Client(condition) => condition.fmt(f),
            Self::Order { number, state } => {
                f.write_str("order ")?;
                if let Some(number) = number {
                    write!(f, "{number} ")?;
                }
                write!(f, "= {}", name_of(ORDER_STATES, state))
            }
            Self::Count(condition) => condition.fmt(f),
            Self::Not(condition) => write!(f, "not {condition}"),
            Self::All(conditions) => write_list(f, conditions, " and "),
        }
    }
}

impl fmt::Display for CountCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { occurrence, comparison, number, since } = self;
        match occurrence {
            Occurrence::Traced { name, node } => {
                write!(f, "traced {name}")?;
                node.map_or(Ok(()), |node| write!(f, " at {node}"))?;
            }
            Occurrence::Happened(event) => write!(f, "happened {}", event.name())?,
        }
        if (*comparison, *number) != (Comparison::AtLeast, 1) {
            write!(f, " {comparison} {number}")?;
        }
        match since {
            Some(Since::Time(time)) => write!(f, " since {}", Span(*time - Instant(0))),
            Some(Since::Mark(name)) => write!(f, " since {name}"),
            None => Ok(()),
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
            Self::Other { relation, node, other } => {
                write!(f, "{relation} {node} = ")?;
                match other {
                    Some(other) => other.fmt(f),
                    None => f.write_str("none"),
                }
            }
            Self::Peer { peer, of, facts } => {
                write!(f, "peer {peer}")?;
                of.map_or(Ok(()), |of| write!(f, " of {of}"))?;
                facts.iter().try_for_each(|fact| write!(f, " {fact}"))
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
            Self::Broken(None) => "broken",
            Self::Broken(Some(property)) => return write!(f, "broken {}", property.word()),
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
            Self::Applied => "applied",
        })
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Following => "following",
            Self::Vote => "vote",
        })
    }
}

impl fmt::Display for PeerFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => write!(f, "state={}", name_of(PEER_STATES, state)),
            Self::Number { quantity, comparison, number } => {
                write!(f, "{quantity}{comparison}{number}")
            }
        }
    }
}

impl fmt::Display for PeerQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Next => "next",
            Self::Match => "match",
            Self::InFlight => "in-flight",
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sign())
    }
}
