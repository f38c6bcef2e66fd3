//! A disk in files: the code that keeps the disk of a real server, over a simulated directory.
//!
//! A write goes to the directory when the disk completes it. A loss of power comes at any moment of
//! the writes that are under way, between two operations of the file system.

use std::sync::Arc;

use raft_storage::{RecordKey, Records, Write, WriteBatch};
use raft_storage_file::simulated::{Flushes, SimulatedDirectory};
use raft_storage_file::{FileDisk, FileDiskError, Mistakes, Options};

use crate::random::Random;
use crate::{Fsync, Unsynced, WriteFailure};

/// Short segments, so that many begin and end.
const OPTIONS: Options = Options { segment_bytes: 1 << 10 };

/// The directory of a disk.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    state: State,
    mistakes: Mistakes,
    /// Whether it may hold other records than the disk is said to have: after damage.
    is_suspect: bool,
    /// Files that the next write removes. A crash before it brings them back.
    removals: Vec<Write>,
}

#[derive(Clone, Debug)]
enum State {
    Closed(SimulatedDirectory),
    /// A process has it open.
    Open(Box<FileDisk<SimulatedDirectory>>),
}

/// How a disk does what it is asked for.
#[derive(Debug)]
pub(super) struct Faults<'a> {
    pub(super) fsync: &'a mut Fsync,
    pub(super) is_full: bool,
}

impl Directory {
    /// A directory with these records.
    pub(super) fn with(records: &Records, mistakes: Mistakes) -> Self {
        let mut files = SimulatedDirectory::default();
        if !records.is_empty() {
            let put =
                |(key, record): (RecordKey, &_)| Write::Put { key, record: Clone::clone(record) };
            let batch = WriteBatch { writes: records.iter().map(put).collect() };
            let (mut disk, ..) = FileDisk::open(files, OPTIONS).expect("the directory is new");
            let written = disk.append(&batch).and_then(|_| disk.flush());
            written.expect("the directory has no faults");
            files = disk.close();
        }
        Self { state: State::Closed(files), mistakes, is_suspect: false, removals: Vec::new() }
    }

    /// Makes these mistakes from now on.
    pub(super) fn make(&mut self, mistakes: Mistakes) {
        self.mistakes = mistakes;
        if let State::Open(disk) = &mut self.state {
            disk.make(mistakes);
        }
    }

    /// The mistakes that it makes.
    pub(super) fn mistakes(&self) -> Mistakes {
        self.mistakes
    }

    /// A process opens it. Returns its records; `None` if it is damaged.
    pub(super) fn open(&mut self) -> Option<Records> {
        let opened = self.opened();
        self.is_suspect = opened.is_err();
        let (disk, records) = opened.ok()?;
        self.removals.clear();
        self.state = State::Open(Box::new(disk));
        Some(records)
    }

    /// The records that a process would find, if they may be others than the disk is said to have.
    ///
    /// # Errors
    /// Why it could not open it.
    pub(super) fn suspected(&self) -> Result<Option<Records>, Arc<str>> {
        if self.is_suspect { self.look().map(Some) } else { Ok(None) }
    }

    fn look(&self) -> Result<Records, Arc<str>> {
        let told = |error: FileDiskError| error.to_string().into();
        self.opened().map(|(_, records)| records).map_err(told)
    }

    /// A copy that is opened. Faults of flushes and of room begin with the first write.
    fn opened(&self) -> Result<(FileDisk<SimulatedDirectory>, Records), FileDiskError> {
        let mut files = self.files().clone();
        files.set_room(None);
        files.set_flushes(Flushes::Work);
        let (disk, records, _) = FileDisk::open_making(files, OPTIONS, self.mistakes)?;
        Ok((disk, records))
    }

    /// The records after the process ended; `None` if it is damaged.
    pub(super) fn found(&mut self) -> Option<Records> {
        let found = self.look().ok();
        self.is_suspect = found.is_none();
        found
    }

    /// The next write removes these files, too.
    pub(super) fn remove_later(&mut self, files: &WriteBatch) {
        self.removals.extend_from_slice(&files.writes);
    }

    /// Makes a batch durable.
    ///
    /// # Errors
    /// [`WriteFailure::Full`] without any effect. After a failed flush, all later writes fail.
    pub(super) fn write(
        &mut self,
        batch: &WriteBatch,
        faults: Faults<'_>,
    ) -> Result<(), WriteFailure> {
        let State::Open(disk) = &mut self.state else {
            panic!("a process that writes has its disk open");
        };
        begin(disk, &faults);
        let failure = |error| match error {
            FileDiskError::Full { .. } => WriteFailure::Full,
            FileDiskError::Io { .. }
            | FileDiskError::Damaged { .. }
            | FileDiskError::Version { .. }
            | FileDiskError::Failed
            | FileDiskError::TooLarge { .. } => WriteFailure::Fsync,
        };
        let appended = if self.removals.is_empty() {
            disk.append(batch)
        } else {
            let writes = self.removals.iter().chain(&batch.writes).cloned().collect();
            disk.append(&WriteBatch { writes })
        };
        let appended = appended.map_err(failure);
        if appended.is_ok() {
            self.removals.clear();
        }
        // The second try fails, unless that rule is off.
        let written = appended.and_then(|_| {
            let flushed = disk.flush().or_else(|_| disk.flush());
            flushed.map(drop).map_err(failure)
        });
        if *faults.fsync == Fsync::FailsOnce && disk.files().flushes() == Flushes::Work {
            *faults.fsync = Fsync::Works;
        }
        written
    }

