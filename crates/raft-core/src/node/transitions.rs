//! The transitions between roles (§5.1, §5.2, Figure 4): each asserts before and after.
//!
//! ```text
//!      ┌─ without pre-vote; told to by the leader (transfer) ─┐
//!      │                                                      ▼
//!      │    times out                   pre-vote quorum                 vote quorum
//!   follower ──────────▶ pre-candidate ─────────────────▶ candidate ────────────────▶ leader
//!      ▲                    │    ▲                          │   │                       │
//!      │                    │    └─ split vote: times out ──┘   │                       │
//!      └────────────────────┴───────────────────────────────────┴───────────────────────┘
//!               a later term; the leader of the term; as leader: no quorum, or removed
//! ```
//!
//! When the timer of a pre-candidate elapses, it asks for pre-votes anew. Without pre-vote, a split
//! vote leads a candidate to the next term. A pre-candidate that was the candidate of its term
//! leads if late votes make a quorum.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::forwarded_commands::ForwardedCommands;
use super::hung_disk::DiskWatch;
use super::progress::Progress;
use super::reads::HeartbeatRounds;
use super::{Leader, Node, Role};
use crate::{
    ElectionReason, ElectionTrace, LogIndex, NodeId, Outcome, Payload, PreVoteTrace, Refusal,
    StepDownReason, Term, TermTrace,
};

impl Node {
    /// Raft §5.1: a server that sees a later term enters it as a follower, without a vote.
    pub(super) fn enter_term(&mut self, term: Term, by: NodeId) {
        let from = self.current_term;
        assert!(term > from, "the term that is entered, {term}, is later than {from}");
        self.trace(|| TermTrace::Advanced { from, to: term, by });
        self.set_term_and_vote(term, None);
        let reason = StepDownReason::LaterTerm(term);
        match self.role {
            Role::Follower { .. } => self.set_role(Role::Follower { leader: None }),
            Role::PreCandidate { .. } | Role::Candidate { .. } | Role::Leader(_) => {
                rule!(self.become_follower(reason, None));
            }
        }
        assert!(matches!(self.role, Role::Follower { leader: None }), "term {term} has no leader");
        assert!(self.voted_for.is_none(), "no vote is cast yet in term {term}");
    }

    /// From any other role. The vote stays: it belongs to the term, not to the role (§5.2).
    pub(super) fn become_follower(&mut self, reason: StepDownReason, leader: Option<NodeId>) {
        let (term, vote) = (self.current_term, self.voted_for);
        assert!(!matches!(self.role, Role::Follower { .. }), "a follower does not step down");
        let was_leader = matches!(self.role, Role::Leader(_));
        assert!(leader.is_none() || !was_leader, "a leader's term has no other leader");
        assert!(leader != Some(self.config.id), "a server does not follow itself");
        self.trace(|| TermTrace::SteppedDown { term, reason });
        self.set_role(Role::Follower { leader });
        if was_leader {
            // A leader had no election timer; a candidate's goes on.
            self.restart_election_timer();
        }
        assert!(
            (self.current_term, self.voted_for) == (term, vote),
            "stepping down leaves term {term} and its vote as they are"
        );
    }

    /// Dissertation §9.6: the term and the vote stay as they are until a quorum would vote for this
    /// server, so that a server that cannot win disturbs no other. A candidate keeps the votes of
    /// its term: they may yet become a quorum (`receive_vote`).
    pub(super) fn become_pre_candidate(&mut self, reason: ElectionReason) {
        let (term, vote) = (self.current_term, self.voted_for);
        assert!(!matches!(self.role, Role::Leader(_)), "a leader asks for no pre-votes");
        let last_log = self.log.last();
        self.trace(|| PreVoteTrace::Started { term: term.next(), reason, last_log });
        let late_votes = match &mut self.role {
            Role::PreCandidate { late_votes, .. } => late_votes.take(),
            Role::Candidate { votes } => Some(core::mem::take(votes)),
            Role::Follower { .. } | Role::Leader(_) => None,
        };
        let votes = BTreeMap::from([(self.config.id, true)]);
        self.set_role(Role::PreCandidate { votes, late_votes });
        assert!(
            (self.current_term, self.voted_for) == (term, vote),
            "asking for pre-votes leaves term {term} and its vote as they are"
        );
    }

