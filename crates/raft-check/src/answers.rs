//! What followers told a leader that they hold.

use std::collections::BTreeMap;

use raft_core::{LogIndex, NodeId, Term};

/// What a leader of one term was told, while it goes by one membership.
#[derive(Clone, Default, Debug)]
pub(crate) struct Answers {
    term: Term,
    /// Where the membership stands that the leader goes by: whoever joins anew is asked anew.
    membership: LogIndex,
    most: BTreeMap<NodeId, LogIndex>,
    /// Who told less than before, so that the leader's books may have gone back.
    pub(crate) late: Option<NodeId>,
}

impl Answers {
    /// A follower's answer reached the leader.
    pub(crate) fn hear(&mut self, term: Term, from: NodeId, match_index: LogIndex) {
        if term != self.term {
            *self = Self { term, membership: self.membership, ..Self::default() };
        }
        let most = self.most.entry(from).or_default();
        if match_index < *most {
            self.late = Some(from);
        }
        *most = match_index.max(*most);
    }

    /// The leader goes by the membership that stands there.
    pub(crate) fn go_by(&mut self, membership: LogIndex) {
        if membership != self.membership {
            *self = Self { membership, term: self.term, ..Self::default() };
        }
    }

    /// The most that a follower has told.
    pub(crate) fn most(&self, from: NodeId) -> LogIndex {
        self.most.get(&from).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_that_was_told_counts_until_the_term_or_the_membership_is_another() {
        let (node, index) = (NodeId(2), LogIndex);
        let mut answers = Answers::default();
        answers.hear(Term(1), node, index(5));
        assert_eq!((answers.most(node), answers.late), (index(5), None));
        answers.hear(Term(1), node, index(3));
        assert_eq!((answers.most(node), answers.late), (index(5), Some(node)));
        answers.go_by(index(0));
        assert_eq!(answers.most(node), index(5));
        answers.go_by(index(6));
        assert_eq!((answers.most(node), answers.late), (index(0), None));
        answers.hear(Term(1), node, index(7));
        answers.hear(Term(2), node, index(6));
        assert_eq!((answers.most(node), answers.late), (index(6), None));
    }
}
