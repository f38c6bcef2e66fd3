use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{Command, DecodeError, SessionTag};
use crate::strategies::{apply, command, put_of};
use crate::{Error, Operation, Store, Txn, TxnOperation};

proptest! {
    #[test]
    fn a_command_survives_its_encoding(command in command()) {
        prop_assert_eq!(Command::decode(&command.encode()), Ok(command));
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Command::decode(&bytes);
        let _ = Command::decode(&[&[1], &bytes[..]].concat());
    }

    /// Damage gives another command or an error, and no store panics at it.
    #[test]
    fn a_damaged_command_is_harmless(
        commands in vec(command(), 1..20),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut store = Store::default();
        for (index, command) in (1..).zip(&commands) {
            let mut payload = command.encode();
            store.apply(2 * index, &payload);
            for (at, byte) in &damage {
                let at = at.index(payload.len());
                payload[at] = *byte;
            }
            store.apply(2 * index + 1, &payload);
        }
        let restored = Store::restore(&store.snapshot());
        prop_assert_eq!(restored.map(|it| it.hash()), Ok(store.hash()));
    }

    #[test]
    fn a_part_of_a_command_is_no_command(command in command(), end in any::<Index>()) {
        let payload = command.encode();
        prop_assert!(Command::decode(&payload[..end.index(payload.len())]).is_err());
        let longer = [&payload[..], &[0]].concat();
        prop_assert_eq!(Command::decode(&longer), Err(DecodeError::TrailingBytes));
    }
}

/// The log of an older program must be readable: the encoded form does not change.
#[test]
fn the_form_in_the_log_is_fixed() {
    let tag = SessionTag { session: -2, number: 5, acknowledged: 4 };
    let command = Command { session: Some(tag), operation: put_of("k", "v") };
    let wanted = [1, 1, 3, 5, 4, 0, 1, b'k', 1, b'v', 0, 0, 0, 0];
    assert_eq!(command.encode(), wanted);
}

#[test]
fn what_is_no_command_is_refused_and_counted() {
    let mut store = Store::default();
    let cases = [
        (&[][..], DecodeError::Empty),
        (&[2, 0], DecodeError::UnknownVersion { found: 2 }),
        (&[1, 9], DecodeError::Malformed),
    ];
    for (index, (payload, error)) in (1..).zip(cases) {
        let response = store.apply(index, payload);
        assert_eq!(response.result, Err(Error::Undecodable(error)));
        assert_eq!((store.applied(), store.revision()), (index, 1));
    }
}

/// A payload that claims very many levels is refused before they exhaust the stack.
#[test]
fn levels_of_transactions_are_bounded() {
    let empty_txn = [0, 0, 0, 0];
    let level = [0, 0, 1, 0];
    let nested = |levels: usize| {
        // No session; the third operation; so many steps.
        let mut payload = vec![1, 0, 2];
        payload.extend(postcard::to_allocvec(&(levels as u64)).unwrap());
        payload.extend(level.repeat(levels - 1));
        payload.extend(empty_txn);
        Command::decode(&payload)
    };
    assert_eq!(nested(1), Ok(Command::new(Operation::Txn(Txn::default()))));
    let Ok(Command { operation: Operation::Txn(mut txn), .. }) = nested(128) else {
        panic!("128 levels are possible");
    };
    let mut levels = 1;
    while let Some(TxnOperation::Txn(inner)) = txn.success.pop() {
        txn = inner;
        levels += 1;
    }
    assert_eq!(levels, 128);
    assert_eq!(nested(129), Err(DecodeError::Malformed));
    assert_eq!(nested(1_000_000), Err(DecodeError::Malformed));
}

#[test]
fn a_command_without_a_session_is_applied_each_time() {
    let mut store = Store::default();
    apply(&mut store, put_of("k", "v"));
    let again = apply(&mut store, put_of("k", "v"));
    assert!(!again.repeated);
    assert_eq!(store.revision(), 3);
}
