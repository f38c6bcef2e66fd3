//! Statistics of many trials: mean, percentiles, and the number that ended within a time.

use std::time::Duration;

use super::trial::{CAP, TrialResult};

/// The results of the trials of one curve.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sample {
    /// Ascending. A trial without a leader counts as [`CAP`].
    downtimes: Vec<Duration>,
    capped: usize,
    without_split: usize,
}

impl Sample {
    /// The sample of these results, of which there is at least one.
    pub(crate) fn new(results: &[TrialResult]) -> Self {
        assert!(!results.is_empty(), "there is at least one trial");
        let downtime = |result: &TrialResult| match result {
            TrialResult::Elected { after, .. } => *after,
            TrialResult::Capped => CAP,
        };
        let mut downtimes: Vec<Duration> = results.iter().map(downtime).collect();
        downtimes.sort_unstable();
        let capped = results.iter().filter(|result| **result == TrialResult::Capped).count();
        let is_decided = |result: &&TrialResult| {
            matches!(result, TrialResult::Elected { without_split: true, .. })
        };
        let without_split = results.iter().filter(is_decided).count();
        Self { downtimes, capped, without_split }
    }

    /// The number of trials.
    pub(crate) fn trials(&self) -> usize {
        self.downtimes.len()
    }

    /// The number of trials that ended without a leader.
    pub(crate) fn capped(&self) -> usize {
        self.capped
    }

    /// The share of the trials in which no vote was split, in thousandths.
    pub(crate) fn without_split(&self) -> usize {
        thousandths(self.without_split, self.trials())
    }

    pub(crate) fn mean(&self) -> Duration {
        mean(self.downtimes.iter().copied())
    }

    /// The shortest time that at least `percent` of the trials did not exceed; 1 to 100.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.trials() * percent).div_ceil(100);
        self.downtimes[rank.clamp(1, self.trials()) - 1]
    }

    pub(crate) fn max(&self) -> Duration {
        self.percentile(100)
    }

    /// The number of trials that had a leader within this time.
    pub(crate) fn elected_within(&self, time: Duration) -> usize {
        let within = self.downtimes.partition_point(|downtime| *downtime <= time);
        within.min(self.trials() - self.capped)
    }
}

/// `part` of `all`, rounded; `all` is not 0.
pub(crate) fn thousandths(part: usize, all: usize) -> usize {
    (2000 * part + all) / (2 * all)
}

/// To the nearest microsecond; 0 of nothing.
pub(crate) fn mean(times: impl ExactSizeIterator<Item = Duration>) -> Duration {
    let count = times.len().max(1) as u128;
    let sum: u128 = times.map(|time| time.as_micros()).sum();
    Duration::from_micros(((sum + count / 2) / count) as u64)
}

#[cfg(test)]
mod tests;
