//! Writes, and the writes for each request of the core.

use raft_core::{LogIndex, Persist, SnapshotWrite};
use serde::Serialize;

use crate::record::{LogEnd, SnapshotMark, encode, encode_into};
use crate::{RecordBytes, RecordKey, encode_snapshot};

/// One change of a disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Write {
    /// Store a record. It replaces the one under the same key.
    Put {
        /// The place on the disk.
        key: RecordKey,
        /// The bytes to store, with version and checksum.
        record: RecordBytes,
    },
    /// Remove the entries of a range. It may be empty.
    DeleteEntries {
        /// The first index to remove.
        from: LogIndex,
        /// The last index to remove, inclusive; `LogIndex(u64::MAX)`: all entries from `from` on.
        through: LogIndex,
    },
    /// Remove all files of snapshots.
    DeleteFiles,
    /// Remove one record. It may be absent. No [`Persist`] needs this: it removes a file, takes
    /// back lost writes and erases a node.
    Delete {
        /// The record's place on the disk.
        key: RecordKey,
    },
}

/// Changes of a disk that become durable together or not at all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WriteBatch {
    /// The changes, in the order in which they are applied.
    pub writes: Vec<Write>,
}

impl WriteBatch {
    /// The writes for a request of the core, with their witnesses.
    ///
    /// All small records of a batch share one allocation, which lives as long as any of them.
    pub fn from_persist(persist: &Persist) -> Self {
        let mut draft = Draft::default();
        if let Some(bootstrap) = &persist.bootstrap {
            draft.put(RecordKey::Bootstrap, bootstrap);
            draft.put(RecordKey::BootstrapCopy, bootstrap);
        }
        if let Some(hard_state) = &persist.hard_state {
            draft.put(RecordKey::HardState, hard_state);
            draft.put(RecordKey::HardStateCopy, hard_state);
        }
        if let Some(write) = &persist.snapshot {
            let SnapshotWrite { snapshot, log_start } = &**write;
            let (last_included, log_start) = (snapshot.position(), *log_start);
            let mark = SnapshotMark { last_included, log_start };
            draft.put(RecordKey::SnapshotMark, &mark);
            // An allocation of its own: a snapshot may be large, and the other records outlive it.
            let record = encode_snapshot(snapshot);
            draft.steps.push(Step::Ready(Write::Put { key: RecordKey::Snapshot, record }));
            draft.delete_entries(LogIndex(0), log_start.index);
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

    /// Removes everything: the next start is a first start.
    #[must_use]
    pub fn erase() -> Self {
        let delete = |key| Write::Delete { key };
        let mut writes: Vec<Write> = RecordKey::SINGLE.into_iter().map(delete).collect();
        let (from, through) = (LogIndex(0), LogIndex(u64::MAX));
        writes.extend([Write::DeleteEntries { from, through }, Write::DeleteFiles]);
        Self { writes }
    }

    /// Removes everything from the disk of a node in use, as if the machine got a new disk. Only
    /// [`RecordKey::InUse`] is left, and the node does not start from it
    /// ([`Damage::Wiped`](crate::Damage::Wiped)).
    #[must_use]
    pub fn wipe() -> Self {
        let mut batch = Self::erase();
        let record = encode(RecordKey::InUse, &());
        batch.writes.push(Write::Put { key: RecordKey::InUse, record });
        batch
    }

    /// Whether the batch has no writes.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// The length of all records that the batch stores, in bytes.
    pub fn byte_len(&self) -> usize {
        let len = |write: &Write| match write {
            Write::Put { record, .. } => record.len(),
            Write::DeleteEntries { .. } | Write::DeleteFiles | Write::Delete { .. } => 0,
        };
        self.writes.iter().map(len).sum()
    }
}

/// The end of the log after the request; `None` if the request does not change it.
fn log_end(persist: &Persist) -> Option<LogEnd> {
    let (last_index, last_term) = match (persist.entries.last(), persist.truncate_from) {
        (Some(last), _) => (last.index, Some(last.term)),
        (None, Some(from)) => (from.previous(), None),
        (None, None) => return None,
    };
    Some(LogEnd { last_index, last_term, commit_index: persist.commit_index })
}

/// A batch under construction. Its small records are one after another in one buffer: four
/// allocations a batch, for any number of entries.
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
