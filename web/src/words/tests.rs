use raft_core::{
    AppendEntries, Body, Bytes, ForwardId, HeartbeatRound, LogIndex, Membership, Message, NodeId,
    ReadIndexReply, Refusal, Term,
};
use raft_kv::{ClientId, Sequence};

use super::*;

fn command(index: u64, operation: Operation) -> Entry {
    let command = Command { client: ClientId(1), sequence: Sequence(1), operation };
    Entry {
        index: LogIndex(index),
        term: Term(2),
        payload: Payload::Command(Bytes::from(command.encode())),
    }
}

#[test]
fn time_reads_in_milliseconds() {
    assert_eq!(milliseconds(Instant(0)), "0.0");
    assert_eq!(milliseconds(Instant(12_345)), "12.3");
    assert_eq!(milliseconds(Instant(1_234_567_890)), "1\u{202f}234\u{202f}567.8");
}

#[test]
fn entries_fit_a_cell() {
    let set = Operation::Set { key: "x".into(), value: "1".into() };
    assert_eq!(entry_words(&command(1, set)), "x=1");
    let delete = Operation::Delete { key: "x".into() };
    assert_eq!(entry_words(&command(1, delete)), "−x");
    let noop = Entry { index: LogIndex(1), term: Term(1), payload: Payload::Noop };
    assert_eq!(entry_words(&noop), "no-op");
    let foreign = Entry { payload: Payload::Command(Bytes::from(&[9, 9, 9])), ..noop };
    assert_eq!(entry_words(&foreign), "3 bytes");
}

#[test]
fn a_message_shows_its_fields_under_the_papers_names() {
    let set = Operation::Set { key: "x".into(), value: "1".into() };
    let message = Message {
        term: Term(2),
        body: Body::AppendEntries(AppendEntries {
            prev_log_index: LogIndex(4),
            prev_log_term: Term(1),
            entries: vec![command(5, set)].into(),
            leader_commit: LogIndex(3),
            round: HeartbeatRound(12),
        }),
    };
    let fields = message_fields(&message);
    assert!(fields.contains(&("prev_log_index", "4".to_owned())));
    assert!(fields.contains(&("entries", "5@2 (x=1)".to_owned())), "{fields:?}");
    assert!(fields.contains(&("leader_commit", "3".to_owned())));
    assert!(fields.contains(&("round", "12".to_owned())));
}

#[test]
fn a_refused_read_says_why() {
    let reply = ReadIndexReply { id: ForwardId(7), result: Err(Refusal::TermNotCommitted) };
    let fields = message_fields(&Message { term: Term(2), body: Body::ReadIndexReply(reply) });
    assert!(fields.contains(&("read", "7".to_owned())), "{fields:?}");
    assert_eq!(fields[2].0, "refused");
    assert!(message_fields(&Message { term: Term(2), body: Body::TimeoutNow }).len() == 1);
}

#[test]
fn an_entry_with_a_membership_tells_it() {
    let membership = Membership::new([1, 2, 3].map(NodeId)).with_learners([NodeId(4)]);
    let payload = Payload::Membership(membership);
    let entry = Entry { index: LogIndex(1), term: Term(1), payload };
    assert_eq!(entry_words(&entry), "voters 1 2 3 + learner 4");
}

#[test]
fn bytes_are_short() {
    assert_eq!(bytes(350), "350 B");
    assert_eq!(bytes(12_001), "13 kB");
    assert_eq!(bytes(5_000_000), "5 MB");
}

#[test]
fn delays_read_as_ranges() {
    assert_eq!(delay(DelayRange::millis(5, 15)), "5–15 ms");
    assert_eq!(delay(DelayRange::millis(7, 7)), "7 ms");
}
