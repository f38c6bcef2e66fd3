//! The thread of the disk: it writes what waits, and flushes once for all of it.

use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use raft_core::{Persist, PersistId};
use raft_storage::WriteBatch;
use raft_storage_file::{Directory, FileDisk, FileDiskError};
use tokio::sync::mpsc::UnboundedSender;

use crate::driver::Report;
use crate::metrics::Metrics;

/// A full disk is tried again so often.
const RETRY: Duration = Duration::from_secs(1);

/// Writes until nobody asks any more. A failure is reported, and is the end.
pub(crate) fn run(
    mut disk: FileDisk<Directory>,
    work: &Receiver<Persist>,
    reports: &UnboundedSender<Report>,
    metrics: &Metrics,
) {
    while let Ok(first) = work.recv() {
        match write_what_waits(&mut disk, first, work, metrics) {
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
    first: Persist,
    work: &Receiver<Persist>,
    metrics: &Metrics,
) -> Result<PersistId, FileDiskError> {
    let mut last = first.id;
    append(disk, &first, metrics)?;
    while let Ok(next) = work.try_recv() {
        last = next.id;
        append(disk, &next, metrics)?;
    }
    let begun = Instant::now();
    disk.flush()?;
    metrics.fsync(begun.elapsed());
    Ok(last)
}

/// Takes a write. While there is no room for it, it waits: nothing of it was written.
fn append(
    disk: &mut FileDisk<Directory>,
    write: &Persist,
    metrics: &Metrics,
) -> Result<(), FileDiskError> {
    let batch = WriteBatch::from_persist(write);
    loop {
        match disk.append(&batch) {
            Ok(_) => {
                metrics.disk_is_full(false);
                return Ok(());
            }
            Err(FileDiskError::Full { bytes }) => {
                metrics.disk_is_full(true);
                tracing::error!(bytes, "there is no room on the disk: writes wait");
                thread::sleep(RETRY);
            }
            Err(error) => return Err(error),
        }
    }
}
