//! What a leader knows about one other server (Figure 2's `nextIndex` and `matchIndex`).

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::time::Duration;

use super::catch_up::{CatchUp, CatchUpRounds, RoundClock};
use super::fingerprint::NO_LIMIT;
use super::hung_disk::PATIENCE;
use super::outgoing::OutgoingSnapshot;
use crate::fingerprint::{Fingerprint, Prints};
use crate::{HeartbeatRound, Instant, LogIndex, NodeId, PeerStatus, ProgressKind, Settings};

/// A leader's view of another server. Always `match_index < next_index`.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    pub(super) peer: NodeId,
    /// The next entry to send. In the range `match_index + 1 ..= last_index + 1`.
    pub(super) next_index: LogIndex,
    /// The last entry known to be on the peer's disk. Never goes down during a term.
    pub(super) match_index: LogIndex,
    /// The latest round of this leader that the peer answered.
    pub(super) acked_round: HeartbeatRound,
    /// The round of this leader in which it heard of `match_index`.
    pub(super) matched_in: HeartbeatRound,
    /// When the peer last answered; at the start of a term, that moment.
    pub(super) last_contact: Instant,
    /// A round that was sent to the peer, and when. Once it is answered, the next one is.
    pinged: (HeartbeatRound, Instant),
    /// The shortest time from a round to the peer's answer; `None` before the first.
    pub(super) round_trip: Option<Duration>,
    /// An entry that was sent to the peer, and when; no moment if the peer was silent since, which
    /// says nothing about its disk. Once the entry is acknowledged, a later one is here.
    storing: Option<(LogIndex, Option<Instant>)>,
    /// How long the last such entry took to be acknowledged: the way to the peer's disk and back.
    store_time: Duration,
    /// Whether the peer installed a snapshot of this leader.
    has_installed: bool,
    /// The last entry that was sent while messages followed each other. After a loss, the peer may
    /// hold entries up to there.
    sent_through: LogIndex,
    /// The rounds in which a learner catches up; `None` for a voter.
    pub(super) rounds: Option<CatchUpRounds>,
    /// Its progress in a change that makes it a voter.
    pub(super) catch_up: CatchUp,
    pub(super) state: ProgressState,
}

#[derive(Clone, Debug)]
pub(super) enum ProgressState {
    /// Looking for the place where the logs agree: one message until an answer or a heartbeat.
    Probe { waiting: bool },
    /// The logs agree up to `match_index`; messages follow each other.
    Replicate(InFlight),
    /// The peer needs entries that are compacted. The snapshot stays the same until it is
    /// installed, even when the leader takes a newer one meanwhile.
    Snapshot(Box<OutgoingSnapshot>),
}

/// Messages with entries that are not answered yet.
#[derive(Clone, Hash, Debug)]
pub(super) struct InFlight {
    /// The last index and the payload bytes of each, oldest first.
    pub(super) messages: VecDeque<(LogIndex, usize)>,
    bytes: usize,
    /// The most messages. After a loss it is 1, and twice as many whenever the peer lacked all that
    /// follows them. [`UNLIMITED`] once the peer holds all that was sent before.
    limit: usize,
}

/// A silence of more than so many election timeouts is the same to every rule: the patience with a
/// new server is the longest.
const SILENCES: u32 = super::catch_up::PATIENCE + 1;

/// No message is known to be lost.
const UNLIMITED: usize = usize::MAX;

impl InFlight {
    /// Whether another message may follow.
    pub(super) fn has_room(&self, max_messages: usize, max_bytes: usize) -> bool {
        self.messages.len() < max_messages.min(self.limit)
            && (self.bytes < max_bytes || self.messages.is_empty())
    }

    pub(super) fn push(&mut self, last: LogIndex, bytes: usize) {
        self.messages.push_back((last, bytes));
        self.bytes += bytes;
    }

    /// The peer's disk holds everything up to `match_index`.
    fn free(&mut self, match_index: LogIndex) {
        let is_done = |(last, _): &mut (LogIndex, usize)| *last <= match_index;
        let mut freed = None;
        while let Some((last, bytes)) = self.messages.pop_front_if(is_done) {
            self.bytes -= bytes;
            freed = Some(last);
        }
        if self.limit != UNLIMITED
            && let Some(last) = freed
        {
            // If the peer holds more than was sent again, so it may after the next gap.
            self.limit = if last < match_index { 1 } else { self.limit.saturating_mul(2) };
        }
    }
}

