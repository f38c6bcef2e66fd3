//! Links between nodes, and the messages in flight on them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use raft_core::{Body, Instant, Message, NodeId, Payload};
use serde::{Deserialize, Serialize};

use crate::random::{Purpose, Random};
use crate::{
    ActionError, DelayRange, EventNumber, LatencyShape, LinkChange, MessageKind, NetworkError,
    NextMessage, Setup,
};

/// The largest bandwidth of a link, in bytes per second.
pub const MAX_BANDWIDTH: u64 = 1 << 40;
/// The most messages that may wait in front of a link; also the default.
pub const MAX_QUEUE: u32 = 1_000;
/// The number of messages that a link remembers for a [replay](crate::NetworkAction::Replay).
pub const MAX_REPLAY: u32 = 32;
/// The longest time for which a link is clogged.
pub const MAX_CLOG: Duration = Duration::from_secs(3600);

/// The bytes of a message besides its entries or data.
const HEADER_BYTES: u64 = 64;
/// The bytes of an entry besides its command, and of each server of a membership.
const ENTRY_BYTES: u64 = 24;
const MEMBER_BYTES: u64 = 8;

/// Names a message that was sent. Ids count up from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct MessageId(pub u64);

/// One direction of a link between two nodes.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whether all messages are lost.
    pub cut: bool,
    /// The event that cut it, if it is cut.
    pub(crate) cut_by: Option<EventNumber>,
    /// The time that a message takes.
    pub latency: DelayRange,
    /// The distribution of `latency`.
    pub shape: LatencyShape,
    /// The number of messages in a million that are lost.
    pub loss_per_million: u32,
    /// The number of messages in a million that arrive twice.
    pub duplication_per_million: u32,
    /// Whether a message may overtake another.
    pub reordering: bool,
    /// Bytes per second, counted by [`wire_bytes`]; `None`: no limit.
    pub bandwidth: Option<u64>,
    /// The most messages that wait in front of it while it is busy or clogged; further ones are
    /// lost.
    pub queue_limit: u32,
    /// Messages sent before this time wait until then.
    pub clogged_until: Instant,
    /// Messages of these kinds wait at the end of the link.
    held: Vec<MessageKind>,
    /// The deed that awaits the next message of a kind that arrives; at most one for each kind.
    next: Vec<(MessageKind, Awaited)>,
    /// The times at which the waiting messages have left, in order.
    waiting: VecDeque<Instant>,
    /// The messages that arrived last, the oldest first; at most [`MAX_REPLAY`].
    carried: VecDeque<Arc<Message>>,
    /// The latest arrival so far. Without reordering, the next one is not earlier.
    last_arrival: Instant,
    random: Random,
}

/// A deed that awaits a message, and the event that ordered it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Awaited {
    pub(crate) deed: NextMessage,
    pub(crate) ordered_by: EventNumber,
}

/// A message in flight.
#[derive(Clone, Debug)]
pub struct InFlightMessage {
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
    /// When it arrives, if it is not lost.
    pub arrives_at: Instant,
    /// When the link loses it, if it does.
    pub lost_at: Option<Instant>,
    /// Whether it is held.
    pub hold: Hold,
    /// For how long it was held before, in all.
    pub waited: Duration,
    /// The event that sent it.
    pub sent_by: EventNumber,
}

/// Whether a message is held, on its way or at the end of its link.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Hold {
    /// It is held if the link holds messages of its kind when it arrives.
    #[default]
    Open,
    /// It waits until it is released. Then it takes the rest of its way.
    Held {
        /// Since when it is held: from its arrival on, if the link holds it.
        since: Instant,
    },
    /// It is delivered, whatever the link holds.
    Released,
}

impl InFlightMessage {
    /// Since when it is held; `None` if it is on its way.
    pub fn held_since(&self) -> Option<Instant> {
        match self.hold {
            Hold::Held { since } => Some(since),
            Hold::Open | Hold::Released => None,
        }
    }

    /// Whether it is held before the end of its way, not in front of the receiver.
    pub(crate) fn is_held_on_the_way(&self) -> bool {
        self.held_since().is_some_and(|since| since < self.arrives_at)
    }

    /// Ends the hold: what was to happen to it happens later by the time for which it was held.
    pub(crate) fn release(&mut self, now: Instant) {
        let waited = self.held_since().map_or(Duration::ZERO, |since| now - since);
        self.arrives_at = self.arrives_at + waited;
        self.lost_at = self.lost_at.map(|lost_at| lost_at + waited);
        self.waited += waited;
        self.hold = Hold::Released;
    }
}

