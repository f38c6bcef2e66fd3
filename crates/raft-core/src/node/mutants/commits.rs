//! Bugs of committing.

use alloc::vec::Vec;

use super::replication::missing_term_is_zero;
use crate::node::{Leader, Node};
use crate::{Bug, CommitTrace, LogIndex, NodeId, Refusal, Term};

/// [`Bug::CommitUnsorted`], [`Bug::JointHalfCommit`], [`Bug::LearnersCount`]
pub(in crate::node) fn quorum_match_index(node: &Node, leader: &Leader) -> Option<LogIndex> {
    let membership = node.membership();
    let reached = |server: NodeId| node.match_index_of(leader, server);
    if node.has(Bug::CommitUnsorted) {
        let numbers: Vec<LogIndex> = membership.voters().iter().map(|n| reached(*n)).collect();
        return Some(numbers[membership.majority() - 1]);
    }
    if node.has(Bug::JointHalfCommit) {
        return Some(membership.without_outgoing().reached_by_quorum(reached));
    }
    node.has(Bug::LearnersCount).then(|| {
        let mut numbers: Vec<LogIndex> = membership.members().into_iter().map(reached).collect();
        numbers.sort_unstable();
        numbers[(numbers.len() - 1) / 2]
    })
}

/// [`Bug::CommitOldTerm`]
pub(in crate::node) fn may_commit_by_counting(node: &Node, _: Term) -> Option<bool> {
    node.has(Bug::CommitOldTerm).then_some(true)
}

/// [`Bug::CommitUnverified`]
pub(in crate::node) fn commit_index_to_learn(
    node: &Node,
    leader_commit: LogIndex,
    _: LogIndex,
) -> Option<LogIndex> {
    node.has(Bug::CommitUnverified).then(|| leader_commit.min(node.log.last().index))
}

/// [`Bug::CommitGoesBack`], [`Bug::MissingTermIsZero`]
pub(in crate::node) fn learn_commit(node: &mut Node, committed: LogIndex) -> Option<()> {
    if committed > node.log.last().index && missing_term_is_zero(node) {
        let from = node.commit_index;
        node.trace(|| CommitTrace::Learned { from, to: committed });
        node.commit_index = committed;
        node.apply_committed();
        return Some(());
    }
    (committed <= node.commit_index && node.has(Bug::CommitGoesBack)).then(|| {
        node.commit_index = committed;
    })
}

/// [`Bug::UncommittedIgnored`]
pub(in crate::node) fn check_uncommitted(
    node: &Node,
    _: &Leader,
    _: u64,
) -> Option<Result<(), Refusal>> {
    node.has(Bug::UncommittedIgnored).then_some(Ok(()))
}

/// [`Bug::UncommittedForgotten`]
pub(in crate::node) fn uncommitted_bytes_found(node: &Node, _: LogIndex) -> Option<u64> {
    node.has(Bug::UncommittedForgotten).then_some(0)
}

/// [`Bug::UncommittedNeverFreed`]
pub(in crate::node) fn free_uncommitted(node: &Node, _: &mut Leader, _: u64) -> Option<()> {
    node.has(Bug::UncommittedNeverFreed).then_some(())
}

/// [`Bug::RemovalForgotten`]
pub(in crate::node) fn store_removal(node: &mut Node, _: LogIndex) -> Option<()> {
    node.has(Bug::RemovalForgotten).then_some(())
}

/// [`Bug::StoredCommitBeyondLog`]
pub(in crate::node) fn commit_index_to_store(node: &Node) -> Option<LogIndex> {
    node.has(Bug::StoredCommitBeyondLog).then(|| node.commit_index.next())
}
