//! Leaving out what the same transaction overwrites.
//!
//! Every append moves the end of the log. When many batches share a transaction, only the last of
//! those records counts, and a put is what takes the time.

use std::collections::BTreeSet;

use raft_core::{LogIndex, NodeId};
use raft_storage::{Key, Write, WriteBatch};

/// The writes of these batches, in order, without the puts that a later write undoes.
pub(crate) fn needed<'a>(
    batches: impl DoubleEndedIterator<Item = &'a (NodeId, WriteBatch)>,
) -> Vec<(NodeId, &'a Write)> {
    let mut overwritten = BTreeSet::new();
    let mut deleted = Vec::new();
    let mut needed = Vec::new();
    let backwards =
        batches.rev().flat_map(|(node, batch)| batch.writes.iter().rev().map(|w| (*node, w)));
    for (node, write) in backwards {
        let is_needed = match write {
            Write::Put { key, .. } => {
                let is_deleted = || deleted.iter().any(|range| is_in(*range, node, *key));
                overwritten.insert((node, *key)) && !is_deleted()
            }
            Write::Delete { key } => overwritten.insert((node, *key)),
            Write::DeleteEntries { from, through } => {
                deleted.push((node, *from, *through));
                true
            }
        };
        if is_needed {
            needed.push((node, write));
        }
    }
    needed.reverse();
    needed
}

fn is_in((whose, from, through): (NodeId, LogIndex, LogIndex), node: NodeId, key: Key) -> bool {
    matches!(key, Key::Entry(index) if whose == node && from <= index && index <= through)
}
