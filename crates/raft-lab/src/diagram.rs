//! The sequence diagram as a page shows it: a window of time, with its lanes and items.

mod maker;

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use raft_core::{Instant, RoleKind, Term};
use raft_diagram::{Diagram, DiagramFilter, EventSet, LaneId, Layer, PointTopic, WriteResult};
use raft_sim::{EventNumber, MessageId, Words};
use serde::Serialize;

use crate::MessageLook;

pub(crate) use self::maker::{DiagramMaker, DiagramMoment};

/// The part of a window that is before the moment that is shown, if the window follows it.
const BEFORE_CURSOR: f64 = 0.85;
/// The span of a window that nobody chose, in µs.
const SPAN: u64 = 120_000;

/// What a page wants to see of the diagram.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiagramWindow {
    /// The time at the upper edge; `None`: the window follows the moment that is shown.
    pub from: Option<Instant>,
    /// The time from the upper to the lower edge, in µs; at least 1 ms and at most an hour.
    pub span: u64,
    /// The lanes without items.
    pub hidden_lanes: BTreeSet<LaneId>,
    /// The layers that are not shown.
    pub hidden_layers: BTreeSet<Layer>,
    /// Whether routine without news is shown, such as the timers and repeated heartbeats.
    pub noise: bool,
    /// Only the items that are related so; `None`: all.
    pub only: Option<Related>,
    /// The items that are related so are lit, and the others are not; `None`: none is lit.
    pub lit: Option<Related>,
    /// The event whose item is told in full.
    pub about: Option<EventNumber>,
}

/// Events that are related to one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Related {
    /// The event, and all that led to it.
    Past(EventNumber),
    /// The event, and all that it caused.
    Future(EventNumber),
    /// All that happened for the operation that the event invoked.
    Operation(EventNumber),
}

/// The diagram in a window of time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DiagramView {
    /// The time at the upper edge.
    pub from: Instant,
    /// The time at the lower edge.
    pub until: Instant,
    /// The moment that is shown.
    pub cursor: Instant,
    /// The time of the end of the branch.
    pub end: Instant,
    /// The nodes, then the clients.
    pub lanes: Vec<LaneView>,
    /// The items that touch the window, in the order of the events that began them.
    pub items: Vec<ShownItem>,
    /// The number of items that are left out, because they would be too many to be told apart.
    pub left_out: usize,
    /// Whether the operations that were answered by now contradict each other; `None` while time
    /// passes, and while the run up to the moment is not computed.
    pub verdict: Option<Rc<VerdictView>>,
    /// The events that the window lights, in order; `None`: it lights none.
    pub lit: Option<Rc<[EventNumber]>>,
    /// The item that the window asks about.
    pub about: Option<Rc<ItemDetails>>,
    /// How much of the window's time is computed, in percent; `None`: all of it.
    pub computed: Option<u8>,
}

/// A lane.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LaneView {
    /// The node or the client.
    pub id: LaneId,
    /// Whether it shows no items.
    pub is_hidden: bool,
    /// The time of the first event that names it.
    pub since: Instant,
    /// The term and the role of a node in the window, in order.
    pub stretches: Vec<StretchView>,
    /// Those at the moment that is shown; `None` of a client, and before the node started.
    pub now: Option<StretchView>,
}

/// A stretch of a node's lane. It lasts until the next one begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct StretchView {
    /// The time at which it began.
    pub since: Instant,
    /// The node's term; of a node that is down, its last one.
    pub term: Term,
    /// The role; `None` while the node is down.
    pub role: Option<RoleKind>,
    /// Whether the process is paused.
    pub is_paused: bool,
}

/// An item, and how it is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ShownItem {
    /// The item.
    pub item: Rc<ItemView>,
    /// Whether it is among those that the window lights; true if it lights none.
    pub is_lit: bool,
}

/// Something that is drawn.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ItemView {
    /// The event that began it: it names the item.
    pub event: EventNumber,
    /// The time of that event.
    pub at: Instant,
    /// The time at which it ended; `None` while it lasts.
    pub ended: Option<Instant>,
    /// The fewest words.
    pub label: Rc<str>,
    /// What it is.
    pub shape: ItemShape,
}

