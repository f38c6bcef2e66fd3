//! The disks of a whole cluster in one IndexedDB database: the durable back end of a lab in a page.
//!
//! [`Database::commit`] stores the batches of any number of nodes in one transaction with *strict*
//! durability: when it is done, the browser has flushed them to the medium. What comes back from
//! [`Database::load`] are the same [`Records`](raft_storage::Records) that the back end in memory
//! has, and [`raft_storage::recover`] judges them: this crate moves bytes and never looks inside.
//!
//! ```no_run
//! use raft_core::NodeId;
//! use raft_storage::{WriteBatch, recover};
//! use raft_storage_idb::{Database, OwnerLock, mark_initialized, was_initialized};
//!
//! # async fn example(batch: WriteBatch) -> Result<(), Box<dyn std::error::Error>> {
//! let owner = OwnerLock::acquire("my-lab").await?; // Only one tab may own a lab.
//! let database = Database::open("my-lab").await?;
//! let disks = database.load().await?;
//! if disks.is_empty() && was_initialized("my-lab") {
//!     // The browser threw the database away. The nodes must not start empty under their names.
//! }
//! for (node, records) in &disks {
//!     let recovered = recover(*node, records)?;
//! }
//! database.commit(vec![(NodeId(1), batch)], Vec::new()).await?;
//! mark_initialized("my-lab");
//! # Ok(())
//! # }
//! ```
//!
//! # What is in a database
//!
//! | store | key | value |
//! |---|---|---|
//! | `log` | `[node, index]` | the record of an entry |
//! | `meta` | `[node, name]` | term and vote, and the witnesses (see `raft_storage::RecordKey`) |
//! | `snapshot` | `node` | the record of the snapshot |
//! | `info` | a string | a few bytes of the lab's own: settings, a scenario |
//!
//! All in one database, because a transaction cannot span two: truncating, appending and changing
//! the term must be one step (Figure 2: a server answers only when it has stored them).
//!
//! One record a value. Measured in headless Chromium (a browser test prints it): a strict commit of one
//! entry takes 1.2 ms, of a hundred entries 19 ms, of the same hundred packed into one value 1.4 ms.
//! Packing would thus pay for batches far larger than a person's clicks make, and it would make
//! every truncation read, cut and rewrite packs. What a transaction overwrites itself, such as the
//! end of the log in every append, is left out instead.
//!
//! # What is promised
//!
//! - **The database always holds a prefix of what was committed.** One transaction is under way at
//!   a time, and what is committed meanwhile goes, all of it, into the next one. Had there been two,
//!   the second could succeed after the first was aborted, and leave a hole.
//! - **A failure is final.** After a write failed, no later one is tried: it was made on the
//!   assumption that the earlier one holds. Open the database anew to go on from what is stored.
//! - **A lost connection is opened again, once.** (Browsers do lose them: a crashed storage process,
//!   an I/O error.) What was not acknowledged is then written again, from the oldest on: writing it
//!   twice does no harm. A database that is gone is never created anew for this: it would look like
//!   a first start.
//! - **Another tab that deletes or upgrades the database is let through**, since otherwise it would
//!   wait for us forever: we close, and every further commit fails with [`IdbError::TakenOver`].
//!
//! The numbers in keys are JavaScript's, exact up to 2⁵³ − 1; larger ones are refused.
#![warn(clippy::wildcard_enum_match_arm)]

mod connection;
mod database;
mod error;
mod lock;
mod needed;
mod origin;
mod schema;
mod sys;

pub use database::{Database, DatabaseStatus};
pub use error::{IdbError, LockError};
pub use lock::OwnerLock;
pub use origin::{
    StorageReport, forget_initialized, mark_initialized, persist_storage, storage_report,
    was_initialized,
};
