//! The files with the data of snapshots. Their writes are beside the writes of records: neither
//! waits for the other. Among themselves they finish in order.

use raft_core::{Bytes, IncomingId, Instant, LogIndex, Recovered, SnapshotData, SnapshotFile};
use raft_storage::{Damage, RecordBytes, RecordKey, Write, WriteBatch, encode_file};

use super::Disk;
use crate::{EventNumber, Fsync, Unsynced, WriteFailure};

/// A write of a file that is not finished.
#[derive(Clone, Debug)]
pub struct FileWrite {
    /// Counts the writes of files of one disk.
    pub number: u64,
    /// When it is finished, or fails.
    pub done_at: Instant,
    has_no_room: bool,
    pub(crate) work: FileWork,
    asked_by: Option<EventNumber>,
}

/// What a driver does with a file.
#[derive(Clone, Debug)]
pub(crate) enum FileWork {
    /// Writes a piece of a snapshot that arrives, without a flush.
    Piece { incoming: IncomingId, piece: u64 },
    /// Flushes a whole file.
    Flush(Flush),
}

/// The flush of a file.
#[derive(Clone, Debug)]
pub(crate) struct Flush {
    pub(crate) of: Flushed,
    pub(crate) file: SnapshotFile,
    record: RecordBytes,
}

/// The snapshot that a flush is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flushed {
    /// One that arrived.
    Incoming(IncomingId),
    /// The node's own, up to this entry.
    Own(LogIndex),
}

/// A write of a file that is finished.
#[derive(Debug)]
pub(crate) struct FileDone {
    pub(crate) work: FileWork,
    /// The change of the disk; `None` for a piece, and if a flush failed.
    pub(crate) batch: Option<WriteBatch>,
    /// The event that was handled when the process asked for the write.
    pub(crate) asked_by: Option<EventNumber>,
    /// Whether the disk takes no writes any more: in files, after a failed flush.
    pub(crate) is_the_end: bool,
}

impl Disk {
    /// The unfinished writes of files, oldest first.
    pub fn file_writes(&self) -> impl ExactSizeIterator<Item = &FileWrite> {
        self.file_writes.iter()
    }

    /// The flush of a new file.
    pub(crate) fn flush_of(&mut self, of: Flushed, data: &Bytes) -> Flush {
        let largest = self.durable.files().last().unwrap_or(0);
        self.last_file = self.last_file.max(largest) + 1;
        let (file, record) = encode_file(self.last_file, data);
        Flush { of, file, record }
    }

    /// Takes a write of a file. Returns its number, and the time at which it finishes or fails.
    pub(crate) fn issue_file(
        &mut self,
        now: Instant,
        work: FileWork,
        asked_by: Option<EventNumber>,
    ) -> (u64, Instant) {
        let earliest = self.file_writes.back().map_or(now, |last| last.done_at.max(now));
        let delay = self.shape.delay(&mut self.file_random, self.latency);
        let done_at = (earliest + delay).max(self.stalled_until);
        self.last_file_write += 1;
        let (number, has_no_room) = (self.last_file_write, self.is_full);
        self.file_writes.push_back(FileWrite { number, done_at, has_no_room, work, asked_by });
        (number, done_at)
    }

    /// The time at which a read of a file that begins now is finished. It waits for nothing else.
    pub(crate) fn reads_file_at(&mut self, now: Instant) -> Instant {
        let delay = self.shape.delay(&mut self.file_random, self.latency);
        (now + delay).max(self.stalled_until)
    }

    /// Whether the write is the oldest one and is finished by `at`.
    pub(crate) fn finishes_file(&self, number: u64, at: Instant) -> bool {
        self.file_writes.front().is_some_and(|first| first.number == number && first.done_at <= at)
    }

    /// Finishes the oldest write of a file. A flush that fails leaves no file.
    pub(crate) fn complete_file(&mut self) -> FileDone {
        let FileWrite { has_no_room, work, asked_by, .. } =
            self.file_writes.pop_front().expect("a write of a file completes only once");
        let batch = match &work {
            FileWork::Piece { .. } => None,
            FileWork::Flush(flush) if !has_no_room => Some(flush.batch()),
            FileWork::Flush(_) => None,
        };
        let stored = batch.as_ref().map_or(Ok(()), |batch| self.store(batch));
        let is_the_end = self.directory.is_some() && stored == Err(WriteFailure::Fsync);
        FileDone { work, batch: batch.filter(|_| stored.is_ok()), asked_by, is_the_end }
    }

