//! Rules of reads that need no log entry (dissertation §6.4).

use std::time::Duration;

use raft_core::{Bugs, Outcome, ReadMode, Recovered};

use crate::cluster::Cluster;
use crate::moves::{empty, modern, start};

/// Server 1 leads, is cut off, and does not know that the others have a leader and committed more.
fn deposed(bugs: Bugs) -> Cluster {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.isolate(1);
    cluster.elect(2);
    assert_eq!(cluster.node(2).commit_index().0, 2);
    cluster
}

pub(crate) fn no_server_confirms_it(bugs: Bugs) {
    let mut cluster = deposed(bugs);
    cluster.read(1, ReadMode::Quorum);
}

/// A majority of three, less one, is the leader alone.
pub(crate) fn too_few_servers_confirm_it(bugs: Bugs) {
    no_server_confirms_it(bugs);
}

/// Server 2, elected, holds the entry that server 1 committed, but does not know that it is. Server
/// 3, whose log is behind, says that it follows.
pub(crate) fn new_leader_does_not_know(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.isolate(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    assert_eq!(cluster.node(1).commit_index().0, 2);
    cluster.isolate(1);
    cluster.rejoin(3);
    cluster.start_election(2);
    cluster.ask(2, 3);
    assert!(cluster.leads(2));
    cluster.read(2, ReadMode::Quorum);
    cluster.ask(2, 3);
}

/// Server 2 answered a heartbeat of server 1 before it elected server 3. The answer arrives after a
/// read does.
pub(crate) fn late_answer(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.time_out(1);
    cluster.carry(1, 2);
    let late = cluster.delay(2, 1);
    cluster.isolate(1);
    cluster.elect(3);
    cluster.read(1, ReadMode::Quorum);
    cluster.arrive(late);
}

/// Server 1 transfers leadership to server 2, which is elected at once, lease or not.
pub(crate) fn lease_of_who_handed_over(bugs: Bugs) {
    let mut cluster = modern(bugs, 3);
    cluster.elect(1);
    assert!(cluster.node(1).status().lease_until > Some(cluster.now));
    cluster.transfer(1, 2);
    let told = cluster.delay(1, 2);
    cluster.isolate(1);
    cluster.arrive(told);
    cluster.settle();
    assert!(cluster.leads(2));
    cluster.read(1, ReadMode::Lease);
}

/// Server 2 hears that it is to take over only when the transfer has ended.
pub(crate) fn lease_after_a_transfer(bugs: Bugs) {
    let mut cluster = modern(bugs, 3);
    cluster.elect(1);
    cluster.transfer(1, 2);
    let told = cluster.delay(1, 2);
    cluster.cut_one_way(1, 2);
    while cluster.node(1).status().transfer_to.is_some() {
        cluster.heartbeats(1, 1);
    }
    cluster.isolate(1);
    cluster.arrive(told);
    cluster.settle();
    assert!(cluster.leads(2));
    cluster.read(1, ReadMode::Lease);
}

pub(crate) fn sole_voter(bugs: Bugs) {
    let mut cluster = empty(bugs, 1);
    cluster.elect(1);
    let request = cluster.read(1, ReadMode::Quorum);
    let outcome = cluster.outcome(1, request);
    assert!(matches!(outcome, Some(Outcome::Readable { .. })), "the read is not answered");
}

/// Clocks may be 20 % too fast or too slow. Another server may vote after the shortest election
/// timeout, measured by a fast clock; the lease is measured by a slow one.
pub(crate) fn clocks_drift(bugs: Bugs) {
    let mut cluster = start(bugs, vec![Recovered::default(); 3], |config| {
        let settings = &mut config.settings;
        (settings.check_quorum, settings.lease_reads) = (true, true);
        settings.max_clock_drift_ppm = 200_000;
    });
    cluster.elect(1);
    let began = cluster.now;
    cluster.time_out(1);
    let began = began.max(cluster.now);
    cluster.settle();
    let lease = cluster.node(1).status().lease_until.expect("all answer") - began;
    let shortest = cluster.server(1).config.settings.election_timeout_min;
    assert!(lease * 6 <= shortest * 4, "the lease lasts {lease:?} of {shortest:?}");
    assert!(lease > Duration::ZERO);
}
