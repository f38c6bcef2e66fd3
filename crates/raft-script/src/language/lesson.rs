//! The statements of lessons.

use raft_core::LogIndex;

use super::cursor::{Cursor, Parsed};
use super::network::KINDS;
use super::{Choice, STATEMENTS, Word};
use crate::condition::Condition;
use crate::lesson::{LessonStatement, PanelName, Pointed};
use crate::limits::{MAX_LESSON_WORDS, MAX_NUMBER};
use crate::statement::Statement;

pub(super) const WORDS: &[Word<Statement>] = &[
    Word {
        name: "lesson",
        brief: "the title of a lesson",
        forms: &[(
            "lesson \"Split votes\"",
            "the title; a lesson is a script whose notes are its text",
        )],
        parse: |cursor| {
            cursor.sentence("the title").map(LessonStatement::Title).map(Statement::Lesson)
        },
    },
    Word {
        name: "scene",
        brief: "a step of a lesson begins",
        forms: &[
            (
                "scene \"Two candidates\"",
                "a step begins: notes are its text, statements set its stage; it marks the moment: \
                 since scene",
            ),
            (
                "scene \"Saved\" after \"Two candidates\"",
                "it begins at the end of that earlier scene",
            ),
        ],
        parse: |cursor| {
            let title = cursor.sentence("the title")?;
            let after = match cursor.eat(("after", "the title of an earlier scene follows")) {
                true => Some(cursor.sentence("the title of an earlier scene")?),
                false => None,
            };
            Ok(Statement::Lesson(LessonStatement::Scene { title, after }))
        },
    },
    Word {
        name: "point",
        brief: "what the learner is to look at",
        forms: &[(
            "point node 3",
            "what the learner is to look at; also link 1 -> 3, message AppendEntries 1 -> 3, \
             entry 4, client 1, panel logs",
        )],
        parse: |cursor| cursor.pointed().map(LessonStatement::Point).map(Statement::Lesson),
    },
    Word {
        name: "allow",
        brief: "the statements that the learner is offered",
        forms: &[(
            "allow crash",
            "the learner is offered this statement only; commas part several",
        )],
        parse: |cursor| cursor.allowed().map(LessonStatement::Allow).map(Statement::Lesson),
    },
    Word {
        name: "ask",
        brief: "a question that the run answers",
        forms: &[(
            "ask \"Who will lead?\"",
            "a question; what comes after its choices answers it; it marks the moment: since ask",
        )],
        parse: |cursor| {
            cursor.sentence("the question").map(LessonStatement::Ask).map(Statement::Lesson)
        },
    },
    Word {
        name: "choice",
        brief: "a possible answer",
        forms: &[(
            "choice \"Node 1\" if leader 1",
            "an answer; right if that holds at the end of the scene",
        )],
        parse: |cursor| {
            let (text, condition) = cursor.judged("the answer")?;
            Ok(Statement::Lesson(LessonStatement::Choice { text, condition }))
        },
    },
    Word {
        name: "instead",
        brief: "a run in which the choice before would be right",
        forms: &[(
            "instead timeout 1",
            "what to do from the question on, so that the choice before would be right",
        )],
        parse: |cursor| cursor.carried_out().map(LessonStatement::Instead).map(Statement::Lesson),
    },
    Word {
        name: "never",
        brief: "why the choice before can never be right",
        forms: &[("never \"Each node has one vote.\"", "why there is no such run")],
        parse: |cursor| {
            cursor.sentence("the reason").map(LessonStatement::Never).map(Statement::Lesson)
        },
    },
    Word {
        name: "goal",
        brief: "what the learner shall bring about",
        forms: &[(
            "goal \"Node 3 leads.\" if leader 3",
            "what the learner shall bring about, reached once that holds; it marks the moment: \
             since ask",
        )],
        parse: |cursor| {
            let (text, condition) = cursor.judged("the goal")?;
            Ok(Statement::Lesson(LessonStatement::Goal { text, condition }))
        },
    },
    Word {
        name: "solve",
        brief: "a step of one way to the goals",
        forms: &[("solve timeout 3", "one way to the goals; helios run goes it")],
        parse: |cursor| cursor.carried_out().map(LessonStatement::Solve).map(Statement::Lesson),
    },
];

