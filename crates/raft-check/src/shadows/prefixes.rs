//! Every position that was ever in a log, with the log up to it.

use imbl::OrdMap;
use raft_core::{LogIndex, LogPosition, NodeId, Term};
use raft_storage::PerEntry;

use super::log::PrefixHash;

/// For each position that was ever in a log the hash of the prefix that ends there, and the first
/// node that held it.
#[derive(Clone, Default, Debug)]
pub(crate) struct PrefixRegistry {
    /// The first position of each index, if they came one after the other.
    first: Option<PerEntry<(PrefixHash, NodeId)>>,
    others: OrdMap<(LogIndex, Term), (u64, NodeId)>,
}

impl PrefixRegistry {
    /// A node holds an entry. If the first node that held an entry at this position held another
    /// one, or another log before it: that node.
    pub(crate) fn record(
        &mut self,
        node: NodeId,
        index: LogIndex,
        prefix: PrefixHash,
    ) -> Option<NodeId> {
        if let Some((hash, first)) = self.get(LogPosition::new(index, prefix.term)) {
            return (hash != prefix.hash).then_some(first);
        }
        let first = self.first.get_or_insert_with(|| PerEntry::starting_at(index));
        if index == first.end() {
            first.push((prefix, node));
        } else {
            self.others.insert((index, prefix.term), (prefix.hash, node));
        }
        None
    }

    /// The hash of the prefix that ends at a position, if any log ever held it.
    pub(crate) fn hash_of(&self, position: LogPosition) -> Option<u64> {
        self.get(position).map(|(hash, _)| hash)
    }

    fn get(&self, LogPosition { index, term }: LogPosition) -> Option<(u64, NodeId)> {
        let first = self.first.as_ref().and_then(|first| first.get(index));
        match first.filter(|(prefix, _)| prefix.term == term) {
            Some((prefix, node)) => Some((prefix.hash, *node)),
            None => self.others.get(&(index, term)).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the order: the first node at each position is known.
    #[test]
    fn the_first_node_at_each_position_is_known() {
        let mut known = PrefixRegistry::default();
        let mut record = |node, index, term, hash| {
            known.record(NodeId(node), LogIndex(index), PrefixHash { term: Term(term), hash })
        };
        for index in 5..100 {
            assert_eq!(record(1, index, 2, index), None);
        }
        for (node, index, term) in [(2, 3, 1), (3, 200, 4), (2, 50, 3), (3, 50, 1)] {
            assert_eq!(record(node, index, term, 7), None, "{index}@{term}");
            assert_eq!(record(1, index, term, 7), None, "{index}@{term}: the same");
            assert_eq!(record(1, index, term, 8), Some(NodeId(node)), "{index}@{term}: another");
        }
        assert_eq!(record(3, 50, 2, 51), Some(NodeId(1)));
        let hash = |index, term| known.hash_of(LogPosition::new(LogIndex(index), Term(term)));
        assert_eq!(
            [hash(50, 2), hash(50, 3), hash(50, 4), hash(4, 1)],
            [Some(50), Some(7), None, None]
        );
    }
}
