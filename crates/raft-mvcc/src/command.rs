//! The commands of the log, and their form in a log entry.
//!
//! A log entry's payload is one version byte followed by the [`Command`] in postcard.

use serde::{Deserialize, Serialize};

use crate::alarm::AlarmKind;
use crate::txn::{DeleteRange, Put, Txn};

/// The version of the payload's format that this build writes, and the only one that it reads.
const VERSION: u8 = 1;

/// A change of the store, and the session it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The client's session and number; `None`: each copy of the command is applied.
    pub session: Option<SessionTag>,
    /// The change.
    pub operation: Operation,
}

/// The place of a command in a client's session. The crate's documentation has the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTag {
    /// The session, as [`Operation::OpenSession`] named it.
    pub session: i64,
    /// The command's number in its session, from 1. A retry keeps its number.
    pub number: u64,
    /// The client will not send this number or a smaller one again; 0: none. Smaller than `number`.
    pub acknowledged: u64,
}

/// A change of the store. The answer to each has the variant of the same name in
/// [`Applied`](crate::Applied).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// Give a key a value.
    Put(Put),
    /// Delete the keys of a range.
    DeleteRange(DeleteRange),
    /// Compare and do several operations at one revision.
    Txn(Txn),
    /// Forget what was overwritten or deleted up to a revision.
    Compact {
        /// The oldest revision that can be read afterwards.
        revision: i64,
    },
    /// Create a lease.
    LeaseGrant {
        /// Its id, which the node draws if the client does not; not 0.
        id: i64,
        /// Its time to live in seconds, at most [`MAX_LEASE_TTL`](crate::MAX_LEASE_TTL). Less than
        /// 1 counts as 1. A node raises it to what its clock and elections allow.
        ttl: i64,
    },
    /// End a lease and delete its keys, at one revision.
    LeaseRevoke {
        /// Its id.
        id: i64,
    },
    /// End leases whose time has passed, each like [`LeaseRevoke`](Self::LeaseRevoke), in this
    /// order and each at a revision of its own. An id without a lease is passed over.
    RevokeExpired {
        /// Their ids, at most [`MAX_REVOKED_LEASES`](crate::MAX_REVOKED_LEASES).
        ids: Vec<i64>,
    },
    /// Raise or clear an alarm of a member.
    Alarm {
        /// Whether the alarm is raised; otherwise it is cleared.
        activate: bool,
        /// The member.
        member: u64,
        /// The alarm.
        alarm: AlarmKind,
    },
    /// Open a session: create a lease, and remember the answers to the commands that carry its id
    /// in their [`SessionTag`]. The session ends with its lease.
    OpenSession {
        /// The id of the session and of its lease; not 0, and never used before.
        id: i64,
        /// The time to live of the lease, as in [`LeaseGrant`](Self::LeaseGrant).
        ttl: i64,
    },
}

impl Command {
    /// A command without a session.
    pub fn new(operation: Operation) -> Self {
        Self { session: None, operation }
    }

    /// The payload of a log entry.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![VERSION]).expect("a growing buffer takes every command")
    }

    /// Reads the payload of a log entry. No bytes make this panic, or use memory out of proportion
    /// to their length.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let (&found, body) = payload.split_first().ok_or(DecodeError::Empty)?;
        if found != VERSION {
            return Err(DecodeError::UnknownVersion { found });
        }
        let (command, rest) =
            postcard::take_from_bytes(body).map_err(|_| DecodeError::Malformed)?;
        if rest.is_empty() { Ok(command) } else { Err(DecodeError::TrailingBytes) }
    }
}

/// Why bytes are no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum DecodeError {
    /// There are no bytes.
    #[error("it is empty")]
    Empty,
    /// The format has another version: a newer program wrote it.
    #[error("its format is version {found}, which this program does not know")]
    UnknownVersion {
        /// The version in the payload.
        found: u8,
    },
    /// The bytes are cut short or were never a command.
    #[error("it is cut short or was never a command")]
    Malformed,
    /// More bytes follow the command.
    #[error("more bytes follow its end")]
    TrailingBytes,
}

#[cfg(test)]
mod tests;
