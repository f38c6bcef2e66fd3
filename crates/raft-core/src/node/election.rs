//! Leader election (§5.2), the election restriction (§5.4.1), pre-vote (dissertation §9.6) and
//! leader stickiness (dissertation §4.2.3).

use alloc::collections::BTreeMap;
use core::time::Duration;

use super::hung_disk::PATIENCE;
use super::{LARGEST_NUMBER, Node, Role};
use crate::{
    Body, ElectionReason, ElectionRefusal, ElectionTrace, ForgetRefusal, IgnoreReason, Instant,
    LogPosition, Message, NodeId, PreVote, PreVoteTrace, RequestVote, RequestVoteReply, Tally,
    Term, TermTrace, VoteRefusal,
};

impl Node {
    pub(super) fn force_election(&mut self) {
        if matches!(self.role, Role::Leader(_)) {
            return;
        }
        // The leader's lease may depend on this server's vote (dissertation §6.4.1).
        let is_voter = self.membership().is_voter(self.config.id);
        if is_voter && self.config.settings.lease_reads && self.is_leader_recent() {
            let reason = ElectionRefusal::LeaderIsAlive { leader: self.leader() };
            return self.trace(|| ElectionTrace::NotStarted { reason });
        }
        self.campaign(ElectionReason::Forced);
    }

    /// Whether a leader was heard less than the shortest election timeout ago.
    pub(super) fn is_leader_recent(&self) -> bool {
        let timeout = self.config.settings.election_timeout_min;
        self.leader_heard.is_some_and(|heard| self.now - heard < timeout)
    }

    pub(super) fn forget_leader(&mut self) {
        let refusal = if matches!(self.role, Role::Leader(_)) {
            Some(ForgetRefusal::IsLeader)
        } else {
            self.config.settings.lease_reads.then_some(ForgetRefusal::LeaseReads)
        };
        if let Some(reason) = refusal {
            return self.trace(|| TermTrace::LeaderNotForgotten { reason });
        }
        let leader = self.leader();
        self.trace(|| TermTrace::LeaderForgotten { leader });
        self.leader_heard = None;
        if leader.is_some() {
            self.set_role(Role::Follower { leader: None });
        }
    }

    /// Raft §5.2: the election timeout elapsed.
    pub(super) fn election_due(&mut self, reason: ElectionReason) {
        if rule!(self.has_stored_vote()) {
            return self.campaign(reason);
        }
        self.restart_election_timer();
        self.trace(|| ElectionTrace::NotStarted { reason: ElectionRefusal::VoteNotStored });
        self.forget_silent_leader();
    }

    /// Whether no vote of this server is on its way to the disk.
    ///
    /// Raft §5.6 counts the time to store a vote into the broadcast time, which must be short
    /// against an election timeout. If the disk is slower than that, the server waits for it. A
    /// candidate has asked nobody yet: its requests wait for the same write. A voter's candidate
    /// does not have the vote yet. In a later term, the disk would have one more vote to store.
    pub(super) fn has_stored_vote(&self) -> bool {
        self.unstored_vote.is_none()
    }

    /// The vote of this term is on disk, so the requests of a candidate leave, or the vote of a
    /// voter. From now on the election timeout counts (§5.2: "issues RequestVote RPCs", "granting
    /// vote to candidate").
    ///
    /// The candidate's votes have to be stored too. If the other disks are as slow as this one,
    /// that takes as long, so the candidate waits longer by that time. The time is random, between
    /// once and three times: servers with slow disks start their elections far enough from each
    /// other that the vote is not split (§5.2) again and again. A disk that needed longer than four
    /// of the longest timeouts may have been hung for once: no more than those count, so the
    /// candidate waits at most twelve longest timeouts longer.
    ///
    /// With a disk that is faster than the shortest timeout, the time counts from the start of the
    /// election, as in the paper.
    pub(super) fn restart_timer_after_vote(&mut self, cast: Instant) {
        let took = self.now - cast;
        if took <= self.config.settings.election_timeout_min {
            return;
        }
        let more = match self.role {
            Role::Candidate { .. } => {
                self.spread(took.min(self.config.settings.election_timeout_max * PATIENCE))
            }
            Role::Follower { leader: None } | Role::PreCandidate { .. } => Duration::ZERO,
            Role::Follower { leader: Some(_) } | Role::Leader(_) => return,
        };
        let timeout = self.deadline - self.timer_started;
        (self.timer_started, self.deadline) = (self.now, self.now + timeout + more);
    }

