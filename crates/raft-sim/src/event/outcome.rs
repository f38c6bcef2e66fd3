//! The outcome of a request, in words and in the trace hash.

use std::fmt;
use std::hash::Hash;

use raft_core::Outcome;

use crate::fingerprint::Fingerprint;

pub(super) fn add_outcome(hash: &mut Fingerprint, outcome: Outcome) {
    match outcome {
        Outcome::Committed(position) => (1, position).hash(hash),
        Outcome::Readable { index } => (2, index).hash(hash),
        Outcome::Transferred { to } => (3, to).hash(hash),
        Outcome::Cancelled => 8.hash(hash),
        Outcome::NotLeader { leader } => (4, leader).hash(hash),
        Outcome::Refused(refusal) => (5, refusal).hash(hash),
        Outcome::Superseded { position } => (6, position).hash(hash),
        Outcome::Unknown { position } => (7, position).hash(hash),
    }
}

/// The outcome of a request, in words.
pub struct OutcomeWords<'a>(pub &'a Outcome);

impl fmt::Display for OutcomeWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Outcome::Committed(position) => write!(f, "done, by entry {position}"),
            Outcome::Transferred { to } => write!(f, "done, node {to} starts an election"),
            Outcome::Cancelled => f.write_str("done, it is given up"),
            Outcome::NotLeader { leader: Some(leader) } => {
                write!(f, "it is not the leader; ask node {leader}")
            }
            Outcome::NotLeader { leader: None } => f.write_str("it is not the leader"),
            Outcome::Refused(refusal) => write!(f, "refused: {refusal}"),
            Outcome::Superseded { position } => {
                write!(f, "not done: entry {position} will never be committed")
            }
            Outcome::Unknown { position: Some(position) } => {
                write!(f, "unknown: entry {position} may or may not be committed")
            }
            Outcome::Unknown { position: None } => {
                f.write_str("unknown: the request may or may not be carried out")
            }
            Outcome::Readable { index } => write!(f, "readable through entry {index}"),
        }
    }
}
