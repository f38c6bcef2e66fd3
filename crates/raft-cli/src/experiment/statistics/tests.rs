use raft_core::NodeId;

use super::*;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn elected(after: u64) -> TrialResult {
    TrialResult::Elected { leader: NodeId(1), after: millis(after), without_split: true }
}

#[test]
fn percentiles_are_times_that_were_measured() {
    let results: Vec<TrialResult> = (1..=200).rev().map(elected).collect();
    let sample = Sample::new(&results);
    assert_eq!(sample.trials(), 200);
    for (percent, expected) in [(1, 2), (10, 20), (50, 100), (90, 180), (99, 198), (100, 200)] {
        assert_eq!(sample.percentile(percent), millis(expected), "p{percent}");
    }
    assert_eq!(sample.max(), millis(200));
    assert_eq!(sample.mean(), Duration::from_micros(100_500));
}

#[test]
fn of_few_trials_a_percentile_is_the_next_one_above() {
    let sample = Sample::new(&[elected(30), elected(10), elected(20)]);
    assert_eq!([1, 33, 34, 66, 67].map(|p| sample.percentile(p)), [10, 10, 20, 20, 30].map(millis));
    let one = Sample::new(&[elected(5)]);
    assert_eq!([1, 50, 100].map(|p| one.percentile(p)), [5, 5, 5].map(millis));
}

#[test]
fn means_are_rounded_to_the_microsecond() {
    let micros = |micros| Duration::from_micros(micros);
    assert_eq!(mean([micros(1), micros(2)].into_iter()), micros(2));
    assert_eq!(mean([micros(1), micros(1), micros(2)].into_iter()), micros(1));
    assert_eq!(mean([].into_iter()), micros(0));
}

#[test]
fn a_trial_without_a_leader_counts_as_the_cap_but_not_as_elected() {
    let sample = Sample::new(&[elected(10), TrialResult::Capped, elected(20), TrialResult::Capped]);
    assert_eq!((sample.capped(), sample.max()), (2, CAP));
    assert_eq!(sample.mean(), (millis(30) + 2 * CAP) / 4);
    assert_eq!([9, 10, 19, 20].map(|at| sample.elected_within(millis(at))), [0, 1, 1, 2]);
    assert_eq!(sample.elected_within(2 * CAP), 2);
}
