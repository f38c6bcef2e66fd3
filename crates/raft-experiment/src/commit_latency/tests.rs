use super::*;
use crate::Dials;
use crate::experiment::Experiment;
use crate::sample::Sample;
use crate::trials::{ExperimentPlan, ExperimentRequest};

fn measured(dials: Dials) -> Sample {
    let experiment = Experiment::CommitLatency;
    let request = ExperimentRequest { experiment, dials, seed: 5, trials: 10 };
    let plan = ExperimentPlan::new(request).unwrap();
    assert_eq!(plan.cases().len(), 1);
    let outcomes = (0..10).map(|place| plan.run(place).unwrap());
    let values: Vec<u64> = outcomes.flat_map(|outcome| outcome.values).collect();
    assert_eq!(values.len(), 200);
    Sample::new(&values)
}

fn dials(nodes: &str, slow: &str) -> Dials {
    Dials::new().with("nodes", nodes).with("slow", slow)
}

fn median(nodes: &str, slow: &str) -> u64 {
    measured(dials(nodes, slow)).percentile(50).unwrap()
}

#[test]
fn slow_disks_in_a_minority_do_not_slow_commits_and_one_in_the_quorum_does() {
    for (nodes, minority, quorum) in [("3", "1", "2"), ("5", "2", "3")] {
        let (all_fast, harmless, harmful) =
            (median(nodes, "0"), median(nodes, minority), median(nodes, quorum));
        // With fewer fast disks, the slowest of the quorum is a little slower.
        assert!(harmless < all_fast + 8_000, "{nodes}: {all_fast} {harmless}");
        assert!(harmful > all_fast + 15_000, "{nodes}: {all_fast} {harmful}");
        assert!(harmful > 30_000, "{nodes}: {harmful}");
    }
}

/// With fixed times: two messages and one write, whatever the number of servers is.
#[test]
fn a_commit_takes_two_messages_and_a_write() {
    for nodes in ["3", "5", "9"] {
        let dials = dials(nodes, "0").with("latency", "10ms").with("disk", "3ms");
        let sample = measured(dials);
        assert_eq!((sample.min(), sample.max()), (Some(23_000), Some(23_000)), "{nodes}");
    }
}

#[test]
fn the_table_says_how_many_slow_disks_no_quorum_can_do_without() {
    for (nodes, slow, expected) in [(3, 1, (2, 0)), (3, 2, (2, 1)), (5, 2, (3, 0)), (5, 5, (3, 3))]
    {
        let dials = dials(&nodes.to_string(), &slow.to_string());
        let (experiment, trials) = (Experiment::CommitLatency, 1);
        let request = ExperimentRequest { experiment, dials, seed: 1, trials };
        let plan = ExperimentPlan::new(request).unwrap();
        assert_eq!(slow_in_quorum(&plan.cases()[0]), expected);
    }
}
