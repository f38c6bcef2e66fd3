//! Committed Durability (§5.3): what is committed stays on a quorum of disks.

use raft_core::{LogPosition, Membership};

use crate::property::{Property, Verdict};
use crate::quorum::{NodeSet, is_quorum};

pub(crate) static PROPERTY: Property = Property {
    name: "Committed Durability",
    section: "§5.3",
    meaning: "Every committed entry is, and stays, on the disks of a quorum of the membership by which \
              it was committed.",
};

/// How many disks hold all that is committed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HoldersCounted<'a> {
    /// The last committed entry.
    pub(crate) committed: LogPosition,
    /// Whose disks hold the log up to it.
    pub(crate) holders: NodeSet,
    /// The one by which it was committed.
    pub(crate) membership: &'a Membership,
}

pub(crate) fn holders_counted(seen: HoldersCounted<'_>) -> Verdict {
    let HoldersCounted { committed, holders, membership } = seen;
    if is_quorum(membership, holders) {
        return Ok(());
    }
    Err(format!(
        "entry {committed} is committed, but only the disks of {holders} hold the log up to it: no \
         quorum of {membership}"
    ))
}
