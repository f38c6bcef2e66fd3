//! Committed Durability (§5.3): a committed entry stays on a quorum of disks.
//!
//! Raft rests on disks that keep what they have stored. While damaged disks are the reason why too
//! few hold an entry, the property is suspended.

use raft_core::{LogPosition, Membership};
use raft_sim::{Words, words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::quorum::{NodeSet, is_quorum};

pub(crate) static PROPERTY: Property = Property {
    name: "Committed Durability",
    section: "§5.3",
    meaning: "Every committed entry is, and stays, on the disks of a quorum of the membership \
              whose quorum committed it.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct CommittedDurability;

impl Checker for CommittedDurability {
    fn disks_changed(&mut self, cx: &mut Context<'_>) {
        let shadows = cx.shadows;
        let committed = shadows.ledger.last();
        let (mut holders, mut damaged) = (NodeSet::default(), NodeSet::default());
        for node in shadows.nodes.iter().filter(|node| node.disk.may_have_held(committed.index)) {
            let set = if node.disk.is_readable { &mut holders } else { &mut damaged };
            set.insert(node.id);
        }
        let seen = HoldersCounted { committed, holders, damaged, membership: &shadows.governing };
        if let Some(because) = excuse(seen) {
            return cx.table.suspend(&PROPERTY, because);
        }
        cx.table.lift(&PROPERTY);
        cx.note(&PROPERTY, holders_counted(seen));
    }
}

/// The disks that hold all committed entries.
#[derive(Clone, Copy, Debug)]
pub struct HoldersCounted<'a> {
    /// The last committed entry.
    pub committed: LogPosition,
    /// The nodes whose disks hold the log up to it.
    pub holders: NodeSet,
    /// The nodes whose disks held it and were damaged since, so that it cannot be read back.
    pub damaged: NodeSet,
    /// The membership whose quorum committed it.
    pub membership: &'a Membership,
}

/// The damage that is the only reason why no quorum of disks holds the committed entries, if it is.
fn excuse(seen: HoldersCounted<'_>) -> Option<Words> {
    let HoldersCounted { committed, holders, damaged, membership } = seen;
    let all: NodeSet = holders.iter().chain(damaged.iter()).collect();
    let is_damage = !is_quorum(membership, holders) && is_quorum(membership, all);
    is_damage.then(|| {
        words! {
            "damage on the disks of ", damaged, " leaves ", committed, ", which is committed, \
             only on the disks of ", holders, ": no quorum of ", membership
        }
    })
}

pub(crate) fn holders_counted(seen: HoldersCounted<'_>) -> Verdict {
    let HoldersCounted { committed, holders, damaged: _, membership } = seen;
    if is_quorum(membership, holders) {
        return Ok(());
    }
    Err(words! {
        committed, " is committed, but only the disks of ", holders,
        " hold the log up to it: no quorum of ", membership
    })
}

#[cfg(test)]
mod tests {
    use raft_core::NodeId;

    use super::super::testing::{N1, N2, N3, at, nodes, objects, voters};
    use super::*;

    #[test]
    fn a_committed_entry_that_leaves_the_majority() {
        // In the joint step, and with a learner.
        let membership = voters([1, 4, 5]).with_outgoing([N1, N2, N3]).with_learners([NodeId(6)]);
        let count = |holders: &[u64], damaged: &[u64]| {
            let (committed, membership) = (at(6, 4), &membership);
            let (holders, damaged) = (nodes(holders), nodes(damaged));
            let seen = HoldersCounted { committed, holders, damaged, membership };
            (excuse(seen), holders_counted(seen))
        };
        let broken = |(excuse, verdict): (Option<Words>, Verdict)| {
            assert_eq!(excuse, None);
            verdict
        };
        assert_eq!(count(&[1, 2, 4], &[3]), (None, Ok(())));
        let words = ["6@4", "only the disks of nodes 1, 4, 5 and 6", "1 2 3 → 1 4 5"];
        objects(broken(count(&[1, 4, 5, 6], &[])), &words);
        objects(broken(count(&[1, 2, 3, 6], &[])), &["no quorum"]);
        // Damage excuses what it caused, and no more.
        objects(broken(count(&[1, 4], &[5])), &["only the disks of nodes 1 and 4"]);
        let (excuse, _) = count(&[1, 4], &[2]);
        let words = ["damage on the disks of node 2", "6@4", "nodes 1 and 4"];
        objects(Err(excuse.unwrap()), &words);
    }
}
