//! One server: its state, the one door in (`handle`), and the door to a leader's rules
//! (`as_leader`).
//!
//! The rules are in the modules below, one for each part of the paper:
//!
//! | module | rules |
//! |---|---|
//! | `terms` | §5.1: the checks that every message passes |
//! | `transitions` | §5.1, §5.2: from follower to leader and back |
//! | `election` | §5.2, §5.4.1, pre-vote and leader stickiness (dissertation §9.6, §4.2.3) |
//! | `leader`, `progress`, `follower`, `early` | §5.3 |
//! | `commit` | §5.3, §5.4.2; the answers to proposals |
//! | `quorum` | everything that is counted; check-quorum (dissertation §6.2) |
//! | `reads` | reads without log entries (dissertation §6.4) |
//! | `transfer` | leadership transfer (dissertation §3.10) |
//! | `change` | membership change (§6, dissertation chapter 4) |
//! | `catch_up` | new servers catch up first (dissertation §4.2.1) |
//! | `snapshot`, `incoming` | §7, compaction and the follower's side |
//! | `files` | §7, snapshots in files of the driver |
//! | `streaming`, `outgoing`, `window` | §7, the leader's side: pieces, losses, how much at once |
//! | `forward`, `forwarded_commands` | requests that a follower forwards to its leader |
//! | `durability` | withholds what is not yet on disk |
//! | `restart` | the start, first or not |

/// Applies a rule: `rule!(self.check_vote(candidate, request))`.
///
/// Without the feature `bugs` that is the plain call. With it, the function of the same name in
/// `mutants` comes first: if the bug is planted, it may answer in place of the rule.
macro_rules! rule {
    ($node:ident.$rule:ident($($argument:expr),* $(,)?)) => {{
        #[cfg(feature = "bugs")]
        let answer = match crate::node::mutants::$rule($node, $($argument),*) {
            Some(planted) => planted,
            None => $node.$rule($($argument),*),
        };
        #[cfg(not(feature = "bugs"))]
        let answer = $node.$rule($($argument),*);
        answer
    }};
}

mod catch_up;
mod change;
mod clock;
mod commit;
mod durability;
mod early;
mod election;
mod files;
mod fingerprint;
mod follower;
mod forward;
mod forwarded_commands;
mod hung_disk;
mod incoming;
mod leader;
#[cfg(feature = "bugs")]
mod mutants;
mod outgoing;
mod progress;
mod quorum;
mod reads;
mod restart;
mod snapshot;
mod streaming;
mod terms;
mod transfer;
mod transitions;
mod window;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::mem::Discriminant;

pub use self::restart::{Recovered, RestartError};

use self::change::{Change, Wanted};
use self::commit::Proposal;
use self::durability::Durability;
use self::early::EarlyEntries;
use self::files::{FilePause, ReplacedFile};
use self::forward::ForwardedRequest;
use self::forwarded_commands::ForwardedCommands;
use self::hung_disk::DiskWatch;
use self::incoming::IncomingSnapshot;
use self::progress::Progress;
use self::reads::{AllowedRead, HeartbeatRounds, PendingRead};
use self::snapshot::SnapshotRequest;
use self::transfer::LeadershipTransfer;

use crate::rng::Rng;
use crate::{
    Alarm, Body, Config, ElectionReason, Entry, ForwardId, HeartbeatRound, IgnoreReason,
    IgnoredMessage, IncomingId, Input, Instant, Log, LogIndex, Membership, MemoryUsage, Message,
    NodeId, Outcome, Output, PeerStatus, PersistId, Poll, RequestId, RequestVoteReply, RoleKind,
    Snapshot, Status, StepDownReason, Term, Trace,
};

/// A Raft server without I/O.
///
/// Give it one [`Input`] with [`handle`](Self::handle), then take every [`Output`] with
/// [`poll_output`](Self::poll_output) until [`Poll::Drained`]; call `handle` with
/// [`Input::Timeout`] when the clock reaches its deadline. The crate's documentation shows the
/// whole loop.
#[derive(Clone, Debug)]
pub struct Node {
    config: Config,
    /// `(min, max)` in µs, from which timeouts are drawn: precomputed, for every leader message.
    election_timeout_micros: (u64, u64),
    rng: Rng,
    /// The moment of the last input, by a clock of the node that never goes back.
    now: Instant,
    /// What the driver's clock showed then, in µs.
    shown_now: u64,

