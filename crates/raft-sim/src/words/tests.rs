use raft_kv::{ClientId, Error, Operation, Response, Value};

use super::*;

/// The store has words of its own; a sentence that names its keys and clients is the same.
#[test]
fn an_operation_and_its_answer_are_told_as_the_store_prints_them() {
    let (key, value) = (Key::from("k"), Value::from("v"));
    let operations = [
        Operation::Set { key: key.clone(), value: value.clone() },
        Operation::Get { key: key.clone() },
        Operation::Delete { key: key.clone() },
        Operation::Cas { key: key.clone(), expect: None, value: value.clone() },
        Operation::Cas { key: key.clone(), expect: Some(Value::from("")), value: value.clone() },
        Operation::Append { key: key.clone(), value: value.clone() },
        Operation::List { prefix: Key::from("") },
        Operation::List { prefix: key.clone() },
    ];
    for operation in operations {
        let words = Words::of(&operation);
        assert_eq!(words.to_string(), operation.to_string());
        let names =
            words.parts().iter().any(|part| part.mention == Some(Mention::Key(key.clone())));
        assert_eq!(names, !matches!(operation, Operation::List { .. }), "{operation}");
    }
    for above in [None, Some(ClientId(7))] {
        let response = Response::Failed(Error::SessionExpired { client: ClientId(3), above });
        let words = Words::of(&response);
        assert_eq!(words.to_string(), response.to_string());
        assert_eq!(words.parts()[1].mention, Some(Mention::Client(ClientId(3))));
    }
}

#[test]
fn plain_words_in_a_row_are_one_part() {
    let four = 4_u64;
    let words = Words::told(|out| say!(out; "a ", "b ", "", NodeId(3), "", "c", four));
    let texts: Vec<&str> = words.parts().iter().map(|part| &*part.text).collect();
    assert_eq!(texts, ["a b ", "node 3", "c4"]);
}

#[test]
fn a_sentence_that_is_kept_can_be_said_again() {
    let words = Words::told(|out| say!(out; Subject(NodeId(3)), "is paused"));
    assert_eq!(words.to_string(), "node 3 is paused");
    assert_eq!(Words::of(&words), words);
    assert_eq!(Words::without_subject(&Subject(NodeId(3))), Words::default());
}
