//! A session as a script that replays it.

use std::fmt::Write as _;

use super::Session;
use crate::journal::Journaled;
use crate::statement::{Run, Statement, When};

impl Session {
    /// A script that repeats the statements of this session at the same moments, and ends at the
    /// present. Its run has the same trace hash.
    pub fn export(&self) -> String {
        let mut text = String::new();
        let mut add = |statement: &Statement| {
            writeln!(text, "{statement}").expect("a string takes every text");
        };
        self.opening.iter().for_each(&mut add);
        for Journaled { at, steps, is_exact, statement, .. } in self.journal.iter() {
            if statement.is_note() {
                add(statement);
                continue;
            }
            let moment = When::Absolute { time: *at, step: is_exact.then_some(*steps) };
            add(&Statement::At { moment, statement: Box::new(statement.clone()) });
        }
        let time = self.world.now();
        let is_something_due = self.world.next_step_at().is_some_and(|next| next <= time);
        let step = is_something_due.then(|| self.world.steps());
        add(&Statement::Run(Run::To { time, step }));
        text
    }
}
