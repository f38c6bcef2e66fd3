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

#[test]
fn an_answer_between_nodes_does_not_lead_an_operation_on() {
    let mut story = Story::default();
    let node = NodeId(1);
    let invoked = story.invokes(1, set("x", "1"));
    let asked = story.client(invoked, 1, invoked, ClientEvent::Asked { node, attempt: 1 });
    let event = ClientEvent::Arrived { node, attempt: 1, is_up: true };
    let arrived = story.client(asked, 1, invoked, event);
    let sent = story.sent(arrived, 1, heartbeat(0));
    let delivered = story.delivered(sent, 1);
    let (match_index, round) = (LogIndex(0), HeartbeatRound(1));
    let reply = raft_core::AppendEntriesReply::Success { match_index, round };
    let answer = Message { term: Term(1), body: Body::AppendEntriesReply(reply) };
    let answered = story.sent(delivered, 2, answer);
    let heard = story.delivered(answered, 2);
    let next = story.sent(heard, 3, heartbeat(0));
    let events = story.diagram.operation_events(number(invoked)).unwrap();
    assert_eq!(numbers(&events, next), [invoked, asked, arrived, sent, delivered, answered, heard]);
    assert_eq!(story.diagram.operation_events(number(sent)), None, "no operation begins there");
}
