//! One node's disk, in memory.

use std::collections::BTreeSet;

use imbl::OrdMap;
use raft_core::{LogIndex, Persist, PersistId, Recovered};

use crate::{RecordBytes, RecordKey, Write, WriteBatch};

/// The content of one node's disk. Cloning takes constant time and shares the records.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Records(OrdMap<RecordKey, RecordBytes>);

impl Records {
    /// Carries out a batch.
    pub fn apply(&mut self, batch: &WriteBatch) {
        for write in &batch.writes {
            match write {
                Write::Put { key, record } => self.put(*key, record.clone()),
                Write::DeleteEntries { from, through } => self.delete_entries(*from, *through),
                Write::Delete { key } => self.remove(*key),
            }
        }
    }

    /// The batch that turns the content after `batch` back into this content, the one before it.
    ///
    /// A copy of the disk that already has writes which a crash then loses is set right with it.
    #[must_use]
    pub fn undo(&self, batch: &WriteBatch) -> WriteBatch {
        let mut after = self.clone();
        after.apply(batch);
        let mut deletes = Vec::new();
        let mut puts = Vec::new();
        for key in self.touched(batch) {
            match (self.get(key), after.get(key)) {
                (Some(before), now) if Some(before) != now => {
                    puts.push(Write::Put { key, record: before.clone() });
                }
                (None, Some(_)) => push_delete(&mut deletes, key),
                _ => {}
            }
        }
        deletes.append(&mut puts);
        WriteBatch { writes: deletes }
    }

    /// A record.
    pub fn get(&self, key: RecordKey) -> Option<&RecordBytes> {
        self.0.get(&key)
    }

    /// All records, in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&RecordKey, &RecordBytes)> {
        self.0.iter()
    }

    /// Stores a record as it is, right or wrong: for faults and imports.
    pub fn put(&mut self, key: RecordKey, record: RecordBytes) {
        self.0.insert(key, record);
    }

    /// Takes a record away, as a fault would.
    pub fn remove(&mut self, key: RecordKey) {
        self.0.remove(&key);
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was ever written: the node's first start.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The records of entries, in the order of the log.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (LogIndex, &RecordBytes)> {
        self.0.range(RecordKey::Entry(LogIndex(0))..).filter_map(|(key, record)| match key {
            RecordKey::Entry(index) => Some((*index, record)),
            _ => None,
        })
    }

    fn delete_entries(&mut self, from: LogIndex, through: LogIndex) {
        for key in self.entry_keys(from, through) {
            self.0.remove(&key);
        }
    }

    fn entry_keys(&self, from: LogIndex, through: LogIndex) -> Vec<RecordKey> {
        if from > through {
            return Vec::new();
        }
        let range = RecordKey::Entry(from)..=RecordKey::Entry(through);
        self.0.range(range).map(|(key, _)| *key).collect()
    }

    /// The keys that a batch may change, in order.
    fn touched(&self, batch: &WriteBatch) -> BTreeSet<RecordKey> {
        let mut touched = BTreeSet::new();
        for write in &batch.writes {
            match write {
                Write::Put { key, .. } | Write::Delete { key } => drop(touched.insert(*key)),
                Write::DeleteEntries { from, through } => {
                    touched.extend(self.entry_keys(*from, *through));
                }
            }
        }
        touched
    }
}

/// A disk from which [`recover`](crate::recover) gives back just this: for making up a node's past.
impl From<&Recovered> for Records {
    fn from(recovered: &Recovered) -> Self {
        let persist = Persist {
            id: PersistId(1),
            hard_state: Some(recovered.hard_state),
            snapshot: recovered.snapshot.clone().map(Into::into),
            truncate_from: None,
            entries: recovered.entries.clone().into(),
        };
        let mut records = Self::default();
        records.apply(&WriteBatch::from_persist(&persist));
        records
    }
}

/// Adds the removal of a key; entries that follow each other become one range.
fn push_delete(deletes: &mut Vec<Write>, key: RecordKey) {
    let RecordKey::Entry(index) = key else {
        return deletes.push(Write::Delete { key });
    };
    match deletes.last_mut() {
        Some(Write::DeleteEntries { through, .. }) if through.next() == index => *through = index,
        _ => deletes.push(Write::DeleteEntries { from: index, through: index }),
    }
}

#[cfg(test)]
mod tests;
