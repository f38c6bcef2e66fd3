//! One server: its state, the one door in (`handle`), and the rule about terms.
//!
//! The rules themselves stand in the modules below, one for each part of the paper:
//! `election` (§5.2, §5.4.1), `leader` and `follower` (§5.3), `commit` (§5.3, §5.4.2),
//! `snapshot` (§7), and `durability`, which holds back what is not yet on disk.

mod commit;
mod durability;
mod election;
mod follower;
mod leader;
mod progress;
mod restart;
mod snapshot;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

pub use self::restart::{Recovered, RestartError};

use self::commit::Proposal;
use self::durability::{Durability, Needs};
use self::progress::Progress;
use self::snapshot::IncomingSnapshot;
use crate::rng::Rng;
use crate::{
    AppendEntriesReply, Body, Config, IgnoreReason, Input, InstallSnapshotReply, Instant, Log,
    LogIndex, LogPosition, Membership, Message, NodeId, Output, PersistId, RequestVoteReply,
    RoleKind, Snapshot, Status, StepDownReason, Term, Trace,
};

/// A Raft server without I/O.
///
/// Give it one [`Input`] with [`handle`](Self::handle), then take every [`Output`] with
/// [`poll_output`](Self::poll_output); call `handle` with [`Input::Timeout`] when the clock reaches
/// [`deadline`](Self::deadline). The crate's documentation shows the whole loop.
#[derive(Clone, Debug)]
pub struct Node {
    config: Config,
    rng: Rng,

    // On disk (Figure 2: persistent state).
    current_term: Term,
    voted_for: Option<NodeId>,
    log: Log,
    snapshot: Option<Snapshot>,

    // In memory (Figure 2: volatile state).
    role: Role,
    membership: Membership,
    commit_index: LogIndex,
    last_applied: LogIndex,
    timer_started: Instant,
    deadline: Instant,

    durability: Durability,
    /// Proposals whose fate is open, by ascending index.
    proposals: VecDeque<Proposal>,
    incoming_snapshot: Option<IncomingSnapshot>,
    /// The write that carries the last snapshot installed from a leader.
    snapshot_write: PersistId,
    /// Whether the driver owes an answer to `Output::SnapshotNeeded`.
    snapshot_requested: bool,
    outputs: VecDeque<Output>,
}

/// What a server does in its term, with the state that only that role has.
#[derive(Clone, Debug)]
enum Role {
    Follower { leader: Option<NodeId> },
    Candidate { votes: BTreeMap<NodeId, bool> },
    Leader(Leader),
}

#[derive(Clone, Debug)]
struct Leader {
    /// The other servers, by ascending id.
    peers: Vec<Progress>,
    /// The last entry for which `Trace::CommitWithheld` was emitted, to say it once.
    withheld: LogIndex,
}

/// Terms and indexes above this are refused, so that adding one never overflows.
const LARGEST_NUMBER: u64 = u64::MAX / 2;

