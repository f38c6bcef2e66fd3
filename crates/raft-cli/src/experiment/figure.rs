//! The ten curves of Figure 16, and their measurement. The number of threads does not change the
//! results.

use std::time::Duration;

use raft_sim::DelayRange;

use super::expected;
use super::statistics::{Sample, mean};
use super::trial::{self, Broadcast, NoStableLeader, TrialResult};
use super::trial_cluster::{Conditions, DiskLatency};
use crate::threads::spread;

/// A range of election timeouts, for which a curve is measured.
#[derive(Debug)]
pub(crate) struct TimeoutRange {
    /// The shortest election timeout, in ms.
    pub(crate) min: u64,
    /// The longest, in ms.
    pub(crate) max: u64,
    /// The figures in the text of §9.3, in ms; empty if there are none.
    pub(crate) paper: &'static str,
    /// The share of trials without a split vote, in %, read off Figure 16: the height at which the
    /// curve is flat before the second timeouts. Empty if none can be read.
    pub(crate) paper_without_split: &'static str,
}

/// The ranges in the paper's order. The first six vary the randomness, the others the scale.
pub(crate) const RANGES: [TimeoutRange; 10] = [
    range((150, 150), "over 10000", ""),
    range((150, 151), "", "2.5"),
    range((150, 155), "p50 287", "29"),
    range((150, 175), "", "84"),
    range((150, 200), "max 513", "93"),
    range((150, 300), "", ""),
    range((12, 24), "mean 35 max 152", ""),
    range((25, 50), "", ""),
    range((50, 100), "", ""),
    range((100, 200), "", ""),
];

const fn range(
    (min, max): (u64, u64),
    paper: &'static str,
    paper_without_split: &'static str,
) -> TimeoutRange {
    TimeoutRange { min, max, paper, paper_without_split }
}

/// A measurement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    /// The number of trials for each range.
    pub(crate) trials: usize,
    pub(crate) seed: u64,
    /// The number of threads.
    pub(crate) jobs: usize,
    pub(crate) link_latency: DelayRange,
    pub(crate) disk_latency: DiskLatency,
}

/// The results of a measurement.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Figure {
    /// In the order of [`RANGES`].
    pub(crate) samples: Vec<Sample>,
    /// The expected shares of trials without a split vote, in thousandths, in the same order.
    pub(crate) expected: Vec<usize>,
    /// The means over as many elections as a curve has trials.
    pub(crate) broadcast: Broadcast,
}

/// A range that cannot be measured.
#[derive(Debug, thiserror::Error)]
#[error("{} ms: {why}", range.name())]
pub(crate) struct Impossible {
    pub(crate) range: &'static TimeoutRange,
    pub(crate) why: NoStableLeader,
}

impl TimeoutRange {
    /// The name in the CSV, such as `150-300`.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.min, self.max)
    }

    pub(crate) fn conditions(&self, plan: &Plan) -> Conditions {
        Conditions {
            election_timeout: DelayRange::millis(self.min, self.max),
            link_latency: plan.link_latency,
            disk_latency: plan.disk_latency,
            #[cfg(feature = "bugs")]
            bugs: raft_sim::Switches::NONE,
        }
    }
}

/// Runs all trials. Calls `progress` after each one with the number of finished and of all trials.
///
/// # Errors
/// No leader keeps its office with one of the ranges.
pub(crate) fn measure(
    plan: &Plan,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Figure, Impossible> {
    let all = RANGES.len() * plan.trials;
    let mut results = vec![TrialResult::Capped; all];
    let mut done = 0;
    spread(
        (plan.jobs, all),
        |place| trial_at(plan, place),
        |place, result| {
            let range = &RANGES[place / plan.trials];
            results[place] = result.map_err(|why| Impossible { range, why })?;
            done += 1;
            progress(done, all);
            Ok(())
        },
    )?;
    let samples = results.chunks(plan.trials).map(Sample::new).collect();
    let expects =
        |range: &TimeoutRange| expected::without_split(&range.conditions(plan), plan.seed);
    let expected = RANGES.iter().map(expects).collect();
    Ok(Figure { samples, expected, broadcast: measure_broadcast(plan)? })
}

fn trial_at(plan: &Plan, place: usize) -> Result<TrialResult, NoStableLeader> {
    let conditions = RANGES[place / plan.trials].conditions(plan);
    trial::run(&conditions, plan.seed, (place % plan.trials) as u64)
}

fn measure_broadcast(plan: &Plan) -> Result<Broadcast, Impossible> {
    let range = &RANGES[0];
    let conditions = range.conditions(plan);
    let seeds = (0..plan.trials as u64).map(|number| plan.seed.wrapping_add(number));
    let measured: Result<Vec<Broadcast>, NoStableLeader> =
        seeds.map(|seed| trial::broadcast(&conditions, seed)).collect();
    let measured = measured.map_err(|why| Impossible { range, why })?;
    let mean_of = |part: fn(&Broadcast) -> Duration| mean(measured.iter().map(part));
    Ok(Broadcast {
        own_write: mean_of(|broadcast| broadcast.own_write),
        majority: mean_of(|broadcast| broadcast.majority),
        all: mean_of(|broadcast| broadcast.all),
    })
}

#[cfg(test)]
mod tests;
