//! A recorded run as a sequence diagram.

use std::ops::Range;
use std::rc::Rc;

use raft_core::{Instant, NodeId};
use raft_diagram::{LaneId, PointTopic};
use raft_sim::{EventNumber, MessageId};
use raft_trace::{Fact, TraceSource, TraceStep};

use super::Recorded;
use super::arrows::Arrow;
use crate::{
    DiagramView, DiagramWindow, FateView, ItemShape, ItemView, LaneView, MessageLook, ShownItem,
    StretchView,
};

/// The most items of a view: with more, a picture is black.
const MOST_ITEMS: usize = 1_000;
/// The longest label, in characters.
const LONGEST: usize = 28;

/// Kinds of a trace of this program that are routine: they are shown with the noise only.
const ROUTINE: [&str; 12] = [
    "acted",
    "client_asked",
    "client_invoked",
    "client_replied",
    "entries_accepted",
    "read_waits",
    "request_arrived",
    "sent",
    "timer_elapsed",
    "vote_counted",
    "write_durable",
    "write_issued",
];

impl Recorded {
    /// The diagram as a window shows it after so many events. An item's number is that of its event
    /// in the run, from 1: its place and one.
    pub fn diagram_after(&self, events: usize, window: &DiagramWindow) -> DiagramView {
        let cursor = self.time_after(events);
        let edges = window.edges(cursor);
        let (items, left_out) = self.items(window, &edges);
        DiagramView {
            from: edges.start,
            until: edges.end,
            cursor,
            end: self.time_after(self.events()),
            lanes: self.stretches.iter().map(|lane| self.lane(lane, &edges, cursor)).collect(),
            items,
            left_out,
            verdict: None,
            lit: None,
            about: None,
            computed: None,
        }
    }

    /// The items that touch a stretch of time, in the order of their events, and how many are left
    /// out.
    fn items(&self, window: &DiagramWindow, edges: &Range<Instant>) -> (Vec<ShownItem>, usize) {
        let is_near = |from: Instant, until: Instant| from <= edges.end && until >= edges.start;
        let arrows = self.arrows.iter().filter(|arrow| {
            let until = arrow.ended.map_or(arrow.sent, |(ended, _)| ended);
            is_near(arrow.sent.at, until.at)
        });
        let arrows =
            arrows.filter(|arrow| window.noise || arrow.look().1 != MessageLook::Heartbeat);
        let mut items: Vec<ItemView> = arrows.filter_map(|arrow| self.arrow(arrow)).collect();
        let first = self.times.partition_point(|time| *time < edges.start);
        let end = self.times.partition_point(|time| *time <= edges.end);
        let places = (first..end).map(|place| self.first() + place);
        items.extend(places.filter_map(|place| self.point(place, window.noise)));
        items.sort_by_key(|item| item.event);
        let left_out = items.len().saturating_sub(MOST_ITEMS);
        items.truncate(MOST_ITEMS);
        let shown = items.into_iter().map(|item| ShownItem { item: Rc::new(item), is_lit: true });
        (shown.collect(), left_out)
    }

    /// A message whose end the file tells.
    fn arrow(&self, arrow: &Arrow) -> Option<ItemView> {
        let (ended, has_arrived) = arrow.ended?;
        let ended = ended.at;
        let fate = match has_arrived {
            true => FateView::Arrived,
            false => FateView::Lost("lost".into()),
        };
        Some(ItemView {
            event: number(arrow.sent.number),
            at: arrow.sent.at,
            ended: Some(ended),
            label: shortened(&arrow.message.name),
            shape: ItemShape::Message {
                id: MessageId(arrow.message.id),
                lanes: (LaneId::Node(arrow.from), LaneId::Node(arrow.message.to)),
                look: arrow.look().1,
                arrives_at: ended,
                fate,
            },
        })
    }

