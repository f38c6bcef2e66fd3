//! Membership change (§6, dissertation chapter 4).
//!
//! A membership is in force as soon as a server's log holds it, committed or not. When the entry is
//! removed, the membership before it is in force again. A change takes up to three steps, each an
//! entry:
//!
//! 1. new servers join as learners and catch up;
//! 2. if more than one voter comes or goes, a joint membership, in which every decision needs both
//!    majorities;
//! 3. the new membership.
//!
//! The leader takes the next step by itself when the last one is committed, also if another leader
//! began the change.

use super::progress::Progress;
use super::transfer::LeadershipTransfer;
use super::{Leader, Node};
use crate::fingerprint::{Fingerprint, Prints};
use crate::{
    Bytes, ChangeError, LogIndex, LogPosition, Membership, MembershipChange, MembershipTrace,
    NodeId, Outcome, Payload, Refusal, RequestId, StepDownReason,
};

/// A change that this leader was asked for and that is not complete.
#[derive(Clone, Debug)]
pub(super) struct Change {
    request: RequestId,
    /// The membership after the last step.
    target: Membership,
    /// Whether the votes move although too few of the new voters were heard.
    force: bool,
    /// The entry of the step that was taken last; `None` if no step needed an entry yet.
    position: Option<LogPosition>,
    /// Whether new voters are being caught up.
    is_catching_up: bool,
}

/// A change of the membership that a leader is asked to make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) change: &'a MembershipChange,
    /// The new contexts of members.
    pub(super) contexts: &'a [(NodeId, Bytes)],
}

impl Change {
    pub(super) fn request(&self) -> RequestId {
        self.request
    }

    /// The entry of the step that was taken last.
    pub(super) fn position(&self) -> Option<LogPosition> {
        self.position
    }

    /// Whether the other change ends this one: it removes a server that is being caught up.
    fn ends_by(&self, other: &MembershipChange, present: &Membership) -> bool {
        let MembershipChange::Remove(node) = other else { return false };
        self.is_catching_up && self.target.is_voter(*node) && !present.is_voter(*node)
    }

    /// While new voters catch up: the membership after the last step.
    pub(super) fn catching_up(&self) -> Option<&Membership> {
        self.is_catching_up.then_some(&self.target)
    }
}

impl Fingerprint for Change {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { request, target, force, position, is_catching_up } = self;
        out.plain(&(request, force, position, is_catching_up));
        target.print(out);
    }
}

impl Node {
    pub(super) fn change_membership(
        &mut self,
        request: RequestId,
        wanted: Wanted<'_>,
        force: bool,
    ) {
        let started =
            self.as_leader(|node, leader| node.start_change(leader, request, wanted, force));
        if started.is_none() {
            let leader = self.leader_hint();
            self.reply(request, Outcome::NotLeader { leader });
        }
    }

