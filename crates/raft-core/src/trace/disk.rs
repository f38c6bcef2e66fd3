//! Decisions about the server's own disk.

use core::fmt;

use crate::{PersistId, Say, Speaker, Thing, say};

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

impl<T: From<Thing>> Say<T> for DiskTrace {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::WithheldDropped { messages } => {
                say!(out; "drops {messages} messages that waited for its disk")
            }
            Self::PersistedUnknown { id } => {
                say!(out; "ignores the completion of write ", id.0, ", which it did not ask for")
            }
        }
    }
}
