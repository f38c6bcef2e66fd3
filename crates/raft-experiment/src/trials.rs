//! Trials in slices, and their results, which can be merged.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::dial::{Case, DialError, Dials, MAX_TRIALS};
use crate::experiment::Experiment;

/// What to measure, as it goes to a worker. It is untrusted until an [`ExperimentPlan`] is made of
/// it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExperimentRequest {
    /// The experiment.
    pub experiment: Experiment,
    /// The dials that differ from their defaults.
    #[serde(default)]
    pub dials: Dials,
    /// The seed of all random numbers.
    pub seed: u64,
    /// The number of trials of each case, 1 to [`MAX_TRIALS`].
    pub trials: u64,
}

/// A request whose bounds were checked.
///
/// A trial has a place, from 0 to [`places`](Self::places). The request and the place decide what
/// is measured there, so the places can be divided among workers in any way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExperimentPlan {
    request: ExperimentRequest,
    cases: Vec<Case>,
}

/// What one trial measured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrialOutcome {
    /// The measured values; the experiment says how many there are, and of what.
    pub(crate) values: Vec<u64>,
    /// The experiment's counts, which add up over trials.
    pub(crate) counts: Vec<u64>,
    /// The number of steps of the world that the trial took.
    pub(crate) steps: u64,
}

/// A trial that cannot be measured.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{case}: {why}")]
pub struct NotMeasured {
    /// The name of the case.
    pub case: String,
    /// The reason, and what to do.
    pub why: String,
}

/// The results of trials, for each case.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrialResults(pub(crate) Vec<CaseResults>);

/// The results of the trials of one case.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CaseResults {
    /// The number of trials.
    pub(crate) trials: u64,
    /// In no order.
    pub(crate) values: Vec<u64>,
    /// Sums over the trials.
    pub(crate) counts: Vec<u64>,
}

/// The trials of a plan, or some of them, in slices: call [`advance`](Self::advance) until it is
/// over. Drop it to end it early; the [results](Self::results) so far are results.
///
/// ```
/// use raft_experiment::{Dials, Experiment, ExperimentPlan, ExperimentRequest, Trials};
///
/// let plan = ExperimentPlan::new(ExperimentRequest {
///     experiment: Experiment::ElectionTimeouts,
///     dials: Dials::new().with("election", "150ms..155ms,150ms..300ms"),
///     seed: 1,
///     trials: 20,
/// })?;
/// let mut trials = Trials::new(plan.clone());
/// while !trials.advance(10_000)?.is_over() {}
/// let report = plan.report(trials.results());
/// assert_eq!(report.table.rows.len(), 2);
/// assert!(report.charts[0].svg().starts_with("<svg "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trials {
    plan: ExperimentPlan,
    places: Range<u64>,
    progress: TrialProgress,
    results: TrialResults,
}

/// How far trials are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TrialProgress {
    /// The number of finished trials.
    pub done: u64,
    /// The number of all trials.
    pub all: u64,
    /// The number of steps of the world.
    pub steps: u64,
}

impl ExperimentPlan {
    /// Checks a request.
    ///
    /// # Errors
    /// The dial that is wrong, and what to do.
    pub fn new(request: ExperimentRequest) -> Result<Self, DialError> {
        if !(1..=MAX_TRIALS).contains(&request.trials) {
            return Err(DialError::TrialCount { trials: request.trials });
        }
        let cases = request.dials.cases(request.experiment)?;
        cases.iter().try_for_each(request.experiment.description().check)?;
        Ok(Self { request, cases })
    }

    /// The request.
    pub fn request(&self) -> &ExperimentRequest {
        &self.request
    }

    /// The combinations of the dials' values.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The name of each case: the values in which they differ.
    pub fn names(&self) -> Vec<String> {
        self.cases.iter().map(|case| case.name_among(&self.cases)).collect()
    }

    /// The number of trials of all cases together.
    pub fn places(&self) -> u64 {
        self.request.trials * self.cases.len() as u64
    }

    /// Runs the trial at a place. The cases take turns, so that all curves of a live chart grow.
    ///
    /// # Errors
    /// The trial cannot be measured with these dials.
    pub fn run(&self, place: u64) -> Result<TrialOutcome, NotMeasured> {
        let case = &self.cases[self.case_at(place)];
        let number = place / self.cases.len() as u64;
        let run = self.request.experiment.description().run;
        run(case, self.request.seed, number)
            .map_err(|error| NotMeasured { case: case.name_among(&self.cases), ..error })
    }

    fn case_at(&self, place: u64) -> usize {
        (place % self.cases.len() as u64) as usize
    }

    /// No results yet.
    pub fn no_results(&self) -> TrialResults {
        TrialResults(vec![CaseResults::default(); self.cases.len()])
    }

    /// Adds the outcome of the trial at a place.
    pub fn add(&self, results: &mut TrialResults, place: u64, outcome: TrialOutcome) {
        let TrialOutcome { values, counts, .. } = outcome;
        results.0[self.case_at(place)].merge(CaseResults { trials: 1, values, counts });
    }

    /// Whether results, which may come from elsewhere, are of such cases.
    pub fn fits(&self, results: &TrialResults) -> bool {
        results.0.len() == self.cases.len()
    }
}

impl TrialResults {
    /// The number of trials of all cases together.
    pub fn trials(&self) -> u64 {
        self.0.iter().map(|case| case.trials).sum()
    }

    /// Adds the results of other trials of the same plan. The order does not matter.
    pub fn merge(&mut self, other: Self) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            own.merge(other);
        }
    }
}

impl CaseResults {
    fn merge(&mut self, other: Self) {
        self.trials += other.trials;
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        for (own, other) in self.counts.iter_mut().zip(other.counts) {
            *own += other;
        }
        self.values.extend(other.values);
    }
}

impl TrialProgress {
    /// Whether every trial was run.
    pub fn is_over(&self) -> bool {
        self.done == self.all
    }
}

impl Trials {
    /// All trials of a plan.
    pub fn new(plan: ExperimentPlan) -> Self {
        let places = 0..plan.places();
        Self::part(plan, places)
    }

    /// The trials of a plan at some places, for one of several workers.
    pub fn part(plan: ExperimentPlan, places: Range<u64>) -> Self {
        let places = places.start..places.end.min(plan.places());
        let all = places.end.saturating_sub(places.start);
        let results = plan.no_results();
        Self { plan, places, progress: TrialProgress { all, ..Default::default() }, results }
    }

    /// Goes on for so many steps of the world. A trial is run at once, so the last one may take
    /// more.
    ///
    /// # Errors
    /// A trial cannot be measured. The others can be: the next call goes on with them.
    pub fn advance(&mut self, steps: u64) -> Result<TrialProgress, NotMeasured> {
        let end = self.progress.steps.saturating_add(steps.max(1));
        while self.progress.steps < end {
            let Some(place) = self.places.next() else { break };
            self.progress.done += 1;
            let outcome = self.plan.run(place)?;
            self.progress.steps += outcome.steps.max(1);
            self.plan.add(&mut self.results, place, outcome);
        }
        Ok(self.progress)
    }

    /// How far the trials are.
    pub fn progress(&self) -> TrialProgress {
        self.progress
    }

    /// The results so far.
    pub fn results(&self) -> &TrialResults {
        &self.results
    }

    /// The results since the last call. They are for a receiver that merges them.
    pub fn take_results(&mut self) -> TrialResults {
        std::mem::replace(&mut self.results, self.plan.no_results())
    }
}

#[cfg(test)]
mod tests;
