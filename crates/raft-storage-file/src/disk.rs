//! A disk that is open: batches are taken, and flushed together.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::ops::Range;

use raft_storage::{RecordBytes, RecordKey, Records, Write, WriteBatch, decode_snapshot_mark};

use crate::frame::{ALIGN, HEADER, Header, push_frame};
use crate::mistakes::{Mistake, Mistakes};
use crate::{FileDiskError, FileSystem};

/// Counts the batches of a disk from 1, over all its lifetimes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct BatchNumber(pub u64);

/// How a disk uses its directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// The length of a segment in bytes, at least 1 KiB. A batch that is longer gets a segment of
    /// its own.
    pub segment_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 16 << 20 }
    }
}

/// The disk of a node, in the files of one directory. Only one may be open for a directory.
#[derive(Clone, Debug)]
pub struct FileDisk<F: FileSystem> {
    files: F,
    options: Options,
    active: Active<F::File>,
    /// The segments before the active one, oldest first.
    older: VecDeque<Older>,
    /// The frames that are not written yet.
    buffer: Vec<u8>,
    /// The last batch that was taken, and the last that was flushed.
    last: u64,
    flushed: u64,
    /// All records but those of entries, after the last batch that was taken.
    others: Records,
    /// The log starts after this index.
    log_start: u64,
    /// Files of snapshots that the next flush makes needless.
    needless: Vec<u64>,
    /// The next segment, as far as it is filled.
    prepared: Option<Prepared<F::File>>,
    /// So many of its bytes are due.
    owed: u64,
    has_failed: bool,
    mistakes: Mistakes,
}

/// The segment that takes frames.
#[derive(Clone, Debug)]
pub(crate) struct Active<H> {
    pub(crate) file: H,
    pub(crate) number: u64,
    /// Where the next frame begins.
    pub(crate) end: u64,
    pub(crate) capacity: u64,
    pub(crate) salt: u64,
    pub(crate) last_entry: u64,
}

/// A segment that takes no frames any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Older {
    pub(crate) number: u64,
    /// The largest index of an entry that was written in it.
    pub(crate) last_entry: u64,
}

/// What opening a directory found.
pub(crate) struct Found<H> {
    pub(crate) active: Active<H>,
    pub(crate) older: VecDeque<Older>,
    pub(crate) last: u64,
    pub(crate) records: Records,
}

pub(crate) fn without_entries(records: &Records) -> Records {
    let mut others = Records::default();
    for (key, record) in records.iter() {
        // A file has its record itself.
        let is_file = matches!(key, RecordKey::SnapshotFile(_));
        if !matches!(key, RecordKey::Entry(_)) {
            others.put(key, if is_file { RecordBytes::default() } else { record.clone() });
        }
    }
    others
}

/// The index after which the log starts. A damaged mark is found when the node recovers.
pub(crate) fn log_start(records: &Records) -> u64 {
    let mark = records.get(RecordKey::SnapshotMark);
    let mark = mark.and_then(|record| decode_snapshot_mark(record).ok());
    mark.map_or(0, |mark| mark.log_start.index.0)
}

pub(crate) fn segment_name(number: u64) -> String {
    format!("{number:016x}.log")
}

pub(crate) fn snapshot_name(handle: u64) -> String {
    format!("{handle:016x}.snapshot")
}

/// The most bytes of the records of a batch.
const MAX_BATCH: usize = 1 << 30;

/// So many zeros are written at once.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// A segment under construction: see [`make_segment`].
pub(crate) struct Draft<'a> {
    pub(crate) number: u64,
    /// The sequence number of its first frame.
    pub(crate) first: u64,
    /// The last sequence number that is flushed.
    pub(crate) flushed: u64,
    /// All records but entries.
    pub(crate) others: &'a Records,
    /// The frame that must have room in it.
    pub(crate) room: u64,
    pub(crate) options: Options,
}

/// The next segment, before it has a name.
#[derive(Clone, Debug)]
pub(crate) struct Prepared<H> {
    file: H,
    /// It is filled up to here.
    zeros: u64,
}

/// The next segment is flushed in parts of this length, or in four, if those are shorter.
const PART: u64 = 1 << 20;

