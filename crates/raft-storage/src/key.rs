//! The places of records on a disk.

use core::cmp::Ordering;
use core::fmt;

use raft_core::{LogIndex, Say, Speaker, Thing, print_as_said, say};
use serde::{Deserialize, Serialize};

/// The place of a record on one node's disk. Images of disks name a key by its place in this list,
/// so a new one belongs at the end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum RecordKey {
    /// The current term and the vote in it (Figure 2).
    HardState,
    /// A copy of it: the witness of [`RecordKey::HardState`].
    HardStateCopy,
    /// The position of the snapshot: the witness of [`RecordKey::Snapshot`].
    SnapshotMark,
    /// The last index of the log: the witness of the entries.
    LogEnd,
    /// The snapshot (§7).
    Snapshot,
    /// One entry of the log.
    Entry(LogIndex),
    /// The node was in use. Only [`WriteBatch::wipe`](crate::WriteBatch::wipe) leaves this record.
    /// It models a memory outside of the disk.
    InUse,
    /// The members that the node first started with.
    Bootstrap,
    /// A copy of them: the witness of [`RecordKey::Bootstrap`].
    BootstrapCopy,
    /// The data of a snapshot, by the handle of its file.
    SnapshotFile(u64),
}

impl RecordKey {
    /// All keys but those of entries and of files.
    pub(crate) const SINGLE: [Self; 8] = [
        Self::HardState,
        Self::HardStateCopy,
        Self::SnapshotMark,
        Self::LogEnd,
        Self::Snapshot,
        Self::InUse,
        Self::Bootstrap,
        Self::BootstrapCopy,
    ];

    /// The order of the disk, with entries in log order.
    fn rank(self) -> (u8, u64) {
        match self {
            // Far from its copy: a disk that loses one end of its records keeps the other.
            Self::Bootstrap => (0, 0),
            Self::HardState => (1, 0),
            Self::HardStateCopy => (2, 0),
            Self::SnapshotMark => (3, 0),
            Self::LogEnd => (4, 0),
            Self::Snapshot => (5, 0),
            Self::SnapshotFile(handle) => (6, handle),
            Self::Entry(index) => (7, index.0),
            Self::InUse => (8, 0),
            Self::BootstrapCopy => (9, 0),
        }
    }

    /// The key as checksums see it. No two keys have the same bytes.
    pub(crate) fn checksummed_bytes(self) -> [u8; 9] {
        let (tag, index) = match self {
            Self::HardState => (0, 0),
            Self::HardStateCopy => (1, 0),
            Self::SnapshotMark => (2, 0),
            Self::LogEnd => (3, 0),
            Self::Snapshot => (4, 0),
            Self::Entry(index) => (5, index.0),
            Self::InUse => (6, 0),
            Self::Bootstrap => (7, 0),
            Self::BootstrapCopy => (8, 0),
            Self::SnapshotFile(handle) => (9, handle),
        };
        let mut bytes = [tag; 9];
        bytes[1..].copy_from_slice(&index.to_le_bytes());
        bytes
    }
}

impl Ord for RecordKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for RecordKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: From<Thing>> Say<T> for RecordKey {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::HardState => say!(out; "term and vote"),
            Self::HardStateCopy => say!(out; "copy of term and vote"),
            Self::SnapshotMark => say!(out; "mark of the snapshot"),
            Self::LogEnd => say!(out; "end of the log"),
            Self::Snapshot => say!(out; "snapshot"),
            Self::Entry(index) => say!(out; index),
            Self::InUse => say!(out; "note that the node was in use"),
            Self::Bootstrap => say!(out; "list of the first members"),
            Self::BootstrapCopy => say!(out; "copy of the list of the first members"),
            Self::SnapshotFile(handle) => say!(out; "snapshot file {handle}"),
        }
    }
}

print_as_said!(Thing: RecordKey);