    fn start_change(
        &mut self,
        leader: &mut Leader,
        request: RequestId,
        wanted: Wanted<'_>,
        force: bool,
    ) {
        let change = wanted.change;
        let checked = rule!(self.check_change(leader, wanted)).and_then(|target| {
            let missing = self.missing_voters(leader, &target);
            if !force {
                rule!(self.check_voters_heard(leader, &target, &missing))?;
            }
            Ok((target, missing))
        });
        match checked {
            Ok((target, missing)) => {
                self.give_up_change(leader, Refusal::ChangeCancelled);
                rule!(self.end_transfer_to_non_voter(leader, &target));
                self.trace(|| MembershipTrace::ChangeStarted {
                    change: change.clone(),
                    target: target.clone(),
                    force,
                });
                let (position, is_catching_up) = (None, false);
                let change = Change { request, target, force, position, is_catching_up };
                self.begin_change(leader, change, &missing);
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

    /// Dissertation §4.1: the membership that the change leads to, if it may begin now.
    pub(super) fn check_change(
        &self,
        leader: &Leader,
        wanted: Wanted<'_>,
    ) -> Result<Membership, Refusal> {
        let change = wanted.change;
        if let Some(transfer) = &leader.transfer
            && !self.leaves_no_vote(change, transfer.target())
        {
            return Err(Refusal::TransferInProgress { to: transfer.target() });
        }
        // Dissertation §4.1: two changes at once could lead to majorities that do not meet.
        let is_settled =
            self.membership_index() <= self.commit_index && !self.membership().is_joint();
        let goes_on = |under_way: &Change| !under_way.ends_by(change, self.membership());
        if !is_settled || leader.change.as_ref().is_some_and(goes_on) {
            return Err(Refusal::ChangeInProgress);
        }
        // Dissertation §4.1, erratum: else two leaders of different terms could each be in a change
        // from a membership that the other does not know.
        if !self.has_committed_in_term(leader) {
            return Err(Refusal::TermNotCommitted);
        }
        self.check_target(leader, wanted)
    }

    /// The membership that the change leads to, if the present one allows it.
    pub(super) fn check_target(
        &self,
        leader: &Leader,
        Wanted { change, contexts }: Wanted<'_>,
    ) -> Result<Membership, Refusal> {
        let target = self.membership().changed_with(change, contexts).map_err(Refusal::Change)?;
        if let MembershipChange::Promote(node) = change
            && !rule!(self.has_caught_up(leader, *node))
        {
            let match_index = leader.progress(*node).map_or(LogIndex(0), |p| p.match_index);
            let last = self.log.last().index;
            return Err(Refusal::NotCaughtUp { node: *node, match_index, last });
        }
        // On the way there may be more learners than at the end.
        let learners = self.with_new_voters_as_learners(&target).learners().len();
        if learners > Membership::MAX_VOTERS {
            return Err(Refusal::Change(ChangeError::LearnerCount(learners)));
        }
        Ok(target)
    }

    /// Dissertation §6.4: whether the leader has committed an entry of its own term. Before that it
    /// holds every committed entry, but does not know which are committed.
    pub(super) fn has_committed_in_term(&self, leader: &Leader) -> bool {
        self.commit_index >= leader.first_index
    }

    /// The present membership, with the target's voters that are no members yet as learners.
    fn with_new_voters_as_learners(&self, target: &Membership) -> Membership {
        let present = self.membership();
        let new = target.voters().iter().filter(|node| !present.contains(**node));
        let step = present.with_learners(present.learners().iter().chain(new).copied());
        step.with_contexts_between(present, target)
    }

    /// Raft §6, dissertation §4.2.1: new voters join as learners first; without any, the votes move
    /// at once.
    fn begin_change(&mut self, leader: &mut Leader, mut change: Change, missing: &[NodeId]) {
        if missing.is_empty() {
            return self.move_to_target(leader, change);
        }
        let with_learners = self.with_new_voters_as_learners(&change.target);
        if with_learners != *self.membership() {
            change.position = Some(self.append_membership(leader, with_learners));
        }
        self.begin_catch_up(leader);
        change.is_catching_up = true;
        leader.change = Some(change);
        self.replicate_to_all(leader, false);
    }

    /// Raft §6: moves the votes, in one step if all majorities overlap, else through a joint
    /// membership.
    fn move_to_target(&mut self, leader: &mut Leader, mut change: Change) {
        let present = self.membership().clone();
        let target = change.target.clone();
        if present.overlaps(&target) {
            let position = self.append_membership(leader, target);
            self.await_commit(change.request, position);
        } else {
            let joint = target.with_outgoing(present.voters().iter().copied());
            let joint = joint.with_contexts_between(&present, &target);
            change.position = Some(self.append_membership(leader, joint));
            change.is_catching_up = false;
            leader.change = Some(change);
        }
        self.replicate_to_all(leader, false);
    }

    /// Dissertation §4.2.1: a server acknowledged entries. If the new servers have caught up, the
    /// votes move. During a leadership transfer they wait: one more entry would make the target's
    /// log incomplete, and its voters would refuse it.
    pub(super) fn advance_change(&mut self, leader: &mut Leader) {
        let Some(change @ Change { target, is_catching_up: true, .. }) = &leader.change else {
            return;
        };
        if leader.transfer.is_some()
            || self.membership_index() > self.commit_index
            || !self.missing_voters(leader, target).is_empty()
        {
            return;
        }
        // Again: the servers that were heard when the change began may be silent by now.
        let checked = match change.force {
            true => Ok(()),
            false => rule!(self.check_voters_heard(leader, target, &[])),
        };
        match checked {
            Err(reason) => self.give_up_change(leader, reason),
            Ok(()) => {
                if let Some(change) = leader.change.take() {
                    self.move_to_target(leader, change);
                }
            }
        }
    }

    /// A transfer of leadership came to nothing: the step that waited for it is due.
    pub(super) fn go_on_after_transfer(&mut self, leader: &mut Leader) {
        match self.has_committed_in_term(leader) {
            true => self.take_next_step(leader),
            false => self.advance_change(leader),
        }
    }

    /// Whether `node` has no vote after the change.
    fn leaves_no_vote(&self, change: &MembershipChange, node: NodeId) -> bool {
        self.membership().changed_by(change).is_ok_and(|target| !target.is_voter(node))
    }

    /// An operator wants the change that is under way to be given up. That is possible while new
    /// servers catch up. After that another leader may have the entry that moves the votes, so only
    /// another change can undo it.
    pub(super) fn cancel_change(&mut self, request: RequestId) {
        let led = self.as_leader(|node, leader| {
            if leader.change.as_ref().is_some_and(|change| change.is_catching_up) {
                node.give_up_change(leader, Refusal::ChangeCancelled);
                return Outcome::Cancelled;
            }
            let index = node.membership_index();
            let is_under_way = node.membership().is_joint() || index > node.commit_index;
            Outcome::Refused(match is_under_way {
                true => Refusal::TooLateToCancel { index },
                false => Refusal::NoChange,
            })
        });
        let leader = self.leader_hint();
        self.reply(request, led.unwrap_or(Outcome::NotLeader { leader }));
    }

    /// Ends a change before the votes move. Servers that it made learners stay learners.
    pub(super) fn give_up_change(&mut self, leader: &mut Leader, reason: Refusal) {
        if let Some(change) = leader.change.take() {
            self.trace(|| MembershipTrace::ChangeGivenUp { reason });
            self.reply(change.request, Outcome::Refused(reason));
        }
    }

    /// Raft §6: entries were committed. If the last step of a change is among them, the next one is
    /// due: C-new after C-old,new; after a C-new without this leader, the leader steps down.
    pub(super) fn take_next_step(&mut self, leader: &mut Leader) {
        if self.membership_index() > self.commit_index {
            return;
        }
        if self.membership().is_joint() {
            // Dissertation §3.10: the target starts an election, and its log must be complete.
            if leader.transfer.as_ref().is_some_and(LeadershipTransfer::is_told) {
                return;
            }
            // Raft §6: once C-old,new is committed, C-new alone may decide.
            let next = self.membership().without_outgoing();
            let request = leader.change.take().map(|change| change.request);
            let position = self.append_membership(leader, next);
            if let Some(request) = request {
                self.await_last_step(request, position);
            }
            return self.replicate_to_all(leader, false);
        }
        if rule!(self.is_removed()) {
            self.replicate_to_all(leader, true);
            self.nominate_successor(leader);
            rule!(self.lose_proposals_if_removed());
            leader.steps_down = Some(StepDownReason::Removed);
            return;
        }
        self.advance_change(leader);
    }

    /// Raft §6: a leader that is not in C-new manages the cluster until C-new is committed.
    pub(super) fn is_removed(&self) -> bool {
        !self.membership().is_voter(self.config.id)
    }

    /// Appends a membership. It is in force at once (§6).
    fn append_membership(&mut self, leader: &mut Leader, membership: Membership) -> LogPosition {
        let position = self.append_as_leader(leader, Payload::Membership(membership.clone()));
        self.adopt_membership(position.index, membership);
        self.update_peers(leader);
        position
    }

    /// The log holds an entry with this membership now: it is in force (§6).
    pub(super) fn adopt_membership(&mut self, index: LogIndex, membership: Membership) {
        self.trace(|| MembershipTrace::Adopted { index, membership: membership.clone() });
        self.memberships.push((index, membership));
    }

    /// The entries from `index` on are removed, and memberships with them: the membership before is
    /// in force again (§6).
    pub(super) fn roll_back_memberships(&mut self, index: LogIndex) {
        let before = self.memberships.len();
        // The first is in no entry of the log.
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

    /// Replicates to exactly the members.
    fn update_peers(&mut self, leader: &mut Leader) {
        let (last, now) = (self.log.last().index, self.now);
        let members = self.peers();
        leader.peers.retain(|progress| members.contains(&progress.peer));
        for peer in members {
            if let Err(place) = leader.peers.binary_search_by_key(&peer, |progress| progress.peer) {
                leader.peers.insert(place, Progress::new(peer, last, now));
            }
        }
        self.begin_rounds(leader);
    }
}
