//! The commands of clients, and their form in a log entry.
//!
//! A log entry's payload is one version byte followed by the [`Command`] in postcard.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::blob::{Key, Value};
use crate::error::{DecodeError, Error};
use crate::{MAX_KEY_BYTES, MAX_VALUE_BYTES};

/// The version of the payload's format that this build writes, and the only one that it reads.
const VERSION: u8 = 1;

/// Names a client's session. Give an id to one client only, and give ids out in increasing order
/// (the crate's documentation says why).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientId(pub u64);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Numbers the commands of one client. The first number is 1, each new command has a larger one,
/// and a retry keeps its number. Gaps are allowed: a client may give up on a command.
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

/// A read or change of the store.
///
/// `Display` writes it in the console's language, for people. Keys and values are not quoted: with
/// spaces or `=` in them the text cannot be parsed back.
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
        /// The expected value; `None`: the key must be absent.
        expect: Option<Value>,
        /// Its new value.
        value: Value,
    },
    /// Add bytes at the end of the key's value; an absent key counts as empty. Answer:
    /// [`Response::Appended`](crate::Response::Appended).
    Append {
        /// The key to extend.
        key: Key,
        /// The bytes to add.
        value: Value,
    },
    /// Read the keys that start with the prefix, in order, with their values. Answer:
    /// [`Response::List`](crate::Response::List).
    List {
        /// The first bytes of the keys; empty: every key.
        prefix: Key,
    },
}

impl Operation {
    /// Checks the limits that do not depend on the store's contents.
    ///
    /// [`Store::execute`](crate::Store::execute) checks them too: every node refuses the same
    /// commands. A check before the proposal saves the log an entry that can only fail.
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

    /// Whether the operation never changes a key or value.
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

/// One command of one client: the content of a log entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Command {
    /// The client's id; the session has the same.
    pub client: ClientId,
    /// The command's number among those of its client, from 1.
    pub sequence: Sequence,
    /// Executed once, however often the command is committed.
    pub operation: Operation,
}

impl Command {
    /// The command as the payload of a log entry.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![VERSION]).expect("a growing buffer takes every command")
    }

    /// Reads a payload of [`encode`](Self::encode).
    ///
    /// [`Operation::validate`] checks the limits of the operation; this does not. The length of the
    /// payload bounds the memory that is used.
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
