//! Leader Append-Only (§5.3): a leader's log only grows, by entries of its own term.

use raft_core::{LogIndex, LogPosition, NodeId, Term};

use crate::property::{Property, Verdict};

pub(crate) static PROPERTY: Property = Property {
    name: "Leader Append-Only",
    section: "§5.3",
    meaning: "A leader never overwrites or deletes entries in its log; it only appends new ones.",
};

/// The log of a node changed while it led, in one term all the while.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaderLogChanged {
    pub(crate) leader: NodeId,
    pub(crate) term: Term,
    /// The last entry before the change.
    pub(crate) last_before: LogPosition,
    /// The last entry that the change left as it was.
    pub(crate) kept_through: LogIndex,
    /// The new last entry.
    pub(crate) last_now: LogPosition,
}

pub(crate) fn leader_log_changed(seen: LeaderLogChanged) -> Verdict {
    let LeaderLogChanged { leader, term, last_before, kept_through, last_now } = seen;
    if kept_through < last_before.index {
        return Err(format!(
            "node {leader}, leader of term {term}, changed its log behind entry {kept_through}; it \
             ended with {last_before} and now ends with {last_now}"
        ));
    }
    if last_now.index > last_before.index && last_now.term != term {
        return Err(format!(
            "node {leader}, leader of term {term}, appended entry {last_now} of another term"
        ));
    }
    Ok(())
}
