//! Planted bugs are found, and the script of a run that found one finds it again.
#![cfg(feature = "bugs")]

mod sample;

use raft_core::Bug;
use raft_fuzz::{Failure, Outcome, Plan, Profile, SeedRun, of_script};
use raft_sim::{Switches, WorldBug};

fn plan(bugs: Switches, seed: u64) -> Plan {
    Plan { bugs, ..Plan::new(Profile::Swarm, seed) }
}

/// The first run of some that fails; it may stop at no assertion.
fn first_failure(bugs: Switches, seeds: u64) -> SeedRun {
    let played = (1..=seeds).map(|seed| {
        let mut run = SeedRun::new(&plan(bugs, seed));
        run.play();
        run
    });
    let failed = played.into_iter().find(|run| run.failure().is_some());
    failed.unwrap_or_else(|| panic!("{bugs:?} is not noticed in {seeds} seeds"))
}

/// Cheap to find, and each by another property.
fn caught() -> Vec<(Switches, &'static [&'static str])> {
    let core = |bug: Bug| Switches::NONE.with(bug);
    vec![
        (core(Bug::CommitOldTerm), &["Commit Rule"]),
        (core(Bug::StaleVotes), &["Election Quorum", "Election Safety"]),
        (core(Bug::VoteForgotten), &["Faithful Recovery"]),
        (core(Bug::AckNotDurable), &["Durable Promises"]),
        (core(Bug::CommitGoesBack), &["Monotonic State"]),
        (core(Bug::SnapshotLosesJoint), &["Config Safety"]),
        (core(Bug::ReadBeforeTermCommit), &["Read Linearizability"]),
        (core(Bug::LeaseKeptInTransfer), &["Lease Safety"]),
        (core(Bug::InFlightLeak), &["Progress"]),
        (core(Bug::ProbeNeverResumes), &["Progress"]),
        // Only behind a bridge.
        (core(Bug::LeaderWithoutQuorum), &["Progress"]),
        (Switches::NONE.with(WorldBug::RetryAppliedTwice), &["Exactly Once"]),
    ]
}

#[test]
fn planted_bugs_are_found_and_their_scripts_find_them_again() {
    for (bugs, properties) in caught() {
        let run = first_failure(bugs, 400);
        let failure = run.failure().expect("it failed");
        assert!(properties.contains(&failure.name()), "{bugs:?}: {failure}");
        let script = raft_script::parse(&run.script().to_string()).expect("it is a script");
        let again = raft_script::run(&script, &mut |_| {});
        assert_eq!(again.trace_hash, run.world().trace_hash(), "{bugs:?}: {failure}");
        let Outcome::Failed(found) = of_script(&again) else { panic!("{bugs:?}: {failure}") };
        assert_eq!(found.name(), failure.name(), "{bugs:?}");
        match (&found, failure) {
            // What was waited for is said in other words.
            (Failure::Violation(found), Failure::Violation(failure)) => {
                assert_eq!(found.at, failure.at);
                let is_same = found.property.name == "Progress" || found == failure;
                assert!(is_same, "{found} {failure}");
            }
            _ => panic!("{found} {failure}"),
        }
    }
}

/// A refusal that moves nothing back is sent again at once, for ever.
#[test]
fn bugs_that_keep_a_cluster_busy_are_found_before_the_bound_is_over() {
    let run = first_failure(Switches::NONE.with(Bug::BacktrackStuck), 60);
    assert_eq!(run.failure().map(Failure::name), Some("Progress"));
    assert!(run.world().steps() < 3_000_000, "{} steps", run.world().steps());
    let script = raft_script::parse(&run.script().to_string()).expect("it is a script");
    let again = raft_script::run(&script, &mut |_| {});
    assert_eq!(again.trace_hash, run.world().trace_hash());
}

/// As long as none is planted, nothing is otherwise.
#[test]
fn bugs_that_could_be_planted_change_no_run() {
    sample::check();
}
