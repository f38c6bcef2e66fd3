//! Log Matching (§5.3): an index and a term name one entry, and all that comes before it. Ever, and
//! for entries that are not committed too.

use imbl::OrdMap;
use raft_core::{LogIndex, LogPosition, NodeId, Term};

use crate::property::{Property, Verdict};
use crate::shadow::Mark;

pub(crate) static PROPERTY: Property = Property {
    name: "Log Matching",
    section: "§5.3",
    meaning: "If two logs contain an entry with the same index and term, the logs are identical up \
              to that entry.",
};

/// A node's log holds an entry that it did not hold before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntrySeen {
    pub(crate) node: NodeId,
    pub(crate) index: LogIndex,
    pub(crate) mark: Mark,
}

/// Every position that ever stood in a log, with the hash of the prefix that ends there.
#[derive(Clone, Default, Debug)]
pub(crate) struct LogMatching {
    prefixes: OrdMap<(LogIndex, Term), (u64, NodeId)>,
}

impl LogMatching {
    pub(crate) fn entry_seen(&mut self, EntrySeen { node, index, mark }: EntrySeen) -> Verdict {
        match self.prefixes.get(&(index, mark.term)) {
            Some((hash, _)) if *hash == mark.hash => Ok(()),
            Some((_, other)) => {
                let position = LogPosition::new(index, mark.term);
                Err(format!(
                    "nodes {node} and {other} both held entry {position}, but their logs differ at \
                     it or before it"
                ))
            }
            None => {
                self.prefixes.insert((index, mark.term), (mark.hash, node));
                Ok(())
            }
        }
    }

    /// The hash of the prefix that ends with this entry, if any log ever held it.
    pub(crate) fn hash_of(&self, position: LogPosition) -> Option<u64> {
        self.prefixes.get(&(position.index, position.term)).map(|(hash, _)| *hash)
    }
}
