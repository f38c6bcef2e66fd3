//! A leader whose disk hangs (dissertation §3.10).

use std::time::Duration;

use raft_core::{
    Bytes, Input, LogIndex, MembershipChange, NodeId, Outcome, ReadMode, Refusal, RequestId,
    RoleKind, Trace, TransferTrace,
};

use crate::builders::*;
use crate::cluster::Cluster;

/// Four of the longest election timeouts of the default settings.
const PATIENCE: Duration = Duration::from_millis(1200);
const HEARTBEAT: Duration = Duration::from_millis(50);

/// Server 1 leads in term 1, all is on all disks, and then its disk hangs.
fn hanging(size: u64) -> Cluster {
    let mut cluster = Cluster::full(size);
    cluster.elect(1);
    cluster.live(HEARTBEAT);
    cluster.server_mut(1).disk_is_slow = true;
    cluster
}

/// The targets to which server 1 handed over by itself.
fn handed_to(cluster: &Cluster) -> Vec<u64> {
    let traces = cluster.server(1).traces.iter();
    let target = |trace: &Trace| {
        let Trace::Transfer(TransferTrace::DiskHangs { to, waited }) = trace else { return None };
        assert!(*waited >= PATIENCE, "{waited:?}");
        Some(to.0)
    };
    traces.filter_map(target).collect()
}

#[test]
fn it_hands_over_to_a_voter_with_the_whole_log() {
    let mut cluster = hanging(5);
    cluster.cut(1, 2);
    cluster.propose(1, "a");
    cluster.live(PATIENCE);
    assert_eq!((cluster.leader(), handed_to(&cluster).len()), (Some(1), 0), "it waits first");
    cluster.live(3 * HEARTBEAT);
    let to = handed_to(&cluster);
    assert!(to.len() == 1 && to[0] > 2, "{to:?}: the log of server 2 lacks an entry");
    assert_eq!(cluster.leader(), Some(to[0]));
    cluster.heal();
    cluster.propose(to[0], "b");
    cluster.live(Duration::from_secs(1));
    cluster.server_mut(1).disk_is_slow = false;
    let now = cluster.clock(1);
    cluster.server_mut(1).finish_writes(now);
    cluster.live(Duration::from_secs(1));
    cluster.assert_converged();
}

/// Each client is told at once, once: the result of a proposal is unknown, and a read asks another
/// server.
#[test]
fn those_who_wait_are_answered() {
    let mut cluster = hanging(3);
    let proposal = cluster.propose(1, "a");
    cluster.settle();
    assert_eq!(cluster.node(1).commit_index(), LogIndex(2), "the others committed it");
    let read = cluster.read(1, ReadMode::Quorum);
    cluster.settle();
    assert_eq!((cluster.outcome(1, proposal), cluster.outcome(1, read)), (None, None));
    cluster.live(PATIENCE + 3 * HEARTBEAT);
    let unknown = Outcome::Unknown { position: Some(at(2, 1)) };
    assert_eq!(cluster.outcome(1, proposal), Some(unknown));
    let answer = cluster.outcome(1, read);
    assert!(matches!(answer, Some(Outcome::NotLeader { leader: Some(_) })), "{answer:?}");
    cluster.server_mut(1).disk_is_slow = false;
    let now = cluster.clock(1);
    cluster.server_mut(1).finish_writes(now);
    cluster.live(Duration::from_secs(1));
    cluster.assert_converged();
    assert_eq!(cluster.server(1).replies.len(), 2, "no second answer comes");
}

/// A disk that is slow is no reason, as long as writes finish.
#[test]
fn a_slow_disk_is_no_reason() {
    let mut cluster = hanging(3);
    for _ in 0..20 {
        cluster.propose(1, "a");
        cluster.propose(1, "b");
        cluster.live(PATIENCE / 2);
        cluster.finish_together(1, 1);
        cluster.settle();
    }
    assert_eq!((cluster.leader(), handed_to(&cluster)), (Some(1), vec![]));
}

/// Nothing is written, so nothing is late.
#[test]
fn an_idle_disk_is_no_reason() {
    let mut cluster = hanging(3);
    cluster.live(10 * PATIENCE);
    assert_eq!(cluster.leader(), Some(1));
    cluster.propose(1, "a");
    cluster.live(PATIENCE);
    assert_eq!((cluster.leader(), handed_to(&cluster)), (Some(1), vec![]));
}

/// The others are no quorum that could go on without it.
#[test]
fn without_a_healthy_majority_nothing_changes() {
    let mut cluster = hanging(5);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.crash(4);
    cluster.crash(5);
    cluster.live(10 * PATIENCE);
    assert_eq!((cluster.leader(), handed_to(&cluster)), (Some(1), vec![]));
    let mut cluster = hanging(5);
    cluster.propose(1, "a");
    for id in [2, 3, 4] {
        cluster.server_mut(id).disk_is_slow = true;
    }
    cluster.live(10 * PATIENCE);
    assert_eq!((cluster.leader(), handed_to(&cluster)), (Some(1), vec![]), "all disks hang");
}