fn write_zeros<F: FileSystem>(
    files: &mut F,
    file: &F::File,
    mut range: Range<u64>,
) -> io::Result<()> {
    while range.start < range.end {
        let part = (range.end - range.start).min(ZEROS.len() as u64);
        files.write_at(file, &ZEROS[..part as usize], range.start)?;
        range.start += part;
    }
    Ok(())
}

/// The name of a file that is not whole yet: no two files that are written have the same.
pub(crate) fn draft_name(name: &str) -> String {
    format!("{name}.new")
}

/// Makes a file under another name, and gives it its name, with the directory flushed. The bytes
/// are the room that it needs.
///
/// # Errors
/// [`FileDiskError::Full`] without any effect, or what fails.
fn make_file<F: FileSystem>(
    files: &mut F,
    (name, bytes): (&str, u64),
    (begun, flushes_names): (Option<F::File>, bool),
    write: impl FnOnce(&mut F, &F::File) -> io::Result<()>,
) -> Result<F::File, FileDiskError> {
    let new = draft_name(name);
    let begun = begun.map_or_else(|| files.create(&new), Ok);
    let made = begun.and_then(|file| write(files, &file).map(|()| file));
    let file = made.map_err(|error| {
        // What is left of it is removed when the disk is opened.
        drop(files.remove(&new));
        match matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
            true => FileDiskError::Full { bytes },
            false => FileDiskError::io("cannot write", &new)(error),
        }
    })?;
    files.rename(&new, name).map_err(FileDiskError::io("cannot rename", &new))?;
    if flushes_names {
        files.sync_names().map_err(FileDiskError::io("cannot flush the directory of", name))?;
    }
    Ok(file)
}

