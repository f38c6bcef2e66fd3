//! Membership change (§6, dissertation chapter 4).
//!
//! A membership is in force from the moment it is in a server's log, committed or not; when the entry
//! is removed, the one before it is in force again. A change takes up to three steps, each an entry:
//! new servers join as learners and catch up; if more than one voter comes or goes, a joint membership
//! in which every decision needs both majorities; then the new membership. The leader takes the next
//! step by itself when the last one is committed, also if another leader began.

use alloc::vec::Vec;

use super::{Node, Role};
use crate::{
    ChangeError, Instant, LogIndex, LogPosition, Membership, MembershipChange, MembershipTrace,
    NodeId, Outcome, Payload, Refusal, RequestId, StepDownReason,
};

/// A change that this leader was asked for and that is not complete.
#[derive(Clone, Debug)]
pub(super) struct Change {
    request: RequestId,
    /// The membership it leads to.
    target: Membership,
    /// The step's entry.
    position: Option<LogPosition>,
    /// New voters that were not yet caught up, and what is known of their progress.
    catching_up: Option<CatchUp>,
}

/// How a new server comes along: what it holds, and since when nothing was added to that.
#[derive(Clone, Debug)]
struct CatchUp {
    held: (LogIndex, u64),
    since: Instant,
}

/// A new server that makes no progress for so many of the longest election timeouts is given up.
const PATIENCE: u32 = 20;

impl Change {
    pub(super) fn request(&self) -> RequestId {
        self.request
    }

    /// The entry of the step that was begun last.
    pub(super) fn position(&self) -> Option<LogPosition> {
        self.position
    }
}

impl Node {
    pub(super) fn change_membership(&mut self, request: RequestId, change: &MembershipChange) {
        if !matches!(self.role, Role::Leader(_)) {
            let leader = self.leader();
            return self.reply(request, Outcome::NotLeader { leader });
        }
        match self.check_change(change) {
            Ok(target) => {
                self.trace(|| MembershipTrace::ChangeStarted {
                    change: change.clone(),
                    target: target.clone(),
                });
                self.begin_change(request, target);
            }
            Err(refusal) => {
                self.trace(|| MembershipTrace::ChangeRefused {
                    change: change.clone(),
                    reason: refusal,
                });
                self.reply(request, Outcome::Refused(refusal));
            }
        }
    }

    /// The membership that the change leads to, if it may begin now.
    fn check_change(&self, change: &MembershipChange) -> Result<Membership, Refusal> {
        let Role::Leader(leader) = &self.role else { return Err(Refusal::NotLeader) };
        if let Some(handover) = &leader.handover {
            return Err(Refusal::TransferInProgress { to: handover.target() });
        }
        // Dissertation §4.1: two changes at once could lead to majorities that do not meet.
        let is_settled =
            self.membership_index() <= self.commit_index && !self.membership().is_joint();
        if leader.change.is_some() || !is_settled {
            return Err(Refusal::ChangeInProgress);
        }
        // Dissertation §4.1, erratum: else two leaders of different terms could each have a change
        // under way, from memberships that the other does not know.
        let is_committed = self.commit_index >= leader.first_index;
        if !is_committed && !bug!(self, ChangeBeforeTermCommit) {
            return Err(Refusal::TermNotCommitted);
        }
        let target = self.membership().changed_by(change).map_err(Refusal::Change)?;
        if let MembershipChange::Promote(node) = change
            && !self.has_caught_up(*node)
        {
            let match_index = leader.progress(*node).map_or(LogIndex(0), |p| p.match_index);
            let last = self.log.last().index;
            return Err(Refusal::NotCaughtUp { node: *node, match_index, last });
        }
        // On the way there may be more learners than at its end.
        let learners = self.with_new_voters_as_learners(&target).learners().len();
        if learners > Membership::MAX_VOTERS {
            return Err(Refusal::Change(ChangeError::LearnerCount(learners)));
        }
        Ok(target)
    }

    /// The present membership, and those who are to vote and do not belong to it as learners.
    fn with_new_voters_as_learners(&self, target: &Membership) -> Membership {
        let present = self.membership();
        let strangers = target.voters().iter().filter(|node| !present.contains(**node));
        present.with_learners(present.learners().iter().chain(strangers).copied())
    }

    /// Whether a server's log is so complete that its vote would not hold up the cluster: what it
    /// lacks fits in one message (dissertation §4.2.1).
    fn has_caught_up(&self, node: NodeId) -> bool {
        let Role::Leader(leader) = &self.role else { return false };
        let near =
            self.log.last().index.0.saturating_sub(self.config.settings.max_batch_entries as u64);
        let is_near = |match_index: LogIndex| match_index.0 > 0 && match_index.0 >= near;
        leader.progress(node).is_some_and(|progress| is_near(progress.match_index))
    }

    /// Servers that the change makes voters and that are not yet caught up.
    fn missing_voters(&self, target: &Membership) -> Vec<NodeId> {
        let present = self.membership();
        let is_missing = |node: &NodeId| !present.is_voter(*node) && !self.has_caught_up(*node);
        target.voters().iter().copied().filter(is_missing).collect()
    }

    fn begin_change(&mut self, request: RequestId, target: Membership) {
        let missing = self.missing_voters(&target);
        let mut change = Change { request, target, position: None, catching_up: None };
        if missing.is_empty() {
            return self.move_to_target(change);
        }
        let with_learners = self.with_new_voters_as_learners(&change.target);
        if with_learners != *self.membership() {
            change.position = Some(self.append_membership(with_learners));
        }
        change.catching_up = Some(CatchUp { held: (LogIndex(0), 0), since: self.now });
        self.set_change(Some(change));
        self.replicate_to_all(false);
    }

