//! Tests of each operation, of applying entries, and of the digest.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::error::DecodeError;
use crate::strategies::log;
use crate::{ClientId, MAX_KEY_BYTES, MAX_VALUE_BYTES, Sequence};

/// Performs an operation without a session.
fn run(store: &mut Store, operation: Operation) -> Response {
    store.perform(&operation).unwrap_or_else(Response::Failed)
}

fn set(store: &mut Store, key: &str, value: &str) {
    let operation = Operation::Set { key: key.into(), value: value.into() };
    assert_eq!(run(store, operation), Response::Done);
}

fn cas(store: &mut Store, expect: Option<&str>, value: &str) -> Response {
    let expect = expect.map(Value::from);
    run(store, Operation::Cas { key: "x".into(), expect, value: value.into() })
}

fn list(store: &mut Store, prefix: &str) -> (Vec<String>, bool) {
    let response = run(store, Operation::List { prefix: prefix.into() });
    let Response::List { entries, truncated } = response else { panic!("{response}") };
    (entries.iter().map(|(key, value)| format!("{key}={value}")).collect(), truncated)
}

#[test]
fn set_and_get() {
    let mut store = Store::default();
    let get = || Operation::Get { key: "x".into() };
    assert_eq!(run(&mut store, get()), Response::Value(None));
    set(&mut store, "x", "1");
    set(&mut store, "x", "2");
    assert_eq!(run(&mut store, get()), Response::Value(Some("2".into())));
    assert_eq!((store.len(), store.is_empty()), (1, false));
    set(&mut store, "y", "3");
    assert_eq!(store.len(), 2);
}

#[test]
fn delete() {
    let mut store = Store::default();
    set(&mut store, "x", "");
    let delete = || Operation::Delete { key: "x".into() };
    assert_eq!(run(&mut store, delete()), Response::Deleted { existed: true });
    assert_eq!(run(&mut store, delete()), Response::Deleted { existed: false });
    assert!(store.is_empty());
}

#[test]
fn cas_changes_only_the_expected_value() {
    let mut store = Store::default();
    assert_eq!(cas(&mut store, Some("1"), "2"), Response::NotSwapped { current: None });
    assert_eq!(cas(&mut store, None, "1"), Response::Swapped);
    let current = Some(Value::from("1"));
    assert_eq!(cas(&mut store, None, "2"), Response::NotSwapped { current: current.clone() });
    assert_eq!(cas(&mut store, Some("3"), "2"), Response::NotSwapped { current });
    assert_eq!(cas(&mut store, Some("1"), "2"), Response::Swapped);
    assert_eq!(store.get(b"x"), Some(&"2".into()));
}

#[test]
fn an_empty_value_is_not_an_absent_one() {
    let mut store = Store::default();
    set(&mut store, "x", "");
    assert_eq!(cas(&mut store, None, "1"), Response::NotSwapped { current: Some("".into()) });
    assert_eq!(cas(&mut store, Some(""), "1"), Response::Swapped);
}

#[test]
fn append_creates_and_extends() {
    let mut store = Store::default();
    let append = |text: &str| Operation::Append { key: "x".into(), value: text.into() };
    assert_eq!(run(&mut store, append("ab")), Response::Appended { length: 2 });
    assert_eq!(run(&mut store, append("c")), Response::Appended { length: 3 });
    assert_eq!(store.get(b"x"), Some(&"abc".into()));
}

#[test]
fn append_stops_at_the_limit_and_changes_nothing_then() {
    let mut store = Store::default();
    let append = |length| Operation::Append { key: "x".into(), value: vec![b'.'; length].into() };
    let length = MAX_VALUE_BYTES as u64;
    run(&mut store, append(MAX_VALUE_BYTES - 1));
    assert_eq!(run(&mut store, append(1)), Response::Appended { length });
    let full = store.clone();
    let too_long = Response::Failed(Error::ValueTooLong { length: length + 1 });
    assert_eq!(run(&mut store, append(1)), too_long);
    assert_eq!(store, full);
}

#[test]
fn list_finds_the_prefix_in_order() {
    let mut store = Store::default();
    for key in ["b", "ab", "a", "abc", "ac"] {
        set(&mut store, key, "1");
    }
    assert_eq!(list(&mut store, "ab"), (vec!["ab=1".into(), "abc=1".into()], false));
    assert_eq!(list(&mut store, "").0, ["a=1", "ab=1", "abc=1", "ac=1", "b=1"]);
    assert_eq!(list(&mut store, "abd"), (vec![], false));
    let keys: Vec<_> = store.with_prefix(b"a").map(|(key, _)| key.to_string()).collect();
    assert_eq!(keys, ["a", "ab", "abc", "ac"]);
}

