//! Why a command was refused, and what its sender should do next.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::command::{ClientId, Sequence};
use crate::{MAX_KEY_BYTES, MAX_VALUE_BYTES};

/// Why a command failed. It changed no key; every node gives the same error for the same entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Error {
    /// The key has no bytes. Name a key.
    EmptyKey,
    /// The key is longer than [`MAX_KEY_BYTES`]. Use a shorter one.
    KeyTooLong {
        /// The key's length in bytes.
        length: u64,
    },
    /// The value is, or after the append would be, longer than [`MAX_VALUE_BYTES`]. Split it over
    /// several keys.
    ValueTooLong {
        /// The value's length in bytes.
        length: u64,
    },
    /// Sequence numbers start at 1. Send the command again with a number of at least 1.
    ZeroSequence,
    /// The client has no session: it was evicted, or never opened. Whether an earlier copy of the
    /// command was applied is unknown: read, then send it again if it is still wanted, as the first
    /// command of a new client.
    SessionExpired {
        /// The client without a session.
        client: ClientId,
        /// A new client's id must be above this one; `None`: any id that was never used.
        above: Option<ClientId>,
    },
    /// The client has sent a newer command since, so this one is a late copy whose answer nobody
    /// waits for. Ignore it.
    StaleSequence {
        /// The number of the late copy.
        sequence: Sequence,
        /// The number of the client's newest command.
        last: Sequence,
    },
    /// The log entry holds no command. Whoever proposed it must send what
    /// [`Command::encode`](crate::Command::encode) makes.
    Undecodable(DecodeError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyKey => f.write_str("the key is empty: name a key"),
            Self::KeyTooLong { length } => write!(
                f,
                "the key is {length} bytes long, at most {MAX_KEY_BYTES} are allowed: use a shorter one"
            ),
            Self::ValueTooLong { length } => write!(
                f,
                "the value would be {length} bytes long, at most {MAX_VALUE_BYTES} are allowed: \
                 split it over several keys"
            ),
            Self::ZeroSequence => {
                f.write_str("sequence numbers start at 1: number the command from 1")
            }
            Self::SessionExpired { client, above } => {
                write!(
                    f,
                    "client {client} has no session (evicted, or never opened), so an earlier copy of \
                     this command may or may not have been applied: read to find out, then go on as a \
                     new client"
                )?;
                match above {
                    Some(above) => write!(f, " with an id above {above}"),
                    None => Ok(()),
                }
            }
            Self::StaleSequence { sequence, last } => write!(
                f,
                "command {sequence} is a late copy, the client is already at {last}: ignore it"
            ),
            Self::Undecodable(error) => write!(f, "the log entry holds no command: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Undecodable(error) => Some(error),
            _ => None,
        }
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Undecodable(error)
    }
}

/// Why bytes are not a [`Command`](crate::Command).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DecodeError {
    /// There are no bytes. An entry without a payload (a new leader's no-op) is not for the store:
    /// pass it to [`Store::skip`](crate::Store::skip).
    Empty,
    /// Another version of this program wrote it. Run one version on all nodes.
    UnknownVersion {
        /// The version found.
        found: u8,
        /// The version that this build reads.
        supported: u8,
    },
    /// The bytes are cut short or were never a command. Send the command again.
    Malformed,
    /// A command is followed by bytes that do not belong to it. Put one command in one entry.
    TrailingBytes {
        /// How many bytes are left over.
        count: u64,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty; a no-op entry is not for the store"),
            Self::UnknownVersion { found, supported } => write!(
                f,
                "its format is version {found} and this build reads version {supported}: run one \
                 version on all nodes"
            ),
            Self::Malformed => {
                f.write_str("it is cut short or was never a command: send the command again")
            }
            Self::TrailingBytes { count } => {
                write!(f, "{count} bytes follow the command: put one command in one entry")
            }
        }
    }
}

impl std::error::Error for DecodeError {}
