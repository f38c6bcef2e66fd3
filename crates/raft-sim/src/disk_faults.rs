//! What can go wrong with a disk, and how it is put into words.

use std::fmt;
use std::time::Duration;

use raft_storage::RecordKey;

use crate::{DelayRange, LatencyShape};

/// The longest time for which a disk stalls.
pub const MAX_STALL: Duration = Duration::from_secs(3600);

/// A change to how a disk works. What it holds stays as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DiskChange {
    /// How long a write takes to become durable.
    Latency(DelayRange),
    /// How that is spread over its range.
    Shape(LatencyShape),
    /// No write becomes durable for that long from now on; [`MAX_STALL`] at most.
    Stall(Duration),
    /// Whether flushes succeed.
    Fsync(Fsync),
    /// Whether there is no room for another write.
    Full(bool),
}

/// What a disk answers when it is asked to make a write durable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Fsync {
    /// It does so.
    #[default]
    Works,
    /// The next flush to end fails, and with it that write is lost; the one after it succeeds.
    FailsOnce,
    /// Every flush fails.
    Fails,
}

/// Damage to what a disk holds durably. The node does not notice before it reads its disk: when it
/// starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DiskDamage {
    /// One bit of a record flips; the seed decides which bit.
    Corrupt {
        /// Which record; `None`: the seed decides.
        record: Option<RecordKey>,
    },
    /// A record is not under its own key but under another, in place of what was there.
    Misdirect {
        /// The record's key, and the one under which it is found; `None`: the seed decides.
        keys: Option<(RecordKey, RecordKey)>,
    },
    /// Everything is gone. Who takes care of the node remembers that it had been in use.
    Wipe,
}

/// Why a disk did not do what it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WriteFailure {
    /// The flush failed: what becomes of the write is not known, so it must not be tried again.
    Fsync,
    /// There was no room for it.
    Full,
}

impl fmt::Display for DiskChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(range) => write!(f, "takes {range}"),
            Self::Shape(shape) => write!(f, "has {shape} latencies"),
            Self::Stall(duration) => write!(f, "completes no write for {duration:?}"),
            Self::Fsync(Fsync::Works) => f.write_str("completes every flush again"),
            Self::Fsync(Fsync::FailsOnce) => f.write_str("will fail the next flush"),
            Self::Fsync(Fsync::Fails) => f.write_str("fails every flush"),
            Self::Full(true) => f.write_str("is full"),
            Self::Full(false) => f.write_str("has room again"),
        }
    }
}

impl fmt::Display for DiskDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt { record: Some(key) } => write!(f, "a bit flips in {}", The(*key)),
            Self::Corrupt { record: None } => f.write_str("a bit flips in some record"),
            Self::Misdirect { keys: Some((key, found)) } => {
                write!(f, "{} is in the place of {}", The(*key), The(*found))
            }
            Self::Misdirect { keys: None } => f.write_str("some record is in the place of another"),
            Self::Wipe => f.write_str("all records are gone"),
        }
    }
}

/// A record, as a sentence calls it.
pub(crate) struct The(pub(crate) RecordKey);

impl fmt::Display for The {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self.0, RecordKey::Entry(_)) {
            self.0.fmt(f)
        } else {
            write!(f, "the {}", self.0)
        }
    }
}

impl fmt::Display for WriteFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fsync => "its flush failed",
            Self::Full => "the disk is full",
        })
    }
}
