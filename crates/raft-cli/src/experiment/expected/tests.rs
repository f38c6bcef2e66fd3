use raft_sim::DelayRange;

use super::*;
use crate::experiment::trial::{self, TrialResult};
use crate::experiment::trial_cluster::DiskLatency;

/// Messages take 0.1 to 0.3 ms, and a write 0.5 ms at least.
fn conditions((min, max): (u64, u64), mean_write: u64) -> Conditions {
    let micros = Duration::from_micros;
    Conditions {
        election_timeout: DelayRange::millis(min, max),
        link_latency: DelayRange { min: micros(100), max: micros(300) },
        disk_latency: DiskLatency { min: micros(500), mean: micros(mean_write) },
        #[cfg(feature = "bugs")]
        bugs: raft_sim::Switches::NONE,
    }
}

fn measured(conditions: &Conditions, trials: u64) -> usize {
    let is_decided = |number: &u64| {
        let result = trial::run(conditions, 3, *number).unwrap();
        matches!(result, TrialResult::Elected { without_split: true, .. })
    };
    thousandths((0..trials).filter(is_decided).count(), trials as usize)
}

/// The core splits votes as often as the rules and the times lead to, for short and for wide ranges
/// of timeouts, fast and slow disks. 600 trials have a standard deviation of at most 20
/// thousandths.
#[test]
fn the_core_splits_as_many_votes_as_expected() {
    for mean_write in [1_000, 3_500, 5_000] {
        for range in [(12, 24), (150, 155), (150, 175), (150, 200)] {
            let conditions = conditions(range, mean_write);
            let (expected, measured) = (without_split(&conditions, 9), measured(&conditions, 600));
            assert!(expected.abs_diff(measured) <= 65, "{range:?}: {expected} {measured}");
        }
    }
}

/// For requests that arrive much sooner than the timeouts spread, the share of split votes is the
/// mean time until a request arrives, over the width of the range.
#[test]
fn few_votes_are_split_if_requests_are_fast() {
    for (mean_write, width) in [(1_000, 100), (1_800, 100), (1_800, 200)] {
        let arrives = mean_write + 200;
        let split = 1000 - without_split(&conditions((150, 150 + width), mean_write), 5);
        let first_order = arrives as usize / width as usize;
        assert!(split.abs_diff(first_order) <= 5, "{width}: {split} {first_order}");
    }
}

#[test]
fn without_jitter_every_vote_is_split() {
    assert_eq!(without_split(&conditions((150, 150), 5_000), 5), 0);
}
