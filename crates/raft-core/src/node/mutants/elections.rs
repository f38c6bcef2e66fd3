//! Bugs of elections and of leadership.

use alloc::collections::BTreeMap;

use crate::node::transfer::LeadershipTransfer;
use crate::node::{Leader, Node, Role};
use crate::{
    Body, Bug, ElectionReason, LogPosition, Membership, Message, NodeId, Output, PreVoteTrace,
    RequestVote, StepDownReason, Term, VoteRefusal,
};

/// [`Bug::StaleVotes`], [`Bug::PreVoteTermMismatch`]
pub(in crate::node) fn refuse_stale(
    node: &mut Node,
    from: NodeId,
    message: &Message,
) -> Option<()> {
    if let Body::RequestVoteReply(reply) = &message.body
        && node.has(Bug::StaleVotes)
    {
        node.receive_vote(from, *reply);
        return Some(());
    }
    if matches!(message.body, Body::PreVote(_)) && node.has(Bug::PreVoteTermMismatch) {
        let (term, current) = (message.term.next(), node.current_term);
        let reason = VoteRefusal::StaleTerm { current };
        node.trace(|| PreVoteTrace::Refused { candidate: from, term, reason });
        return Some(());
    }
    None
}

/// [`Bug::StepDownClearsVote`]
pub(in crate::node) fn become_follower(
    node: &mut Node,
    reason: StepDownReason,
    leader: Option<NodeId>,
) -> Option<()> {
    node.has(Bug::StepDownClearsVote).then(|| {
        node.become_follower(reason, leader);
        clear_vote(node);
    })
}

/// [`Bug::PreVoteClearsVote`]
pub(in crate::node) fn become_pre_candidate(node: &mut Node, reason: ElectionReason) -> Option<()> {
    node.has(Bug::PreVoteClearsVote).then(|| {
        node.become_pre_candidate(reason);
        clear_vote(node);
        // With these, a server would lead that has not voted for itself.
        if let Role::PreCandidate { late_votes, .. } = &mut node.role {
            *late_votes = None;
        }
    })
}

fn clear_vote(node: &mut Node) {
    node.voted_for = None;
    node.durability.write_hard_state(node.current_term, None);
}

/// [`Bug::ElectionByUnion`], [`Bug::NonVoterCampaigns`]
pub(in crate::node) fn has_vote_quorum(
    node: &Node,
    votes: &BTreeMap<NodeId, bool>,
) -> Option<bool> {
    // A server that knows no voters takes "all of none" for a quorum.
    if node.membership().is_empty() && non_voter_campaigns(node) {
        return Some(true);
    }
    node.has(Bug::ElectionByUnion).then(|| {
        let mut voters = node.membership().members();
        voters.retain(|member| node.membership().is_voter(*member));
        Membership::new(voters).is_quorum(|node| votes.get(&node).is_some_and(|granted| *granted))
    })
}

/// [`Bug::VoteRequestNotDurable`]
pub(in crate::node) fn send_vote_request(
    node: &mut Node,
    to: NodeId,
    request: RequestVote,
) -> Option<()> {
    node.has(Bug::VoteRequestNotDurable).then(|| {
        let message = Message { term: node.current_term, body: Body::RequestVote(request) };
        node.outputs.push_back(Output::Send { to, message });
    })
}

/// [`Bug::NonVoterCampaigns`], [`Bug::LearnerCampaigns`]
pub(in crate::node) fn is_promotable(node: &Node) -> Option<bool> {
    let is_learner = node.membership().is_learner(node.config.id);
    let campaigns = is_learner && node.has(Bug::LearnerCampaigns);
    (campaigns || non_voter_campaigns(node)).then_some(true)
}

fn non_voter_campaigns(node: &Node) -> bool {
    node.has(Bug::NonVoterCampaigns)
}

/// [`Bug::TransferNeedsPreVote`]
pub(in crate::node) fn needs_pre_votes(node: &Node, _: ElectionReason) -> Option<bool> {
    node.has(Bug::TransferNeedsPreVote).then_some(node.config.settings.pre_vote)
}

