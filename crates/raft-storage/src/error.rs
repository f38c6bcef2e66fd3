//! What can be wrong with a node's disk.

use core::fmt;

use raft_core::{LogIndex, NodeId};

use crate::{FORMAT_VERSION, RecordKey};

/// A node's disk is damaged. The node must not start from it.
///
/// Starting the node empty instead would be worse than leaving it down: it would have forgotten its
/// vote and what it acknowledged, and with that a majority could lose committed entries (§5.4).
/// The way out is to wipe the node and add it to the cluster as a new one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StorageError {
    /// Whose disk it is.
    pub node: NodeId,
    /// The record that shows the damage.
    pub key: RecordKey,
    /// What is wrong with it.
    pub damage: Damage,
}

/// What is wrong with a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Damage {
    /// It is too short to be a record.
    Truncated {
        /// How many bytes there are.
        bytes: usize,
    },
    /// It has a format version that this program does not know. A newer program may.
    UnknownVersion {
        /// The version.
        found: u8,
    },
    /// Its content is not what was written, or it was written for another key.
    Checksum {
        /// The checksum in the record.
        stored: u32,
        /// The checksum that the content gives.
        computed: u32,
    },
    /// Its checksum is right, but its content makes no sense: no correct program wrote it.
    Undecodable,
    /// It is not there.
    Missing {
        /// The record that says it must be.
        witness: RecordKey,
    },
    /// It is there, but a record says that it should not be, or not like this: one of the two is
    /// older than the other.
    Contradicts {
        /// The record that says something else.
        other: RecordKey,
    },
    /// It is all that is left: the node had been in use, and its disk was emptied.
    Wiped,
    /// It is an entry past the end of the log: its removal was lost.
    PastEnd {
        /// The last index that the log should have.
        last: LogIndex,
    },
    /// It is an entry that the snapshot replaces: its removal was lost.
    Replaced {
        /// The last index that the snapshot replaces.
        last_included_index: LogIndex,
    },
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}: {} {}. ", self.node, self.key, self.damage)?;
        if let Damage::UnknownVersion { .. } = self.damage {
            f.write_str("If a newer program wrote it, use that one. Otherwise: ")?;
        }
        f.write_str(
            "Do not start this node from this disk, and never start it empty: \
             wipe it and add it to the cluster as a new node.",
        )
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { bytes } => write!(f, "is cut off after {bytes} bytes"),
            Self::UnknownVersion { found } => write!(
                f,
                "has format version {found}, and this program knows only version {FORMAT_VERSION}"
            ),
            Self::Checksum { stored, computed } => write!(
                f,
                "is damaged: its checksum is {stored:08x}, but its content gives {computed:08x}"
            ),
            Self::Undecodable => {
                f.write_str("has the right checksum, but its content makes no sense")
            }
            Self::Missing { witness } => {
                write!(f, "is missing, though the {witness} says that it was written")
            }
            Self::Contradicts { other } => write!(f, "does not agree with the {other}"),
            Self::Wiped => f.write_str("is all that is left: the disk was emptied"),
            Self::PastEnd { last } => {
                write!(f, "should have been removed: the log ends at {last}")
            }
            Self::Replaced { last_included_index } => write!(
                f,
                "should have been removed: the snapshot replaces the log up to {last_included_index}"
            ),
        }
    }
}

impl core::error::Error for StorageError {}
