//! Real worlds, with every fault that the simulator knows, keep every property; and the checks see
//! what happens in them.

#[cfg(feature = "bugs")]
mod bugs;
mod deposed;
mod histories;
mod storm;
mod unlike;

use deposed::Deposed;
use raft_check::{Checks, PropertyState, converged};
use raft_core::{Instant, NodeId};
use raft_kv::{ClientId, Operation};
use raft_sim::{
    Action, ClockChange, DelayRange, NetworkAction, NodeAction, ReadPolicy, Request, Setup,
    SimNode, Unsynced, World,
};
use storm::{Disks, Storm};

fn step(world: &mut World, checks: &mut Checks) {
    assert!(world.step(), "there is always a timer");
    checks.observe(world, world.events());
}

fn act(world: &mut World, checks: &mut Checks, action: Action) {
    world.apply(action).expect("possible now");
    checks.observe(world, world.events());
}

fn run_until(world: &mut World, checks: &mut Checks, at: u64) {
    while world.next_step_at().is_some_and(|next| next <= Instant(at)) {
        step(world, checks);
    }
}

fn set(key: &str, value: &str) -> Action {
    let operation = Operation::Set { key: key.into(), value: value.into() };
    Request { client: ClientId(1), operation, via: None, read: ReadPolicy::Log }.into()
}

#[test]
fn a_calm_cluster_commits_and_converges() {
    let mut world = World::new(Setup::default()).unwrap();
    let mut checks = Checks::new(&world);
    for value in ["1", "2", "3"] {
        act(&mut world, &mut checks, set("x", value));
    }
    run_until(&mut world, &mut checks, 3_000_000);
    assert_eq!(checks.violation(), None);
    assert_eq!(converged(&world), Ok(()));
    let ledger = checks.ledger();
    assert_eq!(ledger.committed_store().get(b"x"), Some(&"3".into()));
    let leader = world.node(world.leader().unwrap()).unwrap();
    assert_eq!(ledger.last(), leader.core().unwrap().log().last());
    assert_eq!(ledger.committed_store(), leader.store().unwrap());
}

#[test]
fn storms_of_every_size_break_nothing() {
    for nodes in [1, 2, 3, 4, 5, 7, 9] {
        for seed in 1..=15 {
            let storm = Storm::new(nodes, seed).run(4_000_000);
            assert_eq!(storm.checks.violation(), None, "nodes={nodes} seed={seed}");
        }
    }
}

/// Which seeds to try, unless the environment says otherwise.
fn seeds(first: u64, end: u64) -> (u64, u64) {
    match std::env::var("STORMS") {
        Ok(range) => {
            let (first, end) = range.split_once("..").expect("first..end");
            (first.parse().expect("a number"), end.parse().expect("a number"))
        }
        Err(_) => (first, end),
    }
}

/// So many seeds that a rule which is rarely needed is needed in some. `STORMS=first..end` chooses
/// others.
#[test]
fn many_storms_break_nothing_and_reach_everything() {
    let (first, end) = seeds(1_000, 1_200);
    let mut done = storm::Done::default();
    for seed in first..end {
        let mut setup = Storm::setup(1 + seed % 5, seed);
        setup.settings.snapshot_threshold = [5, 20, 10_000][seed as usize % 3];
        let disks = [Disks::Sound, Disks::Failing, Disks::Damaged][seed as usize / 3 % 3];
        let storm = Storm::with(setup).on(disks).run(8_000_000);
        assert_eq!(storm.checks.violation(), None, "seed={seed}");
        done += storm.done;
    }
    println!("{done:?}");
    let all = [done.changes, done.joint, done.transfers];
    assert!(all.into_iter().all(|count| count > (end - first) / 10), "{done:?}");
    let faults = [done.failed_writes, done.torn_writes * 5, done.refusals, done.suspensions * 2];
    assert!(faults.into_iter().all(|count| count > (end - first) / 10), "{done:?}");
    let reads = [done.quorum_reads, done.lease_reads, done.reads_by_lease];
    assert!(reads.into_iter().all(|count| count > end - first), "{done:?}");
}

