//! The search for runs, seed after seed.

use raft_fuzz::Searched;
use serde::{Deserialize, Serialize};

use crate::runs::{Runs, Seeds, condition};
use crate::{Report, Tell};

/// So many steps are made between two reports.
const SLICE: u64 = 20_000;

/// Look for runs in which a condition comes to hold; each seed has one run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FindJob {
    /// The condition, in the language.
    pub condition: String,
    /// Where the runs come from.
    pub runs: Runs,
    /// Their seeds.
    pub seeds: Seeds,
}

/// A run in which the condition comes to hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Found {
    /// The seed of the run.
    pub seed: u64,
    /// The virtual time at which the condition came to hold, in µs.
    pub at: u64,
    /// The number of steps of the world up to there.
    pub steps: u64,
    /// The run as a script that ends there.
    pub script: String,
}

impl FindJob {
    pub(crate) fn carry_out(&self, tell: Tell<'_>) -> Result<(), String> {
        let condition = condition(&self.condition)?;
        let runs = self.runs.read()?;
        let mut steps = 0;
        for seed in self.seeds.iter() {
            tell(Report::Looking { seed, steps });
            let mut search = runs.search(&condition, seed);
            loop {
                match search.advance(SLICE) {
                    Searched::Hit(hit) => tell(Report::Found(Found {
                        seed,
                        at: hit.at().0,
                        steps: hit.session.world().steps(),
                        script: hit.script(),
                    })),
                    Searched::Going => {
                        let steps = steps + search.counts().steps;
                        tell(Report::Looking { seed, steps });
                    }
                    Searched::Over => break,
                }
            }
            steps += search.counts().steps;
        }
        Ok(())
    }
}
