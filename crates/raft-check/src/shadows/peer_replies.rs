//! The match indexes that followers told a leader.

use std::collections::BTreeMap;

use raft_core::{LogIndex, NodeId, Term};

/// The match indexes told to a leader in one term, while it uses one membership.
#[derive(Clone, Default, Debug)]
pub(crate) struct PeerReplies {
    term: Term,
    /// The index of the membership that the leader uses. A node that joins again begins again.
    membership: LogIndex,
    highest: BTreeMap<NodeId, LogIndex>,
    /// A node that told less than before, so that the leader may have taken its match index back.
    pub(crate) late: Option<NodeId>,
}

impl PeerReplies {
    /// A follower's reply reached the leader.
    pub(crate) fn hear(&mut self, term: Term, from: NodeId, match_index: LogIndex) {
        if term != self.term {
            *self = Self { term, membership: self.membership, ..Self::default() };
        }
        let highest = self.highest.entry(from).or_default();
        if match_index < *highest {
            self.late = Some(from);
        }
        *highest = match_index.max(*highest);
    }

    /// The leader uses the membership of this entry.
    pub(crate) fn use_membership(&mut self, membership: LogIndex) {
        if membership != self.membership {
            *self = Self { membership, term: self.term, ..Self::default() };
        }
    }

    /// The highest match index that a follower has told.
    pub(crate) fn highest(&self, from: NodeId) -> LogIndex {
        self.highest.get(&from).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_index_counts_until_the_term_or_the_membership_changes() {
        let (node, index) = (NodeId(2), LogIndex);
        let mut replies = PeerReplies::default();
        replies.hear(Term(1), node, index(5));
        assert_eq!((replies.highest(node), replies.late), (index(5), None));
        replies.hear(Term(1), node, index(3));
        assert_eq!((replies.highest(node), replies.late), (index(5), Some(node)));
        replies.use_membership(index(0));
        assert_eq!(replies.highest(node), index(5));
        replies.use_membership(index(6));
        assert_eq!((replies.highest(node), replies.late), (index(0), None));
        replies.hear(Term(1), node, index(7));
        replies.hear(Term(2), node, index(6));
        assert_eq!((replies.highest(node), replies.late), (index(6), None));
    }
}
