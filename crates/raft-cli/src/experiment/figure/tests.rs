use super::*;

fn plan(trials: usize) -> Plan {
    Plan {
        trials,
        seed: 1,
        jobs: 2,
        link_latency: DelayRange {
            min: Duration::from_micros(100),
            max: Duration::from_micros(300),
        },
        disk_latency: DiskLatency {
            min: Duration::from_micros(500),
            mean: Duration::from_micros(5000),
        },
    }
}

#[test]
fn the_seed_alone_decides() {
    let measured = |plan: Plan| measure(&plan, &mut |_, _| {}).unwrap();
    let figure = measured(plan(4));
    assert_eq!(figure, measured(Plan { jobs: 1, ..plan(4) }));
    assert_eq!(figure, measured(Plan { jobs: 7, ..plan(4) }));
    assert_ne!(figure, measured(Plan { seed: 2, ..plan(4) }));
}

#[test]
fn progress_counts_every_trial() {
    let mut seen = Vec::new();
    measure(&plan(1), &mut |done, all| seen.push((done, all))).unwrap();
    assert_eq!(seen, (1..=10).map(|done| (done, 10)).collect::<Vec<_>>());
}

/// What §9.3 says of its Figure 16, and what the figure shows.
#[test]
fn the_claims_of_the_paper_hold() {
    let figure = measure(&plan(50), &mut |_, _| {}).unwrap();
    let sample = |name: &str| {
        let place = RANGES.iter().position(|range| range.name() == name).unwrap();
        &figure.samples[place]
    };
    let median = |name| sample(name).percentile(50);
    let millis = Duration::from_millis;
    // "In the absence of randomness, leader election consistently took longer than 10 seconds"
    assert!(sample("150-150").percentile(1) > Duration::from_secs(10));
    // "Adding just 5ms of randomness helps significantly"
    assert!(median("150-155") * 20 < median("150-150"));
    assert!((200..=400).contains(&median("150-155").as_millis()), "{:?}", median("150-155"));
    // "Using more randomness improves worst-case behavior"
    let slow = ["150-150", "150-151", "150-155", "150-175"].map(|n| sample(n).percentile(90));
    assert!(slow.is_sorted_by(|before, after| before > after), "{slow:?}");
    // "With an election timeout of 12–24ms, it takes only 35ms on average to elect a leader"
    let scaled = ["12-24", "25-50", "50-100", "100-200", "150-300"].map(|n| sample(n).mean());
    assert!(scaled.is_sorted_by(|before, after| before < after), "{scaled:?}");
    assert!((millis(25)..millis(50)).contains(&scaled[0]), "{scaled:?}");
    // The shortest timeouts are the fastest of all ten.
    let fastest = figure.samples.iter().map(Sample::mean).min();
    assert_eq!(fastest, Some(scaled[0]));
}

#[test]
fn a_cluster_that_cannot_be_prepared_names_the_curve() {
    let slow = Plan { link_latency: DelayRange::millis(20, 40), jobs: 1, ..plan(1) };
    let impossible = measure(&slow, &mut |_, _| {}).unwrap_err();
    assert_eq!(impossible.range.name(), "12-24");
}
