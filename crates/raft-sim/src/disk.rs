//! A node's disk: its durable records, and its unfinished writes.

mod damage;
mod directory;
mod files;
mod in_files;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use raft_core::{Instant, NodeId, Persist, PersistId};
use raft_storage::{RecordKey, Records, WriteBatch};

use self::directory::{Directory, Faults};
use crate::random::{Purpose, Random};
use crate::{
    ActionError, DelayRange, DiskChange, EventNumber, Fsync, LatencyShape, MAX_STALL, Setup,
    Unsynced, WriteFailure,
};

/// A simulated disk. Writes become durable one after the other, in order.
#[derive(Clone, Debug)]
pub struct Disk {
    durable: Records,
    pending: VecDeque<PendingWrite>,
    latency: DelayRange,
    shape: LatencyShape,
    /// No write becomes durable before this time.
    stalled_until: Instant,
    fsync: Fsync,
    is_full: bool,
    /// The event that made it full.
    full_by: Option<EventNumber>,
    /// The event that made its flushes fail.
    fsync_by: Option<EventNumber>,
    /// The durable records of an earlier time.
    backup: Option<Records>,
    random: Random,
    /// The unfinished writes of files, oldest first.
    file_writes: VecDeque<FileWrite>,
    last_file_write: u64,
    /// The largest handle of a file so far.
    last_file: u64,
    file_random: Random,
    /// The files in which all of it is; `None`: its records are all there is.
    directory: Option<Box<Directory>>,
}

/// A write that is not durable yet.
#[derive(Clone, Debug)]
pub struct PendingWrite {
    /// What the node asked for.
    pub persist: Persist,
    /// The records that it changes.
    pub batch: Arc<WriteBatch>,
    /// When the node asked for it.
    pub issued_at: Instant,
    /// When it becomes durable, or fails.
    pub done_at: Instant,
    /// Whether the disk was full when the write was issued: then it fails.
    pub has_no_room: bool,
    /// The event of its issue.
    pub issued_by: EventNumber,
}

impl PendingWrite {
    /// Names the write in this incarnation of the node.
    pub fn id(&self) -> PersistId {
        self.persist.id
    }
}

/// The writes that a loss of power destroys.
#[derive(Debug)]
pub(crate) struct PowerLoss {
    /// The number of lost writes, the torn one included.
    pub(crate) writes: usize,
    /// Turns a disk that has the lost writes back into one that has not.
    pub(crate) undo: WriteBatch,
    /// The part of the first lost write that landed, if the write was torn.
    pub(crate) torn: Option<(PersistId, WriteBatch)>,
    /// The change of the files of snapshots that were being flushed; empty if there is none.
    pub(crate) files: WriteBatch,
}

/// The result of a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Completion {
    Durable,
    /// There is no room in the files. It is tried again when there is.
    Waits,
    Fails(WriteFailure),
}

impl Disk {
    pub(crate) fn new(setup: &Setup, node: NodeId) -> Self {
        let durable = setup.disks.get(&node).cloned().unwrap_or_default();
        let mistakes = setup.bugs.mistakes();
        let directory = setup.driver.disk_files.then(|| Directory::with(&durable, mistakes));
        Self {
            directory: directory.map(Box::new),
            durable,
            pending: VecDeque::new(),
            latency: setup.disk_latency,
            shape: setup.disk_shape,
            stalled_until: Instant(0),
            fsync: Fsync::Works,
            is_full: false,
            full_by: None,
            fsync_by: None,
            backup: None,
            random: Random::new(setup.seed, Purpose::Disk, node.0, 0),
            file_writes: VecDeque::new(),
            last_file_write: 0,
            last_file: 0,
            file_random: Random::new(setup.seed, Purpose::Files, node.0, 0),
        }
    }

    /// Draws from another seed from now on.
    pub(crate) fn reseed(&mut self, seed: u64, node: NodeId) {
        self.random = Random::new(seed, Purpose::Disk, node.0, 0);
        self.file_random = Random::new(seed, Purpose::Files, node.0, 0);
    }

    /// Whether it was wiped while its node was in use.
    pub(crate) fn is_wiped(&self) -> bool {
        self.durable.len() == 1 && self.durable.get(RecordKey::InUse).is_some()
    }

    /// Removes the note of a wiped disk that it was in use. Returns the writes.
    pub(crate) fn renew(&mut self) -> WriteBatch {
        let batch = WriteBatch::erase();
        self.durable.apply(&batch);
        self.make_directory_anew();
        batch
    }

    /// The durable records: they survive a crash.
    pub fn durable(&self) -> &Records {
        &self.durable
    }

    /// Takes the memory of equal records of another disk in place of its own.
    pub(crate) fn share(&mut self, other: &Self) {
        self.durable.share(&other.durable);
    }

