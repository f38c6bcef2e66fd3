//! One server: its state, the one door in (`handle`), and the rule about terms.
//!
//! The rules themselves stand in the modules below, one for each part of the paper:
//!
//! | module | rules |
//! |---|---|
//! | `terms` | §5.1: what every message passes |
//! | `election` | §5.2, §5.4.1, pre-vote and leader stickiness (dissertation §9.6, §4.2.3) |
//! | `leader`, `progress`, `follower` | §5.3 |
//! | `commit` | §5.3, §5.4.2; what becomes of proposals |
//! | `quorum` | what a majority is, in one place; check-quorum (dissertation §6.2) |
//! | `reads` | reads without log entries (dissertation §6.4) |
//! | `handover` | leadership transfer (dissertation §3.10) |
//! | `change` | membership change (§6, dissertation chapter 4) |
//! | `snapshot`, `streaming` | §7, the follower's and the leader's side |
//! | `forward` | what a follower passes on to its leader |
//! | `durability` | holds back what is not yet on disk |
//! | `restart` | the start, first or not |

/// Whether the rule that this names is switched off. Without the feature `bugs`, never.
macro_rules! bug {
    ($node:expr, $bug:ident) => {{
        #[cfg(feature = "bugs")]
        {
            $node.config.bugs.has(crate::Bug::$bug)
        }
        #[cfg(not(feature = "bugs"))]
        {
            false
        }
    }};
}

mod change;
mod commit;
mod durability;
mod election;
mod follower;
mod forward;
mod handover;
mod leader;
mod progress;
mod quorum;
mod reads;
mod restart;
mod snapshot;
mod streaming;
mod terms;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

pub use self::restart::{Recovered, RestartError};

use self::change::Change;
use self::commit::Proposal;
use self::durability::{Durability, Needs};
use self::forward::Forwarded;
use self::handover::Handover;
use self::progress::Progress;
use self::reads::{PendingRead, Rounds};
use self::snapshot::IncomingSnapshot;
use crate::rng::Rng;
use crate::{
    Body, Config, ElectionReason, Entry, ForwardId, Held, IgnoreReason, IgnoredMessage, Input,
    Instant, Log, LogIndex, LogPosition, Membership, Message, NodeId, Outcome, Output, PersistId,
    Refusal, RequestId, RequestVoteReply, RoleKind, Round, Snapshot, Status, StepDownReason, Term,
    TermTrace, Trace,
};

/// A Raft server without I/O.
///
/// Give it one [`Input`] with [`handle`](Self::handle), then take every [`Output`] with
/// [`poll_output`](Self::poll_output); call `handle` with [`Input::Timeout`] when the clock reaches
/// [`deadline`](Self::deadline). The crate's documentation shows the whole loop.
#[derive(Clone, Debug)]
pub struct Node {
    config: Config,
    /// The shortest and the longest, ready to draw from: it is done with every message of a leader.
    election_timeout_micros: (u64, u64),
    rng: Rng,
    /// The moment of the last input.
    now: Instant,

    // On disk (Figure 2: persistent state).
    current_term: Term,
    voted_for: Option<NodeId>,
    log: Log,
    snapshot: Option<Snapshot>,

    // In memory (Figure 2: volatile state).
    role: Role,
    /// The memberships in force since the entries at these indexes, ascending. The first is the
    /// snapshot's or the configured one; the last is in force, committed or not (§6).
    memberships: Vec<(LogIndex, Membership)>,
    commit_index: LogIndex,
    last_applied: LogIndex,
    timer_started: Instant,
    deadline: Instant,
    /// The latest round that this server answered without waiting for its disk, and its term.
    answered: (Term, Round),
    /// When a leader was last heard, for leader stickiness; `None` if there is none to spare.
    leader_heard: Option<Instant>,

    durability: Durability,
    /// Whether there are proposals or reads since the last drain for which something is to be done.
    has_requests: bool,
    /// Entries that were proposed since the last drain, not yet in the log.
    proposed: Vec<Entry>,
    /// Proposals whose fate is open, by ascending index.
    proposals: VecDeque<Proposal>,
    /// Reads that may be answered once everything up to the index is applied.
    readable: Vec<(LogIndex, RequestId)>,
    /// What was passed on to the leader and is not answered, oldest first.
    forwarded: VecDeque<Forwarded>,
    last_forward: ForwardId,
    incoming_snapshot: Option<IncomingSnapshot>,
    /// The write that carries the last snapshot installed from a leader.
    snapshot_write: PersistId,
    /// Whether the driver owes an answer to `Output::SnapshotNeeded`.
    snapshot_requested: bool,
    outputs: VecDeque<Output>,
}

/// What a server does in its term, with the state that only that role has.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a node has one, and changes it seldom")]
enum Role {
    Follower { leader: Option<NodeId> },
    PreCandidate { votes: BTreeMap<NodeId, bool> },
    Candidate { votes: BTreeMap<NodeId, bool> },
    Leader(Leader),
}

