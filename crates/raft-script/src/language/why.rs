//! `why`: questions about what happened, and about what did not.

use std::fmt;

use raft_core::LogIndex;
use raft_explain::Question;
use raft_sim::EventNumber;

use super::Word;
use super::cursor::{Cursor, Parsed};
use crate::limits::MAX_NUMBER;
use crate::statement::Statement;
use crate::units::Text;

pub(super) const WORDS: &[Word<Statement>] = &[Word {
    name: "why",
    brief: "explain what happened, or what did not",
    forms: &[("why 812", "explain the event with this number, back to what began it")],
    parse: |cursor| cursor.question().map(Statement::Why),
}];

/// What can be asked.
pub(crate) const QUESTIONS: &[Word<Question>] = &[
    Word {
        name: "no leader",
        brief: "why nobody leads",
        forms: &[("why no leader", "why nobody leads, and what would have to happen")],
        parse: |_| Ok(Question::NoLeader),
    },
    Word {
        name: "no answer",
        brief: "why a client has no answer",
        forms: &[("why no answer client 1", "why a client has no answer yet")],
        parse: |cursor| {
            cursor.keyword(CLIENT)?;
            cursor.client().map(Question::NoAnswer)
        },
    },
    Word {
        name: "not leader",
        brief: "why a node does not lead",
        forms: &[("why not leader 3", "why a node does not lead")],
        parse: |cursor| cursor.node().map(Question::NotLeader),
    },
    Word {
        name: "not committed",
        brief: "why an entry is not committed",
        forms: &[("why not committed 7", "why an entry is not committed")],
        parse: |cursor| cursor.entry_index().map(Question::NotCommitted),
    },
    Word {
        name: "not up",
        brief: "why a log lacks what the leader has",
        forms: &[("why not up to date 3", "why a node's log lacks what its leader has")],
        parse: |cursor| {
            cursor.keyword(("to", "up to date"))?;
            cursor.keyword(("date", "up to date"))?;
            cursor.node().map(Question::NotUpToDate)
        },
    },
    Word {
        name: "read waits",
        brief: "why a read waits",
        forms: &[("why read waits client 1", "why a client's read waits")],
        parse: |cursor| {
            cursor.keyword(CLIENT)?;
            cursor.client().map(Question::ReadWaits)
        },
    },
    Word {
        name: "change waits",
        brief: "why a change of the members is not finished",
        forms: &[("why change waits", "why a change of the members is not finished")],
        parse: |_| Ok(Question::ChangeWaits),
    },
    Word {
        name: "answer",
        brief: "why a client got its last answer",
        forms: &[("why answer client 1", "why a client got its last answer, and not earlier")],
        parse: |cursor| {
            cursor.keyword(CLIENT)?;
            cursor.client().map(Question::Answer)
        },
    },
    Word {
        name: "term",
        brief: "why this is the term",
        forms: &[("why term 4", "why there is a term: who began it")],
        parse: |cursor| cursor.term().map(Question::Term),
    },
    Word {
        name: "removed",
        brief: "why an entry was removed",
        forms: &[("why removed entry 5 at 2", "why an entry was removed from a node's log")],
        parse: |cursor| {
            cursor.keyword(("entry", "an entry of the log"))?;
            let index = cursor.entry_index()?;
            cursor.keyword(("at", "at a node"))?;
            Ok(Question::Removed { index, node: cursor.node()? })
        },
    },
    Word {
        name: "refused",
        brief: "why a node refused to start",
        forms: &[("why refused 3", "why a node refused to start")],
        parse: |cursor| cursor.node().map(Question::Refused),
    },
    Word {
        name: "stopped",
        brief: "why a node's process stopped",
        forms: &[("why stopped 2", "why a node's process stopped")],
        parse: |cursor| cursor.node().map(Question::Stopped),
    },
    Word {
        name: "value",
        brief: "why a key has its value",
        forms: &[("why value x", "why a key has its value, and what nodes with another lack")],
        parse: |cursor| cursor.key().map(Question::Value),
    },
];

const CLIENT: (&str, &str) = ("client", "the number of the client follows");

impl Cursor<'_> {
    fn question(&mut self) -> Parsed<Question> {
        self.offer("812", "an event, by its number");
        for word in QUESTIONS {
            self.offer(word.name, word.brief);
        }
        if self.word().is_some_and(super::values::is_number) {
            let number = self.number("the number of an event", 1, MAX_NUMBER)?;
            let number = EventNumber::new(number).expect("it is at least 1");
            return Ok(Question::Event(number));
        }
        self.one_of("the number of an event, or a question", QUESTIONS.iter())
    }

    fn entry_index(&mut self) -> Parsed<LogIndex> {
        self.number("the index of an entry", 1, MAX_NUMBER).map(LogIndex)
    }
}

/// A question as text.
pub(crate) fn write_question(f: &mut fmt::Formatter<'_>, question: &Question) -> fmt::Result {
    match question {
        Question::Event(number) => write!(f, "why {number}"),
        Question::Term(term) => write!(f, "why term {term}"),
        Question::Removed { index, node } => write!(f, "why removed entry {index} at {node}"),
        Question::Refused(node) => write!(f, "why refused {node}"),
        Question::Stopped(node) => write!(f, "why stopped {node}"),
        Question::Answer(client) => write!(f, "why answer client {client}"),
        Question::NoLeader => f.write_str("why no leader"),
        Question::NotLeader(node) => write!(f, "why not leader {node}"),
        Question::NotCommitted(index) => write!(f, "why not committed {index}"),
        Question::NotUpToDate(node) => write!(f, "why not up to date {node}"),
        Question::NoAnswer(client) => write!(f, "why no answer client {client}"),
        Question::ReadWaits(client) => write!(f, "why read waits client {client}"),
        Question::ChangeWaits => f.write_str("why change waits"),
        Question::Value(key) => write!(f, "why value {}", Text::of(key)),
    }
}
