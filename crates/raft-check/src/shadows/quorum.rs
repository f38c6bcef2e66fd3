//! Sets of nodes, and quorums worked out apart from the core (§5.2, §6).

use std::fmt;

use raft_core::{Bare, List, Membership, NodeId, Say, Speaker, print_as_said, say};
use raft_sim::Mention;

/// A set of nodes with ids from 1 to 63.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct NodeSet(u64);

impl NodeSet {
    /// Adds a node.
    pub fn insert(&mut self, node: NodeId) {
        self.0 |= 1_u64.checked_shl(node.0 as u32).unwrap_or(0);
    }

    /// The nodes, in ascending order.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let first = NodeId(u64::from(left.trailing_zeros()));
            left &= left.checked_sub(1)?;
            Some(first)
        })
    }

    fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether more than half of `of` are in this set.
    fn has_majority_of(self, of: Self) -> bool {
        2 * Self(self.0 & of.0).len() > of.len()
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        let mut set = Self::default();
        nodes.into_iter().for_each(|node| set.insert(node));
        set
    }
}

/// `nodes 1, 2 and 3`, `node 1`, `no node`.
impl Say<Mention> for NodeSet {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        let ids: Vec<NodeId> = self.iter().collect();
        match &ids[..] {
            [] => say!(out; "no node"),
            [only] => say!(out; only),
            [first @ .., last] => say!(out; "nodes ", List(first, ", "), " and ", Bare(last)),
        }
    }
}

print_as_said!(Mention: NodeSet);

/// The sets of which a decision needs a majority each: the voters, and in a joint membership the
/// outgoing voters too (§6). Learners are in none.
fn sets_of(membership: &Membership) -> impl Iterator<Item = NodeSet> {
    let sets = [membership.voters(), membership.outgoing()];
    sets.map(|set| set.iter().copied().collect::<NodeSet>())
        .into_iter()
        .filter(|set| *set != NodeSet::default())
}

/// Whether these nodes are a quorum. A membership without voters has none.
pub(crate) fn is_quorum(membership: &Membership, nodes: NodeSet) -> bool {
    !membership.voters().is_empty() && sets_of(membership).all(|set| nodes.has_majority_of(set))
}

/// Whether every quorum of one membership has a node in common with every quorum of the other, so
/// that it is safe to decide by one after the other (§6). Tries all sets of voters, once for each
/// change.
pub(crate) fn quorums_meet(one: &Membership, other: &Membership) -> bool {
    let voters = |membership: &Membership| {
        let all = sets_of(membership).fold(0, |all, set| all | set.0);
        NodeSet(all)
    };
    let (all, others) = (voters(one), voters(other));
    let (one, other): (Vec<NodeSet>, Vec<NodeSet>) =
        (sets_of(one).collect(), sets_of(other).collect());
    // Subsets of a bit set, from all of it down to the empty one.
    let mut subset = all.0;
    loop {
        let rest = NodeSet(others.0 & !subset);
        let decides = |sets: &[NodeSet], nodes: NodeSet| {
            !sets.is_empty() && sets.iter().all(|set| nodes.has_majority_of(*set))
        };
        if decides(&one, NodeSet(subset)) && decides(&other, rest) {
            return false;
        }
        if subset == 0 {
            return true;
        }
        subset = (subset - 1) & all.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voters(ids: impl IntoIterator<Item = u64>) -> Membership {
        Membership::new(ids.into_iter().map(NodeId))
    }

    fn nodes<const N: usize>(ids: [u64; N]) -> NodeSet {
        ids.into_iter().map(NodeId).collect()
    }

    #[test]
    fn a_quorum_is_a_majority_of_each_set_and_learners_are_in_none() {
        let four = voters(1..=4);
        assert!(is_quorum(&four, nodes([1, 2, 4])));
        assert!(!is_quorum(&four, nodes([1, 2])));
        let learning = voters(1..=3).with_learners([NodeId(4), NodeId(5)]);
        assert!(!is_quorum(&learning, nodes([1, 4, 5])));
        let joint = voters([1, 4, 5]).with_outgoing([1, 2, 3].map(NodeId));
        assert!(is_quorum(&joint, nodes([1, 2, 4])));
        assert!(!is_quorum(&joint, nodes([1, 4, 5])));
        assert!(!is_quorum(&joint, nodes([1, 2, 3])));
        assert!(!is_quorum(&Membership::empty(), nodes([1, 2, 3])));
    }

    #[test]
    fn quorums_meet_when_one_voter_moves_or_the_step_is_joint() {
        let three = voters(1..=3);
        assert!(quorums_meet(&three, &voters(1..=4)));
        assert!(quorums_meet(&three, &voters(1..=2)));
        assert!(!quorums_meet(&three, &voters(1..=5)));
        assert!(!quorums_meet(&three, &voters([1, 2, 4])));
        assert!(!quorums_meet(&three, &voters(4..=6)));
        let joint = voters(4..=6).with_outgoing([1, 2, 3].map(NodeId));
        assert!(quorums_meet(&three, &joint) && quorums_meet(&joint, &voters(4..=6)));
        assert!(!quorums_meet(&joint, &voters(7..=9)));
        let learning = three.with_learners([NodeId(4)]);
        assert!(quorums_meet(&three, &learning));
    }

    #[test]
    fn a_set_in_words() {
        assert_eq!(nodes([]).to_string(), "no node");
        assert_eq!(nodes([2]).to_string(), "node 2");
        assert_eq!(nodes([3, 1, 2]).to_string(), "nodes 1, 2 and 3");
    }
}