/// [`Bug::PromotedRefusesVote`], [`Bug::RepeatedVoteSkipsLog`]
pub(in crate::node) fn check_vote(
    node: &Node,
    candidate: NodeId,
    _: RequestVote,
) -> Option<Result<(), VoteRefusal>> {
    if node.has(Bug::PromotedRefusesVote) && !node.membership().is_voter(node.config.id) {
        return Some(Err(VoteRefusal::LeaderIsAlive { leader: node.leader() }));
    }
    let is_repeated = node.voted_for == Some(candidate);
    (is_repeated && node.has(Bug::RepeatedVoteSkipsLog)).then_some(Ok(()))
}

/// [`Bug::VoteIgnoresLog`], [`Bug::LogComparedByLength`]
pub(in crate::node) fn check_candidate_log(
    node: &Node,
    candidate: LogPosition,
) -> Option<Result<(), VoteRefusal>> {
    if node.has(Bug::VoteIgnoresLog) {
        return Some(Ok(()));
    }
    let own = node.log.last();
    node.has(Bug::LogComparedByLength).then(|| match candidate.index >= own.index {
        true => Ok(()),
        false => Err(VoteRefusal::LogBehind { candidate, own }),
    })
}

/// [`Bug::PreVoteIgnoresLeader`], [`Bug::VoteIgnoresLeader`]
pub(in crate::node) fn check_leader_stickiness(
    node: &Node,
    _: NodeId,
    message: &Message,
) -> Option<Result<(), VoteRefusal>> {
    // A leader refuses all the same.
    if matches!(node.role, Role::Leader(_)) {
        return None;
    }
    let is_pre_vote = matches!(message.body, Body::PreVote(_));
    let is_vote = matches!(message.body, Body::RequestVote(_));
    let is_ignored = (is_pre_vote && node.has(Bug::PreVoteIgnoresLeader))
        || (is_vote && node.has(Bug::VoteIgnoresLeader));
    is_ignored.then_some(Ok(()))
}

/// [`Bug::RefusedVoteRestartsTimer`]
pub(in crate::node) fn refuse_vote(
    node: &mut Node,
    _: NodeId,
    _: Term,
    _: VoteRefusal,
) -> Option<()> {
    if !matches!(node.role, Role::Leader(_)) && node.has(Bug::RefusedVoteRestartsTimer) {
        node.restart_election_timer();
    }
    None
}

/// [`Bug::PreVoteRestartsTimer`]
pub(in crate::node) fn send_pre_vote_reply(node: &mut Node, _: NodeId, _: bool) -> Option<()> {
    if !matches!(node.role, Role::Leader(_)) && node.has(Bug::PreVoteRestartsTimer) {
        node.restart_election_timer();
    }
    None
}

/// [`Bug::SlowVoteGivenUp`]
pub(in crate::node) fn has_stored_vote(node: &Node) -> Option<bool> {
    node.has(Bug::SlowVoteGivenUp).then_some(true)
}

/// [`Bug::LeaderWithoutQuorum`], [`Bug::CheckQuorumCountsLearners`]
pub(in crate::node) fn is_quorum_active(node: &Node, leader: &Leader) -> Option<bool> {
    if node.has(Bug::CheckQuorumCountsLearners) {
        let members = node.membership().members();
        let is_active = |member: NodeId| node.is_active(leader, member);
        return Some(Membership::new(members).is_quorum(is_active));
    }
    node.has(Bug::LeaderWithoutQuorum).then(|| {
        let is_any_active = node.peers().iter().any(|peer| node.is_active(leader, *peer));
        node.is_quorum_active(leader) || is_any_active
    })
}

/// [`Bug::TransferNeverEnds`]
pub(in crate::node) fn is_overdue(node: &Node, _: &Leader, _: &LeadershipTransfer) -> Option<bool> {
    node.has(Bug::TransferNeverEnds).then_some(false)
}

/// [`Bug::TransferTooEarly`]
pub(in crate::node) fn has_whole_log(node: &Node, _: &Leader, _: NodeId) -> Option<bool> {
    node.has(Bug::TransferTooEarly).then_some(true)
}

/// [`Bug::TransferToNonVoter`]
pub(in crate::node) fn end_transfer_to_non_voter(
    node: &mut Node,
    _: &mut Leader,
    _: &Membership,
) -> Option<()> {
    node.has(Bug::TransferToNonVoter).then_some(())
}

/// [`Bug::TimeoutsEqual`]
pub(in crate::node) fn draw_election_timeout(node: &mut Node) -> Option<u64> {
    node.has(Bug::TimeoutsEqual).then_some(node.election_timeout_micros.0)
}