const PANELS: [Choice<PanelName>; 8] = [
    Choice { name: "cluster", help: "the nodes and links", value: PanelName::Cluster },
    Choice { name: "logs", help: "the logs", value: PanelName::Logs },
    Choice { name: "values", help: "the keys and values", value: PanelName::Values },
    Choice { name: "events", help: "the events", value: PanelName::Events },
    Choice { name: "tape", help: "the line of the run", value: PanelName::Tape },
    Choice { name: "sentence", help: "the sentence about the moment", value: PanelName::Sentence },
    Choice { name: "console", help: "the console", value: PanelName::Console },
    Choice { name: "disk", help: "the disk of a node", value: PanelName::Disk },
];

const POINTED: [Word<Pointed>; 6] = [
    Word {
        name: "node",
        brief: "a node",
        forms: &[],
        parse: |cursor| cursor.node().map(Pointed::Node),
    },
    Word {
        name: "link",
        brief: "a link",
        forms: &[],
        parse: |cursor| {
            let from = cursor.node()?;
            cursor.sign("->")?;
            Ok(Pointed::Link(from, cursor.node()?))
        },
    },
    Word {
        name: "message",
        brief: "a message under way",
        forms: &[],
        parse: |cursor| {
            let kind = cursor.choice(&KINDS)?;
            let from = cursor.node()?;
            cursor.sign("->")?;
            Ok(Pointed::Message(kind, from, cursor.node()?))
        },
    },
    Word {
        name: "entry",
        brief: "an entry of the logs",
        forms: &[],
        parse: |cursor| {
            let index = cursor.number("the index of an entry", 1, MAX_NUMBER)?;
            Ok(Pointed::Entry(LogIndex(index)))
        },
    },
    Word {
        name: "client",
        brief: "a client",
        forms: &[],
        parse: |cursor| cursor.client().map(Pointed::Client),
    },
    Word {
        name: "panel",
        brief: "a part of the page",
        forms: &[],
        parse: |cursor| cursor.choice(&PANELS).map(Pointed::Panel),
    },
];

impl Cursor<'_> {
    /// Words for a learner, in quotes.
    fn sentence(&mut self, what: &str) -> Parsed<String> {
        let expected = format!("{what} in quotes, of 1 to {MAX_LESSON_WORDS} bytes");
        let found = self.quoted().map(<[u8]>::to_vec);
        let text = found.and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.filter(|text| (1..=MAX_LESSON_WORDS).contains(&text.len()));
        let text = text.ok_or_else(|| self.error(expected))?;
        self.advance();
        Ok(text)
    }

    /// `"Node 1" if leader 1`
    fn judged(&mut self, what: &str) -> Parsed<(String, Condition)> {
        let text = self.sentence(what)?;
        self.keyword(("if", "a condition follows"))?;
        Ok((text, self.condition()?))
    }

    /// The statement after `solve` or `instead`.
    fn carried_out(&mut self) -> Parsed<Box<Statement>> {
        let expected = "a statement that a learner can give";
        let place = self.place();
        // Before it is read: a line may nest as many of them as it has room for.
        if self.is_of_lesson() {
            return Err(self.error(expected));
        }
        let statement = self.statement()?;
        if statement.is_opening() {
            return Err(self.error_from(place, expected));
        }
        Ok(Box::new(statement))
    }

    /// Whether a statement of lessons is here.
    pub(super) fn is_of_lesson(&self) -> bool {
        WORDS.iter().any(|word| Some(word.name) == self.word())
    }

    fn pointed(&mut self) -> Parsed<Pointed> {
        for word in &POINTED {
            self.offer(word.name, word.brief);
        }
        self.one_of("something to look at", POINTED.iter())
    }

    /// `crash, restart`
    fn allowed(&mut self) -> Parsed<Vec<&'static str>> {
        let mut words: Vec<&'static str> = Vec::new();
        loop {
            for word in STATEMENTS.iter().filter(|word| !words.contains(&word.name)) {
                self.offer(word.name, word.brief);
            }
            let named = |word: &&&Word<Statement>| Some(word.name) == self.word();
            let found = STATEMENTS.iter().find(named).map(|word| word.name);
            match found.filter(|name| !words.contains(name)) {
                Some(name) => words.push(name),
                None => return Err(self.error("the first word of a statement, each once")),
            }
            self.advance();
            if !self.eat_sign((",", "another one follows")) {
                return Ok(words);
            }
        }
    }
}
