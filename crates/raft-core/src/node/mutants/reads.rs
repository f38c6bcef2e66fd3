//! Bugs of reads and leases.

use alloc::vec::Vec;
use core::time::Duration;

use crate::node::{Leader, Node};
use crate::{Bug, HeartbeatRound, ReadMode, Refusal};

/// [`Bug::ReadBeforeTermCommit`]
pub(in crate::node) fn check_read(node: &Node, leader: &Leader) -> Option<Result<(), Refusal>> {
    node.has(Bug::ReadBeforeTermCommit).then(|| node.check_pending_reads(leader))
}

/// [`Bug::ReadWithoutQuorum`]
pub(in crate::node) fn may_read_at_once(node: &Node, _: &Leader, _: ReadMode) -> Option<bool> {
    node.has(Bug::ReadWithoutQuorum).then_some(true)
}

/// [`Bug::ReadTokenReused`]
pub(in crate::node) fn hear_from(
    node: &mut Node,
    leader: &mut Leader,
    position: usize,
    round: HeartbeatRound,
) -> Option<bool> {
    let current = leader.rounds.current();
    (round <= current && node.has(Bug::ReadTokenReused))
        .then(|| node.hear_from(leader, position, current))
}

/// [`Bug::ReadQuorumShort`]
pub(in crate::node) fn quorum_acked_round(node: &Node, leader: &Leader) -> Option<HeartbeatRound> {
    node.has(Bug::ReadQuorumShort).then(|| {
        let voters = node.membership().voters().iter();
        let mut rounds: Vec<HeartbeatRound> =
            voters.map(|voter| node.acked_round_of(leader, *voter)).collect();
        rounds.sort_unstable_by(|left, right| right.cmp(left));
        rounds[node.membership().majority().saturating_sub(2)]
    })
}

/// [`Bug::LeaseIgnoresDrift`]
pub(in crate::node) fn lease_duration(node: &Node) -> Option<Duration> {
    node.has(Bug::LeaseIgnoresDrift).then_some(node.config.settings.election_timeout_min)
}

/// [`Bug::LeaseKeptInTransfer`], [`Bug::LeaseReturnsAfterTransfer`]
pub(in crate::node) fn lease_is_revoked(node: &Node, leader: &Leader) -> Option<bool> {
    if node.has(Bug::LeaseReturnsAfterTransfer) {
        return Some(leader.transfer.is_some());
    }
    node.has(Bug::LeaseKeptInTransfer).then_some(false)
}
