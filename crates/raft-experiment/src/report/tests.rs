use super::*;
use crate::dial::Dials;
use crate::experiment::Experiment;
use crate::trials::{ExperimentRequest, TrialOutcome};

fn plan(experiment: Experiment, dials: Dials) -> ExperimentPlan {
    ExperimentPlan::new(ExperimentRequest { experiment, dials, seed: 1, trials: 2 }).unwrap()
}

/// The report of two ranges: one without a leader, one with two elections.
fn report() -> ExperimentReport {
    let dials = Dials::new().with("election", "150ms,150ms..155ms");
    let plan = plan(Experiment::ElectionTimeouts, dials);
    let mut results = plan.no_results();
    for (place, value) in [(0, 60_000_000), (1, 100_000), (2, 60_000_000), (3, 201_234)] {
        let is_capped = u64::from(value == 60_000_000);
        let counts = vec![1, u64::from(value == 100_000), 20, 6, is_capped, 5_200, 15_000];
        plan.add(&mut results, place, TrialOutcome { values: vec![value], counts, steps: 1 });
    }
    plan.report(&results)
}

#[test]
fn the_csv_has_the_values_of_all_dials_and_one_row_for_each_case() {
    let csv = report().csv();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "election,latency,disk,nodes,short-logs,shorter,vote-writes,trials,mean_ms,p10_ms,p50_ms,\
         p90_ms,p99_ms,max_ms,no_split_%,expected_%,request_ms,broadcast_ms,no_leader_%,\
         paper,paper_says"
    );
    assert_eq!(
        lines[2],
        "150ms..155ms,100us..300us,500us..5ms,5,3,stepwise,1,2,150.6,100.0,100.0,201.2,201.2,\
         201.2,50.0,30.0,5.2,15.0,0.0,29,p50 287"
    );
    assert_eq!(lines.len(), 3);
}

#[test]
fn the_text_fits_a_terminal() {
    for experiment in Experiment::ALL {
        let plan = plan(experiment, Dials::new());
        let mut results = plan.no_results();
        (0..plan.places()).for_each(|place| {
            let outcome = TrialOutcome { values: vec![90_000], counts: vec![1; 7], steps: 1 };
            plan.add(&mut results, place, outcome);
        });
        let text = plan.report(&results).text(false);
        let widest = text.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(widest.chars().count() <= 80, "{experiment}: {widest}");
        assert!(!text.contains('\x1b'));
    }
}

#[test]
fn a_trial_without_a_leader_counts_as_the_cap_but_never_as_reached() {
    let report = report();
    let cells = &report.table.rows[0].cells;
    assert_eq!(cells[..3], ["2", "60000.0", "60000.0"]);
    assert!(cells.contains(&"100.0".to_owned()), "no leader: {cells:?}");
    let [never, elected] = &report.charts[0].curves[..] else { panic!("two curves") };
    assert!(never.points.iter().all(|(_, share)| *share < 1.0), "{never:?}");
    let shares: Vec<f64> = elected.points.iter().map(|(_, share)| *share).collect();
    assert_eq!(shares, [50.0, 100.0]);
    let rises: Vec<f64> = elected.points.iter().map(|(x, _)| x.round()).collect();
    assert_eq!(rises, [100.0, 201.0]);
}

#[test]
fn a_chart_that_goes_beyond_the_cap_does_not_show_it_as_reached() {
    let plan = plan(Experiment::ElectionTimeouts, Dials::new().with("election", "150ms"));
    let mut results = plan.no_results();
    for value in [59_000_000, 60_000_000] {
        plan.add(&mut results, 0, TrialOutcome { values: vec![value], counts: vec![], steps: 1 });
    }
    let chart = &plan.report(&results).charts[0];
    assert!(chart.x.to > 60_000.0);
    assert_eq!(chart.curves[0].points.last().unwrap().1.round(), 50.0);
}

#[test]
fn a_mean_is_drawn_against_a_dial_with_a_curve_for_each_other_value() {
    let dials = Dials::new().with("window", "4,1").with("batch", "1,10");
    let plan = plan(Experiment::Throughput, dials);
    let mut results = plan.no_results();
    for (place, value) in [(0, 400), (1, 4000), (2, 100), (3, 1000)] {
        plan.add(
            &mut results,
            place,
            TrialOutcome { values: vec![value], counts: vec![], steps: 1 },
        );
    }
    let chart = &plan.report(&results).charts[0];
    assert_eq!(chart.curves[0].name, "batch=1");
    assert_eq!(chart.curves[0].points, [(1.0, 100.0), (4.0, 400.0)]);
    assert_eq!(chart.curves[1].points, [(1.0, 1000.0), (4.0, 4000.0)]);
}

#[test]
fn nothing_measured_is_no_number() {
    for experiment in Experiment::ALL {
        let plan = plan(experiment, Dials::new());
        let report = plan.report(&plan.no_results());
        assert!(report.table.rows.iter().all(|row| row.cells[1].is_empty()));
        assert!(report.charts.iter().all(|chart| !chart.svg().contains("NaN")));
        assert!(!report.text(false).contains("NaN"));
    }
}

#[test]
fn cells_with_commas_are_quoted() {
    let cells = ["a", "b,c", "d\"e"].map(str::to_owned);
    assert_eq!(line_of_csv(cells.into_iter()), "a,\"b,c\",\"d\"\"e\"\n");
}

/// A chart has six curves at most: the seventh is in the next one.
#[test]
fn no_curve_is_left_out() {
    let dials = Dials::new().with("window", "1").with("batch", "1,2,3,4,5,6,7");
    let plan = plan(Experiment::Throughput, dials);
    let mut results = plan.no_results();
    (0..plan.places()).for_each(|place| {
        let outcome = TrialOutcome { values: vec![90_000 + place], counts: vec![1; 7], steps: 1 };
        plan.add(&mut results, place, outcome);
    });
    let report = plan.report(&results);
    let curves: usize = report.charts.iter().map(|chart| chart.curves.len()).sum();
    assert!(report.charts.len() == 2 && curves == 7, "{curves}");
}
