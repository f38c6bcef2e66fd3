//! The replicated key-value store with the data model of etcd v3.
//!
//! Every node of the cluster builds a [`Store`] from the same log. A store is a pure function of
//! the commands applied to it: no clock, no randomness, no map with a random order, no floats. Two
//! nodes that applied the same entries have equal stores with equal [hashes](Store::hash).
//!
//! The crate depends neither on Raft nor on gRPC: a node passes committed entries to
//! [`Store::apply`], in log order, and answers etcd's API from the [`Response`]s and from reads.
//! The types of requests and answers have etcd's fields, and errors have etcd's texts.
//!
//! ```
//! use raft_mvcc::{ChangesQuery, Command, KeyRange, Operation, Put, Range, SessionTag, Store};
//!
//! let mut store = Store::default();
//! let open = Command::new(Operation::OpenSession { id: 77, ttl: 60 });
//! store.apply(1, &open.encode());
//!
//! // The client numbers its commands from 1 and keeps the number when it retries.
//! let put = Put { key: "x".into(), value: "1".into(), ..Put::default() };
//! let tag = SessionTag { session: 77, number: 1, acknowledged: 0 };
//! let command = Command { session: Some(tag), operation: Operation::Put(put) };
//! raft_mvcc::validate(&command.operation).expect("within the limits");
//! let payload = command.encode();
//! assert_eq!(store.apply(2, &payload).revision, 2, "the first put of an empty store");
//!
//! // A clone is a view for other threads: later commands do not change it.
//! let view = store.clone();
//!
//! // The answer was lost, the client retried, and the command was committed twice:
//! // it is applied once, and the client gets the first answer.
//! let again = store.apply(3, &payload);
//! assert!(again.repeated);
//! assert_eq!(store.revision(), 2);
//!
//! let read = Range { key: "x".into(), ..Range::default() };
//! assert_eq!(view.range(&read).expect("a revision that exists").kvs[0].value, "1");
//!
//! // A watch reads the changes from a revision on, and goes on from there.
//! let query = ChangesQuery {
//!     from_revision: 2,
//!     range: KeyRange::prefix("x"),
//!     prev_kv: false,
//!     max_bytes: 1 << 20,
//! };
//! let changes = store.changes(&query).expect("not compacted");
//! assert_eq!(changes.changes.len(), 1);
//! assert_eq!(changes.next_revision, 3);
//!
//! // A snapshot carries the sessions too, so a retry is recognised after a restart.
//! let restored = Store::restore(&store.snapshot()).expect("our own snapshot");
//! assert_eq!(restored.hash(), store.hash());
//! ```
//!
//! # Revisions
//!
//! As in etcd, an empty store has revision 1, and each command that changes a key makes one more:
//! a transaction with many puts makes one, and so does the end of a lease with many keys. Every
//! revision from the compacted one on can be read, and its changes can be watched, also those at
//! the compacted revision itself.
//!
//! # What a client with a session may rely on
//!
//! - **At most once.** [`Operation::OpenSession`] opens a session; its id is also a lease, so it
//!   ends like one. A command with a [`SessionTag`] changes the store at most once, however often
//!   it is committed and whatever other commands come in between (Ongaro's dissertation §6.3). The
//!   one condition: no id is given to two sessions.
//! - **The first answer.** A retry gets the answer of the first copy, errors included, until the
//!   client acknowledges it. Only the number makes a command a retry: a different operation under
//!   the same number gets the answer of the first one. An answer above [`MAX_KEPT_ANSWER_BYTES`]
//!   is not kept, and [`Error::AnswerNotKept`] says that the command was applied.
//! - **Acknowledged numbers are over.** A tag says up to which number the client has all answers,
//!   or will not ask for them. Those answers are forgotten. A late copy of such a command is
//!   refused ([`Error::AlreadyAcknowledged`]), also if the first copy never arrived.
//! - **A window.** A number is at most [`SESSION_WINDOW`] above the acknowledged one
//!   ([`Error::WindowExceeded`]). So no answer is dropped that a client may ask for, and numbers
//!   may arrive in any order.
//! - **Sessions are bounded.** A store keeps [`MAX_SESSIONS`] sessions and [`MAX_KEPT_BYTES`] of
//!   answers. What exceeds them closes the session that was used least recently *in log order*,
//!   the same one on every node. Its lease stays. A command of a closed session is refused with
//!   [`Error::SessionNotOpen`] and not applied.
//!
//! # Cost
//!
//! Versions of keys are in persistent trees, and each version is one allocation that all trees
//! share. A put, a deletion of one key and a read of one key take logarithmic time.
//!
//! With a million keys of 16 bytes and values of 128 bytes, on two busy cores of a virtual machine:
//! 255 to 268 bytes of memory a key in all; 4 to 13 µs for a put into scattered keys, with a view
//! after each 64 commands, and about twice that while a compaction is swept; 0.4 s for a snapshot
//! and 0.6 s to restore it. A deletion of a range takes about 1 µs a key. The memory of compacted
//! versions becomes free in small steps with later commands, so a large compaction stops nothing.
//! `cargo bench -p raft-mvcc` prints these figures.

#![forbid(unsafe_code)]

mod alarm;
mod changes;
mod command;
mod compact;
mod error;
mod hash;
mod lease;
mod range;
mod record;
mod response;
mod session;
mod snapshot;
mod store;
mod txn;
mod txn_form;
mod validate;
mod versions;
mod words;
mod writing;

#[cfg(test)]
mod model;
#[cfg(test)]
mod strategies;

pub use alarm::{AlarmKind, AlarmMember};
pub use changes::{Change, ChangeKind, Changes, ChangesQuery};
pub use command::{Command, DecodeError, Operation, SessionTag};
pub use error::Error;
pub use lease::Lease;
pub use range::{KeyRange, KeyValue, Range, RangeResult, SortOrder, SortTarget};
pub use response::{Applied, Response};
pub use snapshot::RestoreError;
pub use store::{Size, Store};
pub use txn::{
    Compare, CompareRelation, CompareTarget, DeleteRange, DeleteRangeResult, Put, PutResult, Txn,
    TxnAnswer, TxnOperation, TxnResult,
};
pub use validate::validate;

/// The most comparisons, and the most operations of each list, in a transaction. A transaction in
/// it has what is left of the number.
pub const MAX_TXN_OPERATIONS: usize = 128;

/// The longest time to live of a lease, in seconds.
pub const MAX_LEASE_TTL: i64 = 9_000_000_000;

/// The most leases that end with one [`Operation::RevokeExpired`].
pub const MAX_REVOKED_LEASES: usize = 1000;

/// The most changes that one answer of [`Store::changes`] looks at, apart from the last revision,
/// which it looks at as a whole.
pub const MAX_CHANGES_READ: usize = 10_000;

/// How far the number of a command may be above the acknowledged one: the most answers that a
/// session remembers.
pub const SESSION_WINDOW: u64 = 64;

/// The most sessions that a store keeps.
pub const MAX_SESSIONS: usize = 10_000;

/// The largest answer that a session remembers, in bytes of keys and values.
pub const MAX_KEPT_ANSWER_BYTES: usize = 64 * 1024;

/// The most bytes of answers that all sessions remember together.
pub const MAX_KEPT_BYTES: usize = 64 * 1024 * 1024;
