//! Catching up new servers (dissertation §4.2.1).
//!
//! A server that lacks a part of the log delays the cluster as a voter: entries may have to wait
//! for it to be committed. So a server joins as a learner, and the leader replicates the log to it
//! in rounds. A round replicates the entries that the log holds when the round begins; the next one
//! those that were appended meanwhile. When a round is shorter than an election timeout, the server
//! has caught up, however fast the log grows. A slow disk may take its time in addition.

use alloc::vec::Vec;
use core::time::Duration;

use super::change::Change;
use super::fingerprint::NO_LIMIT;
use super::hung_disk::write_time;
use super::progress::Progress;
use super::{Leader, Node};
use crate::fingerprint::{Fingerprint, Prints};
use crate::{Instant, LogIndex, Membership, NodeId, Refusal};

/// The rounds in which a leader replicates its log to a learner.
#[derive(Clone, Debug, Default)]
pub(super) struct CatchUpRounds {
    /// The last entry of the log at the beginning of the present round, and that moment; `None`
    /// while the server is not known to lack an entry.
    open: Option<(LogIndex, Instant)>,
    /// The length of the last round; `None` before its end.
    last: Option<Duration>,
    /// How many rounds in a row were not shorter than an election timeout.
    slow: u32,
}

impl CatchUpRounds {
    /// The server's disk holds the log, which ends at `last`, up to `match_index`: ends the round,
    /// and begins the next one.
    pub(super) fn advance(&mut self, match_index: LogIndex, last: LogIndex, clock: RoundClock) {
        if let Some((goal, began)) = self.open
            && match_index >= goal
        {
            let length = clock.now - began;
            self.slow = if length < clock.limit { 0 } else { self.slow + 1 };
            self.last = Some(length);
            self.open = None;
        }
        if self.open.is_none() && match_index < last {
            self.open = Some((last, clock.now));
        }
    }

    /// Whether the last round was short, and the present one is not long yet.
    fn has_caught_up(&self, clock: RoundClock) -> bool {
        self.last.is_some_and(|length| length < clock.limit)
            && self.open.is_none_or(|(_, began)| clock.now - began < clock.limit)
    }
}

impl Fingerprint for CatchUpRounds {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { open, last, slow } = self;
        out.plain(&(open.map(|(goal, _)| goal), last.is_some(), slow));
        out.since(open.map(|(_, began)| began), NO_LIMIT);
        out.duration(last.unwrap_or_default());
    }
}

/// The moment, and the length that a round must stay below.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoundClock {
    pub(super) now: Instant,
    /// The longest election timeout. If the server's disk is slow, longer: it needs as long for
    /// any round.
    pub(super) limit: Duration,
}

/// The progress of a new server in a change: the parts of log and snapshot that it holds, and since
/// when. While the server has caught up, or there is no such change, that counts for nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct CatchUp {
    replicated: (LogIndex, u64),
    since: Instant,
    /// How often it lost bytes of a snapshot that it held, since it got an entry.
    losses: u32,
}

impl CatchUp {
    pub(super) fn new(now: Instant) -> Self {
        Self { replicated: (LogIndex(0), 0), since: now, losses: 0 }
    }

    /// The server holds this now.
    fn advanced(self, replicated: (LogIndex, u64), now: Instant) -> Self {
        let is_same = replicated == self.replicated;
        let losses = match replicated.0 == self.replicated.0 {
            true => self.losses + u32::from(replicated.1 < self.replicated.1),
            false => 0,
        };
        Self { replicated, since: if is_same { self.since } else { now }, losses }
    }
}

impl Fingerprint for CatchUp {
    fn print(&self, out: &mut Prints<'_>) {
        let Self { replicated, since, losses } = self;
        out.plain(&(replicated, losses));
        out.since(Some(*since), NO_LIMIT);
    }
}

/// A change is given up if a new server makes no progress for this many of the longest election
/// timeouts.
pub(super) const PATIENCE: u32 = 20;

/// So many times as long if the new server answers, and has yet to store what it received; and one
/// more second for each so many bytes of a snapshot (`write_time`).
const PATIENCE_WITH_DISK: u32 = 10;

/// A change is given up if so many rounds in a row are not shorter than an election timeout: the
/// log grows faster than the server receives it.
const MAX_SLOW_ROUNDS: u32 = 10;

/// A change is given up if a new server loses so often what it received of a snapshot: it crashes
/// again and again.
const MAX_LOSSES: u32 = 10;

impl Node {
    fn round_clock(&self, progress: &Progress) -> RoundClock {
        let settings = &self.config.settings;
        let limit = settings.election_timeout_max + progress.slow_disk(settings);
        RoundClock { now: self.now, limit }
    }

