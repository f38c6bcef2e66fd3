use super::*;
use crate::Dials;
use crate::experiment::Experiment;
use crate::sample::Sample;
use crate::trials::{ExperimentPlan, ExperimentRequest};

/// The defaults, with a range of election timeouts in ms and two logs that are shorter.
pub(super) fn conditions((min, max): (u64, u64)) -> Conditions {
    Conditions {
        short_logs: 2,
        election_timeout: DelayRange::millis(min, max),
        ..Conditions::of(&plan(Dials::new(), 1).cases()[0])
    }
}

fn plan(dials: Dials, trials: u64) -> ExperimentPlan {
    let experiment = Experiment::ElectionTimeouts;
    ExperimentPlan::new(ExperimentRequest { experiment, dials, seed: 1, trials }).unwrap()
}

#[test]
fn the_rules_are_the_papers() {
    let setup = conditions((150, 300)).setup(1);
    assert!(
        !setup.settings.pre_vote && !setup.settings.check_quorum && !setup.settings.lease_reads
    );
    assert_eq!((setup.nodes, setup.settings.heartbeat_interval), (5, Duration::from_millis(75)));
}

/// What §9.3 says of its Figure 16, and what the figure shows.
#[test]
fn the_claims_of_the_paper_hold() {
    let plan = plan(Dials::new(), 50);
    let mut results = plan.no_results();
    (0..plan.places()).for_each(|place| plan.add(&mut results, place, plan.run(place).unwrap()));
    let names = plan.names();
    let sample = |name: &str| {
        let place = names.iter().position(|own| own == name).unwrap();
        Sample::new(&results.0[place].values)
    };
    let p = |name, percent| sample(name).percentile(percent).unwrap();
    let mean = |name| sample(name).mean().unwrap();
    // "In the absence of randomness, leader election consistently took longer than 10 seconds"
    assert!(p("150ms", 1) > 10_000_000);
    // "Adding just 5ms of randomness helps significantly"
    assert!(p("150ms..155ms", 50) * 20 < p("150ms", 50));
    assert!((200_000..400_000).contains(&p("150ms..155ms", 50)), "{}", p("150ms..155ms", 50));
    // "Using more randomness improves worst-case behavior"
    let slow = ["150ms", "150ms..151ms", "150ms..155ms", "150ms..175ms"].map(|name| p(name, 90));
    assert!(slow.is_sorted_by(|before, after| before > after), "{slow:?}");
    // "With an election timeout of 12–24ms, it takes only 35ms on average to elect a leader"
    let scaled = ["12ms..24ms", "25ms..50ms", "50ms..100ms", "100ms..200ms", "150ms..300ms"];
    let scaled = scaled.map(mean);
    assert!(scaled.is_sorted_by(|before, after| before < after), "{scaled:?}");
    assert!((25_000..50_000).contains(&scaled[0]), "{scaled:?}");
    // The shortest timeouts are the fastest of all ten.
    assert_eq!(names.iter().map(|name| mean(name)).min(), Some(scaled[0]));
}

#[test]
fn a_longer_range_splits_fewer_votes() {
    let plan = plan(Dials::new().with("election", "150ms..155ms,150ms..175ms,150ms..300ms"), 300);
    let mut results = plan.no_results();
    (0..plan.places()).for_each(|place| plan.add(&mut results, place, plan.run(place).unwrap()));
    let without: Vec<u64> = results.0.iter().map(|case| case.counts[1]).collect();
    assert!(without.is_sorted_by(|before, after| before + 30 < *after), "{without:?}");
}

#[test]
fn the_paper_is_beside_its_own_ranges_only() {
    let plan = plan(Dials::new().with("election", "12ms..24ms,150ms..200ms,150ms..201ms"), 1);
    let words: Vec<Vec<String>> = plan.cases().iter().map(paper::words).collect();
    assert_eq!(words, [["", "mean 35 max 152"], ["93", "max 513"], ["", ""]]);
}

/// Whether a trial or the model differs is tested where they are: here, that the dials arrive.
#[test]
fn every_dial_changes_what_is_measured() {
    let measured = |dials: Dials| {
        let plan = plan(dials.with("election", "150ms..175ms"), 10);
        let mut results = plan.no_results();
        (0..10).for_each(|place| plan.add(&mut results, place, plan.run(place).unwrap()));
        results
    };
    let default = measured(Dials::new());
    for (name, value) in [
        ("latency", "1ms"),
        ("disk", "1ms..2ms"),
        ("nodes", "7"),
        ("short-logs", "0"),
        ("shorter", "alike"),
        ("vote-writes", "2"),
    ] {
        assert_ne!(measured(Dials::new().with(name, value)), default, "{name}");
    }
}
