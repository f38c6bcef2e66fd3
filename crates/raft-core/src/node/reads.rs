//! Reads that need no log entry (dissertation §6.4), and the rounds of heartbeats they depend on.
//!
//! 1. `read_as_leader`: the read must see the entries that are committed now (`commit_index`), and
//!    waits for the next round of heartbeats. Before the leader has committed an entry of its own
//!    term, the read is refused (`check_read`).
//! 2. `begin_round_for_reads`: the next drain begins that round, for all reads since the last one.
//! 3. `confirm_rounds`: a quorum has answered the round (`quorum_acked_round` in `quorum.rs`), so
//!    the leader still led at some moment after the read arrived.
//! 4. `allow_read`: the read is answered once everything up to its index is applied.
//!
//! With a lease (§6.4.1, `may_read_at_once`), an earlier round is enough for as long as no follower
//! that answered it can have voted for another server.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use super::fingerprint::NO_LIMIT;
use super::forward::ForwardedKind;
use super::{Leader, Node};
use crate::fingerprint::{Fingerprint, Prints};
use crate::{
    Body, ForwardId, HeartbeatRound, IgnoreReason, Instant, LogIndex, NodeId, Outcome, ReadIndex,
    ReadIndexReply, ReadMode, ReadTrace, Refusal, RequestId, Settings,
};

/// The rounds of heartbeats of a leader in its term.
#[derive(Clone, Debug, Default)]
pub(super) struct HeartbeatRounds {
    /// The round begun last; 0 before the first.
    current: HeartbeatRound,
    /// The rounds that no quorum has answered yet, and when each began, oldest first.
    open: VecDeque<(HeartbeatRound, Instant)>,
    /// The latest round that a quorum has answered, and when it began. If that was not kept, the
    /// moment is the beginning of an earlier round.
    answered: Option<(HeartbeatRound, Instant)>,
    /// Whether a read waits for a round that is not begun yet.
    is_wanted: bool,
}

/// More beginnings than this are not kept: only leases need them, and without a quorum for so many
/// rounds there is no lease.
const MAX_OPEN: usize = 256;

/// A read that waits until a quorum has answered its round.
#[derive(Clone, Debug)]
pub(super) struct PendingRead {
    round: HeartbeatRound,
    /// `commit_index` when the read arrived.
    index: LogIndex,
    pub(super) reader: Reader,
}

/// A read of a client of this server that is allowed, and waits until everything up to `index` is
/// applied.
#[derive(Clone, Copy, Debug)]
pub(super) struct AllowedRead {
    index: LogIndex,
    request: RequestId,
    since: Instant,
}

/// The origin of a read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reader {
    /// A client of this server.
    Client(RequestId),
    /// A client of this follower, whose request has this id.
    Follower(NodeId, ForwardId),
}

impl HeartbeatRounds {
    pub(super) fn current(&self) -> HeartbeatRound {
        self.current
    }

    /// How many rounds no quorum has answered, of those whose beginning is kept.
    pub(super) fn unanswered(&self) -> usize {
        self.open.len()
    }

    /// No lease depends on the rounds so far any more: it is unknown how long ago they began.
    pub(super) fn forget_beginnings(&mut self) {
        self.open.clear();
        self.answered = None;
    }

    fn begin(&mut self, now: Instant) {
        self.current = HeartbeatRound(self.current.0 + 1);
        self.is_wanted = false;
        if self.open.len() < MAX_OPEN {
            self.open.push_back((self.current, now));
        }
    }

    /// A quorum answered this round.
    fn answer(&mut self, round: HeartbeatRound) {
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
        let reader = Reader::Client(request);
        let led = self.as_leader(|node, leader| node.read_as_leader(leader, reader, mode));
        if led.is_none() {
            let lease = mode == ReadMode::Lease;
            let question = |id| Body::ReadIndex(ReadIndex { id, lease });
            self.forward_request(request, ForwardedKind::Read, question);
        }
    }

