//! Writes, and how the core's requests become such.

use raft_core::{LogIndex, Persist};
use serde::Serialize;

use crate::record::{LogEnd, SnapshotMark, encode, encode_into};
use crate::{RecordBytes, RecordKey, encode_snapshot};

/// One change of a disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Write {
    /// Store a record, in place of what was there.
    Put {
        /// Where it goes.
        key: RecordKey,
        /// The record.
        record: RecordBytes,
    },
    /// Remove the entries of a range, if there are any.
    DeleteEntries {
        /// The first index to remove.
        from: LogIndex,
        /// The last index to remove, inclusive. `LogIndex(u64::MAX)` is "all from there on".
        through: LogIndex,
    },
    /// Remove one record, if it is there. The core never asks for it: it is for taking back lost
    /// writes and for erasing a node.
    Delete {
        /// Which one.
        key: RecordKey,
    },
}

/// Changes that become durable together or not at all, applied in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WriteBatch {
    /// The changes.
    pub writes: Vec<Write>,
}

impl WriteBatch {
    /// The writes that carry out a request of the core, with the witnesses of what they write.
    ///
    /// All small records of a batch share one piece of memory, which lives as long as any of them.
    pub fn from_persist(persist: &Persist) -> Self {
        let mut draft = Draft::default();
        if let Some(hard_state) = &persist.hard_state {
            draft.put(RecordKey::HardState, hard_state);
            draft.put(RecordKey::HardStateCopy, hard_state);
        }
        if let Some(snapshot) = &persist.snapshot {
            let mark: SnapshotMark = snapshot.position();
            draft.put(RecordKey::SnapshotMark, &mark);
            // In memory of its own: a snapshot may be large, and the other records outlive it.
            let record = encode_snapshot(snapshot);
            draft.steps.push(Step::Ready(Write::Put { key: RecordKey::Snapshot, record }));
            let through = snapshot.last_included_index;
            draft.delete_entries(LogIndex(0), through);
        }
        if let Some(from) = persist.truncate_from {
            draft.delete_entries(from, LogIndex(u64::MAX));
        }
        for entry in &persist.entries {
            draft.put(RecordKey::Entry(entry.index), entry);
        }
        if let Some(log_end) = log_end(persist) {
            draft.put(RecordKey::LogEnd, &log_end);
        }
        draft.finish()
    }

    /// Removes everything: the node is to be a new one, with a new name or membership.
    #[must_use]
    pub fn erase() -> Self {
        let delete = |key| Write::Delete { key };
        let mut writes: Vec<Write> = RecordKey::NOT_ENTRIES.into_iter().map(delete).collect();
        let (from, through) = (LogIndex(0), LogIndex(u64::MAX));
        writes.push(Write::DeleteEntries { from, through });
        Self { writes }
    }

    /// Takes everything from a node that was in use, as a new disk in its machine would. What is left
    /// says so: the node does not start from it ([`Damage::Wiped`](crate::Damage::Wiped)).
    #[must_use]
    pub fn wipe() -> Self {
        let mut batch = Self::erase();
        let record = encode(RecordKey::InUse, &());
        batch.writes.push(Write::Put { key: RecordKey::InUse, record });
        batch
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// How many bytes of records it writes.
    pub fn byte_len(&self) -> usize {
        let len = |write: &Write| match write {
            Write::Put { record, .. } => record.len(),
            Write::DeleteEntries { .. } | Write::Delete { .. } => 0,
        };
        self.writes.iter().map(len).sum()
    }
}

/// Where the log ends after the request, if the request says so.
fn log_end(persist: &Persist) -> Option<LogEnd> {
    match (persist.entries.last(), persist.truncate_from) {
        (Some(last), _) => Some(LogEnd { last_index: last.index, last_term: Some(last.term) }),
        (None, Some(from)) => Some(LogEnd { last_index: from.previous(), last_term: None }),
        (None, None) => None,
    }
}

/// A batch whose small records lie one behind the other in one buffer: four allocations a batch,
/// however many entries it has.
#[derive(Default)]
struct Draft {
    bytes: Vec<u8>,
    steps: Vec<Step>,
}

enum Step {
    Put { key: RecordKey, start: usize, end: usize },
    Ready(Write),
}

impl Draft {
    fn put(&mut self, key: RecordKey, content: &impl Serialize) {
        let start = self.bytes.len();
        encode_into(&mut self.bytes, key, content);
        self.steps.push(Step::Put { key, start, end: self.bytes.len() });
    }

    fn delete_entries(&mut self, from: LogIndex, through: LogIndex) {
        self.steps.push(Step::Ready(Write::DeleteEntries { from, through }));
    }

    fn finish(self) -> WriteBatch {
        let shared = RecordBytes::from(self.bytes);
        let write = |step| match step {
            Step::Put { key, start, end } => Write::Put { key, record: shared.slice(start, end) },
            Step::Ready(write) => write,
        };
        WriteBatch { writes: self.steps.into_iter().map(write).collect() }
    }
}

#[cfg(test)]
mod tests;
