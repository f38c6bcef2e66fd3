//! One node's disk, in memory.

use std::collections::BTreeSet;

use imbl::OrdMap;
use imbl::ordmap::DiffItem;
use raft_core::{
    Bytes, LogIndex, Persist, PersistId, Recovered, SnapshotData, SnapshotFile, SnapshotWrite,
};

use crate::record::{checksum_of_data, decode_file};
use crate::{Damage, PerEntry, RecordBytes, RecordKey, Write, WriteBatch};

/// The content of one node's disk. Cloning takes constant time and shares the records.
#[derive(Clone, Debug)]
pub struct Records {
    /// Entries that follow each other: all of them, unless a fault wrote or removed one.
    log: PerEntry<RecordBytes>,
    /// The other records. No entry is in the range of `log`, and none follows it directly.
    others: OrdMap<RecordKey, RecordBytes>,
}

/// The log does not begin after this index, so it never reaches the largest one.
const LAST_START: LogIndex = LogIndex(u64::MAX / 2);

impl Records {
    /// Applies the writes of a batch.
    pub fn apply(&mut self, batch: &WriteBatch) {
        for write in &batch.writes {
            match write {
                Write::Put { key, record } => self.put(*key, record.clone()),
                Write::DeleteEntries { from, through } => self.delete_entries(*from, *through),
                Write::DeleteFiles => {
                    let files: Vec<u64> = self.files().collect();
                    files.into_iter().for_each(|file| self.remove(RecordKey::SnapshotFile(file)));
                }
                Write::Delete { key } => self.remove(*key),
            }
        }
    }

    /// The inverse of `batch`: the batch from the content after `batch` to this content.
    ///
    /// It takes writes back that a crash loses.
    #[must_use]
    pub fn undo(&self, batch: &WriteBatch) -> WriteBatch {
        let mut after = self.clone();
        after.apply(batch);
        let mut deletes = Vec::new();
        let mut puts = Vec::new();
        for key in self.touched(batch) {
            let (before, now) = (self.get(key), after.get(key));
            if before == now {
                continue;
            }
            match before {
                Some(record) => puts.push(Write::Put { key, record: record.clone() }),
                None => push_delete(&mut deletes, key),
            }
        }
        deletes.append(&mut puts);
        WriteBatch { writes: deletes }
    }

    /// The record at a place; `None` if there is none.
    pub fn get(&self, key: RecordKey) -> Option<&RecordBytes> {
        let in_log = if let RecordKey::Entry(index) = key { self.log.get(index) } else { None };
        in_log.or_else(|| self.others.get(&key))
    }

    /// Whether both share their memory: then they are equal. Equal contents that were written apart
    /// share none.
    pub fn is_same(&self, other: &Self) -> bool {
        self.others.ptr_eq(&other.others) && self.log.is_same(&other.log)
    }

    /// Takes the memory of equal records of another disk in place of its own.
    pub fn share(&mut self, other: &Self) {
        self.log.share(&other.log);
    }

    /// The bytes of memory of the records that this disk shares neither with `earlier`, the same
    /// disk at an earlier time, nor with `others`, and of what the nodes hold for each of these
    /// entries beside its record: estimated. It takes time proportional to a small part of the
    /// entries, and to the records that are not shared.
    pub fn bytes_beyond(&self, earlier: &Self, others: &[&Self]) -> u64 {
        /// Measured with five nodes that share their memory, and small entries.
        const ENTRY: u64 = if size_of::<usize>() == 8 { 225 } else { 180 };
        let logs: Vec<&PerEntry<RecordBytes>> =
            [earlier].iter().chain(others).map(|held| &held.log).collect();
        let entries = self.log.unshared(&logs).map(|record| record.len() as u64 + ENTRY);
        let new = earlier.others.diff(&self.others).filter_map(|item| match item {
            DiffItem::Add(_, record) | DiffItem::Update { new: (_, record), .. } => Some(record),
            DiffItem::Remove(..) => None,
        });
        entries.sum::<u64>() + new.map(|record| record.len() as u64).sum::<u64>()
    }

