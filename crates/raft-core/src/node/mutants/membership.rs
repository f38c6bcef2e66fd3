//! Bugs of membership changes.

use crate::node::change::Wanted;
use crate::node::{Leader, Node};
use crate::{Bug, Membership, NodeId, Refusal};

/// [`Bug::ChangeBeforeTermCommit`]
pub(in crate::node) fn check_change(
    node: &Node,
    leader: &Leader,
    wanted: Wanted<'_>,
) -> Option<Result<Membership, Refusal>> {
    let is_refused = || matches!(node.check_change(leader, wanted), Err(Refusal::TermNotCommitted));
    (node.has(Bug::ChangeBeforeTermCommit) && is_refused())
        .then(|| node.check_target(leader, wanted))
}

/// [`Bug::CatchUpByLength`]
pub(in crate::node) fn has_caught_up(node: &Node, leader: &Leader, server: NodeId) -> Option<bool> {
    node.has(Bug::CatchUpByLength).then(|| {
        let batch = node.config.settings.max_batch_entries as u64;
        let near = node.log.last().index.0.saturating_sub(batch);
        let is_near = |match_index: u64| match_index > 0 && match_index >= near;
        leader.progress(server).is_some_and(|progress| is_near(progress.match_index.0))
    })
}

/// [`Bug::ChangeIgnoresLiveness`]
pub(in crate::node) fn check_voters_heard(
    node: &Node,
    _: &Leader,
    _: &Membership,
    _: &[NodeId],
) -> Option<Result<(), Refusal>> {
    node.has(Bug::ChangeIgnoresLiveness).then_some(Ok(()))
}

/// [`Bug::HungDiskLeadsOn`]
pub(in crate::node) fn leave_hung_disk(node: &Node, _: &mut Leader) -> Option<()> {
    node.has(Bug::HungDiskLeadsOn).then_some(())
}

/// [`Bug::RemovedLeaderStays`]
pub(in crate::node) fn is_removed(node: &Node) -> Option<bool> {
    node.has(Bug::RemovedLeaderStays).then_some(false)
}
