//! Omits writes that the same transaction overwrites.
//!
//! Every append writes the end of the log. When many batches share a transaction, only the last of
//! those records counts, and puts take most of the time.

use std::collections::BTreeSet;

use raft_core::NodeId;
use raft_storage::{Write, WriteBatch};

/// The writes of these batches, in order, without those whose record a later one puts or deletes.
pub(crate) fn needed<'a>(
    batches: impl DoubleEndedIterator<Item = &'a (NodeId, WriteBatch)>,
) -> Vec<(NodeId, &'a Write)> {
    let mut overwritten = BTreeSet::new();
    let backwards =
        batches.rev().flat_map(|(node, batch)| batch.writes.iter().rev().map(|w| (*node, w)));
    let mut needed: Vec<_> = backwards
        .filter(|(node, write)| match write {
            Write::Put { key, .. } | Write::Delete { key } => overwritten.insert((*node, *key)),
            // Earlier writes of these could be omitted too; the search is not worth it.
            Write::DeleteEntries { .. } | Write::DeleteFiles => true,
        })
        .collect();
    needed.reverse();
    needed
}