    /// All records, in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (RecordKey, &RecordBytes)> {
        let first = RecordKey::Entry(self.log.first());
        let of_log = self.log.iter().map(|(index, record)| (RecordKey::Entry(index), record));
        let owned = |(key, record): (&RecordKey, _)| (*key, record);
        let before = self.others.range(..first).map(owned);
        before.chain(of_log).chain(self.others.range(first..).map(owned))
    }

    /// Stores a record without a check: for faults and imports.
    pub fn put(&mut self, key: RecordKey, record: RecordBytes) {
        let RecordKey::Entry(index) = key else {
            self.others.insert(key, record);
            return;
        };
        if self.log.is_empty() && index <= LAST_START {
            self.others.remove(&key);
            self.log = PerEntry::starting_at(index);
        }
        if index == self.log.end() {
            self.extend_log(record);
        } else if let Some(record) = self.log.replace(index, record) {
            self.others.insert(key, record);
        }
    }

    /// Adds an entry to the log, and all those that follow it.
    fn extend_log(&mut self, record: RecordBytes) {
        let mut next = Some(record);
        while let Some(record) = next {
            self.log.push_and_pack(record, pack);
            next = self.others.remove(&RecordKey::Entry(self.log.end()));
        }
    }

    /// Removes a record, as a fault would.
    pub fn remove(&mut self, key: RecordKey) {
        if let RecordKey::Entry(index) = key {
            return self.delete_entries(index, index);
        }
        self.others.remove(&key);
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.others.len() + self.log.len() as usize
    }

    /// The handles of the files of snapshots, ascending.
    pub fn files(&self) -> impl Iterator<Item = u64> {
        let all = RecordKey::SnapshotFile(0)..=RecordKey::SnapshotFile(u64::MAX);
        self.others.range(all).filter_map(|(key, _)| {
            let RecordKey::SnapshotFile(handle) = key else { return None };
            Some(*handle)
        })
    }

    /// The files that the snapshot on this disk does not name: a crash came before its record was
    /// written, or before the file was removed. The batch removes them.
    #[must_use]
    pub fn without_orphans(&self, recovered: &Recovered) -> WriteBatch {
        let named = recovered.snapshot.as_ref().and_then(|snapshot| snapshot.data.file());
        let is_orphan = |handle: &u64| named.is_none_or(|file| file.handle != *handle);
        let delete = |handle| Write::Delete { key: RecordKey::SnapshotFile(handle) };
        WriteBatch { writes: self.files().filter(is_orphan).map(delete).collect() }
    }

    /// The data of a snapshot.
    ///
    /// # Errors
    /// The fault of its file.
    pub fn data(&self, data: &SnapshotData) -> Result<Bytes, Damage> {
        match data {
            SnapshotData::Bytes(bytes) => Ok(bytes.clone()),
            SnapshotData::File(file) => self.file(*file),
        }
    }

    fn file(&self, file: SnapshotFile) -> Result<Bytes, Damage> {
        let witness = RecordKey::Snapshot;
        let record = self.get(RecordKey::SnapshotFile(file.handle));
        let data = decode_file(file.handle, record.ok_or(Damage::Missing { witness })?)?;
        match data.len() as u64 == file.bytes && checksum_of_data(&data) == file.checksum {
            true => Ok(data),
            false => Err(Damage::Contradicts { other: RecordKey::Snapshot }),
        }
    }

    /// Whether there are no records: the node's first start.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The records of entries, in the order of the log.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (LogIndex, &RecordBytes)> {
        self.iter().filter_map(|(key, record)| {
            let RecordKey::Entry(index) = key else { return None };
            Some((index, record))
        })
    }

    fn delete_entries(&mut self, from: LogIndex, through: LogIndex) {
        for key in self.loose_entry_keys(from, through) {
            self.others.remove(&key);
        }
        if through < self.log.first() || from >= self.log.end() || from > through {
            return;
        }
        if from <= self.log.first() {
            return self.log.skip_to(LogIndex(through.0.saturating_add(1)));
        }
        // A fault may leave entries after a gap.
        let after_gap = self.log.iter_from(LogIndex(through.0.saturating_add(1)));
        let after_gap = after_gap.map(|(index, record)| (RecordKey::Entry(index), record.clone()));
        self.others.extend(after_gap.collect::<Vec<_>>());
        self.log.truncate(from);
    }

    fn entry_keys(&self, from: LogIndex, through: LogIndex) -> Vec<RecordKey> {
        let mut keys = self.loose_entry_keys(from, through);
        let of_log = self.log.iter_from(from).map(|(index, _)| index);
        keys.extend(of_log.take_while(|index| *index <= through).map(RecordKey::Entry));
        keys
    }

    /// The keys of entries that are not in the log.
    fn loose_entry_keys(&self, from: LogIndex, through: LogIndex) -> Vec<RecordKey> {
        if from > through {
            return Vec::new();
        }
        let range = RecordKey::Entry(from)..=RecordKey::Entry(through);
        self.others.range(range).map(|(key, _)| *key).collect()
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
                Write::DeleteFiles => touched.extend(self.files().map(RecordKey::SnapshotFile)),
            }
        }
        touched
    }
}

impl Default for Records {
    fn default() -> Self {
        Self { log: PerEntry::starting_at(LogIndex(1)), others: OrdMap::new() }
    }
}

impl PartialEq for Records {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Records {}

/// A disk from which [`recover`](crate::recover) returns the same: for a node with an invented
/// past. The file of its snapshot, if it has one, is still to be added.
impl From<&Recovered> for Records {
    fn from(recovered: &Recovered) -> Self {
        let end = recovered.snapshot.as_ref().map_or(LogIndex(0), |s| s.last_included_index);
        let persist = Persist {
            id: PersistId(1),
            bootstrap: recovered.bootstrap.clone().map(Into::into),
            hard_state: Some(recovered.hard_state),
            snapshot: recovered.snapshot.clone().map(|snapshot| {
                let log_start = recovered.log_start.unwrap_or(snapshot.position());
                SnapshotWrite { snapshot, log_start }.into()
            }),
            // The commit index is stored with the end of the log, which must be written then.
            truncate_from: recovered.entries.is_empty().then(|| end.next()),
            entries: recovered.entries.clone().into(),
            commit_index: recovered.commit_index,
        };
        let mut records = Self::default();
        records.apply(&WriteBatch::from_persist(&persist));
        records
    }
}

/// Moves small records into one allocation: their batches had one each, with other records.
fn pack(records: &mut [RecordBytes]) {
    const SMALL: usize = 16 << 10;
    let bytes = records.iter().map(|record| record.len()).sum();
    if bytes > SMALL {
        return;
    }
    let mut packed = Vec::with_capacity(bytes);
    records.iter().for_each(|record| packed.extend_from_slice(record));
    let (packed, mut start) = (RecordBytes::from(packed), 0);
    for record in records {
        let end = start + record.len();
        (*record, start) = (packed.slice(start, end), end);
    }
}

/// Adds the removal of a key; entries that follow each other become one range.
fn push_delete(deletes: &mut Vec<Write>, key: RecordKey) {
    let RecordKey::Entry(index) = key else {
        return deletes.push(Write::Delete { key });
    };
    if let Some(Write::DeleteEntries { through, .. }) = deletes.last_mut()
        && through.next() == index
    {
        *through = index;
    } else {
        deletes.push(Write::DeleteEntries { from: index, through: index });
    }
}

#[cfg(test)]
mod tests;
