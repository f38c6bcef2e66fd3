//! `disk …`: how disks work, and how they are damaged.

use std::fmt;

use raft_sim::{DiskChange, DiskDamage, Fsync};
use raft_storage::RecordKey;

use super::values::{Delay, Time};

/// What is said of disks that work otherwise from now on.
pub(super) struct Changed<'a>(pub(super) &'a DiskChange);

impl fmt::Display for Changed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DiskChange::Latency(range) => write!(f, "latency={}", Delay(*range)),
            DiskChange::Shape(shape) => write!(f, "shape={shape}"),
            DiskChange::Stall(duration) => write!(f, "stall={}", Time(*duration)),
            DiskChange::Fsync(Fsync::Works) => f.write_str("fsync=ok"),
            DiskChange::Fsync(Fsync::FailsOnce) => f.write_str("fsync=fail"),
            DiskChange::Fsync(Fsync::Fails) => f.write_str("fsync=broken"),
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
        match self.0 {
            RecordKey::HardState => f.write_str("term"),
            RecordKey::HardStateCopy => f.write_str("term-copy"),
            RecordKey::Snapshot => f.write_str("snapshot"),
            RecordKey::SnapshotMark => f.write_str("snapshot-mark"),
            RecordKey::LogEnd => f.write_str("log-end"),
            RecordKey::Entry(index) => write!(f, "entry {index}"),
            RecordKey::InUse => unreachable!("no statement names what is not on the disk proper"),
        }
    }
}
