//! The disks of a whole cluster in one IndexedDB database: the durable back end of a lab in a page.
//!
//! [`Database::commit`] stores the batches of any number of nodes in one transaction with *strict*
//! durability: when it completes, the browser has flushed them to the medium. [`Database::load`]
//! returns the same [`Records`](raft_storage::Records) as the back end in memory, and
//! [`raft_storage::recover`] checks them: this crate moves bytes without reading them.
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
//!     // The browser deleted the database. The nodes must not start empty under their old ids.
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
//! All stores are in one database, because a transaction cannot span two: truncating, appending and
//! changing the term must be one step (Figure 2: a server answers only when it has stored them).
//!
//! Each value is one record. Measured in headless Chromium (a browser test prints it): a strict
//! commit of one entry takes 1.2 ms, of a hundred entries 19 ms, of the same hundred packed into
//! one value 1.4 ms. Packing would pay only for batches far larger than a person's clicks cause,
//! and every truncation would have to rewrite packs. Instead, a transaction omits the writes that
//! it overwrites itself, such as the end of the log in every append.
//!
//! # What is promised
//!
//! - **The database always holds a prefix of the committed batches.** One transaction is under way
//!   at a time, and all batches committed meanwhile go into the next one. With two transactions,
//!   the second could succeed after the first was aborted.
//! - **A failure is final.** After a failed write, no later write is tried: later writes depend on
//!   the failed one. Open the database again to continue from the stored state.
//! - **A lost connection is opened again, once.** (Browsers lose connections: a crashed storage
//!   process, an I/O error.) Batches that were not acknowledged are then written again, from the
//!   oldest on: writing a batch twice is harmless. A deleted database is never created again here:
//!   it would look like a first start.
//! - **Another tab may delete or upgrade the database.** This tab then closes it, since the other
//!   tab would wait forever, and every further commit fails with [`IdbError::TakenOver`].
//!
//! The numbers in keys are JavaScript's, exact up to 2⁵³ − 1; larger ones are refused.

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