    /// Whether a flush succeeds now.
    pub(super) fn flushes(&mut self) -> bool {
        match self.fsync {
            Fsync::Works => true,
            Fsync::FailsOnce => {
                self.fsync = Fsync::Works;
                false
            }
            Fsync::Fails => false,
        }
    }

    /// The disk is not full any more.
    pub(super) fn make_room_for_files(&mut self) {
        self.file_writes.iter_mut().for_each(|write| write.has_no_room = false);
    }

    /// Until this time, no write of a file is finished.
    pub(super) fn stall_files(&mut self, until: Instant) {
        for write in self.file_writes.iter_mut().filter(|write| write.done_at <= until) {
            write.done_at = until;
        }
    }

    /// Removes a file.
    pub(crate) fn remove_file(&mut self, file: SnapshotFile) -> WriteBatch {
        let key = RecordKey::SnapshotFile(file.handle);
        let batch = WriteBatch { writes: vec![Write::Delete { key }] };
        if let Some(directory) = &mut self.directory {
            directory.remove_later(&batch);
        }
        self.durable.apply(&batch);
        batch
    }

    /// At a start: removes the files that no record names.
    pub(crate) fn remove_orphans(&mut self, recovered: &Recovered) -> WriteBatch {
        self.file_writes.clear();
        let batch = self.durable.without_orphans(recovered);
        if let Some(directory) = &mut self.directory {
            directory.remove_later(&batch);
        }
        self.durable.apply(&batch);
        batch
    }

    /// The data of a snapshot, as a process reads it: also from files that are not flushed.
    ///
    /// # Errors
    /// The fault of its file.
    pub(crate) fn data(&self, data: &SnapshotData) -> Result<Bytes, Damage> {
        let unflushed = self.file_writes.iter().find_map(|write| match &write.work {
            FileWork::Flush(flush) if data.file() == Some(flush.file) => Some(flush),
            FileWork::Flush(_) | FileWork::Piece { .. } => None,
        });
        let Some(flush) = unflushed else { return self.durable.data(data) };
        let mut cache = self.durable.clone();
        cache.apply(&flush.batch());
        cache.data(data)
    }

    /// The power fails. Of a file that was being flushed, nothing survives, or a part, or all. The
    /// change of the disk; empty if no flush was under way.
    pub(super) fn crash_files(&mut self, unsynced: Unsynced) -> WriteBatch {
        let mut batch = WriteBatch::default();
        for write in std::mem::take(&mut self.file_writes) {
            let FileWork::Flush(flush) = write.work else { continue };
            // Drawn in any case, so that the other choices do not shift later draws.
            let (drawn, length) = (self.file_random.up_to(2), self.file_random.next());
            let is_whole = match unsynced {
                Unsynced::Drawn => drawn == 1,
                Unsynced::Lost | Unsynced::Torn => false,
                Unsynced::Kept => true,
            };
            let is_torn = match unsynced {
                Unsynced::Drawn => drawn == 2,
                Unsynced::Torn => true,
                Unsynced::Lost | Unsynced::Kept => false,
            };
            if write.has_no_room || !(is_whole || is_torn) {
                continue;
            }
            let whole = flush.record.len();
            let kept = if is_whole { whole } else { (length % whole as u64) as usize };
            let key = RecordKey::SnapshotFile(flush.file.handle);
            batch.writes.push(Write::Put { key, record: flush.record.slice(0, kept) });
        }
        self.durable.apply(&batch);
        batch
    }

    /// The bytes of the files that are being flushed.
    pub(crate) fn unflushed_bytes(&self) -> u64 {
        let bytes = |write: &FileWrite| match &write.work {
            FileWork::Piece { .. } => 0,
            FileWork::Flush(flush) => flush.record.len() as u64,
        };
        self.file_writes.iter().map(bytes).sum()
    }
}

impl Flush {
    pub(super) fn batch(&self) -> WriteBatch {
        let key = RecordKey::SnapshotFile(self.file.handle);
        WriteBatch { writes: vec![Write::Put { key, record: self.record.clone() }] }
    }
}
