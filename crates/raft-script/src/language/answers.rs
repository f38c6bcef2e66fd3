//! The answers that a client can get, as `expect answer` writes them.

/// A form of an answer, in which `…` is the part that differs, and whether words have that form.
type Answer = (&'static str, fn(&str) -> bool);

const ANSWERS: &[Answer] = &[
    ("done", |words| words == "done"),
    ("value …", |words| goes_on(words, "value ")),
    ("no value", |words| words == "no value"),
    ("the empty value", |words| words == "the empty value"),
    ("deleted", |words| words == "deleted"),
    ("nothing to delete", |words| words == "nothing to delete"),
    ("swapped", |words| words == "swapped"),
    ("not swapped: the value is …", |words| goes_on(words, "not swapped: the value is ")),
    ("not swapped: the key is absent", |words| words == "not swapped: the key is absent"),
    ("appended: the value is 1 byte long", |words| words == "appended: the value is 1 byte long"),
    ("appended: the value is … bytes long", |words| {
        let length = words.strip_prefix("appended: the value is ");
        length.and_then(|length| length.strip_suffix(" bytes long")).is_some_and(is_number)
    }),
    ("no keys", |words| words == "no keys"),
    ("1 key: …", |words| goes_on(words, "1 key: ")),
    ("… keys: …", |words| {
        words
            .split_once(" keys: ")
            .is_some_and(|(count, keys)| is_number(count) && !keys.is_empty())
    }),
    ("failed: …", |words| {
        let error = words.strip_prefix("failed: ");
        error.is_some_and(|error| ERRORS.iter().any(|begins| error.starts_with(begins)))
    }),
    ("gave up", |words| words == "gave up"),
];

/// The beginnings of the errors of the store.
const ERRORS: &[&str] = &[
    "the key is empty: ",
    "the key is ",
    "the value would be ",
    "sequence numbers start at 1: ",
    "client ",
    "command ",
    "the log entry holds no command: ",
];

/// Whether a client can get this answer.
pub(super) fn can_be_an_answer(words: &str) -> bool {
    ANSWERS.iter().any(|(_, fits)| fits(words))
}

/// Every form, for an error.
pub(super) fn forms() -> String {
    ANSWERS.iter().map(|(form, _)| format!("`{form}`")).collect::<Vec<_>>().join(", ")
}

/// Every form with its first word, for completion.
pub(super) fn first_words() -> impl Iterator<Item = (&'static str, &'static str)> {
    let words = ANSWERS.iter().filter_map(|(form, _)| {
        let first = form.split(' ').next()?;
        (first != "…").then_some((first, *form))
    });
    let mut last = "";
    words.filter(move |(first, _)| std::mem::replace(&mut last, first) != *first)
}

fn goes_on(words: &str, begin: &str) -> bool {
    words.strip_prefix(begin).is_some_and(|rest| !rest.is_empty())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use raft_kv::{ClientId, DecodeError, Error, Key, Response, Sequence, Value};

    use super::*;

    /// Every answer of the store, with each kind of error.
    fn answers() -> Vec<Response> {
        let (key, value) = (Key::from("x"), Value::from("a value"));
        let entries = |count: usize| vec![(key.clone(), value.clone()); count];
        let list = |count, truncated| Response::List { entries: entries(count), truncated };
        let errors = [
            Error::EmptyKey,
            Error::KeyTooLong { length: 9999 },
            Error::ValueTooLong { length: 1 << 30 },
            Error::ZeroSequence,
            Error::SessionExpired { client: ClientId(7), above: Some(ClientId(9)) },
            Error::StaleSequence { sequence: Sequence(1), last: Sequence(2) },
            Error::Undecodable(DecodeError::Malformed),
        ];
        let mut answers = vec![
            Response::Done,
            Response::Value(Some(value.clone())),
            Response::Value(Some(Value::from(""))),
            Response::Value(None),
            Response::Deleted { existed: true },
            Response::Deleted { existed: false },
            Response::Swapped,
            Response::NotSwapped { current: Some(value.clone()) },
            Response::NotSwapped { current: None },
            Response::Appended { length: 1 },
            Response::Appended { length: 12 },
            list(0, false),
            list(1, false),
            list(3, true),
        ];
        answers.extend(errors.map(Response::Failed));
        answers
    }

    #[test]
    fn every_answer_of_the_store_can_be_one() {
        for answer in answers() {
            assert!(can_be_an_answer(&answer.to_string()), "{answer}");
        }
        assert!(can_be_an_answer("gave up"));
    }

    #[test]
    fn other_words_cannot() {
        for words in [
            "",
            "ok",
            "Done",
            "done ",
            "value",
            "7",
            "value:7",
            "appended: the value is long",
            "given up",
            "2 keys:",
            "two keys: a=1",
            "failed",
            "failed: somehow",
            "not swapped",
        ] {
            assert!(!can_be_an_answer(words), "{words}");
        }
    }

    #[test]
    fn each_first_word_is_named_once() {
        let words: Vec<&str> = first_words().map(|(word, _)| word).collect();
        assert_eq!(words[..4], ["done", "value", "no", "the"]);
    }
}
