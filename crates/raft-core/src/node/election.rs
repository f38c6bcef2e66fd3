//! Leader election (§5.2), the election restriction (§5.4.1), pre-vote (dissertation §9.6) and leader
//! stickiness (dissertation §4.2.3).

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::durability::Needs;
use super::progress::Progress;
use super::reads::Rounds;
use super::{LARGEST_NUMBER, Leader, Node, Role};
use crate::{
    Body, ElectionReason, ElectionRefusal, ElectionTrace, ForgetRefusal, IgnoreReason, LogPosition,
    Message, NodeId, Output, Payload, PreVote, PreVoteTrace, RequestVote, RequestVoteReply,
    TermTrace, VoteRefusal,
};

impl Node {
    pub(super) fn force_election(&mut self) {
        if matches!(self.role, Role::Leader(_)) {
            return;
        }
        // Its own vote is one of those that the leader's lease rests on (dissertation §6.4.1).
        if self.config.settings.lease_reads && self.is_leader_spared() {
            let reason = ElectionRefusal::LeaderIsAlive { leader: self.leader() };
            return self.trace(|| ElectionTrace::NotStarted { reason });
        }
        self.campaign(ElectionReason::Forced);
    }

    /// Whether a leader was heard less than the shortest election timeout ago.
    fn is_leader_spared(&self) -> bool {
        let timeout = self.config.settings.election_timeout_min;
        self.leader_heard.is_some_and(|heard| self.now - heard < timeout)
    }

