//! A node's disk: what is on it, and what is on its way to it.

use std::collections::VecDeque;
use std::sync::Arc;

use raft_core::{Instant, NodeId, PersistId};
use raft_storage::{Records, WriteBatch};

use crate::random::{Purpose, Random};
use crate::{DelayRange, DiskChange, Refusal, Setup, Unsynced};

/// A simulated disk. Writes become durable one after the other, in order.
#[derive(Clone, Debug)]
pub struct Disk {
    durable: Records,
    pending: VecDeque<PendingWrite>,
    latency: DelayRange,
    random: Random,
}

/// A write that is not durable yet.
#[derive(Clone, Debug)]
pub struct PendingWrite {
    /// Names the write in this life of the node.
    pub id: PersistId,
    /// What it writes.
    pub batch: Arc<WriteBatch>,
    /// When the node asked for it.
    pub issued_at: Instant,
    /// When it becomes durable.
    pub done_at: Instant,
}

impl Disk {
    pub(crate) fn new(setup: &Setup, node: NodeId) -> Self {
        Self {
            durable: setup.disks.get(&node).cloned().unwrap_or_default(),
            pending: VecDeque::new(),
            latency: setup.disk_latency,
            random: Random::new(setup.seed, Purpose::Disk, node.0, 0),
        }
    }

    /// What survives a crash.
    pub fn durable(&self) -> &Records {
        &self.durable
    }

    /// Writes on their way, in order.
    pub fn pending(&self) -> impl ExactSizeIterator<Item = &PendingWrite> {
        self.pending.iter()
    }

    /// How long a write takes.
    pub fn latency(&self) -> DelayRange {
        self.latency
    }

    pub(crate) fn change(&mut self, change: DiskChange) -> Result<(), Refusal> {
        let DiskChange::Latency(range) = change;
        if !range.is_valid() {
            return Err(Refusal::Delay(range));
        }
        self.latency = range;
        Ok(())
    }

    /// It works as at the beginning; what it holds is not touched.
    pub(crate) fn recover(&mut self, setup: &Setup) {
        self.latency = setup.disk_latency;
    }

    /// Takes a write; when it will be durable.
    pub(crate) fn issue(&mut self, now: Instant, id: PersistId, batch: Arc<WriteBatch>) -> Instant {
        let earliest = self.pending.back().map_or(now, |last| last.done_at.max(now));
        let done_at = earliest + self.random.delay(self.latency);
        self.pending.push_back(PendingWrite { id, batch, issued_at: now, done_at });
        done_at
    }

    /// The oldest write is durable now.
    pub(crate) fn complete(&mut self, id: PersistId) {
        let write = self.pending.pop_front().expect("a write completes only once");
        assert!(write.id == id, "write {} completes, but {} comes first", id.0, write.id.0);
        self.durable.apply(&write.batch);
    }

    /// The power fails. How many writes are lost, and what takes them back from a disk that has them.
    pub(crate) fn crash(&mut self, unsynced: Unsynced) -> (usize, WriteBatch) {
        let all = self.pending.len();
        // Drawn in any case, so that saying what to keep does not shift later draws.
        let drawn = self.random.up_to(all as u64) as usize;
        let kept = match unsynced {
            Unsynced::Drawn => drawn,
            Unsynced::Lost => 0,
            Unsynced::Kept => all,
        };
        for write in self.pending.drain(..kept) {
            self.durable.apply(&write.batch);
        }
        let mut lost = WriteBatch { writes: Vec::new() };
        for write in self.pending.drain(..) {
            lost.writes.extend(write.batch.writes.iter().cloned());
        }
        (all - kept, self.durable.undo(&lost))
    }
}
