//! The thread of the files of snapshots: pieces that are sent, and pieces that arrive.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::time::SystemTime;

use raft_core::{FileReport, FileTask, IncomingId, LogIndex};
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
    let mut incoming = Incoming::new();
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
                let draft = take_draft(files, &mut incoming, id);
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

/// Snapshots that arrive. One that failed has no file any more, until all its pieces were dropped.
type Incoming = BTreeMap<IncomingId, Option<SnapshotDraft>>;

fn store_piece(
    files: &SnapshotFiles,
    incoming: &mut Incoming,
    id: IncomingId,
    (data, offset): (&[u8], u64),
) -> io::Result<()> {
    // A later one takes the place of an earlier one.
    incoming.retain(|other, _| *other >= id);
    let stored = take_draft(files, incoming, id).and_then(|mut draft| {
        draft.write_at(data, offset)?;
        Ok(draft)
    });
    let (draft, result) = match stored {
        Ok(draft) => (Some(draft), Ok(())),
        Err(error) => (None, Err(error)),
    };
    incoming.insert(id, draft);
    result
}

/// The file of a snapshot, begun if there is none. It fails if a piece of it failed.
fn take_draft(
    files: &SnapshotFiles,
    incoming: &mut Incoming,
    id: IncomingId,
) -> io::Result<SnapshotDraft> {
    match incoming.remove(&id) {
        Some(draft) => draft.ok_or_else(|| io::Error::other("a piece of it is not stored")),
        None => files.begin(next_handle()),
    }
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
pub(crate) fn next_handle() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
    let last = LAST.fetch_max(now, Ordering::Relaxed);
    if last < now { now } else { LAST.fetch_add(1, Ordering::Relaxed) + 1 }
}
