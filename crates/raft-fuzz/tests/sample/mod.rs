//! A sample of seeds, whose runs are the same on every target.
//!
//! The hash covers every event of every run, so any change to what nodes, faults or the fuzzer do
//! changes it. If the change is meant, put the new number here: both tests print what they found.

use raft_fuzz::{Plan, Profile, RunResult, run_seed};

/// How many seeds of each profile: three of `swarm` and of `hostile` have disks in files.
const SEEDS: u64 = 10;
const EXPECTED: u64 = 0x586f_e029_5fad_01a4;

/// Plays the sample twice; both times every run must be the one that it is everywhere.
pub(crate) fn check() {
    for _ in 0..2 {
        let found = play();
        assert_eq!(format!("{found:#018x}"), format!("{EXPECTED:#018x}"));
    }
}

/// One number for all runs of the sample.
fn play() -> u64 {
    let plans = Profile::ALL.iter().flat_map(|p| (1..=SEEDS).map(|seed| Plan::new(*p, seed)));
    plans.fold(0, |hash: u64, plan| {
        let report = run_seed(&plan);
        assert_eq!(report.result, RunResult::Clean, "{} {}", plan.profile, plan.seed);
        hash.rotate_left(7).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ report.trace_hash
    })
}
