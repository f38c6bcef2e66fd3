//! A session as a script that replays it.

use std::fmt::Write as _;
use std::ops::Range;

use raft_core::Instant;

use super::Session;
use crate::journal::{Journaled, Moment};
use crate::statement::{Run, Statement, When};

impl Session {
    /// A script that repeats the statements of this session at the same moments, and ends at the
    /// present. Its run has the same trace hash.
    pub fn export(&self) -> String {
        let mut text = Text::default();
        self.opening.iter().for_each(|statement| text.add(statement));
        text.carry_out(self, 0..self.journal.len());
        text.run_to_the_end(self);
        text.text
    }

    /// The script of this session in parts, for a lesson: its opening; what is done up to each of
    /// these moments, which are in order, each with its time; and the rest, up to the present.
    /// Comments and statements of lessons are left out.
    pub fn export_in_parts(&self, moments: &[(Moment, Instant)]) -> Vec<String> {
        let mut opening = Text::default();
        let opens = self.opening.iter().filter(|statement| !is_spoken(statement));
        opens.for_each(|statement| opening.add(statement));
        let mut parts = vec![opening.text];
        let mut from = 0;
        for (moment, at) in moments {
            let mut part = Text { leaves_out_lessons: true, ..Text::default() };
            let end = moment.lines.clamp(from, self.journal.len());
            part.carry_out(self, from..end);
            part.add(&Statement::Run(Run::To { time: *at, step: Some(moment.steps) }));
            parts.push(part.text);
            from = end;
        }
        let mut rest = Text { leaves_out_lessons: true, ..Text::default() };
        rest.carry_out(self, from..self.journal.len());
        rest.run_to_the_end(self);
        parts.push(rest.text);
        parts
    }
}

/// Whether it would be part of a lesson's words.
fn is_spoken(statement: &Statement) -> bool {
    matches!(statement, Statement::Lesson(_) | Statement::Note(_))
}

#[derive(Default)]
struct Text {
    text: String,
    leaves_out_lessons: bool,
}

impl Text {
    fn add(&mut self, statement: &Statement) {
        writeln!(self.text, "{statement}").expect("a string takes every text");
    }

    /// Adds lines of the journal.
    fn carry_out(&mut self, session: &Session, lines: Range<usize>) {
        for Journaled { at, steps, is_exact, statement, .. } in
            session.journal.iter().take(lines.end).skip(lines.start)
        {
            if self.leaves_out_lessons && is_spoken(statement) {
                continue;
            }
            if statement.is_note() {
                self.add(statement);
                continue;
            }
            let moment = When::Absolute { time: *at, step: is_exact.then_some(*steps) };
            self.add(&Statement::At { moment, statement: Box::new(statement.clone()) });
        }
    }

    fn run_to_the_end(&mut self, session: &Session) {
        let time = session.world.now();
        let is_something_due = session.world.next_step_at().is_some_and(|next| next <= time);
        let step = is_something_due.then(|| session.world.steps());
        self.add(&Statement::Run(Run::To { time, step }));
    }
}
