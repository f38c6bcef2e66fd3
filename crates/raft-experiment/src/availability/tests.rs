use crate::Dials;
use crate::experiment::Experiment;
use crate::sample::Sample;
use crate::trials::{ExperimentPlan, ExperimentRequest};

/// The values of some trials, and the sums of their counts.
fn measured(dials: Dials, trials: u64) -> (Sample, Vec<u64>) {
    let experiment = Experiment::Availability;
    let dials = if dials.0.contains_key("election") {
        dials
    } else {
        dials.with("election", "150ms..300ms")
    };
    let request = ExperimentRequest { experiment, dials, seed: 5, trials };
    let plan = ExperimentPlan::new(request).unwrap();
    assert_eq!(plan.cases().len(), 1);
    let mut results = plan.no_results();
    (0..trials).for_each(|place| plan.add(&mut results, place, plan.run(place).unwrap()));
    (Sample::new(&results.0[0].values), results.0[0].counts.clone())
}

fn available_ppm(counts: &[u64]) -> u64 {
    counts[0] * 1_000_000 / counts[1]
}

#[test]
fn a_leader_crashes_as_often_as_the_dial_says() {
    for (every, crashes) in [("2s", 29..=30), ("10s", 5..=6)] {
        let (_, counts) = measured(Dials::new().with("every", every), 4);
        let each = counts[2] / 4;
        assert!(crashes.contains(&each), "{every}: {each}");
        assert_eq!(counts[2], counts[3], "each crash is one gap");
        assert_eq!(counts[1], 4 * 60_000_000);
    }
}

#[test]
fn rarer_crashes_and_shorter_timeouts_mean_more_service() {
    let available = |dials| available_ppm(&measured(dials, 4).1);
    let dials = |every, election| Dials::new().with("every", every).with("election", election);
    let often = available(dials("2s", "150ms..300ms"));
    let seldom = available(dials("10s", "150ms..300ms"));
    let slow = available(dials("10s", "1s..2s"));
    assert!(often < seldom && slow < seldom, "{often} {seldom} {slow}");
    assert!((850_000..920_000).contains(&often), "{often}");
    assert!((970_000..990_000).contains(&seldom), "{seldom}");
}

/// A gap is at least the rest of the shortest timeout, and no more than a few elections.
#[test]
fn a_gap_has_the_length_of_an_election() {
    let (gaps, _) = measured(Dials::new().with("every", "5s"), 10);
    let p50 = gaps.percentile(50).unwrap();
    assert!(gaps.min().unwrap() > 75_000, "{:?}", gaps.min());
    assert!((150_000..300_000).contains(&p50), "{p50}");
}

#[test]
fn with_too_few_servers_left_nothing_is_served() {
    let dials = Dials::new().with("nodes", "3").with("every", "2s").with("down", "100s");
    let (gaps, counts) = measured(dials, 2);
    assert!(available_ppm(&counts) < 100_000, "{counts:?}");
    assert!(gaps.max().unwrap() > 50_000_000);
}