    /// The bytes of its files that the same disk did not have at an earlier time: estimated.
    pub(crate) fn file_bytes_beyond(&self, earlier: Option<&Self>) -> u64 {
        let Some(directory) = &self.directory else { return 0 };
        directory.bytes_beyond(earlier.and_then(|disk| disk.directory.as_deref()))
    }

    /// The unfinished writes, in the order in which they become durable.
    pub fn pending(&self) -> impl ExactSizeIterator<Item = &PendingWrite> {
        self.pending.iter()
    }

    /// The time that a write takes.
    pub fn latency(&self) -> DelayRange {
        self.latency
    }

    /// The distribution of [`latency`](Self::latency).
    pub fn shape(&self) -> LatencyShape {
        self.shape
    }

    /// No write becomes durable before this time; it is in the past if the disk does not stall.
    pub fn stalled_until(&self) -> Instant {
        self.stalled_until
    }

    /// Whether flushes succeed.
    pub fn fsync(&self) -> Fsync {
        self.fsync
    }

    /// The records of the last [`DiskChange::Backup`].
    pub fn backup(&self) -> Option<&Records> {
        self.backup.as_ref()
    }

    /// Whether there is no room for another write.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// The last event that broke it in this way.
    pub(crate) fn broken_by(&self, failure: WriteFailure) -> Option<EventNumber> {
        match failure {
            WriteFailure::Full => self.full_by,
            WriteFailure::Fsync => self.fsync_by,
        }
    }

    /// Changes a setting. Returns the unfinished writes whose completions must be scheduled anew,
    /// with their times.
    pub(crate) fn change(
        &mut self,
        now: Instant,
        change: DiskChange,
    ) -> Result<Vec<(PersistId, Instant)>, ActionError> {
        match change {
            DiskChange::Latency(range) if !range.is_valid() => {
                return Err(ActionError::Delay(range));
            }
            DiskChange::Latency(range) => self.latency = range,
            DiskChange::Shape(shape) => self.shape = shape,
            DiskChange::Stall(time) if time > MAX_STALL => {
                return Err(ActionError::Delay(DelayRange { min: Duration::ZERO, max: time }));
            }
            DiskChange::Stall(time) => return Ok(self.stall(now + time)),
            DiskChange::Fsync(fsync) => self.fsync = fsync,
            DiskChange::Full(is_full) => {
                self.is_full = is_full;
                return Ok(self.retry(now));
            }
            DiskChange::Backup => self.backup = Some(self.durable.clone()),
        }
        Ok(Vec::new())
    }

    /// Returns also the writes that were due at `until` anyway. Each must be scheduled after the
    /// writes before it, some of which may be due at `until` only now.
    fn stall(&mut self, until: Instant) -> Vec<(PersistId, Instant)> {
        self.stalled_until = self.stalled_until.max(until);
        self.stall_files(until);
        let late = self.pending.iter_mut().filter(|write| write.done_at <= until);
        late.map(|write| {
            write.done_at = until;
            (write.id(), until)
        })
        .collect()
    }

    /// This event changed a setting.
    pub(crate) fn changed_by(&mut self, change: DiskChange, event: EventNumber) {
        if change == DiskChange::Full(true) {
            self.full_by = Some(event);
        } else if let DiskChange::Fsync(Fsync::Fails | Fsync::FailsOnce) = change {
            self.fsync_by = Some(event);
        }
    }

    /// In files, the writes that waited for room are tried again, a latency from now. The
    /// completions of the others are still to come.
    fn retry(&mut self, now: Instant) -> Vec<(PersistId, Instant)> {
        let is_due = |write: &PendingWrite| write.done_at <= now;
        if self.directory.is_none() || !self.pending.front().is_some_and(is_due) {
            return Vec::new();
        }
        // Never now: a script that acts now acts before it.
        let delay = self.shape.delay(&mut self.random, self.latency);
        let at = (now + delay.max(Duration::from_micros(1))).max(self.stalled_until);
        let late = self.pending.iter_mut().take_while(|write| write.done_at <= at);
        late.map(|write| {
            write.done_at = at;
            (write.id(), at)
        })
        .collect()
    }

    /// Resets all settings to those of the beginning. The records stay. Returns the unfinished
    /// writes whose completions must be scheduled anew, with their times.
    pub(crate) fn recover(&mut self, setup: &Setup, now: Instant) -> Vec<(PersistId, Instant)> {
        (self.latency, self.shape) = (setup.disk_latency, setup.disk_shape);
        (self.stalled_until, self.fsync, self.is_full) = (Instant(0), Fsync::Works, false);
        self.pending.iter_mut().for_each(|write| write.has_no_room = false);
        self.make_room_for_files();
        self.retry(now)
    }

