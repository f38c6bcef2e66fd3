use crate::Dials;
use crate::experiment::Experiment;
use crate::trials::{ExperimentPlan, ExperimentRequest};

/// Entries a second, without limits of the links, in one trial.
fn rate(dials: &[(&str, &str)]) -> u64 {
    let defaults = Dials::new().with("bandwidth", "off").with("time", "200ms");
    let dials = dials.iter().fold(defaults, |dials, (name, values)| dials.with(name, values));
    let experiment = Experiment::Throughput;
    let request = ExperimentRequest { experiment, dials, seed: 5, trials: 1 };
    let plan = ExperimentPlan::new(request).unwrap();
    assert_eq!(plan.cases().len(), 1);
    plan.run(0).unwrap().values[0]
}

/// One entry a message and one message at a time: an entry for each way there, write and way back.
#[test]
fn window_and_batch_of_one_commit_one_entry_a_round_trip() {
    let times = [("latency", "4ms"), ("disk", "2ms"), ("gather", "0s")];
    let rate = rate(&[&[("window", "1"), ("batch", "1")], &times[..]].concat());
    assert!((95..=105).contains(&rate), "{rate}");
}

#[test]
fn a_larger_window_or_batch_commits_more() {
    let of = |window, batch| rate(&[("window", window), ("batch", batch)]);
    let (one, window, batch) = (of("1", "1"), of("4", "1"), of("1", "10"));
    assert!(window > 3 * one, "{one} {window}");
    assert!(batch > 6 * one, "{one} {batch}");
}

/// Each message is a write of the follower: with single entries, a disk of 1 ms takes 1,000 a
/// second, however large the window is.
#[test]
fn the_disk_bounds_single_entries() {
    let rate = rate(&[("window", "64"), ("batch", "1"), ("disk", "1ms")]);
    assert!((900..=1_020).contains(&rate), "{rate}");
}

/// What the notes beside the chart say.
#[test]
fn a_larger_window_can_commit_less() {
    let of = |window| rate(&[("window", window), ("batch", "100")]);
    let (small, large) = (of("1"), of("64"));
    assert!(small > large + large / 5, "{small} {large}");
}

#[test]
fn the_bandwidth_bounds_large_entries() {
    let of = |bandwidth| {
        rate(&[("window", "64"), ("batch", "10"), ("size", "10KiB"), ("bandwidth", bandwidth)])
    };
    // 1 MiB/s is about 100 entries of 10 KiB.
    let (narrow, wide) = (of("1MiB/s"), of("100MiB/s"));
    assert!((60..=110).contains(&narrow), "{narrow}");
    assert!(wide > 10 * narrow, "{narrow} {wide}");
}
