//! The votes that were sent.

use imbl::{OrdMap, OrdSet};
use raft_core::{NodeId, Term};

use super::quorum::NodeSet;

/// The first vote of each node in each term that left the node. Replies to pre-votes are not among
/// them: they promise nothing (dissertation §9.6).
#[derive(Clone, Default, Debug)]
pub(crate) struct Votes {
    votes: OrdMap<(Term, NodeId), NodeId>,
    /// Votes of servers whose number a new server has now: term, candidate, voter.
    former: OrdSet<(Term, NodeId, NodeId)>,
}

impl Votes {
    /// A vote leaves its voter. The candidate of the voter's first vote in the term.
    pub(crate) fn record(&mut self, term: Term, voter: NodeId, candidate: NodeId) -> NodeId {
        *self.votes.entry((term, voter)).or_insert(candidate)
    }

    /// A new server has the number of this voter: it may vote anew in terms in which the old one
    /// voted.
    pub(crate) fn renew(&mut self, voter: NodeId) {
        let old: Vec<(Term, NodeId)> =
            self.votes.keys().filter(|key| key.1 == voter).copied().collect();
        for key in old {
            if let Some(candidate) = self.votes.remove(&key) {
                self.former.insert((key.0, candidate, voter));
            }
        }
    }

    /// The nodes whose first vote in a term is for a candidate.
    pub(crate) fn voters_for(&self, term: Term, candidate: NodeId) -> NodeSet {
        let votes = self.votes.range((term, NodeId(0))..=(term, NodeId(u64::MAX)));
        let votes = votes.filter(|(_, voted_for)| **voted_for == candidate);
        let former = (term, candidate, NodeId(0))..=(term, candidate, NodeId(u64::MAX));
        let former = self.former.range(former).map(|(.., voter)| *voter);
        votes.map(|((_, node), _)| *node).chain(former).collect()
    }
}
