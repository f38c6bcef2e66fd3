//! The answers of the store.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::blob::{Key, Value};
use crate::error::Error;

/// The answer to a command. `Display` writes it for people.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Response {
    /// The value is set.
    Done,
    /// The key's value; `None`: the key is absent.
    Value(Option<Value>),
    /// The key is absent.
    Deleted {
        /// Whether the key was present before.
        existed: bool,
    },
    /// The value was the expected one and is replaced.
    Swapped,
    /// The value was not the expected one and is unchanged.
    NotSwapped {
        /// The value; `None`: the key is absent.
        current: Option<Value>,
    },
    /// The bytes were added at the end of the value.
    Appended {
        /// The value's new length, in bytes.
        length: u64,
    },
    /// The keys with the prefix, in order, with their values.
    List {
        /// The first entries, as many as [`MAX_LIST_ENTRIES`](crate::MAX_LIST_ENTRIES) and
        /// [`MAX_LIST_BYTES`](crate::MAX_LIST_BYTES) allow.
        entries: Vec<(Key, Value)>,
        /// Whether the store has more entries with the prefix.
        truncated: bool,
    },
    /// The command was refused and changed nothing.
    Failed(Error),
}

impl Response {
    /// Whether the command was refused.
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Value(Some(value)) if value.is_empty() => f.write_str("the empty value"),
            Self::Value(Some(value)) => write!(f, "value {value}"),
            Self::Value(None) => f.write_str("no value"),
            Self::Deleted { existed: true } => f.write_str("deleted"),
            Self::Deleted { existed: false } => f.write_str("nothing to delete"),
            Self::Swapped => f.write_str("swapped"),
            Self::NotSwapped { current: Some(current) } => {
                write!(f, "not swapped: the value is {current}")
            }
            Self::NotSwapped { current: None } => f.write_str("not swapped: the key is absent"),
            Self::Appended { length: 1 } => f.write_str("appended: the value is 1 byte long"),
            Self::Appended { length } => write!(f, "appended: the value is {length} bytes long"),
            Self::List { entries, truncated } => write_list(f, entries, *truncated),
            Self::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}

fn write_list(
    f: &mut fmt::Formatter<'_>,
    entries: &[(Key, Value)],
    truncated: bool,
) -> fmt::Result {
    match entries.len() {
        0 => f.write_str("no keys"),
        1 => f.write_str("1 key:"),
        count => write!(f, "{count} keys:"),
    }?;
    for (key, value) in entries {
        write!(f, " {key}={value}")?;
    }
    if truncated { f.write_str(" and more") } else { Ok(()) }
}

#[cfg(test)]
mod tests;
