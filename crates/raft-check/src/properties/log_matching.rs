//! Log Matching (§5.3): an index and a term name one entry and all entries before it, also for
//! entries that are not committed, and over the whole run.

use raft_core::{Bare, LogIndex, LogPosition, NodeId};
use raft_sim::{words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::log::PrefixHash;

pub(crate) static PROPERTY: Property = Property {
    name: "Log Matching",
    section: "§5.3",
    meaning: "If two logs contain an entry with the same index and term, the logs are identical up \
              to that entry.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct LogMatching;

impl Checker for LogMatching {
    fn entry_held(&mut self, held: EntryHeld, cx: &mut Context<'_>) {
        cx.note(&PROPERTY, entry_held(held));
    }
}

/// The log of a node holds an entry that it did not hold before.
#[derive(Clone, Copy, Debug)]
pub struct EntryHeld {
    /// The node.
    pub node: NodeId,
    /// The index of the entry.
    pub index: LogIndex,
    /// The log up to the entry.
    pub prefix: PrefixHash,
    /// The first node that ever held an entry with this index and term, if its log was another one.
    pub differs_from: Option<NodeId>,
}

pub(crate) fn entry_held(held: EntryHeld) -> Verdict {
    let EntryHeld { node, index, prefix, differs_from } = held;
    let Some(other) = differs_from else { return Ok(()) };
    let position = LogPosition::new(index, prefix.term);
    Err(words! {
        "nodes ", Bare(node), " and ", Bare(other), " both held ", position,
        ", but their logs differ at it or before it"
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N2, N3, objects, prefix};
    use super::*;
    use crate::shadows::prefixes::PrefixRegistry;

    #[test]
    fn logs_that_share_a_position_and_differ() {
        let mut registry = PrefixRegistry::default();
        let mut entry = |node, index, prefix| {
            let index = LogIndex(index);
            let differs_from = registry.record(node, index, prefix);
            entry_held(EntryHeld { node, index, prefix, differs_from })
        };
        assert_eq!(entry(N1, 5, prefix(2, 77)), Ok(()));
        assert_eq!(entry(N2, 5, prefix(2, 77)), Ok(()));
        assert_eq!(entry(N3, 5, prefix(3, 78)), Ok(()), "another term is another entry");
        objects(entry(N3, 5, prefix(2, 79)), &["nodes 3 and 1", "5@2"]);
    }
}
