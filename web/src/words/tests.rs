use raft_core::{AppendEntries, Bytes, LogIndex, Term};
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
            entries: vec![command(5, set)],
            leader_commit: LogIndex(3),
        }),
    };
    let fields = message_fields(&message);
    assert!(fields.contains(&("prev_log_index", "4".to_owned())));
    assert!(fields.contains(&("entries", "5@2 (x=1)".to_owned())), "{fields:?}");
    assert!(fields.contains(&("leader_commit", "3".to_owned())));
}

#[test]
fn delays_read_as_ranges() {
    assert_eq!(delay(DelayRange::millis(5, 15)), "5–15 ms");
    assert_eq!(delay(DelayRange::millis(7, 7)), "7 ms");
}