    /// The step that moves the votes: in one, if all majorities meet, else through a joint membership.
    fn move_to_target(&mut self, mut change: Change) {
        let present = self.membership().clone();
        let target = change.target.clone();
        if present.overlaps(&target) {
            let position = self.append_membership(target);
            self.await_commit(change.request, position);
        } else {
            let joint = target.with_outgoing(present.voters().iter().copied());
            change.position = Some(self.append_membership(joint));
            change.catching_up = None;
            self.set_change(Some(change));
        }
        self.replicate_to_all(false);
    }

    /// Something was acknowledged: perhaps the new servers have caught up. While leadership is handed
    /// over they wait: another entry would put the target behind, and its voters would refuse it.
    pub(super) fn push_change(&mut self) {
        let is_committed = self.membership_index() <= self.commit_index;
        let Role::Leader(leader) = &self.role else { return };
        if leader.handover.is_some() {
            return;
        }
        let Some(Change { target, catching_up: Some(_), .. }) = &leader.change else { return };
        if is_committed && self.missing_voters(target).is_empty() {
            let Role::Leader(leader) = &mut self.role else { return };
            if let Some(change) = leader.change.take() {
                self.move_to_target(change);
            }
        }
    }

    /// With each heartbeat: gives up a change whose new server does not come along.
    pub(super) fn give_up_stalled_change(&mut self) {
        let patience = self.config.settings.election_timeout_max * PATIENCE;
        let now = self.now;
        let Role::Leader(leader) = &self.role else { return };
        let Some(Change { target, catching_up: Some(catch_up), .. }) = &leader.change else {
            return;
        };
        let missing = self.missing_voters(target);
        let Some(node) = missing.first().copied() else { return };
        let held = leader.progress(node).map_or((LogIndex(0), 0), super::progress::Progress::held);
        let is_stalled = held == catch_up.held && now - catch_up.since > patience;
        let since = if held == catch_up.held { catch_up.since } else { now };
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(change) = &mut leader.change else { return };
        change.catching_up = Some(CatchUp { held, since });
        if is_stalled {
            let request = change.request;
            leader.change = None;
            self.trace(|| MembershipTrace::CatchUpStalled { node });
            self.reply(request, Outcome::Refused(Refusal::CatchUpStalled { node }));
        }
    }

    /// Entries were committed: perhaps the last step of a change, and the next one is due.
    pub(super) fn take_next_step(&mut self) {
        let Role::Leader(leader) = &mut self.role else { return };
        let (index, membership) = self.memberships.last().expect("there is always a first");
        if *index > self.commit_index {
            return;
        }
        if membership.is_joint() {
            // Raft §6: once C-old,new is committed, C-new alone may decide.
            let next = membership.without_outgoing();
            let request = leader.change.take().map(|change| change.request);
            let position = self.append_membership(next);
            if let Some(request) = request {
                self.await_commit(request, position);
            }
            return self.replicate_to_all(false);
        }
        if !membership.is_voter(self.config.id) && !bug!(self, RemovedLeaderStays) {
            // Raft §6: a leader that is not in C-new manages the cluster until C-new is committed.
            self.replicate_to_all(true);
            self.name_successor();
            self.step_down(StepDownReason::Removed, None);
            return self.restart_election_timer();
        }
        self.push_change();
    }

    fn set_change(&mut self, change: Option<Change>) {
        if let Role::Leader(leader) = &mut self.role {
            leader.change = change;
        }
    }

    /// Appends a membership. It is in force at once (§6).
    fn append_membership(&mut self, membership: Membership) -> LogPosition {
        let position = self.append_as_leader(Payload::Membership(membership.clone()));
        self.adopt_membership(position.index, membership);
        position
    }

    /// The log holds an entry with this membership now.
    pub(super) fn adopt_membership(&mut self, index: LogIndex, membership: Membership) {
        self.trace(|| MembershipTrace::Adopted { index, membership: membership.clone() });
        self.memberships.push((index, membership));
        self.update_peers();
    }

    /// The entries from `index` on are gone, and memberships with them: what was in force before is in
    /// force again (§6).
    pub(super) fn roll_back_memberships(&mut self, index: LogIndex) {
        let before = self.memberships.len();
        // The first stands in no entry of the log.
        let kept = self.memberships.iter().skip(1).take_while(|(at, _)| *at < index).count() + 1;
        self.memberships.truncate(kept);
        if kept < before {
            let (index, membership) = (self.membership_index(), self.membership().clone());
            self.trace(|| MembershipTrace::RolledBack { index, membership });
        }
    }

    /// A snapshot replaces the log up to `index`: the membership in force there becomes the first.
    pub(super) fn forget_memberships_through(&mut self, index: LogIndex) {
        let first = self.memberships.partition_point(|(at, _)| *at <= index).max(1) - 1;
        self.memberships.drain(..first);
    }

    /// The membership in force at the entry at `index`, which is applied.
    pub(super) fn membership_at(&self, index: LogIndex) -> Membership {
        let place = self.memberships.partition_point(|(at, _)| *at <= index).max(1) - 1;
        self.memberships[place].1.clone()
    }

    /// As leader: replicates to exactly the members.
    fn update_peers(&mut self) {
        let (last, now) = (self.log.last().index, self.now);
        let members = self.peers();
        let Role::Leader(leader) = &mut self.role else { return };
        leader.peers.retain(|progress| members.contains(&progress.peer));
        for peer in members {
            if let Err(place) = leader.peers.binary_search_by_key(&peer, |progress| progress.peer) {
                let progress = super::progress::Progress::new(peer, last, now);
                leader.peers.insert(place, progress);
            }
        }
    }
}
