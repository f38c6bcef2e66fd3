//! Reads that need no log entry (dissertation §6.4), and the rounds of heartbeats they rest on.
//!
//! A leader knows that it still led at some moment after a read arrived when a quorum has answered a
//! round of heartbeats that began after the read. Then whatever was committed when the read arrived
//! is all that the read must see. With a lease (§6.4.1), an earlier round is enough for as long as no
//! follower that answered it can have voted for anybody else.

use alloc::collections::VecDeque;

use super::durability::Needs;
use super::forward::Passed;
use super::{Node, Role};
use crate::{
    Body, ForwardId, IgnoreReason, Instant, LogIndex, NodeId, Outcome, ReadIndex, ReadIndexReply,
    ReadMode, ReadTrace, Refusal, RequestId, Round,
};

/// The rounds of heartbeats of a leader in its term.
#[derive(Clone, Debug, Default)]
pub(super) struct Rounds {
    current: Round,
    /// When each round began that no quorum has answered yet, oldest first.
    open: VecDeque<(Round, Instant)>,
    /// The latest round that a quorum has answered, and when it began; the beginning is the
    /// beginning of an earlier round if it was not kept.
    answered: Option<(Round, Instant)>,
    /// Whether a read waits for a round that is not begun yet.
    is_wanted: bool,
}

/// More beginnings than this are not kept: only leases need them, and without a quorum for so many
/// rounds there is no lease.
const MAX_OPEN: usize = 256;

/// A read that waits until a quorum has answered its round.
#[derive(Clone, Debug)]
pub(super) struct PendingRead {
    round: Round,
    /// What was committed when the read arrived.
    index: LogIndex,
    pub(super) reader: Reader,
}

/// Who wants to read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reader {
    /// A client of this server.
    Client(RequestId),
    /// A client of a follower.
    Follower(NodeId, ForwardId),
}

impl Rounds {
    pub(super) fn current(&self) -> Round {
        self.current
    }

    /// How many rounds no quorum has answered; of those that are kept.
    pub(super) fn unanswered(&self) -> usize {
        self.open.len()
    }

    fn begin(&mut self, now: Instant) {
        self.current = Round(self.current.0 + 1);
        self.is_wanted = false;
        if self.open.len() < MAX_OPEN {
            self.open.push_back((self.current, now));
        }
    }

    /// A quorum answered this round.
    fn answer(&mut self, round: Round) {
        while let Some((_, began)) = self.open.pop_front_if(|(open, _)| *open <= round) {
            self.answered = Some((round, began));
        }
        if let Some((answered, _)) = &mut self.answered {
            *answered = round.max(*answered);
        }
    }
}

impl Node {
    /// A client of this server wants to read.
    pub(super) fn read(&mut self, request: RequestId, mode: ReadMode) {
        match self.role {
            Role::Leader(_) => self.read_as_leader(Reader::Client(request), mode),
            _ => {
                let lease = mode == ReadMode::Lease;
                let ask = |id| Body::ReadIndex(ReadIndex { id, lease });
                self.pass_on(request, Passed::Read, ask);
            }
        }
    }

    fn read_as_leader(&mut self, reader: Reader, mode: ReadMode) {
        let limit = self.config.settings.max_pending_requests;
        let has_lease = self.has_lease();
        let ask_nobody = bug!(self, ReadWithoutQuorum);
        let before_commit = bug!(self, ReadBeforeTermCommit);
        let commit_index = self.commit_index;
        let Role::Leader(leader) = &mut self.role else { return };
        // Dissertation §6.4: before an entry of its own term is committed, a leader holds every
        // committed entry, but does not know which are.
        let is_committed = commit_index >= leader.first_index || before_commit;
        if !is_committed {
            return self.refuse_read(reader, Refusal::TermNotCommitted);
        }
        if leader.reads.len() + self.readable.len() >= limit {
            let limit = limit as u64;
            return self.refuse_read(reader, Refusal::TooManyPending { limit });
        }
        if ask_nobody || (mode == ReadMode::Lease && has_lease) {
            self.trace(|| ReadTrace::ByLease { index: commit_index });
            return self.allow_read(reader, commit_index);
        }
        // An answer to a request that was sent before proves nothing about now.
        let round = Round(leader.rounds.current.0 + 1);
        leader.rounds.is_wanted = true;
        self.has_requests = true;
        leader.reads.push_back(PendingRead { round, index: commit_index, reader });
        self.trace(|| ReadTrace::Waits { index: commit_index, round });
    }

    /// Begins the round that reads since the last drain wait for. False if none does.
    pub(super) fn begin_round_for_reads(&mut self) -> bool {
        let Role::Leader(leader) = &self.role else { return false };
        if !leader.rounds.is_wanted {
            return false;
        }
        self.begin_round();
        self.replicate_to_all(true);
        true
    }

