//! Why the store refuses a command, and what the sender should do next.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::command::{ClientId, Sequence};
use crate::{MAX_KEY_BYTES, MAX_VALUE_BYTES};

/// Why a command failed. A failed command changes no key, and every node gives the same error for
/// the same entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum Error {
    /// The key has no bytes. Name a key.
    #[error("the key is empty: name a key")]
    EmptyKey,
    /// The key is longer than [`MAX_KEY_BYTES`]. Use a shorter one.
    #[error(
        "the key is {length} bytes long, at most {MAX_KEY_BYTES} are allowed: use a shorter one"
    )]
    KeyTooLong {
        /// The key's length in bytes.
        length: u64,
    },
    /// The value is longer than [`MAX_VALUE_BYTES`], or would be after the append. Split it over
    /// several keys.
    #[error(
        "the value would be {length} bytes long, at most {MAX_VALUE_BYTES} are allowed: split it \
         over several keys"
    )]
    ValueTooLong {
        /// The value's length in bytes.
        length: u64,
    },
    /// Sequence numbers start at 1. Send the command again with a number of at least 1.
    #[error("sequence numbers start at 1: number the command from 1")]
    ZeroSequence,
    /// The client has no session: the store evicted the session, or it was never opened. An earlier
    /// copy of the command may have been applied. Read to find out; if the command is still wanted,
    /// send it as the first command of a new client.
    #[error("client {client} {}", NoSession { above: *.above })]
    SessionExpired {
        /// The client without a session.
        client: ClientId,
        /// A new client's id must be above this one; `None`: any id that was never used.
        above: Option<ClientId>,
    },
    /// The command is a late copy: the client has sent a newer command since and waits only for
    /// the answer to that one. Ignore this error.
    #[error("command {sequence} is a late copy, the client is already at {last}: ignore it")]
    StaleSequence {
        /// The number of the late copy.
        sequence: Sequence,
        /// The number of the client's newest command.
        last: Sequence,
    },
    /// The log entry holds no command. Propose only the bytes that
    /// [`Command::encode`](crate::Command::encode) returns.
    #[error("the log entry holds no command: {0}")]
    Undecodable(#[from] DecodeError),
}

/// What is said of a client without a session, after its name.
#[derive(Debug, Clone, Copy)]
pub struct NoSession {
    /// A new client's id must be above this one; `None`: any id that was never used.
    pub above: Option<ClientId>,
}

impl fmt::Display for NoSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "has no session (evicted, or never opened), and an earlier copy of this command may \
             have been applied: read to find out, then go on as a new client",
        )?;
        self.above.map_or(Ok(()), |above| write!(f, " with an id above {above}"))
    }
}

/// Why bytes are not a [`Command`](crate::Command).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum DecodeError {
    /// There are no bytes. An entry without a payload (a new leader's no-op) is not for the store:
    /// pass it to [`Store::skip`](crate::Store::skip).
    #[error("it is empty; a no-op entry is not for the store")]
    Empty,
    /// The format has another version. Run one version of this program on all nodes.
    #[error(
        "its format is version {found} and this build reads version {supported}: run one version \
         on all nodes"
    )]
    UnknownVersion {
        /// The version in the payload.
        found: u8,
        /// The version that this build reads.
        supported: u8,
    },
    /// The bytes are cut short or were never a command. Send the command again.
    #[error("it is cut short or was never a command: send the command again")]
    Malformed,
    /// More bytes follow the command. Put one command in one entry.
    #[error("{count} bytes follow the command: put one command in one entry")]
    TrailingBytes {
        /// How many bytes are left over.
        count: u64,
    },
}
