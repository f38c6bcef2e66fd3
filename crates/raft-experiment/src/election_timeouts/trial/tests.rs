use raft_core::{Instant, LogIndex, RoleKind};

use super::*;
use crate::election_timeouts::tests::conditions;

const SEED: u64 = 7;

fn prepared(conditions: &Conditions, number: u64) -> Prepared {
    prepare(conditions, Random::for_plan(SEED, number).next()).unwrap()
}

fn last_index(prepared: &Prepared, node: NodeId) -> LogIndex {
    prepared.cluster.status(node).unwrap().last_log.index
}

fn survivors(prepared: &Prepared) -> Vec<NodeId> {
    prepared.cluster.world.node_ids().filter(|node| *node != prepared.leader).collect()
}

fn result(conditions: &Conditions, number: u64) -> TrialResult {
    run(conditions, &mut Random::for_plan(SEED, number)).unwrap().0
}

fn downtime(conditions: &Conditions, number: u64) -> Duration {
    match result(conditions, number) {
        TrialResult::Elected { after, .. } => after,
        TrialResult::Capped => CAP,
    }
}

/// How many of these trials are won by a server whose log is shorter than the old leader's.
fn wins_with_a_short_log(conditions: &Conditions, trials: u64) -> usize {
    let is_short = |number: &u64| match result(conditions, *number) {
        TrialResult::Elected { leader, .. } => {
            let prepared = prepared(conditions, *number);
            last_index(&prepared, leader) < last_index(&prepared, prepared.leader)
        }
        TrialResult::Capped => false,
    };
    (0..trials).filter(is_short).count()
}

#[test]
fn two_survivors_have_shorter_logs_until_the_crash() {
    for (min, max) in [(12, 24), (150, 155), (150, 300)] {
        let conditions = conditions((min, max));
        for number in 0..20 {
            let mut prepared = prepared(&conditions, number);
            let last_moment = prepared.heartbeats_at + conditions.heartbeat_interval();
            prepared.cluster.run_until(Instant(last_moment.0 - 1), |_| {});
            let full = last_index(&prepared, prepared.leader).0;
            let mut lengths: Vec<u64> =
                survivors(&prepared).iter().map(|node| last_index(&prepared, *node).0).collect();
            lengths.sort_unstable();
            assert_eq!(lengths, [full - 2, full - 1, full, full], "{min}-{max}, trial {number}");
            assert_eq!(prepared.cluster.world.leader(), Some(prepared.leader));
        }
    }
}

/// The numbers of entries that survivors lack at the moment of the heartbeats, ascending.
fn lacked(conditions: &Conditions) -> Vec<u64> {
    let prepared = prepared(conditions, 3);
    let full = last_index(&prepared, prepared.leader).0;
    let lengths = survivors(&prepared).into_iter().map(|node| last_index(&prepared, node).0);
    let mut lacked: Vec<u64> = lengths.map(|length| full - length).collect();
    lacked.sort_unstable();
    lacked
}

#[test]
fn the_dials_say_which_logs_are_shorter() {
    let with = |nodes, short_logs, is_alike| Conditions {
        nodes,
        short_logs,
        is_alike,
        ..conditions((150, 300))
    };
    for (nodes, short_logs, is_alike, expected) in [
        (5, 0, false, vec![0, 0, 0, 0]),
        (5, 1, false, vec![0, 0, 0, 1]),
        (5, 3, false, vec![0, 1, 2, 3]),
        (5, 8, false, vec![0, 1, 2, 3]),
        (5, 2, true, vec![0, 0, 1, 1]),
        (3, 2, false, vec![0, 1]),
        (7, 2, false, vec![0, 0, 0, 0, 1, 2]),
    ] {
        assert_eq!(lacked(&with(nodes, short_logs, is_alike)), expected, "{nodes} {short_logs}");
    }
}

