//! Recovery: from records to the state that the core starts from.

use raft_core::{
    Entry, HardState, LogIndex, LogPosition, Membership, NodeId, Payload, Recovered, Snapshot,
};
use serde::de::DeserializeOwned;

use crate::record::{
    SnapshotMark, decode, decode_entry, decode_log_end, decode_members, decode_snapshot,
    decode_snapshot_mark,
};
use crate::{Damage, RecordKey, Records, StorageError};

/// The state of a node's disk: exactly what was written last, or an error. An empty disk is a first
/// start.
///
/// # Errors
/// [`StorageError`] if a record is missing or damaged, contradicts another one, or should have been
/// removed. The crate's documentation says which faults are found and which cannot be.
pub fn recover(node: NodeId, records: &Records) -> Result<Recovered, StorageError> {
    // A file may be on disk before the first record is.
    let records_of_node = records.len() - records.files().count();
    if records_of_node == 0 {
        return Ok(Recovered::default());
    }
    let disk = Disk { node, records };
    if records_of_node == 1 && records.get(RecordKey::InUse).is_some() {
        return Err(disk.error(RecordKey::InUse, Damage::Wiped));
    }
    let bootstrap = disk.bootstrap()?;
    let hard_state = disk.hard_state()?;
    let (snapshot, log_start) = disk.snapshot()?.unzip();
    let start = log_start.map_or(LogIndex(0), |start| start.index);
    let entries = disk.entries_after(start)?;
    disk.check_meeting(snapshot.as_ref(), start, &entries)?;
    let end = snapshot.as_ref().map_or(LogIndex(0), |snapshot| snapshot.last_included_index);
    let commit_index = disk.check_log_end(start, entries.last())?.max(end);
    // The state machine of the driver is elsewhere.
    let applied = LogIndex(0);
    Ok(Recovered { bootstrap, hard_state, snapshot, log_start, entries, commit_index, applied })
}

struct Disk<'a> {
    node: NodeId,
    records: &'a Records,
}

