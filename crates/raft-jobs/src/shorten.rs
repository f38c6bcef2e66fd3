//! Making a script as short as it can be.

use serde::{Deserialize, Serialize};

use crate::runs::condition;
use crate::{Report, Tell};

/// Make a script, in which a condition comes to hold, as short as it can be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ShortenJob {
    /// The script.
    pub script: String,
    /// The condition, in the language.
    pub condition: String,
    /// The largest number of replays.
    pub max_runs: u64,
}

impl ShortenJob {
    pub(crate) fn carry_out(&self, tell: Tell<'_>) -> Result<(), String> {
        let condition = condition(&self.condition)?;
        let script = raft_script::parse(&self.script).map_err(|error| error.to_string())?;
        let mut progress = |progress: raft_fuzz::ShrinkProgress| {
            tell(Report::Shortening {
                runs: progress.runs,
                max_runs: progress.max_runs,
                before: progress.before as u64,
                statements: progress.statements as u64,
            });
        };
        let shortened = raft_fuzz::shorten(&script, &condition, self.max_runs, &mut progress);
        tell(Report::Shortened(shortened.map(|shortened| shortened.hit.script())));
        Ok(())
    }
}
