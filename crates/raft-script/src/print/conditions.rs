//! Conditions as text.

use std::fmt;

use raft_core::LogPosition;
use raft_sim::NodeState;

use super::values::{Terms, Text, Words};
use super::write_list;
use crate::statement::{Comparison, Condition, Quantity};

impl fmt::Display for Condition {
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
            Self::NotJoint => f.write_str("not joint"),
            Self::Lease(node) => write!(f, "lease {node}"),
            Self::NoLease(node) => write!(f, "no lease {node}"),
            other => other.write_about_state(f),
        }
    }
}

impl Condition {
    /// The conditions about what nodes hold and clients were told.
    fn write_about_state(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(node, role) => write!(f, "role {node} {role}"),
            Self::State(node, state) => write!(f, "state {node} {}", state_word(*state)),
            Self::Number { quantity, node, comparison, number } => {
                write!(f, "{quantity} ")?;
                if let Some(node) = node {
                    write!(f, "{node} ")?;
                }
                write!(f, "{comparison} {number}")
            }
            Self::Committed(key, value) => {
                write!(f, "committed {}={}", Text::of(key), Text::of(value))
            }
            Self::NotCommitted(key, value) => {
                write!(f, "not committed {}={}", Text::of(key), Text::of(value))
            }
            Self::Value(node, key, value) => {
                write!(f, "value {node} {}={}", Text::of(key), Text::of(value))
            }
            Self::NoValue(node, key) => write!(f, "no value {node} {}", Text::of(key)),
            Self::Log { node, terms, after } => {
                write!(f, "log {node} = {}", Terms(terms))?;
                if *after == LogPosition::ORIGIN { Ok(()) } else { write!(f, " after {after}") }
            }
            Self::Converged => f.write_str("converged"),
            Self::Complete => f.write_str("complete"),
            Self::Idle => f.write_str("idle"),
            Self::Answer { client, words } => {
                write!(f, "answer client {client} = {}", Words(words))
            }
            Self::Pending(client) => write!(f, "pending client {client}"),
            Self::Safe => f.write_str("safe"),
            _ => unreachable!("written above"),
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
        f.write_str(match self {
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
        })
    }
}

/// The one word for a state that the language has.
pub(crate) fn state_word(state: NodeState) -> &'static str {
    match state {
        NodeState::Running => "running",
        NodeState::Paused => "paused",
        NodeState::Crashed => "crashed",
        NodeState::Refused => "refused",
    }
}
