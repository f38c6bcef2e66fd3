//! The thread of the files of snapshots: pieces that are sent, and pieces that arrive.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::time::SystemTime;

use raft_core::{FileReport, FileTask, IncomingId, LogIndex, SnapshotFile};
use raft_mvcc::Store;
use raft_storage_file::{SnapshotDraft, SnapshotFiles};
use tokio::sync::mpsc::UnboundedSender;

use crate::driver::Report;

/// Carries out tasks until nobody asks any more. What fails is told in the log; the leader sends
/// again what did not arrive.
pub(crate) fn run(
    files: &SnapshotFiles,
    tasks: &Receiver<FileTask>,
    reports: &UnboundedSender<Report>,
) {
    let mut incoming = BTreeMap::new();
    while let Ok(task) = tasks.recv() {
        let report = match task {
            FileTask::SendPiece(piece) => {
                let read = files.read(piece.file, piece.bytes.clone());
                let to = piece.to;
                match read.map(|data| piece.with_data(data)) {
                    Ok(Some(message)) => Some(Report::Piece { to, message }),
                    Ok(None) => None,
                    Err(error) => {
                        tracing::error!(%error, %to, "a piece of a snapshot cannot be read");
                        None
                    }
                }
            }
            FileTask::StorePiece { incoming: id, piece, offset, data } => {
                let stored = store_piece(files, &mut incoming, id, (&data, offset));
                Some(Report::Files(report(
                    id,
                    stored.map(|()| FileReport::PieceStored { incoming: id, piece }),
                )))
            }
            FileTask::StoreSnapshot { incoming: id, bytes } => {
                let draft = incoming.remove(&id).map_or_else(|| files.begin(next_handle()), Ok);
                let stored = draft.and_then(|draft| draft.finish(next_handle(), bytes));
                let stored = stored.map(|file| FileReport::SnapshotStored { incoming: id, file });
                Some(Report::Files(report(id, stored)))
            }
            FileTask::DropIncoming(id) => {
                incoming.remove(&id);
                None
            }
            FileTask::DropFile(file) => {
                if let Err(error) = files.remove(file) {
                    tracing::warn!(%error, "a file of a snapshot cannot be removed");
                }
                None
            }
        };
        if let Some(report) = report {
            let _ = reports.send(report);
        }
    }
}

/// What is told of a snapshot that arrives.
fn report(incoming: IncomingId, stored: io::Result<FileReport>) -> FileReport {
    stored.unwrap_or_else(|error| {
        tracing::error!(%error, "a snapshot that arrives cannot be stored");
        FileReport::SnapshotNotStored { incoming }
    })
}

fn store_piece(
    files: &SnapshotFiles,
    incoming: &mut BTreeMap<IncomingId, SnapshotDraft>,
    id: IncomingId,
    (data, offset): (&[u8], u64),
) -> io::Result<()> {
    if let Some(draft) = incoming.get_mut(&id) {
        return draft.write_at(data, offset);
    }
    let mut draft = files.begin(next_handle())?;
    draft.write_at(data, offset)?;
    incoming.insert(id, draft);
    Ok(())
}

/// Encodes a state into a file, on the thread that calls it.
pub(crate) fn take_snapshot(files: &SnapshotFiles, store: &Store, through: LogIndex) -> Report {
    let mut counted = Counted(0);
    let stored = store.write_snapshot(&mut counted).and_then(|()| {
        files.store((next_handle(), counted.0), |mut to| store.write_snapshot(&mut to))
    });
    match stored {
        Ok(file) => Report::SnapshotTaken { through, data: file.into() },
        Err(error) => {
            tracing::error!(%error, "a snapshot cannot be stored");
            Report::SnapshotFailed { through }
        }
    }
}

/// The data of a snapshot's file.
pub(crate) fn read(files: &SnapshotFiles, file: SnapshotFile) -> io::Result<raft_core::Bytes> {
    files.read(file, 0..file.bytes)
}

/// Counts bytes.
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A handle that no file of this machine had: the time, in microseconds since 1970.
fn next_handle() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
    let last = LAST.fetch_max(now, Ordering::Relaxed);
    if last < now { now } else { LAST.fetch_add(1, Ordering::Relaxed) + 1 }
}
