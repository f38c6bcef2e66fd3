//! Rules of snapshots (§7).

use std::collections::BTreeSet;

use raft_core::{Body, Bugs, Config, Membership, MembershipChange, NodeId};

use crate::builders::disk;
use crate::cluster::Cluster;
use crate::moves::{and, empty, joint, nodes, start};

/// A leader of term 2 sends a snapshot whose last entry is of term 1.
pub(crate) fn snapshot_of_an_older_term(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.compact_without(2);
    cluster.crash(1);
    cluster.restart(1);
    cluster.elect(1);
    cluster.rejoin(2);
    cluster.heartbeats(1, 1);
}

/// A server restarts whose log keeps entries that its snapshot includes.
pub(crate) fn restart_with_entries_before_the_end(bugs: Bugs) {
    let trailing = |config: &mut Config| config.settings.trailing_entries = 2;
    let mut cluster = start(bugs, vec![disk(0, &[]), disk(0, &[]), disk(0, &[])], trailing);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.propose(1, "b");
    cluster.settle();
    cluster.heartbeats(1, 1);
    cluster.take_snapshot(2);
    cluster.crash(2);
    cluster.restart(2);
    cluster.heartbeats(1, 1);
}

/// The snapshot that server 2 got arrives again when it has committed more.
pub(crate) fn late_snapshot(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.compact_without(2);
    cluster.rejoin(2);
    cluster.time_out(1);
    let late = cluster.repeat(1, 2);
    cluster.settle();
    cluster.propose(1, "b");
    cluster.settle();
    cluster.heartbeats(1, 1);
    cluster.arrive(late);
}

/// The cluster moves from 1 2 3 to 1 4 5. Server 4 takes a snapshot when the joint step is
/// committed, and restarts before it hears of the next one: the move would be over for it alone.
pub(crate) fn restart_between_the_steps(bugs: Bugs) {
    let moving = || and(disk(1, &[1]), joint(&[1, 2, 3], &[1, 4, 5]));
    let old = Membership::new(nodes(&[1, 2, 3]));
    let disks = (1..=5).map(|_| moving()).collect();
    let mut cluster = start(bugs, disks, |config| config.membership = old.clone());
    cluster.start_election(1);
    cluster.ask(1, 2);
    cluster.ask(1, 4);
    assert!(cluster.leads(1));
    cluster.ask(1, 2);
    cluster.ask(1, 4);
    assert_eq!(cluster.node(1).commit_index().0, 3, "the joint step and the leader's first entry");
    let mut heartbeat = cluster.delay(1, 4).remove(0);
    if let Body::AppendEntries(request) = &mut heartbeat.message.body {
        request.entries = request.entries.slice(0, 0);
    }
    cluster.arrive(vec![heartbeat]);
    cluster.take_snapshot(4);
    cluster.crash(4);
    cluster.restart(4);
}

/// Server 3 was away when server 4 became a voter, and learns of it by a snapshot.
pub(crate) fn membership_in_a_snapshot(bugs: Bugs) {
    let mut cluster = Cluster::joining(3, 1, |config| {
        config.bugs = bugs;
        config.settings.trailing_entries = 0;
    });
    cluster.elect(1);
    cluster.isolate(3);
    cluster.change(1, MembershipChange::AddVoter(NodeId(4)));
    cluster.settle();
    assert_eq!(cluster.node(1).membership().voters().len(), 4);
    cluster.take_snapshot(1);
    cluster.rejoin(3);
    cluster.heartbeats(1, 2);
}

/// The pieces of a snapshot take longer to server 2 than ten heartbeats.
pub(crate) fn link_is_slow(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.compact_without(2);
    cluster.rejoin(2);
    let mut sent = BTreeSet::new();
    for _ in 0..10 {
        cluster.time_out(1);
        for envelope in cluster.take(|envelope| envelope.to == 2) {
            let Body::InstallSnapshot(piece) = envelope.message.body else { continue };
            let is_new = piece.data.is_empty() || sent.insert(piece.offset);
            assert!(is_new, "byte {} is sent again without an answer", piece.offset);
        }
    }
}
