//! Bugs of membership changes.

use crate::node::{Leader, Node};
use crate::{Bug, Membership, MembershipChange, NodeId, Refusal};

/// [`Bug::ChangeBeforeTermCommit`]
pub(in crate::node) fn check_change(
    node: &Node,
    leader: &Leader,
    change: &MembershipChange,
) -> Option<Result<Membership, Refusal>> {
    let is_refused = || matches!(node.check_change(leader, change), Err(Refusal::TermNotCommitted));
    (node.has(Bug::ChangeBeforeTermCommit) && is_refused())
        .then(|| node.check_target(leader, change))
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

/// [`Bug::RemovedLeaderStays`]
pub(in crate::node) fn is_removed(node: &Node) -> Option<bool> {
    node.has(Bug::RemovedLeaderStays).then_some(false)
}
