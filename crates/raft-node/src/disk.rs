//! The thread of the disk: it writes what waits, and flushes once for all of it.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use raft_core::{Persist, PersistId};
use raft_storage::WriteBatch;
use raft_storage_file::{FileDisk, FileDiskError, FileSystem};
use tokio::sync::mpsc::UnboundedSender;

use crate::driver::Report;
use crate::metrics::Metrics;

/// A full disk is tried again so often.
const RETRY: Duration = Duration::from_secs(1);

/// Writes until nobody asks any more. A failure is reported, and is the end.
pub(crate) fn run<F: FileSystem>(
    disk: FileDisk<F>,
    work: &Receiver<Persist>,
    reports: &UnboundedSender<Report>,
    metrics: &Metrics,
) {
    let mut writer = Writer { disk, work, waiting: VecDeque::new(), metrics };
    loop {
        let report = match writer.write_what_waits() {
            Ok(Some(last)) => Report::Persisted(last),
            Ok(None) => return,
            Err(error) => {
                let _ = reports.send(Report::DiskFailed(error.to_string()));
                return;
            }
        };
        let _ = reports.send(report);
    }
}

struct Writer<'a, F: FileSystem> {
    disk: FileDisk<F>,
    work: &'a Receiver<Persist>,
    /// Taken, and not written.
    waiting: VecDeque<Persist>,
    metrics: &'a Metrics,
}

impl<F: FileSystem> Writer<'_, F> {
    /// Returns the last write that is durable now; `None` if nobody asks any more.
    fn write_what_waits(&mut self) -> Result<Option<PersistId>, FileDiskError> {
        if self.waiting.is_empty() {
            let Ok(first) = self.work.recv() else { return Ok(None) };
            self.waiting.push_back(first);
        }
        self.waiting.extend(self.work.try_iter());
        let mut last = None;
        while let Some(write) = self.waiting.pop_front() {
            if !self.append(&write)? {
                return Ok(None);
            }
            last = Some(write.id);
        }
        let begun = Instant::now();
        self.disk.flush()?;
        self.metrics.fsync(begun.elapsed());
        Ok(last)
    }

    /// Takes a write. While there is no room for it, it waits: nothing of it was written. Returns
    /// whether it was taken; not if nobody asks any more.
    fn append(&mut self, write: &Persist) -> Result<bool, FileDiskError> {
        let batch = WriteBatch::from_persist(write);
        loop {
            match self.disk.append(&batch) {
                Ok(_) => {
                    self.metrics.disk_is_full(false);
                    return Ok(true);
                }
                Err(FileDiskError::Full { bytes }) => {
                    self.metrics.disk_is_full(true);
                    tracing::error!(bytes, "there is no room on the disk: writes wait");
                    match self.work.recv_timeout(RETRY) {
                        Ok(next) => self.waiting.push_back(next),
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Disconnected) => return Ok(false),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests;
