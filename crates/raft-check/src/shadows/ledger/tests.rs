//! The ledger answers for every committed entry, and the store follows.

use raft_core::{Bytes, Entry};
use raft_kv::{ClientId, Command, Operation, Sequence};

use super::*;

fn command(index: u64, term: u64) -> Entry {
    let operation = Operation::Append { key: "x".into(), value: "y".into() };
    let command = Command { client: ClientId(1), sequence: Sequence(index), operation };
    let payload = Payload::Command(Bytes::from(command.encode()));
    Entry { index: LogIndex(index), term: Term(term), payload }
}

/// Entries of terms 1, 1, 2, 5; the first two were committed in term 1, the others in 3 and 5.
fn ledger() -> Ledger {
    let mut ledger = Ledger::new(LogIndex(0), PrefixHash::EMPTY, Store::default());
    for (index, term, committed_in) in [(1, 1, 1), (2, 1, 1), (3, 2, 3), (4, 5, 5)] {
        let entry = command(index, term);
        let prefix = ledger.get(ledger.commit_index()).unwrap().then(&entry);
        ledger.extend(&entry, prefix, Term(committed_in));
    }
    ledger
}

#[test]
fn it_knows_what_is_committed_and_what_that_makes() {
    let ledger = ledger();
    assert_eq!(ledger.last(), LogPosition::new(LogIndex(4), Term(5)));
    assert_eq!(ledger.get(LogIndex(3)).map(|prefix| prefix.term), Some(Term(2)));
    assert_eq!(ledger.get(LogIndex(5)), None);
    assert_eq!(ledger.committed_store().get(b"x"), Some(&"yyyy".into()));
    assert_eq!(ledger.store_digest(LogIndex(4)), Some(ledger.committed_store().digest()));
    assert_ne!(ledger.store_digest(LogIndex(3)), ledger.store_digest(LogIndex(4)));
}

#[test]
fn it_knows_what_a_leader_must_hold() {
    let ledger = ledger();
    let before = |term| ledger.last_committed_before(Term(term)).0.0;
    assert_eq!([1, 2, 3, 4, 5, 6].map(before), [0, 2, 2, 3, 3, 4]);
}

#[test]
fn behind_a_snapshot_it_begins_there() {
    let prefix = PrefixHash { term: Term(3), hash: 7 };
    let ledger = Ledger::new(LogIndex(10), prefix, Store::default());
    assert_eq!(ledger.commit_index(), LogIndex(10));
    assert_eq!(ledger.get(LogIndex(10)), Some(prefix));
    assert_eq!(ledger.get(LogIndex(9)), None);
    assert_eq!(ledger.last_committed_before(Term(9)), (LogIndex(10), prefix));
}

#[test]
fn it_says_what_a_command_did() {
    let mut ledger = ledger();
    let prefix = ledger.last_entry().prefix;
    let executed = ledger.extend(&command(5, 5), prefix, Term(5)).unwrap();
    assert_eq!((executed.client, executed.sequence), (ClientId(1), Sequence(5)));
    assert_eq!(executed.response, Response::Appended { length: 5 });
    assert_eq!(ledger.committed_store().last_applied(), 5);
    let digest = ledger.contents_digest(LogIndex(5));
    assert_eq!(digest, Some(ledger.committed_store().contents_digest()));
    assert_ne!(digest, ledger.contents_digest(LogIndex(4)));

    for payload in [Payload::Noop, Payload::Command(Bytes::from(&b"no command"[..]))] {
        let index = ledger.commit_index().next();
        let entry = Entry { index, term: Term(5), payload };
        assert!(ledger.extend(&entry, prefix, Term(5)).is_none());
        assert_eq!(ledger.committed_store().last_applied(), index.0);
        assert_eq!(ledger.contents_digest(index), digest);
    }
}

#[test]
fn it_keeps_stores_for_those_who_ask() {
    let mut ledger = ledger();
    let value = |ledger: &Ledger, index| {
        let store = ledger.store_at(LogIndex(index))?;
        store.get(b"x").map(|value| value.len())
    };
    assert_eq!([3, 4, 5].map(|index| value(&ledger, index)), [None, Some(4), None]);
    ledger.keep_stores(Some(LogIndex(4)));
    for index in 5..=7 {
        let prefix = ledger.last_entry().prefix;
        ledger.extend(&command(index, 5), prefix, Term(5));
    }
    let lengths = [4, 5, 6, 7].map(|index| value(&ledger, index));
    assert_eq!(lengths, [4, 5, 6, 7].map(Some));
    ledger.keep_stores(Some(LogIndex(6)));
    assert_eq!([5, 6].map(|index| value(&ledger, index)), [None, Some(6)]);
    ledger.keep_stores(None);
    ledger.extend(&command(8, 5), PrefixHash::EMPTY, Term(5));
    assert_eq!([6, 7, 8].map(|index| value(&ledger, index)), [None, None, Some(8)]);
}