#[derive(Clone, Debug)]
struct Leader {
    /// The other servers, by ascending id.
    peers: Vec<Progress>,
    /// The no-op of its own term: before it is committed, the leader does not know what is.
    first_index: LogIndex,
    /// The last entry for which `CommitTrace::Withheld` was emitted, to say it once.
    withheld: LogIndex,
    /// What the entries that are not committed, or not on its own disk, count against the limit.
    uncommitted_bytes: u64,
    rounds: Rounds,
    /// Reads that wait for a quorum to answer their round, in order.
    reads: VecDeque<PendingRead>,
    handover: Option<Handover>,
    /// Whether a server was told to stand for election in this term.
    has_told_successor: bool,
    change: Option<Change>,
}

/// Terms and indexes above this are refused, so that adding one never overflows.
const LARGEST_NUMBER: u64 = u64::MAX / 2;

impl Node {
    /// Handles one input at the moment `now`. Then drain the outputs, at once or after more inputs.
    ///
    /// No input from a peer makes it panic; what cannot be true is refused and traced.
    pub fn handle(&mut self, now: Instant, input: Input) {
        self.now = now;
        // What proposals and reads need is done once for all of them: at the drain, or here.
        let is_request = matches!(input, Input::Propose { .. } | Input::Read { .. });
        if self.has_requests && !is_request {
            self.finish_requests();
            self.flush();
        }
        match input {
            Input::Message { from, mut message } => self.receive(from, &mut message),
            Input::Persisted(id) => self.persisted(id),
            Input::Propose { request, command } => self.propose(request, command),
            Input::Read { request, mode } => self.read(request, mode),
            Input::Timeout if now >= self.deadline => self.time_out(),
            Input::Timeout => {}
            Input::ChangeMembership { request, change } => self.change_membership(request, &change),
            Input::TransferLeadership { request, to } => self.transfer_leadership(request, to),
            Input::SnapshotTaken { through, data } => self.snapshot_taken(through, data),
            Input::ForceElection => self.force_election(),
            Input::ForgetLeader => self.forget_leader(),
        }
        if !is_request {
            self.flush();
        }
    }

