//! Tests of commands: limits, text, and the codec.

use proptest::prelude::*;

use super::*;
use crate::strategies::any_command;

fn set(key: &str, value: &str) -> Command {
    Command {
        client: ClientId(300),
        sequence: Sequence(2),
        operation: Operation::Set { key: key.into(), value: value.into() },
    }
}

#[test]
fn the_format_stays_what_it_is() {
    // Logs on disk are written in it: a change needs a new version.
    assert_eq!(set("k", "v").encode(), [1, 0xac, 0x02, 2, 0, 1, b'k', 1, b'v']);
}

#[test]
fn an_operation_is_about_one_key_or_about_none() {
    assert_eq!(set("k", "v").operation.key(), Some(&Key::from("k")));
    assert_eq!(Operation::List { prefix: "k".into() }.key(), None);
}

#[test]
fn every_operation_is_shown_in_the_form_of_the_console() {
    let (key, value) = (Key::from("x"), Value::from("1"));
    let shown = [
        (Operation::Set { key: key.clone(), value: value.clone() }, "set x=1"),
        (Operation::Get { key: key.clone() }, "get x"),
        (Operation::Delete { key: key.clone() }, "delete x"),
        (
            Operation::Cas { key: key.clone(), expect: Some(value.clone()), value: "2".into() },
            "cas x 1 2",
        ),
        (Operation::Cas { key: key.clone(), expect: None, value: "2".into() }, "cas x absent 2"),
        (Operation::Append { key: key.clone(), value }, "append x 1"),
        (Operation::List { prefix: key }, "list x"),
        (Operation::List { prefix: "".into() }, "list"),
    ];
    for (operation, text) in shown {
        assert_eq!(operation.to_string(), text);
    }
    assert_eq!(set("x", "1").to_string(), "client 300 #2: set x=1");
}

#[test]
fn limits_are_inclusive() {
    let key = |length| Key::from(vec![b'k'; length]);
    let value = |length| Value::from(vec![b'v'; length]);
    let set = |key, value| Operation::Set { key, value }.validate();

    assert_eq!(set(key(MAX_KEY_BYTES), value(MAX_VALUE_BYTES)), Ok(()));
    assert_eq!(set(key(1), value(0)), Ok(()));
    assert_eq!(set(key(0), value(0)), Err(Error::EmptyKey));
    assert_eq!(
        set(key(MAX_KEY_BYTES + 1), value(0)),
        Err(Error::KeyTooLong { length: MAX_KEY_BYTES as u64 + 1 })
    );
    let too_long = Err(Error::ValueTooLong { length: MAX_VALUE_BYTES as u64 + 1 });
    assert_eq!(set(key(1), value(MAX_VALUE_BYTES + 1)), too_long);
    let (key, long, short) = (key(1), value(MAX_VALUE_BYTES + 1), value(1));
    for operation in [
        Operation::Append { key: key.clone(), value: long.clone() },
        Operation::Cas { key: key.clone(), expect: Some(long.clone()), value: short.clone() },
        Operation::Cas { key, expect: None, value: long },
    ] {
        assert_eq!(operation.validate(), too_long, "{}", operation.key().unwrap());
    }
}

#[test]
fn every_operation_on_a_key_needs_one() {
    let (key, value) = (Key::from(""), Value::from(""));
    for operation in [
        Operation::Get { key: key.clone() },
        Operation::Delete { key: key.clone() },
        Operation::Cas { key: key.clone(), expect: None, value: value.clone() },
        Operation::Append { key, value },
    ] {
        assert_eq!(operation.validate(), Err(Error::EmptyKey), "{operation}");
    }
}

#[test]
fn a_prefix_may_be_empty_but_not_too_long() {
    let list = |length| Operation::List { prefix: Key::from(vec![b'k'; length]) }.validate();
    assert_eq!(list(0), Ok(()));
    assert_eq!(list(MAX_KEY_BYTES + 1), Err(Error::KeyTooLong { length: 1025 }));
}

#[test]
fn decoding_says_what_is_wrong() {
    let payload = set("k", "v").encode();
    assert_eq!(Command::decode(&[]), Err(DecodeError::Empty));
    assert_eq!(
        Command::decode(&[9, 0, 0]),
        Err(DecodeError::UnknownVersion { found: 9, supported: 1 })
    );
    assert_eq!(
        Command::decode(&[&payload[..], b"!!"].concat()),
        Err(DecodeError::TrailingBytes { count: 2 })
    );
    for length in 1..payload.len() {
        assert_eq!(Command::decode(&payload[..length]), Err(DecodeError::Malformed), "{length}");
    }
}

proptest! {
    #[test]
    fn commands_round_trip(command in any_command()) {
        prop_assert_eq!(&Command::decode(&command.encode()).unwrap(), &command);
        let json = serde_json::to_string(&command).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Command>(&json).unwrap(), &command);
    }

    #[test]
    fn any_bytes_decode_without_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = Command::decode(&bytes);
        bytes.insert(0, VERSION);
        let _ = Command::decode(&bytes);
    }

    #[test]
    fn damaged_commands_decode_without_a_panic(
        command in any_command(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut payload = command.encode();
        let at = at.index(payload.len());
        payload[at] = byte;
        let _ = Command::decode(&payload);
        let _ = Command::decode(&payload[at..]);
    }
}
