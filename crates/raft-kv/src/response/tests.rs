//! Tests of the words of answers and errors.

use super::*;
use crate::command::{ClientId, Sequence};
use crate::error::DecodeError;

#[test]
fn answers_are_said_in_words() {
    let shown = [
        (Response::Done, "done"),
        (Response::Value(Some("1".into())), "value 1"),
        (Response::Value(Some("".into())), "the empty value"),
        (Response::Value(None), "no value"),
        (Response::Deleted { existed: true }, "deleted"),
        (Response::Deleted { existed: false }, "nothing to delete"),
        (Response::Swapped, "swapped"),
        (Response::NotSwapped { current: Some("2".into()) }, "not swapped: the value is 2"),
        (Response::NotSwapped { current: None }, "not swapped: the key is absent"),
        (Response::Appended { length: 1 }, "appended: the value is 1 byte long"),
        (Response::Appended { length: 5 }, "appended: the value is 5 bytes long"),
        (Response::List { entries: vec![], truncated: false }, "no keys"),
        (
            Response::List { entries: vec![("a".into(), "1".into())], truncated: false },
            "1 key: a=1",
        ),
        (
            Response::List {
                entries: vec![("a".into(), "1".into()), ("b".into(), "".into())],
                truncated: true,
            },
            "2 keys: a=1 b= and more",
        ),
        (Response::Failed(Error::EmptyKey), "failed: the key is empty: name a key"),
    ];
    for (response, text) in shown {
        assert_eq!(response.to_string(), text);
    }
}

#[test]
fn errors_say_what_to_do_next() {
    let shown = [
        (
            Error::KeyTooLong { length: 2000 },
            "the key is 2000 bytes long, at most 1024 are allowed: use a shorter one",
        ),
        (
            Error::ValueTooLong { length: 70_000 },
            "the value would be 70000 bytes long, at most 65536 are allowed: split it over several \
             keys",
        ),
        (Error::ZeroSequence, "sequence numbers start at 1: number the command from 1"),
        (
            Error::SessionExpired { client: ClientId(4), above: Some(ClientId(9)) },
            "client 4 has no session (evicted, or never opened), and an earlier copy of this \
             command may have been applied: read to find out, then go on as a new client with an \
             id above 9",
        ),
        (
            Error::StaleSequence { sequence: Sequence(3), last: Sequence(5) },
            "command 3 is a late copy, the client is already at 5: ignore it",
        ),
        (
            Error::Undecodable(DecodeError::TrailingBytes { count: 3 }),
            "the log entry holds no command: 3 bytes follow the command: put one command in one \
             entry",
        ),
    ];
    for (error, text) in shown {
        assert_eq!(error.to_string(), text);
    }
}
