//! A run as a script.

use raft_script::{Moment, Run, Script, Statement};
use raft_sim::Action;

use super::{Failure, RunResult, SeedRun};

impl SeedRun {
    /// The run as a script: the cluster, every action with its time, and the expectations of the
    /// recovery phase. The script has the same run, up to the failure if there was one.
    pub fn script(&self) -> Script {
        let mut statements = vec![Statement::Cluster(Box::new(self.drawn.setup.clone()))];
        let at = |time, action: &Action| Statement::At {
            moment: Moment::Absolute { time, step: None },
            statement: Box::new(action.into()),
        };
        let mut expectations = self.expectations.iter().peekable();
        for (place, entry) in self.world.journal().enumerate() {
            while let Some((_, statement)) = expectations.next_if(|(after, _)| *after <= place) {
                statements.push(statement.clone());
            }
            statements.push(at(entry.at, &entry.action));
        }
        statements.extend(expectations.map(|(_, statement)| statement.clone()));
        let now = self.world.now();
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
