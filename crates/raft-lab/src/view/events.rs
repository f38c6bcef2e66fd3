//! The most recent events, in words.

mod rows;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::rc::Rc;

use imbl::Vector;
use raft_core::{Instant, NodeId};
use raft_sim::{Event, EventNumber, Words};
use serde::{Deserialize, Serialize};

use self::rows::{Row, fold};
use super::{ViewWindow, shared};

/// An event: the argument of a function given to `helios.onEvent`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventView {
    /// Counts all events of the world from 1.
    pub number: EventNumber,
    /// The number of steps that the world had taken, with the one that made the event.
    pub step: u64,
    /// The number of the event without which this one would not have happened; `None` for an
    /// action, and at the start.
    pub cause: Option<EventNumber>,
    /// The time of the event.
    pub at: Instant,
    /// The kind: `sent`, `crashed`, `client_answered`, …
    pub kind: Cow<'static, str>,
    /// The node that it happened to.
    pub node: Option<NodeId>,
    /// The event in words.
    pub words: Words,
}

/// The most recent events without the [routine](raft_sim::EventKind::is_routine).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct EventsView {
    /// The newest first.
    pub rows: Vec<Rc<EventRowView>>,
    /// Whether there are earlier ones.
    pub has_more: bool,
}

/// A row of the list of events. Losses that belong together are one row, or a partition would fill
/// the list with lost heartbeats.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventRowView {
    /// The newest event of the row. Its words do not repeat the row's node as their subject.
    pub event: EventView,
    /// The oldest event of the row: it stays when newer ones join the row, so it is the row's key.
    pub oldest: EventNumber,
    /// The number of events of the row.
    pub count: usize,
}

/// An event that is kept for the list.
#[derive(Debug)]
pub(crate) struct KeptEvent {
    pub(crate) event: Event,
    /// The row, if it is one of its own; made when somebody looks.
    row: OnceCell<Rc<EventRowView>>,
}

impl KeptEvent {
    pub(crate) fn new(event: Event) -> Self {
        Self { event, row: OnceCell::new() }
    }

    fn row(&self) -> Rc<EventRowView> {
        let make = || {
            let words = Words::without_subject(&self.event.kind);
            let event = EventView { words, ..EventView::from(&self.event) };
            Rc::new(EventRowView { event, oldest: self.event.number, count: 1 })
        };
        self.row.get_or_init(make).clone()
    }
}

impl From<&Event> for EventView {
    fn from(event: &Event) -> Self {
        Self {
            number: event.number,
            step: event.step,
            cause: event.cause,
            at: event.at,
            kind: event.kind.name().into(),
            node: event.kind.node(),
            words: Words::of(&event.kind),
        }
    }
}

/// Makes windows of events.
#[derive(Default)]
pub(super) struct EventsMaker {
    /// The newest event and the wish of the last window.
    made_of: Option<(Option<Rc<KeptEvent>>, ViewWindow)>,
}

impl EventsMaker {
    /// The newest of `events`, which are given oldest first. `before` is the one that this maker
    /// made last.
    pub(super) fn make(
        &mut self,
        events: &Vector<Rc<KeptEvent>>,
        window: &ViewWindow,
        before: Option<&Rc<EventsView>>,
    ) -> Rc<EventsView> {
        let newest = events.last();
        if let (Some(before), Some((of, wish))) = (before, &self.made_of)
            && of.as_ref().map(Rc::as_ptr) == newest.map(Rc::as_ptr)
            && (wish.events, wish.events_of) == (window.events, window.events_of)
        {
            return before.clone();
        }
        self.made_of = Some((newest.cloned(), window.clone()));
        let is_wanted = |kept: &&Rc<KeptEvent>| {
            window.events_of.is_none_or(|node| kept.event.kind.node() == Some(node))
        };
        let mut rows = fold(events.iter().rev().filter(is_wanted), window.events + 1);
        let has_more = rows.len() > window.events;
        rows.truncate(window.events);
        let rows = rows.iter().map(Row::view).collect();
        shared(EventsView { rows, has_more }, before)
    }
}
