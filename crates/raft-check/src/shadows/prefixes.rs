//! Every position that was ever in a log, with the log up to it.

use imbl::OrdMap;
use raft_core::{LogIndex, LogPosition, NodeId, Term};

use super::log::PrefixHash;

/// For each position that was ever in a log the hash of the prefix that ends there, and the first
/// node that held it.
#[derive(Clone, Default, Debug)]
pub(crate) struct PrefixRegistry {
    prefixes: OrdMap<(LogIndex, Term), (u64, NodeId)>,
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
        match self.prefixes.get(&(index, prefix.term)) {
            Some((hash, first)) => (*hash != prefix.hash).then_some(*first),
            None => {
                self.prefixes.insert((index, prefix.term), (prefix.hash, node));
                None
            }
        }
    }

    /// The hash of the prefix that ends at a position, if any log ever held it.
    pub(crate) fn hash_of(&self, position: LogPosition) -> Option<u64> {
        self.prefixes.get(&(position.index, position.term)).map(|(hash, _)| *hash)
    }
}