    /// Dissertation §4.2.1: whether a server lacks so little of the log that its vote would not
    /// delay the cluster.
    pub(super) fn has_caught_up(&self, leader: &Leader, node: NodeId) -> bool {
        let last = self.log.last().index;
        leader.progress(node).is_some_and(|progress| {
            let is_short =
                |rounds: &CatchUpRounds| rounds.has_caught_up(self.round_clock(progress));
            progress.match_index == last || progress.rounds.as_ref().is_some_and(is_short)
        })
    }

    /// Servers that the change makes voters and that have not caught up.
    pub(super) fn missing_voters(&self, leader: &Leader, target: &Membership) -> Vec<NodeId> {
        let present = self.membership();
        let is_missing =
            |node: &NodeId| !present.is_voter(*node) && !rule!(self.has_caught_up(leader, *node));
        target.voters().iter().copied().filter(is_missing).collect()
    }

    /// The members may be others now: learners have rounds, voters have none.
    pub(super) fn begin_rounds(&self, leader: &mut Leader) {
        let last = self.log.last().index;
        for progress in &mut leader.peers {
            match self.membership().is_voter(progress.peer) {
                true => progress.rounds = None,
                false => {
                    progress.rounds.get_or_insert_default();
                    let clock = self.round_clock(progress);
                    progress.advance_rounds(last, clock);
                }
            }
        }
    }

    /// A learner acknowledged entries: its round may be over.
    pub(super) fn advance_rounds_of(&self, leader: &mut Leader, node: NodeId) {
        if let Some(position) = leader.position(node)
            && leader.peers[position].rounds.is_some()
        {
            let (last, progress) = (self.log.last().index, &mut leader.peers[position]);
            let clock = self.round_clock(progress);
            progress.advance_rounds(last, clock);
        }
    }

    /// With each heartbeat: begins a round for each learner that has begun to lack entries.
    pub(super) fn advance_rounds(&self, leader: &mut Leader) {
        let last = self.log.last().index;
        for progress in &mut leader.peers {
            let clock = self.round_clock(progress);
            progress.advance_rounds(last, clock);
        }
    }

    /// A change that begins counts the slow rounds, and the time without progress, from then on.
    pub(super) fn begin_catch_up(&self, leader: &mut Leader) {
        for progress in &mut leader.peers {
            progress.catch_up = CatchUp::new(self.now);
            if let Some(rounds) = &mut progress.rounds {
                rounds.slow = 0;
            }
        }
    }

    /// Dissertation §4.2.1, with each heartbeat: gives up a change whose new server makes no
    /// progress, or receives the log more slowly than it grows.
    pub(super) fn give_up_stalled_change(&mut self, leader: &mut Leader) {
        let Some(target) = leader.change.as_ref().and_then(Change::catching_up) else { return };
        let missing = self.missing_voters(leader, target);
        for progress in &mut leader.peers {
            progress.catch_up = match missing.contains(&progress.peer) {
                true => progress.catch_up.advanced(progress.replicated(), self.now),
                false => CatchUp::new(self.now),
            };
        }
        let is_slow = |node: &&NodeId| {
            let rounds = leader.progress(**node).and_then(|progress| progress.rounds.as_ref());
            rounds.is_some_and(|rounds| rounds.slow >= MAX_SLOW_ROUNDS)
        };
        if let Some(node) = missing.iter().find(is_slow).copied() {
            let reason = Refusal::CatchUpTooSlow { node, rounds: MAX_SLOW_ROUNDS };
            return self.give_up_change(leader, reason);
        }
        let is_stalled = |node: &&NodeId| {
            leader.progress(**node).is_some_and(|progress| self.is_stalled(progress))
        };
        if let Some(node) = missing.iter().find(is_stalled).copied() {
            self.give_up_change(leader, Refusal::CatchUpStalled { node });
        }
    }

    fn is_stalled(&self, progress: &Progress) -> bool {
        let CatchUp { since, losses, .. } = progress.catch_up;
        self.now - since > self.patience_with(progress) || losses >= MAX_LOSSES
    }

    /// How long a new server may make no progress. One that answers may be storing a large
    /// snapshot, or have a slow disk.
    fn patience_with(&self, progress: &Progress) -> Duration {
        let patience = self.config.settings.election_timeout_max * PATIENCE;
        let answers = self.now - progress.last_contact <= patience;
        match progress.bytes_to_store().filter(|_| answers) {
            Some(bytes) => patience * PATIENCE_WITH_DISK + write_time(bytes),
            None => patience,
        }
    }
}