    /// An event that is not the beginning or the end of an arrow.
    fn point(&self, place: usize, has_noise: bool) -> Option<ItemView> {
        let step = self.event(place)?;
        let is_noise = self.run.source == TraceSource::Helios && ROUTINE.contains(&&*step.kind);
        if is_noise && !has_noise || self.is_of_an_arrow(place, step) {
            return None;
        }
        Some(ItemView {
            event: number(place),
            at: self.time_of(place),
            ended: None,
            label: shortened(&self.label(step)),
            shape: ItemShape::Point { lane: LaneId::Node(step.node?), topic: topic(step) },
        })
    }

    /// Whether an arrow says it already.
    fn is_of_an_arrow(&self, place: usize, step: &TraceStep) -> bool {
        let is_end = |fact: &Fact| matches!(fact, Fact::Arrived(_) | Fact::Lost(_));
        let is_whole = |fact: &Fact| {
            matches!(fact, Fact::Sent(_) | Fact::Voted { .. } | Fact::Acknowledged { .. })
        };
        let sends = step.facts.iter().any(|fact| matches!(fact, Fact::Sent(_)));
        let says_more = step.facts.iter().any(|fact| matches!(fact, Fact::Log(_)));
        let is_drawn = || self.arrows.sent_at(place).any(|arrow| arrow.ended.is_some());
        match self.run.source {
            TraceSource::Helios | TraceSource::Lines => {
                let rest = step.facts.iter().filter(|fact| !is_end(fact) && !is_whole(fact));
                let is_only_told = rest.clone().all(|fact| matches!(fact, Fact::Term(_)));
                is_only_told && (sends && is_drawn() || step.facts.iter().any(is_end))
            }
            TraceSource::EtcdRaft => {
                !says_more && (sends && is_drawn() || step.facts.iter().any(is_end))
            }
            TraceSource::ShiViz => false,
        }
    }

    /// The fewest words of an event.
    fn label(&self, step: &TraceStep) -> String {
        match self.run.source {
            TraceSource::Helios => step.kind.replace('_', " "),
            TraceSource::EtcdRaft => step.kind.clone(),
            TraceSource::ShiViz => step.text.clone(),
            // Without the time, the server and the term.
            TraceSource::Lines => match step.text.find(&step.kind) {
                Some(start) => step.text[start..].to_owned(),
                None => step.kind.clone(),
            },
        }
    }

    fn lane(
        &self,
        (node, stretches): &(NodeId, Vec<StretchView>),
        edges: &Range<Instant>,
        cursor: Instant,
    ) -> LaneView {
        let begun_by = |time| stretches.partition_point(|stretch| stretch.since <= time);
        let first = begun_by(edges.start).saturating_sub(1);
        let drawn = stretches.get(first..begun_by(edges.end)).unwrap_or_default();
        LaneView {
            id: LaneId::Node(*node),
            is_hidden: false,
            since: Instant(0),
            stretches: drawn.to_vec(),
            now: begun_by(cursor).checked_sub(1).map(|place| stretches[place]),
        }
    }
}

fn shortened(text: &str) -> Rc<str> {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// What an event is about, by the last thing that it says of its node.
fn topic(step: &TraceStep) -> PointTopic {
    let topic = |fact: &Fact| {
        Some(match fact {
            Fact::Observed
            | Fact::OutOfSight
            | Fact::Started
            | Fact::Stopped
            | Fact::Renewed
            | Fact::Unsafe(_) => PointTopic::Process,
            Fact::Role(_) => PointTopic::Election,
            Fact::Vote(_) | Fact::Voted { .. } => PointTopic::Vote,
            Fact::Log(_) | Fact::LogLength(_) => PointTopic::Log,
            Fact::Commit(_) => PointTopic::Commit,
            Fact::Applied(_) | Fact::AppliedThrough(_) => PointTopic::Apply,
            Fact::Disk(_) | Fact::DiskState(..) => PointTopic::Disk,
            Fact::Term(_)
            | Fact::Acknowledged { .. }
            | Fact::Sent(_)
            | Fact::Arrived(_)
            | Fact::Lost(_) => return None,
        })
    };
    step.facts.iter().rev().find_map(topic).unwrap_or(PointTopic::Term)
}

/// Events are counted from 1.
fn number(place: usize) -> EventNumber {
    EventNumber::new(place as u64 + 1).expect("one more than a place is not 0")
}