    pub(super) fn forget_leader(&mut self) {
        let refusal = match self.role {
            Role::Leader(_) => Some(ForgetRefusal::IsLeader),
            _ if self.config.settings.lease_reads => Some(ForgetRefusal::LeaseReads),
            _ => None,
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

    /// The server wants to lead. With pre-vote it first asks whether it could.
    pub(super) fn campaign(&mut self, reason: ElectionReason) {
        self.restart_election_timer();
        let may_stand = self.may_stand() || bug!(self, NonVoterCampaigns);
        if !may_stand || self.current_term.0 >= LARGEST_NUMBER {
            if reason != ElectionReason::LeaderSilent {
                self.trace(|| ElectionTrace::NotStarted { reason: ElectionRefusal::NotAVoter });
            }
            // It can only wait for a leader, and tell its clients that there is none to ask.
            if reason == ElectionReason::LeaderSilent && self.leader().is_some() {
                self.set_role(Role::Follower { leader: None });
            }
            return;
        }
        // The leader that hands over asked for this election: nobody else is disturbed (dissertation
        // §3.10).
        let by_leader = reason == ElectionReason::Transfer && !bug!(self, TransferNeedsPreVote);
        if self.config.settings.pre_vote && !by_leader {
            self.ask_for_pre_votes(reason);
        } else {
            self.start_election(reason);
        }
    }

    /// A voter may, and so may a server that votes no more by a membership that is not known to be
    /// committed: only it may hold that entry, and nobody else could win then (dissertation §4.2.2,
    /// Figure 4.6). Its own vote does not count.
    fn may_stand(&self) -> bool {
        let id = self.config.id;
        let is_committed = self.membership_index() <= self.commit_index;
        // All memberships before the last are committed: else the last would not have been appended.
        let possible = self.memberships.iter().rev().take(if is_committed { 1 } else { 2 });
        possible.into_iter().any(|(_, membership)| membership.is_voter(id))
    }

    /// Dissertation §9.6: the term stays as it is until a majority would give its vote, so that a
    /// server that cannot win does not disturb those who can do without it.
    fn ask_for_pre_votes(&mut self, reason: ElectionReason) {
        let (term, last) = (self.current_term.next(), self.log.last());
        self.trace(|| PreVoteTrace::Started { term, reason, last_log: last });
        if bug!(self, PreVoteClearsVote) {
            self.set_term_and_vote(self.current_term, None);
        }
        self.set_role(Role::PreCandidate { votes: BTreeMap::from([(self.config.id, true)]) });
        let request = PreVote { last_log_index: last.index, last_log_term: last.term };
        for peer in self.other_voters() {
            self.send(peer, Body::PreVote(request), Needs::HardState);
        }
        self.stand_if_encouraged();
    }

    /// Raft §5.2: the server enters the next term, votes for itself and asks the others.
    fn start_election(&mut self, reason: ElectionReason) {
        let id = self.config.id;
        let (term, last) = (self.current_term.next(), self.log.last());
        self.trace(|| ElectionTrace::Started { term, reason, last_log: last });
        self.set_term_and_vote(term, Some(id));
        self.set_role(Role::Candidate { votes: BTreeMap::new() });
        let request = RequestVote {
            last_log_index: last.index,
            last_log_term: last.term,
            leadership_transfer: reason == ElectionReason::Transfer,
        };
        // The request promises a vote for itself, in this term, and a log that ends at `last`: none
        // of that may be lost in a crash once others have heard it.
        for peer in self.other_voters() {
            let body = Body::RequestVote(request);
            if bug!(self, VoteRequestNotDurable) {
                let message = Message { term, body };
                self.outputs.push_back(Output::Send { to: peer, message });
            } else {
                self.send(peer, body, Needs::HardStateAndLog);
            }
        }
    }

    /// Dissertation §4.2.3: a server that heard from a leader less than the shortest election timeout
    /// ago does not help another one to lead, and does not enter its term. Leases rest on this. An
    /// election that the leader itself asked for is another matter.
    pub(super) fn stickiness(&self, from: NodeId, message: &Message) -> Option<VoteRefusal> {
        let sticks = match &message.body {
            Body::PreVote(_) => self.config.settings.pre_vote || self.config.settings.check_quorum,
            Body::RequestVote(request) => {
                self.config.settings.check_quorum && !request.leadership_transfer
            }
            _ => false,
        };
        if !sticks {
            return None;
        }
        match self.role {
            Role::Leader(_) => Some(VoteRefusal::LeaderIsAlive { leader: Some(self.config.id) }),
            // There is no leader to spare, or it is silent.
            _ if !self.is_leader_spared() => None,
            // A leader that asks for votes leads no more; its lease is over.
            Role::Follower { leader: Some(leader) } if leader == from => None,
            _ => Some(VoteRefusal::LeaderIsAlive { leader: self.leader() }),
        }
    }

    /// Answers a request that would disturb the leader.
    pub(super) fn refuse_to_disturb(
        &mut self,
        candidate: NodeId,
        message: &Message,
        reason: VoteRefusal,
    ) {
        let term = message.term;
        match &message.body {
            Body::PreVote(_) => {
                let term = term.next();
                self.trace(|| PreVoteTrace::Refused { candidate, term, reason });
                self.send_pre_vote_reply(candidate, false);
            }
            _ => {
                self.trace(|| ElectionTrace::VoteRefused { candidate, term, reason });
                self.send_vote_reply(candidate, false);
            }
        }
    }

    /// Dissertation §9.6: would this server vote for the sender in the next term? It promises nothing.
    pub(super) fn receive_pre_vote(&mut self, candidate: NodeId, request: PreVote) {
        let term = self.current_term.next();
        match self.check_log_of_candidate(request.last_log()) {
            Ok(()) => {
                self.trace(|| PreVoteTrace::Granted { candidate, term });
                self.send_pre_vote_reply(candidate, true);
            }
            Err(reason) => {
                self.trace(|| PreVoteTrace::Refused { candidate, term, reason });
                self.send_pre_vote_reply(candidate, false);
            }
        }
    }

    pub(super) fn receive_pre_vote_reply(&mut self, voter: NodeId, reply: RequestVoteReply) {
        let granted = reply.vote_granted;
        let is_voter = self.membership().is_voter(voter);
        let Role::PreCandidate { votes } = &mut self.role else {
            return self.ignore(voter, "PreVoteReply", IgnoreReason::NotExpected);
        };
        if !is_voter {
            return self.ignore(voter, "PreVoteReply", IgnoreReason::NotExpected);
        }
        if votes.insert(voter, granted).is_some() {
            return self.ignore(voter, "PreVoteReply", IgnoreReason::AlreadyKnown);
        }
        let (votes, needed) = self.tally();
        self.trace(|| PreVoteTrace::Counted { voter, granted, votes, needed });
        self.stand_if_encouraged();
    }

    fn stand_if_encouraged(&mut self) {
        let Role::PreCandidate { votes } = &self.role else { return };
        if self.is_elected_by(votes) {
            self.restart_election_timer();
            self.start_election(ElectionReason::PreVotesWon);
        }
    }

    /// Raft §5.2 and §5.4.1: who gets this server's vote.
    pub(super) fn receive_request_vote(&mut self, candidate: NodeId, request: RequestVote) {
        let term = self.current_term;
        match self.check_vote(candidate, request) {
            Ok(()) => {
                self.trace(|| ElectionTrace::VoteGranted { candidate, term });
                if self.voted_for.is_none() {
                    self.set_term_and_vote(term, Some(candidate));
                }
                // A follower that grants its vote gives the candidate time to win (§5.2).
                self.restart_election_timer();
                self.send_vote_reply(candidate, true);
            }
            Err(reason) => {
                self.trace(|| ElectionTrace::VoteRefused { candidate, term, reason });
                self.send_vote_reply(candidate, false);
            }
        }
    }

    fn check_vote(&self, candidate: NodeId, request: RequestVote) -> Result<(), VoteRefusal> {
        // A learner that does not know yet that it was promoted votes all the same: else the cluster
        // might be one vote short for ever (dissertation §4.2.1).
        if bug!(self, PromotedRefusesVote) && !self.membership().is_voter(self.config.id) {
            return Err(VoteRefusal::LeaderIsAlive { leader: self.leader() });
        }
        // Raft §5.2: at most one vote in a term, or two candidates could both have a majority.
        match self.voted_for {
            Some(voted_for) if voted_for != candidate => {
                return Err(VoteRefusal::AlreadyVoted { voted_for });
            }
            Some(_) if bug!(self, RepeatedVoteSkipsLog) => return Ok(()),
            _ => {}
        }
        self.check_log_of_candidate(request.last_log())
    }

    /// Raft §5.4.1: a leader must hold every committed entry. A majority holds each of those, so a
    /// candidate whose log is behind none of a majority's logs holds them all.
    fn check_log_of_candidate(&self, candidate: LogPosition) -> Result<(), VoteRefusal> {
        let own = self.log.last();
        let is_up_to_date = if bug!(self, LogComparedByLength) {
            candidate.index >= own.index
        } else {
            candidate.is_at_least_as_up_to_date_as(own)
        };
        match is_up_to_date || bug!(self, VoteIgnoresLog) {
            true => Ok(()),
            false => Err(VoteRefusal::LogBehind { candidate, own }),
        }
    }

    pub(super) fn receive_vote(&mut self, voter: NodeId, reply: RequestVoteReply) {
        let granted = reply.vote_granted;
        let is_voter = self.membership().is_voter(voter);
        let Role::Candidate { votes } = &mut self.role else {
            return self.ignore(voter, "RequestVoteReply", IgnoreReason::NotExpected);
        };
        if !is_voter {
            // It was not asked. Nor may strangers fill the memory.
            return self.ignore(voter, "RequestVoteReply", IgnoreReason::NotExpected);
        }
        if votes.contains_key(&voter) {
            return self.ignore(voter, "RequestVoteReply", IgnoreReason::AlreadyKnown);
        }
        votes.insert(voter, granted);
        let (votes, needed) = self.tally();
        self.trace(|| ElectionTrace::VoteCounted { voter, granted, votes, needed });
        self.become_leader_if_elected();
    }

    /// A candidate's own vote counts like any other: once it is on disk.
    pub(super) fn count_own_vote(&mut self) {
        let id = self.config.id;
        let durable = self.durability.is_hard_state_durable();
        if let Role::Candidate { votes } = &mut self.role
            && durable
        {
            votes.insert(id, true);
            self.become_leader_if_elected();
        }
    }

    fn become_leader_if_elected(&mut self) {
        let Role::Candidate { votes } = &self.role else { return };
        if !self.is_elected_by(votes) {
            return;
        }
        let granted = votes.iter().filter(|(_, granted)| **granted);
        let voters: Vec<NodeId> = granted.map(|(voter, _)| *voter).collect();
        let term = self.current_term;
        self.trace(|| ElectionTrace::BecameLeader { term, voters });
        let (now, last_index) = (self.now, self.log.last().index);
        let peers = self.peers().into_iter().map(|peer| Progress::new(peer, last_index, now));
        let uncommitted_bytes = self.bytes_between(self.last_applied, last_index);
        self.set_role(Role::Leader(Leader {
            peers: peers.collect(),
            first_index: last_index.next(),
            withheld: Default::default(),
            uncommitted_bytes,
            rounds: Rounds::default(),
            reads: VecDeque::new(),
            handover: None,
            has_told_successor: false,
            change: None,
        }));
        self.leader_heard = None;
        // Raft §8: a no-op at the start of its term tells a leader, once committed, what is
        // committed; §5.4.2 is why only an entry of its own term can do that.
        self.append_as_leader(Payload::Noop);
        self.send_heartbeats();
    }
}
