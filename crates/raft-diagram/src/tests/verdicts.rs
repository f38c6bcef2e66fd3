//! The verdict on the operations.

use super::*;
use crate::{Contradicting, OperationsVerdict};

fn judge(story: &Story, until: u64) -> OperationsVerdict {
    story.diagram.judge_operations(Instant(until * 1000), &mut || true)
}

fn contradiction(story: &Story) -> Contradicting {
    let verdict = judge(story, story.events);
    let OperationsVerdict::Contradiction(found) = verdict else { panic!("{verdict:?}") };
    found
}

#[test]
fn operations_with_an_order_are_linearizable() {
    let mut story = Story::default();
    let write = story.invokes(1, set("x", "1"));
    let read = story.invokes(2, get("x"));
    story.answers(2, read, found(None));
    story.answers(1, write, Response::Done);
    assert_eq!(judge(&story, 4), OperationsVerdict::Linearizable);
}

#[test]
fn a_lost_write_is_named_with_the_read_that_misses_it() {
    let mut story = Story::default();
    let other = story.invokes(3, set("y", "1"));
    story.answers(3, other, Response::Done);
    let write = story.invokes(1, set("x", "1"));
    story.answers(1, write, Response::Done);
    let read = story.invokes(2, get("x"));
    let answered = story.answers(2, read, found(None));
    let Contradicting { operations, impossible, sentence } = contradiction(&story);
    assert_eq!(operations, [number(write), number(read)], "not the other key");
    assert_eq!(impossible, number(read));
    assert_eq!(
        sentence.to_string(),
        "client 2: get x → no value is impossible: x absent, as at the beginning, was replaced \
         before (client 1: set x=1 → done), and no operation makes it again"
    );
    assert_eq!(judge(&story, answered - 1), OperationsVerdict::Linearizable, "not answered yet");
}

#[test]
fn a_value_that_nobody_wrote_is_impossible_alone() {
    let mut story = Story::default();
    let read = story.invokes(2, get("x"));
    story.answers(2, read, found(Some("7")));
    let Contradicting { operations, sentence, .. } = contradiction(&story);
    assert_eq!(operations, [number(read)]);
    let expected = "client 2: get x → value 7 is impossible: no operation makes x=7";
    assert_eq!(sentence.to_string(), expected);
}

#[test]
fn a_value_that_was_written_too_late_is_named_with_its_write() {
    let mut story = Story::default();
    let read = story.invokes(2, get("x"));
    story.answers(2, read, found(Some("7")));
    let write = story.invokes(1, set("x", "7"));
    story.answers(1, write, Response::Done);
    let Contradicting { operations, impossible, sentence } = contradiction(&story);
    assert_eq!((operations, impossible), (vec![number(read), number(write)], number(read)));
    let expected = "the first operation that makes x=7 came later (client 1: set x=7 → done)";
    assert!(sentence.to_string().ends_with(expected), "{sentence}");
}

/// Two writes at once, then four reads that see them in both orders: each read alone could be.
#[test]
fn a_contradiction_that_only_a_search_finds_is_marked_too() {
    let mut story = Story::default();
    let writes = [story.invokes(1, set("x", "1")), story.invokes(2, set("x", "2"))];
    let mut reads = Vec::new();
    for client in [3, 4] {
        let (first, second) = if client == 3 { ("1", "2") } else { ("2", "1") };
        for value in [first, second] {
            let read = story.invokes(client, get("x"));
            story.answers(client, read, found(Some(value)));
            reads.push(read);
        }
    }
    for (client, write) in [1, 2].into_iter().zip(writes) {
        story.answers(client, write, Response::Done);
    }
    let Contradicting { operations, impossible, sentence } = contradiction(&story);
    assert!(operations.len() >= 2 && operations.contains(&impossible), "{operations:?}");
    assert!(reads.contains(&impossible.get()), "a read is impossible, not a write: {sentence}");
    assert!(sentence.to_string().contains("other marked operation"), "{sentence}");
}

#[test]
fn a_read_that_may_be_stale_is_no_contradiction() {
    let mut story = Story::default();
    let write = story.invokes(1, set("x", "1"));
    story.answers(1, write, Response::Done);
    let event = ClientEvent::Invoked { operation: get("x"), read: ReadPolicy::Local };
    let read = story.client(0, 2, 3, event);
    story.answers(2, read, found(None));
    assert_eq!(judge(&story, 4), OperationsVerdict::Linearizable);
}

#[test]
fn nobody_can_judge_operations_from_an_unknown_beginning() {
    let mut story = Story { events: 7, ..Story::default() };
    let read = story.invokes(2, get("x"));
    story.answers(2, read, found(Some("7")));
    assert!(matches!(judge(&story, 99), OperationsVerdict::Unknown(_)));
    let mut story = Story::default();
    story.diagram.began_with_data = true;
    let read = story.invokes(2, get("x"));
    story.answers(2, read, found(Some("7")));
    assert!(matches!(judge(&story, 99), OperationsVerdict::Unknown(_)));
}
