//! The trials of an experiment, or some of them.

use raft_experiment::{ExperimentPlan, ExperimentRequest, Trials};
use serde::{Deserialize, Serialize};

use crate::{Report, Tell};

/// So many steps are made between two reports.
const SLICE: u64 = 100_000;

/// Run trials of an experiment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MeasureJob {
    /// The experiment, its dials and its seed.
    pub request: ExperimentRequest,
    /// The place of the first trial.
    pub first: u64,
    /// The place after the last one.
    pub end: u64,
}

impl MeasureJob {
    /// The trials of a plan, divided among so many workers, at least one.
    pub fn divided(plan: &ExperimentPlan, workers: u64) -> Vec<Self> {
        let (workers, places) = (workers.max(1), plan.places());
        let share = |worker: u64| Self {
            request: plan.request().clone(),
            first: places * worker / workers,
            end: places * (worker + 1) / workers,
        };
        (0..workers).map(share).collect()
    }

    pub(crate) fn carry_out(&self, tell: Tell<'_>) -> Result<(), String> {
        let plan = ExperimentPlan::new(self.request.clone()).map_err(|error| error.to_string())?;
        let mut trials = Trials::part(plan, self.first..self.end);
        while !trials.progress().is_over() {
            trials.advance(SLICE).map_err(|error| error.to_string())?;
            tell(Report::Measured(trials.take_results()));
        }
        Ok(())
    }
}