/// Removes a file that may be gone already.
pub(crate) fn remove_if_there<F: FileSystem>(
    files: &mut F,
    name: &str,
) -> Result<(), FileDiskError> {
    match files.remove(name) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(FileDiskError::io("cannot remove", name)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes a segment: zeros, header and first frame, flushed, and then its name. Zeros of it may be
/// prepared.
pub(crate) fn make_segment<F: FileSystem>(
    files: &mut F,
    draft: &Draft<'_>,
    prepared: Option<Prepared<F::File>>,
    mistakes: Mistakes,
) -> Result<Active<F::File>, FileDiskError> {
    let Draft { number, first, flushed, others, room, options } = *draft;
    let salt = files.salt();
    let mut begin = vec![0; HEADER];
    let puts = others.iter().filter(|(key, _)| !matches!(key, RecordKey::SnapshotFile(_)));
    let put = |(key, record): (RecordKey, &RecordBytes)| Write::Put { key, record: record.clone() };
    let head = WriteBatch { writes: puts.map(put).collect() };
    push_frame(&mut begin, (salt, first, flushed), &head);
    let end = begin.len() as u64;
    // However large the first frame is, there is room for others.
    let capacity = end + options.segment_bytes.max(1 << 10).max(room);
    begin[..HEADER].copy_from_slice(&Header { number, first, capacity, salt }.to_bytes());
    let (begun, zeros) = prepared.map_or((None, 0), |draft| (Some(draft.file), draft.zeros));
    let filled = |files: &mut F, file: &F::File| {
        write_zeros(files, file, zeros..capacity)?;
        files.write_at(file, &begin, 0)?;
        if mistakes.has(Mistake::RenameBeforeFlush) { Ok(()) } else { files.sync(file) }
    };
    let flushes_names = !mistakes.has(Mistake::NamesNotFlushed);
    let name = segment_name(number);
    let file = make_file(files, (&name, capacity), (begun, flushes_names), filled)?;
    Ok(Active { file, number, end, capacity, salt, last_entry: 0 })
}

impl<F: FileSystem> FileDisk<F> {
    pub(crate) fn from_found(
        files: F,
        (options, mistakes): (Options, Mistakes),
        found: Found<F::File>,
    ) -> Self {
        let Found { active, older, last, records } = found;
        Self {
            files,
            options,
            active,
            older,
            buffer: Vec::new(),
            last,
            flushed: last,
            others: without_entries(&records),
            log_start: log_start(&records),
            needless: Vec::new(),
            prepared: None,
            owed: 0,
            has_failed: false,
            mistakes,
        }
    }

    /// Takes a batch. It is durable after the next [`flush`](Self::flush).
    ///
    /// If the segment is full, this flushes the batches before it and makes a new one.
    ///
    /// # Errors
    /// [`FileDiskError::Full`] without any effect, or why the disk takes no batches any more.
    pub fn append(&mut self, batch: &WriteBatch) -> Result<BatchNumber, FileDiskError> {
        self.check()?;
        if batch.byte_len() > MAX_BATCH {
            return Err(FileDiskError::TooLarge { bytes: batch.byte_len() });
        }
        self.store_files(batch)?;
        let start = self.buffer.len();
        let id = (self.active.salt, self.last + 1, self.flushed);
        push_frame(&mut self.buffer, id, batch);
        if self.active.end + self.buffer.len() as u64 > self.active.capacity {
            let room = (self.buffer.len() - start) as u64;
            self.buffer.truncate(start);
            self.roll(room)?;
            let id = (self.active.salt, self.last + 1, self.flushed);
            push_frame(&mut self.buffer, id, batch);
        }
        batch.writes.iter().for_each(|write| self.note(write));
        self.last += 1;
        Ok(BatchNumber(self.last))
    }

    /// Makes every batch durable that was taken before. Returns the last of them.
    ///
    /// # Errors
    /// Why it is not known whether they are. The disk then takes no batches any more.
    pub fn flush(&mut self) -> Result<BatchNumber, FileDiskError> {
        self.check()?;
        if !self.buffer.is_empty() {
            let written = self.write();
            self.fails_after(written)?;
        }
        let removed = self.remove_needless();
        self.fails_after(removed)?;
        Ok(BatchNumber(self.flushed))
    }

    /// The last batch that is durable.
    pub fn flushed(&self) -> BatchNumber {
        BatchNumber(self.flushed)
    }

    /// The directory.
    pub fn files(&self) -> &F {
        &self.files
    }

    /// The directory, to give it faults.
    pub fn files_mut(&mut self) -> &mut F {
        &mut self.files
    }

    /// Ends without a write: what waits is lost.
    pub fn close(self) -> F {
        self.files
    }

    /// Makes these mistakes from now on.
    pub fn make(&mut self, mistakes: Mistakes) {
        self.mistakes = mistakes;
    }

    /// The number of segments.
    pub fn segments(&self) -> usize {
        self.older.len() + 1
    }

    fn check(&self) -> Result<(), FileDiskError> {
        if self.has_failed { Err(FileDiskError::Failed) } else { Ok(()) }
    }

    fn fails_after(&mut self, done: Result<(), FileDiskError>) -> Result<(), FileDiskError> {
        self.has_failed |= done.is_err() && !self.mistakes.has(Mistake::RetryAfterFailure);
        done
    }

    fn write(&mut self) -> Result<(), FileDiskError> {
        let name = segment_name(self.active.number);
        let written = self.files.write_at(&self.active.file, &self.buffer, self.active.end);
        written.map_err(FileDiskError::io("cannot write", &name))?;
        self.owed += 2 * self.buffer.len() as u64;
        // Also after a mistaken retry, what was written is not written again.
        self.active.end += self.buffer.len() as u64;
        self.buffer.clear();
        if !self.mistakes.has(Mistake::NoFlush) {
            self.files.sync(&self.active.file).map_err(FileDiskError::io("cannot flush", &name))?;
        }
        self.flushed = self.last;
        self.prepare();
        Ok(())
    }

    /// Fills the next segment, a part with each flush, so that no flush waits for all of it. It is
    /// ready when half of the present one is used. What fails is begun anew when it is needed.
    fn prepare(&mut self) {
        let length = self.options.segment_bytes;
        if self.owed < (length / 8).min(ZEROS.len() as u64) {
            return;
        }
        let due = std::mem::take(&mut self.owed);
        let new = draft_name(&segment_name(self.active.number + 1));
        let draft = match self.prepared.take() {
            Some(draft) => Ok(draft),
            None => self.files.create(&new).map(|file| Prepared { file, zeros: 0 }),
        };
        let prepared = draft.and_then(|mut draft| {
            let end = (draft.zeros + due).min(length);
            write_zeros(&mut self.files, &draft.file, draft.zeros..end)?;
            let part = (length / 4).clamp(1, PART);
            if draft.zeros / part < end / part {
                self.files.sync(&draft.file)?;
            }
            draft.zeros = end;
            Ok(draft)
        });
        match prepared {
            Ok(draft) => self.prepared = Some(draft),
            Err(_) => drop(self.files.remove(&new)),
        }
    }

    /// Begins a segment in which a frame of this length has room.
    fn roll(&mut self, room: u64) -> Result<(), FileDiskError> {
        if !self.buffer.is_empty() {
            let written = self.write();
            self.fails_after(written)?;
        }
        let draft = Draft {
            number: self.active.number + 1,
            first: self.last + 1,
            flushed: self.flushed,
            others: &self.others,
            room: room.next_multiple_of(ALIGN as u64),
            options: self.options,
        };
        let prepared = self.prepared.take();
        let made = make_segment(&mut self.files, &draft, prepared, self.mistakes);
        if let Err(FileDiskError::Full { bytes }) = made {
            return Err(FileDiskError::Full { bytes });
        }
        let next = match made {
            Ok(next) => next,
            Err(error) => {
                self.has_failed = true;
                return Err(error);
            }
        };
        let Active { number, last_entry, .. } = std::mem::replace(&mut self.active, next);
        self.older.push_back(Older { number, last_entry });
        self.last += 1;
        self.flushed = self.last;
        Ok(())
    }

    /// Keeps what the later segments need to know of a write.
    fn note(&mut self, write: &Write) {
        let mut kept = write.clone();
        match write {
            Write::Put { key: RecordKey::Entry(index), .. } => {
                self.active.last_entry = self.active.last_entry.max(index.0);
                return;
            }
            Write::Put { key: RecordKey::SnapshotFile(handle), .. } => {
                let key = RecordKey::SnapshotFile(*handle);
                self.needless.retain(|needless| needless != handle);
                // The file has the record.
                kept = Write::Put { key, record: RecordBytes::default() };
            }
            Write::DeleteEntries { from, through } => {
                if from.0 > 0 {
                    return;
                }
                // A removal from the front: the log starts after it. One of everything: anew.
                self.log_start =
                    if through.0 < u64::MAX { self.log_start.max(through.0) } else { 0 };
                return;
            }
            Write::Delete { key: RecordKey::SnapshotFile(handle) } => self.needless.push(*handle),
            Write::DeleteFiles => self.needless.extend(self.others.files()),
            Write::Put { .. } | Write::Delete { .. } => {}
        }
        self.others.apply(&WriteBatch { writes: vec![kept] });
    }

    /// A file is durable before a record names it, and stored before anything of its batch is.
    fn store_files(&mut self, batch: &WriteBatch) -> Result<(), FileDiskError> {
        for write in &batch.writes {
            let Write::Put { key: RecordKey::SnapshotFile(handle), record } = write else {
                continue;
            };
            let stored = self.store_file(*handle, record);
            if let Err(FileDiskError::Full { bytes }) = stored {
                return Err(FileDiskError::Full { bytes });
            }
            self.fails_after(stored)?;
        }
        Ok(())
    }

    fn store_file(&mut self, handle: u64, record: &RecordBytes) -> Result<(), FileDiskError> {
        let file = (&*snapshot_name(handle), record.len() as u64);
        let stored = make_file(&mut self.files, file, (None, true), |files, file| {
            files.write_at(file, record, 0)?;
            files.sync(file)
        });
        stored.map(drop)
    }

    /// Removes files of snapshots that no record names, and segments whose entries are all before
    /// the start of the log. A crash may bring them back, and they are removed again.
    fn remove_needless(&mut self) -> Result<(), FileDiskError> {
        for handle in std::mem::take(&mut self.needless) {
            remove_if_there(&mut self.files, &snapshot_name(handle))?;
        }
        let removes_all = self.mistakes.has(Mistake::RemovedTooEarly);
        let is_needless = |segment: &Older| removes_all || segment.last_entry <= self.log_start;
        while self.older.front().is_some_and(is_needless) {
            if let Some(Older { number, .. }) = self.older.pop_front() {
                let name = segment_name(number);
                self.files.remove(&name).map_err(FileDiskError::io("cannot remove", &name))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
