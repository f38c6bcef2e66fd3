//! Config Safety (§6, dissertation chapter 4): no two majorities that do not know of each other.

use raft_core::{LogIndex, LogPosition, Membership, NodeId};

use crate::property::{Property, Verdict};
use crate::quorum::quorums_meet;

pub(crate) static PROPERTY: Property = Property {
    name: "Config Safety",
    section: "§6, dissertation §4.1",
    meaning: "A server goes by the latest membership in its log; a leader adds one only when the one \
              before it and an entry of its own term are committed, and all quorums of the two meet; it \
              leads no more once its removal is committed; a snapshot carries the membership of its \
              place in the log.",
};

/// Which membership a node goes by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InForce<'a> {
    pub(crate) node: NodeId,
    /// What it goes by.
    pub(crate) believed: &'a Membership,
    /// The latest in its log, or its snapshot's.
    pub(crate) in_log: &'a Membership,
}

/// A leader appended a membership to its log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appended<'a> {
    pub(crate) leader: NodeId,
    pub(crate) index: LogIndex,
    /// The one before it in the leader's log, and where.
    pub(crate) before: LogIndex,
    pub(crate) from: &'a Membership,
    pub(crate) is_from_committed: bool,
    /// Whether the leader knows that an entry of its term is committed.
    pub(crate) is_term_committed: bool,
    pub(crate) to: &'a Membership,
}

/// A node leads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leads<'a> {
    pub(crate) node: NodeId,
    /// The latest membership in its log, and where it stands.
    pub(crate) index: LogIndex,
    pub(crate) membership: &'a Membership,
    pub(crate) commit_index: LogIndex,
}

/// Two memberships that are committed one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Committed<'a> {
    pub(crate) index: LogIndex,
    pub(crate) from: &'a Membership,
    pub(crate) to: &'a Membership,
}

/// A node has a snapshot, or sends one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InSnapshot<'a> {
    pub(crate) node: NodeId,
    pub(crate) snapshot: LogPosition,
    pub(crate) membership: &'a Membership,
    /// In force at that place in what is committed.
    pub(crate) committed: &'a Membership,
}

pub(crate) fn in_force(InForce { node, believed, in_log }: InForce<'_>) -> Verdict {
    if believed == in_log {
        return Ok(());
    }
    Err(format!("node {node} goes by the membership {believed}, but its log says {in_log}"))
}

pub(crate) fn appended(seen: Appended<'_>) -> Verdict {
    let Appended { leader, index, before, from, is_from_committed, is_term_committed, to } = seen;
    if !is_from_committed {
        return Err(format!(
            "node {leader} appended the membership {to} as entry {index} while the one before it, \
             entry {before}, is not committed"
        ));
    }
    // The erratum to dissertation §4.1: a leader of another term may have one under way that it does
    // not know of.
    if !is_term_committed {
        return Err(format!(
            "node {leader} appended the membership {to} as entry {index} before it had committed an \
             entry of its term"
        ));
    }
    meet(format_args!("node {leader} appended as entry {index}"), from, to)
}

/// Raft §6: a leader that is no voter manages the cluster until that is committed, and no longer.
pub(crate) fn leads_still(Leads { node, index, membership, commit_index }: Leads<'_>) -> Verdict {
    let is_over = !membership.is_joint() && !membership.is_voter(node) && index <= commit_index;
    if !is_over {
        return Ok(());
    }
    Err(format!(
        "node {node} leads although the membership {membership}, committed as entry {index}, has it \
         vote no more"
    ))
}

pub(crate) fn committed(Committed { index, from, to }: Committed<'_>) -> Verdict {
    meet(format_args!("entry {index} commits"), from, to)
}

pub(crate) fn in_snapshot(seen: InSnapshot<'_>) -> Verdict {
    let InSnapshot { node, snapshot, membership, committed } = seen;
    if membership == committed {
        return Ok(());
    }
    Err(format!(
        "the snapshot of node {node} through {snapshot} says that the membership is {membership}; \
         there it is {committed}"
    ))
}

fn meet(what: std::fmt::Arguments<'_>, from: &Membership, to: &Membership) -> Verdict {
    if quorums_meet(from, to) {
        return Ok(());
    }
    Err(format!("{what} the membership {to} after {from}: two quorums of them need not meet"))
}
