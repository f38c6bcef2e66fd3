//! What a node keeps on disk: records, checksums, recovery, and a back end in memory.
//!
//! A disk is a small ordered map from [`RecordKey`] to a record. The core asks for a
//! [`Persist`](raft_core::Persist); [`WriteBatch::from_persist`] turns that into writes, and a back
//! end applies a batch all or nothing. [`Records`] is such a back end, in memory and cheap to
//! clone; another one keeps the same batches in a browser's IndexedDB. [`recover`] is the way back,
//! the same for both.
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
//! back an acknowledgement (§5.3). So recovery gives back exactly what was written last, or an
//! error; never less.
//!
//! - Each record carries a format version and a CRC-32 over its key, version and content. A flipped
//!   bit, a torn write and a record in the wrong place are found.
//! - A checksum inside a record cannot tell that the whole record is gone. Therefore everything has
//!   a witness, written in the same batch: the term and vote have a copy, the snapshot has a mark
//!   with its position, and the log has a record that says where it ends. What a witness names must
//!   be there, and what is there must have its witness.
//! - Entries must follow the snapshot without a gap. Batches are atomic, so an entry that a snapshot
//!   replaced, or one past the end of the log, is no harmless leftover: it shows that the storage
//!   does not keep batches whole, and it is refused. Storage that tears a batch of entries looks just
//!   like storage that lost the removal of entries, or the record that says where the log ends; as no
//!   answer is right for all three, there is none. Only a batch torn between the term and vote and
//!   their copy can be told: there the newer one is right, whatever happened.
//! - An empty disk is a node's first start.
//!
//! Out of reach: a disk that went back, whole, to an earlier state, or that was emptied. Who can
//! lose a whole disk (a browser that evicts a database can) must remember elsewhere that there was
//! one. [`WriteBatch::wipe`] is a loss that somebody remembers.

mod batch;
mod error;
mod image;
mod key;
mod record;
mod records;
mod recover;

pub use batch::{Write, WriteBatch};
pub use error::{Damage, StorageError};
pub use image::{ImportError, LARGEST_IMAGE, export, import};
pub use key::RecordKey;
pub use record::{
    FORMAT_VERSION, RecordBytes, decode_entry, decode_hard_state, decode_snapshot_mark,
    encode_entry, encode_hard_state, encode_snapshot,
};
pub use records::Records;
pub use recover::recover;

#[cfg(test)]
mod strategies;
