//! The votes that were sent.

use imbl::OrdMap;
use raft_core::{NodeId, Term};

use super::quorum::NodeSet;

/// The first vote of each node in each term that left the node. Replies to pre-votes are not among
/// them: they promise nothing (dissertation §9.6).
#[derive(Clone, Default, Debug)]
pub(crate) struct Votes {
    votes: OrdMap<(Term, NodeId), NodeId>,
}

impl Votes {
    /// A vote leaves its voter. The candidate of the voter's first vote in the term.
    pub(crate) fn record(&mut self, term: Term, voter: NodeId, candidate: NodeId) -> NodeId {
        *self.votes.entry((term, voter)).or_insert(candidate)
    }

    /// The nodes whose first vote in a term is for a candidate.
    pub(crate) fn voters_for(&self, term: Term, candidate: NodeId) -> NodeSet {
        let votes = self.votes.range((term, NodeId(0))..=(term, NodeId(u64::MAX)));
        votes
            .filter(|(_, voted_for)| **voted_for == candidate)
            .map(|((_, node), _)| *node)
            .collect()
    }
}
