//! Leadership transfer (dissertation §3.10).
//!
//! The leader takes no proposals, brings the target's log up to its own, and tells the target to
//! start an election at once (`TimeoutNow`). If the target does not take over within the longest
//! election timeout, the leader goes on. It waits longer for a target with a slow disk.

use core::time::Duration;

use super::hung_disk::PATIENCE;
use super::progress::Progress;
use super::{Leader, Node, Role};
use crate::fingerprint::Prints;
use crate::{
    Body, ElectionReason, IgnoreReason, Instant, Membership, NodeId, Outcome, Refusal, RequestId,
    Settings, StepDownReason, TransferTrace,
};

/// A transfer of leadership that is not complete.
#[derive(Clone, Debug)]
pub(super) struct LeadershipTransfer {
    /// The order; `None` if the leader hands over by itself.
    request: Option<RequestId>,
    to: NodeId,
    /// The beginning; once `TimeoutNow` was sent, that of the wait for the target's election.
    began: Instant,
    /// Whether `TimeoutNow` was sent.
    is_told: bool,
    /// Whether `TimeoutNow` was sent since the last heartbeat.
    is_sent: bool,
}

impl LeadershipTransfer {
    pub(super) fn target(&self) -> NodeId {
        self.to
    }

    pub(super) fn is_told(&self) -> bool {
        self.is_told
    }

    pub(super) fn request(&self) -> Option<RequestId> {
        self.request
    }

    pub(super) fn print(&self, settings: &Settings, out: &mut Prints<'_>) {
        let Self { request, to, began, is_told, is_sent } = self;
        out.plain(&(request, is_told, is_sent));
        out.name(*to);
        // As long as `is_overdue` waits for a slow disk.
        out.since(Some(*began), settings.election_timeout_max * (PATIENCE + 1));
    }
}

impl Node {
    /// Dissertation §3.10: an operator, or a driver, wants server `to` to lead.
    pub(super) fn transfer_leadership(&mut self, request: RequestId, to: NodeId) {
        let started = self.as_leader(|node, leader| node.start_transfer(leader, request, to));
        if started.is_none() {
            let leader = self.leader_hint();
            self.reply(request, Outcome::NotLeader { leader });
        }
    }

    fn start_transfer(&mut self, leader: &mut Leader, request: RequestId, to: NodeId) {
        if to == self.config.id && leader.transfer.is_some() {
            self.cancel_transfer(leader, |to, told| Refusal::TransferCancelled { to, told });
            self.reply(request, Outcome::Cancelled);
            return self.go_on_after_transfer(leader);
        }
        if let Err(refusal) = self.check_transfer(leader, to) {
            self.trace(|| TransferTrace::Refused { to, reason: refusal });
            return self.reply(request, Outcome::Refused(refusal));
        }
        self.cancel_transfer(leader, |_, told| Refusal::TransferReplaced { by: to, told });
        self.begin_transfer(leader, Some(request), to);
    }

    /// Dissertation §3.10: from here on this leader takes no proposals.
    pub(super) fn begin_transfer(
        &mut self,
        leader: &mut Leader,
        request: Option<RequestId>,
        to: NodeId,
    ) {
        let began = self.now;
        let (is_told, is_sent) = (false, false);
        leader.transfer = Some(LeadershipTransfer { request, to, began, is_told, is_sent });
        self.trace(|| TransferTrace::Started { to });
        self.advance_transfer(leader);
    }

    fn check_transfer(&self, leader: &Leader, to: NodeId) -> Result<(), Refusal> {
        if leader.transfer.as_ref().is_some_and(|transfer| transfer.to == to) {
            return Err(Refusal::TransferInProgress { to });
        }
        if !self.membership().voters().contains(&to) || to == self.config.id {
            return Err(Refusal::NotAVoter { node: to });
        }
        // Nobody takes commands while a transfer waits for its target.
        match self.is_active(leader, to) {
            true => Ok(()),
            false => Err(Refusal::TargetNotHeard { to }),
        }
    }

    /// Ends a transfer, if there is one, for a reason that depends on its target and on whether
    /// that server was told to start an election.
    fn cancel_transfer(
        &mut self,
        leader: &mut Leader,
        reason: impl FnOnce(NodeId, bool) -> Refusal,
    ) {
        let Some(LeadershipTransfer { request, to, .. }) = leader.transfer.take() else { return };
        let reason = reason(to, leader.successor == Some(to));
        self.trace(|| TransferTrace::Ended { to, reason });
        self.reply_to_order(request, Outcome::Refused(reason));
    }

    /// The membership will be `target`: a transfer to a server without a vote ends.
    pub(super) fn end_transfer_to_non_voter(&mut self, leader: &mut Leader, target: &Membership) {
        let is_voter = |transfer: &LeadershipTransfer| target.is_voter(transfer.to);
        if !leader.transfer.as_ref().is_some_and(is_voter) {
            self.cancel_transfer(leader, |node, _| Refusal::NotAVoter { node });
        }
    }

    /// Dissertation §3.10: sends `TimeoutNow`, if the target's log is complete and it was not sent
    /// since the last heartbeat.
    pub(super) fn advance_transfer(&mut self, leader: &mut Leader) {
        let Some(LeadershipTransfer { to, is_sent: false, .. }) = leader.transfer else { return };
        if rule!(self.has_whole_log(leader, to)) {
            self.send_timeout_now(leader, to);
        }
    }

