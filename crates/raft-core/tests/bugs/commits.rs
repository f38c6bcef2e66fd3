//! Rules about what a leader may commit (§5.3, §5.4.2).

use raft_core::{Bugs, Outcome};

use crate::builders::disk;
use crate::moves::{empty, logs, start};

/// Server 1 takes two commands that no other server gets. The log of the next leader is shorter.
pub(crate) fn next_log_is_shorter(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.isolate(1);
    cluster.propose(1, "a");
    let request = cluster.propose(1, "b");
    cluster.elect(2);
    cluster.rejoin(1);
    cluster.heartbeats(2, 3);
    assert_eq!(cluster.node(1).commit_index(), cluster.node(2).commit_index());
    let outcome = cluster.outcome(1, request);
    let is_superseded = matches!(outcome, Some(Outcome::Superseded { .. }));
    assert!(is_superseded, "the client of 1 hears {outcome:?}");
}

/// Figure 8 (c): server 1, elected again, replicates its entry of term 2 before one of its own
/// term.
pub(crate) fn figure_8(bugs: Bugs) {
    let disks = vec![disk(2, &[1, 2]), disk(2, &[1]), disk(2, &[1])];
    let mut cluster = start(bugs, disks, |config| config.settings.max_batch_entries = 1);
    cluster.elect(1);
}

/// Server 2 holds entries of term 1 where server 1 has others. It refuses those of term 3 and says
/// where the logs may still agree.
pub(crate) fn refusal_counts(bugs: Bugs) {
    let mut cluster = logs(bugs, 2, &[&[1, 2], &[1, 1, 1, 1], &[]]);
    cluster.crash(3);
    cluster.start_election(1);
    cluster.ask(1, 2);
    assert!(cluster.leads(1));
    cluster.ask(1, 2);
    cluster.propose(1, "a");
    cluster.settle();
}

/// Server 2 holds entries of term 1 where server 1 has a snapshot and others. While it waits for
/// the snapshot it hears heartbeats, which prove nothing about its log.
pub(crate) fn tail_is_acknowledged(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.let_promises_be_broken();
    cluster.elect(2);
    cluster.isolate(2);
    for command in ["a", "b", "c"] {
        cluster.propose(2, command);
    }
    cluster.elect(1);
    cluster.take_snapshot(1);
    cluster.isolate(3);
    cluster.propose(1, "d");
    cluster.propose(1, "e");
    cluster.rejoin(2);
    cluster.time_out(1);
    let pieces = cluster.delay(1, 2);
    assert!(pieces.iter().all(|piece| piece.message.name() == "InstallSnapshot"));
    cluster.time_out(1);
    cluster.ask(1, 2);
    cluster.arrive(pieces);
    cluster.settle();
}

/// Server 1's disk is slow. Servers 2 and 3 have entry 2, but an earlier answer of server 2 arrives
/// after the one about it.
pub(crate) fn late_acknowledgement(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.server_mut(1).disk_is_slow = true;
    cluster.time_out(1);
    cluster.carry(1, 2);
    let late = cluster.delay(2, 1);
    cluster.propose(1, "a");
    cluster.ask(1, 2);
    cluster.arrive(late);
    cluster.carry(1, 3);
    cluster.carry(3, 1);
    let is_committed = cluster.node(1).commit_index().0 == 2;
    assert!(is_committed, "entry 2 is on two disks of three and not committed");
}

/// Of five servers only server 3, whose number is in the middle of the list, has the entry.
pub(crate) fn middle_server_alone(bugs: Bugs) {
    let mut cluster = empty(bugs, 5);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.ask(1, 3);
}

/// All entries in the log of server 2 are committed when it stores the next term, and restarts.
pub(crate) fn follower_restarts(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.heartbeats(1, 1);
    cluster.start_election(3);
    cluster.ask(3, 2);
    cluster.crash(2);
    cluster.restart(2);
}
