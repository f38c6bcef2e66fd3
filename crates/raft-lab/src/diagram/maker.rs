//! Makes the views of a diagram, one after the other.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use raft_core::Instant;
use raft_diagram::{
    AxisPoint, ClientArrow, ClientOperation, Contradicting, Diagram, DiskWrite, EdgeStretch,
    EventSet, Fate, FaultLine, Item, ItemKind, Lane, LaneId, LanePoint, MessageArrow,
    OperationsVerdict,
};
use raft_sim::EventNumber;

use super::{
    DiagramView, DiagramWindow, FateView, ItemDetails, ItemShape, ItemView, LaneView, Related,
    ShownItem, StretchView, VerdictView,
};
use crate::MessageLook;
use crate::lab::RealClock;

/// The most items of a view: with more, a picture is black.
const MOST_ITEMS: usize = 1_000;
/// While time passes, what an event caused is looked up again after so many events.
const RELATED_EVERY: usize = 4_096;
/// How often an order of the operations is looked for.
const MOST_SEARCHES: u32 = 4;
/// The longest search for it.
const SEARCH: Duration = Duration::from_millis(25);

/// The moment that a diagram is looked at from.
#[derive(Clone, Copy)]
pub(crate) struct DiagramMoment {
    pub(crate) cursor: Instant,
    /// The time of the end of the branch.
    pub(crate) end: Instant,
    /// Whether time passes.
    pub(crate) is_running: bool,
    /// Whether every event up to the cursor is known.
    pub(crate) is_complete: bool,
}

/// Makes the views of one diagram. An item that did not change since the last view is the same
/// memory.
#[derive(Default)]
pub(crate) struct DiagramMaker {
    items: BTreeMap<EventNumber, Rc<ItemView>>,
    only: RelatedEvents,
    lit: RelatedEvents,
    about: Option<Rc<ItemDetails>>,
    lit_events: Option<Rc<[EventNumber]>>,
    verdict: Option<Judged>,
}

/// A verdict, of which number of events and which moment, and how often it was looked for: another
/// program may have had the time of a search.
#[derive(Clone)]
struct Judged {
    key: (usize, Instant),
    verdict: Rc<VerdictView>,
    searches: u32,
}

/// Events that are related to one, and the number of events of the diagram at that time.
#[derive(Default)]
struct RelatedEvents(Option<(Related, usize, Option<EventSet>)>);

/// The most events that a view lists as lit: the last ones.
const MOST_LIT: usize = 2_000;

impl Judged {
    /// Whether another search may find more.
    fn is_open(&self) -> bool {
        matches!(*self.verdict, VerdictView::Unknown(_)) && self.searches < MOST_SEARCHES
    }
}

impl DiagramMaker {
    /// Whether the next view may have another verdict although nothing happened.
    pub(crate) fn judges_again(&self) -> bool {
        self.verdict.as_ref().is_some_and(Judged::is_open)
    }

    pub(crate) fn make(
        &mut self,
        diagram: &Diagram,
        window: &DiagramWindow,
        moment: DiagramMoment,
        clock: &RealClock,
    ) -> DiagramView {
        let edges = window.edges(moment.cursor);
        let lanes = lanes(diagram, window, moment.cursor);
        let (items, left_out) = self.items(diagram, window, moment);
        let can_judge = moment.is_complete && !moment.is_running;
        self.verdict = can_judge.then(|| self.verdict(diagram, moment, clock));
        self.about = window.about.and_then(|event| self.about(diagram, event));
        DiagramView {
            from: edges.start,
            until: edges.end,
            cursor: moment.cursor,
            end: moment.end,
            lanes,
            items,
            left_out,
            verdict: self.verdict.as_ref().map(|judged| judged.verdict.clone()),
            lit: self.lit_events.clone(),
            about: self.about.clone(),
            computed: None,
        }
    }

