//! The faults of a disk, and their words.

use std::fmt;
use std::time::Duration;

use raft_core::{Say, Speaker, print_as_said, say};
use raft_storage::RecordKey;

use crate::units::Span;
use crate::{DelayRange, LatencyShape, Mention};

/// The longest stall of a disk.
pub const MAX_STALL: Duration = Duration::from_secs(3600);

/// A change of a disk's settings. The records stay.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DiskChange {
    /// The time that a write takes to become durable.
    Latency(DelayRange),
    /// The distribution of the latency.
    Shape(LatencyShape),
    /// For this time from now on, no write becomes durable; at most [`MAX_STALL`].
    Stall(Duration),
    /// Whether flushes succeed.
    Fsync(Fsync),
    /// Whether each further write fails for lack of room.
    Full(bool),
    /// Copy the durable records, in place of an earlier copy. The node notices nothing.
    Backup,
}

/// The result of a disk's flushes (`fsync`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Fsync {
    /// Every flush succeeds.
    #[default]
    Works,
    /// The next flush fails, and its write is lost; later ones succeed.
    FailsOnce,
    /// Every flush fails.
    Fails,
}

/// Damage to durable records. The node does not notice it before it reads its disk at its next
/// start.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DiskDamage {
    /// One bit of a record flips; the seed chooses the bit.
    Corrupt {
        /// `None`: the seed chooses.
        record: Option<RecordKey>,
    },
    /// A record moves to the key of another record and replaces that one.
    Misdirect {
        /// Its key, and the key to which it moves; `None`: the seed chooses both.
        keys: Option<(RecordKey, RecordKey)>,
    },
    /// All records are gone, but for the note that the node was in use.
    Wipe,
    /// The records are those of the last [`DiskChange::Backup`] again: a disk that is consistent,
    /// and older than the node's promises. The disk must not be in use.
    Restore,
    /// A record comes back as zeros: in files, all sectors that have a part of it.
    Zero {
        /// `None`: the seed chooses.
        record: Option<RecordKey>,
    },
}

/// Why a write did not become durable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WriteFailure {
    /// The flush failed. The write may or may not be on the disk, and a second flush proves
    /// nothing.
    Fsync,
    /// The disk was full.
    Full,
}

impl fmt::Display for DiskChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(range) => write!(f, "takes {range}"),
            Self::Shape(shape) => write!(f, "has {shape} latencies"),
            Self::Stall(duration) => write!(f, "completes no write for {}", Span(*duration)),
            Self::Fsync(Fsync::Works) => f.write_str("completes every flush again"),
            Self::Fsync(Fsync::FailsOnce) => f.write_str("will fail the next flush"),
            Self::Fsync(Fsync::Fails) => f.write_str("fails every flush"),
            Self::Full(true) => f.write_str("is full"),
            Self::Full(false) => f.write_str("has room again"),
            Self::Backup => f.write_str("is copied"),
        }
    }
}

impl Say<Mention> for DiskDamage {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self {
            Self::Corrupt { record: Some(key) } => say!(out; "a bit flips in ", The(*key)),
            Self::Corrupt { record: None } => say!(out; "a bit flips in some record"),
            Self::Misdirect { keys: Some((key, found)) } => {
                say!(out; The(*key), " is in the place of ", The(*found))
            }
            Self::Misdirect { keys: None } => {
                say!(out; "some record is in the place of another")
            }
            Self::Wipe => say!(out; "all records are gone"),
            Self::Zero { record: Some(key) } => say!(out; The(*key), " comes back as zeros"),
            Self::Zero { record: None } => say!(out; "some record comes back as zeros"),
            Self::Restore => say!(out; "an older copy takes the place of its records"),
        }
    }
}

/// A record in a sentence: `entry 3`, `snapshot file 2`, `the snapshot`.
pub(crate) struct The(pub(crate) RecordKey);

impl Say<Mention> for The {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        if matches!(self.0, RecordKey::Entry(_) | RecordKey::SnapshotFile(_)) {
            self.0.say(out)
        } else {
            say!(out; "the ", self.0)
        }
    }
}

print_as_said!(Mention: DiskDamage, The);

impl fmt::Display for WriteFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fsync => "its flush failed",
            Self::Full => "the disk is full",
        })
    }
}
