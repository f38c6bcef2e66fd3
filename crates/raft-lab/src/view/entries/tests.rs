use raft_core::{Bytes, Membership, NodeId};

use super::*;

fn command(index: u64, operation: Operation) -> Entry {
    let command = Command { client: ClientId(1), sequence: Sequence(1), operation };
    Entry {
        index: LogIndex(index),
        term: Term(2),
        payload: Payload::Command(Bytes::from(command.encode())),
    }
}

fn words(entry: &Entry) -> String {
    EntryView::from(entry).words
}

#[test]
fn entries_fit_a_cell() {
    let set = Operation::Set { key: "x".into(), value: "1".into() };
    assert_eq!(words(&command(1, set)), "x=1");
    let delete = Operation::Delete { key: "x".into() };
    assert_eq!(words(&command(1, delete)), "−x");
    let noop = Entry { index: LogIndex(1), term: Term(1), payload: Payload::Noop };
    assert_eq!(words(&noop), "no-op");
    let foreign = Entry { payload: Payload::Command(Bytes::from(&[9, 9, 9])), ..noop };
    assert_eq!(words(&foreign), "3 bytes");
}

#[test]
fn an_entry_with_a_membership_tells_it() {
    let membership = Membership::new([1, 2, 3].map(NodeId)).with_learners([NodeId(4)]);
    let payload = Payload::Membership(membership);
    let entry = Entry { index: LogIndex(1), term: Term(1), payload };
    assert_eq!(words(&entry), "voters 1 2 3 + learner 4");
}
