//! Why a command or a read is refused.

use serde::{Deserialize, Serialize};

use crate::command::DecodeError;

/// Why a command or a read is refused. Nothing was changed.
///
/// Where etcd refuses the same, `Display` is etcd's text, because its clients recognise errors by
/// it. The other texts are of this crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Error {
    /// The key is empty.
    #[error("etcdserver: key is not provided")]
    EmptyKey,
    /// A put that keeps the value brings one.
    #[error("etcdserver: value is provided")]
    ValueProvided,
    /// A put that keeps the lease brings one.
    #[error("etcdserver: lease is provided")]
    LeaseProvided,
    /// A put that keeps the value or the lease needs a key that exists.
    #[error("etcdserver: key not found")]
    KeyNotFound,
    /// A transaction has more than [`MAX_TXN_OPERATIONS`](crate::MAX_TXN_OPERATIONS) comparisons
    /// or operations.
    #[error("etcdserver: too many operations in txn request")]
    TooManyOperations,
    /// A transaction changes the same key twice.
    #[error("etcdserver: duplicate key given in txn request")]
    DuplicateKey,
    /// The revision was compacted. Reads are possible from `compact_revision` on.
    #[error("etcdserver: mvcc: required revision has been compacted")]
    Compacted {
        /// The last compacted revision, at which reads are still possible.
        compact_revision: i64,
    },
    /// The revision is above the store's.
    #[error("etcdserver: mvcc: required revision is a future revision")]
    FutureRevision,
    /// The alarm NOSPACE is active: nothing may grow.
    #[error("etcdserver: mvcc: database space exceeded")]
    NoSpace,
    /// The alarm CORRUPT is active.
    #[error("etcdserver: corrupt cluster")]
    Corrupt,
    /// There is no lease with this id.
    #[error("etcdserver: requested lease not found")]
    LeaseNotFound,
    /// There is a lease with this id.
    #[error("etcdserver: lease already exists")]
    LeaseExists,
    /// The time to live is above [`MAX_LEASE_TTL`](crate::MAX_LEASE_TTL).
    #[error("etcdserver: too large lease TTL")]
    LeaseTtlTooLarge,
    /// The bytes are no command of this version.
    #[error("the log entry is no command: {0}")]
    Undecodable(DecodeError),
    /// There is no session with this id: it was never opened, its lease ended, or it was the least
    /// recently used of too many. The store does not know whether an earlier copy of the command
    /// was applied. Read to find out, and go on in a new session.
    #[error(
        "session {session} is not open: it expired, was evicted or never existed; this copy of the \
         command was not applied"
    )]
    SessionNotOpen {
        /// The id in the command.
        session: i64,
    },
    /// The tag of a command contradicts itself: numbers start at 1, and a command's own answer
    /// cannot have been received.
    #[error("number {number} with acknowledged {acknowledged} is not possible in a session")]
    InvalidTag {
        /// The number in the command.
        number: u64,
        /// The acknowledged number in the command.
        acknowledged: u64,
    },
    /// The client acknowledged this number, so its answer is forgotten. This copy was not applied.
    #[error(
        "number {number} of the session was acknowledged (up to {acknowledged}), so its answer is \
         forgotten; this copy of the command was not applied"
    )]
    AlreadyAcknowledged {
        /// The number in the command.
        number: u64,
        /// The highest number that the client acknowledged.
        acknowledged: u64,
    },
    /// The number is more than [`SESSION_WINDOW`](crate::SESSION_WINDOW) above the acknowledged
    /// one. Acknowledge answers first.
    #[error(
        "number {number} is too far above the acknowledged one ({acknowledged}): acknowledge \
         answers first"
    )]
    WindowExceeded {
        /// The number in the command.
        number: u64,
        /// The highest number that the client acknowledged.
        acknowledged: u64,
    },
    /// The command was applied, and its answer was too large to keep
    /// ([`MAX_KEPT_ANSWER_BYTES`](crate::MAX_KEPT_ANSWER_BYTES)). It is not applied again.
    #[error("number {number} of the session was applied, and its answer was too large to keep")]
    AnswerNotKept {
        /// The number in the command.
        number: u64,
    },
}

#[cfg(test)]
mod tests;