/// The fate of one message on a link: its arrival, its loss, its copy.
#[derive(Debug)]
pub(crate) struct Fate {
    pub(crate) arrives_at: Instant,
    pub(crate) lost_at: Option<Instant>,
    pub(crate) copy_arrives_at: Option<Instant>,
    /// The queue in front of the link is full.
    pub(crate) finds_no_place: bool,
}

impl Link {
    pub(crate) fn new(setup: &Setup, from: NodeId, to: NodeId) -> Self {
        Self {
            cut: false,
            cut_by: None,
            latency: setup.link_latency,
            shape: setup.link_shape,
            loss_per_million: 0,
            duplication_per_million: 0,
            reordering: false,
            bandwidth: None,
            queue_limit: MAX_QUEUE,
            clogged_until: Instant(0),
            held: Vec::new(),
            next: Vec::new(),
            waiting: VecDeque::new(),
            carried: VecDeque::new(),
            last_arrival: Instant(0),
            random: Random::new(setup.seed, Purpose::Link, from.0, to.0),
        }
    }

    /// Draws from another seed from now on.
    pub(crate) fn reseed(&mut self, seed: u64, from: NodeId, to: NodeId) {
        self.random = Random::new(seed, Purpose::Link, from.0, to.0);
    }

    pub(crate) fn change(&mut self, now: Instant, change: LinkChange) -> Result<(), ActionError> {
        match change {
            LinkChange::Cut => self.cut = true,
            LinkChange::Restore => (self.cut, self.cut_by) = (false, None),
            LinkChange::Latency(range) if !range.is_valid() => {
                return Err(ActionError::Delay(range));
            }
            LinkChange::Latency(range) => self.latency = range,
            LinkChange::Loss { per_million } => {
                self.loss_per_million = check_probability(per_million)?;
            }
            LinkChange::Duplication { per_million } => {
                self.duplication_per_million = check_probability(per_million)?;
            }
            LinkChange::Reordering(allowed) => self.reordering = allowed,
            LinkChange::Shape(shape) => self.shape = shape,
            LinkChange::Bandwidth(Some(value)) if !(1..=MAX_BANDWIDTH).contains(&value) => {
                return Err(NetworkError::Bandwidth(value).into());
            }
            LinkChange::Bandwidth(bandwidth) => self.bandwidth = bandwidth,
            LinkChange::QueueLimit(limit) if limit > MAX_QUEUE => {
                return Err(NetworkError::QueueLimit(limit).into());
            }
            LinkChange::QueueLimit(limit) => self.queue_limit = limit,
            LinkChange::Clog(time) if time > MAX_CLOG => {
                return Err(NetworkError::Clog(time).into());
            }
            LinkChange::Clog(time) => self.clogged_until = now + time,
            LinkChange::Hold(kind) if self.held.contains(&kind) => {}
            LinkChange::Hold(kind) => self.held.push(kind),
            LinkChange::Release(Some(kind)) => self.held.retain(|held| *held != kind),
            LinkChange::Release(None) => self.held.clear(),
        }
        Ok(())
    }

    /// Resets all settings to those of the beginning. Messages in flight may still arrive.
    pub(crate) fn recover(&mut self, setup: &Setup) {
        let fresh = Self::new(setup, NodeId(0), NodeId(0));
        let (random, carried) = (self.random.clone(), std::mem::take(&mut self.carried));
        *self = Self { random, carried, ..fresh };
    }

    /// Draws the fate of a message sent at `now`. Always the same number of draws.
    pub(crate) fn draw(&mut self, now: Instant, message: &Message) -> Fate {
        let latency = self.shape.delay(&mut self.random, self.latency);
        let copy_latency = self.shape.delay(&mut self.random, self.latency);
        let lost = self.random.chance(self.loss_per_million);
        let doubled = self.random.chance(self.duplication_per_million);
        let lost_after = self.random.up_to(latency.as_micros() as u64);
        let leaves_at = if self.lets_wait(now) { self.line_up(now, message) } else { Some(now) };
        let Some(leaves_at) = leaves_at else {
            let arrives_at = now + latency;
            return Fate { arrives_at, lost_at: None, copy_arrives_at: None, finds_no_place: true };
        };
        let arrives_at = self.arrival(leaves_at + latency);
        let lost_at = lost.then_some(Instant(leaves_at.0 + lost_after));
        let copy_arrives_at = doubled.then(|| self.arrival(leaves_at + copy_latency));
        Fate { arrives_at, lost_at, copy_arrives_at, finds_no_place: false }
    }

