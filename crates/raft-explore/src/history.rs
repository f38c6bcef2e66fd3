//! What the past has settled: committed entries, leaders, and what clients were told.

use std::hash::{Hash, Hasher};

use raft_check::judges::PrefixHash;
use raft_core::{Lens, LogIndex, Membership, NodeId, RequestId, Term};

use crate::prefixes::Prefixes;

/// What no server need know and every server must agree with.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct History {
    /// The committed log.
    pub(crate) committed: Prefixes,
    /// The term in which each of its entries after the base was committed.
    pub(crate) committed_in: Vec<Term>,
    /// The membership whose quorum committed the last of them.
    pub(crate) governing: Membership,
    /// The first leader of each term, by ascending term.
    pub(crate) leaders: Vec<(Term, NodeId)>,
    /// The reads that are not answered, and the last entry that each must see.
    pub(crate) reads: Vec<(RequestId, LogIndex)>,
}

impl History {
    /// Nothing happened yet; these entries are committed.
    pub(crate) fn new(committed: Prefixes, governing: Membership) -> Self {
        let entries = committed.last().index.0 - committed.base().0;
        let committed_in = (1..=entries)
            .filter_map(|place| committed.get(LogIndex(committed.base().0 + place)))
            .map(|prefix| prefix.term)
            .collect();
        Self { committed, committed_in, governing, leaders: Vec::new(), reads: Vec::new() }
    }

    /// The last entry that was committed before a term.
    pub(crate) fn last_committed_before(&self, term: Term) -> (LogIndex, PrefixHash) {
        let entries = self.committed_in.partition_point(|of| *of < term);
        let index = LogIndex(self.committed.base().0 + entries as u64);
        (index, self.committed.get(index).unwrap_or(PrefixHash::EMPTY))
    }

    /// The first leader of a term.
    pub(crate) fn first_leader(&self, term: Term) -> Option<NodeId> {
        self.leaders.iter().find(|(of, _)| *of == term).map(|(_, leader)| *leader)
    }

    /// A server is the first that leads a term.
    pub(crate) fn note_leader(&mut self, term: Term, node: NodeId) {
        let place = self.leaders.partition_point(|(of, _)| *of < term);
        self.leaders.insert(place, (term, node));
    }

    pub(crate) fn fingerprint(&self, hasher: &mut impl Hasher, lens: Lens<'_>) {
        let Self { committed, committed_in, governing, leaders, reads } = self;
        let last = committed.last();
        let prefix = committed.get(last.index);
        (last.index, prefix.map(|prefix| prefix.hash)).hash(hasher);
        committed_in.hash(hasher);
        // With a symmetric model all servers are members for ever.
        governing.hash(hasher);
        for (term, leader) in leaders {
            (term, (lens.name)(*leader)).hash(hasher);
        }
        reads.hash(hasher);
    }
}
