//! A run as a script that does it again.

use std::time::Duration;

use raft_script::{Condition, Line, Moment, Run, Script, Statement};
use raft_sim::Action;

use super::{FRESH_CLIENT, Failure, Outcome, SeedRun};

/// What is asked of the nodes that recovered, in order.
pub(super) fn expectations(within: Duration) -> Vec<Statement> {
    let answered = Condition::Answer { client: FRESH_CLIENT, words: "done".to_owned() };
    [answered, Condition::Converged, Condition::Complete]
        .map(|condition| Statement::Expect { condition, within: Some(within) })
        .into()
}

impl SeedRun {
    /// The run as a script: the cluster, everything that was done to it and when, and what was expected
    /// of the nodes that recovered. Its run is the same run, up to the failure if there was one.
    pub fn script(&self) -> Script {
        let mut statements = vec![Statement::Cluster(Box::new(self.scene.setup.clone()))];
        let at = |time, action: &Action| Statement::At {
            moment: Moment::Absolute { time, step: None },
            statement: Box::new(action.into()),
        };
        statements.extend(self.world.journal().map(|entry| at(entry.at, &entry.action)));
        let now = self.world.now();
        match &self.attempt {
            Some(action) => statements.push(at(now, action)),
            None if self.expectations.is_empty() => {
                statements.push(Statement::Run(Run::To { time: now, step: None }));
            }
            None => statements.extend(self.expectations.iter().cloned()),
        }
        let lines = statements.into_iter().zip(1..);
        Script { statements: lines.map(|(statement, number)| Line { number, statement }).collect() }
    }

    /// What broke, if anything did.
    pub fn failure(&self) -> Option<&Failure> {
        self.outcome.as_ref().and_then(Outcome::failure)
    }
}
