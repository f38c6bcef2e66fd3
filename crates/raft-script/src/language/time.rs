//! `run`, `step` and `at`: statements that let time pass.

use std::fmt;
use std::time::Duration;

use raft_core::Instant;

use super::Word;
use super::cursor::{Cursor, Parsed};
use super::values::{duration_expected, is_number};
use crate::limits::{MAX_DURATION, MAX_NUMBER, MAX_STEPS};
use crate::statement::{Run, Statement, When};
use crate::units::Span;

pub(super) const WORDS: &[Word<Statement>] = &[
    Word {
        name: "run",
        brief: "let time pass",
        forms: &[
            ("run 2s", "let that much time pass"),
            ("run until 1500ms", "let time pass until that moment"),
            (
                "run until leader [within 5s]",
                "let time pass until a condition holds, for 1m at most",
            ),
        ],
        parse: |cursor| cursor.run().map(Statement::Run),
    },
    Word {
        name: "step",
        brief: "execute the next step",
        forms: &[("step [3]", "execute the next step (3: three steps)")],
        parse: |cursor| match cursor.is_at_end() {
            true => Ok(Statement::Step(1)),
            false => cursor.number("a number of steps", 1, MAX_STEPS).map(Statement::Step),
        },
    },
    Word {
        name: "mark",
        brief: "name this moment",
        forms: &[("mark recovery", "name this moment, for: expect traced crashed since recovery")],
        parse: |cursor| cursor.mark().map(Statement::Mark),
    },
    Word {
        name: "at",
        brief: "run until a moment, then carry out a statement",
        forms: &[
            ("at 1500ms crash 3", "run until that moment, then carry out a statement"),
            (
                "at 1500ms after 320 steps crash 3",
                "the same, after exactly that many steps; Copy script writes it",
            ),
            ("at +500ms crash 3", "the same, counted from now"),
        ],
        parse: |cursor| cursor.at(),
    },
];

impl Cursor<'_> {
    fn run(&mut self) -> Parsed<Run> {
        self.offer("1s", "let a second pass");
        if !self.eat(("until", "until a condition or a moment")) {
            if !self.word().is_some_and(is_number) {
                return Err(self.error("a duration such as `2s`, or `until`"));
            }
            return self.duration().map(Run::For);
        }
        if self.word().is_some_and(is_number) {
            let (time, step) = self.absolute()?;
            return Ok(Run::To { time, step });
        }
        let condition = self.condition()?;
        Ok(Run::Until { condition, within: self.within()? })
    }

    fn at(&mut self) -> Parsed<Statement> {
        self.offer("+1s", "a second from now");
        let after = self.word().and_then(|word| word.strip_prefix('+'));
        let moment = match after {
            Some(after) => {
                let duration = Span::parse(after).filter(|duration| *duration <= MAX_DURATION);
                let duration =
                    duration.ok_or_else(|| self.error(duration_expected("`+` and a duration")))?;
                self.advance();
                When::Relative(duration)
            }
            None => {
                let (time, step) = self.absolute()?;
                When::Absolute { time, step }
            }
        };
        if matches!(self.word(), Some("at" | "cluster")) || self.is_of_lesson() {
            return Err(self.error("another statement: this one cannot follow `at`"));
        }
        if self.word().is_none() && !self.is_completing() {
            return Err(self.error("a statement to carry out at that time"));
        }
        let statement = self.statement()?;
        if statement.is_opening() {
            return Err(self.error_in_all("what disks hold, and settings, before time passes"));
        }
        Ok(Statement::At { moment, statement: Box::new(statement) })
    }

    /// `1500ms`, `1500ms after 320 steps`.
    fn absolute(&mut self) -> Parsed<(Instant, Option<u64>)> {
        let time = self.word().and_then(Span::parse).map(|time| time.as_micros());
        let time = time
            .and_then(|micros| u64::try_from(micros).ok())
            .filter(|micros| *micros <= MAX_NUMBER);
        let time = time.ok_or_else(|| {
            self.error("a time such as `1500ms` or `2s`, counted from the beginning")
        })?;
        self.advance();
        if self.word() != Some("after") {
            return Ok((Instant(time), None));
        }
        self.advance();
        let step = self.number("a number of steps", 0, MAX_NUMBER)?;
        self.keyword(("steps", "simulator steps"))?;
        Ok((Instant(time), Some(step)))
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(duration) => write!(f, "run {}", Span(*duration)),
            Self::To { time, step } => {
                let moment = When::Absolute { time: *time, step: *step };
                write!(f, "run until {moment}")
            }
            Self::Until { condition, within } => {
                write!(f, "run until {condition}")?;
                write_within(f, *within)
            }
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute { time, step: None } => write!(f, "{}", at(*time)),
            Self::Absolute { time, step: Some(step) } => {
                write!(f, "{} after {step} steps", at(*time))
            }
            Self::Relative(duration) => write!(f, "+{}", Span(*duration)),
        }
    }
}

/// `within 3s`, with a space before it.
pub(crate) fn write_within(f: &mut fmt::Formatter<'_>, within: Option<Duration>) -> fmt::Result {
    within.map_or(Ok(()), |within| write!(f, " within {}", Span(within)))
}

fn at(time: Instant) -> Span {
    Span(Duration::from_micros(time.0))
}
