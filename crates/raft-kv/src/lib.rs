//! The replicated key-value state machine: commands, client sessions, snapshots.
//!
//! A [`Store`] is what every node of the cluster builds from the same log. It is a pure function of
//! the commands applied to it: no clock, no randomness, no map with a random order, nothing that
//! differs between a native build and wasm32. Two nodes that applied the same entries hold equal
//! stores with equal [digests](Store::digest).
//!
//! It knows nothing of Raft: a driver takes committed entries in order and calls [`Store::apply`].
//!
//! ```
//! use raft_kv::{ClientId, Command, Operation, Response, Sequence, Store};
//!
//! // A client numbers its commands from 1 and keeps the number when it retries.
//! let append = Command {
//!     client: ClientId(7),
//!     sequence: Sequence(1),
//!     operation: Operation::Append { key: "x".into(), value: "ab".into() },
//! };
//! append.operation.validate().expect("within the limits");
//!
//! // The payload travels through the log; every node applies it.
//! let payload = append.encode();
//! let mut store = Store::default();
//! assert_eq!(store.apply(1, &payload), Response::Appended { length: 2 });
//!
//! // The answer was lost, the client retried, and the command was committed twice:
//! // it is applied once, and the client gets the first answer.
//! assert_eq!(store.apply(2, &payload), Response::Appended { length: 2 });
//! assert_eq!(store.get(b"x"), Some(&"ab".into()));
//!
//! // A snapshot carries the sessions too, so a retry is recognised after a restart.
//! let restored = Store::restore(&store.snapshot()).expect("our own snapshot");
//! assert_eq!(restored, store);
//! ```
//!
//! # What a client may rely on
//!
//! - **At most once.** The command (client, sequence) changes the store at most once, however often
//!   it is committed (Raft §8; Ongaro's dissertation §6.3). This holds without exception as long as a
//!   client id is never given to two clients.
//! - **The first answer.** A retry gets the answer of the first application, reads included, for as
//!   long as it is the client's newest command. A client has one command outstanding at a time, so
//!   that is the only answer it can still want. The retry is recognised by its number alone: a
//!   different operation under the same number gets the answer of the first one.
//! - **Sessions are bounded.** The store keeps [`MAX_SESSIONS`] of them. Opening one more evicts the
//!   session that was used least recently *in log order*, the same one on every node. A client that
//!   was evicted is told [`Error::SessionExpired`]; the command it carried was not applied by that
//!   entry, and whether an earlier copy was applied is unknown to the store. The client must find out
//!   by reading before it sends the command again under a new session.
//! - **What that costs.** Sequence 1 opens a session. If an evicted client could open its session
//!   again, a late copy of its first command would be applied a second time. The store therefore
//!   remembers the highest client id that it evicted and opens new sessions only above it: **give
//!   out client ids in increasing order**. Ids drawn at random work until the first eviction; after
//!   it, low ones are refused (safely, and with the id to stay above). An evicted id of
//!   [`u64::MAX`] leaves no id above it, and no new session could open: do not use it.

#![forbid(unsafe_code)]

mod blob;
mod command;
mod error;
mod fingerprint;
mod response;
mod session;
mod snapshot;
mod store;

#[cfg(test)]
mod strategies;

pub use blob::{Key, Value};
pub use command::{ClientId, Command, Operation, Sequence};
pub use error::{DecodeError, Error};
pub use response::Response;
pub use session::Session;
pub use snapshot::RestoreError;
pub use store::Store;

/// The longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 1024;

/// The longest value, in bytes.
///
/// With [`MAX_LIST_BYTES`] and [`MAX_SESSIONS`] it bounds what the remembered answers can hold:
/// 1,000 answers of 65 KiB.
pub const MAX_VALUE_BYTES: usize = 64 * 1024;

/// The most client sessions that the store keeps.
///
/// A constant and not a setting: it decides which session is evicted, so it is part of the replicated
/// state and must be the same on every node.
pub const MAX_SESSIONS: usize = 1000;

/// The most entries in the answer to one [`Operation::List`].
pub const MAX_LIST_ENTRIES: usize = 1000;

/// The most bytes of keys and values in the answer to one [`Operation::List`]. Any single entry fits.
pub const MAX_LIST_BYTES: usize = MAX_KEY_BYTES + MAX_VALUE_BYTES;