    /// Raft §5.2: the server enters the next term and votes for itself. Its vote counts once it is
    /// on disk.
    pub(super) fn become_candidate(&mut self, reason: ElectionReason) {
        let (id, before) = (self.config.id, self.current_term);
        assert!(!matches!(self.role, Role::Leader(_)), "a leader starts no election");
        assert!(rule!(self.is_promotable()), "only a voter starts an election");
        let (term, last_log) = (before.next(), self.log.last());
        self.trace(|| ElectionTrace::Started { term, reason, last_log });
        self.set_term_and_vote(term, Some(id));
        self.set_role(Role::Candidate { votes: BTreeMap::new() });
        assert!(self.current_term == before.next(), "an election is in the next term");
        assert!(self.voted_for == Some(id), "a candidate votes for itself");
    }

    /// Raft §5.2: a candidate that a quorum voted for leads its term. So does a pre-candidate that
    /// was the candidate of its present term.
    pub(super) fn become_leader(&mut self, voters: Vec<NodeId>) {
        let (term, vote) = (self.current_term, self.voted_for);
        let last_index = self.log.last().index;
        let votes = self.votes().expect("only a candidate is elected");
        assert!(rule!(self.has_vote_quorum(votes)), "a quorum elects");
        assert!(vote == Some(self.config.id), "a candidate votes for itself");
        self.trace(|| ElectionTrace::BecameLeader { term, voters });
        let now = self.now;
        let peers = self.peers().into_iter().map(|peer| Progress::new(peer, last_index, now));
        let uncommitted_bytes = rule!(self.uncommitted_bytes_found(last_index));
        self.set_role(Role::Leader(Some(Box::new(Leader {
            peers: peers.collect(),
            first_index: last_index.next(),
            traced_old_term: LogIndex(0),
            uncommitted_bytes,
            rounds: HeartbeatRounds::default(),
            reads: VecDeque::new(),
            commands: ForwardedCommands::default(),
            transfer: None,
            disk: DiskWatch::default(),
            successor: None,
            change: None,
            steps_down: None,
        }))));
        self.leader_heard = None;
        self.as_leader(|node, leader| {
            node.begin_rounds(leader);
            // Raft §8: a no-op at the start of its term tells a leader, once committed, which
            // entries are committed; §5.4.2 is why only an entry of its own term can do that.
            node.append_as_leader(leader, Payload::Noop);
            node.broadcast_heartbeat(leader);
        });
        assert!(matches!(self.role, Role::Leader(_)), "the elected candidate leads");
        assert!(
            (self.current_term, self.voted_for) == (term, vote),
            "winning leaves term {term} and its vote as they are"
        );
        assert!(self.log.last().term == term, "a leader's log ends in its own term");
        assert!(self.log.last().index == last_index.next(), "a leader overwrites nothing");
    }

    /// Each change of the role is here; `as_leader` only takes a leader's state out and puts it
    /// back. Requests that only the old role could answer are answered here.
    pub(super) fn set_role(&mut self, role: Role) {
        let leader_before = self.leader();
        if !matches!(role, Role::Follower { leader: None }) {
            self.successor = None;
        }
        let before = core::mem::replace(&mut self.role, role);
        if let Role::Leader(leader) = before {
            self.end_leadership(*leader.expect("a leader's rules do not change the role"));
        }
        if self.leader() != leader_before {
            rule!(self.give_up_forwarded());
        }
    }

    /// Answers what only a leader could have done.
    fn end_leadership(&mut self, mut leader: Leader) {
        self.successor = leader.successor;
        let disk_hangs = self.disk_hangs(&leader).is_some();
        for read in core::mem::take(&mut leader.reads) {
            self.refuse_read(read.reader, Refusal::NotLeader);
        }
        if let Some(transfer) = &leader.transfer {
            let outcome = self.outcome_of_transfer(&leader, transfer.target());
            self.reply_to_order(transfer.request(), outcome);
        }
        if let Some(change) = leader.change {
            self.reply(change.request(), Outcome::Unknown { position: change.position() });
        }
        if disk_hangs {
            self.lose_requests();
        }
    }
}
