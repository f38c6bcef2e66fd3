//! The outcome of a request, in words and in the trace hash.

use std::fmt;
use std::hash::Hash;

use raft_core::{Outcome, Say, Speaker, say};

use crate::Mention;
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

impl Say<Mention> for OutcomeWords<'_> {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self.0 {
            Outcome::Committed(position) => say!(out; "done, by ", position),
            Outcome::Transferred { to } => say!(out; "done, ", to, " starts an election"),
            Outcome::Cancelled => say!(out; "done, it is given up"),
            Outcome::NotLeader { leader: Some(leader) } => {
                say!(out; "it is not the leader; ask ", leader)
            }
            Outcome::NotLeader { leader: None } => say!(out; "it is not the leader"),
            Outcome::Refused(refusal) => say!(out; "refused: ", refusal),
            Outcome::Superseded { position } => {
                say!(out; "not done: ", position, " will never be committed")
            }
            Outcome::Unknown { position: Some(position) } => {
                say!(out; "unknown: ", position, " may or may not be committed")
            }
            Outcome::Unknown { position: None } => {
                say!(out; "unknown: the request may or may not be carried out")
            }
            Outcome::Readable { index } => say!(out; "readable through ", index),
        }
    }
}
