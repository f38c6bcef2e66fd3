//! State Machine Safety (§5.4.3): all servers apply the same entries, in order, without gaps, and
//! get the same state.

use raft_core::{Bare, Entry, LogIndex, LogPosition, NodeId};
use raft_sim::{words};
use raft_kv::Store;

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::log::PrefixHash;

pub(crate) static PROPERTY: Property = Property {
    name: "State Machine Safety",
    section: "§5.4.3",
    meaning: "If a server has applied an entry at an index, no other server ever applies a \
              different entry for that index.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct StateMachineSafety;

impl Checker for StateMachineSafety {
    fn snapshot_restored(&mut self, id: NodeId, snapshot: LogPosition, cx: &mut Context<'_>) {
        let (Some(node), ledger) = (cx.shadows.node(id), &cx.shadows.ledger) else { return };
        if snapshot.index >= ledger.base() {
            let (last_applied, committed) = (node.applied, ledger.get(snapshot.index));
            let seen = SnapshotRestored { node: id, last_applied, snapshot, committed };
            cx.note(&PROPERTY, snapshot_restored(seen));
        }
    }

    fn state_reached(&mut self, id: NodeId, store: &Store, cx: &mut Context<'_>) {
        let Some(node) = cx.shadows.node(id) else { return };
        let seen = StateReached {
            node: id,
            last_applied: node.applied,
            store_applied: LogIndex(store.last_applied()),
            digest: store.digest(),
            expected: cx.shadows.ledger.store_digest(node.applied),
        };
        cx.note(&PROPERTY, state_reached(seen));
    }
}

impl StateMachineSafety {
    /// A node is about to apply an entry, before its shadow knows. Whether the node may: what its
    /// state machine holds afterwards is only compared if it applied what is committed.
    pub(crate) fn may_apply(&self, id: NodeId, entry: &Entry, cx: &mut Context<'_>) -> bool {
        let (Some(node), ledger) = (cx.shadows.node(id), &cx.shadows.ledger) else { return false };
        let index = entry.index;
        // It is not known which entries were committed before the ledger begins. Their order
        // counts.
        let before = ledger.get(index.previous());
        let is_known = index > ledger.base();
        let applied = before.unwrap_or(PrefixHash::EMPTY).then(entry);
        let seen = EntryApplied {
            node: id,
            last_applied: node.applied,
            position: entry.position(),
            applied,
            committed: if is_known { ledger.get(index) } else { Some(applied) },
        };
        let verdict = entry_applied(seen);
        let is_right = verdict.is_ok();
        cx.note(&PROPERTY, verdict);
        is_right
    }
}

/// A node applied an entry.
#[derive(Clone, Copy, Debug)]
pub struct EntryApplied {
    /// The node.
    pub node: NodeId,
    /// The last entry that it had applied before.
    pub last_applied: LogIndex,
    /// The entry.
    pub position: LogPosition,
    /// The committed log up to the entry before, with this entry after it.
    pub applied: PrefixHash,
    /// The committed log up to this index.
    pub committed: Option<PrefixHash>,
}

pub(crate) fn entry_applied(seen: EntryApplied) -> Verdict {
    let EntryApplied { node, last_applied, position, applied, committed } = seen;
    if position.index != last_applied.next() {
        return Err(words! { node, " applied ", position, " after ", last_applied });
    }
    match committed {
        Some(committed) if committed == applied => Ok(()),
        Some(committed) => Err(words! {
            node, " applied ", position, ", but another entry is committed there: ",
            Bare(LogPosition::new(position.index, committed.term))
        }),
        None => Err(words! { node, " applied ", position, ", which is not committed" }),
    }
}

/// A node replaced its state machine by a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotRestored {
    /// The node.
    pub node: NodeId,
    /// The last entry that it had applied.
    pub last_applied: LogIndex,
    /// The end of the snapshot.
    pub snapshot: LogPosition,
    /// The committed log up to the end of the snapshot.
    pub committed: Option<PrefixHash>,
}

