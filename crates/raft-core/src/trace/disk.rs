//! Decisions about the server's own disk.

use core::fmt;

use crate::PersistId;

/// The disk is slow, or its driver made a mistake.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum DiskTrace {
    /// The disk is so slow that messages which wait for it were given up, like lost ones.
    WithheldDropped {
        /// How many messages.
        messages: usize,
    },
    /// It ignored [`Input::Persisted`](crate::Input::Persisted) for a write it never asked for.
    PersistedUnknown {
        /// The id in the input.
        id: PersistId,
    },
}

impl DiskTrace {
    pub(super) fn section(&self) -> Option<&'static str> {
        match self {
            Self::WithheldDropped { .. } | Self::PersistedUnknown { .. } => None,
        }
    }
}

impl fmt::Display for DiskTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WithheldDropped { messages } => {
                write!(f, "drops {messages} messages that waited for its disk")
            }
            Self::PersistedUnknown { id } => {
                write!(f, "ignores the completion of write {}, which it did not ask for", id.0)
            }
        }
    }
}
