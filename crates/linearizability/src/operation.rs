//! Operations on a register or a map, and their answers: what the checker knows of the system that
//! a history is from.

use crate::bytes::Bytes;

/// What a process asks the system to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MapOperation {
    /// Reads the value of a key.
    Read {
        /// The key.
        key: Bytes,
    },
    /// Gives a key a value, whatever it had before.
    Write {
        /// The key.
        key: Bytes,
        /// Its value from then on.
        value: Bytes,
    },
    /// Compare-and-set: gives a key a value if it has the expected one.
    Cas {
        /// The key.
        key: Bytes,
        /// The value that the key must have; `None`: the key must be absent.
        expect: Option<Bytes>,
        /// Its value from then on.
        value: Bytes,
    },
    /// Adds bytes at the end of the value of a key. An absent key counts as empty.
    Append {
        /// The key.
        key: Bytes,
        /// The bytes to add.
        value: Bytes,
    },
    /// Removes a key.
    Delete {
        /// The key.
        key: Bytes,
    },
    /// Reads all keys that begin with a prefix, at one moment, in order, with their values.
    List {
        /// The prefix; if it is empty, all keys.
        prefix: Bytes,
    },
}

impl MapOperation {
    /// The one key that the operation is about; `None` for [`MapOperation::List`].
    pub fn key(&self) -> Option<&Bytes> {
        match self {
            Self::Read { key }
            | Self::Write { key, .. }
            | Self::Cas { key, .. }
            | Self::Append { key, .. }
            | Self::Delete { key } => Some(key),
            Self::List { .. } => None,
        }
    }
}

/// The answer to an operation that took effect. Some systems tell less than others: a history may
/// hold the answer with or without its details.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// To a write, a delete or an append: it took effect. Nothing else is known.
    Done,
    /// To a read: the value; `None` if the key was absent.
    Value(Option<Bytes>),
    /// To a delete.
    Deleted {
        /// Whether the key was there before.
        existed: bool,
    },
    /// To a compare-and-set: the key had the expected value and has the new one now.
    Swapped,
    /// To a compare-and-set: the key had another value and keeps it.
    NotSwapped {
        /// The value that the key had; `None` if the system did not tell. The inner `None` is an
        /// absent key.
        current: Option<Option<Bytes>>,
    },
    /// To an append.
    Appended {
        /// The length of the whole value afterwards, in bytes.
        length: u64,
    },
    /// To a list.
    List {
        /// The keys with their values, in the order of the keys.
        entries: Vec<(Bytes, Bytes)>,
        /// Whether the system left out keys after the last of these.
        truncated: bool,
    },
}

impl Answer {
    /// Whether this is an answer that `operation` can have.
    pub(crate) fn fits(&self, operation: &MapOperation) -> bool {
        match operation {
            MapOperation::Write { .. } => matches!(self, Self::Done),
            MapOperation::Read { .. } => matches!(self, Self::Value(_)),
            MapOperation::Delete { .. } => matches!(self, Self::Done | Self::Deleted { .. }),
            MapOperation::Cas { .. } => matches!(self, Self::Swapped | Self::NotSwapped { .. }),
            MapOperation::Append { .. } => matches!(self, Self::Done | Self::Appended { .. }),
            MapOperation::List { .. } => matches!(self, Self::List { .. }),
        }
    }
}
