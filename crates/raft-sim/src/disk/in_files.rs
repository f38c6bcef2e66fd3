//! A disk whose records are in files: what it does at a start, at a crash and after damage.

use std::sync::Arc;

use raft_core::{NodeId, Plain, Recovered};
use raft_storage::{RecordKey, Records, StorageError, WriteBatch};

use super::directory::{Directory, Faults, difference};
use super::{Disk, FileWork, PendingWrite, PowerLoss};
use crate::{Switches, Unsynced, Words};

/// Why a node cannot start from its disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DiskFault {
    /// A record is damaged.
    Record(StorageError),
    /// The files of the records are damaged: how, and what to do.
    Files(Arc<str>),
}

impl DiskFault {
    /// The fault, and what to do.
    pub fn reason(&self) -> Words {
        match self {
            Self::Record(error) => Words::of(&error.reason()),
            Self::Files(reason) => Words::of(&Plain(reason)),
        }
    }
}

impl Disk {
    /// The state that a node would start with.
    ///
    /// # Errors
    /// The fault of a record, or of the files.
    pub(crate) fn recovered(&self, node: NodeId) -> Result<Recovered, DiskFault> {
        let suspected = self.directory.as_ref().map(|directory| directory.suspected());
        let found = suspected.transpose().map_err(DiskFault::Files)?.flatten();
        let records = found.as_ref().unwrap_or(&self.durable);
        raft_storage::recover(node, records).map_err(DiskFault::Record)
    }

    /// Keeps the rules of its files that are on.
    pub(crate) fn make(&mut self, rules_off: Switches) {
        if let Some(directory) = &mut self.directory {
            directory.make(rules_off.mistakes());
        }
    }

    /// At a start: reads the records from the files. Returns what is there in place of what was
    /// known; empty if nothing is.
    pub(crate) fn open(&mut self) -> WriteBatch {
        let found = self.directory.as_mut().and_then(|directory| directory.open());
        self.replace(found)
    }

    /// Takes the records that were found, if some were.
    fn replace(&mut self, found: Option<Records>) -> WriteBatch {
        let Some(found) = found.filter(|found| *found != self.durable) else {
            return WriteBatch::default();
        };
        let batch = difference(&self.durable, &found);
        self.durable = found;
        batch
    }

    /// The files are those of the present records.
    pub(super) fn make_directory_anew(&mut self) {
        if let Some(directory) = &mut self.directory {
            **directory = Directory::with(&self.durable, directory.mistakes());
        }
    }

    /// The power fails. What is under way is written as far as drawn, and what survives of it is
    /// read.
    pub(super) fn crash_in_files(&mut self, unsynced: Unsynced) -> PowerLoss {
        let random = self.random.split();
        let files: Vec<WriteBatch> =
            self.file_writes.iter().filter_map(|write| write.work.batch()).collect();
        let records = self.pending.iter().map(|write| &*write.batch);
        let under_way = files.iter().chain(records);
        if let Some(directory) = &mut self.directory {
            let faults = Faults { fsync: &mut self.fsync, is_full: self.is_full };
            directory.lose_power(under_way, &faults, (unsynced, random));
        }
        self.found_after_loss()
    }

    /// After the end of a process: what its files hold. Of the unfinished writes, some are there:
    /// the first ones.
    pub(super) fn found_after_loss(&mut self) -> PowerLoss {
        self.file_writes.clear();
        let found = self.directory.as_mut().and_then(|directory| directory.found());
        let files = found.as_ref().map(|found| difference(&files(&self.durable), &files(found)));
        let files = files.unwrap_or_default();
        self.durable.apply(&files);
        let kept = found.as_ref().map(|found| self.kept(found));
        match (found, kept) {
            (Some(found), Some(None)) => {
                // Something that was flushed is gone.
                let writes = self.pending.len();
                let undo = difference(&after(&self.durable, &self.pending), &found);
                self.pending.clear();
                self.durable = found;
                PowerLoss { writes, undo, torn: None, files }
            }
            (_, kept) => {
                for write in self.pending.drain(..kept.flatten().unwrap_or(0)) {
                    self.durable.apply(&write.batch);
                }
                PowerLoss { files, ..self.lose(None) }
            }
        }
    }

    /// How many of the unfinished writes were found; `None`: the records that were found are others
    /// than with any number of them.
    fn kept(&self, found: &Records) -> Option<usize> {
        let mut records = self.durable.clone();
        let mut kept = (records == *found).then_some(0);
        for (place, write) in self.pending.iter().enumerate() {
            records.apply(&write.batch);
            if records == *found {
                kept = Some(place + 1);
            }
        }
        kept
    }
}

impl FileWork {
    /// The change of the disk that it makes; `None` for a piece, which no record names.
    fn batch(&self) -> Option<WriteBatch> {
        match self {
            Self::Piece { .. } => None,
            Self::Flush(flush) => Some(flush.batch()),
        }
    }
}

/// The files of snapshots alone.
fn files(records: &Records) -> Records {
    let mut files = Records::default();
    for handle in records.files() {
        let key = RecordKey::SnapshotFile(handle);
        if let Some(record) = records.get(key) {
            files.put(key, record.clone());
        }
    }
    files
}

fn after<'a>(records: &Records, writes: impl IntoIterator<Item = &'a PendingWrite>) -> Records {
    let mut after = records.clone();
    writes.into_iter().for_each(|write| after.apply(&write.batch));
    after
}
