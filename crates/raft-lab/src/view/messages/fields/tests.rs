use raft_core::{AppendEntries, Bytes, Entry, ForwardId, LogIndex, Payload, ReadIndexReply, Term};
use raft_kv::{ClientId, Command, Operation, Sequence};

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
