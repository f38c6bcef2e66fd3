//! The places of records on a disk.

use core::fmt;

use raft_core::LogIndex;
use serde::{Deserialize, Serialize};

/// The place of a record on one node's disk. The order is that of the disk, with entries in log
/// order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
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
}

impl RecordKey {
    /// All keys but those of entries.
    pub(crate) const NOT_ENTRIES: [Self; 6] = [
        Self::HardState,
        Self::HardStateCopy,
        Self::SnapshotMark,
        Self::LogEnd,
        Self::Snapshot,
        Self::InUse,
    ];

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
        };
        let mut bytes = [tag; 9];
        bytes[1..].copy_from_slice(&index.to_le_bytes());
        bytes
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HardState => f.write_str("term and vote"),
            Self::HardStateCopy => f.write_str("copy of term and vote"),
            Self::SnapshotMark => f.write_str("mark of the snapshot"),
            Self::LogEnd => f.write_str("end of the log"),
            Self::Snapshot => f.write_str("snapshot"),
            Self::Entry(index) => write!(f, "entry {index}"),
            Self::InUse => f.write_str("note that the node was in use"),
        }
    }
}