/// The kinds of items.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemShape {
    /// A message between nodes.
    Message {
        /// The message.
        id: MessageId,
        /// The sender and the receiver.
        lanes: (LaneId, LaneId),
        /// The kind, and whether it grants or refuses.
        look: MessageLook,
        /// When it arrives if nothing happens to it.
        arrives_at: Instant,
        /// The result so far.
        fate: FateView,
    },
    /// A request of a client, or a reply to it.
    Exchange {
        /// From where, and to where.
        lanes: (LaneId, LaneId),
        /// The result so far.
        fate: FateView,
    },
    /// A write to a disk.
    Write {
        /// The node.
        lane: LaneId,
        /// The result so far.
        result: WriteResult,
    },
    /// An operation of a client.
    Operation {
        /// The client.
        lane: LaneId,
    },
    /// Something that happens at one moment.
    Point {
        /// Where.
        lane: LaneId,
        /// Its topic.
        topic: PointTopic,
    },
    /// A fault of the network, or the end of faults.
    Fault {
        /// The nodes that it concerns; empty: all.
        lanes: Vec<LaneId>,
        /// Whether it ends faults.
        is_end: bool,
    },
}

/// The result of a message, a request or a reply.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FateView {
    /// It is under way.
    UnderWay,
    /// It waits until it is released.
    Held,
    /// It arrived.
    Arrived,
    /// It is lost; why.
    Lost(Rc<str>),
}

/// An item in full.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ItemDetails {
    /// The event that began it.
    pub event: EventNumber,
    /// The sentence.
    pub words: Words,
    /// The time at which it began.
    pub at: Instant,
    /// The time at which it ended.
    pub ended: Option<Instant>,
    /// The number of steps of the world with the one that began it: the page can show that moment.
    pub steps: u64,
    /// Whether it is an operation of a client.
    pub is_operation: bool,
}

/// What can be said of the operations that were answered by a moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictView {
    /// They have an order.
    Linearizable,
    /// They have none.
    Contradiction {
        /// The fewest operations that contradict each other, by the events that invoked them.
        operations: Vec<EventNumber>,
        /// The one whose answer is impossible.
        impossible: EventNumber,
        /// From the invocation of the first of them to the answer that is impossible.
        times: (Instant, Instant),
        /// Which answer is impossible, and why.
        sentence: Words,
    },
    /// Nobody can say; why.
    Unknown(Words),
}

impl Default for DiagramWindow {
    fn default() -> Self {
        Self {
            from: None,
            span: SPAN,
            hidden_lanes: BTreeSet::new(),
            hidden_layers: BTreeSet::new(),
            noise: false,
            only: None,
            lit: None,
            about: None,
        }
    }
}

impl DiagramWindow {
    /// The shortest span, in µs.
    pub const LEAST_SPAN: u64 = 1_000;
    /// The longest span, in µs.
    pub const MOST_SPAN: u64 = 3_600_000_000;

    /// The same wishes for another run: without a place, and without events.
    #[must_use]
    pub fn anew(self) -> Self {
        Self { from: None, only: None, lit: None, about: None, ..self }
    }

    /// What is shown of a diagram; `events` are those of [`only`](Self::only).
    pub(crate) fn filter(&self, diagram: &Diagram, events: Option<EventSet>) -> DiagramFilter {
        let lanes = diagram.lanes().map(|lane| lane.id);
        let shown = lanes.filter(|lane| !self.hidden_lanes.contains(lane));
        DiagramFilter {
            lanes: (!self.hidden_lanes.is_empty()).then(|| shown.collect()),
            messages: None,
            hidden: self.hidden_layers.clone(),
            noise: self.noise,
            events,
        }
    }

    /// Half of the time, at least the least.
    pub(crate) fn halve(&mut self) {
        self.span = (self.span / 2).max(Self::LEAST_SPAN);
    }

    /// The times at the edges, given the moment that is shown.
    pub fn edges(&self, cursor: Instant) -> Range<Instant> {
        let span = self.span.clamp(Self::LEAST_SPAN, Self::MOST_SPAN);
        let before = Duration::from_micros((span as f64 * BEFORE_CURSOR) as u64);
        let from = self.from.unwrap_or(Instant(cursor.0.saturating_sub(before.as_micros() as u64)));
        from..Instant(from.0.saturating_add(span))
    }
}

impl Related {
    /// The events; `None` if the diagram does not have the one to which they are related.
    pub(crate) fn events(self, diagram: &Diagram) -> Option<EventSet> {
        match self {
            Self::Past(event) => diagram.point_of(event).map(|_| diagram.past_of(event)),
            Self::Future(event) => diagram.point_of(event).map(|_| diagram.future_of(event)),
            Self::Operation(event) => diagram.operation_events(event),
        }
    }
}
