//! The thread of the disk: it writes what waits, and flushes once for all of it.

use std::sync::mpsc::{Receiver, RecvTimeoutError};

use raft_core::{Persist, PersistId};
use raft_storage::WriteBatch;
use raft_storage_file::{BatchNumber, Directory, FileDisk, FileDiskError};
use tokio::sync::mpsc::UnboundedSender;

use crate::driver::Report;

/// What the disk is to do.
#[derive(Debug)]
pub(crate) enum DiskWork {
    /// Store this, then report it.
    Write(Persist),
}

/// Writes until nobody asks any more. A failure is reported, and is the end.
pub(crate) fn run(
    mut disk: FileDisk<Directory>,
    work: &Receiver<DiskWork>,
    reports: &UnboundedSender<Report>,
) {
    while let Ok(first) = work.recv() {
        match write_what_waits(&mut disk, first, work) {
            Ok(last) => drop(reports.send(Report::Persisted(last))),
            Err(error) => {
                let _ = reports.send(Report::DiskFailed(error.to_string()));
                return;
            }
        }
    }
}

fn write_what_waits(
    disk: &mut FileDisk<Directory>,
    first: DiskWork,
    work: &Receiver<DiskWork>,
) -> Result<PersistId, FileDiskError> {
    let DiskWork::Write(first) = first;
    let mut last = first.id;
    disk.append(&WriteBatch::from_persist(&first))?;
    while let Ok(DiskWork::Write(next)) = work.try_recv() {
        last = next.id;
        disk.append(&WriteBatch::from_persist(&next))?;
    }
    disk.flush()?;
    Ok(last)
}
