//! Leader election (§5.2) and the election restriction (§5.4.1).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::durability::Needs;
use super::progress::Progress;
use super::{LARGEST_NUMBER, Leader, Node, Role};
use crate::{
    Body, ElectionReason, IgnoreReason, Instant, LogIndex, NodeId, Payload, RequestVote,
    RequestVoteReply, Trace, VoteRefusal,
};

impl Node {
    pub(super) fn force_election(&mut self, now: Instant) {
        if !matches!(self.role, Role::Leader(_)) {
            self.start_election(now, ElectionReason::Forced);
        }
    }

    /// Raft §5.2: the server enters the next term, votes for itself and asks the others.
    pub(super) fn start_election(&mut self, now: Instant, reason: ElectionReason) {
        self.restart_election_timer(now);
        let id = self.config.id;
        if !self.membership.is_voter(id) || self.current_term.0 >= LARGEST_NUMBER {
            return;
        }
        let term = self.current_term.next();
        let last_log = self.log.last();
        self.trace(|| Trace::ElectionStarted { term, reason, last_log });
        self.set_term_and_vote(term, Some(id));
        self.set_role(Role::Candidate { votes: BTreeMap::new() });
        let last = self.log.last();
        let request = RequestVote { last_log_index: last.index, last_log_term: last.term };
        for peer in self.peers() {
            // The request promises a vote for itself, in this term, and a log that ends at `last`:
            // none of that may be lost in a crash once others have heard it.
            self.send(peer, Body::RequestVote(request), Needs::HardStateAndLog);
        }
    }

    /// Raft §5.2 and §5.4.1: who gets this server's vote.
    pub(super) fn receive_request_vote(
        &mut self,
        now: Instant,
        candidate: NodeId,
        request: RequestVote,
    ) {
        let term = self.current_term;
        match self.check_vote(candidate, request) {
            Ok(()) => {
                self.trace(|| Trace::VoteGranted { candidate, term });
                if self.voted_for.is_none() {
                    self.set_term_and_vote(term, Some(candidate));
                }
                // A follower that grants its vote gives the candidate time to win (§5.2).
                self.restart_election_timer(now);
                self.send_vote_reply(candidate, true);
            }
            Err(reason) => {
                self.trace(|| Trace::VoteRefused { candidate, term, reason });
                self.send_vote_reply(candidate, false);
            }
        }
    }

    fn check_vote(&self, candidate: NodeId, request: RequestVote) -> Result<(), VoteRefusal> {
        // Raft §5.2: at most one vote in a term, or two candidates could both have a majority.
        if let Some(voted_for) = self.voted_for.filter(|voted_for| *voted_for != candidate) {
            return Err(VoteRefusal::AlreadyVoted { voted_for });
        }
        // Raft §5.4.1: a leader must hold every committed entry. A majority holds each of those, so
        // a candidate whose log is behind none of a majority's logs holds them all.
        let own = self.log.last();
        if !request.last_log().is_at_least_as_up_to_date_as(own) {
            return Err(VoteRefusal::LogBehind { candidate: request.last_log(), own });
        }
        Ok(())
    }

    pub(super) fn receive_vote(&mut self, now: Instant, voter: NodeId, reply: RequestVoteReply) {
        let needed = self.membership.majority();
        let Role::Candidate { votes } = &mut self.role else {
            return self.ignore(voter, "RequestVoteReply", IgnoreReason::NotExpected);
        };
        if votes.contains_key(&voter) {
            return self.ignore(voter, "RequestVoteReply", IgnoreReason::AlreadyKnown);
        }
        let granted = reply.vote_granted;
        votes.insert(voter, granted);
        let granted_votes = votes.values().filter(|granted| **granted).count();
        self.trace(|| Trace::VoteCounted { voter, granted, votes: granted_votes, needed });
        self.become_leader_if_elected(now);
    }

    /// A candidate's own vote counts like any other: once it is on disk.
    pub(super) fn count_own_vote(&mut self, now: Instant) {
        let id = self.config.id;
        let durable = self.durability.is_hard_state_durable();
        if let Role::Candidate { votes } = &mut self.role
            && durable
        {
            votes.insert(id, true);
            self.become_leader_if_elected(now);
        }
    }

    /// Raft §5.2: votes of a majority of the servers elect.
    fn become_leader_if_elected(&mut self, now: Instant) {
        let Role::Candidate { votes } = &self.role else { return };
        let granted = votes.iter().filter(|(_, granted)| **granted);
        let voters: Vec<NodeId> = granted.map(|(voter, _)| *voter).collect();
        if voters.len() < self.membership.majority() {
            return;
        }
        let term = self.current_term;
        self.trace(|| Trace::BecameLeader { term, voters });
        let last_index = self.log.last().index;
        let peers = self.peers().map(|peer| Progress::new(peer, last_index)).collect();
        self.set_role(Role::Leader(Leader { peers, withheld: LogIndex(0) }));
        // Raft §8: a no-op at the start of its term tells a leader, once committed, what is
        // committed; §5.4.2 is why only an entry of its own term can do that.
        self.append_as_leader(Payload::Noop);
        self.send_heartbeats(now);
    }

    /// The other servers of the cluster, by ascending id.
    fn peers(&self) -> impl Iterator<Item = NodeId> + use<> {
        let id = self.config.id;
        self.membership.voters().to_vec().into_iter().filter(move |peer| *peer != id)
    }
}