/// `STORMS=first..end` chooses other seeds.
#[test]
fn storms_with_bad_networks_and_clocks_break_nothing() {
    let (first, end) = seeds(5_000, 5_150);
    let mut done = storm::Done::default();
    for seed in first..end {
        let mut setup = Storm::setup(2 + seed % 4, seed);
        setup.settings.snapshot_threshold = [5, 20, 10_000][seed as usize % 3];
        let mut storm = Storm::with(setup).with_trouble().run(8_000_000);
        assert_eq!(storm.checks.violation(), None, "seed={seed}");
        done += storm.done;
        // Lease Safety was demanded throughout.
        assert!(storm.checks.results().all(|result| result.suspension.is_none()), "seed={seed}");
        // From here on, clocks may be anything.
        for node in storm.world.node_ids() {
            let change = ClockChange::Drift { ppm: [500_000, -500_000][node.0 as usize % 2] };
            act(&mut storm.world, &mut storm.checks, NodeAction::SetClock(change).on(node));
        }
        let storm = storm.run(3_000_000);
        assert_eq!(storm.checks.violation(), None, "seed={seed}, clocks out of bound");
    }
    println!("{done:?}");
    let all = [done.replays, done.without_place * 6, done.clock_changes, done.slowed];
    assert!(all.into_iter().all(|count| count > end - first), "{done:?}");
    assert!(done.held.min(done.released) > end - first, "{done:?}");
    assert!(done.reads_by_lease > end - first, "{done:?}");
}

/// A leader whose clock is slow beyond the bound holds its lease while another leads. That is no
/// fault of the protocol, and the checks say which guarantee is gone for how long.
#[test]
fn a_clock_out_of_bound_suspends_leases_and_nothing_else() {
    let mut overlaps = 0;
    for seed in 0..30 {
        let quick = DelayRange::millis(1, 1);
        let setup = Setup { link_latency: quick, disk_latency: quick, seed, ..Setup::default() };
        let mut world = World::new(setup).unwrap();
        let mut checks = Checks::new(&world);
        run_until(&mut world, &mut checks, 2_000_000);
        let old = world.leader().unwrap();
        let drift = |ppm| NodeAction::SetClock(ClockChange::Drift { ppm }).on(old);
        act(&mut world, &mut checks, drift(-500_000));
        run_until(&mut world, &mut checks, 3_000_000);
        act(&mut world, &mut checks, NetworkAction::Partition { groups: vec![vec![old]] }.into());
        while world.leader() == Some(old) {
            step(&mut world, &mut checks);
        }
        let until = world.node(old).and_then(SimNode::lease_until);
        overlaps += usize::from(until.is_some_and(|until| until > world.now()));
        let lost: Vec<&str> = checks
            .results()
            .filter(|result| matches!(result.state(), PropertyState::Suspended(_)))
            .map(|result| result.property.name)
            .collect();
        assert_eq!(lost, ["Lease Safety"]);
        act(&mut world, &mut checks, NetworkAction::Heal.into());
        act(&mut world, &mut checks, drift(0));
        run_until(&mut world, &mut checks, 6_000_000);
        assert_eq!(checks.violation(), None);
        assert!(checks.results().all(|result| result.state() == PropertyState::Holds));
    }
    assert!(overlaps > 3, "{overlaps}");
}

#[test]
fn storms_over_snapshots_break_nothing() {
    let mut committed = 0;
    for seed in 100..=160 {
        let mut setup = Storm::setup(5, seed);
        setup.settings.snapshot_threshold = 3 + seed % 8;
        let storm = Storm::with(setup).run(5_000_000);
        assert_eq!(storm.checks.violation(), None, "seed={seed}");
        committed += storm.checks.ledger().commit_index().0;
    }
    assert!(committed > 1_000, "the storms let too little through: {committed}");
}

