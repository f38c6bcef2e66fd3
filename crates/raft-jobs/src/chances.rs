//! How likely a condition comes to hold, from each of several moments on: when did it become
//! certain?

use std::time::Duration;

use raft_fuzz::Searched;
use serde::{Deserialize, Serialize};

use crate::runs::{ReadRuns, Seeds, condition, sessions_at};
use crate::{Report, Tell};

/// How likely does a condition come to hold, from each of several moments of a run on?
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChancesJob {
    /// The condition, in the language.
    pub condition: String,
    /// The run.
    pub script: String,
    /// The times of the moments, in µs, ascending.
    pub times: Vec<u64>,
    /// The virtual time of each run after its moment, in µs.
    pub micros: u64,
    /// The seeds of the runs from each moment.
    pub seeds: Seeds,
}

impl ChancesJob {
    /// Tells one chance for each moment.
    pub(crate) fn carry_out(&self, tell: Tell<'_>) -> Result<(), String> {
        let condition = condition(&self.condition)?;
        let time = Duration::from_micros(self.micros);
        let sessions = sessions_at(&self.script, &self.times)?;
        for (place, session) in (0..).zip(sessions) {
            let runs = ReadRuns::From { moment: Box::new(session), time };
            let (mut hits, mut of) = (0, 0);
            for seed in self.seeds.iter() {
                let mut search = runs.search(&condition, seed);
                hits += u64::from(matches!(search.advance(u64::MAX), Searched::Hit(_)));
                of += 1;
                tell(Report::Chance { place, hits, of });
            }
        }
        Ok(())
    }
}
