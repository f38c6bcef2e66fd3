//! What led to an event, and what it caused.

use super::*;
use crate::EventSet;

fn numbers(set: &EventSet, of: u64) -> Vec<u64> {
    (1..=of).filter(|event| set.contains(number(*event))).collect()
}

/// Two chains: 1 ← 2 ← 4 ← 6 with 5 beside, and 3 ← 7.
fn two_chains() -> Story {
    let mut story = Story::default();
    for cause in [0, 1, 0, 2, 2, 4, 3] {
        story.process(cause, 1, ProcessEvent::Resumed);
    }
    story
}

#[test]
fn the_past_is_the_chain_of_causes() {
    let story = two_chains();
    let past = |event| numbers(&story.diagram.past_of(number(event)), 7);
    assert_eq!(past(6), [1, 2, 4, 6]);
    assert_eq!(past(7), [3, 7]);
    assert_eq!(past(1), [1]);
    assert!(story.diagram.past_of(number(8)).is_empty(), "there is no such event");
}

#[test]
fn the_future_is_all_that_was_caused() {
    let story = two_chains();
    let future = |event| numbers(&story.diagram.future_of(number(event)), 7);
    assert_eq!(future(1), [1, 2, 4, 5, 6]);
    assert_eq!(future(4), [4, 6]);
    assert_eq!(future(7), [7]);
    assert!(story.diagram.future_of(number(8)).is_empty(), "there is no such event");
}

#[test]
fn both_directions_are_one_set() {
    let story = two_chains();
    let past = story.diagram.past_of(number(4));
    let set = story.diagram.future_of(number(4)).union(&past);
    assert_eq!(numbers(&set, 7), [1, 2, 4, 6]);
    assert_eq!(set.len(), 4);
}

#[test]
fn causes_before_the_diagram_end_the_chain() {
    let mut story = Story { events: 100, ..Story::default() };
    let first = story.process(40, 1, ProcessEvent::Resumed);
    let second = story.process(first, 1, ProcessEvent::Resumed);
    let past = story.diagram.past_of(number(second));
    assert_eq!((past.len(), past.contains(number(40))), (2, false));
    assert_eq!(story.diagram.event_range(), Some((number(first), number(second))));
    let between = story.diagram.events_between(Instant(0), Instant(101_000));
    assert_eq!(between, Some((number(first), number(first))));
    assert_eq!(story.diagram.events_between(Instant(0), Instant(100_000)), None);
}
