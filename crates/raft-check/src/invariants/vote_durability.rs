//! Vote Durability (§5.2, Figure 2): one vote in a term, across crashes, and on disk before anyone
//! hears of it.

use imbl::OrdMap;
use raft_core::{HardState, NodeId, Term};

use crate::property::{Property, Verdict};
use crate::quorum::NodeSet;

pub(crate) static PROPERTY: Property = Property {
    name: "Vote Durability",
    section: "§5.2, Figure 2",
    meaning: "A server votes for at most one candidate in a term, even after a crash, and only once \
              its vote is on disk.",
};

/// A vote left its voter: granted to another, or for itself by a request for votes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VoteSent {
    pub(crate) voter: NodeId,
    pub(crate) term: Term,
    pub(crate) candidate: NodeId,
    /// What the voter's disk holds at that moment.
    pub(crate) durable: HardState,
}

/// Two observations of one node in one life, the earlier one first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VoteHeld {
    pub(crate) node: NodeId,
    pub(crate) before: HardState,
    pub(crate) now: HardState,
}

/// Who forgets the vote of a term can give another.
pub(crate) fn vote_held(VoteHeld { node, before, now }: VoteHeld) -> Verdict {
    match before.voted_for {
        Some(first) if now.current_term == before.current_term && now.voted_for != Some(first) => {
            Err(format!(
                "node {node} voted for node {first} in term {}, and takes that back in the same term",
                now.current_term
            ))
        }
        _ => Ok(()),
    }
}

/// Every vote that anyone could have heard of. Answers to pre-votes are none: they promise nothing.
#[derive(Clone, Default, Debug)]
pub(crate) struct VoteDurability {
    votes: OrdMap<(Term, NodeId), NodeId>,
}

impl VoteDurability {
    /// Who let it be known that they voted for this candidate.
    pub(crate) fn voters_for(&self, term: Term, candidate: NodeId) -> NodeSet {
        let votes = self.votes.range((term, NodeId(0))..=(term, NodeId(u64::MAX)));
        votes
            .filter(|(_, voted_for)| **voted_for == candidate)
            .map(|((_, node), _)| *node)
            .collect()
    }

    pub(crate) fn vote_sent(&mut self, seen: VoteSent) -> Verdict {
        let VoteSent { voter, term, candidate, durable } = seen;
        let first = *self.votes.entry((term, voter)).or_insert(candidate);
        if first != candidate {
            return Err(format!(
                "node {voter} voted for node {candidate} in term {term}, and for node {first} before"
            ));
        }
        // A later term on disk is fine: this vote was on its way, and can never be given again.
        let is_durable = durable.current_term > term
            || (durable.current_term == term && durable.voted_for == Some(candidate));
        if is_durable {
            return Ok(());
        }
        let on_disk = match durable.voted_for {
            Some(other) => format!("a vote for node {other}"),
            None => "no vote".to_owned(),
        };
        Err(format!(
            "node {voter} sent its vote for node {candidate} in term {term} while its disk holds \
             {on_disk} in term {}",
            durable.current_term
        ))
    }
}
