//! The Commit Rule (§5.3, §5.4.2), worked out from the disks instead of the leader's books.

use raft_core::{LogIndex, LogPosition, Membership, NodeId, Term};

use crate::property::{Property, Verdict};
use crate::quorum::{NodeSet, is_quorum};
use crate::shadow::Mark;

pub(crate) static PROPERTY: Property = Property {
    name: "Commit Rule",
    section: "§5.3, §5.4.2, §6",
    meaning: "A leader commits an entry of its own term once a quorum of disks hold it, and with it \
              all before; others learn only what a leader committed, as far as \
              their logs were compared with the leader's.",
};

/// A leader advanced its commit index by counting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaderCommitted<'a> {
    pub(crate) leader: NodeId,
    pub(crate) term: Term,
    pub(crate) index: LogIndex,
    /// What its log holds there.
    pub(crate) held: Option<Mark>,
    /// Whose disks hold the leader's log up to there.
    pub(crate) holders: NodeSet,
    /// In force in the leader's log when it committed.
    pub(crate) membership: &'a Membership,
}

/// A node that does not lead advanced its commit index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommitLearned {
    pub(crate) node: NodeId,
    pub(crate) index: LogIndex,
    /// Up to where a leader's message showed that its log is the leader's.
    pub(crate) compared: LogIndex,
}

/// What a node believes to be committed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommitBelieved {
    pub(crate) node: NodeId,
    pub(crate) index: LogIndex,
    /// What its log holds there.
    pub(crate) held: Option<Mark>,
    /// What is committed there.
    pub(crate) committed: Option<Mark>,
}

pub(crate) fn leader_committed(seen: LeaderCommitted<'_>) -> Verdict {
    let LeaderCommitted { leader, term, index, held, holders, membership } = seen;
    let Some(held) = held else {
        return Err(format!("node {leader} committed entry {index}, which its log does not hold"));
    };
    let entry = LogPosition::new(index, held.term);
    // Raft §5.4.2: counting replicas of an older term proves nothing (Figure 8).
    if held.term != term {
        return Err(format!(
            "node {leader}, leader of term {term}, committed entry {entry} of an older term by \
             counting replicas"
        ));
    }
    if !is_quorum(membership, holders) {
        return Err(format!(
            "node {leader} committed entry {entry} while the disks of {holders} hold it: no quorum \
             of {membership}"
        ));
    }
    Ok(())
}

/// Figure 2, AppendEntries step 5: what lies behind the last new entry may be anything.
pub(crate) fn commit_learned(seen: CommitLearned) -> Verdict {
    let CommitLearned { node, index, compared } = seen;
    if index <= compared {
        return Ok(());
    }
    Err(format!(
        "node {node} takes entry {index} for committed, but its log was compared with the leader's up \
         to entry {compared} only"
    ))
}

pub(crate) fn commit_believed(seen: CommitBelieved) -> Verdict {
    let CommitBelieved { node, index, held, committed } = seen;
    let Some(committed) = committed else {
        return Err(format!(
            "node {node} takes entry {index} for committed, but no leader has committed it"
        ));
    };
    match held {
        Some(held) if held == committed => Ok(()),
        Some(held) => Err(format!(
            "node {node} takes its entry {} for committed, but its log up to there is not the \
             committed one, which has {}",
            LogPosition::new(index, held.term),
            LogPosition::new(index, committed.term)
        )),
        None => Err(format!("node {node} takes entry {index} for committed without holding it")),
    }
}
