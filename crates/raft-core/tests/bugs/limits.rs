//! Rules that bound what a server holds and sends, and repeat what was lost.

use raft_core::{Body, Bugs, Config, Membership, NodeId, Outcome, Recovered};

use crate::builders::disk;
use crate::cluster::Cluster;
use crate::moves::{nodes, start};

fn three(bugs: Bugs, change: impl Fn(&mut Config)) -> Cluster {
    start(bugs, vec![Recovered::default(); 3], change)
}

/// Server 2 answers nothing.
pub(crate) fn follower_that_is_silent(bugs: Bugs) {
    let mut cluster = three(bugs, |config| config.settings.max_in_flight = 3);
    cluster.elect(1);
    cluster.cut_one_way(2, 1);
    for _ in 0..10 {
        cluster.propose(1, "a");
        cluster.settle();
    }
    let in_flight = cluster.peer(1, 2).in_flight;
    assert!(in_flight <= 3, "{in_flight} messages are in flight");
}

/// Server 2 has an empty log.
pub(crate) fn follower_far_behind(bugs: Bugs) {
    let disks = vec![disk(1, &[1; 9]), disk(0, &[]), disk(1, &[1; 9])];
    let mut cluster = start(bugs, disks, |config| config.settings.max_batch_entries = 2);
    cluster.start_election(1);
    cluster.ask(1, 3);
    cluster.ask(1, 2);
    let entries = cluster.network.iter().filter_map(|envelope| {
        let Body::AppendEntries(request) = &envelope.message.body else { return None };
        Some(request.entries.len())
    });
    let most = entries.max().unwrap_or(0);
    assert!(most <= 2, "{most} entries in one message");
}

/// The leader hears nobody.
pub(crate) fn no_majority(bugs: Bugs) {
    let mut cluster = three(bugs, |config| config.settings.max_uncommitted_bytes = 200);
    cluster.elect(1);
    cluster.isolate(1);
    assert_few_are_accepted(&mut cluster, 1);
}

/// Server 2 has uncommitted entries of an earlier leader, and is elected. Nobody gets its entries.
pub(crate) fn new_leader_without_a_majority(bugs: Bugs) {
    let disks = vec![disk(1, &[1]), disk(1, &[1; 9]), disk(1, &[1])];
    let mut cluster = start(bugs, disks, |config| config.settings.max_uncommitted_bytes = 600);
    cluster.start_election(2);
    cluster.ask(2, 3);
    assert!(cluster.leads(2));
    cluster.isolate(2);
    assert_few_are_accepted(&mut cluster, 2);
}

fn assert_few_are_accepted(cluster: &mut Cluster, leader: u64) {
    let before = cluster.node(leader).log().last().index;
    for _ in 0..10 {
        cluster.propose(leader, "a");
    }
    let accepted = cluster.node(leader).log().last().index.0 - before.0;
    assert!(accepted <= 3, "{accepted} commands are accepted, though none can be committed");
}

pub(crate) fn one_command_after_the_other(bugs: Bugs) {
    let mut cluster = three(bugs, |config| config.settings.max_uncommitted_bytes = 300);
    cluster.elect(1);
    for _ in 0..10 {
        let request = cluster.propose(1, "a");
        cluster.settle();
        let is_taken = matches!(cluster.outcome(1, request), Some(Outcome::Committed(_)));
        assert!(is_taken, "server 1 takes no more commands");
    }
}

/// Server 2 gets a part of the snapshot of server 1, and then all entries from server 3.
pub(crate) fn snapshot_of_a_deposed_leader(bugs: Bugs) {
    let mut cluster = three(bugs, |config| config.settings.snapshot_chunk_bytes = 1);
    cluster.isolate(2);
    cluster.elect(1);
    cluster.propose(1, "several bytes");
    cluster.settle();
    cluster.take_snapshot(1);
    cluster.rejoin(2);
    cluster.time_out(1);
    let pieces = cluster.delay(1, 2);
    let first = pieces.into_iter().find(|envelope| {
        matches!(&envelope.message.body, Body::InstallSnapshot(request) if !request.done)
    });
    cluster.arrive(vec![first.expect("the snapshot has several pieces")]);
    assert!(cluster.node(2).memory_usage().incoming_snapshot_bytes > 0);
    cluster.isolate(1);
    cluster.lose_all();
    cluster.elect(3);
    cluster.heartbeats(3, 3);
    assert_eq!(cluster.node(2).log().last(), cluster.node(3).log().last());
    let kept = cluster.node(2).memory_usage().incoming_snapshot_bytes;
    assert_eq!(kept, 0, "bytes of a snapshot are kept");
}

pub(crate) fn many_entries(bugs: Bugs) {
    let mut cluster = three(bugs, |config| config.settings.snapshot_threshold = 5);
    cluster.elect(1);
    for _ in 0..20 {
        cluster.propose(1, "a");
        cluster.settle();
        if cluster.server_mut(1).snapshots_needed.pop().is_some() {
            cluster.take_snapshot(1);
        }
    }
    let entries = cluster.node(1).memory_usage().log_entries;
    assert!(entries <= 5, "the log is not compacted: it has {entries} entries");
}

/// Server 3 is a learner. An entry is lost on the way to it.
pub(crate) fn learner_misses_a_message(bugs: Bugs) {
    let members = Membership::new(nodes(&[1, 2])).with_learners([NodeId(3)]);
    let mut cluster = three(bugs, |config| config.membership = members.clone());
    cluster.elect(1);
    cluster.settle();
    cluster.isolate(3);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.rejoin(3);
    cluster.heartbeats(1, 5);
    let (held, last) = (cluster.node(3).log().last(), cluster.node(1).log().last());
    assert!(held == last, "server 3 does not catch up: it holds {held}, the leader {last}");
}

/// Server 2 lacks nine entries of one byte each.
pub(crate) fn large_entries(bugs: Bugs) {
    let mut cluster = three(bugs, |config| config.settings.max_batch_bytes = 2);
    cluster.elect(1);
    cluster.isolate(2);
    for _ in 0..9 {
        cluster.propose(1, "a");
        cluster.settle();
    }
    cluster.rejoin(2);
    cluster.time_out(1);
    let mut most = 0;
    for _ in 0..20 {
        for envelope in &cluster.network {
            if let Body::AppendEntries(request) = &envelope.message.body {
                most = most.max(request.entries.len());
            }
        }
        cluster.ask(1, 2);
        cluster.ask(1, 3);
    }
    assert!(most <= 2, "{most} bytes in one message");
}