    /// Takes a write. Returns the time at which it is durable or fails.
    pub(crate) fn issue(
        &mut self,
        now: Instant,
        (persist, issued_by): (Persist, EventNumber),
        batch: Arc<WriteBatch>,
    ) -> Instant {
        let earliest = self.pending.back().map_or(now, |last| last.done_at.max(now));
        let done_at =
            (earliest + self.shape.delay(&mut self.random, self.latency)).max(self.stalled_until);
        let has_no_room = self.is_full && self.directory.is_none();
        let write =
            PendingWrite { persist, batch, issued_at: now, done_at, has_no_room, issued_by };
        self.pending.push_back(write);
        done_at
    }

    /// Whether the write is the oldest one and is finished by `at`.
    pub(crate) fn finishes(&self, id: PersistId, at: Instant) -> bool {
        self.pending.front().is_some_and(|first| first.id() == id && first.done_at <= at)
    }

    /// Finishes the oldest write. One that waits or fails is still pending: remove one that fails
    /// with [`drop_first`](Self::drop_first), or all with [`stop`](Self::stop).
    pub(crate) fn complete(&mut self, id: PersistId) -> Completion {
        let first = self.pending.front().expect("a write completes only once");
        assert!(first.id() == id, "write {} completes, but {} comes first", id.0, first.id().0);
        if first.has_no_room {
            return Completion::Fails(WriteFailure::Full);
        }
        let batch = first.batch.clone();
        match self.store(&batch) {
            Ok(()) => drop(self.pending.pop_front()),
            Err(WriteFailure::Full) => return Completion::Waits,
            Err(failure) => return Completion::Fails(failure),
        }
        Completion::Durable
    }

    /// Makes a batch durable.
    ///
    /// # Errors
    /// If its flush fails, or if there is no room in the files.
    fn store(&mut self, batch: &WriteBatch) -> Result<(), WriteFailure> {
        if let Some(directory) = &mut self.directory {
            let faults = Faults { fsync: &mut self.fsync, is_full: self.is_full };
            directory.write(batch, faults)?;
        } else if !self.flushes() {
            return Err(WriteFailure::Fsync);
        }
        self.durable.apply(batch);
        Ok(())
    }

    /// Removes the oldest write, which failed. Returns the batch that takes it back from a disk
    /// that has it.
    pub(crate) fn drop_first(&mut self) -> WriteBatch {
        let failed = self.pending.pop_front().expect("a write that failed is there");
        self.durable.undo(&failed.batch)
    }

    /// The process stops after a failed write: all unfinished writes are lost. In files, some may
    /// be there.
    pub(crate) fn stop(&mut self) -> PowerLoss {
        if let Some(directory) = &mut self.directory {
            directory.end(self.random.split());
            return self.found_after_loss();
        }
        let files = self.crash_files(Unsynced::Lost);
        PowerLoss { files, ..self.lose(None) }
    }

    /// The power fails. `tear` draws the part of a torn write that lands.
    pub(crate) fn crash(&mut self, unsynced: Unsynced, tear: &mut Tear) -> PowerLoss {
        if self.directory.is_some() {
            return self.crash_in_files(unsynced);
        }
        let all = self.pending.len();
        // Drawn in any case, so that the other choices do not shift later draws.
        let drawn = self.random.up_to(all as u64) as usize;
        let kept = match unsynced {
            Unsynced::Drawn => drawn,
            Unsynced::Lost | Unsynced::Torn => 0,
            Unsynced::Kept => all,
        };
        // A write without room is lost, and all after it.
        let fitting = self.pending.iter().position(|write| write.has_no_room).unwrap_or(all);
        for write in self.pending.drain(..kept.min(fitting)) {
            self.durable.apply(&write.batch);
        }
        let first = self.pending.front().filter(|write| !write.has_no_room);
        let torn = first.and_then(|first| {
            let landed = tear.landing(&self.durable, &first.batch, unsynced)?;
            Some((first.id(), landed))
        });
        if let Some((_, landed)) = &torn {
            self.durable.apply(landed);
        }
        let files = self.crash_files(unsynced);
        PowerLoss { files, ..self.lose(torn) }
    }

    fn lose(&mut self, torn: Option<(PersistId, WriteBatch)>) -> PowerLoss {
        let mut lost = WriteBatch { writes: Vec::new() };
        let writes = self.pending.len();
        for write in self.pending.drain(..) {
            lost.writes.extend(write.batch.writes.iter().cloned());
        }
        let files = WriteBatch::default();
        PowerLoss { writes, undo: self.durable.undo(&lost), torn, files }
    }
}

pub(crate) use damage::Tear;
pub use files::FileWrite;
pub(crate) use files::{FileDone, FileWork, Flush, Flushed};
pub use in_files::DiskFault;

#[cfg(test)]
mod tests;
