//! Seeded scenarios and the trace hashes that their runs have on every target.
//!
//! The hash covers every event of a run, so any change to what nodes do changes it. That is what it
//! is for; if the change is meant, put the new numbers here: both tests print what they found.

use std::time::Duration;

use raft_lab::Lab;

/// Name, script, trace hash at the end.
pub(crate) const SCENARIOS: [(&str, &str, u64); 4] = [
    (
        "election and writes",
        "cluster nodes=5 seed=8\n\
         run until leader\n\
         set x=1\n\
         append x 23\n\
         cas x 123 4\n\
         list client=3\n\
         run until idle\n\
         expect committed x=4\n\
         run 1s",
        0x30bc_73f3_f06c_edf7,
    ),
    (
        "crashes of nodes and losses of disks",
        "cluster nodes=3 seed=2024 snapshot=5\n\
         run until leader\n\
         set a=1\n\
         run 20ms\n\
         crash leader\n\
         run until leader\n\
         set b=2\n\
         crash any follower keep\n\
         run 700ms\n\
         restart all\n\
         set c=3\n\
         set d=4\n\
         set e=5\n\
         expect converged within 10s",
        0x8f9f_7b0c_9fb2_fe22,
    ),
    (
        "a bad network",
        "cluster nodes=5 seed=31 latency=2ms..40ms disk=1ms..30ms\n\
         link all loss=5% duplicate=3% reorder=on\n\
         run until leader\n\
         set a=1\n\
         set b=2 client=2\n\
         run 500ms\n\
         partition 1 2 | 3 4 5\n\
         run 2s\n\
         heal\n\
         run 5s",
        0xbd0c_93fe_d2f4_76a1,
    ),
    (
        "servers that come and go, and reads of every kind",
        "cluster nodes=3 seed=12 forward=on\n\
         run until leader\n\
         set a=1\n\
         run 500ms\n\
         add 4 as learner\n\
         run 500ms\n\
         promote 4\n\
         run 500ms\n\
         replace any follower with 5\n\
         get a read=quorum\n\
         get a read=lease client=2\n\
         get a read=local client=3\n\
         run 1s\n\
         transfer 5\n\
         run 1s\n\
         expect leader 5\n\
         expect safe",
        0x348a_16ab_17b1_987c,
    ),
];

/// Plays a scenario at full speed; its trace hash.
pub(crate) fn trace_hash(script: &str) -> u64 {
    let mut lab = Lab::play(script).expect("the scenarios are scripts");
    lab.set_speed(f64::INFINITY);
    while lab.pacing().running {
        lab.tick(Duration::from_millis(16), Duration::from_millis(100));
    }
    let console = lab.frame().lab.console.clone();
    let last = console.last().map(|line| line.words.to_string()).unwrap_or_default();
    assert_eq!(last, "The script has ended.");
    lab.session().world().trace_hash()
}

/// Plays them all and compares the hashes.
pub(crate) fn check_trace_hashes() {
    let found = SCENARIOS.map(|(name, script, _)| (name, format!("{:#018x}", trace_hash(script))));
    let expected = SCENARIOS.map(|(name, _, hash)| (name, format!("{hash:#018x}")));
    assert_eq!(found, expected);
}
