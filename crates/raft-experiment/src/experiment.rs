//! The experiments, and the description that each file of an experiment gives.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::dial::{Case, Dial, DialError};
use crate::trials::{NotMeasured, TrialOutcome};
use crate::{availability, commit_latency, election_timeouts, pre_vote, throughput};

/// A measurement of a cluster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Experiment {
    /// The time without a leader after a crash (Raft paper, Figure 16).
    ElectionTimeouts,
    /// The share of time in which a write would be answered, while leaders crash.
    Availability,
    /// The time from a request's arrival at the leader until its entry is committed.
    CommitLatency,
    /// Entries a second, against the window and the batch.
    Throughput,
    /// Elections, terms and time without a leader while a link flaps.
    PreVote,
}

/// What an experiment is: everything that the command line, the page and the report need of it.
pub(crate) struct Description {
    pub(crate) name: &'static str,
    /// A line for a list.
    pub(crate) title: &'static str,
    /// How it is measured, in sentences.
    pub(crate) method: &'static str,
    pub(crate) dials: &'static [Dial],
    /// The number of trials of each case if nothing is said.
    pub(crate) trials: u64,
    /// What the values of a trial are.
    pub(crate) quantity: Quantity,
    /// Further columns of the table: ratios of sums of counts.
    pub(crate) ratios: &'static [Ratio],
    /// The headings of the columns of words.
    pub(crate) headings: &'static [&'static str],
    /// The words in these columns.
    pub(crate) words: fn(&Case) -> Vec<String>,
    pub(crate) drawn: Drawn,
    /// Checks dials that limit each other.
    pub(crate) check: fn(&Case) -> Result<(), DialError>,
    /// Runs the trial with this number. The case, the seed and the number decide the outcome.
    pub(crate) run: fn(&Case, u64, u64) -> Result<TrialOutcome, NotMeasured>,
    /// What a reader of the results has to know, in sentences.
    pub(crate) notes: &'static [&'static str],
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Quantity {
    /// Such as "time without a leader".
    pub(crate) name: &'static str,
    /// The unit that is shown.
    pub(crate) unit: &'static str,
    /// So much of a value is one of the unit.
    pub(crate) per_unit: u64,
    /// Digits after the point.
    pub(crate) decimals: usize,
    /// The measurement of a trial ends at this value: it was not reached.
    pub(crate) cap: u64,
}

/// A column with `counts[of] / counts[per]`, of the sums over all trials.
pub(crate) struct Ratio {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) of: usize,
    pub(crate) per: usize,
    /// So many of the unit are a ratio of 1.
    pub(crate) times: f64,
}

/// The chart of an experiment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Drawn {
    /// For each case, the share of values that are at most as large.
    Cumulative {
        /// Whether the axis of the values is logarithmic.
        is_logarithmic: bool,
    },
    /// The mean against the value of a dial, a curve for each combination of the others.
    Against {
        /// The name of the dial, whose values are numbers.
        dial: &'static str,
    },
}

impl Experiment {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ElectionTimeouts,
        Self::Availability,
        Self::CommitLatency,
        Self::Throughput,
        Self::PreVote,
    ];

    pub(crate) fn description(self) -> &'static Description {
        match self {
            Self::ElectionTimeouts => &election_timeouts::DESCRIPTION,
            Self::Availability => &availability::DESCRIPTION,
            Self::CommitLatency => &commit_latency::DESCRIPTION,
            Self::Throughput => &throughput::DESCRIPTION,
            Self::PreVote => &pre_vote::DESCRIPTION,
        }
    }

    /// The experiment with this [name](Self::name).
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|experiment| experiment.name() == name)
    }

    /// Its name on the command line and in data, such as `election-timeouts`.
    pub fn name(self) -> &'static str {
        self.description().name
    }

    /// What it measures, in a line.
    pub fn title(self) -> &'static str {
        self.description().title
    }

    /// How it measures, in sentences.
    pub fn method(self) -> &'static str {
        self.description().method
    }

    /// Its dials.
    pub fn dials(self) -> &'static [Dial] {
        self.description().dials
    }

    /// The number of trials of each case if nothing is said.
    pub fn default_trials(self) -> u64 {
        self.description().trials
    }
}

impl fmt::Display for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// For experiments whose dials do not limit each other.
pub(crate) fn fits(_: &Case) -> Result<(), DialError> {
    Ok(())
}

/// For experiments without columns of words.
pub(crate) fn no_words(_: &Case) -> Vec<String> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_data() {
        for experiment in Experiment::ALL {
            let json = serde_json::to_string(&experiment).unwrap();
            assert_eq!(json, format!("\"{experiment}\""));
            assert_eq!(Experiment::named(experiment.name()), Some(experiment));
        }
        assert_eq!(Experiment::named("elections"), None);
    }
}
