//! The replicated key-value store with the data model of etcd v3.

#![forbid(unsafe_code)]

mod alarm;
mod changes;
mod command;
mod error;
mod lease;
mod range;
mod response;
mod snapshot;
mod store;
mod txn;

pub use alarm::{AlarmKind, AlarmMember};
pub use changes::{Change, ChangeKind, Changes, ChangesQuery};
pub use command::{Command, DecodeError, Operation, SessionTag, validate};
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