    /// Whether a message sent at `now` may have to wait in front of the link.
    fn lets_wait(&self, now: Instant) -> bool {
        self.bandwidth.is_some() || self.clogged_until > now || !self.waiting.is_empty()
    }

    /// Queues a message sent at `now`. Returns the time at which it has left; `None` if the queue
    /// is full.
    fn line_up(&mut self, now: Instant, message: &Message) -> Option<Instant> {
        while self.waiting.front().is_some_and(|left_at| *left_at <= now) {
            self.waiting.pop_front();
        }
        let free_at = self.waiting.back().copied().unwrap_or(now).max(self.clogged_until);
        let takes = self.bandwidth.map_or(0, |bandwidth| {
            (wire_bytes(message).saturating_mul(1_000_000)).div_ceil(bandwidth)
        });
        let left_at = Instant(free_at.max(now).0.saturating_add(takes));
        if left_at > now {
            if self.waiting.len() >= self.queue_limit as usize {
                return None;
            }
            self.waiting.push_back(left_at);
        }
        Some(left_at)
    }

    /// Whether messages of this kind wait at the end of the link.
    pub fn holds(&self, kind: MessageKind) -> bool {
        self.held.contains(&kind)
    }

    /// Awaits the next message of a kind with a deed, in place of an earlier one.
    pub(crate) fn await_next(&mut self, kind: MessageKind, awaited: Awaited) {
        self.next.retain(|(before, _)| *before != kind);
        self.next.push((kind, awaited));
    }

    /// The deed that awaits a message of this kind. It is done once.
    pub(crate) fn take_next(&mut self, kind: MessageKind) -> Option<Awaited> {
        let place = self.next.iter().position(|(awaited, _)| *awaited == kind)?;
        Some(self.next.swap_remove(place).1)
    }

    /// Remembers a message that arrived.
    pub(crate) fn remember(&mut self, message: &Arc<Message>) {
        if self.carried.len() == MAX_REPLAY as usize {
            self.carried.pop_front();
        }
        self.carried.push_back(message.clone());
    }

    /// The messages that arrived last, the oldest first: at most [`MAX_REPLAY`].
    pub fn carried(&self) -> impl ExactSizeIterator<Item = &Arc<Message>> {
        self.carried.iter()
    }

    /// The message that arrived `back` messages ago; 1 for the last one.
    pub(crate) fn carried_before(&self, back: u32) -> Option<Arc<Message>> {
        let place = self.carried.len().checked_sub(back.max(1) as usize)?;
        self.carried.get(place).cloned()
    }

    fn arrival(&mut self, wanted: Instant) -> Instant {
        let arrival = if self.reordering { wanted } else { wanted.max(self.last_arrival) };
        self.last_arrival = self.last_arrival.max(arrival);
        arrival
    }
}

/// The bytes of a message on a link with limited bandwidth, estimated: 64, plus the data of a
/// snapshot, plus 24 for each entry, its command, and 8 for each server of a membership.
pub fn wire_bytes(message: &Message) -> u64 {
    let members = |membership: &raft_core::Membership| {
        MEMBER_BYTES * (membership.voters().len() + membership.learners().len()) as u64
    };
    HEADER_BYTES
        + match &message.body {
            Body::AppendEntries(request) => {
                let payload = |payload: &Payload| match payload {
                    Payload::Command(command) => command.len() as u64,
                    Payload::Membership(membership) => members(membership),
                    Payload::Noop => 0,
                };
                request.entries.iter().map(|entry| ENTRY_BYTES + payload(&entry.payload)).sum()
            }
            Body::InstallSnapshot(piece) => piece.data.len() as u64 + members(&piece.membership),
            Body::PreVote(_)
            | Body::PreVoteReply(_)
            | Body::RequestVote(_)
            | Body::RequestVoteReply(_)
            | Body::AppendEntriesReply(_)
            | Body::InstallSnapshotReply(_)
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => 0,
        }
}

fn check_probability(per_million: u32) -> Result<u32, NetworkError> {
    if per_million > 1_000_000 {
        return Err(NetworkError::ProbabilityTooLarge(per_million));
    }
    Ok(per_million)
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
