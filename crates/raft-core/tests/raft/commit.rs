//! §5.3 and §5.4.2: when an entry is committed, and when it is applied.

use raft_core::{Body, CommitTrace, Instant, LogIndex, Payload, Recovered, Trace};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

/// "A log entry is committed once the leader that created the entry has replicated it on a majority
/// of the servers." In clusters of all sizes, no acknowledgement earlier and none later.
#[test]
fn an_entry_is_committed_once_a_majority_holds_it() {
    for size in 1..=9 {
        let mut server = Server::start(config(1, size), Recovered::default(), Instant(0));
        server.campaign();
        let majority = size / 2 + 1;
        for voter in 2..=majority {
            server.receive(voter, 1, vote(true));
        }
        for holder in 2..=majority {
            assert_eq!(server.commit_index(), 0, "{size} servers, {} hold it", holder - 1);
            server.receive(holder, 1, success(1));
        }
        assert_eq!(server.commit_index(), 1, "{size} servers");
    }
}

/// The highest index that a majority holds counts, wherever in the list it is.
#[test]
fn the_commit_index_is_what_a_majority_of_match_indexes_reach() {
    // What servers 2 to 5 acknowledge; the leader itself holds 9. What is then committed.
    for (acknowledged, committed) in [
        ([0, 0, 0, 9], 0),
        ([9, 9, 0, 0], 9),
        ([0, 9, 0, 9], 9),
        ([2, 5, 7, 3], 5),
        ([7, 5, 3, 2], 5),
        ([3, 2, 7, 5], 5),
        ([4, 4, 4, 4], 4),
        ([1, 1, 1, 9], 1),
    ] {
        let mut server = Server::start(config(1, 5), Recovered::default(), Instant(0));
        server.campaign();
        server.receive(2, 1, vote(true));
        server.receive(3, 1, vote(true));
        for request in 2..=9 {
            server.propose(request, "x");
        }
        for (peer, index) in (2..).zip(acknowledged) {
            server.receive(peer, 1, success(index));
        }
        assert_eq!(server.commit_index(), committed, "{acknowledged:?}");
    }
}

/// The leader is one of the majority only when its own disk holds the entry.
#[test]
fn the_leader_counts_its_own_disk_only_when_the_write_is_done() {
    let mut server = Server::of_three(Recovered::default());
    server.lead();
    server.receive(2, 1, success(1));
    assert_eq!(server.commit_index(), 1);
    server.disk_is_slow = true;
    server.propose(1, "a");
    server.receive(2, 1, success(2));
    assert_eq!(server.commit_index(), 1, "one disk of three");
    server.finish_write(Instant(0));
    assert_eq!(server.commit_index(), 2);
}

#[test]
fn a_single_server_commits_only_what_its_disk_holds() {
    let mut server = Server::start(config(1, 1), Recovered::default(), Instant(0));
    server.campaign();
    server.disk_is_slow = true;
    server.propose(1, "a");
    assert_eq!(server.commit_index(), 1);
    assert_eq!(server.outcome(1), None);
    server.finish_write(Instant(0));
    assert_eq!(server.commit_index(), 2);
    assert!(server.outcome(1).is_some());
}

/// A majority without the leader commits too (dissertation §10.2.1); the leader applies when its
/// own disk has caught up.
#[test]
fn a_majority_of_other_disks_commits_and_the_leader_applies_later() {
    let mut server = Server::of_three(Recovered::default());
    server.lead();
    server.receive(2, 1, success(1));
    server.disk_is_slow = true;
    server.propose(1, "a");
    server.receive(2, 1, success(2));
    server.receive(3, 1, success(2));
    assert_eq!(server.commit_index(), 2);
    assert_eq!(server.node.last_applied(), LogIndex(1));
    assert_eq!(server.outcome(1), None);
    server.finish_write(Instant(0));
    assert_eq!(server.node.last_applied(), LogIndex(2));
    assert!(server.outcome(1).is_some());
}

/// "This also commits all preceding entries in the leader's log, including entries created by
/// previous leaders."
#[test]
fn a_commit_includes_all_preceding_entries() {
    let mut server = Server::of_three(disk(3, &[1, 1, 2, 3]));
    server.lead();
    assert_eq!(server.commit_index(), 0);
    server.receive(2, 4, success(5));
    assert_eq!(server.commit_index(), 5);
    assert_eq!(server.applied[..4], entries(&[1, 1, 2, 3]));
}