    /// Dissertation §6.4: a read must see the entries up to `commit_index` as of now (its
    /// ReadIndex), once a quorum has answered the next round.
    fn read_as_leader(&mut self, leader: &mut Leader, reader: Reader, mode: ReadMode) {
        let index = self.commit_index;
        if let Err(refusal) = rule!(self.check_read(leader)) {
            return self.refuse_read(reader, refusal);
        }
        if rule!(self.may_read_at_once(leader, mode)) {
            self.trace(|| ReadTrace::ByLease { index });
            return self.allow_read(reader, index);
        }
        // An answer to a request that was sent before the read proves nothing about now.
        let round = HeartbeatRound(leader.rounds.current.0 + 1);
        leader.rounds.is_wanted = true;
        self.has_requests = true;
        leader.reads.push_back(PendingRead { round, index, reader });
        self.trace(|| ReadTrace::Waits { index, round });
    }

    /// Dissertation §6.4: before the leader has committed an entry of its own term, it does not
    /// know what a read must see.
    pub(super) fn check_read(&self, leader: &Leader) -> Result<(), Refusal> {
        match self.has_committed_in_term(leader) {
            true => self.check_pending_reads(leader),
            false => Err(Refusal::TermNotCommitted),
        }
    }

    pub(super) fn check_pending_reads(&self, leader: &Leader) -> Result<(), Refusal> {
        let limit = self.config.settings.max_pending_requests;
        match leader.reads.len() + self.readable.len() < limit {
            true => Ok(()),
            false => Err(Refusal::TooManyPending { limit: limit as u64 }),
        }
    }

    /// Dissertation §6.4.1: with a lease, the leader need not ask a quorum whether it still leads.
    pub(super) fn may_read_at_once(&self, leader: &Leader, mode: ReadMode) -> bool {
        mode == ReadMode::Lease && self.has_lease(leader)
    }

    /// Begins the round that reads since the last drain wait for. False if none waits.
    pub(super) fn begin_round_for_reads(&mut self, leader: &mut Leader) -> bool {
        if !leader.rounds.is_wanted {
            return false;
        }
        self.begin_round(leader);
        self.replicate_to_all(leader, true);
        true
    }

    /// Dissertation §6.4: begins a round of heartbeats; the messages that carry it follow.
    pub(super) fn begin_round(&mut self, leader: &mut Leader) {
        leader.rounds.begin(self.now);
        rule!(self.confirm_own_round(leader));
    }

    /// Alone, a server is a quorum.
    pub(super) fn confirm_own_round(&mut self, leader: &mut Leader) {
        self.confirm_rounds(leader);
    }

    /// Dissertation §6.4: a server answered a round. If a quorum has now answered a later one, the
    /// reads up to it are allowed.
    pub(super) fn confirm_rounds(&mut self, leader: &mut Leader) {
        let answered = rule!(self.quorum_acked_round(leader));
        leader.rounds.answer(answered);
        while let Some(read) = leader.reads.pop_front_if(|read| read.round <= answered) {
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
            Reader::Client(request) => {
                self.readable.push(AllowedRead { index, request, since: self.now });
            }
            Reader::Follower(peer, id) => self.answer_read_index(peer, id, Ok(index)),
        }
    }