#[test]
fn a_read_outside_the_log_says_the_same_and_leaves_no_mark() {
    let mut store = Store::default();
    set(&mut store, "a", "1");
    let before = store.clone();
    let reads = [
        Operation::Get { key: "a".into() },
        Operation::Get { key: "b".into() },
        Operation::Get { key: "".into() },
        Operation::List { prefix: "".into() },
    ];
    for operation in reads {
        let answer = store.read(&operation);
        assert_eq!(store, before, "{operation}");
        assert_eq!(answer, Some(run(&mut before.clone(), operation)));
    }
    assert_eq!(store.read(&Operation::Delete { key: "a".into() }), None);
    assert_eq!(store.read(&Operation::Delete { key: "".into() }), None);
}

#[test]
fn list_stops_after_enough_entries() {
    let mut store = Store::default();
    for number in 0..MAX_LIST_ENTRIES {
        set(&mut store, &format!("{number:04}"), "");
    }
    let (entries, truncated) = list(&mut store, "");
    assert_eq!((entries.len(), truncated), (MAX_LIST_ENTRIES, false));
    set(&mut store, "9999", "");
    let (entries, truncated) = list(&mut store, "");
    assert_eq!((entries.len(), truncated), (MAX_LIST_ENTRIES, true));
}

#[test]
fn list_stops_after_enough_bytes_but_takes_the_largest_entry() {
    let mut store = Store::default();
    let largest = "k".repeat(MAX_KEY_BYTES);
    set(&mut store, &largest, &"v".repeat(MAX_VALUE_BYTES));
    assert_eq!((list(&mut store, "").0.len(), list(&mut store, "").1), (1, false));
    set(&mut store, "z", "");
    let (entries, truncated) = list(&mut store, "");
    assert_eq!((entries.len(), truncated), (1, true));
}

#[test]
fn limits_hold_when_a_command_is_executed() {
    let mut store = Store::default();
    let operation = Operation::Set { key: "".into(), value: "1".into() };
    let command = Command { client: ClientId(1), sequence: Sequence(1), operation };
    assert_eq!(store.apply(1, &command.encode()), Response::Failed(Error::EmptyKey));
    assert!(store.is_empty());
}

#[test]
fn an_entry_that_is_no_command_counts_as_applied() {
    let mut store = Store::default();
    assert_eq!(
        store.apply(4, b"\x01nonsense"),
        Response::Failed(Error::Undecodable(DecodeError::Malformed))
    );
    assert_eq!(store.last_applied(), 4);
    store.skip(5);
    assert_eq!(store.last_applied(), 5);
    assert_eq!(store.digest(), Store::default().digest());
}

#[test]
fn a_clone_does_not_change_with_the_original() {
    let mut store = Store::default();
    set(&mut store, "x", "1");
    let before = store.clone();
    set(&mut store, "x", "2");
    assert_eq!(before.get(b"x"), Some(&"1".into()));
}

#[test]
fn the_digest_stays_what_it_is() {
    // Compared between native and wasm32, and between versions through snapshots: a change of this
    // number needs a new version of the snapshot's format.
    let mut store = Store::default();
    let operation = Operation::Set { key: "x".into(), value: "1".into() };
    store.execute(&Command { client: ClientId(1), sequence: Sequence(1), operation });
    assert_eq!(store.digest(), 11_218_944_350_825_957_828);
}

#[test]
fn the_digest_sees_where_a_key_ends() {
    let digest = |key, value| {
        let mut store = Store::default();
        set(&mut store, key, value);
        store.contents_digest()
    };
    assert_ne!(digest("ab", "c"), digest("a", "bc"));
    assert_ne!(digest("a", ""), Store::default().contents_digest());
}

#[test]
fn the_digest_depends_on_contents_and_not_on_how_they_came_about() {
    let (mut left, mut right) = (Store::default(), Store::default());
    set(&mut left, "x", "1");
    set(&mut left, "y", "2");
    set(&mut right, "y", "old");
    set(&mut right, "z", "gone");
    set(&mut right, "y", "2");
    set(&mut right, "x", "1");
    assert_ne!(left.digest(), right.digest());
    run(&mut right, Operation::Delete { key: "z".into() });
    assert_eq!(left, right);
    assert_eq!(left.digest(), right.digest());
}

