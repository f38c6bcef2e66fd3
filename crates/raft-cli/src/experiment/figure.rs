//! The ten curves of Figure 16 and how they are measured: the same trials whatever the number of jobs.

use std::time::Duration;

use raft_sim::DelayRange;

use super::stage::{Conditions, DiskLatency};
use super::statistics::{Sample, mean};
use super::trial::{self, Broadcast, NoStableLeader, Outcome};
use crate::threads::spread;

/// One curve.
#[derive(Debug)]
pub(crate) struct Curve {
    /// The shortest election timeout, in ms.
    pub(crate) min: u64,
    /// The longest, in ms.
    pub(crate) max: u64,
    /// What the text of §9.3 says of it, in ms.
    pub(crate) paper: &'static str,
}

/// The curves, in the paper's order: the first six vary the randomness, the others the scale.
pub(crate) const CURVES: [Curve; 10] = [
    curve(150, 150, "over 10000"),
    curve(150, 151, ""),
    curve(150, 155, "p50 287"),
    curve(150, 175, ""),
    curve(150, 200, "max 513"),
    curve(150, 300, ""),
    curve(12, 24, "mean 35 max 152"),
    curve(25, 50, ""),
    curve(50, 100, ""),
    curve(100, 200, ""),
];

const fn curve(min: u64, max: u64, paper: &'static str) -> Curve {
    Curve { min, max, paper }
}

/// What is to be measured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    /// For each curve.
    pub(crate) trials: usize,
    pub(crate) seed: u64,
    /// How many threads work on it.
    pub(crate) jobs: usize,
    pub(crate) link_latency: DelayRange,
    pub(crate) disk_latency: DiskLatency,
}

/// What was measured.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Figure {
    /// In the order of [`CURVES`].
    pub(crate) samples: Vec<Sample>,
    /// The mean of as many elections as a curve has trials.
    pub(crate) broadcast: Broadcast,
}

/// A curve cannot be measured.
#[derive(Debug, thiserror::Error)]
#[error("{} ms: {why}", curve.name())]
pub(crate) struct Impossible {
    pub(crate) curve: &'static Curve,
    pub(crate) why: NoStableLeader,
}

impl Curve {
    /// As the CSV names it.
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

/// Runs all trials, and tells `progress` how many of them are done.
///
/// # Errors
/// When no leader stays in office on one of the curves.
pub(crate) fn measure(
    plan: &Plan,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Figure, Impossible> {
    let all = CURVES.len() * plan.trials;
    let mut outcomes = vec![Outcome::Capped; all];
    let mut done = 0;
    spread(
        (plan.jobs, all),
        |place| trial_at(plan, place),
        |place, result| {
            let curve = &CURVES[place / plan.trials];
            outcomes[place] = result.map_err(|why| Impossible { curve, why })?;
            done += 1;
            progress(done, all);
            Ok(())
        },
    )?;
    let samples = outcomes.chunks(plan.trials).map(Sample::new).collect();
    Ok(Figure { samples, broadcast: measure_broadcast(plan)? })
}

fn trial_at(plan: &Plan, place: usize) -> Result<Outcome, NoStableLeader> {
    let conditions = CURVES[place / plan.trials].conditions(plan);
    trial::run(&conditions, plan.seed, (place % plan.trials) as u64)
}

fn measure_broadcast(plan: &Plan) -> Result<Broadcast, Impossible> {
    let curve = &CURVES[0];
    let conditions = curve.conditions(plan);
    let seeds = (0..plan.trials as u64).map(|number| plan.seed.wrapping_add(number));
    let measured: Result<Vec<Broadcast>, NoStableLeader> =
        seeds.map(|seed| trial::broadcast(&conditions, seed)).collect();
    let measured = measured.map_err(|why| Impossible { curve, why })?;
    let mean_of = |part: fn(&Broadcast) -> Duration| mean(measured.iter().map(part));
    Ok(Broadcast {
        own_write: mean_of(|broadcast| broadcast.own_write),
        majority: mean_of(|broadcast| broadcast.majority),
        all: mean_of(|broadcast| broadcast.all),
    })
}

#[cfg(test)]
mod tests;