/// Without check-quorum, a removed server that does not know of its removal starts one election
/// after another (§6). The cluster then converges between two of these elections.
#[test]
fn a_storm_that_ends_lets_the_cluster_converge() {
    for seed in 1..=60 {
        let disks = if seed % 2 == 0 { Disks::Failing } else { Disks::Sound };
        let mut storm = Storm::new(5, seed).on(disks).run(3_000_000);
        storm.calm_down();
        let until = storm.world.now().0 + 40_000_000;
        run_until(&mut storm.world, &mut storm.checks, until);
        let limit = until + 10_000_000;
        while converged(&storm.world).is_err() && storm.world.now() < Instant(limit) {
            step(&mut storm.world, &mut storm.checks);
        }
        assert_eq!(storm.checks.violation(), None, "seed={seed}");
        assert_eq!(converged(&storm.world), Ok(()), "seed={seed}");
    }
}

#[test]
fn a_world_that_begins_with_the_disks_of_another_goes_on() {
    for seed in 1..=20 {
        let mut setup = Storm::setup(5, seed);
        setup.settings.snapshot_threshold = 5;
        let first = Storm::with(setup.clone()).run(4_000_000);
        setup.disks = first.world.nodes().map(|n| (n.id(), n.disk().durable().clone())).collect();
        setup.run = 1;
        setup.down = vec![NodeId(1 + seed % 5)];
        let mut second = Storm::with(setup).run(4_000_000);
        second.calm_down();
        let until = second.world.now().0 + 4_000_000;
        run_until(&mut second.world, &mut second.checks, until);
        assert_eq!(second.checks.violation(), None, "seed={seed}");
        let (before, now) = (first.checks.ledger(), second.checks.ledger());
        assert!(now.commit_index() >= before.commit_index(), "seed={seed}: committed entries lost");
        assert_eq!(now.get(before.commit_index()).map(|m| m.term), Some(before.last().term));
    }
}

#[test]
fn a_paused_leader_that_wakes_up_deposed_breaks_nothing() {
    let mut world = World::new(Setup::default()).unwrap();
    let mut checks = Checks::new(&world);
    run_until(&mut world, &mut checks, 1_000_000);
    let old = world.leader().unwrap();
    act(&mut world, &mut checks, NodeAction::Pause.on(old));
    act(&mut world, &mut checks, set("x", "1"));
    run_until(&mut world, &mut checks, 4_000_000);
    act(&mut world, &mut checks, NodeAction::Resume.on(old));
    run_until(&mut world, &mut checks, 6_000_000);
    assert_eq!(checks.violation(), None);
    assert_eq!(converged(&world), Ok(()));
}

#[test]
fn what_a_crash_keeps_of_unfinished_writes_is_found_again() {
    for unsynced in [Unsynced::Lost, Unsynced::Kept, Unsynced::Drawn] {
        let mut world = World::new(Setup::default()).unwrap();
        let mut checks = Checks::new(&world);
        run_until(&mut world, &mut checks, 1_000_000);
        let node = world.leader().unwrap();
        act(&mut world, &mut checks, set("x", "1"));
        while world.node(node).unwrap().disk().pending().len() == 0 {
            step(&mut world, &mut checks);
        }
        act(&mut world, &mut checks, NodeAction::Crash { unsynced }.on(node));
        run_until(&mut world, &mut checks, 2_000_000);
        act(&mut world, &mut checks, NodeAction::Restart.on(node));
        run_until(&mut world, &mut checks, 4_000_000);
        assert_eq!(checks.violation(), None, "{unsynced:?}");
        assert_eq!(converged(&world), Ok(()), "{unsynced:?}");
    }
}

#[test]
fn a_deposed_leader_answers_no_read_whatever_late_answers_it_gets() {
    let deposed = Deposed::new(Deposed::setup()).read();
    assert_eq!(deposed.broken(), None);
    assert!(!deposed.answered_by_old());
}

#[test]
fn a_copy_of_the_checks_goes_on_by_itself() {
    let mut world = World::new(Setup::default()).unwrap();
    let mut checks = Checks::new(&world);
    run_until(&mut world, &mut checks, 1_000_000);
    let (mut fork, mut fork_checks) = (world.clone(), checks.clone());
    act(&mut fork, &mut fork_checks, set("x", "fork"));
    run_until(&mut fork, &mut fork_checks, 3_000_000);
    run_until(&mut world, &mut checks, 3_000_000);
    assert_eq!((checks.violation(), fork_checks.violation()), (None, None));
    assert!(fork_checks.ledger().commit_index() > checks.ledger().commit_index());
}