    pub(super) fn begin_round(&mut self) {
        let now = self.now;
        if let Role::Leader(leader) = &mut self.role {
            leader.rounds.begin(now);
            // Alone, a server is a quorum.
            self.confirm_rounds();
        }
    }

    /// Somebody answered: perhaps now a quorum has answered a later round.
    pub(super) fn confirm_rounds(&mut self) {
        let Role::Leader(leader) = &self.role else { return };
        let answered = self.answered_by_quorum(leader);
        let Role::Leader(leader) = &mut self.role else { return };
        leader.rounds.answer(answered);
        loop {
            let Role::Leader(leader) = &mut self.role else { return };
            let Some(read) = leader.reads.pop_front_if(|read| read.round <= answered) else {
                return;
            };
            self.trace(|| ReadTrace::Confirmed { index: read.index, round: answered });
            self.allow_read(read.reader, read.index);
        }
    }

    /// The read may be answered once everything up to `index` is applied where it is answered.
    fn allow_read(&mut self, reader: Reader, index: LogIndex) {
        match reader {
            // A snapshot that is not on disk yet is not in the state machine either.
            Reader::Client(request) if self.last_applied >= index && self.is_snapshot_durable() => {
                self.reply(request, Outcome::Readable { index: self.last_applied });
            }
            Reader::Client(request) => self.readable.push((index, request)),
            Reader::Follower(peer, id) => self.answer_read_index(peer, id, Ok(index)),
        }
    }

    pub(super) fn refuse_read(&mut self, reader: Reader, refusal: Refusal) {
        self.trace(|| ReadTrace::Refused { reason: refusal });
        match (reader, refusal) {
            (Reader::Client(request), Refusal::NotLeader) => {
                let leader = self.leader();
                self.reply(request, Outcome::NotLeader { leader });
            }
            (Reader::Client(request), _) => self.reply(request, Outcome::Refused(refusal)),
            (Reader::Follower(peer, id), _) => self.answer_read_index(peer, id, Err(refusal)),
        }
    }

    /// Entries were applied, or a snapshot restored: some reads can be answered.
    #[inline]
    pub(super) fn answer_readable(&mut self) {
        if !self.readable.is_empty() && self.is_snapshot_durable() {
            self.answer_applied_reads();
        }
    }

    fn answer_applied_reads(&mut self) {
        let index = self.last_applied;
        let outputs = &mut self.outputs;
        self.readable.retain(|(needed, request)| {
            if *needed <= index {
                let (request, outcome) = (*request, Outcome::Readable { index });
                outputs.push_back(crate::Output::Reply { request, outcome });
            }
            *needed > index
        });
    }

    pub(super) fn receive_read_index(&mut self, from: NodeId, request: ReadIndex) {
        let reader = Reader::Follower(from, request.id);
        let mode = if request.lease { ReadMode::Lease } else { ReadMode::Quorum };
        match self.role {
            Role::Leader(_) => self.read_as_leader(reader, mode),
            _ => self.refuse_read(reader, Refusal::NotLeader),
        }
    }

    pub(super) fn answer_read_index(
        &mut self,
        to: NodeId,
        id: ForwardId,
        result: Result<LogIndex, Refusal>,
    ) {
        let reply = ReadIndexReply { id, result };
        self.send(to, Body::ReadIndexReply(reply), Needs::HardState);
    }

    pub(super) fn receive_read_index_reply(&mut self, from: NodeId, reply: &ReadIndexReply) {
        let Some(request) = self.take_forwarded(reply.id, Passed::Read) else {
            return self.ignore(from, "ReadIndexReply", IgnoreReason::NotExpected);
        };
        match reply.result {
            Ok(index) => self.allow_read(Reader::Client(request), index),
            Err(refusal) => self.refuse_read(Reader::Client(request), refusal),
        }
    }

    /// Until when this leader's lease lasts: no server that answered the round can help another to
    /// lead before (dissertation §6.4.1). `None` without a lease.
    pub(super) fn lease_until(&self) -> Option<Instant> {
        let Role::Leader(leader) = &self.role else { return None };
        // The target of a transfer is elected although its voters heard from this leader.
        let is_handing_over = leader.rounds_are_void() && !bug!(self, LeaseKeptInTransfer);
        if !self.config.settings.lease_reads || is_handing_over {
            return None;
        }
        let (_, began) = leader.rounds.answered?;
        Some(began + self.config.settings.lease_duration())
    }

    pub(super) fn has_lease(&self) -> bool {
        self.lease_until().is_some_and(|until| self.now < until)
    }
}
