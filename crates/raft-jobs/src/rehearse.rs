//! Playing a lesson to its end.

use raft_script::{ExecError, FailedStatement};
use serde::{Deserialize, Serialize};

use crate::{Report, Tell};

/// Play a lesson to its end, with every answer of its questions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RehearseJob {
    /// The lesson, as a script.
    pub lesson: String,
}

impl RehearseJob {
    pub(crate) fn carry_out(&self, tell: Tell<'_>) -> Result<(), String> {
        let script = raft_script::parse(&self.lesson).map_err(|error| error.to_string())?;
        let failure = raft_script::run(&script, &mut |_| {}).failure;
        tell(Report::Rehearsed(failure.map(|failure| self.in_words(&failure))));
        Ok(())
    }

    /// The statement that fails, and why. The author of a recorded lesson does not see its lines.
    fn in_words(&self, failure: &FailedStatement) -> String {
        let statement = self.lesson.lines().nth(failure.line.saturating_sub(1)).unwrap_or_default();
        let why = match &failure.error {
            ExecError::Expectation { expected, found } => {
                format!("expected {expected}; found: {found}")
            }
            ExecError::Statement(_)
            | ExecError::TimedOut { .. }
            | ExecError::Violated(_)
            | ExecError::LimitExceeded { .. } => failure.error.to_string(),
        };
        format!("{statement}: {why}")
    }
}