    /// The items of the window, and how many are left out.
    fn items(
        &mut self,
        diagram: &Diagram,
        window: &DiagramWindow,
        moment: DiagramMoment,
    ) -> (Vec<ShownItem>, usize) {
        let edges = window.edges(moment.cursor);
        let (only, _) = self.only.of(diagram, window.only, moment.is_running);
        let filter = window.filter(diagram, only.cloned());
        let mut found: Vec<&Item> =
            diagram.shown_between(edges.start, edges.end, &filter).collect();
        let all = found.len();
        if all > MOST_ITEMS {
            found.retain(|item| !is_of_a_crowd(item));
            found.truncate(MOST_ITEMS);
        }
        let (lit, is_new) = self.lit.of(diagram, window.lit, moment.is_running);
        if is_new || lit.is_none() {
            self.lit_events = lit.map(last_events);
        }
        let mut before = std::mem::take(&mut self.items);
        let mut items = Vec::with_capacity(found.len());
        for item in found {
            let is_lit = lit.is_none_or(|events| touches(item, events));
            let known = before.remove(&item.began.event).filter(|known| is_same(known, item));
            let item = known.unwrap_or_else(|| Rc::new(ItemView::from(item)));
            self.items.insert(item.event, item.clone());
            items.push(ShownItem { item, is_lit });
        }
        let left_out = all - items.len();
        (items, left_out)
    }

    fn verdict(&mut self, diagram: &Diagram, moment: DiagramMoment, clock: &RealClock) -> Judged {
        let key = (diagram.event_count(), moment.cursor);
        let last = self.verdict.take().filter(|last| last.key == key);
        let searches = last.as_ref().map_or(0, |last| last.searches);
        if let Some(last) = last.filter(|last| !last.is_open()) {
            return last;
        }
        let out_of_time = clock() + SEARCH;
        let found = diagram.judge_operations(moment.cursor, &mut || clock() < out_of_time);
        let verdict = Rc::new(VerdictView::of(diagram, found));
        Judged { key, verdict, searches: searches + 1 }
    }

    fn about(&self, diagram: &Diagram, event: EventNumber) -> Option<Rc<ItemDetails>> {
        let item = diagram.item_of(event)?;
        let details = ItemDetails {
            event: item.began.event,
            words: item.words(),
            at: item.began.at,
            ended: item.ended.map(|ended| ended.at),
            steps: diagram.step_of(item.began.event)?,
            is_operation: matches!(item.kind, ItemKind::Operation(_)),
        };
        let before = self.about.clone().filter(|before| **before == details);
        Some(before.unwrap_or_else(|| Rc::new(details)))
    }
}

fn last_events(events: &EventSet) -> Rc<[EventNumber]> {
    let before = events.len().saturating_sub(MOST_LIT);
    events.iter().skip(before).collect()
}

impl RelatedEvents {
    /// The events, and whether they are others than the last time.
    fn of(
        &mut self,
        diagram: &Diagram,
        related: Option<Related>,
        is_running: bool,
    ) -> (Option<&EventSet>, bool) {
        let Some(related) = related else {
            self.0 = None;
            return (None, false);
        };
        let count = diagram.event_count();
        let every = if is_running { RELATED_EVERY } else { 1 };
        let is_known = |(of, at, _): &(Related, usize, Option<EventSet>)| {
            *of == related && count.abs_diff(*at) < every
        };
        let is_new = !self.0.as_ref().is_some_and(is_known);
        if is_new {
            self.0 = Some((related, count, related.events(diagram)));
        }
        (self.0.as_ref().and_then(|(.., events)| events.as_ref()), is_new)
    }
}

/// The lanes with what they are in a window of time.
fn lanes(diagram: &Diagram, window: &DiagramWindow, cursor: Instant) -> Vec<LaneView> {
    let edges = window.edges(cursor);
    let at = |lane: &Lane| {
        let begun = lane.edge.partition_point(|stretch| stretch.since.at <= cursor);
        begun.checked_sub(1).and_then(|place| lane.edge.get(place)).map(StretchView::from)
    };
    let lanes = diagram.lanes();
    lanes
        .map(|lane| LaneView {
            id: lane.id,
            is_hidden: window.hidden_lanes.contains(&lane.id),
            since: lane.since.at,
            stretches: stretches(lane, &edges),
            now: at(lane),
        })
        .collect()
}

fn stretches(lane: &Lane, edges: &Range<Instant>) -> Vec<StretchView> {
    let begun_by = |time| lane.edge.partition_point(|stretch| stretch.since.at <= time);
    let first = begun_by(edges.start).saturating_sub(1);
    let drawn = lane.edge.get(first..begun_by(edges.end)).unwrap_or_default();
    drawn.iter().map(StretchView::from).collect()
}