/// "Raft never commits log entries from previous terms by counting replicas. Only log entries from
/// the leader's current term are committed by counting replicas."
#[test]
fn only_entries_of_the_current_term_are_committed_by_counting() {
    for (acknowledged, committed) in [(1, 0), (2, 0), (3, 0), (4, 4)] {
        let mut server = Server::of_three(disk(2, &[1, 2, 2]));
        server.lead();
        server.receive(2, 3, success(acknowledged));
        server.receive(3, 3, success(acknowledged));
        assert_eq!(server.commit_index(), committed, "{acknowledged} acknowledged");
        let withheld = server
            .traces
            .iter()
            .any(|trace| matches!(trace, Trace::Commit(CommitTrace::OldTermNotCounted { .. })));
        assert_eq!(withheld, committed == 0);
    }
}

/// "The leader keeps track of the highest index it knows to be committed, and it includes that
/// index in future AppendEntries RPCs (including heartbeats) so that the other servers eventually
/// find out."
#[test]
fn followers_find_out_from_heartbeats_what_is_committed() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    assert_eq!(cluster.server(1).state, "a");
    cluster.heartbeats(1, 1);
    cluster.assert_converged();
}

/// §8: a leader "must have the latest information on which entries are committed", so it "commits a
/// blank no-op entry into the log at the start of its term".
#[test]
fn a_leader_commits_a_no_op_at_the_start_of_its_term() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    let last = cluster.node(1).log().iter_from(LogIndex(1)).last().cloned();
    let last = last.expect("the leader's log is not empty");
    assert_eq!((last.position(), last.payload), (at(1, 1), Payload::Noop));
    assert_eq!(cluster.node(1).commit_index(), LogIndex(1));
}

/// With it, entries of earlier terms are committed without waiting for a client.
#[test]
fn a_new_leader_commits_its_predecessors_entries_without_a_client() {
    let mut cluster = Cluster::with_logs(2, &[&[1, 2, 2], &[1, 2, 2], &[1]]);
    cluster.elect(1);
    cluster.heartbeats(1, 2);
    cluster.assert_converged();
    assert_eq!(cluster.node(3).commit_index(), LogIndex(4));
    assert_eq!(cluster.server(3).state, "1@1,2@2,3@2");
}

/// A minority commits nothing, however long it tries.
#[test]
fn a_minority_commits_nothing() {
    let mut cluster = Cluster::new(5);
    cluster.elect(1);
    cluster.heartbeats(1, 1);
    for id in [3, 4, 5] {
        cluster.isolate(id);
    }
    let before = cluster.node(1).commit_index();
    let request = cluster.propose(1, "a");
    cluster.settle();
    cluster.heartbeats(1, 10);
    assert_eq!(cluster.node(1).commit_index(), before);
    assert_eq!(cluster.outcome(1, request), None);
}

/// The State Machine Safety Property (§5.4.3), with the servers' own eyes: all apply the same, each
/// entry once, also after restarts of all.
#[test]
fn every_server_applies_the_same_entries_in_the_same_order() {
    let mut cluster = Cluster::new(5);
    for round in 0..10 {
        let leader = round % 5 + 1;
        cluster.elect(leader);
        for command in 0..3 {
            cluster.propose(leader, &format!("{round}.{command}"));
        }
        cluster.settle();
        let crashed = (round + 2) % 5 + 1;
        cluster.crash(crashed);
        cluster.heartbeats(leader, 1);
        cluster.restart(crashed);
        cluster.heartbeats(leader, 2);
        cluster.assert_converged();
    }
    assert_eq!(cluster.server(1).state.split(',').count(), 30);
}

/// A leader tells the commit index when it is asked to: to servers that were sent everything, and
/// that do not know it by other messages.
#[test]
fn the_commit_index_is_told_without_entries() {
    let mut server = Server::start(config(1, 5), Recovered::default(), Instant(0));
    server.tell_commit_index(&[]);
    assert!(server.take_sent().is_empty(), "a follower tells nothing");
    server.campaign();
    for voter in 2..=3 {
        server.receive(voter, 1, vote(true));
    }
    server.receive(2, 1, success(1));
    server.receive(3, 1, success(1));
    server.receive(4, 1, success(1));
    server.propose(1, "a");
    server.receive(2, 1, success(2));
    server.receive(3, 1, success(2));
    assert_eq!(server.commit_index(), 2);
    server.take_sent();
    server.tell_commit_index(&[3]);
    let told: Vec<_> = server
        .take_sent()
        .into_iter()
        .map(|(to, message)| {
            let Body::AppendEntries(append) = message.body else { panic!("{message:?}") };
            (to, append.prev_log_index.0, append.entries.len(), append.leader_commit.0)
        })
        .collect();
    // Server 5 has answered nothing: the leader does not know yet where their logs agree.
    assert_eq!(told, [(2, 2, 0, 2), (4, 2, 0, 2)]);
}