pub(crate) fn snapshot_restored(seen: SnapshotRestored) -> Verdict {
    let SnapshotRestored { node, last_applied, snapshot, committed } = seen;
    if snapshot.index < last_applied {
        return Err(words! {
            node, " went back to a snapshot through ", Bare(snapshot), " after it had applied ",
            last_applied
        });
    }
    match committed {
        Some(committed) if committed.term == snapshot.term => Ok(()),
        Some(committed) => Err(words! {
            node, " restored a snapshot through ", Bare(snapshot),
            ", but the entry committed there is ",
            Bare(LogPosition::new(snapshot.index, committed.term))
        }),
        None => Err(words! {
            node, " restored a snapshot through ", Bare(snapshot), ", which is not committed"
        }),
    }
}

/// The state machine of a node after it applied entries or a snapshot.
#[derive(Clone, Copy, Debug)]
struct StateReached {
    node: NodeId,
    /// The last entry that the node gave it.
    last_applied: LogIndex,
    /// The last entry that it says it has applied.
    store_applied: LogIndex,
    digest: u64,
    /// The digest of the state that the committed entries make; `None` before the ledger begins.
    expected: Option<u64>,
}

fn state_reached(seen: StateReached) -> Verdict {
    let StateReached { node, last_applied, store_applied, digest, expected } = seen;
    if store_applied != last_applied {
        return Err(words! {
            node, " applied entries up to ", Bare(last_applied), ", but its state machine is at ",
            store_applied
        });
    }
    if expected.is_some_and(|expected| expected != digest) {
        return Err(words! {
            "the state machine of ", node, " after ", last_applied,
            " differs from the one that the committed entries make"
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, N3, at, objects, prefix};
    use super::*;

    #[test]
    fn a_node_that_applies_something_else() {
        let apply = |last_applied, committed| {
            let (node, position, applied) = (N1, at(4, 2), prefix(2, 9));
            let last_applied = LogIndex(last_applied);
            entry_applied(EntryApplied { node, last_applied, position, applied, committed })
        };
        assert_eq!(apply(3, Some(prefix(2, 9))), Ok(()));
        objects(apply(2, Some(prefix(2, 9))), &["4@2 after entry 2"]);
        objects(apply(4, Some(prefix(2, 9))), &["4@2 after entry 4"]);
        objects(apply(3, Some(prefix(3, 8))), &["another entry is committed there: 4@3"]);
        objects(apply(3, Some(prefix(2, 8))), &["another entry"]);
        objects(apply(3, None), &["not committed"]);
    }

    #[test]
    fn a_snapshot_of_something_else() {
        let restore = |last_applied, committed| {
            let (node, snapshot, last_applied) = (N1, at(9, 2), LogIndex(last_applied));
            snapshot_restored(SnapshotRestored { node, last_applied, snapshot, committed })
        };
        assert_eq!(restore(4, Some(prefix(2, 1))), Ok(()));
        objects(restore(10, Some(prefix(2, 1))), &["went back", "9@2", "entry 10"]);
        objects(restore(4, Some(prefix(3, 1))), &["committed there is 9@3"]);
        objects(restore(4, None), &["not committed"]);
    }

    #[test]
    fn a_state_that_the_committed_entries_do_not_make() {
        let reach = |store_applied, expected| {
            let (node, last_applied, store_applied) = (N3, LogIndex(6), LogIndex(store_applied));
            state_reached(StateReached { node, last_applied, store_applied, digest: 42, expected })
        };
        assert_eq!(reach(6, Some(42)), Ok(()));
        assert_eq!(reach(6, None), Ok(()), "before the ledger begins nothing is known");
        objects(reach(5, Some(42)), &["up to 6", "entry 5"]);
        objects(reach(6, Some(43)), &["node 3", "after entry 6"]);
    }
}
