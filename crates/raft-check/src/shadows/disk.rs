//! The shadow of a disk: what would be found on it if the power failed now.
//!
//! It is built from the bytes that were written, not from what the core believes to have written.
//! Damage is not applied to it: a node must start with what was written, or not at all, and its
//! messages are judged by what was written. But a damaged disk does not count among those that hold
//! committed entries.

use std::collections::VecDeque;
use std::sync::Arc;

use raft_core::{
    Bare, Entry, HardState, LogIndex, LogPosition, Membership, Node, PersistId, Recovered, Say,
    Snapshot, Speaker, print_as_said, say,
};
use raft_sim::Mention;
use raft_storage::{
    RecordKey, SnapshotMark, Write, WriteBatch, decode_bootstrap, decode_commit_index,
    decode_entry, decode_hard_state, decode_snapshot_mark,
};

use super::ledger::Ledger;
use super::log::{LogShadow, PrefixHash};
use super::prefixes::PrefixRegistry;

/// The persistent state of Figure 2, summed up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PersistentState {
    /// Term and vote.
    pub hard_state: HardState,
    /// The end of the snapshot.
    pub snapshot: LogPosition,
    /// The position before the first entry of the log.
    pub log_start: LogPosition,
    /// The last entry of the log that it claims to have.
    pub last_log: LogPosition,
    /// The commit index: that of the last write of the log, the end of the snapshot, or the last
    /// entry in a state machine on disk.
    pub commit_index: LogIndex,
}

impl PersistentState {
    /// The state that a disk gives back.
    pub fn of(found: &Recovered) -> Self {
        let snapshot = found.snapshot.as_ref().map_or(LogPosition::ORIGIN, Snapshot::position);
        let log_start = found.log_start.unwrap_or(snapshot);
        let last_log = found.entries.last().map_or(log_start, Entry::position);
        let commit_index = found.commit_index.max(snapshot.index);
        Self { hard_state: found.hard_state, snapshot, log_start, last_log, commit_index }
    }

    /// The state that a node started with.
    pub fn of_core(core: &Node) -> Self {
        let hard_state =
            HardState { current_term: core.current_term(), voted_for: core.voted_for() };
        let snapshot = core.snapshot().map_or(LogPosition::ORIGIN, Snapshot::position);
        let (log_start, last_log) = (core.log().base(), core.log().last());
        Self { hard_state, snapshot, log_start, last_log, commit_index: core.commit_index() }
    }
}

/// The durable state of one node, and the writes in progress.
#[derive(Clone, Debug)]
pub(crate) struct DiskShadow {
    /// The members of the first start; `None` if they were never written.
    pub(crate) bootstrap: Option<Membership>,
    pub(crate) hard_state: HardState,
    /// The end of the snapshot.
    pub(crate) snapshot: LogPosition,
    pub(crate) log: LogShadow,
    /// The commit index that was written last with the end of the log.
    commit_index: LogIndex,
    /// The last entry in the state machine on disk, as of the last start; 0 if it is in memory.
    pub(crate) applied: LogIndex,
    /// The most up-to-date position that was ever durable here (§5.4.1).
    pub(crate) best: LogPosition,
    /// Whether only the node itself has written here, so that it must be able to start.
    pub(crate) is_intact: bool,
    /// Whether all this can be read back: not after damage, until it is overwritten.
    pub(crate) is_readable: bool,
    /// Whether it is known what was written here: not if the disk was damaged before the checks
    /// began.
    is_known: bool,
    /// The last entry up to which the log is the committed one.
    pub(crate) agreed: LogIndex,
    pending: VecDeque<(PersistId, Arc<WriteBatch>)>,
}

/// One change that a write makes.
#[derive(Clone, Debug)]
pub(crate) enum DiskEffect {
    Bootstrap(Membership),
    HardState(HardState),
    /// There is a new snapshot, and the entries up to the start of the log are removed.
    Snapshot(SnapshotMark),
    /// The entries from this index on are removed.
    TruncateFrom(LogIndex),
    Entry(Entry),
    CommitIndex(LogIndex),
}

impl DiskShadow {
    /// A disk with this content.
    pub(crate) fn new(held: &Recovered, known: &PrefixRegistry, is_intact: bool) -> Self {
        let PersistentState { snapshot, log_start, .. } = PersistentState::of(held);
        let mut log = LogShadow::after(log_start, known.hash_of(log_start));
        for entry in &held.entries {
            log.append(entry);
        }
        Self {
            bootstrap: held.bootstrap.clone(),
            hard_state: held.hard_state,
            snapshot,
            best: log.last(),
            is_intact,
            is_readable: is_intact,
            is_known: is_intact,
            agreed: LogIndex(0),
            pending: VecDeque::new(),
            commit_index: held.commit_index,
            applied: LogIndex(0),
            log,
        }
    }

    /// The node asked for a write.
    pub(crate) fn issue(&mut self, id: PersistId, batch: Arc<WriteBatch>) {
        self.pending.push_back((id, batch));
    }

    /// A write is durable, and so are all before it.
    pub(crate) fn complete(&mut self, id: PersistId, known: &PrefixRegistry) {
        while let Some((_, batch)) = self.pending.pop_front_if(|(issued, _)| *issued <= id) {
            self.write(&batch, known);
        }
    }

    /// A write failed, and the node went on: it never becomes durable.
    pub(crate) fn fail(&mut self, id: PersistId) {
        self.pending.retain(|(issued, _)| *issued != id);
    }

    /// Part of a write became durable, after all unfinished ones were lost.
    pub(crate) fn tear(&mut self, landed: &WriteBatch, known: &PrefixRegistry) {
        self.write(landed, known);
    }

