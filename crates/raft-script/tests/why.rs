//! Questions and their answers: each file of `why/` has a script, a question and the answer.
//!
//! The question comes after `?`: a `why` of the language, or the time of an event and the
//! beginning of its words. `UPDATE_GOLDENFILES=1` writes the answers.

use std::fs;
use std::path::PathBuf;

use raft_core::Instant;
use raft_explain::Question;
use raft_script::{Session, Started, Stepped, parse, parse_line};
use raft_sim::units::Span;
use raft_sim::{Event, EventNumber};

/// Carries out a script, up to a time if there is one, and returns all events.
fn play(text: &str, until: Option<Instant>) -> (Session, Vec<Event>) {
    let script = parse(text).expect("a script");
    let (mut session, rest) = Session::open(&script).expect("a cluster");
    let mut events = session.events().to_vec();
    let is_late = |session: &Session| {
        until.is_some_and(|until| session.next_step_at().is_none_or(|next| next > until))
    };
    for line in rest {
        let started = session.start(&line.statement);
        events.extend_from_slice(session.events());
        let mut waits = matches!(started, Ok(Started::Waiting));
        while waits && !is_late(&session) {
            waits = !matches!(session.step(), Stepped::Finished(_) | Stepped::Nothing);
            events.extend_from_slice(session.events());
        }
        if waits {
            session.cancel();
            break;
        }
    }
    (session, events)
}

/// The number of the event at this time whose words begin so.
fn number(events: &[Event], time: &str, words: &str) -> Option<EventNumber> {
    let fits =
        |event: &&Event| event.at.to_string() == time && event.kind.to_string().starts_with(words);
    events.iter().find(fits).map(|event| event.number)
}

/// The answer to the question of a file.
fn answer(text: &str) -> String {
    let (script, question) = text.split_once("\n? ").expect("a question");
    let (script, until) = match script.strip_prefix("scenario ") {
        Some(rest) => {
            let (name, until) = rest.split_once("\nuntil ").expect("a time");
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
            let scenario = fs::read_to_string(folder.join(name)).expect("a scenario");
            let until = Span::parse(until.trim()).expect("a time");
            (scenario, Some(Instant(until.as_micros() as u64)))
        }
        None => (script.to_owned(), None),
    };
    let (mut session, events) = play(&script, until);
    match parse_line(question).ok().flatten() {
        Some(statement) => match session.start(&statement) {
            Ok(Started::Done(reply)) => reply.to_string(),
            Ok(Started::Waiting) => panic!("an answer waits for nothing"),
            Err(error) => format!("error: {error}"),
        },
        None => {
            let (time, words) = question.split_once(' ').expect("a time and words");
            let Some(number) = number(&events, time, words.trim()) else {
                return events
                    .iter()
                    .filter(|e| e.at.to_string() == time)
                    .map(|e| format!("{}\n", e.kind))
                    .collect();
            };
            session.explain(&Question::Event(number)).expect("an event").to_string()
        }
    }
}

#[test]
fn the_answers_are_those_of_the_files() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/why");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder of the questions")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        // It needs rules that can be switched off.
        if !cfg!(feature = "bugs") && file.to_string_lossy().ends_with("-bugs.txt") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a text");
        let (asked, expected) = text.split_once("\n---\n").unwrap_or((text.trim_end(), ""));
        let found = answer(asked);
        if std::env::var_os("UPDATE_GOLDENFILES").is_some() {
            fs::write(&file, format!("{asked}\n---\n{found}\n")).expect("it can be written");
        } else {
            assert_eq!(found.trim_end(), expected.trim_end(), "{}", file.display());
        }
    }
}
