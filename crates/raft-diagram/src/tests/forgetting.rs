//! A diagram forgets its oldest events.

use raft_core::{RoleKind, Term};

use super::*;
use crate::{AxisPoint, EdgeStretch, Fate, LaneId};

/// Messages 1 to 400: all are sent, then all arrive.
fn messages() -> Story {
    let mut story = Story::default();
    for id in 1..=400 {
        story.sent(0, id, heartbeat(id));
    }
    for id in 1..=400 {
        story.delivered(id, id);
    }
    story
}

#[test]
fn what_stays_is_as_in_a_diagram_that_began_later() {
    let mut story = messages();
    assert!(story.diagram.is_whole());
    // Message 301 is in the second block of items, whose first items are forgotten later.
    story.diagram.forget(300);
    assert!(!story.diagram.is_whole());
    assert_eq!(story.diagram.event_range(), Some((number(301), number(800))));
    assert_eq!(story.diagram.items()[0].began.event, number(257));
    assert!(story.diagram.item_of(number(300)).is_none());
    assert_eq!(story.item(301).began.event, number(301));
    // The arrivals of forgotten messages stay as events, but begin and end nothing.
    assert!(story.diagram.item_of(number(401)).is_none());
    assert_eq!(story.item(701).began.event, number(301));
    assert_eq!(story.diagram.past_of(number(701)).len(), 2);
    assert_eq!(story.diagram.past_of(number(401)).len(), 1, "the cause is forgotten");
    let shown = story.diagram.items_between(number(301), number(320));
    assert_eq!(shown.filter(|item| item.began.event >= number(301)).count(), 20);
}

#[test]
fn a_diagram_goes_on_after_it_forgot() {
    let mut story = Story::default();
    for id in 1..=400 {
        story.sent(0, id, heartbeat(id));
    }
    story.diagram.forget(399);
    // The first is forgotten with its block; the last is not.
    let first = story.delivered(1, 1);
    assert!(story.diagram.item_of(number(first)).is_none());
    let last = story.delivered(400, 400);
    let item = story.item(last);
    assert_eq!(item.began.event, number(400));
    let crate::ItemKind::Message(arrow) = &item.kind else { panic!("a message") };
    assert_eq!(arrow.fate, Fate::Arrived);
    let sent = story.sent(last, 401, heartbeat(401));
    assert_eq!(story.item(sent).began.event, number(sent));
    assert_eq!(story.diagram.step_of(number(sent)), Some(sent));
}

#[test]
fn everything_can_be_forgotten() {
    let mut story = messages();
    story.diagram.forget(usize::MAX);
    assert_eq!((story.diagram.event_count(), story.diagram.event_range()), (0, None));
    assert_eq!(story.diagram.events_between(Instant(0), Instant(u64::MAX)), None);
    let sent = story.sent(0, 900, heartbeat(1));
    assert_eq!(story.item(sent).began.event, number(sent));
}

#[test]
fn a_diagram_that_begins_later_is_told_what_its_lanes_are() {
    let mut story = Story { events: 100, ..Story::default() };
    let since = AxisPoint { event: number(100), at: Instant(100_000) };
    let (term, role) = (Term(7), Some(RoleKind::Leader));
    let edge = EdgeStretch { since, term, role, is_paused: false };
    story.diagram.begin_lane(LaneId::Node(NodeId(1)), since, Some(edge));
    story.diagram.begin_lane(LaneId::Client(ClientId(4)), since, None);
    let paused = story.process(0, 1, ProcessEvent::Paused);
    let lanes: Vec<_> = story.diagram.lanes().collect();
    assert_eq!(lanes.len(), 2);
    let at = |event| lanes[0].edge_at(number(event)).map(|edge| (edge.term, edge.is_paused));
    assert_eq!((at(100), at(paused)), (Some((Term(7), false)), Some((Term(7), true))));
    assert!(!story.diagram.is_whole());
}
