//! A future of a moment becomes a branch.

use super::branch_tests::with_a_crash;
use super::tests::{finish, scratch};

#[test]
fn a_future_is_a_branch_that_ends_where_it_was_found() {
    let mut lab = with_a_crash();
    lab.show(100);
    let from = lab.crossroads();
    assert_eq!(from.at, lab.shown_session().world().now());
    lab.return_to_live();

    // What somebody else would find: the script of the moment, other numbers, 50 steps.
    let script = raft_script::parse(&format!("{}reseed 7\nstep 50\n", from.script)).unwrap();
    let found = raft_script::run(&script, &mut |_| {}).session.unwrap();
    let (at, steps) = (found.world().now(), found.world().steps());
    lab.open_future(&from, 7, at, steps).unwrap();
    finish(&mut lab);
    assert_eq!(lab.session().world().trace_hash(), found.world().trace_hash());
    let frame = lab.frame();
    assert_eq!(frame.lab.time.branches.len(), 2);
    assert!(!frame.lab.pacing.running);
    assert!(frame.lab.time.branches.iter().any(|branch| branch.name == "future 7"));

    lab.open_future(&from, 7, at, steps).expect("a second time it has a number");
    finish(&mut lab);
    let early = raft_core::Instant(from.at.0 / 2);
    lab.show_before_crossroads(&from, early).unwrap();
    while lab.is_seeking() {
        lab.tick(std::time::Duration::ZERO, std::time::Duration::from_millis(50));
    }
    assert_eq!(lab.frame().lab.time.branch, 1);
    assert!(lab.shown_session().world().now() <= early);
}

#[test]
fn the_future_of_another_run_is_refused() {
    let from = with_a_crash().crossroads();
    let mut lab = scratch();
    let words = lab.open_future(&from, 7, from.at, 1_000_000).unwrap_err();
    assert!(words.contains("another run"), "{words}");
    assert_eq!(lab.frame().lab.time.branches.len(), 1);
    assert!(lab.show_before_crossroads(&from, from.at).is_err());

    let mut other = with_a_crash();
    other.replace(with_a_crash());
    other.exec("crash 2");
    finish(&mut other);
    other.show(1);
    let early = other.crossroads();
    let mut unlike = super::Lab::play("cluster nodes=3 seed=9\nrun 1s\n").unwrap();
    finish(&mut unlike);
    assert!(unlike.open_future(&early, 7, early.at, 1_000_000).is_err(), "it has such a moment");
}
