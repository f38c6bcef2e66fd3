use raft_sim::NodeAction;

use super::*;

fn conditions() -> Conditions {
    Conditions {
        election_timeout: DelayRange::millis(150, 300),
        link_latency: DelayRange::millis(1, 1),
        disk_latency: DiskLatency { min: Duration::from_millis(2), mean: Duration::from_millis(5) },
        #[cfg(feature = "bugs")]
        bugs: raft_sim::Switches::NONE,
    }
}

#[test]
fn the_distribution_is_exponential_above_its_least() {
    let latency = conditions().disk_latency;
    let mut random = Random::for_plan(3, 0);
    let drawn: Vec<Duration> = (0..20_000).map(|_| latency.draw(&mut random)).collect();
    assert!(drawn.iter().all(|time| *time >= latency.min));
    let mean = drawn.iter().sum::<Duration>().as_secs_f64() / drawn.len() as f64;
    assert!((0.0049..0.0051).contains(&mean), "{mean}");
    // The share above the least by this many times the mean of the rest is e to the minus that.
    for times in [0.5_f64, 1.0, 2.0, 3.0] {
        let limit = latency.min + Duration::from_secs_f64(0.003 * times);
        let share = drawn.iter().filter(|time| **time > limit).count() as f64 / 20_000.0;
        assert!((share - (-times).exp()).abs() < 0.015, "{times}: {share}");
    }
}

#[test]
fn a_disk_without_spread_takes_its_mean() {
    let millis = Duration::from_millis(4);
    let latency = DiskLatency { min: millis, mean: millis };
    assert_eq!(latency.draw(&mut Random::for_plan(3, 0)), millis);
}

#[test]
fn each_write_of_a_server_takes_a_time_of_its_own() {
    let mut cluster = TrialCluster::new(&conditions(), 9);
    let mut times = Vec::new();
    while times.len() < 20 {
        cluster.step();
        for event in cluster.world.events() {
            if let EventKind::Disk { node, event: DiskEvent::WriteIssued { .. } } = event.kind {
                let write = cluster.world.node(node).unwrap().disk().pending().last().unwrap();
                times.push(write.done_at - write.issued_at);
            }
        }
        if let Some(leader) = cluster.world.leader() {
            cluster.apply(NodeAction::Crash { unsynced: raft_sim::Unsynced::Lost }.on(leader));
            cluster.apply(NodeAction::Restart.on(leader));
        }
    }
    times.sort_unstable();
    times.dedup();
    assert!(times.len() >= 19, "{times:?}");
}

#[test]
fn the_rules_are_the_papers() {
    let setup = conditions().setup(1);
    assert!(
        !setup.settings.pre_vote && !setup.settings.check_quorum && !setup.settings.lease_reads
    );
    assert_eq!((setup.nodes, setup.settings.heartbeat_interval), (5, Duration::from_millis(75)));
}