impl Progress {
    /// At the start of a term (Figure 2): `next_index` is after the leader's last entry.
    pub(super) fn new(peer: NodeId, last_index: LogIndex, now: Instant) -> Self {
        Self {
            peer,
            next_index: last_index.next(),
            match_index: LogIndex(0),
            acked_round: HeartbeatRound(0),
            matched_in: HeartbeatRound(0),
            last_contact: now,
            pinged: (HeartbeatRound(0), now),
            round_trip: None,
            storing: None,
            store_time: Duration::ZERO,
            has_installed: false,
            sent_through: LogIndex(0),
            rounds: None,
            catch_up: CatchUp::new(now),
            state: ProgressState::Probe { waiting: false },
        }
    }

    /// Raft §5.3: the peer's disk holds the leader's log up to `match_index`. Whether that is more
    /// than was known.
    pub(super) fn record_match(&mut self, match_index: LogIndex, now: Instant) -> bool {
        let is_more = match_index > self.match_index;
        if let Some((_, sent)) = self.storing.take_if(|(index, _)| *index <= match_index) {
            self.store_time = sent.map_or(self.store_time, |sent| now - sent);
        }
        self.match_index = self.match_index.max(match_index);
        self.next_index = self.next_index.max(self.match_index.next());
        match &mut self.state {
            ProgressState::Replicate(in_flight) => {
                in_flight.free(match_index);
                if in_flight.limit != UNLIMITED && match_index >= self.sent_through {
                    in_flight.limit = UNLIMITED;
                }
            }
            // A late answer that says nothing new does not answer the probe.
            ProgressState::Probe { .. } if is_more || match_index.next() == self.next_index => {
                self.become_replicate();
            }
            ProgressState::Probe { .. } => {}
            // A piece may still be under way, but the peer no longer needs it.
            ProgressState::Snapshot(outgoing) => {
                if self.match_index >= outgoing.snapshot.last_included_index {
                    self.has_installed = true;
                    self.become_replicate();
                }
            }
        }
        assert!(self.match_index < self.next_index, "next_index is at most match_index");
        is_more
    }

    /// A message of this round is sent to the peer.
    pub(super) fn note_sent(&mut self, round: HeartbeatRound, now: Instant) {
        if self.acked_round >= self.pinged.0 {
            self.pinged = (round, now);
        }
    }

    /// The peer answered. `silence` is the time without an answer that is too long. Its first
    /// answer in a term may have waited for its disk, which stores the term.
    #[inline]
    pub(super) fn note_contact(&mut self, silence: Duration, now: Instant) {
        if now - self.last_contact > silence
            && self.acked_round > HeartbeatRound(0)
            && let Some((_, sent)) = &mut self.storing
        {
            *sent = None;
        }
        self.last_contact = now;
    }

    /// The peer answered a round that it had not answered before.
    pub(super) fn note_answered(&mut self, round: HeartbeatRound, now: Instant) {
        let (pinged, at) = self.pinged;
        if round >= pinged && self.acked_round < pinged {
            let time = now - at;
            self.round_trip = Some(self.round_trip.map_or(time, |shortest| shortest.min(time)));
        }
        self.acked_round = round;
    }

    /// Dissertation §4.2.1: ends and begins rounds of a learner, with the log ending at `last`.
    pub(super) fn advance_rounds(&mut self, last: LogIndex, clock: RoundClock) {
        if let Some(rounds) = &mut self.rounds {
            rounds.advance(self.match_index, last, clock);
        }
    }

    /// The logs agree up to `match_index`: send what follows without waiting. If the peer may hold
    /// some of it, since only messages before it were lost, one message shows that.
    fn become_replicate(&mut self) {
        self.next_index = self.match_index.next();
        let limit = if self.match_index < self.sent_through { 1 } else { UNLIMITED };
        let in_flight = InFlight { messages: VecDeque::new(), bytes: 0, limit };
        self.state = ProgressState::Replicate(in_flight);
    }

    /// Entries up to `through` were sent, as one message of many.
    #[inline]
    pub(super) fn note_entries(&mut self, through: LogIndex, bytes: usize, now: Instant) {
        self.storing.get_or_insert((through, Some(now)));
        if let ProgressState::Replicate(in_flight) = &mut self.state {
            in_flight.push(through, bytes);
            self.next_index = through.next();
            self.sent_through = self.sent_through.max(through);
        }
    }

    /// Raft §5.3: starts over, one message at a time, from `next_index`.
    pub(super) fn become_probe(&mut self, next_index: LogIndex) {
        self.next_index = next_index.max(self.match_index.next());
        self.storing = None;
        self.state = ProgressState::Probe { waiting: false };
    }

    /// Raft §7: the peer needs a snapshot.
    pub(super) fn become_snapshot(&mut self, outgoing: OutgoingSnapshot) {
        self.storing = None;
        self.state = ProgressState::Snapshot(Box::new(outgoing));
    }

