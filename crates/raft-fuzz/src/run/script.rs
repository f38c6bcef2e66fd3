//! A run as a script.

use raft_core::Instant;
use raft_script::{Run, Script, Statement, When, opening_statements};
use raft_sim::Action;

use super::{Failure, RunResult, SeedRun};

impl SeedRun {
    /// The run as a script: the cluster, every action with its time, and the expectations of the
    /// recovery phase. The script has the same run, up to the failure if there was one.
    pub fn script(&self) -> Script {
        let mut statements = opening_statements(&self.drawn.setup);
        statements.extend(self.journal.iter().cloned());
        // A step that never ends belongs to the script.
        let endless = matches!(self.failure(), Some(Failure::Endless { .. }));
        let next = self.world.next_step_at().filter(|_| endless);
        let now = next.unwrap_or(self.world.now());
        match &self.attempt {
            Some(action) => statements.push(at(now, action)),
            None if self.ends_waiting => {}
            None => statements.push(Statement::Run(Run::To { time: now, step: None })),
        }
        crate::statements(statements)
    }

    /// The failure; `None` if every check passed so far.
    pub fn failure(&self) -> Option<&Failure> {
        self.result.as_ref().and_then(RunResult::failure)
    }
}

/// The statement that repeats an action at this time.
pub(super) fn at(time: Instant, action: &Action) -> Statement {
    Statement::At {
        moment: When::Absolute { time, step: None },
        statement: Box::new(action.into()),
    }
}