    /// The disk was damaged, or written to since. `found` is what can be read back now.
    pub(crate) fn reread(&mut self, found: Option<&Recovered>) {
        self.is_intact = false;
        self.is_readable = found.is_some_and(|found| PersistentState::of(found) == self.records());
    }

    /// A node started with all that is in the shadow: no damage is left.
    pub(crate) fn proved(&mut self) {
        (self.is_intact, self.is_readable) = (true, true);
    }

    /// The power failed, and the last `lost` writes were lost.
    pub(crate) fn crash(&mut self, lost: usize, known: &PrefixRegistry) {
        let kept = self.pending.len().saturating_sub(lost);
        let mut pending = std::mem::take(&mut self.pending);
        for (_, batch) in pending.drain(..kept) {
            self.write(&batch, known);
        }
    }

    fn write(&mut self, batch: &WriteBatch, known: &PrefixRegistry) {
        changes_of(batch).for_each(|change| self.apply(change, known));
    }

    /// One change becomes durable.
    pub(crate) fn apply(&mut self, change: DiskEffect, known: &PrefixRegistry) {
        match change {
            DiskEffect::Bootstrap(members) => self.bootstrap = Some(members),
            DiskEffect::HardState(hard_state) => self.hard_state = hard_state,
            DiskEffect::Snapshot(SnapshotMark { last_included, log_start }) => {
                self.snapshot = last_included;
                if !self.log.compact(log_start) {
                    self.log = LogShadow::after(log_start, known.hash_of(log_start));
                }
            }
            DiskEffect::CommitIndex(index) => self.commit_index = index,
            DiskEffect::TruncateFrom(index) => self.log.truncate_after(index.previous()),
            DiskEffect::Entry(entry) => {
                self.log.truncate_after(entry.index.previous());
                // Entries after a gap cannot be recovered.
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

    /// The persistent state that a node must start with. Entries in its state machine are
    /// committed.
    pub(crate) fn state(&self) -> PersistentState {
        let records = self.records();
        PersistentState { commit_index: records.commit_index.max(self.applied), ..records }
    }

    /// The state in the records, apart from the state machine.
    fn records(&self) -> PersistentState {
        PersistentState {
            hard_state: self.hard_state,
            snapshot: self.snapshot,
            log_start: self.log.base_position(),
            last_log: self.log.last(),
            commit_index: self.commit_index.max(self.snapshot.index),
        }
    }

    /// Whether the disk holds the log that ends with `prefix` at `index`. Entries that a snapshot
    /// replaced are committed, so the ledger has them.
    pub(crate) fn holds(&self, index: LogIndex, prefix: PrefixHash, ledger: &Ledger) -> bool {
        let held = if index < self.log.base() { ledger.get(index) } else { self.log.get(index) };
        held == Some(prefix)
    }

    /// Whether the committed log up to an index was written here, or may have been.
    pub(crate) fn may_have_held(&self, committed: LogIndex) -> bool {
        self.agreed >= committed || !self.is_known
    }

    /// Works out `agreed` anew. Whether it is less than before.
    pub(crate) fn recount(&mut self, ledger: &Ledger) -> bool {
        let before = self.agreed;
        let low = self.log.base().max(ledger.base());
        let high = self.log.last_index().min(ledger.commit_index());
        let agrees =
            |index| self.log.get(index).is_some_and(|held| ledger.get(index) == Some(held));
        // Equal hashes mean equal prefixes, so the last one nearly always decides.
        self.agreed = if high >= low && agrees(high) {
            high
        } else if high > low && agrees(low) {
            LogShadow::last_agreement(low, high, agrees)
        } else {
            LogIndex(0)
        };
        self.agreed < before
    }
}

/// The changes that a batch makes, in order.
fn changes_of(batch: &WriteBatch) -> impl Iterator<Item = DiskEffect> {
    batch.writes.iter().filter_map(|write| match write {
        Write::Put { key: RecordKey::Bootstrap, record } => {
            decode_bootstrap(record).ok().map(DiskEffect::Bootstrap)
        }
        Write::Put { key: RecordKey::HardState, record } => {
            decode_hard_state(record).ok().map(DiskEffect::HardState)
        }
        Write::Put { key: RecordKey::SnapshotMark, record } => {
            decode_snapshot_mark(record).ok().map(DiskEffect::Snapshot)
        }
        Write::Put { key: RecordKey::Entry(index), record } => {
            decode_entry(*index, record).ok().map(DiskEffect::Entry)
        }
        Write::Put { key: RecordKey::LogEnd, record } => {
            decode_commit_index(record).ok().map(DiskEffect::CommitIndex)
        }
        Write::DeleteEntries { from, through: LogIndex(u64::MAX) } => {
            Some(DiskEffect::TruncateFrom(*from))
        }
        // Witnesses, the content of a snapshot, and the entries that it replaces.
        Write::Put { .. }
        | Write::DeleteEntries { .. }
        | Write::DeleteFiles
        | Write::Delete { .. } => None,
    })
}

impl Say<Mention> for PersistentState {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> std::fmt::Result {
        let Self { hard_state, snapshot, log_start, last_log, commit_index } = self;
        say!(out; hard_state.current_term, ", ")?;
        match hard_state.voted_for {
            Some(node) => say!(out; "a vote for ", node, ", ")?,
            None => say!(out; "no vote, ")?,
        }
        say!(out; "a snapshot through ", Bare(snapshot), ", ")?;
        match log_start == snapshot {
            true => say!(out; "a log that ends with ", Bare(last_log), ", ")?,
            false => say!(
                out; "a log that starts after ", Bare(log_start), " and ends with ", Bare(last_log),
                ", "
            )?,
        }
        say!(out; "and the commit index ", Bare(commit_index))
    }
}

print_as_said!(Mention: PersistentState);

#[cfg(test)]
mod tests;
