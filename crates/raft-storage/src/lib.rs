//! The disk of a node: records, checksums, recovery, and a back end in memory.
//!
//! A disk is a small ordered map from [`RecordKey`] to a record. A request of the core is a
//! [`Persist`](raft_core::Persist). [`WriteBatch::from_persist`] turns a request into writes, and a
//! back end applies a batch all or nothing. [`Records`] is a back end in memory, cheap to clone;
//! the crate raft-storage-idb is one in a browser's IndexedDB. At a restart, [`recover`] reads the
//! disk of either.
//!
//! ```
//! use raft_core::{Entry, HardState, LogIndex, NodeId, Payload, Persist, Term};
//! use raft_storage::{RecordKey, Records, WriteBatch, recover};
//!
//! let write = Persist {
//!     hard_state: Some(HardState { current_term: Term(1), voted_for: None }),
//!     entries: vec![Entry { index: LogIndex(1), term: Term(1), payload: Payload::Noop }].into(),
//!     ..Persist::default()
//! };
//! let mut disk = Records::default();
//! disk.apply(&WriteBatch::from_persist(&write));
//! assert_eq!(recover(NodeId(1), &disk)?.entries[..], write.entries[..]);
//!
//! disk.remove(RecordKey::Entry(LogIndex(1)));
//! assert_eq!(
//!     recover(NodeId(1), &disk).unwrap_err().to_string(),
//!     "node 1: entry 1 is missing, though the end of the log says that it was written. \
//!      Do not start this node from this disk, and never start it empty: \
//!      wipe it and add it to the cluster as a new node."
//! );
//! # Ok::<(), raft_storage::StorageError>(())
//! ```
//!
//! # What recovery promises
//!
//! A server that forgot its vote can vote twice (§5.4.1), and one that forgot an entry can take
//! back an acknowledgement (§5.3). Recovery therefore returns exactly the state that was written
//! last, or an error.
//!
//! - Each record carries a format version and a CRC-32 over its key, version and content. A flipped
//!   bit, a torn write and a record in the wrong place are found.
//! - A checksum cannot show that its whole record is gone. Therefore each record has a witness in
//!   the same batch: the term and vote have a copy, and so has the list of the first members; the
//!   snapshot has a mark with its position and the start of the log, and the log has a record of
//!   its end. Each record needs its witness, and each witness its record.
//! - Entries must follow the start of the log without a gap, and reach the end of the snapshot.
//!   Batches are atomic. An entry before the start of the log, or one past its end, therefore shows
//!   that the storage does not keep batches whole, and it is an error. Three faults look alike:
//!   a torn batch of entries, a lost removal of entries, and a lost record of the log's end. No
//!   answer is right for all three, so there is none. Only a batch torn between the term and vote
//!   and their copy is repaired: the newer one is right in every case.
//! - The data of a snapshot may be in a file, which is on disk before its record is
//!   ([`RecordKey::SnapshotFile`]). The record of the snapshot is the witness of the file: it has
//!   the file's length and checksum. Files that no record names are orphans, and no damage:
//!   [`Records::without_orphans`] removes them.
//! - An empty disk is a node's first start, and so is one with orphans only.
//!
//! Not detectable: a whole disk that went back to an earlier state, or that was emptied. Storage
//! that can lose a whole disk (a browser may evict a database) must remember elsewhere that there
//! was one. [`WriteBatch::wipe`] models such a loss, with that memory.

mod batch;
mod content;
mod error;
mod image;
mod key;
mod per_entry;
mod record;
mod records;
mod recover;

pub use batch::{Write, WriteBatch};
pub use content::RecordContent;
pub use error::{Damage, DamageReason, StorageError};
pub use image::{ImportError, LARGEST_IMAGE, export, import};
pub use key::RecordKey;
pub use per_entry::PerEntry;
pub use record::{
    FORMAT_VERSION, FileRecord, OLDEST_VERSION, RecordBytes, SnapshotMark, decode_bootstrap,
    decode_commit_index, decode_entry, decode_hard_state, decode_snapshot_mark, encode_entry,
    encode_file, encode_hard_state, encode_snapshot,
};
pub use records::Records;
pub use recover::recover;

#[cfg(test)]
mod strategies;