    pub(super) fn refuse_read(&mut self, reader: Reader, refusal: Refusal) {
        self.trace(|| ReadTrace::Refused { reason: refusal });
        match (reader, refusal) {
            (Reader::Client(request), Refusal::NotLeader) => {
                let leader = self.leader_hint();
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
        self.readable.retain(|read| {
            if read.index <= index {
                let (request, outcome) = (read.request, Outcome::Readable { index });
                outputs.push_back(crate::Output::Reply { request, outcome });
            }
            read.index > index
        });
    }

    /// This server's disk may hang: then it applies nothing, and nobody would answer the reads that
    /// wait for that. After twice as long as a leader waits for its disk, their clients are told to
    /// ask another server. (A leader hands over first, and then answers them.)
    pub(super) fn give_up_slow_reads(&mut self) {
        if self.readable.is_empty() {
            return;
        }
        let (now, patience) = (self.now, 2 * self.disk_patience());
        let is_overdue = |read: &AllowedRead| now - read.since > patience;
        let (overdue, rest): (Vec<_>, Vec<_>) =
            core::mem::take(&mut self.readable).into_iter().partition(is_overdue);
        self.readable = rest;
        for AllowedRead { index, request, .. } in overdue {
            self.refuse_read(Reader::Client(request), Refusal::NotApplied { index });
        }
    }

    /// This server may not be able to apply anything for a long time: reads that wait for that ask
    /// another server.
    pub(super) fn lose_reads(&mut self) {
        for read in core::mem::take(&mut self.readable) {
            self.refuse_read(Reader::Client(read.request), Refusal::NotLeader);
        }
    }

    pub(super) fn receive_read_index(&mut self, from: NodeId, request: ReadIndex) {
        let reader = Reader::Follower(from, request.id);
        let mode = if request.lease { ReadMode::Lease } else { ReadMode::Quorum };
        let led = self.as_leader(|node, leader| node.read_as_leader(leader, reader, mode));
        if led.is_none() {
            self.refuse_read(reader, Refusal::NotLeader);
        }
    }

    pub(super) fn answer_read_index(
        &mut self,
        to: NodeId,
        id: ForwardId,
        result: Result<LogIndex, Refusal>,
    ) {
        let reply = ReadIndexReply { id, result };
        self.send(to, Body::ReadIndexReply(reply));
    }

    pub(super) fn receive_read_index_reply(&mut self, from: NodeId, reply: &ReadIndexReply) {
        let Some(request) = self.take_forwarded(reply.id, ForwardedKind::Read) else {
            return self.ignore(from, "ReadIndexReply", IgnoreReason::NotExpected);
        };
        match reply.result {
            Ok(index) => self.allow_read(Reader::Client(request), index),
            Err(refusal) => self.refuse_read(Reader::Client(request), refusal),
        }
    }

    /// Dissertation §6.4.1: when this leader's lease ends. Until then, no server that answered the
    /// round votes for another server. `None` without a lease.
    pub(super) fn lease_until(&self, leader: &Leader) -> Option<Instant> {
        let settings = &self.config.settings;
        if !settings.lease_reads || rule!(self.lease_is_revoked(leader)) {
            return None;
        }
        let (_, began) = leader.rounds.answered?;
        Some(began + rule!(self.lease_duration()))
    }

    /// Dissertation §6.4.1: see [`Settings::lease_duration`](crate::Settings::lease_duration).
    pub(super) fn lease_duration(&self) -> Duration {
        self.config.settings.lease_duration()
    }

    fn has_lease(&self, leader: &Leader) -> bool {
        self.lease_until(leader).is_some_and(|until| self.now < until)
    }
}

impl HeartbeatRounds {
    /// When rounds began counts for leases only.
    pub(super) fn print(&self, settings: &Settings, out: &mut Prints<'_>) {
        let Self { current, open, answered, is_wanted } = self;
        assert!(!is_wanted, "a round waits for a drain");
        out.plain(current);
        if settings.lease_reads && out.with_time() {
            let lease = settings.lease_duration();
            out.plain(&open.len());
            for (round, began) in open {
                out.plain(round);
                out.since(Some(*began), lease);
            }
            out.since(answered.map(|(_, began)| began), lease);
        }
    }
}

impl Fingerprint for PendingRead {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { round, index, reader } = self;
        out.plain(&(round, index, core::mem::discriminant(reader)));
        match reader {
            Reader::Client(request) => out.plain(request),
            Reader::Follower(node, id) => {
                out.name(*node);
                out.plain(id);
            }
        }
    }
}

impl Fingerprint for AllowedRead {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { index, request, since } = self;
        out.plain(&(index, request));
        out.since(Some(*since), NO_LIMIT);
    }
}
