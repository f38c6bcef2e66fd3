use super::*;
use crate::{ExperimentPlan, ExperimentRequest};

fn plan(experiment: Experiment, dials: Dials) -> Result<ExperimentPlan, DialError> {
    ExperimentPlan::new(ExperimentRequest { experiment, dials, seed: 1, trials: 1 })
}

fn names(experiment: Experiment, dials: Dials) -> Vec<String> {
    plan(experiment, dials).unwrap().names()
}

#[test]
fn the_defaults_of_every_dial_are_values_of_it() {
    for experiment in Experiment::ALL {
        let plan = plan(experiment, Dials::new()).unwrap();
        assert!((2..=MAX_CASES).contains(&plan.cases().len()), "{experiment} compares something");
        for dial in experiment.dials() {
            let printed: Vec<String> =
                plan.cases().iter().map(|case| case.value(dial).to_string()).collect();
            for value in dial.default.split(',') {
                assert!(printed.iter().any(|own| own == value), "{experiment} {}", dial.name);
            }
            assert!(!dial.meaning.ends_with('.') && !dial.notation().is_empty());
        }
    }
}

#[test]
fn every_combination_of_values_is_a_case() {
    let dials = Dials::new().with("nodes", "3,5").with("slow", "0,1");
    let cases = ["nodes=3 slow=0", "nodes=3 slow=1", "nodes=5 slow=0", "nodes=5 slow=1"];
    assert_eq!(names(Experiment::CommitLatency, dials), cases);
    let one = Dials::new().with("election", "150ms..300ms,12ms..24ms");
    assert_eq!(names(Experiment::ElectionTimeouts, one), ["150ms..300ms", "12ms..24ms"]);
    let single = Dials::new().with("pre-vote", "off");
    assert_eq!(names(Experiment::PreVote, single), ["all"]);
}

#[test]
fn wrong_dials_are_errors_that_say_where_and_what_to_do() {
    for (experiment, name, values, message) in [
        (
            Experiment::PreVote,
            "window",
            "1",
            "pre-vote has no dial `window`; its dials are `pre-vote`, `check-quorum`",
        ),
        (
            Experiment::ElectionTimeouts,
            "election",
            "150ms..300ms,24ms..12ms",
            "dial `election`, column 14: expected a delay of at most 60m",
        ),
        (
            Experiment::ElectionTimeouts,
            "disk",
            "0.5..5",
            "dial `disk`, column 1: expected a delay of at most 60m such as `10ms`",
        ),
        (
            Experiment::Throughput,
            "batch",
            "1,2,3,4",
            "16 combinations of values, and at most 12 can be compared: name fewer",
        ),
        (
            Experiment::CommitLatency,
            "slow",
            "4",
            "dial `slow`: 4 slow disks, and only 3 servers: name fewer",
        ),
    ] {
        let error = plan(experiment, Dials::new().with(name, values)).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
    for trials in [0, MAX_TRIALS + 1] {
        let (experiment, dials) = (Experiment::PreVote, Dials::new());
        let request = ExperimentRequest { experiment, dials, seed: 1, trials };
        assert_eq!(ExperimentPlan::new(request), Err(DialError::TrialCount { trials }));
    }
}

#[test]
fn a_request_is_the_same_after_a_worker_read_it() {
    let dials = Dials::new().with("latency", "1ms");
    let (experiment, seed) = (Experiment::Throughput, u64::MAX);
    let request = ExperimentRequest { experiment, dials, seed, trials: 7 };
    let json = serde_json::to_string(&request).unwrap();
    assert!(json.contains("\"dials\":{\"latency\":\"1ms\"}"), "{json}");
    assert_eq!(serde_json::from_str::<ExperimentRequest>(&json).unwrap(), request);
}
