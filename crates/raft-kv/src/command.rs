//! What a client asks for, and how it is written into a log entry.
//!
//! A log entry's payload is one version byte followed by the [`Command`] in postcard.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::blob::{Key, Value};
use crate::error::{DecodeError, Error};
use crate::{MAX_KEY_BYTES, MAX_VALUE_BYTES};

/// The version of the payload's format that this build writes, and the only one that it reads.
const VERSION: u8 = 1;

/// Names a client's session. Never given to two clients, and given out in increasing order (the
/// crate's documentation says why).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientId(pub u64);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Numbers the commands of one client: the first is 1, each new one is larger, a retry keeps its
/// number. Gaps are allowed: a client may give up on a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sequence(pub u64);

impl Sequence {
    /// The number of a client's first command, the one that opens its session.
    pub const FIRST: Self = Self(1);

    /// The number after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What to do to the store.
///
/// `Display` writes the form of the console's language, for people: keys and values are not quoted,
/// so it cannot be parsed back when they contain spaces or `=`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// Give the key this value. Answer: [`Response::Done`](crate::Response::Done).
    Set {
        /// The key to write.
        key: Key,
        /// Its new value.
        value: Value,
    },
    /// Read the key's value. Answer: [`Response::Value`](crate::Response::Value).
    Get {
        /// The key to read.
        key: Key,
    },
    /// Remove the key. Answer: [`Response::Deleted`](crate::Response::Deleted).
    Delete {
        /// The key to remove.
        key: Key,
    },
    /// Compare and set: give the key this value if its current one is the expected one. Answer:
    /// [`Response::Swapped`](crate::Response::Swapped) or
    /// [`Response::NotSwapped`](crate::Response::NotSwapped).
    Cas {
        /// The key to compare and write.
        key: Key,
        /// The value that it must have; `None`: the key must be absent.
        expect: Option<Value>,
        /// Its new value.
        value: Value,
    },
    /// Add bytes at the end of the key's value; an absent key counts as empty. Answer:
    /// [`Response::Appended`](crate::Response::Appended).
    Append {
        /// The key to extend.
        key: Key,
        /// What to add.
        value: Value,
    },
    /// Read the keys that start with the prefix, in order, with their values. Answer:
    /// [`Response::List`](crate::Response::List).
    List {
        /// What the keys start with; empty: every key.
        prefix: Key,
    },
}

impl Operation {
    /// Checks the limits that do not depend on the store's contents.
    ///
    /// [`Store::execute`](crate::Store::execute) checks them too, so that every node refuses the same
    /// commands; calling this before proposing saves the log an entry that can only fail.
    ///
    /// # Errors
    /// [`Error::EmptyKey`], [`Error::KeyTooLong`] or [`Error::ValueTooLong`].
    pub fn validate(&self) -> Result<(), Error> {
        match self {
            Self::Get { key } | Self::Delete { key } => validate_key(key),
            Self::Set { key, value } | Self::Append { key, value } => {
                validate_key(key)?;
                validate_value(value)
            }
            Self::Cas { key, expect, value } => {
                validate_key(key)?;
                expect.as_ref().map_or(Ok(()), validate_value)?;
                validate_value(value)
            }
            Self::List { prefix } => validate_key_length(prefix),
        }
    }

    /// Whether the operation leaves the keys and values as they are, whatever they are.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Get { .. } | Self::List { .. })
    }

    /// The one key that the operation is about; `None` for [`Operation::List`].
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Set { key, .. }
            | Self::Get { key }
            | Self::Delete { key }
            | Self::Cas { key, .. }
            | Self::Append { key, .. } => Some(key),
            Self::List { .. } => None,
        }
    }
}

pub(crate) fn validate_key(key: &Key) -> Result<(), Error> {
    if key.is_empty() {
        return Err(Error::EmptyKey);
    }
    validate_key_length(key)
}

fn validate_key_length(key: &Key) -> Result<(), Error> {
    if key.len() > MAX_KEY_BYTES {
        return Err(Error::KeyTooLong { length: key.len() as u64 });
    }
    Ok(())
}

pub(crate) fn validate_value(value: &Value) -> Result<(), Error> {
    if value.len() > MAX_VALUE_BYTES {
        return Err(Error::ValueTooLong { length: value.len() as u64 });
    }
    Ok(())
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set { key, value } => write!(f, "set {key}={value}"),
            Self::Get { key } => write!(f, "get {key}"),
            Self::Delete { key } => write!(f, "delete {key}"),
            Self::Cas { key, expect: Some(expect), value } => {
                write!(f, "cas {key} {expect} {value}")
            }
            Self::Cas { key, expect: None, value } => write!(f, "cas {key} absent {value}"),
            Self::Append { key, value } => write!(f, "append {key} {value}"),
            Self::List { prefix } if prefix.is_empty() => f.write_str("list"),
            Self::List { prefix } => write!(f, "list {prefix}"),
        }
    }
}

/// One command of one client, as it is written into the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Command {
    /// Who asks.
    pub client: ClientId,
    /// Which of the client's commands this is.
    pub sequence: Sequence,
    /// What it asks for.
    pub operation: Operation,
}

impl Command {
    /// The command as the payload of a log entry.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![VERSION]).expect("a growing buffer takes every command")
    }

    /// Reads a payload that [`encode`](Self::encode) wrote.
    ///
    /// The limits of the operation are not checked here; see [`Operation::validate`]. Memory use is
    /// bounded by the length of the payload.
    ///
    /// # Errors
    /// [`DecodeError`] when the payload is empty, of another version, malformed, or longer than its
    /// command.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let (&found, body) = payload.split_first().ok_or(DecodeError::Empty)?;
        if found != VERSION {
            return Err(DecodeError::UnknownVersion { found, supported: VERSION });
        }
        let (command, rest) =
            postcard::take_from_bytes(body).map_err(|_| DecodeError::Malformed)?;
        if !rest.is_empty() {
            return Err(DecodeError::TrailingBytes { count: rest.len() as u64 });
        }
        Ok(command)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client {} #{}: {}", self.client, self.sequence, self.operation)
    }
}

#[cfg(test)]
mod tests;
