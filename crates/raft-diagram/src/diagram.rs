//! The diagram: lanes and items, made from the events of a run in order.

use std::collections::BTreeMap;
use std::fmt;

use raft_core::{Instant, NodeId, PersistId};
use raft_kv::{ClientId, Sequence};
use raft_sim::{Event, EventNumber, MessageId, Words};

use crate::causes::{EventRow, EventSet, EventTable, ItemNumber};
use crate::item::{Item, ItemKind};
use crate::lane::{AxisPoint, EdgeStretch, Lane, LaneId};
use crate::news::LinkNews;

/// The most events of a diagram. Each takes some hundred bytes.
pub const MAX_EVENTS: usize = 1_000_000;

/// The sequence diagram of a run, or of a stretch of a run.
///
/// It is made by [`observe`](Self::observe), one event after the other. That costs the same for
/// each event, however many came before. [`forget`](Self::forget) bounds it.
#[derive(Clone, Debug, Default)]
pub struct Diagram {
    pub(crate) lanes: BTreeMap<LaneId, Lane>,
    /// In the order of the events that began them.
    items: Vec<Item>,
    blocks: Vec<Block>,
    /// The number of items that were forgotten: whole blocks.
    forgotten: u64,
    pub(crate) events: EventTable,
    pub(crate) open: OpenItems,
    /// Whether a node began with entries on its disk.
    pub(crate) began_with_data: bool,
    ending: Option<(AxisPoint, Words)>,
}

/// The diagram has [`MAX_EVENTS`] events already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DiagramFull;

/// The items that have not ended, by what ends them, and what else later events need.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenItems {
    pub(crate) messages: BTreeMap<MessageId, ItemNumber>,
    pub(crate) writes: BTreeMap<(NodeId, PersistId), ItemNumber>,
    pub(crate) operations: BTreeMap<(ClientId, Sequence), ItemNumber>,
    /// The writes that the last crash of each node ended, oldest first.
    pub(crate) ended_by_crash: BTreeMap<NodeId, Vec<(PersistId, ItemNumber)>>,
    pub(crate) news: LinkNews,
}

/// Consecutive items, so that a search can pass over those that ended long before.
#[derive(Clone, Copy, Default, Debug)]
struct Block {
    /// How many of them last.
    open: usize,
    /// The last event that ended one of them.
    last: Option<EventNumber>,
}

/// The number of items of a block.
const BLOCK: usize = 256;

impl Diagram {
    /// A diagram without events.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next event of the run. A diagram may begin with any event.
    ///
    /// # Errors
    /// [`DiagramFull`] after [`MAX_EVENTS`] events. The diagram stays as it was.
    ///
    /// # Panics
    /// If an event was left out.
    pub fn observe(&mut self, event: &Event) -> Result<(), DiagramFull> {
        if self.events.len() >= MAX_EVENTS {
            return Err(DiagramFull);
        }
        let row = EventRow { at: event.at, cause: event.cause, step: event.step, item: None };
        self.events.push(event.number, row);
        self.draw(event);
        Ok(())
    }

    /// Says that there is a lane where the diagram begins, and what it is there; for a diagram that
    /// does not begin with the run. To be called before the first event.
    pub fn begin_lane(&mut self, id: LaneId, since: AxisPoint, edge: Option<EdgeStretch>) {
        self.lane(id, since).edge.extend(edge);
    }

    /// Forgets the oldest so many events, and the items that began with them. A diagram that has
    /// forgotten something is as one that began later. Lanes keep their edges.
    pub fn forget(&mut self, events: usize) {
        let events = events.min(self.events.len());
        self.events.forget(events);
        let first = self.events.ends().map(|(first, _)| first);
        let is_old = |item: &Item| first.is_none_or(|first| item.began.event < first);
        let items = self.items.partition_point(is_old);
        // An item of a block that stays is forgotten with its block, later.
        let blocks = items / BLOCK;
        self.blocks.drain(..blocks);
        self.items.drain(..blocks * BLOCK);
        self.forgotten += (blocks * BLOCK) as u64;
    }

    /// Says how the run ended, at the bottom of the diagram.
    pub fn conclude(&mut self, words: Words) {
        if let Some((_, last)) = self.events.ends()
            && let Some(at) = self.point_of(last)
        {
            self.ending = Some((at, words));
        }
    }

    /// How the run ended, and where.
    pub fn ending(&self) -> Option<&(AxisPoint, Words)> {
        self.ending.as_ref()
    }

