//! The replicated key-value state machine: commands, client sessions, snapshots.
//!
//! Every node of the cluster builds a [`Store`] from the same log. A store is a pure function of
//! the commands applied to it: no clock, no randomness, no map with a random order, no difference
//! between a native build and wasm32. Two nodes that applied the same entries have equal stores
//! with equal [digests](Store::digest).
//!
//! The crate does not depend on Raft: a driver passes committed entries to [`Store::apply`], in log
//! order.
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
//!   it is committed (Raft §8; Ongaro's dissertation §6.3). The one condition: no client id is
//!   given to two clients.
//! - **The first answer.** A retry of the client's newest command gets the answer of the first
//!   application, reads included. A client has one command outstanding at a time, so it waits for
//!   no other answer. Only the number makes a command a retry: a different operation under the same
//!   number gets the answer of the first one.
//! - **Sessions are bounded.** The store keeps [`MAX_SESSIONS`] sessions. One more evicts the
//!   session that was used least recently *in log order*, the same one on every node. A command of
//!   an evicted client is answered with [`Error::SessionExpired`] and not applied. The store does
//!   not know whether an earlier copy of it was applied. The client must read to find out before it
//!   sends the command again in a new session.
//! - **Client ids must increase.** Sequence 1 opens a session. If an evicted client could open its
//!   session again, a late copy of its first command would be applied a second time. The store
//!   therefore remembers the highest client id that it evicted and opens new sessions only above
//!   it. Ids drawn at random work until the first eviction; after it, low ones are refused, and the
//!   error names the id to stay above. Do not use [`u64::MAX`]: once it is evicted, no id is above
//!   it and no new session can open.

#![forbid(unsafe_code)]

mod blob;
mod command;
mod error;
mod fingerprint;
mod response;
mod session;
mod snapshot;
mod splitmix;
mod store;

#[cfg(test)]
mod strategies;

pub use blob::{Key, Value};
pub use command::{ClientId, Command, Operation, Sequence};
pub use error::{DecodeError, Error, NoSession};
pub use response::Response;
pub use session::ClientSession;
pub use snapshot::RestoreError;
pub use splitmix::SplitMix64;
pub use store::Store;

/// The length of the longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 1024;

/// The length of the longest value, in bytes.
///
/// Together with [`MAX_LIST_BYTES`] and [`MAX_SESSIONS`] it bounds the size of all remembered
/// answers: 1,000 answers of 65 KiB.
pub const MAX_VALUE_BYTES: usize = 64 * 1024;

/// The most client sessions that a store keeps.
///
/// It decides which session is evicted, so it must be the same on every node. A store for tests may
/// keep fewer ([`Store::keeping_sessions`]).
pub const MAX_SESSIONS: usize = 1000;

/// The most entries in the answer to one [`Operation::List`].
pub const MAX_LIST_ENTRIES: usize = 1000;

/// The most bytes of keys and values in the answer to one [`Operation::List`]. Each single entry
/// fits.
pub const MAX_LIST_BYTES: usize = MAX_KEY_BYTES + MAX_VALUE_BYTES;
