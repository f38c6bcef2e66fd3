//! Tests of snapshots: the exact round trip, and each error.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::strategies::log;
use crate::{Command, MAX_SESSIONS, MAX_VALUE_BYTES, Operation, Response, Sequence};

fn small_store() -> Store {
    let mut store = Store::default();
    for (index, key) in (1..).zip(["a", "b", "c"]) {
        let operation = Operation::Append { key: key.into(), value: "1".into() };
        let command = Command { client: ClientId(index), sequence: Sequence(1), operation };
        store.apply(index, &command.encode());
    }
    store
}

/// The image of a store. Damage to it keeps the bytes well-formed.
fn image(store: &Store) -> Image {
    postcard::from_bytes(&store.snapshot()[1..]).unwrap()
}

/// Restores an image after `damage`, without a new checksum.
fn restore_damaged(damage: impl FnOnce(&mut Image)) -> Result<Store, RestoreError> {
    let mut image = image(&small_store());
    damage(&mut image);
    Store::restore(&postcard::to_extend(&image, vec![VERSION]).unwrap())
}

fn problem(damage: impl FnOnce(&mut Image)) -> &'static str {
    let result = restore_damaged(damage);
    let Err(RestoreError::InvalidSessions { problem }) = result else { panic!("{result:?}") };
    problem
}

#[test]
fn an_empty_store_round_trips() {
    assert_eq!(Store::restore(&Store::default().snapshot()), Ok(Store::default()));
}

#[test]
fn a_store_with_evicted_sessions_round_trips() {
    let mut store = Store::default();
    for client in 1..=MAX_SESSIONS as u64 + 5 {
        let operation = Operation::List { prefix: "".into() };
        store.execute(&Command { client: ClientId(client), sequence: Sequence(1), operation });
    }
    let restored = Store::restore(&store.snapshot()).unwrap();
    assert_eq!(restored, store);
    assert_eq!(restored.highest_evicted_client(), Some(ClientId(5)));
}

#[test]
fn a_retry_is_recognised_after_a_restore() {
    let mut store = Store::restore(&small_store().snapshot()).unwrap();
    let operation = Operation::Append { key: "a".into(), value: "1".into() };
    let retry = Command { client: ClientId(1), sequence: Sequence(1), operation };
    assert_eq!(store.apply(4, &retry.encode()), Response::Appended { length: 1 });
    assert_eq!(store.get(b"a"), Some(&"1".into()));
}