    /// Between once and three times `time`, as the timeout that was drawn last is between the
    /// shortest and the longest.
    fn spread(&self, time: Duration) -> Duration {
        let settings = &self.config.settings;
        let min = settings.election_timeout_min.as_micros() as u64;
        let max = settings.election_timeout_max.as_micros() as u64;
        let drawn = (self.deadline - self.timer_started).as_micros() as u64;
        let (part, whole) = (drawn.saturating_sub(min), (max - min).max(1));
        let micros = time.as_micros() as u64;
        let more = u128::from(micros) * 2 * u128::from(part) / u128::from(whole);
        time + Duration::from_micros(more as u64)
    }

    /// A server that can start no election waits for a leader, and its clients are told that it
    /// knows none.
    fn forget_silent_leader(&mut self) {
        if self.leader().is_some() {
            self.set_role(Role::Follower { leader: None });
        }
    }

    /// Raft §5.2: the server wants to lead. With pre-vote it first asks whether it could.
    pub(super) fn campaign(&mut self, reason: ElectionReason) {
        self.restart_election_timer();
        if !rule!(self.is_promotable()) || self.current_term.0 >= LARGEST_NUMBER {
            match reason {
                ElectionReason::LeaderSilent => self.forget_silent_leader(),
                ElectionReason::SplitVote
                | ElectionReason::Forced
                | ElectionReason::PreVotesWon
                | ElectionReason::Transfer => {
                    self.trace(|| ElectionTrace::NotStarted { reason: ElectionRefusal::NotAVoter });
                }
            }
            return;
        }
        if rule!(self.needs_pre_votes(reason)) {
            self.ask_for_pre_votes(reason);
        } else {
            self.start_election(reason);
        }
    }

    /// Whether this server may start an election. A voter may. So may a server that the membership
    /// in force removed or demoted, until that membership is committed: perhaps only this server
    /// holds that entry, and then no other could win (dissertation §4.2.2, Figure 4.6). So may a
    /// learner that `is_needed`. The vote of a server that is no voter does not count, its own
    /// included; it leads until an entry of its term is committed.
    pub(super) fn is_promotable(&self) -> bool {
        let id = self.config.id;
        if self.is_needed_learner() {
            return true;
        }
        let is_committed = self.membership_index() <= self.commit_index;
        // All memberships before the last are committed: else the last would not have been
        // appended.
        let possible = self.memberships.iter().rev().take(if is_committed { 1 } else { 2 });
        possible.into_iter().any(|(_, membership)| membership.is_voter(id))
    }

    /// Dissertation §4.2.2: "it might still be needed". A candidate's log makes this learner a
    /// voter, in an entry that a later leader removed from the learner's own log. The candidate
    /// needs the learner's vote and cannot get it, because the learner's log is later. If the other
    /// servers with a log as late are down, only the learner can win.
    fn is_needed_learner(&self) -> bool {
        self.is_needed && self.membership().is_learner(self.config.id)
    }

    /// Dissertation §3.10: the target of a leadership transfer asks for no pre-votes. The leader
    /// wants this election, so no other server is disturbed.
    pub(super) fn needs_pre_votes(&self, reason: ElectionReason) -> bool {
        self.config.settings.pre_vote && reason != ElectionReason::Transfer
    }

    /// Dissertation §9.6: asks the other voters whether they would vote for this server.
    fn ask_for_pre_votes(&mut self, reason: ElectionReason) {
        rule!(self.become_pre_candidate(reason));
        let last = self.log.last();
        let request = PreVote { last_log_index: last.index, last_log_term: last.term };
        for peer in self.other_voters() {
            self.send(peer, Body::PreVote(request));
        }
        self.start_election_if_pre_vote_won();
    }

    /// Raft §5.2: asks the other voters for their votes in the next term.
    fn start_election(&mut self, reason: ElectionReason) {
        self.become_candidate(reason);
        let last = self.log.last();
        let request = RequestVote {
            last_log_index: last.index,
            last_log_term: last.term,
            leadership_transfer: reason == ElectionReason::Transfer,
        };
        for peer in self.other_voters() {
            rule!(self.send_vote_request(peer, request));
        }
    }

    /// Figure 2: the request promises a vote for itself, in this term, and a log with this end. A
    /// crash must lose none of that once others have heard it.
    pub(super) fn send_vote_request(&mut self, to: NodeId, request: RequestVote) {
        self.send(to, Body::RequestVote(request));
    }

