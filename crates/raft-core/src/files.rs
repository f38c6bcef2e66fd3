//! Snapshot data in files of the driver: outside of the records that [`Output::Persist`] writes in
//! order, so that no vote and no acknowledgement waits for them.
//!
//! [`drivers`](crate::drivers#snapshots-in-files) says how a driver uses them.

use alloc::boxed::Box;
use core::ops::Range;

use crate::{Body, Bytes, Input, Message, NodeId, Output};

/// The state machine in a snapshot, in its own encoding.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SnapshotData {
    /// The bytes themselves. They are stored in the record of the snapshot.
    Bytes(Bytes),
    /// The bytes are in a file of the driver.
    File(SnapshotFile),
}

/// A file of the driver with the data of one snapshot. The record of the snapshot holds only this.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SnapshotFile {
    /// The driver's name for the file. The node only repeats it. No two files of one server have
    /// the same, also in different incarnations.
    pub handle: u64,
    /// The length in bytes.
    pub bytes: u64,
    /// A checksum of the driver's choice over the bytes. The node only repeats it.
    pub checksum: u32,
}

/// Names a snapshot that arrives from a leader, until its file is stored or dropped. Ids count up
/// from 1 in each incarnation of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct IncomingId(pub u64);

/// Work for the driver with files of snapshots ([`Output::Files`]). It is not in the order of
/// [`Output::Persist`]: other outputs do not wait for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileTask {
    /// Read a piece of a file, and send it. Like every message it may get lost: drop it if not all
    /// of it can be read, or too many pieces wait to be read.
    SendPiece(Box<FilePiece>),
    /// Write a piece of a snapshot that arrives to its file, which begins with the first piece, and
    /// answer with [`FileReport::PieceStored`]. No flush is needed. Pieces come in any order; some
    /// bytes may come twice, and are then the same.
    StorePiece {
        /// The snapshot.
        incoming: IncomingId,
        /// The number of the piece, counted from 1 for each snapshot.
        piece: u64,
        /// The place of the piece in the file, in bytes.
        offset: u64,
        /// The bytes.
        data: Bytes,
    },
    /// All pieces of this snapshot were handed over. Flush the file, and its directory; when all of
    /// it is on stable storage, answer with [`FileReport::SnapshotStored`]. An empty snapshot has
    /// no piece: make an empty file.
    StoreSnapshot {
        /// The snapshot.
        incoming: IncomingId,
        /// The length of the file.
        bytes: u64,
    },
    /// This snapshot will not be installed: stop writing, and remove what there is of its file.
    DropIncoming(IncomingId),
    /// Remove this file: no record names it, no piece of it will be sent, and no
    /// [`Output::Restore`] names it any more. It comes again if the driver reports the file again.
    DropFile(SnapshotFile),
}

/// A piece of a snapshot that a leader sends from a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilePiece {
    /// The server that it is for.
    pub to: NodeId,
    /// The message, still without the piece.
    pub message: Message,
    /// The file.
    pub file: SnapshotFile,
    /// The part of the file to send.
    pub bytes: Range<u64>,
}

/// The driver's answer to a [`FileTask`] ([`Input::Files`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileReport {
    /// This piece, and all before it, are written. They may be lost in a crash.
    PieceStored {
        /// The snapshot.
        incoming: IncomingId,
        /// The number of the piece.
        piece: u64,
    },
    /// All of a snapshot that arrived is on stable storage, in this file. If the file has another
    /// length than was asked for, it is removed, and the leader sends the snapshot again.
    SnapshotStored {
        /// The snapshot.
        incoming: IncomingId,
        /// The file.
        file: SnapshotFile,
    },
    /// The file of a snapshot that arrives could not be written, and is removed. The leader sends
    /// the snapshot again.
    SnapshotNotStored {
        /// The snapshot.
        incoming: IncomingId,
    },
}

impl SnapshotData {
    /// The length of the data.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.bytes,
        }
    }

    /// Whether there is no data.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes; `None` if they are in a file.
    pub fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::File(_) => None,
        }
    }

    /// The file; `None` if there is none.
    pub fn file(&self) -> Option<SnapshotFile> {
        match self {
            Self::Bytes(_) => None,
            Self::File(file) => Some(*file),
        }
    }
}

impl From<Bytes> for SnapshotData {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<SnapshotFile> for SnapshotData {
    fn from(file: SnapshotFile) -> Self {
        Self::File(file)
    }
}

impl FilePiece {
    /// The message with the bytes that were read. `None` if they are more or fewer than
    /// [`bytes`](Self::bytes) asks for: then the file cannot be read.
    pub fn with_data(self, data: Bytes) -> Option<Message> {
        if data.len() as u64 != self.bytes.end.saturating_sub(self.bytes.start) {
            return None;
        }
        let mut message = self.message;
        if let Body::InstallSnapshot(piece) = &mut message.body {
            piece.data = data;
        }
        Some(message)
    }
}

impl From<FileTask> for Output {
    fn from(task: FileTask) -> Self {
        Self::Files(task)
    }
}

impl From<FileReport> for Input {
    fn from(report: FileReport) -> Self {
        Self::Files(report)
    }
}
