//! Leadership transfer (dissertation §3.10).
//!
//! The leader stops taking proposals, brings the target's log up to its own, and tells the target to
//! stand for election at once. If the target does not take over within the longest election timeout,
//! the leader goes on.

use super::durability::Needs;
use super::{Leader, Node, Role};
use crate::{
    Body, ElectionReason, IgnoreReason, Instant, NodeId, Outcome, Refusal, RequestId, TransferTrace,
};

/// A transfer of leadership under way.
#[derive(Clone, Debug)]
pub(super) struct Handover {
    request: RequestId,
    to: NodeId,
    until: Instant,
    /// Whether the target was told since the last heartbeat.
    is_told: bool,
    /// Whether it was ever told.
    was_told: bool,
}

impl Handover {
    pub(super) fn target(&self) -> NodeId {
        self.to
    }

    /// Whom to answer when this server leads no more, and what; `None` if the target was never told, and
    /// another server took over.
    pub(super) fn answer(&self) -> (RequestId, Option<Outcome>) {
        (self.request, self.was_told.then_some(Outcome::Transferred { to: self.to }))
    }
}

impl Leader {
    /// Whether leases are void: a server was told to stand for election although its voters hear this
    /// leader. Such a message may arrive at any later time, so this holds for the rest of the term.
    pub(super) fn rounds_are_void(&self) -> bool {
        self.handover.is_some() || self.has_told_successor
    }
}

impl Node {
    pub(super) fn transfer_leadership(&mut self, request: RequestId, to: NodeId) {
        let until = self.now + self.config.settings.election_timeout_max;
        let is_voter = self.membership().voters().contains(&to) && to != self.config.id;
        let known = self.leader();
        let refusal = match &self.role {
            Role::Leader(leader) => match &leader.handover {
                Some(handover) => Some(Refusal::TransferInProgress { to: handover.to }),
                None if !is_voter => Some(Refusal::NotAVoter { node: to }),
                None => None,
            },
            _ => return self.reply(request, Outcome::NotLeader { leader: known }),
        };
        if let Some(refusal) = refusal {
            self.trace(|| TransferTrace::Refused { to, reason: refusal });
            return self.reply(request, Outcome::Refused(refusal));
        }
        let Role::Leader(leader) = &mut self.role else { return };
        leader.handover = Some(Handover { request, to, until, is_told: false, was_told: false });
        self.trace(|| TransferTrace::Started { to });
        self.push_handover();
    }

    /// Tells the target to stand for election, if its log is complete and it was not told yet.
    pub(super) fn push_handover(&mut self) {
        let last = self.log.last().index;
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(Handover { to, is_told: false, .. }) = leader.handover else { return };
        if leader.progress(to).is_some_and(|progress| progress.match_index == last) {
            self.tell_to_stand(to);
        }
    }

    fn tell_to_stand(&mut self, to: NodeId) {
        let Role::Leader(leader) = &mut self.role else { return };
        leader.has_told_successor = true;
        if let Some(handover) = &mut leader.handover {
            (handover.is_told, handover.was_told) = (true, true);
        }
        self.trace(|| TransferTrace::TimeoutNowSent { to });
        self.send(to, Body::TimeoutNow, Needs::HardState);
    }

    /// With each heartbeat: gives up what took too long, and lets the target be told again.
    pub(super) fn end_overdue_handover(&mut self) {
        let never_ends = bug!(self, TransferNeverEnds);
        let now = self.now;
        let Role::Leader(leader) = &mut self.role else { return };
        let is_overdue = |handover: &mut Handover| now >= handover.until && !never_ends;
        if let Some(Handover { request, to, .. }) = leader.handover.take_if(is_overdue) {
            self.trace(|| TransferTrace::TimedOut { to });
            self.reply(request, Outcome::Refused(Refusal::TransferTimedOut { to }));
            self.push_change();
        } else if let Some(handover) = &mut leader.handover {
            handover.is_told = false;
        }
    }

    /// A leader that leaves the cluster lets one of the servers that know all it knows stand for
    /// election at once. It is only a help: without it, one of them stands when its timer is due.
    pub(super) fn name_successor(&mut self) {
        let Role::Leader(leader) = &self.role else { return };
        let voters = self.membership().voters().iter();
        let progress = voters.filter_map(|voter| leader.progress(*voter));
        if let Some(best) = progress.max_by_key(|progress| progress.match_index) {
            let to = best.peer;
            self.tell_to_stand(to);
        }
    }

    pub(super) fn receive_timeout_now(&mut self, from: NodeId) {
        match self.role {
            Role::Follower { leader: Some(leader) } if leader == from => {
                self.campaign(ElectionReason::Transfer);
            }
            _ => self.ignore(from, "TimeoutNow", IgnoreReason::NotExpected),
        }
    }
}
