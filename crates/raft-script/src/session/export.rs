//! A session as a script that replays it.

use std::fmt::Write as _;

use super::{Journaled, Session};
use crate::statement::{Moment, Run, Statement};

impl Session {
    /// A script that repeats the statements of this session at the same moments, and ends at the
    /// present. Its run has the same trace hash.
    pub fn export(&self) -> String {
        let mut text = String::new();
        let mut add = |statement: &Statement| {
            writeln!(text, "{statement}").expect("a string takes every text");
        };
        self.opening.iter().for_each(&mut add);
        for Journaled { at, step, statement } in &self.journal {
            if statement.is_note() {
                add(statement);
                continue;
            }
            let moment = Moment::Absolute { time: *at, step: *step };
            add(&Statement::At { moment, statement: Box::new(statement.clone()) });
        }
        let time = self.world.now();
        let is_something_due = self.world.next_step().is_some_and(|next| next.at <= time);
        let step = is_something_due.then(|| self.world.steps());
        add(&Statement::Run(Run::To { time, step }));
        text
    }
}
