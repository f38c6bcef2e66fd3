//! Disks for raft-rs, in memory: its own `MemStorage`, and one that is faster.

use raft::eraftpb::{ConfState, Entry, HardState, Snapshot};
use raft::storage::MemStorage;
use raft::{Error, GetEntriesContext, RaftState, Result, Storage, StorageError, util};

/// What a driver stores.
pub(crate) trait Disk: Storage {
    fn new(membership: ConfState) -> Self;
    fn append(&mut self, entries: Vec<Entry>);
    fn set_hard_state(&mut self, hard_state: HardState);
    fn set_commit(&mut self, commit: u64);
    /// Forgets the entries before this one.
    fn forget_before(&mut self, index: u64);
}

impl Disk for MemStorage {
    fn new(membership: ConfState) -> Self {
        Self::new_with_conf_state(membership)
    }

    fn append(&mut self, entries: Vec<Entry>) {
        self.wl().append(&entries).expect("they follow what is there");
    }

    fn set_hard_state(&mut self, hard_state: HardState) {
        self.wl().set_hardstate(hard_state);
    }

    fn set_commit(&mut self, commit: u64) {
        self.wl().mut_hard_state().commit = commit;
    }

    fn forget_before(&mut self, index: u64) {
        self.wl().compact(index).expect("the entry is there");
    }
}

/// Without a lock, and entries are moved in.
#[derive(Default)]
pub(crate) struct MovingDisk {
    state: RaftState,
    entries: Vec<Entry>,
    /// The index and term of the entry before the first.
    base: (u64, u64),
}

impl MovingDisk {
    /// Where the entry at `index` stands.
    fn place(&self, index: u64) -> Option<usize> {
        index.checked_sub(self.base.0 + 1).map(|place| place as usize)
    }
}

impl Disk for MovingDisk {
    fn new(membership: ConfState) -> Self {
        let state = RaftState { conf_state: membership, ..RaftState::default() };
        Self { state, ..Self::default() }
    }

    fn append(&mut self, mut entries: Vec<Entry>) {
        let first = entries.first().and_then(|entry| self.place(entry.index));
        let first = first.expect("they follow what was forgotten");
        assert!(first <= self.entries.len(), "there is a gap");
        self.entries.truncate(first);
        self.entries.append(&mut entries);
    }

    fn set_hard_state(&mut self, hard_state: HardState) {
        self.state.hard_state = hard_state;
    }

    fn set_commit(&mut self, commit: u64) {
        self.state.hard_state.commit = commit;
    }

    fn forget_before(&mut self, index: u64) {
        let count = self.place(index).expect("the entry is there");
        let forgotten = self.entries.drain(..count).next_back();
        self.base = forgotten.map_or(self.base, |entry| (entry.index, entry.term));
    }
}

impl Storage for MovingDisk {
    fn initial_state(&self) -> Result<RaftState> {
        Ok(self.state.clone())
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _: GetEntriesContext,
    ) -> Result<Vec<Entry>> {
        let place = |index| self.place(index).ok_or(Error::Store(StorageError::Compacted));
        let mut entries = self.entries[place(low)?..place(high)?].to_vec();
        util::limit_size(&mut entries, max_size.into());
        Ok(entries)
    }

    fn term(&self, index: u64) -> Result<u64> {
        if index == self.base.0 {
            return Ok(self.base.1);
        }
        let place = self.place(index).ok_or(Error::Store(StorageError::Compacted))?;
        let entry = self.entries.get(place);
        entry.map(|entry| entry.term).ok_or(Error::Store(StorageError::Unavailable))
    }

    fn first_index(&self) -> Result<u64> {
        Ok(self.base.0 + 1)
    }

    fn last_index(&self) -> Result<u64> {
        Ok(self.base.0 + self.entries.len() as u64)
    }

    fn snapshot(&self, _: u64, _: u64) -> Result<Snapshot> {
        Err(Error::Store(StorageError::SnapshotTemporarilyUnavailable))
    }
}
