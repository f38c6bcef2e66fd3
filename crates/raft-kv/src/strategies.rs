//! Inputs of the property tests: few keys and few clients, so that commands meet.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::{ClientId, Command, Key, Operation, Sequence, Value};

/// Any bytes, for codecs.
pub(crate) fn any_key() -> impl Strategy<Value = Key> {
    vec(any::<u8>(), 0..12).prop_map(Key::from)
}

pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    vec(any::<u8>(), 0..24).prop_map(Value::from)
}

/// Four keys, three of them with a common prefix, and the empty one, which is refused.
fn few_keys() -> impl Strategy<Value = Key> {
    prop_oneof![
        8 => prop::sample::select(vec!["a", "b", "ab", "abc"]).prop_map(Key::from),
        1 => Just(Key::from("")),
    ]
}

/// Few values, so that a comparison often holds; one that is too long; and one that an append makes
/// too long.
fn few_values() -> impl Strategy<Value = Value> {
    prop_oneof![
        16 => prop::sample::select(vec!["", "1", "2"]).prop_map(Value::from),
        1 => Just(Value::from(vec![b'x'; crate::MAX_VALUE_BYTES + 1])),
        1 => Just(Value::from(vec![b'x'; crate::MAX_VALUE_BYTES - 1])),
    ]
}

fn operation(
    key: impl Strategy<Value = Key> + Clone + 'static,
    value: impl Strategy<Value = Value> + Clone + 'static,
) -> impl Strategy<Value = Operation> {
    prop_oneof![
        (key.clone(), value.clone()).prop_map(|(key, value)| Operation::Set { key, value }),
        key.clone().prop_map(|key| Operation::Get { key }),
        key.clone().prop_map(|key| Operation::Delete { key }),
        (key.clone(), option::of(value.clone()), value.clone())
            .prop_map(|(key, expect, value)| Operation::Cas { key, expect, value }),
        (key.clone(), value).prop_map(|(key, value)| Operation::Append { key, value }),
        key.prop_map(|prefix| Operation::List { prefix }),
    ]
}

/// A command with any contents, for codecs.
pub(crate) fn any_command() -> impl Strategy<Value = Command> {
    let operation = operation(any_key().boxed(), any_value().boxed());
    (any::<u64>(), any::<u64>(), operation).prop_map(|(client, sequence, operation)| Command {
        client: ClientId(client),
        sequence: Sequence(sequence),
        operation,
    })
}

/// A log of commands of few clients with few numbers, so that there are retries, late copies, gaps
/// and clients without a session.
pub(crate) fn log() -> impl Strategy<Value = Vec<Command>> {
    let operation = operation(few_keys().boxed(), few_values().boxed());
    let command = (1..4_u64, 0..8_u64, operation).prop_map(|(client, sequence, operation)| {
        Command { client: ClientId(client), sequence: Sequence(sequence), operation }
    });
    vec(command, 0..60)
}
