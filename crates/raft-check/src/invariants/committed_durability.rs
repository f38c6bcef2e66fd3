//! Committed Durability (§5.3): what is committed stays on a quorum of disks.

use raft_core::{LogPosition, Membership};

use crate::property::{Judgement, Property};
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
    /// Whose disks were written with the log up to it, but were damaged since: they give it back no more.
    pub(crate) damaged: NodeSet,
    /// The one by which it was committed.
    pub(crate) membership: &'a Membership,
}

/// Raft rests on disks that keep what they have stored. It cannot be blamed for those that do not.
pub(crate) fn holders_counted(seen: HoldersCounted<'_>) -> Judgement {
    let HoldersCounted { committed, holders, damaged, membership } = seen;
    if is_quorum(membership, holders) {
        return Judgement::Holds;
    }
    let all: NodeSet = holders.iter().chain(damaged.iter()).collect();
    if is_quorum(membership, all) {
        return Judgement::Excused(format!(
            "damage on the disks of {damaged} leaves entry {committed}, which is committed, on those of \
             {holders} alone: no quorum of {membership}"
        ));
    }
    Judgement::Broken(format!(
        "entry {committed} is committed, but only the disks of {holders} hold the log up to it: no \
         quorum of {membership}"
    ))
}