    /// The last entry, and the bytes of a snapshot, that the peer holds: they grow while it catches
    /// up.
    pub(super) fn replicated(&self) -> (LogIndex, u64) {
        let received = match &self.state {
            ProgressState::Snapshot(outgoing) => outgoing.received(),
            ProgressState::Probe { .. } | ProgressState::Replicate(_) => 0,
        };
        (self.match_index, received)
    }

    /// Raft §7: the entry after which the peer needs the log because of a snapshot: the end of the
    /// one that is being sent, if the transfer makes progress; after an installation, the last
    /// entry that the peer holds. `answers` says whether the peer answered a moment ago.
    pub(super) fn needs_after(&self, answers: bool) -> Option<LogIndex> {
        match &self.state {
            ProgressState::Snapshot(outgoing) => {
                let makes_progress = outgoing.makes_progress() || answers && outgoing.is_sent();
                makes_progress.then_some(outgoing.snapshot.last_included_index)
            }
            ProgressState::Probe { .. } | ProgressState::Replicate(_) => {
                (self.has_installed && answers).then_some(self.match_index)
            }
        }
    }

    /// How much longer than an election timeout the peer needs because of its disk: the time in
    /// which it stored an entry, if that is longer than the shortest timeout (§5.6). No more than
    /// the time after which a disk hangs.
    pub(super) fn slow_disk(&self, settings: &Settings) -> Duration {
        // The answer to a heartbeat waits for no disk.
        let disk = self.store_time.saturating_sub(self.round_trip.unwrap_or_default());
        match disk > settings.election_timeout_min {
            true => disk.min(settings.election_timeout_max * PATIENCE),
            false => Duration::ZERO,
        }
    }

    /// The bytes of a snapshot that was sent as a whole and that the peer has not stored yet; 0 if
    /// the peer has yet to store entries. `None` if it lacks more than its disk's answer.
    pub(super) fn bytes_to_store(&self) -> Option<u64> {
        match &self.state {
            ProgressState::Snapshot(outgoing) => {
                outgoing.is_sent().then(|| outgoing.snapshot.data.len())
            }
            ProgressState::Probe { .. } | ProgressState::Replicate(_) => self.storing.map(|_| 0),
        }
    }

    /// Messages with entries, or pieces, that the peer has not answered yet.
    pub(super) fn in_flight(&self) -> usize {
        match &self.state {
            ProgressState::Probe { waiting } => usize::from(*waiting),
            ProgressState::Replicate(in_flight) => in_flight.messages.len(),
            ProgressState::Snapshot(_) => 1,
        }
    }

    pub(super) fn status(&self) -> PeerStatus {
        let (state, in_flight_bytes) = match &self.state {
            ProgressState::Probe { .. } => (ProgressKind::Probe, 0),
            ProgressState::Replicate(in_flight) => {
                (ProgressKind::Replicate, in_flight.bytes as u64)
            }
            ProgressState::Snapshot(outgoing) => {
                let received = outgoing.received();
                let total = outgoing.snapshot.data.len();
                (ProgressKind::Snapshot { received, total }, outgoing.in_flight())
            }
        };
        PeerStatus {
            id: self.peer,
            next_index: self.next_index,
            match_index: self.match_index,
            state,
            in_flight: self.in_flight(),
            in_flight_bytes,
            last_contact: self.last_contact,
        }
    }
}

impl Progress {
    /// Its progress in a change counts only while such a change waits for new servers.
    pub(super) fn print(
        &self,
        (settings, is_catching_up): (&Settings, bool),
        out: &mut Prints<'_>,
    ) {
        let Self {
            // Its name comes before.
            peer: _,
            next_index,
            match_index,
            acked_round,
            matched_in,
            last_contact,
            pinged: (pinged, pinged_at),
            round_trip,
            storing,
            store_time,
            has_installed,
            sent_through,
            rounds,
            catch_up,
            state,
        } = self;
        out.plain(&(next_index, match_index, acked_round, matched_in, has_installed, sent_through));
        out.since(Some(*last_contact), settings.election_timeout_max * SILENCES);
        // An answered one is over.
        let pinged = Some(pinged).filter(|pinged| *pinged > acked_round);
        if out.with_time() {
            out.plain(&pinged);
            out.since(pinged.map(|_| *pinged_at), NO_LIMIT);
            out.plain(&(round_trip, store_time));
        }
        out.plain(&storing.map(|(index, _)| index));
        out.since(storing.and_then(|(_, sent)| sent), NO_LIMIT);
        out.option(rounds.as_ref());
        out.option(is_catching_up.then_some(catch_up));
        out.plain(&core::mem::discriminant(state));
        match state {
            ProgressState::Probe { waiting } => out.plain(waiting),
            ProgressState::Replicate(in_flight) => out.plain(in_flight),
            ProgressState::Snapshot(outgoing) => outgoing.print(out),
        }
    }
}
