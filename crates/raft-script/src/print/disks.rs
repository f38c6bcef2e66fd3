//! `disk …`: how disks work, and how they are damaged.

use std::fmt;

use raft_sim::{DiskChange, DiskDamage};
use raft_storage::RecordKey;

use crate::language::{FSYNC, RECORDS, name_of};
use crate::units::{Delay, Span};

/// What is said of disks that work otherwise from now on.
pub(super) struct Changed<'a>(pub(super) &'a DiskChange);

impl fmt::Display for Changed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DiskChange::Latency(range) => write!(f, "latency={}", Delay(*range)),
            DiskChange::Shape(shape) => write!(f, "shape={shape}"),
            DiskChange::Stall(duration) => write!(f, "stall={}", Span(*duration)),
            DiskChange::Fsync(fsync) => write!(f, "fsync={}", name_of(FSYNC, fsync)),
            DiskChange::Full(true) => f.write_str("full=on"),
            DiskChange::Full(false) => f.write_str("full=off"),
        }
    }
}

/// What is said of disks that are damaged.
pub(super) struct Damaged<'a>(pub(super) &'a DiskDamage);

impl fmt::Display for Damaged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DiskDamage::Corrupt { record: None } => f.write_str("corrupt"),
            DiskDamage::Corrupt { record: Some(key) } => write!(f, "corrupt {}", Record(*key)),
            DiskDamage::Misdirect { keys: None } => f.write_str("misdirect"),
            DiskDamage::Misdirect { keys: Some((key, found)) } => {
                write!(f, "misdirect {} to {}", Record(*key), Record(*found))
            }
            DiskDamage::Wipe => f.write_str("wipe"),
        }
    }
}

/// A record by its name.
struct Record(RecordKey);

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            RecordKey::Entry(index) => write!(f, "entry {index}"),
            // No statement names `InUse`: it is not on the disk proper.
            key @ (RecordKey::HardState
            | RecordKey::HardStateCopy
            | RecordKey::Snapshot
            | RecordKey::SnapshotMark
            | RecordKey::LogEnd
            | RecordKey::InUse) => f.write_str(name_of(RECORDS, key)),
        }
    }
}
