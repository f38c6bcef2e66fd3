//! Write-ahead order, enforced here so that a driver cannot get it wrong.
//!
//! While an input is handled, outputs are staged and writes are collected. At the end the writes
//! become one `Persist`, and each staged output either leaves at once or is withheld until the
//! write that it depends on is reported durable.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::{Node, Role};
use crate::{
    Entry, HardState, Instant, LogIndex, NodeId, Output, Persist, PersistId, Snapshot, Term, Trace,
};

/// What must be on disk before an output may leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Needs {
    /// It promises nothing.
    Nothing,
    /// It carries the current term, or a vote.
    HardState,
    /// It also says what the log holds.
    HardStateAndLog,
}

/// What is on its way to the disk, and what waits for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Durability {
    /// The write being collected for the input at hand.
    collecting: Persist,
    /// Outputs of the input at hand.
    staged: Vec<(Output, Needs)>,
    /// The last write that was asked for.
    issued: PersistId,
    /// The last write that carried a term or vote.
    hard_state_issued: PersistId,
    /// The last write known to be durable.
    durable: PersistId,
    /// Writes under way that change the log, each with the last index that is durable after it.
    log_writes: VecDeque<(PersistId, LogIndex)>,
    /// The log's entries up to here are durable as they are now.
    log_index: LogIndex,
    /// Outputs that wait for a write.
    withheld: VecDeque<(PersistId, Output)>,
}

impl Durability {
    pub(super) fn new(log_index: LogIndex) -> Self {
        Self { log_index, ..Self::default() }
    }

    /// The last entry of the log that is on disk.
    pub(super) fn log_index(&self) -> LogIndex {
        self.log_index
    }

    pub(super) fn write_hard_state(&mut self, current_term: Term, voted_for: Option<NodeId>) {
        self.collecting.hard_state = Some(HardState { current_term, voted_for });
        self.hard_state_issued = self.collecting_id();
    }

    pub(super) fn write_entry(&mut self, entry: Entry) {
        self.note_log_write(entry.index);
        self.collecting.entries.push(entry);
    }

    /// The entries from `from` on are gone: whatever is durable of them no longer counts.
    pub(super) fn write_truncation(&mut self, from: LogIndex) {
        assert!(self.collecting.entries.is_empty(), "truncation after entries in one write");
        self.collecting.truncate_from = Some(from);
        let last = from.previous();
        for (_, last_durable) in &mut self.log_writes {
            *last_durable = last.min(*last_durable);
        }
        self.log_index = last.min(self.log_index);
    }

    /// A snapshot replaces the log up to its end; `through` is durable after the write.
    pub(super) fn write_snapshot(&mut self, snapshot: Snapshot) {
        self.note_log_write(snapshot.last_included_index);
        self.collecting.snapshot = Some(snapshot);
    }

    pub(super) fn stage(&mut self, output: Output, needs: Needs) {
        self.staged.push((output, needs));
    }

    /// The id that the write being collected will have.
    pub(super) fn collecting_id(&self) -> PersistId {
        PersistId(self.issued.0 + 1)
    }

    /// Whether the current term and vote are on disk.
    pub(super) fn is_hard_state_durable(&self) -> bool {
        self.is_durable(self.hard_state_issued)
    }

    /// Whether this write is durable.
    pub(super) fn is_durable(&self, id: PersistId) -> bool {
        id <= self.durable
    }

    fn note_log_write(&mut self, last: LogIndex) {
        let id = self.collecting_id();
        match self.log_writes.back_mut() {
            Some((newest, last_durable)) if *newest == id => {
                *last_durable = last.max(*last_durable)
            }
            _ => self.log_writes.push_back((id, last)),
        }
    }

    fn has_collected(&self) -> bool {
        let write = &self.collecting;
        write.hard_state.is_some()
            || write.snapshot.is_some()
            || write.truncate_from.is_some()
            || !write.entries.is_empty()
    }
}

impl Node {
    /// Ends the handling of an input: asks for its writes, then lets go of what needs no waiting.
    pub(super) fn flush(&mut self) {
        let durability = &mut self.durability;
        if durability.has_collected() {
            durability.issued = durability.collecting_id();
            let mut write = core::mem::take(&mut durability.collecting);
            write.id = durability.issued;
            self.outputs.push_back(Output::Persist(write));
        }
        for (output, needs) in durability.staged.drain(..) {
            let id = match needs {
                Needs::Nothing => PersistId(0),
                Needs::HardState => durability.hard_state_issued,
                Needs::HardStateAndLog => durability.issued,
            };
            if id <= durability.durable {
                self.outputs.push_back(output);
            } else {
                durability.withheld.push_back((id, output));
            }
        }
    }

    /// The disk reports a write, and all before it, durable.
    pub(super) fn persisted(&mut self, now: Instant, id: PersistId) {
        let durability = &mut self.durability;
        if id > durability.issued {
            return self.trace(|| Trace::PersistedUnknown { id });
        }
        if id <= durability.durable {
            return;
        }
        durability.durable = id;
        while let Some((_, last_durable)) = durability.log_writes.pop_front_if(|(w, _)| *w <= id) {
            durability.log_index = durability.log_index.max(last_durable);
        }
        let waiting = core::mem::take(&mut durability.withheld);
        for (needed, output) in waiting {
            if needed <= id {
                self.outputs.push_back(output);
            } else {
                self.durability.withheld.push_back((needed, output));
            }
        }
        match self.role {
            Role::Candidate { .. } => self.count_own_vote(now),
            Role::Leader(_) => self.advance_commit(),
            Role::Follower { .. } => {}
        }
        self.apply_committed();
    }
}
