//! Committed Durability (§5.3): what is committed stays on a majority of disks.

use raft_core::LogPosition;

use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Committed Durability",
    section: "§5.3",
    meaning: "Every committed entry is, and stays, on the disks of a majority of the servers.",
};

/// How many disks hold all that is committed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HoldersCounted {
    /// The last committed entry.
    pub(crate) committed: LogPosition,
    /// How many voters' disks hold the log up to it.
    pub(crate) holders: usize,
    pub(crate) majority: usize,
}

pub(crate) fn holders_counted(seen: HoldersCounted) -> Verdict {
    let HoldersCounted { committed, holders, majority } = seen;
    if holders >= majority {
        return Ok(());
    }
    Err(format!(
        "entry {committed} is committed, but only {holders} disks hold the log up to it; a majority \
         is {majority}"
    ))
}