impl Disk<'_> {
    /// The members of the first start. A disk that an older program wrote does not have them.
    fn bootstrap(&self) -> Result<Option<Membership>, StorageError> {
        let (key, copy_key) = (RecordKey::Bootstrap, RecordKey::BootstrapCopy);
        let bootstrap = self.read_by(key, |record| decode_members(key, record))?;
        let copy = self.read_by(copy_key, |record| decode_members(copy_key, record))?;
        match (&bootstrap, copy) {
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(self.missing(key, copy_key)),
            (Some(_), None) => return Err(self.missing(copy_key, key)),
            (Some(bootstrap), Some(copy)) if *bootstrap != copy => {
                return Err(self.contradiction(key, copy_key));
            }
            // A server that first started in order to join a cluster knew no members.
            (Some(bootstrap), Some(_))
                if !bootstrap.is_empty() && bootstrap.validate().is_err() =>
            {
                return Err(self.error(key, Damage::Undecodable));
            }
            (Some(_), Some(_)) => {}
        }
        Ok(bootstrap)
    }

    fn hard_state(&self) -> Result<HardState, StorageError> {
        let required = |key, twin| {
            self.read::<HardState>(key)?.ok_or_else(|| {
                // Every other record was written together with a term or after it (§5.1).
                let is_file = |key: &RecordKey| matches!(key, RecordKey::SnapshotFile(_));
                let others =
                    || self.records.iter().map(|(other, _)| other).filter(|other| !is_file(other));
                let witness = others().find(|other| *other == twin).or_else(|| others().next());
                self.error(key, Damage::Missing { witness: witness.unwrap_or(twin) })
            })
        };
        let hard_state = required(RecordKey::HardState, RecordKey::HardStateCopy)?;
        let copy = required(RecordKey::HardStateCopy, RecordKey::HardState)?;
        // The copy is written second. If it is the older one, either the batch was torn between the
        // two, and the node has not acted on it yet; or only the copy's write was lost. The newer
        // one is right in both cases.
        if copy == hard_state || is_older(copy, hard_state) {
            return Ok(hard_state);
        }
        Err(self.contradiction(RecordKey::HardState, RecordKey::HardStateCopy))
    }

    /// The snapshot, and the position before the first entry of the log.
    fn snapshot(&self) -> Result<Option<(Snapshot, LogPosition)>, StorageError> {
        let (key, mark_key) = (RecordKey::Snapshot, RecordKey::SnapshotMark);
        let mark = self.read_by(mark_key, decode_snapshot_mark)?;
        let snapshot = self.read_by(key, decode_snapshot)?;
        let (snapshot, mark) = match (snapshot, mark) {
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(self.missing(key, mark_key)),
            (Some(_), None) => return Err(self.missing(mark_key, key)),
            (Some(snapshot), Some(mark)) => (snapshot, mark),
        };
        if snapshot.position() != mark.last_included {
            return Err(self.contradiction(key, mark_key));
        }
        if snapshot.membership.validate().is_err() {
            return Err(self.error(key, Damage::Undecodable));
        }
        if let Some(file) = snapshot.data.file()
            && let Err(damage) = self.records.data(&snapshot.data)
        {
            return Err(self.error(RecordKey::SnapshotFile(file.handle), damage));
        }
        let SnapshotMark { last_included, log_start } = mark;
        let is_start_right = match log_start.index == last_included.index {
            true => log_start == last_included,
            false => log_start.index < last_included.index && log_start.term <= last_included.term,
        };
        if !is_start_right {
            return Err(self.error(mark_key, Damage::Undecodable));
        }
        Ok(Some((snapshot, log_start)))
    }

    /// Checks that the log, which starts after `start`, holds the last entry that the snapshot
    /// includes, unless it starts there.
    fn check_meeting(
        &self,
        snapshot: Option<&Snapshot>,
        start: LogIndex,
        entries: &[Entry],
    ) -> Result<(), StorageError> {
        let Some(end) = snapshot.map(Snapshot::position) else { return Ok(()) };
        let Some(place) = end.index.0.checked_sub(start.0.saturating_add(1)) else { return Ok(()) };
        let key = RecordKey::Entry(end.index);
        match entries.get(place as usize) {
            Some(entry) if entry.term == end.term => Ok(()),
            Some(_) => Err(self.contradiction(key, RecordKey::SnapshotMark)),
            None => {
                let lost = LogIndex(start.0 + entries.len() as u64 + 1);
                Err(self.missing(RecordKey::Entry(lost), RecordKey::SnapshotMark))
            }
        }
    }

    /// The entries after `start`, without a gap. [`Disk::check_log_end`] checks that none is
    /// missing at the end.
    fn entries_after(&self, start: LogIndex) -> Result<Vec<Entry>, StorageError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut last = start;
        for (index, record) in self.records.entries() {
            let key = RecordKey::Entry(index);
            if index <= start {
                let damage = Damage::Replaced { log_start: start };
                return Err(self.error(key, damage));
            }
            // No overflow: `last` is smaller than `index`.
            if index != last.next() {
                return Err(self.missing(RecordKey::Entry(last.next()), key));
            }
            let entry = decode_entry(index, record).map_err(|damage| self.error(key, damage))?;
            if entry.index != index || !makes_sense(&entry) {
                return Err(self.error(key, Damage::Undecodable));
            }
            last = index;
            entries.push(entry);
        }
        Ok(entries)
    }

    /// Checks that `last` is the last entry that was written to the log, which starts after `base`.
    /// The commit index that was written with it, or `base`, which is committed.
    fn check_log_end(
        &self,
        base: LogIndex,
        last: Option<&Entry>,
    ) -> Result<LogIndex, StorageError> {
        let key = RecordKey::LogEnd;
        let last_index = last.map_or(base, |entry| entry.index);
        let Some(record) = self.records.get(key) else {
            return match last {
                Some(_) => Err(self.missing(key, RecordKey::Entry(last_index))),
                None => Ok(base),
            };
        };
        let end = decode_log_end(record).map_err(|damage| self.error(key, damage))?;
        // A snapshot from the leader may reach past all that was in the log (§7).
        let end_index = end.last_index.max(base);
        if last_index < end_index {
            return Err(self.missing(RecordKey::Entry(last_index.next()), RecordKey::LogEnd));
        }
        if last_index > end_index {
            let damage = Damage::PastEnd { last: end_index };
            return Err(self.error(RecordKey::Entry(end_index.next()), damage));
        }
        if let (Some(entry), Some(term)) = (last, end.last_term)
            && entry.term != term
        {
            return Err(self.contradiction(RecordKey::Entry(entry.index), RecordKey::LogEnd));
        }
        if end.commit_index > end_index {
            return Err(self.error(key, Damage::Undecodable));
        }
        Ok(end.commit_index.max(base))
    }

    fn read<T: DeserializeOwned>(&self, key: RecordKey) -> Result<Option<T>, StorageError> {
        self.read_by(key, |record| decode(key, record))
    }

    fn read_by<T>(
        &self,
        key: RecordKey,
        decode: impl FnOnce(&[u8]) -> Result<T, Damage>,
    ) -> Result<Option<T>, StorageError> {
        let content = self.records.get(key).map(|record| decode(record));
        content.transpose().map_err(|damage| self.error(key, damage))
    }

    fn error(&self, key: RecordKey, damage: Damage) -> StorageError {
        StorageError { node: self.node, key, damage }
    }

    fn missing(&self, key: RecordKey, witness: RecordKey) -> StorageError {
        self.error(key, Damage::Missing { witness })
    }

    fn contradiction(&self, key: RecordKey, other: RecordKey) -> StorageError {
        self.error(key, Damage::Contradicts { other })
    }
}

/// Whether a server can go from `one` to `other`: by a later term, or by its vote in the same term.
fn is_older(one: HardState, other: HardState) -> bool {
    let voted = one.voted_for.is_none() && other.voted_for.is_some();
    one.current_term < other.current_term || (one.current_term == other.current_term && voted)
}

/// Whether the members make sense. A disk from a link is of unknown origin.
fn makes_sense(entry: &Entry) -> bool {
    !matches!(&entry.payload, Payload::Membership(members) if members.validate().is_err())
}

#[cfg(test)]
mod tests;