#[test]
fn every_cut_and_every_extra_byte_is_refused() {
    let bytes = small_store().snapshot();
    assert_eq!(Store::restore(&[]), Err(RestoreError::Empty));
    for length in 1..bytes.len() {
        assert_eq!(Store::restore(&bytes[..length]), Err(RestoreError::Malformed), "{length}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(Store::restore(&longer), Err(RestoreError::TrailingBytes { count: 1 }));
}

#[test]
fn every_flipped_bit_is_noticed() {
    let store = small_store();
    let bytes = store.snapshot();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        // A few bits of a length prefix have no effect on its value; all others are refused.
        if let Ok(restored) = Store::restore(&damaged) {
            assert_eq!(restored, store, "bit {bit}");
        }
    }
}

#[test]
fn another_version_is_refused() {
    let mut bytes = small_store().snapshot();
    bytes[0] = 2;
    let error = Store::restore(&bytes).unwrap_err();
    assert_eq!(error, RestoreError::UnknownVersion { found: 2, supported: 1 });
    assert_eq!(
        error.to_string(),
        "the snapshot cannot be used: its format is version 2 and this build reads version 1; \
         fetch another from the leader"
    );
}

#[test]
fn keys_must_be_in_order_and_within_the_limits() {
    let key = Key::from("a");
    assert_eq!(
        restore_damaged(|image| image.entries.swap(0, 1)),
        Err(RestoreError::KeysOutOfOrder { key: key.clone() })
    );
    assert_eq!(
        restore_damaged(|image| image.entries[1].0 = key.clone()),
        Err(RestoreError::KeysOutOfOrder { key: key.clone() }),
        "twice"
    );
    assert_eq!(
        restore_damaged(|image| image.entries[0].0 = "".into()),
        Err(RestoreError::InvalidEntry { key: "".into(), error: Error::EmptyKey })
    );
    let length = MAX_VALUE_BYTES + 1;
    assert_eq!(
        restore_damaged(|image| image.entries[0].1 = vec![0; length].into()),
        Err(RestoreError::InvalidEntry {
            key,
            error: Error::ValueTooLong { length: length as u64 }
        })
    );
}

#[test]
fn contents_must_fit_the_checksum() {
    let damages: [fn(&mut Image); 6] = [
        |image| image.last_applied += 1,
        |image| image.entries[0].1 = "2".into(),
        |image| image.highest_evicted_client = Some(ClientId(9)),
        |image| image.sessions[0].1.answer = Arc::new(Response::Done),
        |image| image.sessions[0].1.sequence = Sequence(2),
        |image| image.checksum ^= 1,
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let result = restore_damaged(damage);
        assert!(matches!(result, Err(RestoreError::ChecksumMismatch { .. })), "damage {number}");
    }
}

#[test]
fn sessions_must_be_possible() {
    assert_eq!(
        problem(|image| image.sessions.swap(0, 1)),
        "the sessions are not in the order of their client ids"
    );
    assert_eq!(
        problem(|image| image.sessions[0].1.sequence = Sequence(0)),
        "a session has sequence number 0"
    );
    assert_eq!(
        problem(|image| image.sessions[0].1.last_used = 1),
        "two sessions have the same last use"
    );
    assert_eq!(
        problem(|image| image.sessions[0].1.last_used = u64::MAX),
        "a session's last use is above the highest count"
    );
    assert_eq!(
        problem(|image| {
            let session = image.sessions[0].1.clone();
            image.sessions = (0..=MAX_SESSIONS as u64)
                .map(|number| {
                    (ClientId(number), ClientSession { last_used: number, ..session.clone() })
                })
                .collect();
        }),
        "there are more sessions than a store keeps"
    );
}

#[test]
fn a_huge_count_takes_no_memory() {
    // last_applied 0, then a count of 2^60 entries, and none of them.
    let bytes = [VERSION, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];
    assert_eq!(Store::restore(&bytes), Err(RestoreError::Malformed));
}

proptest! {
    #[test]
    fn a_snapshot_at_any_point_and_the_rest_of_the_log_give_the_same_store(
        log in log(),
        at in any::<prop::sample::Index>(),
    ) {
        let at = at.index(log.len() + 1);
        let mut whole = Store::default();
        let mut resumed = Store::default();
        for (index, command) in (1..).zip(&log) {
            if index == at as u64 + 1 {
                resumed = Store::restore(&whole.snapshot()).unwrap();
                prop_assert_eq!(&resumed, &whole);
                prop_assert_eq!(resumed.snapshot(), whole.snapshot());
            }
            let answer = whole.apply(index, &command.encode());
            if index > at as u64 {
                prop_assert_eq!(resumed.apply(index, &command.encode()), answer);
            }
        }
        if at < log.len() {
            prop_assert_eq!(resumed.digest(), whole.digest());
            prop_assert_eq!(resumed, whole);
        }
    }

    #[test]
    fn any_bytes_restore_without_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..128)) {
        let _ = Store::restore(&bytes);
        bytes.insert(0, VERSION);
        let _ = Store::restore(&bytes);
    }

    #[test]
    fn damaged_snapshots_are_refused_or_harmless(
        log in log(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut store = Store::default();
        for (index, command) in (1..).zip(&log) {
            store.apply(index, &command.encode());
        }
        let mut bytes = store.snapshot();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(restored) = Store::restore(&bytes) {
            prop_assert_eq!(restored, store);
        }
    }
}