    /// The lanes: nodes, then clients.
    pub fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.values()
    }

    /// The items that are not forgotten, in the order of the events that began them.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The number of events.
    pub fn event_count(&self) -> usize {
        self.events.len()
    }

    /// The first and the last event; `None` if there are none.
    pub fn event_range(&self) -> Option<(EventNumber, EventNumber)> {
        self.events.ends()
    }

    /// Whether the diagram begins with the first event of the run.
    pub fn is_whole(&self) -> bool {
        self.events.is_whole()
    }

    /// The number of the world's steps, with the one that made the event.
    pub fn step_of(&self, event: EventNumber) -> Option<u64> {
        self.events.get(event).map(|row| row.step)
    }

    /// The place of an event on the axis.
    pub fn point_of(&self, event: EventNumber) -> Option<AxisPoint> {
        self.events.get(event).map(|row| AxisPoint { event, at: row.at })
    }

    /// The item that an event began or ended.
    pub fn item_of(&self, event: EventNumber) -> Option<&Item> {
        self.item(self.events.get(event)?.item?)
    }

    /// An item; `None` if it is forgotten.
    pub(crate) fn item(&self, number: ItemNumber) -> Option<&Item> {
        self.items.get(self.place(number)?)
    }

    pub(crate) fn item_mut(&mut self, number: ItemNumber) -> Option<&mut Item> {
        let place = self.place(number)?;
        self.items.get_mut(place)
    }

    fn place(&self, number: ItemNumber) -> Option<usize> {
        usize::try_from((number.get() - 1).checked_sub(self.forgotten)?).ok()
    }

    /// The first and the last event between two times, both included.
    pub fn events_between(
        &self,
        from: Instant,
        until: Instant,
    ) -> Option<(EventNumber, EventNumber)> {
        self.events.around(from, until).filter(|(first, last)| first <= last)
    }

    /// The items that touch the events from `first` to `last`, both included: those that began,
    /// ended or lasted there.
    pub fn items_between(
        &self,
        first: EventNumber,
        last: EventNumber,
    ) -> impl Iterator<Item = &Item> {
        let begun = self.items.partition_point(|item| item.began.event <= last);
        let touches = move |item: &&Item| item.ended.is_none_or(|ended| ended.event >= first);
        let blocks = self.items[..begun].chunks(BLOCK).zip(&self.blocks);
        let near = blocks.filter(move |(_, block)| block.open > 0 || block.last >= Some(first));
        near.flat_map(|(items, _)| items).filter(touches)
    }

    /// The event, and all that led to it: its cause, the cause of that, and so on.
    pub fn past_of(&self, event: EventNumber) -> EventSet {
        self.events.past(event)
    }

    /// The event, and all that it caused, directly or by what it caused.
    pub fn future_of(&self, event: EventNumber) -> EventSet {
        self.events.future(event)
    }

    pub(crate) fn lane(&mut self, id: LaneId, since: AxisPoint) -> &mut Lane {
        self.lanes.entry(id).or_insert_with(|| Lane { id, since, edge: Vec::new() })
    }

    /// Adds an item that begins with the event, and the lanes that it touches.
    pub(crate) fn begin(&mut self, event: &Event, is_noise: bool, kind: ItemKind) -> ItemNumber {
        let began = AxisPoint { event: event.number, at: event.at };
        let item = Item { began, ended: None, cause: event.cause, is_noise, kind };
        for lane in item.lanes() {
            self.lane(lane, began);
        }
        let place = self.items.len();
        if place.is_multiple_of(BLOCK) {
            self.blocks.push(Block::default());
        }
        self.blocks[place / BLOCK].open += 1;
        self.items.push(item);
        let number = ItemNumber::MIN.saturating_add(self.forgotten + place as u64);
        self.belongs_to(event.number, number);
        number
    }

    /// Ends an item, and says how.
    pub(crate) fn end(
        &mut self,
        number: ItemNumber,
        event: &Event,
        say: impl FnOnce(&mut ItemKind),
    ) {
        let Some(place) = self.place(number) else { return };
        let item = &mut self.items[place];
        say(&mut item.kind);
        if item.ended.is_none() {
            item.ended = Some(AxisPoint { event: event.number, at: event.at });
            let block = &mut self.blocks[place / BLOCK];
            block.open -= 1;
            block.last = Some(event.number);
        }
    }

    /// Remembers that the event began or ended the item.
    pub(crate) fn belongs_to(&mut self, event: EventNumber, number: ItemNumber) {
        if let Some(row) = self.events.get_mut(event) {
            row.item = Some(number);
        }
    }
}

impl fmt::Display for DiagramFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a diagram has at most {MAX_EVENTS} events: end it earlier")
    }
}

impl std::error::Error for DiagramFull {}
