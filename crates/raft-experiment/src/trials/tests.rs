use super::*;

fn plan(experiment: Experiment, dials: Dials, trials: u64) -> ExperimentPlan {
    ExperimentPlan::new(ExperimentRequest { experiment, dials, seed: 3, trials }).unwrap()
}

/// One plan for each experiment, with short trials.
fn short_plans() -> Vec<ExperimentPlan> {
    let dials = |experiment| match experiment {
        Experiment::ElectionTimeouts => Dials::new().with("election", "150ms..155ms,12ms..24ms"),
        Experiment::Availability => Dials::new().with("time", "15s").with("every", "3s"),
        Experiment::CommitLatency => Dials::new().with("writes", "3").with("slow", "0,2"),
        Experiment::Throughput => {
            Dials::new().with("window", "1,4").with("batch", "1").with("time", "50ms")
        }
        Experiment::PreVote => Dials::new().with("time", "5s"),
    };
    Experiment::ALL.map(|experiment| plan(experiment, dials(experiment), 3)).into()
}

fn all(plan: &ExperimentPlan) -> TrialResults {
    let mut trials = Trials::new(plan.clone());
    while !trials.advance(u64::MAX).unwrap().is_over() {}
    trials.results().clone()
}

#[test]
fn workers_with_any_places_have_the_results_of_one() {
    for plan in short_plans() {
        let whole = plan.report(&all(&plan));
        for parts in [vec![0, 1, plan.places()], vec![0, 2, 3, 5, plan.places() + 7]] {
            let mut merged = plan.no_results();
            // The last worker answers first.
            for part in parts.windows(2).rev() {
                let mut trials = Trials::part(plan.clone(), part[0]..part[1]);
                while !trials.advance(1).unwrap().is_over() {
                    let json = serde_json::to_string(&trials.take_results()).unwrap();
                    merged.merge(serde_json::from_str(&json).unwrap());
                }
                merged.merge(trials.take_results());
            }
            assert_eq!(plan.report(&merged), whole, "{}", plan.request().experiment);
        }
    }
}

#[test]
fn the_seed_decides() {
    for plan in short_plans() {
        let mut request = plan.request().clone();
        assert_eq!(plan.report(&all(&plan)), plan.report(&all(&plan)));
        request.seed += 1;
        let other = ExperimentPlan::new(request).unwrap();
        assert_ne!(other.report(&all(&other)), plan.report(&all(&plan)));
    }
}

#[test]
fn a_slice_ends_after_its_steps_and_progress_counts_each_trial() {
    let plan = plan(Experiment::ElectionTimeouts, Dials::new(), 1);
    let mut trials = Trials::new(plan);
    let mut seen = Vec::new();
    while !trials.progress().is_over() {
        seen.push(trials.advance(1).unwrap().done);
    }
    assert_eq!(seen, (1..=10).collect::<Vec<u64>>());
    assert_eq!(trials.results().trials(), 10);
    assert!(trials.progress().steps > 1000);
    assert_eq!(trials.advance(1).unwrap(), trials.progress(), "nothing is left");
}

#[test]
fn a_trial_that_cannot_be_measured_names_its_case() {
    let dials =
        Dials::new().with("election", "12ms..24ms,150ms..300ms").with("latency", "20ms..40ms");
    let plan = plan(Experiment::ElectionTimeouts, dials, 1);
    let mut trials = Trials::new(plan);
    let error = trials.advance(u64::MAX).unwrap_err();
    assert!(error.to_string().starts_with("12ms..24ms: no leader stays leader"), "{error}");
    assert!(trials.advance(u64::MAX).unwrap().is_over(), "the others can be measured");
}

#[test]
fn results_of_another_plan_are_not_shown() {
    let (one, other) = (&short_plans()[0], plan(Experiment::ElectionTimeouts, Dials::new(), 1));
    assert_eq!(other.report(&all(one)), other.report(&other.no_results()));
}
