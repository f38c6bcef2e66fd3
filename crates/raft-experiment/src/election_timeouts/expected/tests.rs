use super::*;
use crate::election_timeouts::tests::conditions;
use crate::election_timeouts::trial::{self, TrialResult};

/// The number of elections that are drawn for a share.
const DRAWS: u64 = 20_000;

/// In thousandths.
fn share(of: u64, is_decided: impl Fn(u64) -> bool) -> u64 {
    let decided = (0..of).filter(|number| is_decided(*number)).count() as u64;
    (2000 * decided + of) / (2 * of)
}

fn without_split(conditions: &Conditions, seed: u64) -> u64 {
    share(DRAWS, |number| is_decided(conditions, &mut Random::for_plan(seed, number)))
}

fn measured(conditions: &Conditions, trials: u64) -> u64 {
    share(trials, |number| {
        let (result, _) = trial::run(conditions, &mut Random::for_plan(3, number)).unwrap();
        matches!(result, TrialResult::Elected { without_split: true, .. })
    })
}

/// With another mean time of a write, in µs.
fn with_disk(range: (u64, u64), mean_write: u64) -> Conditions {
    let mut conditions = conditions(range);
    conditions.disk_latency.mean = Duration::from_micros(mean_write);
    conditions
}

/// The core splits votes as often as the rules and the times lead to, for short and for wide ranges
/// of timeouts, fast and slow disks. 600 trials have a standard deviation of at most 20
/// thousandths.
#[test]
fn the_core_splits_as_many_votes_as_expected() {
    for mean_write in [1_000, 3_500, 5_000] {
        for range in [(12, 24), (150, 155), (150, 175), (150, 200)] {
            let conditions = with_disk(range, mean_write);
            let (expected, measured) = (without_split(&conditions, 9), measured(&conditions, 600));
            assert!(expected.abs_diff(measured) <= 65, "{range:?}: {expected} {measured}");
        }
    }
}

/// Also with other logs, other numbers of servers and votes in two writes.
#[test]
fn the_core_splits_as_many_votes_as_expected_with_other_dials() {
    let base = conditions((150, 175));
    for other in [
        Conditions { short_logs: 0, ..base.clone() },
        Conditions { short_logs: 1, ..base.clone() },
        Conditions { short_logs: 3, ..base.clone() },
        Conditions { is_alike: true, ..base.clone() },
        Conditions { vote_writes: 2, ..base.clone() },
        Conditions { nodes: 3, ..base.clone() },
        Conditions { nodes: 7, ..base.clone() },
    ] {
        let (expected, measured) = (without_split(&other, 9), measured(&other, 600));
        assert!(expected.abs_diff(measured) <= 65, "{other:?}: {expected} {measured}");
    }
}

/// The lengths of the logs decide which pairs of candidates can split a vote. The comparison with
/// the paper depends on it.
#[test]
fn which_logs_are_shorter_decides_how_many_votes_are_split() {
    let base = conditions((150, 200));
    let split = |short_logs, is_alike| {
        1000 - without_split(&Conditions { short_logs, is_alike, ..base.clone() }, 5)
    };
    let (equal, one, two, alike) =
        (split(0, false), split(1, false), split(2, false), split(2, true));
    assert!(equal < 70 && one < 80, "{equal} {one}");
    assert!((100..130).contains(&two) && (110..140).contains(&alike), "{two} {alike}");
}

/// LogCabin drew whole milliseconds. For narrow ranges equal timeouts are then frequent.
#[test]
fn timeouts_of_whole_milliseconds_split_few_votes_more() {
    let whole = |random: &mut Random, range: DelayRange| {
        let (min, max) = (range.min.as_millis() as u64, range.max.as_millis() as u64);
        Duration::from_millis(min + random.up_to(max - min))
    };
    for (range, most) in [((150, 200), 25), ((150, 175), 40)] {
        let conditions = conditions(range);
        let fine = without_split(&conditions, 5);
        let coarse = share(DRAWS, |number| {
            is_decided_with(&conditions, &mut Random::for_plan(5, number), whole)
        });
        println!("{range:?}: fine {fine} whole {coarse}");
        assert!(fine.abs_diff(coarse) <= most, "{range:?}: {fine} {coarse}");
    }
}

/// For requests that arrive much sooner than the timeouts spread, the share of split votes is the
/// mean time until a request arrives, over the width of the range.
#[test]
fn few_votes_are_split_if_requests_are_fast() {
    for (mean_write, width) in [(1_000, 100), (1_800, 100), (1_800, 200)] {
        let arrives = mean_write + 200;
        let split = 1000 - without_split(&with_disk((150, 150 + width), mean_write), 5);
        let first_order = arrives / width;
        assert!(split.abs_diff(first_order) <= 5, "{width}: {split} {first_order}");
    }
}

#[test]
fn without_jitter_every_vote_is_split() {
    assert_eq!(without_split(&conditions((150, 150)), 5), 0);
}
