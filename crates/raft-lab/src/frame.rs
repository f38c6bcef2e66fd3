//! What the page draws: one moment of the lab, immutable.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use imbl::Vector;
use raft_core::{Instant, Message, NodeId, ReplicationTrace, Trace};
use raft_sim::{DiskEvent, DropReason, Event, EventKind, MessageEvent, MessageId, World};

use crate::{ConsoleLine, Members, Pacing};

/// How many events are kept.
const MAX_EVENTS: usize = 2000;
/// How long, in virtual time, a message that is gone stays to be shown.
const FADING_FOR: Duration = Duration::from_millis(50);
/// How many of those are kept.
const MAX_FADING: usize = 100;

/// The lab at one moment. Cheap to clone. Two frames of a lab are equal if their numbers are.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Changes when anything changes.
    pub number: u64,
    /// The cluster.
    pub world: Rc<World>,
    /// Who belongs to it.
    pub members: Members,
    /// The most recent events worth telling, oldest first; see [`is_noise`].
    pub events: Vector<Rc<Event>>,
    /// Messages that were lost a moment ago, oldest first.
    pub fading: Vector<FadingMessage>,
    /// The most recent lines of the console, oldest first.
    pub console: Vector<ConsoleLine>,
    /// Every property that is checked.
    pub invariants: Rc<[InvariantLine]>,
    /// How time passes.
    pub pacing: Pacing,
    /// What the waiting statement waits for, in words.
    pub goal: Option<String>,
    /// Where the disks are kept.
    pub durable: DurableState,
    /// What is going on, in a sentence or two.
    pub headline: String,
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

/// A message on its way to nowhere.
#[derive(Clone, Debug)]
pub struct FadingMessage {
    /// Names the message.
    pub id: MessageId,
    /// The sender.
    pub from: NodeId,
    /// The receiver that does not get it.
    pub to: NodeId,
    /// The message.
    pub message: Arc<Message>,
    /// When it was sent.
    pub sent_at: Instant,
    /// When it would have arrived.
    pub arrives_at: Instant,
    /// When it was lost.
    pub lost_at: Instant,
    /// Why.
    pub reason: DropReason,
}

/// A property and whether it holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvariantLine {
    /// Its name.
    pub name: &'static str,
    /// The section of the paper that it comes from.
    pub section: &'static str,
    /// What it says.
    pub meaning: &'static str,
    /// Whether it holds.
    pub state: InvariantState,
}

/// Whether a property holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InvariantState {
    /// It held after every event so far.
    Holding,
    /// It cannot be demanded now: a fault took away what Raft itself rests on.
    Suspended {
        /// Since when, and why.
        words: String,
    },
    /// It was broken.
    Broken {
        /// The number of the event after which that was noticed.
        event_number: u64,
        /// When.
        at: Instant,
        /// What was seen, and what it contradicts.
        description: String,
    },
}

/// Where the cluster's disks are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DurableState {
    /// In memory: closing the page forgets them.
    Scratch,
    /// In the browser's database.
    Durable {
        /// How many writes are on their way there. No node has acknowledged any of them.
        unsaved: u64,
        /// Why the lab stopped for good, if it did: the database takes no more writes. What it
        /// holds is safe; [`Lab::continue_as_scratch`](crate::Lab::continue_as_scratch) goes on
        /// without it.
        error: Option<String>,
    },
}

/// Whether an event belongs to the hum of a healthy cluster: the page draws it, but a list of what
/// happened is better without it.
pub fn is_noise(kind: &EventKind) -> bool {
    match kind {
        EventKind::Core { trace, .. } => {
            matches!(
                trace,
                Trace::Replication(ReplicationTrace::EntriesAccepted { new_entries: 0, .. })
            )
        }
        EventKind::Message { event, .. } => {
            matches!(event, MessageEvent::Sent { .. } | MessageEvent::Delivered)
        }
        EventKind::Disk { event, .. } => {
            matches!(event, DiskEvent::WriteIssued { .. } | DiskEvent::WriteDurable { .. })
        }
        EventKind::StateMachine { .. }
        | EventKind::Process { .. }
        | EventKind::Network(_)
        | EventKind::Client { .. }
        | EventKind::Cluster(_) => false,
    }
}

/// The events and losses of the last moments.
#[derive(Clone, Default, Debug)]
pub(crate) struct Recent {
    pub(crate) events: Vector<Rc<Event>>,
    fading: VecDeque<FadingMessage>,
}

impl Recent {
    pub(crate) fn observe(&mut self, event: &Event) {
        if let EventKind::Message {
            id,
            from,
            to,
            message,
            event: MessageEvent::Dropped { sent_at, arrives_at, reason },
        } = &event.kind
        {
            self.fading.push_back(FadingMessage {
                id: *id,
                from: *from,
                to: *to,
                message: message.clone(),
                sent_at: *sent_at,
                arrives_at: *arrives_at,
                lost_at: event.at,
                reason: *reason,
            });
            if self.fading.len() > MAX_FADING {
                self.fading.pop_front();
            }
        }
        if !is_noise(&event.kind) {
            self.events.push_back(Rc::new(event.clone()));
            if self.events.len() > MAX_EVENTS {
                self.events.pop_front();
            }
        }
    }

    /// Forgets what died too long ago.
    pub(crate) fn forget_before(&mut self, now: Instant) {
        while self.fading.front().is_some_and(|first| now - first.lost_at > FADING_FOR) {
            self.fading.pop_front();
        }
    }

    pub(crate) fn fading(&self) -> Vector<FadingMessage> {
        self.fading.iter().cloned().collect()
    }
}
