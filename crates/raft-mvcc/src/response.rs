//! The answers to commands.

use serde::{Deserialize, Serialize};

use crate::alarm::AlarmMember;
use crate::error::Error;
use crate::txn::{DeleteRangeResult, PutResult, TxnResult};

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The store's revision after the command: `revision` in the header of etcd's answers. A
    /// repeated answer has the revision of the first one.
    pub revision: i64,
    /// The result.
    pub result: Result<Applied, Error>,
    /// Whether this is the answer that was given before: the command is a retry, and was not
    /// applied again.
    pub repeated: bool,
}

/// The result of a command that was applied. Each variant answers the
/// [`Operation`](crate::Operation) of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Applied {
    /// A put.
    Put(PutResult),
    /// A deletion.
    DeleteRange(DeleteRangeResult),
    /// A transaction.
    Txn(TxnResult),
    /// A compaction. The memory becomes free in steps, with later commands.
    Compact,
    /// A lease was created.
    LeaseGrant {
        /// Its id.
        id: i64,
        /// Its time to live in seconds.
        ttl: i64,
    },
    /// A lease ended.
    LeaseRevoke,
    /// Expired leases ended.
    RevokeExpired {
        /// Those that existed, in the order in which they ended.
        ids: Vec<i64>,
    },
    /// Alarms that were raised, or cleared.
    Alarm(Vec<AlarmMember>),
    /// A session was opened.
    OpenSession {
        /// Its id, and its lease's.
        id: i64,
        /// The time to live of its lease in seconds.
        ttl: i64,
    },
}