#[test]
fn the_digest_sees_sessions() {
    let mut store = Store::default();
    let operation = Operation::Get { key: "x".into() };
    let before = (store.digest(), store.contents_digest());
    store.execute(&Command { client: ClientId(1), sequence: Sequence(1), operation });
    assert_ne!(store.digest(), before.0);
    assert_eq!(store.contents_digest(), before.1);
}

/// The effect of an operation on a plain map.
fn model(map: &mut BTreeMap<Key, Value>, operation: &Operation) -> Response {
    if let Err(error) = operation.validate() {
        return Response::Failed(error);
    }
    match operation.clone() {
        Operation::Set { key, value } => {
            map.insert(key, value);
            Response::Done
        }
        Operation::Get { key } => Response::Value(map.get(&key).cloned()),
        Operation::Delete { key } => Response::Deleted { existed: map.remove(&key).is_some() },
        Operation::Cas { key, expect, value } if map.get(&key) == expect.as_ref() => {
            map.insert(key, value);
            Response::Swapped
        }
        Operation::Cas { key, .. } => Response::NotSwapped { current: map.get(&key).cloned() },
        Operation::Append { key, value } => {
            let mut bytes = map.get(&key).map_or(vec![], |value| value.as_bytes().to_vec());
            bytes.extend(value.as_bytes());
            let length = bytes.len() as u64;
            if bytes.len() > MAX_VALUE_BYTES {
                return Response::Failed(Error::ValueTooLong { length });
            }
            map.insert(key, bytes.into());
            Response::Appended { length }
        }
        Operation::List { prefix } => {
            let all: Vec<_> = map
                .iter()
                .filter(|(key, _)| key.as_bytes().starts_with(prefix.as_bytes()))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            let mut bytes = 0;
            let kept: Vec<_> = all
                .iter()
                .take_while(|(key, value)| {
                    bytes += key.len() + value.len();
                    bytes <= MAX_LIST_BYTES
                })
                .cloned()
                .collect();
            let truncated = kept.len() < all.len();
            Response::List { entries: kept, truncated }
        }
    }
}

proptest! {
    #[test]
    fn operations_agree_with_a_plain_map(log in log()) {
        let (mut store, mut map) = (Store::default(), BTreeMap::new());
        for command in &log {
            let response = run(&mut store, command.operation.clone());
            prop_assert_eq!(response, model(&mut map, &command.operation), "{}", command.sequence);
        }
        prop_assert!(store.iter().eq(map.iter()));
    }

    #[test]
    fn the_same_log_gives_the_same_answers_the_same_store_and_the_same_digest(log in log()) {
        let (mut one, mut other) = (Store::default(), Store::default());
        for (index, command) in (1..).zip(&log) {
            let payload = command.encode();
            prop_assert_eq!(one.apply(index, &payload), other.apply(index, &payload));
            prop_assert_eq!(one.digest(), other.digest());
        }
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(one.last_applied(), log.len() as u64);
    }

    #[test]
    fn any_payload_is_answered(payload in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut store = Store::default();
        store.apply(1, &payload);
        prop_assert_eq!(store.last_applied(), 1);
    }
}

#[cfg(feature = "bugs")]
mod bugs {
    use super::*;

    #[test]
    fn a_retry_that_takes_effect_again_changes_keys_and_values_only() {
        let append = |sequence| {
            let operation = Operation::Append { key: "k".into(), value: "x".into() };
            Command { client: ClientId(1), sequence: Sequence(sequence), operation }.encode()
        };
        let (mut store, mut mistaken) = (Store::default(), Store::default());
        for (index, sequence, length) in [(1, 1, 1), (2, 2, 2)] {
            store.apply(index, &append(sequence));
            let response = mistaken.apply_retries_again(index, &append(sequence));
            assert_eq!(response, Response::Appended { length });
        }
        assert_eq!(mistaken, store, "nothing was repeated");
        let first = store.apply(3, &append(2));
        assert_eq!(mistaken.apply_retries_again(3, &append(2)), first, "the first answer");
        // A late copy of an earlier command is no retry.
        assert_eq!(mistaken.apply_retries_again(4, &append(1)), store.apply(4, &append(1)));
        assert_eq!(
            (store.get(b"k"), mistaken.get(b"k")),
            (Some(&"xx".into()), Some(&"xxx".into()))
        );
        assert!(mistaken.sessions().eq(store.sessions()));
    }
}