    // On disk (Figure 2: persistent state).
    current_term: Term,
    voted_for: Option<NodeId>,
    log: Log,
    snapshot: Option<Snapshot>,

    // In memory (Figure 2: volatile state).
    role: Role,
    /// The memberships in force since the entries at these indexes, ascending. The first is the
    /// snapshot's or the one of the first start; the last is in force, committed or not (§6).
    memberships: Vec<(LogIndex, Membership)>,
    commit_index: LogIndex,
    last_applied: LogIndex,
    /// The term of that entry.
    applied_term: Term,
    timer_started: Instant,
    deadline: Instant,
    /// When the vote of this term was cast; `None` if none was, or it is on disk.
    unstored_vote: Option<Instant>,
    /// The latest round that this server answered without waiting for its disk, and its term.
    acked: (Term, HeartbeatRound),
    /// When a leader was last heard, for leader stickiness; `None` if none was, or it was
    /// forgotten.
    leader_heard: Option<Instant>,
    /// Whether a candidate whose log is behind this server's has counted on its vote since a leader
    /// was heard last, or since the start. Then only this server's log may be able to win.
    is_needed: bool,
    /// After this server led: the server that it told to start an election, until a leader is known
    /// or this server starts an election itself.
    successor: Option<NodeId>,

    durability: Durability,
    /// Whether proposals or reads since the last drain wait for `finish_requests`.
    has_requests: bool,
    /// Entries that were proposed since the last drain, not yet in the log.
    proposed: Vec<Entry>,
    /// Proposals that are not answered yet, by ascending index.
    proposals: VecDeque<Proposal>,
    /// Reads that are allowed, and wait until everything that they must see is applied.
    readable: Vec<AllowedRead>,
    /// Requests forwarded to the leader that have no reply yet, oldest first.
    forwarded: VecDeque<ForwardedRequest>,
    last_forward: ForwardId,
    incoming_snapshot: Option<IncomingSnapshot>,
    last_incoming: IncomingId,
    replaced_files: Vec<ReplacedFile>,
    file_pause: FilePause,
    early: EarlyEntries,
    /// The write that carries the last snapshot installed from a leader.
    snapshot_write: PersistId,
    snapshot_request: SnapshotRequest,
    /// The kinds of alarms that were raised in this term.
    alarms: (Term, Vec<Discriminant<IgnoreReason>>),
    outputs: VecDeque<Output>,
}

/// What a server does in its term, with the state that only that role has.
#[derive(Clone, Debug)]
enum Role {
    Follower {
        leader: Option<NodeId>,
    },
    PreCandidate {
        /// The pre-votes for the next term.
        votes: BTreeMap<NodeId, bool>,
        /// The votes of the current term, if this server was its candidate until it asked for
        /// pre-votes. `None` after a restart, and if it led the term: it must not lead it again,
        /// with other entries at the same places.
        late_votes: Option<BTreeMap<NodeId, bool>>,
    },
    Candidate {
        votes: BTreeMap<NodeId, bool>,
    },
    /// `None` only while [`Node::as_leader`] lends it to a leader's rules.
    Leader(Option<Box<Leader>>),
}

/// The state that only a leader has (Figure 2: volatile state on leaders).
#[derive(Clone, Debug)]
struct Leader {
    /// The other servers, by ascending id.
    peers: Vec<Progress>,
    /// The no-op of its own term. Until it is committed, the leader does not know which of its
    /// entries are committed.
    first_index: LogIndex,
    /// The last entry for which `CommitTrace::OldTermNotCounted` was emitted, so that it is
    /// emitted once.
    traced_old_term: LogIndex,
    /// Bytes of the entries that are not committed, or not on the leader's own disk.
    uncommitted_bytes: u64,
    rounds: HeartbeatRounds,
    /// Reads that wait for a quorum to answer their round, in order.
    reads: VecDeque<PendingRead>,
    commands: ForwardedCommands,
    transfer: Option<LeadershipTransfer>,
    disk: DiskWatch,
    /// The last server that was told, in this term, to start an election (`TimeoutNow`).
    successor: Option<NodeId>,
    change: Option<Change>,
    /// Set when a rule ends the leadership: [`Node::as_leader`] then steps down.
    steps_down: Option<StepDownReason>,
}

