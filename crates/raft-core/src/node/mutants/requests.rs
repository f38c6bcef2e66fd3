//! Bugs of requests: they are taken, and not answered as they must be.

use crate::node::forwarded_commands::Copied;
use crate::node::{Leader, Node};
use crate::{Bug, Forward, LogIndex, NodeId, Refusal, Term};

/// [`Bug::ForwardNeverGivenUp`]
pub(in crate::node) fn give_up_forwarded(node: &mut Node) -> Option<()> {
    give_up_overdue(node)
}

/// [`Bug::ForwardNeverGivenUp`]
pub(in crate::node) fn give_up_overdue(node: &mut Node) -> Option<()> {
    node.has(Bug::ForwardNeverGivenUp).then_some(())
}

/// [`Bug::ForwardNotRemembered`]
pub(in crate::node) fn is_copied(
    node: &Node,
    _: &Leader,
    _: NodeId,
    _: &Forward,
) -> Option<Copied> {
    node.has(Bug::ForwardNotRemembered).then_some(Copied::No)
}

/// [`Bug::SnapshotAnswersNothing`]
pub(in crate::node) fn lose_proposals(node: &mut Node, through: LogIndex) -> Option<()> {
    node.has(Bug::SnapshotAnswersNothing).then(|| {
        node.proposals.retain(|proposal| proposal.position.index > through);
    })
}

/// [`Bug::ProposalsNotSuperseded`]
pub(in crate::node) fn supersede_before(node: &mut Node, term: Term) -> Option<()> {
    node.has(Bug::ProposalsNotSuperseded).then(|| node.applied_term = term)
}

/// [`Bug::RemovedLeaderSilent`]
pub(in crate::node) fn lose_proposals_if_removed(node: &mut Node) -> Option<()> {
    node.has(Bug::RemovedLeaderSilent).then_some(())
}

/// [`Bug::SoleVoterReadsHang`]
pub(in crate::node) fn confirm_own_round(node: &mut Node, _: &mut Leader) -> Option<()> {
    node.has(Bug::SoleVoterReadsHang).then_some(())
}

/// [`Bug::TransferTakesProposals`]
pub(in crate::node) fn check_transfer_waits(
    node: &Node,
    _: &Leader,
) -> Option<Result<(), Refusal>> {
    node.has(Bug::TransferTakesProposals).then_some(Ok(()))
}
