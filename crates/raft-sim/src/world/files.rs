//! The files of a node's snapshots: what its driver does beside the writes of records.

use std::collections::BTreeMap;
use std::sync::Arc;

use raft_core::{
    Bytes, FilePiece, FileReport, FileTask, IncomingId, LogIndex, NodeId, SnapshotFile,
};
use raft_server::ReplicaInput;
use raft_storage::WriteBatch;

use super::World;
use super::queue::ScheduledKind;
use crate::disk::{FileDone, FileWork, Flush, Flushed};
use crate::node::{ArrivalKind, ProcessInput};
use crate::switches::WorldBug;
use crate::{DiskEvent, EventNumber, SimNode, WriteFailure};

/// The files of the snapshots that arrive at a process, as it has written them so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct ArrivingFiles(BTreeMap<IncomingId, Vec<u8>>);

impl ArrivingFiles {
    fn store(&mut self, incoming: IncomingId, offset: u64, data: &[u8]) {
        let file = self.0.entry(incoming).or_default();
        let (start, end) = (offset as usize, offset as usize + data.len());
        file.resize(file.len().max(end), 0);
        file[start..end].copy_from_slice(data);
    }

    /// Their bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.values().map(|file| file.len() as u64).sum()
    }
}

impl World {
    /// Does what the core asked for.
    pub(super) fn work_on_files(&mut self, id: NodeId, task: FileTask) {
        match task {
            FileTask::SendPiece(piece) => self.read_piece(id, piece),
            FileTask::StorePiece { incoming, piece, offset, data } => {
                if let Some(live) = self.node_mut(id).live_mut() {
                    live.files.store(incoming, offset, &data);
                }
                self.issue_file_work(id, FileWork::Piece { incoming, piece });
            }
            FileTask::StoreSnapshot { incoming, .. } => {
                let file = self.node_mut(id).live_mut().and_then(|l| l.files.0.remove(&incoming));
                let data = Bytes::from(file.unwrap_or_default());
                self.flush_file(id, Flushed::Incoming(incoming), &data);
            }
            FileTask::DropIncoming(incoming) => {
                if let Some(live) = self.node_mut(id).live_mut() {
                    live.files.0.remove(&incoming);
                }
            }
            FileTask::DropFile(file) => self.remove_file(id, file),
        }
    }

    fn read_piece(&mut self, id: NodeId, piece: Box<FilePiece>) {
        let now = self.now;
        let node = self.node_mut(id);
        let (incarnation, at) = (node.incarnation, node.disk.reads_file_at(now));
        let wanted_by = self.cause;
        self.schedule(at, ScheduledKind::PieceRead { node: id, incarnation, piece, wanted_by });
    }

    /// A piece that cannot be read is not sent, as if it were lost.
    pub(super) fn send_piece(&mut self, id: NodeId, piece: FilePiece) {
        let Ok(data) = self.node_mut(id).disk.data(&piece.file.into()) else { return };
        let data = data.slice(piece.bytes.start as usize, piece.bytes.end as usize);
        let to = piece.to;
        if let Some(message) = piece.with_data(data) {
            self.send(id, to, message);
        }
    }

    /// Writes the state of a node's own snapshot to a file. The core hears of it when the file is
    /// durable.
    pub(super) fn flush_own_snapshot(&mut self, id: NodeId, through: LogIndex, data: &Bytes) {
        self.flush_file(id, Flushed::Own(through), data);
    }

    fn flush_file(&mut self, id: NodeId, of: Flushed, data: &Bytes) {
        let flush = self.node_mut(id).disk.flush_of(of, data);
        self.issue_file_work(id, FileWork::Flush(flush));
    }

    fn issue_file_work(&mut self, id: NodeId, work: FileWork) {
        let (now, asked_by) = (self.now, self.cause);
        let node = self.node_mut(id);
        let incarnation = node.incarnation;
        let (number, done_at) = node.disk.issue_file(now, work, asked_by);
        self.schedule(done_at, ScheduledKind::FileWritten { node: id, incarnation, number });
    }

    /// The disk finished a write of a file. Its node runs or is paused.
    pub(super) fn file_done(&mut self, id: NodeId) {
        let FileDone { work, batch, asked_by, is_the_end } = self.node_mut(id).disk.complete_file();
        if is_the_end && !self.rules_off.has_in_world(WorldBug::FsyncFailureIgnored) {
            let cause = self.node_mut(id).disk.broken_by(WriteFailure::Fsync).or(asked_by);
            return self.because(cause, |world| world.stop_node(id, WriteFailure::Fsync));
        }
        let is_stored = batch.is_some();
        let changed =
            self.because(asked_by, |world| world.files_changed(id, batch.unwrap_or_default()));
        let report = match work {
            FileWork::Piece { incoming, piece } => {
                ReplicaInput::Files(FileReport::PieceStored { incoming, piece })
            }
            FileWork::Flush(flush) if is_stored => flush.report(),
            FileWork::Flush(Flush { of: Flushed::Incoming(incoming), .. }) => {
                ReplicaInput::Files(FileReport::SnapshotNotStored { incoming })
            }
            FileWork::Flush(Flush { of: Flushed::Own(through), .. }) => {
                ReplicaInput::SnapshotFailed { through }
            }
        };
        self.because(changed.or(asked_by), |world| {
            world.deliver(id, ArrivalKind::Input(report));
        });
    }

    fn remove_file(&mut self, id: NodeId, file: SnapshotFile) {
        let batch = self.node_mut(id).disk.remove_file(file);
        self.files_changed(id, batch);
    }

    /// Before a start: opens the directory of the disk, if it has one, and removes the files that a
    /// crash left without a record.
    pub(super) fn open_disk(&mut self, id: NodeId) {
        let rules_off = self.rules_off;
        let node = self.node_mut(id);
        node.disk.make(rules_off);
        let batch = node.disk.open();
        self.files_changed(id, batch);
        let node = self.node_mut(id);
        if node.disk.durable().files().next().is_none() {
            return;
        }
        if let Ok(recovered) = SimNode::recovered(node) {
            let batch = node.disk.remove_orphans(&recovered);
            self.files_changed(id, batch);
        }
    }

    /// The event, unless nothing changed.
    pub(super) fn files_changed(&mut self, id: NodeId, batch: WriteBatch) -> Option<EventNumber> {
        let is_empty = batch.is_empty();
        let event = DiskEvent::FilesChanged { batch: Arc::new(batch) };
        (!is_empty).then(|| self.emit_disk(id, event))
    }
}

impl Flush {
    /// The driver's report that the file is durable.
    fn report(&self) -> ProcessInput {
        let file = self.file;
        match self.of {
            Flushed::Incoming(incoming) => {
                ReplicaInput::Files(FileReport::SnapshotStored { incoming, file })
            }
            Flushed::Own(through) => ReplicaInput::SnapshotTaken { through, data: file.into() },
        }
    }
}
