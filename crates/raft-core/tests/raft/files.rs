//! The files of one server's snapshots, and what its driver does with them.

use std::collections::{BTreeMap, VecDeque};

use raft_core::{
    Bytes, FileReport, FileTask, IncomingId, Message, NodeId, Persist, SnapshotData, SnapshotFile,
};

use crate::server::text;

/// The files of one server. Those that are stored survive a crash.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) stored: BTreeMap<u64, Vec<u8>>,
    /// The files of snapshots that arrive.
    pub(crate) arriving: BTreeMap<IncomingId, Vec<u8>>,
    /// What the node asked for and is not done, oldest first.
    pub(crate) tasks: VecDeque<FileTask>,
    /// Whether tasks wait. If not, they are done at once.
    pub(crate) are_slow: bool,
    last_handle: u64,
    /// Pieces that could not be read.
    pub(crate) unread: usize,
    /// Of this file, only the first piece can be read.
    pub(crate) damaged: Option<SnapshotFile>,
}

/// The effect of a task.
pub(crate) enum Done {
    Sent(NodeId, Message),
    Report(FileReport),
}

impl Files {
    /// Stores a file.
    pub(crate) fn create(&mut self, data: &[u8]) -> SnapshotFile {
        self.last_handle += 1;
        let (handle, bytes) = (self.last_handle, data.len() as u64);
        self.stored.insert(handle, data.to_vec());
        SnapshotFile { handle, bytes, checksum: sum(data) }
    }

    pub(crate) fn read(&self, data: &SnapshotData) -> String {
        match data {
            SnapshotData::Bytes(bytes) => text(bytes),
            SnapshotData::File(file) => {
                let data = self.stored.get(&file.handle).expect("a restore names a stored file");
                assert_eq!((data.len() as u64, sum(data)), (file.bytes, file.checksum));
                text(data)
            }
        }
    }

    /// No record may name a file that is not stored.
    pub(crate) fn check_record(&self, write: &Persist) {
        let Some(write) = &write.snapshot else { return };
        if let Some(file) = write.snapshot.data.file() {
            assert!(self.stored.contains_key(&file.handle), "{file:?} is not stored");
        }
    }

    pub(crate) fn crash(&mut self) {
        self.arriving.clear();
        self.tasks.clear();
    }

    /// At a start: removes all files but the one that the record names.
    pub(crate) fn drop_orphans(&mut self, named: Option<SnapshotFile>) {
        self.stored.retain(|handle, _| named.is_some_and(|file| file.handle == *handle));
    }

    pub(crate) fn carry_out(&mut self, task: FileTask) -> Option<Done> {
        match task {
            FileTask::SendPiece(piece)
                if self.damaged == Some(piece.file) && piece.bytes.start > 0 =>
            {
                None
            }
            FileTask::SendPiece(piece) => {
                let Some(file) = self.stored.get(&piece.file.handle) else {
                    self.unread += 1;
                    return None;
                };
                let data = &file[piece.bytes.start as usize..piece.bytes.end as usize];
                let (to, data) = (piece.to, Bytes::from(data));
                piece.with_data(data).map(|message| Done::Sent(to, message))
            }
            FileTask::StorePiece { incoming, piece, offset, data } => {
                let file = self.arriving.entry(incoming).or_default();
                let end = offset as usize + data.len();
                file.resize(file.len().max(end), 0);
                file[offset as usize..end].copy_from_slice(&data);
                Some(Done::Report(FileReport::PieceStored { incoming, piece }))
            }
            FileTask::StoreSnapshot { incoming, bytes } => {
                let data = self.arriving.remove(&incoming).unwrap_or_default();
                assert_eq!(data.len() as u64, bytes, "all pieces were handed over");
                let file = self.create(&data);
                Some(Done::Report(FileReport::SnapshotStored { incoming, file }))
            }
            FileTask::DropIncoming(incoming) => {
                self.arriving.remove(&incoming);
                None
            }
            FileTask::DropFile(file) => {
                assert!(self.stored.remove(&file.handle).is_some(), "{file:?} is dropped twice");
                None
            }
        }
    }
}

fn sum(data: &[u8]) -> u32 {
    data.iter().fold(7, |sum, byte| sum * 31 % 65_521 + u32::from(*byte))
}