    /// The power fails while these batches are written.
    pub(super) fn lose_power<'a>(
        &mut self,
        under_way: impl Iterator<Item = &'a WriteBatch> + Clone,
        faults: &Faults<'_>,
        (unsynced, mut random): (Unsynced, Random),
    ) {
        let State::Open(disk) = &mut self.state else { return };
        begin(disk, faults);
        let [operations, flushes] = operations_of((**disk).clone(), under_way.clone());
        let (drawn, flush) = (random.up_to(operations), random.up_to(flushes.saturating_sub(1)));
        let before_flush = random.up_to(1) == 0;
        let files = disk.files_mut();
        match unsynced {
            Unsynced::Lost => files.fail_after(0),
            Unsynced::Kept => {}
            Unsynced::Drawn if !before_flush => files.fail_after(drawn),
            // Much is written then, and not flushed.
            Unsynced::Drawn | Unsynced::Torn => files.fail_at_flush(flush),
        }
        write_all(disk, under_way);
        let mut files = disk.files().clone();
        files.crash(|| match unsynced {
            Unsynced::Lost => false,
            Unsynced::Kept => true,
            Unsynced::Drawn | Unsynced::Torn => random.up_to(1) == 0,
        });
        self.state = State::Closed(files);
    }

    /// The process ends after a failed flush. Another one may see what was not flushed, if there is
    /// no loss of power.
    pub(super) fn end(&mut self, mut random: Random) {
        let State::Open(disk) = &mut self.state else { return };
        let mut files = disk.files().clone();
        match random.up_to(1) {
            0 => files.kill(),
            _ => files.crash(|| random.up_to(1) == 0),
        }
        self.state = State::Closed(files);
    }

    /// The bytes of a record change on the medium. Files that are damaged stay as they are: two
    /// faults can hide each other.
    pub(super) fn damage(&mut self, record: &[u8], damaged: &[u8]) {
        if self.is_damaged() {
            return;
        }
        let files = self.files_mut();
        let Some((name, place)) = files.find(record) else { return };
        let name = name.to_owned();
        files.damage(&name, |bytes| {
            let changed = damaged.len().min(record.len());
            bytes[place..place + changed].copy_from_slice(&damaged[..changed]);
        });
        self.is_suspect = true;
    }

    /// The sectors with a record come back as zeros. Returns false, and does nothing, if nobody
    /// could tell: they are at the end of what was written.
    pub(super) fn zero(&mut self, record: &[u8]) -> bool {
        if self.is_damaged() {
            return true;
        }
        let files = self.files_mut();
        let Some((name, place)) = files.find(record) else { return false };
        let name = name.to_owned();
        let sectors = files.sectors(&name, place..place + record.len());
        let is_told = files.zeros_are_told(&name, sectors.clone());
        if is_told {
            files.damage(&name, |bytes| bytes[sectors].fill(0));
            self.is_suspect = true;
        }
        is_told
    }

    fn is_damaged(&self) -> bool {
        self.is_suspect && self.look().is_err()
    }

    /// The bytes of the files that the same directory did not have at an earlier time.
    pub(super) fn bytes_beyond(&self, earlier: Option<&Self>) -> u64 {
        let none = SimulatedDirectory::default();
        self.files().bytes_beyond(earlier.map_or(&none, Self::files))
    }

    fn files(&self) -> &SimulatedDirectory {
        match &self.state {
            State::Closed(files) => files,
            State::Open(disk) => disk.files(),
        }
    }

    fn files_mut(&mut self) -> &mut SimulatedDirectory {
        match &mut self.state {
            State::Closed(files) => files,
            State::Open(disk) => disk.files_mut(),
        }
    }
}

fn begin(disk: &mut FileDisk<SimulatedDirectory>, faults: &Faults<'_>) {
    disk.files_mut().set_flushes(match faults.fsync {
        Fsync::Works => Flushes::Work,
        Fsync::FailsOnce => Flushes::FailOnce,
        Fsync::Fails => Flushes::Fail,
    });
    disk.files_mut().set_room(faults.is_full.then_some(0));
}

/// Writes batches, those for which there is room, as far as the power lasts.
fn write_all<'a>(
    disk: &mut FileDisk<SimulatedDirectory>,
    mut batches: impl Iterator<Item = &'a WriteBatch>,
) {
    let _ = batches.all(|batch| disk.append(batch).is_ok());
    let _ = disk.flush();
}

/// How many operations of the file system the writes take, and how many of them are flushes.
fn operations_of<'a>(
    mut disk: FileDisk<SimulatedDirectory>,
    batches: impl Iterator<Item = &'a WriteBatch>,
) -> [u64; 2] {
    disk.files_mut().fail_after(u64::MAX);
    disk.files_mut().fail_at_flush(u64::MAX);
    write_all(&mut disk, batches);
    disk.files().left().map(|left| u64::MAX - left.unwrap_or(u64::MAX))
}

/// The batch from some records to others.
pub(super) fn difference(from: &Records, to: &Records) -> WriteBatch {
    let gone = from.iter().map(|(key, _)| key).filter(|key| to.get(*key).is_none());
    let mut writes: Vec<Write> = gone.map(|key| Write::Delete { key }).collect();
    let new = to.iter().filter(|(key, record)| from.get(*key) != Some(*record));
    writes.extend(new.map(|(key, record)| Write::Put { key, record: record.clone() }));
    WriteBatch { writes }
}