/// A learner cannot lead, and its disk counts for no quorum.
#[test]
fn learners_are_no_majority() {
    let mut cluster = Cluster::joining(2, 2, |_| {});
    cluster.elect(1);
    for id in [3, 4] {
        cluster.change(1, MembershipChange::AddLearner(NodeId(id)));
        cluster.live(Duration::from_secs(1));
    }
    cluster.server_mut(1).disk_is_slow = true;
    cluster.server_mut(2).disk_is_slow = true;
    cluster.propose(1, "a");
    cluster.live(10 * PATIENCE);
    assert_eq!((cluster.node(1).role(), handed_to(&cluster)), (RoleKind::Leader, vec![]));
}

/// It goes on, and tries again after as long a time.
#[test]
fn a_transfer_that_fails_is_tried_again() {
    let mut cluster = hanging(3);
    cluster.propose(1, "a");
    cluster.settle();
    let is_order = |body: &raft_core::Body| matches!(body, raft_core::Body::TimeoutNow);
    let end = cluster.now + 2 * PATIENCE + 4 * HEARTBEAT;
    while cluster.now < end {
        cluster.pass(Duration::from_millis(10));
        cluster.take(|envelope| is_order(&envelope.message.body));
        cluster.settle();
    }
    let handed = cluster.server(1).traces.iter();
    let handed =
        handed.filter(|trace| matches!(trace, Trace::Transfer(TransferTrace::DiskHangs { .. })));
    assert_eq!((cluster.leader(), handed.count()), (Some(1), 2));
}

/// A snapshot of 64 MiB may take four seconds more.
#[test]
fn a_snapshot_that_is_being_written_is_no_reason() {
    let mut cluster = hanging(3);
    let (through, data) = (cluster.node(1).last_applied(), Bytes::from(vec![0; 64 << 20]).into());
    cluster.handle(1, Input::SnapshotTaken { through, data });
    cluster.propose(1, "a");
    cluster.live(PATIENCE + Duration::from_secs(4));
    assert_eq!((cluster.leader(), handed_to(&cluster)), (Some(1), vec![]));
    cluster.live(3 * HEARTBEAT);
    assert_ne!(cluster.leader(), Some(1), "this disk hangs");
}

/// It is on disk: the next write has no more time because of it.
#[test]
fn a_snapshot_that_was_written_is_no_excuse() {
    let mut cluster = hanging(3);
    cluster.server_mut(1).disk_is_slow = false;
    let (through, data) = (cluster.node(1).last_applied(), Bytes::from(vec![0; 16 << 20]).into());
    cluster.handle(1, Input::SnapshotTaken { through, data });
    cluster.server_mut(1).disk_is_slow = true;
    cluster.propose(1, "a");
    cluster.live(PATIENCE + 3 * HEARTBEAT);
    assert_ne!(cluster.leader(), Some(1), "this disk hangs");
}

/// The disk of server 3, a follower, hangs. A read waits there for an entry that the others
/// committed.
fn reading_at_a_hung_disk() -> (Cluster, u64) {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.live(HEARTBEAT);
    cluster.server_mut(3).disk_is_slow = true;
    cluster.propose(1, "a");
    cluster.live(HEARTBEAT);
    let read = cluster.read(3, ReadMode::Quorum);
    (cluster, read)
}

/// A follower whose disk hangs applies nothing. Its reads would wait for ever, and be in the way of
/// others.
#[test]
fn reads_at_a_follower_whose_disk_hangs_are_refused_in_the_end() {
    let (mut cluster, read) = reading_at_a_hung_disk();
    cluster.live(2 * PATIENCE);
    assert_eq!(cluster.outcome(3, read), None, "its disk may only be slow");
    let late = cluster.read(3, ReadMode::Quorum);
    cluster.live(2 * HEARTBEAT);
    let refusal = Refusal::NotApplied { index: cluster.node(1).commit_index() };
    assert_eq!(cluster.outcome(3, read), Some(Outcome::Refused(refusal)));
    assert_eq!((cluster.outcome(3, late), cluster.node(3).memory_usage().reads), (None, 1));
    let now = cluster.clock(3);
    cluster.server_mut(3).disk_is_slow = false;
    cluster.server_mut(3).finish_writes(now);
    cluster.live(HEARTBEAT);
    assert!(matches!(cluster.outcome(3, late), Some(Outcome::Readable { .. })));
}

/// Without a leader nobody writes to it either.
#[test]
fn reads_at_a_follower_that_is_cut_off_are_refused_in_the_end() {
    let (mut cluster, read) = reading_at_a_hung_disk();
    cluster.live(HEARTBEAT);
    assert_eq!(cluster.node(3).memory_usage().reads, 1);
    cluster.isolate(3);
    cluster.live(3 * PATIENCE);
    let outcome = cluster.outcome(3, read);
    assert!(matches!(outcome, Some(Outcome::Refused(Refusal::NotApplied { .. }))), "{outcome:?}");
}

/// Entries of 4 MiB may take a quarter of a second more.
#[test]
fn many_bytes_of_entries_are_no_reason() {
    let mut cluster = hanging(3);
    for _ in 0..4 {
        let command = Bytes::from(vec![0; 1 << 20]);
        cluster.handle(1, Input::Propose { request: RequestId(900), command });
    }
    cluster.live(PATIENCE + Duration::from_millis(250));
    assert_eq!((cluster.leader(), handed_to(&cluster)), (Some(1), vec![]));
    cluster.live(3 * HEARTBEAT);
    assert_ne!(cluster.leader(), Some(1), "this disk hangs");
}
