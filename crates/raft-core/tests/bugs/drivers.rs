//! Rules for drivers that are not kind: they report several writes at once, keep the state machine
//! on disk, or fail to make snapshots.

use raft_core::{Bugs, Input, LogIndex, Outcome, Recovered};

use crate::builders::disk;
use crate::moves::{empty, start};

/// Three writes of a sole voter are reported at once.
pub(crate) fn one_report_for_three_writes(bugs: Bugs) {
    let mut cluster = empty(bugs, 1);
    cluster.elect(1);
    cluster.server_mut(1).disk_is_slow = true;
    for command in ["a", "b", "c"] {
        cluster.propose(1, command);
    }
    cluster.finish_together(1, 3);
    assert_eq!(cluster.node(1).commit_index().0, 4, "three commands are on disk");
}

/// The state machine holds the first two of three entries.
pub(crate) fn state_machine_on_disk(bugs: Bugs) {
    let applied = LogIndex(2);
    let disk = Recovered { applied, commit_index: LogIndex(3), ..disk(1, &[1, 1, 1]) };
    let cluster = start(bugs, vec![disk], |_| {});
    let first = cluster.server(1).applied.first().map(|entry| entry.index.0);
    assert_eq!(first, Some(3), "the first entry that is applied after the start");
}

/// No snapshot can be made; more entries are applied.
pub(crate) fn snapshot_fails(bugs: Bugs) {
    let change = |config: &mut raft_core::Config| config.settings.snapshot_threshold = 4;
    let mut cluster = start(bugs, vec![Recovered::default()], change);
    cluster.elect(1);
    for _ in 0..12 {
        cluster.propose(1, "a");
        if let Some(through) = cluster.server_mut(1).snapshots_needed.pop() {
            cluster.handle(1, Input::SnapshotFailed { through });
        }
    }
    let failed = cluster.server(1).traces.iter().filter(|trace| {
        let snapshot =
            raft_core::SnapshotTrace::Failed { through: LogIndex(4), not_before: LogIndex(5) };
        **trace == raft_core::Trace::Snapshot(snapshot)
    });
    assert_eq!(failed.count(), 1, "how often entry 5 is to be the next try");
}

/// Server 1 leads, but its commands are replaced by a snapshot of the next leader.
pub(crate) fn snapshot_covers_a_proposal(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.isolate(1);
    let request = cluster.propose(1, "a");
    cluster.elect(2);
    cluster.propose(2, "b");
    cluster.propose(2, "c");
    cluster.settle();
    cluster.take_snapshot(2);
    cluster.rejoin(1);
    cluster.heartbeats(2, 3);
    assert_eq!(cluster.node(1).commit_index(), cluster.node(2).commit_index());
    let outcome = cluster.outcome(1, request);
    assert!(matches!(outcome, Some(Outcome::Unknown { .. })), "the client of 1 hears {outcome:?}");
}