/// Terms and indexes above this are refused, so that adding one never overflows.
const LARGEST_NUMBER: u64 = u64::MAX / 2;

impl Node {
    /// The number of outputs that wait for a drain: a driver of several inputs knows by it which
    /// are due to which. What [`Node::poll_output`] adds later is due to the last requests.
    pub fn queued_outputs(&self) -> usize {
        self.outputs.len()
    }

    /// Handles one input at the moment `now`. Then drain the outputs, at once or after more inputs.
    ///
    /// No message from a peer makes it panic: a message that no correct server sends is
    /// ignored and traced.
    pub fn handle(&mut self, now: Instant, input: Input) {
        self.advance_clock(now);
        // Proposals and reads are finished once for all of them: at the drain, or here.
        let is_request = matches!(input, Input::Propose { .. } | Input::Read { .. })
            || matches!(&input, Input::Message { message, .. } if self.is_forwarded(message));
        if self.has_requests && !is_request {
            self.finish_requests();
            self.flush();
        }
        match input {
            Input::Message { from, mut message } => self.receive(from, &mut message),
            Input::Persisted(id) => rule!(self.persisted(id)),
            Input::Propose { request, command } => self.propose(request, command),
            Input::Read { request, mode } => self.read(request, mode),
            Input::Timeout if self.now >= self.deadline => self.time_out(),
            Input::Timeout => {}
            Input::ChangeMembership { request, change, contexts, force } => {
                let wanted = Wanted { change: &change, contexts: &contexts };
                self.change_membership(request, wanted, force);
            }
            Input::CancelChange { request } => self.cancel_change(request),
            Input::TransferLeadership { request, to } => self.transfer_leadership(request, to),
            Input::SnapshotTaken { through, data } => {
                self.snapshot_taken(through, data);
                // While the driver made it, more entries than the threshold may have been applied.
                rule!(self.request_snapshot_if_due());
            }
            Input::SnapshotFailed { through } => rule!(self.snapshot_failed(through)),
            Input::Files(report) => self.receive_file_report(report),
            Input::ForceElection => self.force_election(),
            Input::ForgetLeader => self.forget_leader(),
        }
        if !is_request {
            self.flush();
        }
        if !self.replaced_files.is_empty() {
            self.drop_replaced_files();
        }
    }

    /// The next output; or, at the end of the drain, the deadline for [`Input::Timeout`].
    #[inline]
    pub fn poll_output(&mut self) -> Poll {
        if self.has_requests && self.outputs.is_empty() {
            self.finish_requests();
            self.flush();
        }
        match self.outputs.pop_front() {
            Some(output) => Poll::Output(output),
            None => Poll::Drained { deadline: self.deadline() },
        }
    }

    /// When to call [`handle`](Self::handle) with [`Input::Timeout`], as of the last
    /// [`Poll::Drained`].
    #[inline]
    pub fn deadline(&self) -> Instant {
        self.shown(self.deadline)
    }

    /// This server.
    pub fn id(&self) -> NodeId {
        self.config.id
    }

    /// The entries after the last snapshot, and some before its end. Cloning the log is cheap.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Takes memory of another server's log in place of its own, where both hold the same entries,
    /// for programs that keep many clones of several servers. Nothing else changes.
    pub fn share_log(&mut self, other: &Self) {
        self.log.share(&other.log);
    }

    /// The last snapshot.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    /// This server's role in its term.
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

    /// The candidate that has its vote in this term.
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

    /// The entry that put the membership in force; 0 for the one of the first start.
    pub fn membership_index(&self) -> LogIndex {
        self.memberships.last().map_or(LogIndex(0), |(index, _)| *index)
    }

    /// The leader that this server knows; itself, if it leads.
    pub fn leader(&self) -> Option<NodeId> {
        match self.role {
            Role::Follower { leader } => leader,
            Role::PreCandidate { .. } | Role::Candidate { .. } => None,
            Role::Leader(_) => Some(self.config.id),
        }
    }