impl Node {
    /// Handles one input at the moment `now`. Drain the outputs before the next one.
    ///
    /// No input from a peer makes it panic; what cannot be true is refused and traced.
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Timeout if now >= self.deadline => self.time_out(now),
            Input::Timeout => {}
            Input::Message { from, message } => self.receive(now, from, message),
            Input::Propose { request, command } => self.propose(request, command),
            Input::Persisted(id) => self.persisted(now, id),
            Input::SnapshotTaken { through, data } => self.snapshot_taken(through, data),
            Input::ForceElection => self.force_election(now),
        }
        self.flush();
    }

    /// The next thing to do, or `None` when all is done until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`handle`](Self::handle) with [`Input::Timeout`], unless other inputs move it.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// This server.
    pub fn id(&self) -> NodeId {
        self.config.id
    }

    /// The entries behind the last snapshot. Cloning it is cheap.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The last snapshot.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    /// What this server does in its term.
    pub fn role(&self) -> RoleKind {
        match self.role {
            Role::Follower { .. } => RoleKind::Follower,
            Role::Candidate { .. } => RoleKind::Candidate,
            Role::Leader(_) => RoleKind::Leader,
        }
    }

    /// The latest term it has seen.
    pub fn current_term(&self) -> Term {
        self.current_term
    }

    /// Who got its vote in this term.
    pub fn voted_for(&self) -> Option<NodeId> {
        self.voted_for
    }

    /// The last entry it knows to be committed.
    pub fn commit_index(&self) -> LogIndex {
        self.commit_index
    }

    /// The last entry it handed to the state machine.
    pub fn last_applied(&self) -> LogIndex {
        self.last_applied
    }

    /// Whom this server believes to lead; itself, if it does.
    pub fn leader(&self) -> Option<NodeId> {
        match self.role {
            Role::Follower { leader } => leader,
            Role::Candidate { .. } => None,
            Role::Leader(_) => Some(self.config.id),
        }
    }

    /// The whole state, for a person or a test.
    pub fn status(&self) -> Status {
        let (votes, peers) = match &self.role {
            Role::Follower { .. } => (Vec::new(), Vec::new()),
            Role::Candidate { votes } => {
                (votes.iter().map(|(node, granted)| (*node, *granted)).collect(), Vec::new())
            }
            Role::Leader(leader) => {
                (Vec::new(), leader.peers.iter().map(Progress::status).collect())
            }
        };
        Status {
            id: self.config.id,
            role: self.role(),
            current_term: self.current_term,
            voted_for: self.voted_for,
            leader: self.leader(),
            commit_index: self.commit_index,
            last_applied: self.last_applied,
            last_log: self.log.last(),
            durable_index: self.durability.log_index(),
            snapshot: self.snapshot.as_ref().map_or(LogPosition::ORIGIN, Snapshot::position),
            membership: self.membership.clone(),
            timer_started: self.timer_started,
            deadline: self.deadline,
            votes,
            peers,
        }
    }

    /// The clock reached the deadline.
    fn time_out(&mut self, now: Instant) {
        match self.role {
            Role::Leader(_) => self.send_heartbeats(now),
            Role::Candidate { .. } => self.start_election(now, crate::ElectionReason::SplitVote),
            Role::Follower { .. } => self.start_election(now, crate::ElectionReason::LeaderSilent),
        }
    }

    /// Every message passes here, and the rule about terms stands here only (§5.1).
    fn receive(&mut self, now: Instant, from: NodeId, message: Message) {
        if let Err(reason) = self.check_message(from, &message) {
            return self.ignore(from, message.name(), reason);
        }
        if message.term < self.current_term {
            return self.refuse_stale(from, &message);
        }
        if message.term > self.current_term {
            self.enter_term(now, message.term, from);
        }
        match message.body {
            Body::RequestVote(request) => self.receive_request_vote(now, from, request),
            Body::RequestVoteReply(reply) => self.receive_vote(now, from, reply),
            Body::AppendEntries(request) => self.receive_append_entries(now, from, request),
            Body::AppendEntriesReply(reply) => self.receive_append_entries_reply(from, reply),
            Body::InstallSnapshot(request) => self.receive_install_snapshot(now, from, request),
            Body::InstallSnapshotReply(reply) => self.receive_install_snapshot_reply(from, reply),
        }
    }

    /// Refuses what no correct server sends, before it can touch anything, the term included.
    fn check_message(&self, from: NodeId, message: &Message) -> Result<(), IgnoreReason> {
        if from == self.config.id || !self.membership.is_voter(from) {
            return Err(IgnoreReason::UnknownSender);
        }
        let (last_index, last_term) = match &message.body {
            Body::RequestVote(request) => (request.last_log_index, request.last_log_term),
            Body::RequestVoteReply(_) => (LogIndex(0), Term(0)),
            Body::AppendEntries(request) => follower::check_entries(request)?,
            Body::AppendEntriesReply(AppendEntriesReply::Success { match_index }) => {
                (*match_index, Term(0))
            }
            Body::AppendEntriesReply(AppendEntriesReply::Failure { prev_log_index, hint }) => {
                (hint.index.max(*prev_log_index), hint.term)
            }
            Body::InstallSnapshot(request) => {
                // It becomes this server's own: without peers it would be deaf for good.
                request.membership.validate().map_err(|_| IgnoreReason::Malformed)?;
                (request.last_included_index, request.last_included_term)
            }
            Body::InstallSnapshotReply(InstallSnapshotReply::Continue {
                last_included_index,
                ..
            }) => (*last_included_index, Term(0)),
            Body::InstallSnapshotReply(InstallSnapshotReply::Installed { match_index }) => {
                (*match_index, Term(0))
            }
        };
        let in_range = message.term.0 <= LARGEST_NUMBER && last_index.0 <= LARGEST_NUMBER;
        // No log entry is of a later term than its holder's current one.
        if !in_range || last_term > message.term {
            return Err(IgnoreReason::Malformed);
        }
        Ok(())
    }

    /// Raft §5.1: a request with a stale term is rejected; the answer carries the current term.
    fn refuse_stale(&mut self, from: NodeId, message: &Message) {
        let current = self.current_term;
        match &message.body {
            Body::RequestVote(_) => {
                let reason = crate::VoteRefusal::StaleTerm { current };
                self.trace(|| Trace::VoteRefused { candidate: from, term: message.term, reason });
                self.send_vote_reply(from, false);
            }
            Body::AppendEntries(request) => {
                let reason = crate::AppendRefusal::StaleTerm { current };
                let prev_log = request.prev_log();
                self.trace(|| Trace::EntriesRefused { leader: from, prev_log, reason });
                self.send_append_failure(from, request.prev_log_index, LogPosition::ORIGIN);
            }
            Body::InstallSnapshot(request) => {
                self.ignore(from, message.name(), IgnoreReason::StaleTerm { current });
                self.send_snapshot_continue(from, request.last_included_index, 0);
            }
            Body::RequestVoteReply(_)
            | Body::AppendEntriesReply(_)
            | Body::InstallSnapshotReply(_) => {
                self.ignore(from, message.name(), IgnoreReason::StaleTerm { current });
            }
        }
    }

    /// Raft §5.1: a server that sees a later term enters it as a follower.
    fn enter_term(&mut self, now: Instant, term: Term, by: NodeId) {
        let from = self.current_term;
        self.trace(|| Trace::TermAdvanced { from, to: term, by });
        self.set_term_and_vote(term, None);
        match self.role {
            Role::Follower { .. } => self.set_role(Role::Follower { leader: None }),
            Role::Candidate { .. } => self.step_down(now, StepDownReason::LaterTerm(term), None),
            Role::Leader(_) => {
                self.step_down(now, StepDownReason::LaterTerm(term), None);
                // A leader had no election timer; a candidate's goes on.
                self.restart_election_timer(now);
            }
        }
    }

    /// Becomes a follower. The vote stays: it belongs to the term, not to the role (§5.2).
    fn step_down(&mut self, now: Instant, reason: StepDownReason, leader: Option<NodeId>) {
        let term = self.current_term;
        self.trace(|| Trace::SteppedDown { term, reason });
        self.set_role(Role::Follower { leader });
        if leader.is_some() {
            self.restart_election_timer(now);
        }
    }

    /// The only writer of `role`.
    fn set_role(&mut self, role: Role) {
        self.role = role;
    }

    /// The only writer of term and vote: whatever changes them goes to disk (Figure 2).
    fn set_term_and_vote(&mut self, term: Term, voted_for: Option<NodeId>) {
        assert!(term >= self.current_term, "term went back from {} to {term}", self.current_term);
        self.current_term = term;
        self.voted_for = voted_for;
        self.durability.write_hard_state(term, voted_for);
    }

    /// Raft §5.2: timeouts are drawn anew each time, so that split votes are rare and end.
    fn restart_election_timer(&mut self, now: Instant) {
        let min = self.config.election_timeout_min;
        let max = self.config.election_timeout_max;
        let timeout = self.rng.range_inclusive(min.as_micros() as u64, max.as_micros() as u64);
        self.timer_started = now;
        self.deadline = now + core::time::Duration::from_micros(timeout);
    }

    /// Sends a message of the current term once what it depends on is on disk.
    fn send(&mut self, to: NodeId, body: Body, needs: Needs) {
        let message = Message { term: self.current_term, body };
        self.durability.stage(Output::Send { to, message }, needs);
    }

    fn send_vote_reply(&mut self, to: NodeId, vote_granted: bool) {
        let body = Body::RequestVoteReply(RequestVoteReply { vote_granted });
        self.send(to, body, Needs::HardState);
    }

    /// Emits a trace event, before the effects of the same input. Without tracing the event is not
    /// even built.
    fn trace(&mut self, event: impl FnOnce() -> Trace) {
        if self.config.trace {
            self.outputs.push_back(Output::Trace(event()));
        }
    }

    fn ignore(&mut self, from: NodeId, message: &'static str, reason: IgnoreReason) {
        self.trace(|| Trace::MessageIgnored { from, message, reason });
    }
}

#[cfg(test)]
mod tests;
