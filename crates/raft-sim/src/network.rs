//! Links between nodes, and the messages under way on them.

use std::fmt;
use std::sync::Arc;

use raft_core::{Instant, Message, NodeId};

use crate::random::{Purpose, Random};
use crate::{DelayRange, LinkChange, Refusal, Setup};

/// Names a message that was sent. Ids count up from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MessageId(pub u64);

/// One direction between two nodes.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whether nothing passes.
    pub cut: bool,
    /// How long messages take.
    pub latency: DelayRange,
    /// How many messages in a million are lost.
    pub loss_per_million: u32,
    /// How many messages in a million arrive twice.
    pub duplication_per_million: u32,
    /// Whether a message may overtake another.
    pub reordering: bool,
    /// When the last message arrives; without reordering the next one arrives no earlier.
    last_arrival: Instant,
    random: Random,
}

/// A message under way.
#[derive(Clone, Debug)]
pub struct InFlight {
    /// Names the message.
    pub id: MessageId,
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// The message.
    pub message: Arc<Message>,
    /// When it was sent.
    pub sent_at: Instant,
    /// When it arrives, if nothing happens to it.
    pub arrives_at: Instant,
    /// When the link loses it, if it does.
    pub lost_at: Option<Instant>,
}

/// What a link does to one message: when copies arrive, and whether the first is lost on the way.
#[derive(Debug)]
pub(crate) struct Fate {
    pub(crate) arrives_at: Instant,
    pub(crate) lost_at: Option<Instant>,
    pub(crate) copy_arrives_at: Option<Instant>,
}

impl Link {
    pub(crate) fn new(setup: &Setup, from: NodeId, to: NodeId) -> Self {
        Self {
            cut: false,
            latency: setup.link_latency,
            loss_per_million: 0,
            duplication_per_million: 0,
            reordering: false,
            last_arrival: Instant(0),
            random: Random::new(setup.seed, Purpose::Link, from.0, to.0),
        }
    }

    pub(crate) fn change(&mut self, change: LinkChange) -> Result<(), Refusal> {
        match change {
            LinkChange::Cut => self.cut = true,
            LinkChange::Restore => self.cut = false,
            LinkChange::Latency(range) if !range.is_valid() => return Err(Refusal::Delay(range)),
            LinkChange::Latency(range) => self.latency = range,
            LinkChange::Loss { per_million } => {
                self.loss_per_million = check_probability(per_million)?;
            }
            LinkChange::Duplication { per_million } => {
                self.duplication_per_million = check_probability(per_million)?;
            }
            LinkChange::Reordering(allowed) => self.reordering = allowed,
        }
        Ok(())
    }

    /// It works as at the beginning; what was sent before may still arrive.
    pub(crate) fn recover(&mut self, setup: &Setup) {
        let fresh = Self { random: self.random.clone(), ..Self::new(setup, NodeId(0), NodeId(0)) };
        *self = fresh;
    }

    /// Draws what becomes of a message sent at `now`. Always the same number of draws.
    pub(crate) fn draw(&mut self, now: Instant) -> Fate {
        let latency = self.random.delay(self.latency);
        let copy_latency = self.random.delay(self.latency);
        let lost = self.random.chance(self.loss_per_million);
        let doubled = self.random.chance(self.duplication_per_million);
        let lost_after = self.random.up_to(latency.as_micros() as u64);
        let arrives_at = self.arrival(now + latency);
        let lost_at = lost.then_some(Instant(now.0 + lost_after));
        let copy_arrives_at = doubled.then(|| self.arrival(now + copy_latency));
        Fate { arrives_at, lost_at, copy_arrives_at }
    }

    fn arrival(&mut self, wanted: Instant) -> Instant {
        let arrival = if self.reordering { wanted } else { wanted.max(self.last_arrival) };
        self.last_arrival = self.last_arrival.max(arrival);
        arrival
    }
}

fn check_probability(per_million: u32) -> Result<u32, Refusal> {
    if per_million > 1_000_000 {
        return Err(Refusal::ProbabilityTooLarge(per_million));
    }
    Ok(per_million)
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