#[test]
fn who_has_a_shorter_log_never_wins() {
    assert_eq!(wins_with_a_short_log(&conditions((12, 24)), 100), 0);
    assert_eq!(wins_with_a_short_log(&conditions((150, 175)), 100), 0);
}

#[test]
fn one_broadcast_starts_all_timers() {
    for (min, max) in [(12, 24), (150, 150), (150, 300)] {
        let conditions = conditions((min, max));
        for number in 0..20 {
            let mut prepared = prepared(&conditions, number);
            let DelayRange { min: fastest, max: slowest } = conditions.link_latency;
            prepared.cluster.run_until(prepared.heartbeats_at + slowest, |_| {});
            for node in survivors(&prepared) {
                let status = prepared.cluster.status(node).unwrap();
                let after = status.timer_started - prepared.heartbeats_at;
                assert!((fastest..=slowest).contains(&after), "{after:?}");
                assert_eq!(status.role, RoleKind::Follower);
                assert_eq!(status.leader, Some(prepared.leader));
            }
        }
    }
}

#[test]
fn the_crash_is_uniform_within_the_heartbeat_interval() {
    let conditions = conditions((150, 300));
    let interval = conditions.heartbeat_interval();
    assert_eq!(interval, Duration::from_millis(75));
    let mut quarters = [0; 4];
    for number in 0..4000 {
        let mut random = Random::for_plan(SEED, number);
        random.next();
        let offset = crash_offset(&conditions, &mut random);
        assert!(offset < interval);
        quarters[(4 * offset.as_micros() / interval.as_micros()) as usize] += 1;
    }
    assert!(quarters.iter().all(|count| (900..1100).contains(count)), "{quarters:?}");
}

/// "Thus, the smallest possible downtime was about half of the minimum election timeout."
#[test]
fn the_shortest_downtime_is_about_half_of_the_shortest_timeout() {
    let conditions = conditions((150, 200));
    let downtimes = (0..300).map(|number| downtime(&conditions, number));
    let shortest = downtimes.min().unwrap();
    assert!(shortest >= Duration::from_millis(75), "{shortest:?}");
    assert!(shortest < Duration::from_millis(100), "{shortest:?}");
}

#[test]
fn a_broadcast_takes_about_15_ms() {
    let conditions = conditions((150, 150));
    let measured: Vec<Broadcast> =
        (0..400).map(|seed| broadcast(&conditions, seed).unwrap()).collect();
    for Broadcast { request, all } in &measured {
        assert!(*request < *all);
        assert!(*request >= conditions.disk_latency.min + conditions.link_latency.min);
    }
    let mean = measured.iter().map(|broadcast| broadcast.all).sum::<Duration>() / 400;
    assert!((14..=16).contains(&mean.as_millis()), "{mean:?}");
}

#[test]
fn timeouts_that_are_too_short_for_the_network_are_refused() {
    let slow = Conditions { link_latency: DelayRange::millis(50, 100), ..conditions((12, 24)) };
    let refused = run(&slow, &mut Random::for_plan(SEED, 0));
    assert_eq!(refused, Err(NoStableLeader));
}

#[cfg(feature = "bugs")]
mod bugs {
    use super::*;

    /// For comparison: without the election restriction the first candidate often has one of the
    /// two short logs and wins, so that no second election is needed.
    #[test]
    fn if_votes_ignored_the_log_shorter_logs_would_win_and_elections_be_faster() {
        let honest = conditions((150, 300));
        let bugs = raft_sim::Switches::NONE.with(raft_core::Bug::VoteIgnoresLog);
        let broken = Conditions { bugs, ..honest.clone() };
        assert!((30..=70).contains(&wins_with_a_short_log(&broken, 100)));
        let total =
            |conditions| (0..300).map(|number| downtime(conditions, number)).sum::<Duration>();
        let (broken, honest) = (total(&broken), total(&honest));
        assert!(broken * 100 < honest * 93, "{broken:?} {honest:?}");
    }
}
