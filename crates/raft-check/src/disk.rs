//! A disk in the eyes of the checks: what would be found on it if the power failed now.
//!
//! It is built from the bytes that were written, not from what the core believes to have written.
//! Damage is not applied to it: what was written is what a node must start with, or not at all, and what
//! its messages promise is judged by. But a damaged disk does not count among those that keep what is
//! committed.

use std::collections::VecDeque;
use std::sync::Arc;

use raft_core::{Entry, HardState, LogIndex, LogPosition, PersistId, Recovered};
use raft_storage::{
    RecordKey, Write, WriteBatch, decode_entry, decode_hard_state, decode_snapshot_mark,
};

use crate::invariants::faithful_recovery::PersistentState;
use crate::invariants::log_matching::LogMatching;
use crate::ledger::Ledger;
use crate::shadow::{Mark, Shadow};

/// The durable state of one node, and the writes on their way.
#[derive(Clone, Debug)]
pub(crate) struct DiskShadow {
    pub(crate) hard_state: HardState,
    pub(crate) log: Shadow,
    /// The most up-to-date position that was ever durable here (§5.4.1).
    pub(crate) best: LogPosition,
    /// Whether nothing but the node itself has written here, so that it must be able to start.
    pub(crate) is_intact: bool,
    /// Whether what is described here can be read back: not after damage, until it is overwritten.
    pub(crate) is_readable: bool,
    /// Whether it is known what it was written with: not if it was damaged before the checks began.
    is_known: bool,
    /// The log is the committed one up to here.
    pub(crate) agreed: LogIndex,
    pending: VecDeque<(PersistId, Arc<WriteBatch>)>,
}

/// One thing that a write does.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    HardState(HardState),
    /// A snapshot replaces the entries up to here.
    Snapshot(LogPosition),
    /// The entries from here on are removed.
    TruncateFrom(LogIndex),
    Entry(Entry),
}

impl DiskShadow {
    /// A disk that holds this.
    pub(crate) fn new(held: &Recovered, known: &LogMatching, is_intact: bool) -> Self {
        let base = PersistentState::of(held).base;
        let mut log = Shadow::behind(base, known.hash_of(base));
        for entry in &held.entries {
            log.append(entry);
        }
        Self {
            hard_state: held.hard_state,
            best: log.last(),
            is_intact,
            is_readable: is_intact,
            is_known: is_intact,
            agreed: LogIndex(0),
            pending: VecDeque::new(),
            log,
        }
    }

    /// The node asked for a write.
    pub(crate) fn issue(&mut self, id: PersistId, batch: Arc<WriteBatch>) {
        self.pending.push_back((id, batch));
    }

    /// A write is durable, and so are all before it.
    pub(crate) fn complete(&mut self, id: PersistId, known: &LogMatching) {
        while let Some((_, batch)) = self.pending.pop_front_if(|(issued, _)| *issued <= id) {
            self.write(&batch, known);
        }
    }

    /// The write failed, and nobody minds: it never gets there.
    pub(crate) fn fail(&mut self, id: PersistId) {
        self.pending.retain(|(issued, _)| *issued != id);
    }

    /// Part of a write has landed, after all unfinished ones were lost.
    pub(crate) fn tear(&mut self, landed: &WriteBatch, known: &LogMatching) {
        self.write(landed, known);
    }

    /// The disk was damaged, or written to since. `found` is what can be read back from it now.
    pub(crate) fn reread(&mut self, found: Option<&Recovered>) {
        self.is_intact = false;
        self.is_readable = found.is_some_and(|found| PersistentState::of(found) == self.state());
    }

    /// A node started from what is described here: no damage is left.
    pub(crate) fn proved(&mut self) {
        (self.is_intact, self.is_readable) = (true, true);
    }

    /// The power failed and took the last `lost` writes.
    pub(crate) fn crash(&mut self, lost: usize, known: &LogMatching) {
        let kept = self.pending.len().saturating_sub(lost);
        let mut pending = std::mem::take(&mut self.pending);
        for (_, batch) in pending.drain(..kept) {
            self.write(&batch, known);
        }
    }

    fn write(&mut self, batch: &WriteBatch, known: &LogMatching) {
        changes_of(batch).for_each(|change| self.apply(change, known));
    }

    /// One change becomes durable.
    pub(crate) fn apply(&mut self, change: Change, known: &LogMatching) {
        match change {
            Change::HardState(hard_state) => self.hard_state = hard_state,
            Change::Snapshot(base) => {
                if !self.log.compact(base) {
                    self.log = Shadow::behind(base, known.hash_of(base));
                }
            }
            Change::TruncateFrom(index) => self.log.truncate_after(index.previous()),
            Change::Entry(entry) => {
                self.log.truncate_after(entry.index.previous());
                // Behind a gap nothing can be recovered, so nothing there counts.
                if entry.index == self.log.last_index().next() {
                    self.log.append(&entry);
                }
            }
        }
        let last = self.log.last();
        if last.is_at_least_as_up_to_date_as(self.best) {
            self.best = last;
        }
    }

    /// Figure 2's persistent state, summed up.
    pub(crate) fn state(&self) -> PersistentState {
        PersistentState {
            hard_state: self.hard_state,
            base: self.log.base_position(),
            last_log: self.log.last(),
        }
    }

    /// Whether the disk holds the log that ends with `mark` at `index`. What a snapshot replaced is
    /// committed, so the ledger knows it.
    pub(crate) fn holds(&self, index: LogIndex, mark: Mark, ledger: &Ledger) -> bool {
        let held = if index < self.log.base() { ledger.get(index) } else { self.log.get(index) };
        held == Some(mark)
    }

    /// Whether what is committed up to there was written here, as far as that is known.
    pub(crate) fn may_have_held(&self, committed: LogIndex) -> bool {
        self.agreed >= committed || !self.is_known
    }

    /// Works out anew up to where the disk holds what is committed. Whether that is less than before.
    pub(crate) fn recount(&mut self, ledger: &Ledger) -> bool {
        let before = self.agreed;
        let low = self.log.base().max(ledger.base());
        let high = self.log.last_index().min(ledger.commit_index());
        let agrees =
            |index| self.log.get(index).is_some_and(|held| ledger.get(index) == Some(held));
        // A mark stands for the whole prefix, so the last one nearly always settles it.
        self.agreed = if high >= low && agrees(high) {
            high
        } else if high > low && agrees(low) {
            Shadow::last_agreement(low, high, agrees)
        } else {
            LogIndex(0)
        };
        self.agreed < before
    }
}

/// What a batch does, in its order.
fn changes_of(batch: &WriteBatch) -> impl Iterator<Item = Change> {
    batch.writes.iter().filter_map(|write| match write {
        Write::Put { key: RecordKey::HardState, record } => {
            decode_hard_state(record).ok().map(Change::HardState)
        }
        Write::Put { key: RecordKey::SnapshotMark, record } => {
            decode_snapshot_mark(record).ok().map(Change::Snapshot)
        }
        Write::Put { key: RecordKey::Entry(index), record } => {
            decode_entry(*index, record).ok().map(Change::Entry)
        }
        Write::DeleteEntries { from, through: LogIndex(u64::MAX) } => {
            Some(Change::TruncateFrom(*from))
        }
        // Witnesses, the snapshot's contents, and the entries that it replaces.
        Write::Put { .. } | Write::DeleteEntries { .. } | Write::Delete { .. } => None,
    })
}

#[cfg(test)]
mod tests;