    /// The server to ask in place of this one: the leader, else the server that this one told to
    /// become it.
    fn leader_hint(&self) -> Option<NodeId> {
        self.leader().or(self.successor)
    }

    /// The whole state, for a person or a test.
    pub fn status(&self) -> Status {
        let votes = match &self.role {
            Role::PreCandidate { votes, .. } | Role::Candidate { votes } => {
                votes.iter().map(|(node, granted)| (*node, *granted)).collect()
            }
            Role::Follower { .. } | Role::Leader(_) => Vec::new(),
        };
        let leader = self.leading();
        let peers = leader.map_or(&[][..], |leader| &leader.peers);
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
            snapshot: self.snapshot_end(),
            membership: self.membership().clone(),
            membership_index: self.membership_index(),
            timer_started: self.shown(self.timer_started),
            deadline: self.deadline(),
            votes,
            peers: peers.iter().map(|peer| self.peer_status(peer)).collect(),
            round: leader.map(|leader| leader.rounds.current()),
            lease_until: leader
                .and_then(|leader| self.lease_until(leader))
                .map(|until| self.shown(until)),
            lease_duration: self.config.settings.lease_duration(),
            transfer_to: leader
                .and_then(|leader| leader.transfer.as_ref())
                .map(LeadershipTransfer::target),
            uncommitted_bytes: leader.map_or(0, |leader| leader.uncommitted_bytes),
        }
    }

    fn peer_status(&self, peer: &Progress) -> PeerStatus {
        let status = peer.status();
        PeerStatus { last_contact: self.shown(status.last_contact), ..status }
    }

    /// The proposals that this server has not answered, with their places, in the order of these.
    pub fn proposals(&self) -> impl ExactSizeIterator<Item = (RequestId, crate::LogPosition)> {
        self.proposals.iter().map(|proposal| (proposal.request, proposal.position))
    }

    /// The size of every collection in memory, for a test or a driver that watches it.
    pub fn memory_usage(&self) -> MemoryUsage {
        let leader = self.leading();
        let incoming = self.incoming_snapshot.as_ref();
        let votes = match &self.role {
            Role::PreCandidate { votes, late_votes } => {
                votes.len() + late_votes.as_ref().map_or(0, BTreeMap::len)
            }
            Role::Candidate { votes } => votes.len(),
            Role::Follower { .. } | Role::Leader(_) => 0,
        };
        MemoryUsage {
            log_entries: self.log.len() + self.proposed.len(),
            log_bytes: self.log.payload_bytes(),
            log_writes: self.durability.log_writes(),
            withheld: self.durability.withheld(),
            proposals: self.proposals.len(),
            reads: self.readable.len() + leader.map_or(0, |leader| leader.reads.len()),
            forwarded: self.forwarded.len(),
            command_results: leader.map_or(0, |leader| leader.commands.len()),
            votes,
            rounds: leader.map_or(0, |leader| leader.rounds.unanswered()),
            in_flight: leader
                .map_or(0, |leader| leader.peers.iter().map(Progress::in_flight).sum()),
            incoming_snapshot_bytes: incoming.map_or(0, IncomingSnapshot::bytes_here),
            early_bytes: self.early.bytes(),
            memberships: self.memberships.len(),
        }
    }

    /// Raft §5.2: the clock reached the deadline.
    fn time_out(&mut self) {
        self.give_up_slow_reads();
        match self.role {
            Role::Leader(_) => {
                self.as_leader(Self::heartbeat_due);
            }
            Role::Candidate { .. } | Role::PreCandidate { .. } => {
                self.election_due(ElectionReason::SplitVote);
            }
            Role::Follower { .. } => self.election_due(ElectionReason::LeaderSilent),
        }
    }

    /// The door to a leader's rules: they borrow the leader here, once, and get it as a parameter.
    /// `None`, and nothing happens, if this server does not lead.
    ///
    /// A rule that ends the leadership sets `steps_down`; it takes effect when the rule returns.
    #[inline]
    fn as_leader<T>(&mut self, rule: impl FnOnce(&mut Self, &mut Leader) -> T) -> Option<T> {
        let Role::Leader(place) = &mut self.role else { return None };
        let mut leader = place.take().expect("a leader's rules get it as a parameter");
        let answer = rule(self, &mut leader);
        let steps_down = leader.steps_down;
        let Role::Leader(place @ None) = &mut self.role else {
            panic!("a leader's rules do not change the role")
        };
        *place = Some(leader);
        if let Some(reason) = steps_down {
            rule!(self.become_follower(reason, None));
        }
        Some(answer)
    }

    /// The leader's state, to look at; `None` if this server does not lead.
    fn leading(&self) -> Option<&Leader> {
        match &self.role {
            Role::Leader(leader) => leader.as_deref(),
            Role::Follower { .. } | Role::PreCandidate { .. } | Role::Candidate { .. } => None,
        }
    }

    /// Does what the proposals and reads since the last drain need, once for all of them.
    fn finish_requests(&mut self) {
        self.has_requests = false;
        let has_appended = self.append_proposed();
        self.as_leader(|node, leader| {
            let has_begun_round = node.begin_round_for_reads(leader);
            if has_appended && !has_begun_round {
                node.replicate_to_all(leader, false);
            }
        });
    }

    /// The only writer of term and vote: each change of them goes to disk (Figure 2).
    fn set_term_and_vote(&mut self, term: Term, voted_for: Option<NodeId>) {
        assert!(term >= self.current_term, "term {} never goes back, to {term}", self.current_term);
        assert!(
            term > self.current_term || self.voted_for.is_none(),
            "a server votes once in term {term}"
        );
        self.current_term = term;
        self.voted_for = voted_for;
        self.unstored_vote = voted_for.map(|_| self.now);
        self.durability.write_hard_state(term, voted_for);
        if self.incoming_snapshot.is_some() {
            rule!(self.abandon_incoming_snapshot());
        }
        if !self.early.is_empty() {
            self.forget_early_entries();
        }
    }

    /// Raft §5.2: timeouts are drawn anew each time, so that split votes are rare and end.
    fn restart_election_timer(&mut self) {
        let timeout = rule!(self.draw_election_timeout());
        self.timer_started = self.now;
        self.deadline = Instant(self.now.0.saturating_add(timeout));
    }

    /// Raft §5.2: a random timeout, so that votes are seldom split. In µs.
    fn draw_election_timeout(&mut self) -> u64 {
        let (min, max) = self.election_timeout_micros;
        self.rng.range_inclusive(min, max)
    }

    /// Sends a message of the current term once the writes that it needs are on disk.
    #[inline]
    fn send(&mut self, to: NodeId, body: Body) {
        let needs = rule!(self.needs(&body));
        let message = Message { term: self.current_term, body };
        self.emit(Output::Send { to, message }, needs);
    }

    fn send_vote_reply(&mut self, to: NodeId, vote_granted: bool) {
        let body = Body::RequestVoteReply(RequestVoteReply { vote_granted });
        self.send(to, body);
    }

    /// Dissertation §9.6: a pre-vote is no promise, so the voter's election timer goes on.
    fn send_pre_vote_reply(&mut self, to: NodeId, vote_granted: bool) {
        let body = Body::PreVoteReply(RequestVoteReply { vote_granted });
        self.send(to, body);
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

    /// Cold: most servers do not trace.
    #[cold]
    #[inline(never)]
    fn emit_trace<T: Into<Trace>>(&mut self, decision: impl FnOnce() -> T) {
        self.outputs.push_back(Output::Trace(decision().into()));
    }

    fn ignore(&mut self, from: NodeId, message: &'static str, reason: IgnoreReason) {
        self.trace(|| IgnoredMessage { from, message, reason });
        if reason.is_alarming() {
            let ignored = IgnoredMessage { from, message, reason };
            self.alarm(reason, Alarm::BrokenServer(ignored));
        }
    }

    /// The sender of a message may repeat it for ever: the driver hears once of each kind of reason
    /// in a term.
    #[cold]
    fn alarm(&mut self, reason: IgnoreReason, alarm: Alarm) {
        let kind = core::mem::discriminant(&reason);
        if self.alarms.0 != self.current_term {
            self.alarms = (self.current_term, Vec::new());
        }
        if !self.alarms.1.contains(&kind) {
            self.alarms.1.push(kind);
            self.outputs.push_back(Output::Alarm(alarm));
        }
    }
}

#[cfg(test)]
mod tests;
