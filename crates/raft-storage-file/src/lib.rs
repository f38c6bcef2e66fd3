//! The disk of a node in the files of one directory.
//!
//! A [`FileDisk`] takes the same [`WriteBatch`](raft_storage::WriteBatch)es as the back end in
//! memory. [`FileDisk::append`] takes a batch, and [`FileDisk::flush`] makes all batches durable
//! that were taken before: one flush for all that waits. [`FileDisk::open`] returns the same
//! [`Records`](raft_storage::Records), and [`raft_storage::recover`] checks them.
//!
//! ```
//! use raft_core::{HardState, NodeId, Persist, Term};
//! use raft_storage::{WriteBatch, recover};
//! use raft_storage_file::{Directory, FileDisk, Options};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = std::env::temp_dir().join(format!("helios-doc-{}", std::process::id()));
//! let (mut disk, records, _) = FileDisk::open(Directory::open(&path)?, Options::default())?;
//! assert_eq!(recover(NodeId(1), &records)?.hard_state, HardState::default());
//!
//! let hard_state = HardState { current_term: Term(3), voted_for: Some(NodeId(1)) };
//! let write = Persist { hard_state: Some(hard_state), ..Persist::default() };
//! disk.append(&WriteBatch::from_persist(&write))?;
//! disk.flush()?; // Only now may the core hear of it.
//! drop(disk);
//!
//! let (_, records, _) = FileDisk::open(Directory::open(&path)?, Options::default())?;
//! assert_eq!(recover(NodeId(1), &records)?.hard_state, hard_state);
//! # std::fs::remove_dir_all(&path)?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is in the directory
//!
//! | name | content |
//! |---|---|
//! | `0000000000000007.log` | a segment: a header, and frames; the first has all but entries |
//! | `0000000000000003.snapshot` | the data of a snapshot, by the handle of the file |
//! | `*.new` | a file that a crash left unfinished; it is removed |
//!
//! A segment is filled with zeros when it is made, so a flush changes no length. It gets its name
//! when its first frame is durable. A segment is removed when the log starts after all entries in
//! it: everything else is also in the first frame of the next segment.
//!
//! # What is promised
//!
//! - **After a crash, the disk holds a prefix of the batches, with all that were flushed**,
//!   whichever part of the rest reached the medium. What follows the prefix was never acknowledged;
//!   it is cut off, and [`OpenReport::cut`] counts its bytes.
//! - **Damage of a flushed batch is refused**, with the name of the file and the place in it. A
//!   torn write left at least one sector of zeros, so a bad frame without one is damage. Each frame
//!   says how much was flushed before it was made, so a bad frame is damage, too, if a later one
//!   says that it was flushed. What cannot be told from a torn end: flushes at the very end of
//!   which a sector is zeros, because it came back so, or was written so.
//! - **What another process finds, it may rely on.** Opening a disk stores again what it finds at
//!   the end, since it may be seen without being on the medium.
//! - **A failure is final.** After a failed write or flush nothing is written any more: the medium
//!   may have lost what the file system believes to be there, and the next flush may succeed
//!   without it (PostgreSQL's "fsyncgate"). Open the disk again.
//! - **A full disk loses nothing.** Room is taken a segment at a time; [`FileDiskError::Full`]
//!   comes before anything of the batch is written, and the disk goes on when there is room again.
//!   A file system that copies on write can still refuse a write into a segment, which is final.
//!
//! The handle of a snapshot's file that was ever stored must not be used for another one.
#![forbid(unsafe_code)]

mod directory;
mod disk;
mod error;
mod files;
mod frame;
mod mistakes;
mod open;
pub mod simulated;
mod snapshot_files;

pub use directory::Directory;
pub use disk::{BatchNumber, FileDisk, Options};
pub use error::FileDiskError;
pub use files::FileSystem;
pub use mistakes::{Mistake, Mistakes};
pub use open::OpenReport;
pub use snapshot_files::{SnapshotDraft, SnapshotFiles};