impl From<&EdgeStretch> for StretchView {
    fn from(stretch: &EdgeStretch) -> Self {
        let EdgeStretch { since, term, role, is_paused } = *stretch;
        Self { since: since.at, term, role, is_paused }
    }
}

/// Whether it is one of many that look alike: where items are too many, these go first.
fn is_of_a_crowd(item: &Item) -> bool {
    match item.kind {
        ItemKind::Message(_) | ItemKind::Exchange(_) | ItemKind::Write(_) => true,
        ItemKind::Operation(_) | ItemKind::Point(_) | ItemKind::Fault(_) => false,
    }
}

fn touches(item: &Item, events: &EventSet) -> bool {
    let is_in = |event| events.contains(event);
    is_in(item.began.event) || item.ended.is_some_and(|ended| is_in(ended.event))
}

/// Whether the view of an item is that of the item as it is now.
fn is_same(known: &ItemView, item: &Item) -> bool {
    let is_held = matches!(&item.kind, ItemKind::Message(arrow) if arrow.fate == Fate::Held);
    known.ended == item.ended.map(|ended| ended.at) && known.is_held() == is_held
}

impl ItemView {
    fn is_held(&self) -> bool {
        matches!(self.shape, ItemShape::Message { fate: FateView::Held, .. })
    }
}

impl From<&Item> for ItemView {
    fn from(item: &Item) -> Self {
        Self {
            event: item.began.event,
            at: item.began.at,
            ended: item.ended.map(|ended| ended.at),
            label: item.label().into(),
            shape: ItemShape::from(&item.kind),
        }
    }
}

impl From<&ItemKind> for ItemShape {
    fn from(kind: &ItemKind) -> Self {
        match kind {
            ItemKind::Message(MessageArrow { id, from, to, message, arrives_at, fate, .. }) => {
                Self::Message {
                    id: *id,
                    lanes: (LaneId::Node(*from), LaneId::Node(*to)),
                    look: MessageLook::of(message),
                    arrives_at: *arrives_at,
                    fate: FateView::from(*fate),
                }
            }
            ItemKind::Exchange(ClientArrow { client, node, is_reply, fate, .. }) => {
                let (client, node) = (LaneId::Client(*client), LaneId::Node(*node));
                let lanes = if *is_reply { (node, client) } else { (client, node) };
                Self::Exchange { lanes, fate: FateView::from(*fate) }
            }
            ItemKind::Write(DiskWrite { node, result, .. }) => {
                Self::Write { lane: LaneId::Node(*node), result: *result }
            }
            ItemKind::Operation(ClientOperation { client, .. }) => {
                Self::Operation { lane: LaneId::Client(*client) }
            }
            ItemKind::Point(LanePoint { lane, topic, .. }) => {
                Self::Point { lane: *lane, topic: *topic }
            }
            ItemKind::Fault(FaultLine { nodes, is_end, .. }) => Self::Fault {
                lanes: nodes.iter().copied().map(LaneId::Node).collect(),
                is_end: *is_end,
            },
        }
    }
}

impl From<Fate> for FateView {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::UnderWay => Self::UnderWay,
            Fate::Held => Self::Held,
            Fate::Arrived => Self::Arrived,
            Fate::Lost(reason) => Self::Lost(reason.to_string().into()),
        }
    }
}

impl VerdictView {
    fn of(diagram: &Diagram, verdict: OperationsVerdict) -> Self {
        match verdict {
            OperationsVerdict::Linearizable => Self::Linearizable,
            OperationsVerdict::Contradiction(found) => {
                let Contradicting { operations, impossible, sentence } = found;
                let first = operations.first().and_then(|event| diagram.point_of(*event));
                let ended = diagram.item_of(impossible).and_then(|item| item.ended);
                let time = |at: Option<AxisPoint>| at.map_or(Instant(0), |at| at.at);
                let times = (time(first), time(ended));
                Self::Contradiction { operations, impossible, times, sentence }
            }
            OperationsVerdict::Unknown(words) => Self::Unknown(words),
        }
    }
}
