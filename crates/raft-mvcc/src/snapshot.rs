//! The whole store as bytes, for log compaction (Raft §7).

use std::io;

use crate::store::Store;

impl Store {
    /// Writes the store; [`restore`](Self::restore) is the exact inverse. Equal stores give equal
    /// bytes. The bytes are written piece by piece, so the whole need not fit into memory twice.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_snapshot(&self, _to: &mut impl io::Write) -> io::Result<()> {
        todo!("snapshots")
    }

    /// The store as bytes ([`write_snapshot`](Self::write_snapshot)).
    pub fn snapshot(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write_snapshot(&mut bytes).expect("a growing buffer takes every snapshot");
        bytes
    }

    /// Reads a snapshot.
    ///
    /// The bytes may come from a damaged disk or a faulty peer: no bytes make this panic, or use
    /// memory out of proportion to their length.
    ///
    /// # Errors
    /// [`RestoreError`] says what is wrong. Fetch another snapshot from the leader then.
    pub fn restore(_bytes: &[u8]) -> Result<Self, RestoreError> {
        todo!("snapshots")
    }
}

/// Why bytes are not a snapshot. In every case: do not start from them, fetch another snapshot from
/// the leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// There are no bytes.
    #[error("the snapshot is empty; fetch another from the leader")]
    Empty,
    /// The format has another version.
    #[error("the snapshot's format is version {found} and this program reads version {supported}")]
    UnknownVersion {
        /// The version in the snapshot.
        found: u8,
        /// The version that this build reads.
        supported: u8,
    },
    /// The contents are not those that were written.
    #[error(
        "the snapshot is damaged or cut short: its checksum is {stored:08x} and its contents give \
         {computed:08x}; fetch another from the leader"
    )]
    ChecksumMismatch {
        /// The checksum in the snapshot.
        stored: u32,
        /// The checksum of the contents.
        computed: u32,
    },
    /// No run of the store leads to these contents.
    #[error("the snapshot is of no store: {problem}; fetch another from the leader")]
    Invalid {
        /// The fault in words.
        problem: &'static str,
    },
}
