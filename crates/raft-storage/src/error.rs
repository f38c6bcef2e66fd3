//! Damage of a node's disk, and what the user can do about it.

use core::fmt;

use raft_core::{Bare, LogIndex, NodeId, Say, Speaker, Thing, print_as_said, say};

use crate::{FORMAT_VERSION, OLDEST_VERSION, RecordKey};

/// A node's disk is damaged. The node must not start from it.
///
/// To start the node with an empty disk would be worse than to leave it down. The node would have
/// forgotten its vote and its acknowledgements, and a majority could lose committed entries (§5.4).
/// The safe way: wipe the node and add it to the cluster as a new one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StorageError {
    /// The owner of the disk.
    pub node: NodeId,
    /// The record that shows the damage.
    pub key: RecordKey,
    /// The fault of that record.
    pub damage: Damage,
}

/// The fault and what to do, without the name of the node. The simulator's trace hash covers these
/// words.
#[derive(Clone, Copy, Debug)]
pub struct DamageReason(StorageError);

impl StorageError {
    /// The fault and what to do, without the name of the node.
    pub fn reason(&self) -> DamageReason {
        DamageReason(*self)
    }
}

/// The fault of one record. `Display` writes a predicate, with the record as its subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Damage {
    /// The record is too short.
    Truncated {
        /// The record's length.
        bytes: usize,
    },
    /// The checksum is right, and the record's first byte is not from [`OLDEST_VERSION`] to
    /// [`FORMAT_VERSION`]: another version of this program wrote it.
    UnknownVersion {
        /// The record's first byte.
        found: u8,
    },
    /// The content is not the one that was written, or it was written for another key.
    Checksum {
        /// The checksum in the record.
        stored: u32,
        /// The checksum of the content.
        computed: u32,
    },
    /// The checksum is right, but no correct program writes this content.
    Undecodable,
    /// The record is missing.
    Missing {
        /// The record that shows that there was one.
        witness: RecordKey,
    },
    /// The record does not agree with another one: one of the two is older than the other.
    Contradicts {
        /// The other record.
        other: RecordKey,
    },
    /// Only [`RecordKey::InUse`] is left: the disk of a node in use was emptied.
    Wiped,
    /// An entry is past the end of the log: its removal was lost.
    PastEnd {
        /// The last index that the log should have.
        last: LogIndex,
    },
    /// The snapshot replaces this entry: its removal was lost.
    Replaced {
        /// The last index that the snapshot replaces.
        log_start: LogIndex,
    },
}

impl<T: From<Thing>> Say<T> for StorageError {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        say!(out; self.node, ": ", self.reason())
    }
}

impl<T: From<Thing>> Say<T> for DamageReason {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        let StorageError { key, damage, .. } = self.0;
        say!(
            out; key, " ", damage, ". Do not start this node from this disk, and never start it \
             empty: wipe it and add it to the cluster as a new node."
        )
    }
}

impl<T: From<Thing>> Say<T> for Damage {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::Truncated { bytes } => say!(out; "is cut off after {bytes} bytes"),
            Self::UnknownVersion { found } => say!(
                out; "has format version {found}, and this program knows only the versions \
                 {OLDEST_VERSION} to {FORMAT_VERSION}: another version of this program wrote it; \
                 use that version"
            ),
            Self::Checksum { stored, computed } => say!(
                out; "is damaged: its checksum is {stored:08x}, but its content gives \
                 {computed:08x}"
            ),
            Self::Undecodable => {
                say!(out; "has the right checksum, but its content makes no sense")
            }
            Self::Missing { witness } => {
                say!(out; "is missing, though the ", witness, " says that it was written")
            }
            Self::Contradicts { other } => say!(out; "does not agree with the ", other),
            Self::Wiped => say!(out; "is all that is left: the disk was emptied"),
            Self::PastEnd { last } => {
                say!(out; "should have been removed: the log ends at ", Bare(last))
            }
            Self::Replaced { log_start } => say!(
                out; "should have been removed: the snapshot replaces the log up to ",
                Bare(log_start)
            ),
        }
    }
}

print_as_said!(Thing: StorageError, DamageReason, Damage);

impl core::error::Error for StorageError {}
impl core::error::Error for Damage {}