    /// Dissertation §3.10: whether the disk of server `to` holds the leader's whole log.
    pub(super) fn has_whole_log(&self, leader: &Leader, to: NodeId) -> bool {
        let last = self.log.last().index;
        leader.progress(to).is_some_and(|progress| progress.match_index == last)
    }

    fn send_timeout_now(&mut self, leader: &mut Leader, to: NodeId) {
        leader.successor = Some(to);
        if let Some(transfer) = leader.transfer.as_mut().filter(|transfer| transfer.to == to) {
            transfer.is_sent = true;
            if !core::mem::replace(&mut transfer.is_told, true) {
                transfer.began = self.now;
            }
        }
        self.trace(|| TransferTrace::TimeoutNowSent { to });
        self.send(to, Body::TimeoutNow);
    }

    /// Dissertation §3.10, with each heartbeat: gives up a transfer that took too long, and lets
    /// `TimeoutNow` be sent again.
    pub(super) fn end_overdue_transfer(&mut self, leader: &mut Leader) {
        let Some(transfer) = &leader.transfer else { return };
        if rule!(self.is_overdue(leader, transfer)) {
            let (request, to) = (transfer.request, transfer.to);
            leader.transfer = None;
            self.trace(|| TransferTrace::TimedOut { to });
            self.reply_to_order(request, Outcome::Refused(Refusal::TransferTimedOut { to }));
            self.go_on_after_transfer(leader);
        } else if let Some(transfer) = &mut leader.transfer {
            transfer.is_sent = false;
        }
    }

    /// Dissertation §3.10: the leader goes on if the target does not take over in time.
    ///
    /// The target's disk stores its own vote before the target asks for others (§5.6). In its new
    /// term the target accepts no entry of this leader, and its requests depose the leader whenever
    /// they leave. If the leader took commands meanwhile, the target's log would be behind, and
    /// nobody would lead until another election timeout. So the leader waits longer for a slow
    /// disk: once for the entries that the target lacks, if the target answers, and once for its
    /// vote.
    pub(super) fn is_overdue(&self, leader: &Leader, transfer: &LeadershipTransfer) -> bool {
        let settings = &self.config.settings;
        let slow_disk = |progress: &Progress| progress.slow_disk(settings);
        let target = leader.progress(transfer.to);
        let waits = transfer.is_told || self.is_active(leader, transfer.to);
        let longer = target.filter(|_| waits).map_or(Duration::ZERO, slow_disk);
        self.now - transfer.began >= settings.election_timeout_max + longer
    }

    /// Dissertation §6.4.1: whether the leader has no lease, because another server may be elected
    /// although its voters hear this leader. `TimeoutNow` may arrive at any later time, so this
    /// lasts for the rest of the term.
    pub(super) fn lease_is_revoked(&self, leader: &Leader) -> bool {
        leader.transfer.is_some() || leader.successor.is_some()
    }

    /// A leader that leaves the cluster tells a voter to start an election at once. Without that,
    /// one of the voters starts an election when its timer elapses.
    pub(super) fn nominate_successor(&mut self, leader: &mut Leader) {
        if let Some(to) = self.best_successor(leader) {
            self.send_timeout_now(leader, to);
        }
    }

    /// Of the voters that answered a moment ago, the one with the longest log; of equal ones the
    /// target of a transfer. If none answered, any of them.
    pub(super) fn best_successor(&self, leader: &Leader) -> Option<NodeId> {
        let wanted = leader.transfer.as_ref().map(LeadershipTransfer::target);
        let voters = self.membership().voters().iter();
        let progress = voters.filter_map(|voter| leader.progress(*voter));
        let is_wanted = |progress: &Progress| Some(progress.peer) == wanted;
        let best = progress.max_by_key(|progress| {
            let is_active = self.is_active(leader, progress.peer);
            (is_active, progress.match_index, is_wanted(progress))
        });
        best.map(|progress| progress.peer)
    }

    /// Answers the order of a transfer, if one was given.
    pub(super) fn reply_to_order(&mut self, request: Option<RequestId>, outcome: Outcome) {
        if let Some(request) = request {
            self.reply(request, outcome);
        }
    }

    /// The outcome of a transfer to `to`, now that this server leads no more: whether `TimeoutNow`
    /// was sent to that server, and to none after it.
    pub(super) fn outcome_of_transfer(&self, leader: &Leader, to: NodeId) -> Outcome {
        let successor = leader.successor;
        if successor == Some(to) {
            Outcome::Transferred { to }
        } else if leader.steps_down == Some(StepDownReason::Removed) {
            Outcome::Refused(Refusal::LeaderRemoved { successor })
        } else {
            Outcome::NotLeader { leader: self.leader_hint() }
        }
    }

    pub(super) fn receive_timeout_now(&mut self, from: NodeId) {
        if matches!(self.role, Role::Follower { leader: Some(leader) } if leader == from) {
            self.campaign(ElectionReason::Transfer);
        } else {
            self.ignore(from, "TimeoutNow", IgnoreReason::NotExpected);
        }
    }
}