    /// Dissertation §4.2.3: a server that heard from a leader less than the shortest election
    /// timeout ago grants no other server a vote or pre-vote, and does not enter its term. Votes
    /// are refused only with `check_quorum`; pre-votes with `check_quorum` or `pre_vote`. Leases
    /// depend on this. An election that the leader itself asked for is exempt.
    pub(super) fn check_leader_stickiness(
        &self,
        from: NodeId,
        message: &Message,
    ) -> Result<(), VoteRefusal> {
        let settings = &self.config.settings;
        let is_sticky = match &message.body {
            Body::PreVote(_) => settings.pre_vote || settings.check_quorum,
            Body::RequestVote(request) => settings.check_quorum && !request.leadership_transfer,
            Body::PreVoteReply(_)
            | Body::RequestVoteReply(_)
            | Body::AppendEntries(_)
            | Body::AppendEntriesReply(_)
            | Body::InstallSnapshot(_)
            | Body::InstallSnapshotReply(_)
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => false,
        };
        if !is_sticky {
            return Ok(());
        }
        if matches!(self.role, Role::Leader(_)) {
            return Err(VoteRefusal::LeaderIsAlive { leader: Some(self.config.id) });
        }
        // A leader that asks for votes leads no more; its lease is over.
        if !self.is_leader_recent() || self.leader() == Some(from) {
            return Ok(());
        }
        Err(VoteRefusal::LeaderIsAlive { leader: self.leader() })
    }

    /// Refuses a request that would disturb the leader.
    pub(super) fn refuse_to_disturb(
        &mut self,
        candidate: NodeId,
        message: &Message,
        reason: VoteRefusal,
    ) {
        let term = message.term;
        if matches!(message.body, Body::PreVote(_)) {
            self.refuse_pre_vote(candidate, term.next(), reason);
        } else {
            self.refuse_vote(candidate, term, reason);
        }
    }

    pub(super) fn refuse_vote(&mut self, candidate: NodeId, term: Term, reason: VoteRefusal) {
        self.trace(|| ElectionTrace::VoteRefused { candidate, term, reason });
        self.send_vote_reply(candidate, false);
    }

    pub(super) fn refuse_pre_vote(&mut self, candidate: NodeId, term: Term, reason: VoteRefusal) {
        self.trace(|| PreVoteTrace::Refused { candidate, term, reason });
        self.send_pre_vote_reply(candidate, false);
    }

    /// Dissertation §9.6: would this server vote for the sender in the next term? That is no
    /// promise.
    ///
    /// While a vote of this server is not on disk, there is no answer. The answer would leave after
    /// the vote, and the vote may elect a leader, which the answer knows nothing of.
    pub(super) fn receive_pre_vote(&mut self, candidate: NodeId, request: PreVote) {
        if !rule!(self.has_stored_vote()) {
            return self.ignore(candidate, "PreVote", IgnoreReason::VoteNotStored);
        }
        let term = self.current_term.next();
        self.note_candidate_log(request.last_log());
        match rule!(self.check_candidate_log(request.last_log())) {
            Ok(()) => {
                self.trace(|| PreVoteTrace::Granted { candidate, term });
                rule!(self.send_pre_vote_reply(candidate, true));
            }
            Err(reason) => self.refuse_pre_vote(candidate, term, reason),
        }
    }

    pub(super) fn receive_pre_vote_reply(&mut self, voter: NodeId, reply: RequestVoteReply) {
        let granted = reply.vote_granted;
        let is_voter = self.membership().is_voter(voter);
        let Role::PreCandidate { votes, .. } = &mut self.role else {
            return self.ignore(voter, "PreVoteReply", IgnoreReason::NotExpected);
        };
        if !is_voter {
            return self.ignore(voter, "PreVoteReply", IgnoreReason::NotExpected);
        }
        // A server that heard from its leader when it was asked before may grant it now.
        let is_known = votes.get(&voter).is_some_and(|known| *known || !granted);
        if is_known {
            return self.ignore(voter, "PreVoteReply", IgnoreReason::AlreadyKnown);
        }
        votes.insert(voter, granted);
        let Role::PreCandidate { votes, .. } = &self.role else { return };
        let tally = self.tally(votes);
        self.trace(|| PreVoteTrace::Counted { voter, granted, tally });
        self.start_election_if_pre_vote_won();
    }

    /// Dissertation §9.6: the pre-votes of a quorum start the election.
    fn start_election_if_pre_vote_won(&mut self) {
        let Role::PreCandidate { votes, .. } = &self.role else { return };
        // Meanwhile it may have voted for another server.
        let has_won = rule!(self.has_vote_quorum(votes)) && rule!(self.has_stored_vote());
        // Meanwhile the clock may have gone back: a lease may depend on its vote.
        let is_bound = self.config.settings.lease_reads && self.is_leader_recent();
        let has_won = has_won && !is_bound;
        // Meanwhile a snapshot may have removed it from the voters.
        if has_won && self.is_promotable() {
            self.restart_election_timer();
            self.start_election(ElectionReason::PreVotesWon);
        }
    }