    /// The next thing to do, or `None` when all is done until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        if self.has_requests && self.outputs.is_empty() {
            self.finish_requests();
            self.flush();
        }
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
            Role::PreCandidate { .. } => RoleKind::PreCandidate,
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

    /// The membership in force on this server: the latest in its log, committed or not (§6).
    pub fn membership(&self) -> &Membership {
        let (_, membership) = self.memberships.last().expect("there is always a first");
        membership
    }

    /// The entry that put the membership in force; 0 for the configured one.
    pub fn membership_index(&self) -> LogIndex {
        self.memberships.last().map_or(LogIndex(0), |(index, _)| *index)
    }

    /// Whom this server believes to lead; itself, if it does.
    pub fn leader(&self) -> Option<NodeId> {
        match self.role {
            Role::Follower { leader } => leader,
            Role::PreCandidate { .. } | Role::Candidate { .. } => None,
            Role::Leader(_) => Some(self.config.id),
        }
    }

    /// The whole state, for a person or a test.
    pub fn status(&self) -> Status {
        let (votes, peers) = match &self.role {
            Role::Follower { .. } => (Vec::new(), Vec::new()),
            Role::PreCandidate { votes } | Role::Candidate { votes } => {
                (votes.iter().map(|(node, granted)| (*node, *granted)).collect(), Vec::new())
            }
            Role::Leader(leader) => {
                (Vec::new(), leader.peers.iter().map(Progress::status).collect())
            }
        };
        let leader = match &self.role {
            Role::Leader(leader) => Some(leader),
            _ => None,
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
            membership: self.membership().clone(),
            membership_index: self.membership_index(),
            timer_started: self.timer_started,
            deadline: self.deadline,
            votes,
            peers,
            round: leader.map(|leader| leader.rounds.current()),
            lease_until: self.lease_until(),
            lease_duration: self.config.settings.lease_duration(),
            transfer_to: leader.and_then(|leader| leader.handover.as_ref()).map(Handover::target),
            uncommitted_bytes: leader.map_or(0, |leader| leader.uncommitted_bytes),
        }
    }

    /// How much this server holds in memory, for a test or a driver that watches it.
    pub fn held(&self) -> Held {
        let status = self.status();
        let leader = match &self.role {
            Role::Leader(leader) => Some(leader),
            _ => None,
        };
        let incoming = self.incoming_snapshot.as_ref();
        Held {
            log_entries: self.log.len() + self.proposed.len(),
            log_bytes: self.log.payload_bytes(),
            log_writes: self.durability.log_writes(),
            withheld: self.durability.withheld(),
            proposals: self.proposals.len(),
            reads: self.readable.len() + leader.map_or(0, |leader| leader.reads.len()),
            forwarded: self.forwarded.len(),
            votes: status.votes.len(),
            rounds: leader.map_or(0, |leader| leader.rounds.unanswered()),
            in_flight: status.peers.iter().map(|peer| peer.in_flight).sum(),
            incoming_snapshot_bytes: incoming.map_or(0, IncomingSnapshot::len),
            memberships: self.memberships.len(),
        }
    }

    /// The clock reached the deadline.
    fn time_out(&mut self) {
        match self.role {
            Role::Leader(_) => self.beat(),
            Role::Candidate { .. } | Role::PreCandidate { .. } => {
                self.campaign(ElectionReason::SplitVote);
            }
            Role::Follower { .. } => self.campaign(ElectionReason::LeaderSilent),
        }
    }

    /// Does what the proposals and reads since the last drain need, once for all of them.
    fn finish_requests(&mut self) {
        self.has_requests = false;
        let has_appended = self.append_proposed();
        let has_asked = self.begin_round_for_reads();
        if has_appended && !has_asked {
            self.replicate_to_all(false);
        }
    }

    /// Becomes a follower. The vote stays: it belongs to the term, not to the role (§5.2).
    fn step_down(&mut self, reason: StepDownReason, leader: Option<NodeId>) {
        let term = self.current_term;
        self.trace(|| TermTrace::SteppedDown { term, reason });
        self.set_role(Role::Follower { leader });
        if bug!(self, StepDownClearsVote) {
            self.set_term_and_vote(term, None);
        }
        if leader.is_some() {
            self.restart_election_timer();
        }
    }

    /// The only writer of `role`. What the old role was asked for and has not done is answered here.
    fn set_role(&mut self, role: Role) {
        let before = self.leader();
        let was = core::mem::replace(&mut self.role, role);
        if let Role::Leader(leader) = was {
            self.end_leadership(leader);
        }
        if self.leader() != before {
            self.give_up_forwarded();
        }
    }

    /// Answers what only a leader could have done.
    fn end_leadership(&mut self, leader: Leader) {
        for read in leader.reads {
            self.refuse_read(read.reader, Refusal::NotLeader);
        }
        if let Some(handover) = leader.handover {
            let (request, outcome) = handover.answer();
            let leader = self.leader();
            self.reply(request, outcome.unwrap_or(Outcome::NotLeader { leader }));
        }
        if let Some(change) = leader.change {
            self.reply(change.request(), Outcome::Unknown { position: change.position() });
        }
    }

    /// The only writer of term and vote: whatever changes them goes to disk (Figure 2).
    fn set_term_and_vote(&mut self, term: Term, voted_for: Option<NodeId>) {
        assert!(term >= self.current_term, "term went back from {} to {term}", self.current_term);
        self.current_term = term;
        self.voted_for = voted_for;
        self.durability.write_hard_state(term, voted_for);
    }

    /// Raft §5.2: timeouts are drawn anew each time, so that split votes are rare and end.
    fn restart_election_timer(&mut self) {
        let (min, max) = self.election_timeout_micros;
        let timeout = self.rng.range_inclusive(min, max);
        self.timer_started = self.now;
        self.deadline = Instant(self.now.0.saturating_add(timeout));
    }

    /// Sends a message of the current term once what it depends on is on disk.
    #[inline]
    fn send(&mut self, to: NodeId, body: Body, needs: Needs) {
        let message = Message { term: self.current_term, body };
        self.emit(Output::Send { to, message }, needs);
    }

    fn send_vote_reply(&mut self, to: NodeId, vote_granted: bool) {
        let body = Body::RequestVoteReply(RequestVoteReply { vote_granted });
        self.send(to, body, Needs::HardState);
    }

    fn send_pre_vote_reply(&mut self, to: NodeId, vote_granted: bool) {
        let body = Body::PreVoteReply(RequestVoteReply { vote_granted });
        self.send(to, body, Needs::HardState);
    }

    /// Answers a request. The answer follows what was applied.
    fn reply(&mut self, request: RequestId, outcome: Outcome) {
        self.outputs.push_back(Output::Reply { request, outcome });
    }

    /// Emits a decision, before the effects of the same input. Without tracing the decision is not
    /// even built.
    #[inline]
    fn trace<T: Into<Trace>>(&mut self, decision: impl FnOnce() -> T) {
        if self.config.trace {
            self.emit_trace(decision);
        }
    }

    /// Out of the way of those who do not trace.
    #[cold]
    #[inline(never)]
    fn emit_trace<T: Into<Trace>>(&mut self, decision: impl FnOnce() -> T) {
        self.outputs.push_back(Output::Trace(decision().into()));
    }

    fn ignore(&mut self, from: NodeId, message: &'static str, reason: IgnoreReason) {
        self.trace(|| IgnoredMessage { from, message, reason });
    }
}

#[cfg(test)]
mod tests;
