//! State Machine Safety (§5.4.3): all apply the same entries, in order, without gaps, and get the
//! same state.

use raft_core::{LogIndex, LogPosition, NodeId};

use crate::property::{Property, Verdict};
use crate::shadow::Mark;

pub(crate) static PROPERTY: Property = Property {
    name: "State Machine Safety",
    section: "§5.4.3",
    meaning: "If a server has applied an entry at an index, no other server ever applies a \
              different entry for that index.",
};

/// A node applied an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryApplied {
    pub(crate) node: NodeId,
    /// What it had applied before.
    pub(crate) last_applied: LogIndex,
    /// Where the entry stands, and its term.
    pub(crate) position: LogPosition,
    /// The entry's mark if it follows what is committed before it.
    pub(crate) applied: Mark,
    /// What is committed there.
    pub(crate) committed: Option<Mark>,
}

/// A node replaced its state machine by a snapshot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SnapshotRestored {
    pub(crate) node: NodeId,
    pub(crate) last_applied: LogIndex,
    pub(crate) snapshot: LogPosition,
    /// What is committed at the snapshot's end.
    pub(crate) committed: Option<Mark>,
}

/// A node's state machine after it applied something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateReached {
    pub(crate) node: NodeId,
    pub(crate) last_applied: LogIndex,
    /// What the state machine itself says it has applied.
    pub(crate) store_applied: LogIndex,
    pub(crate) digest: u64,
    /// The digest of the state that the committed entries make.
    pub(crate) expected: Option<u64>,
}

pub(crate) fn entry_applied(seen: EntryApplied) -> Verdict {
    let EntryApplied { node, last_applied, position, applied, committed } = seen;
    if position.index != last_applied.next() {
        return Err(format!("node {node} applied entry {position} after entry {last_applied}"));
    }
    match committed {
        Some(committed) if committed == applied => Ok(()),
        Some(committed) => Err(format!(
            "node {node} applied entry {position}, but another entry is committed there: {}",
            LogPosition::new(position.index, committed.term)
        )),
        None => Err(format!("node {node} applied entry {position}, which is not committed")),
    }
}

pub(crate) fn snapshot_restored(seen: SnapshotRestored) -> Verdict {
    let SnapshotRestored { node, last_applied, snapshot, committed } = seen;
    if snapshot.index < last_applied {
        return Err(format!(
            "node {node} went back to a snapshot through {snapshot} after it had applied entry \
             {last_applied}"
        ));
    }
    match committed {
        Some(committed) if committed.term == snapshot.term => Ok(()),
        Some(committed) => Err(format!(
            "node {node} restored a snapshot through {snapshot}, but the entry committed there is {}",
            LogPosition::new(snapshot.index, committed.term)
        )),
        None => Err(format!(
            "node {node} restored a snapshot through {snapshot}, which is not committed"
        )),
    }
}

pub(crate) fn state_reached(seen: StateReached) -> Verdict {
    let StateReached { node, last_applied, store_applied, digest, expected } = seen;
    if store_applied != last_applied {
        return Err(format!(
            "node {node} was given entries up to {last_applied}, but its state machine stands at \
             entry {store_applied}"
        ));
    }
    if expected.is_some_and(|expected| expected != digest) {
        return Err(format!(
            "the state machine of node {node} after entry {last_applied} is not what the committed \
             entries make"
        ));
    }
    Ok(())
}
