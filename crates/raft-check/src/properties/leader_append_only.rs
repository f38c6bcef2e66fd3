//! Leader Append-Only (§5.3): a leader's log only grows, by entries of its own term.

use raft_core::{Bare, LogIndex, LogPosition, Node, NodeId, RoleKind, Term};
use raft_sim::{words};

use super::{Checker, Context};
use crate::property::{Property, Verdict};
use crate::shadows::node::LogChange;

pub(crate) static PROPERTY: Property = Property {
    name: "Leader Append-Only",
    section: "§5.3",
    meaning: "A leader never overwrites or deletes entries in its log; it only appends new ones.",
};

#[derive(Clone, Default, Debug)]
pub(crate) struct LeaderAppendOnly;

impl Checker for LeaderAppendOnly {
    fn log_changed(&mut self, id: NodeId, core: &Node, change: LogChange, cx: &mut Context<'_>) {
        let leads = (core.role() == RoleKind::Leader).then(|| core.current_term());
        let Some(node) = cx.shadows.node(id) else { return };
        if let Some(term) = node.leading.filter(|term| leads == Some(*term)) {
            let LogChange { last_before, kept_through } = change;
            let last_now = node.log.last();
            let seen = LeaderLogChanged { leader: id, term, last_before, kept_through, last_now };
            cx.note(&PROPERTY, leader_log_changed(seen));
        }
    }
}

/// The log of a node changed while the node led in one term.
#[derive(Clone, Copy, Debug)]
pub struct LeaderLogChanged {
    /// The leader.
    pub leader: NodeId,
    /// The term.
    pub term: Term,
    /// The last entry before.
    pub last_before: LogPosition,
    /// The last entry that did not change.
    pub kept_through: LogIndex,
    /// The last entry now.
    pub last_now: LogPosition,
}

pub(crate) fn leader_log_changed(seen: LeaderLogChanged) -> Verdict {
    let LeaderLogChanged { leader, term, last_before, kept_through, last_now } = seen;
    if kept_through < last_before.index {
        return Err(words! {
            leader, ", leader of ", term, ", changed its log after ", kept_through,
            ": the last entry was ", Bare(last_before), " and is ", Bare(last_now), " now"
        });
    }
    if last_now.index > last_before.index && last_now.term != term {
        return Err(words! {
            leader, ", leader of ", term, ", appended ", last_now, " of another term"
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{N1, at, objects};
    use super::*;

    #[test]
    fn a_leader_that_changes_its_log() {
        let change = |kept_through, last_now| {
            let (leader, term, last_before) = (N1, Term(3), at(7, 3));
            let kept_through = LogIndex(kept_through);
            leader_log_changed(LeaderLogChanged {
                leader,
                term,
                last_before,
                kept_through,
                last_now,
            })
        };
        assert_eq!(change(7, at(9, 3)), Ok(()));
        objects(change(5, at(7, 3)), &["node 1", "term 3", "after entry 5"]);
        objects(change(6, at(6, 2)), &["after entry 6"]);
        objects(change(7, at(8, 2)), &["8@2 of another term"]);
    }
}