    /// Raft §5.2 and §5.4.1: a candidate asks for this server's vote.
    pub(super) fn receive_request_vote(&mut self, candidate: NodeId, request: RequestVote) {
        let term = self.current_term;
        self.note_candidate_log(request.last_log());
        match rule!(self.check_vote(candidate, request)) {
            Ok(()) => {
                self.trace(|| ElectionTrace::VoteGranted { candidate, term });
                if self.voted_for.is_none() {
                    self.set_term_and_vote(term, Some(candidate));
                }
                // A follower that grants its vote gives the candidate time to win (§5.2).
                self.restart_election_timer();
                self.send_vote_reply(candidate, true);
            }
            Err(reason) => rule!(self.refuse_vote(candidate, term, reason)),
        }
    }

    /// Raft §5.2: a server votes once in a term; else two candidates could both have a majority.
    ///
    /// A server that is not yet a voter by its own log votes all the same: else the cluster might
    /// be one vote short for ever (dissertation §4.1).
    pub(super) fn check_vote(
        &self,
        candidate: NodeId,
        request: RequestVote,
    ) -> Result<(), VoteRefusal> {
        if let Some(voted_for) = self.voted_for
            && voted_for != candidate
        {
            return Err(VoteRefusal::AlreadyVoted { voted_for });
        }
        rule!(self.check_candidate_log(request.last_log()))
    }

    /// Raft §5.4.1: a leader must hold every committed entry. A majority holds each of those, so a
    /// candidate whose log is at least as up-to-date as a majority's logs holds them all.
    pub(super) fn check_candidate_log(&self, candidate: LogPosition) -> Result<(), VoteRefusal> {
        let own = self.log.last();
        match candidate.is_at_least_as_up_to_date_as(own) {
            true => Ok(()),
            false => Err(VoteRefusal::LogBehind { candidate, own }),
        }
    }

    /// A candidate asked for this server's vote or pre-vote.
    fn note_candidate_log(&mut self, candidate: LogPosition) {
        self.is_needed |= !candidate.is_at_least_as_up_to_date_as(self.log.last());
    }

    /// Raft §5.2: counts a vote of the current term.
    ///
    /// A pre-candidate that was the candidate of its term counts a vote too: a voter's disk may
    /// need longer than this server's election timeout. That is safe. A server votes once in a term
    /// (§5.2), and going back to pre-candidate changed neither the term nor the vote for itself.
    /// The log is still the one that the voters compared with theirs (§5.4.1): only a leader of
    /// this term or a later one could change it, and its first message makes this server a
    /// follower.
    pub(super) fn receive_vote(&mut self, voter: NodeId, reply: RequestVoteReply) {
        let granted = reply.vote_granted;
        let is_voter = self.membership().is_voter(voter);
        let Some(votes) = self.votes_mut() else {
            return self.ignore(voter, "RequestVoteReply", IgnoreReason::NotExpected);
        };
        if !is_voter {
            // It was not asked, and a server that is no voter must not fill the memory.
            return self.ignore(voter, "RequestVoteReply", IgnoreReason::NotExpected);
        }
        if votes.contains_key(&voter) {
            return self.ignore(voter, "RequestVoteReply", IgnoreReason::AlreadyKnown);
        }
        votes.insert(voter, granted);
        let tally = self.votes().map_or(Tally::default(), |votes| self.tally(votes));
        self.trace(|| ElectionTrace::VoteCounted { voter, granted, tally });
        self.become_leader_if_elected();
    }

    /// The votes of the current term, if this server asked for them: as candidate, or before it
    /// asked for pre-votes.
    pub(super) fn votes(&self) -> Option<&BTreeMap<NodeId, bool>> {
        match &self.role {
            Role::Candidate { votes } => Some(votes),
            Role::PreCandidate { late_votes, .. } => late_votes.as_ref(),
            Role::Follower { .. } | Role::Leader(_) => None,
        }
    }

    fn votes_mut(&mut self) -> Option<&mut BTreeMap<NodeId, bool>> {
        match &mut self.role {
            Role::Candidate { votes } => Some(votes),
            Role::PreCandidate { late_votes, .. } => late_votes.as_mut(),
            Role::Follower { .. } | Role::Leader(_) => None,
        }
    }

    /// A candidate's own vote counts like any other: once it is on disk.
    pub(super) fn count_own_vote(&mut self) {
        let id = self.config.id;
        if self.durability.is_hard_state_durable()
            && let Some(votes) = self.votes_mut()
        {
            votes.insert(id, true);
            self.become_leader_if_elected();
        }
    }

    /// Raft §5.2: the votes of a quorum elect.
    fn become_leader_if_elected(&mut self) {
        let Some(votes) = self.votes() else { return };
        if rule!(self.has_vote_quorum(votes)) {
            let granted = votes.iter().filter(|(_, granted)| **granted);
            let voters = granted.map(|(voter, _)| *voter).collect();
            self.become_leader(voters);
        }
    }
}
