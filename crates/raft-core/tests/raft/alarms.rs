//! Alarms: messages that no correct server sends, however late, lost or repeated messages are; and
//! states that are too large.
//!
//! `Cluster` asserts after each input that no alarm is raised, so each of its tests shows that
//! late, lost and repeated messages raise none.

use raft_core::{
    Alarm, AppendEntriesReply, Body, Bytes, HeartbeatRound, IgnoreReason, Input, Instant, LogIndex,
    NodeId,
};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

/// The reasons of the alarms since the last call.
fn alarms(server: &mut Server) -> Vec<(u64, IgnoreReason)> {
    let broken = |alarm: Alarm| match alarm {
        Alarm::BrokenServer(ignored) => (ignored.from.0, ignored.reason),
        Alarm::StateTooLarge { .. } | Alarm::LeaderStateTooLarge { .. } => panic!("{alarm}"),
    };
    std::mem::take(&mut server.alarms).into_iter().map(broken).collect()
}

/// Server 1, leader of three in term 1, in its first round. All disks hold its no-op and an entry.
fn leader() -> Server {
    let mut server = Server::of_three(disk(0, &[]));
    server.lead();
    server.propose(1, "a");
    for id in [2, 3] {
        server.receive(id, 1, success_in(1, 2));
    }
    assert_eq!((server.commit_index(), alarms(&mut server)), (2, vec![]));
    server
}

fn heartbeat(leader: &mut Server) {
    leader.handle(leader.node.deadline(), Input::Timeout);
}

fn failure_in(round: u64, prev_log_index: u64) -> Body {
    Body::AppendEntriesReply(AppendEntriesReply::Failure {
        prev_log_index: LogIndex(prev_log_index),
        hint: at(0, 0),
        round: HeartbeatRound(round),
    })
}

/// Raft §5.2: "at most one leader can be elected in a given term".
#[test]
fn a_second_leader_of_a_term_is_an_alarm() {
    let mut follower = Server::of_three(disk(1, &[1]));
    follower.receive(2, 1, append((1, 1), &[], 0));
    assert_eq!(alarms(&mut follower), []);
    follower.receive(3, 1, append((1, 1), &[], 0));
    let second = |leader| IgnoreReason::SecondLeader { leader: NodeId(leader) };
    assert_eq!(alarms(&mut follower), [(3, second(2))]);
    let mut leader = leader();
    leader.receive(3, 1, append((1, 1), &[], 0));
    assert_eq!(alarms(&mut leader), [(3, second(1))]);
}

/// A broken server may send for ever.
#[test]
fn an_alarm_of_a_kind_is_raised_once_in_a_term() {
    let mut server = Server::of_three(disk(1, &[1]));
    for term in [1, 2] {
        server.receive(2, term, append((1, 1), &[], 0));
        for _ in 0..3 {
            server.receive(3, term, append((1, 1), &[], 0));
        }
        assert_eq!(alarms(&mut server).len(), 1, "in term {term}");
        // Another kind is another alarm.
        server.receive(3, term, append((1, 1), &[0], 0));
        assert_eq!(alarms(&mut server), [(3, IgnoreReason::Malformed)]);
    }
}

#[test]
fn an_alarm_needs_no_trace() {
    let mut config = config(1, 3);
    config.trace = false;
    let mut server = Server::start(config, disk(1, &[1]), Instant(0));
    server.receive(2, 1, append((1, 1), &[], 0));
    server.receive(3, 1, append((1, 1), &[], 0));
    assert_eq!((alarms(&mut server).len(), server.traces.len()), (1, 0));
}

/// Raft §5.4.3: committed entries are in the logs of all later leaders.
#[test]
fn entries_that_contradict_committed_ones_are_an_alarm() {
    let mut server = Server::of_three(disk(1, &[1, 1]));
    server.receive(2, 1, append((2, 1), &[], 2));
    server.receive(3, 2, append((0, 0), &[2], 0));
    let (at, commit_index) = (LogIndex(1), LogIndex(2));
    let reason = IgnoreReason::ConflictsWithCommitted { at, commit_index };
    assert_eq!(alarms(&mut server), [(3, reason)]);
}

/// Its disk lost the entry: it counted for a commit and does not hold it.
#[test]
fn a_server_without_an_entry_that_it_acknowledged_is_an_alarm() {
    let mut server = leader();
    heartbeat(&mut server);
    server.receive(2, 1, failure_in(2, 2));
    let lost = IgnoreReason::AcknowledgedEntryLost { index: LogIndex(2) };
    assert_eq!(alarms(&mut server), [(2, lost)]);
}

/// The server acknowledged the entry before it got the request, and again after that.
#[test]
fn a_repeated_acknowledgement_does_not_excuse_a_lost_entry() {
    let mut server = leader();
    heartbeat(&mut server);
    server.receive(2, 1, success_in(2, 2));
    server.receive(2, 1, failure_in(2, 2));
    let lost = IgnoreReason::AcknowledgedEntryLost { index: LogIndex(2) };
    assert_eq!(alarms(&mut server), [(2, lost)]);
}

/// No server acknowledges the entry before the first.
#[test]
fn a_refusal_of_the_empty_log_is_no_lost_entry() {
    let mut server = leader();
    heartbeat(&mut server);
    server.receive(2, 1, failure_in(2, 0));
    assert_eq!(alarms(&mut server), []);
}

/// The server refused a request that overtook an earlier one, and then received that one.
#[test]
fn a_late_refusal_is_no_alarm() {
    let mut server = leader();
    server.receive(2, 1, failure_in(1, 2));
    assert_eq!(alarms(&mut server), []);
    // The round of the request is later than that of the acknowledged entries, and the
    // acknowledgement came later still.
    heartbeat(&mut server);
    server.propose(2, "b");
    server.receive(2, 1, success_in(2, 3));
    server.receive(2, 1, failure_in(2, 3));
    assert_eq!(alarms(&mut server), []);
    server.receive(2, 1, failure_in(0, 2));
    assert_eq!(alarms(&mut server), []);
}

/// What a server does not have cannot be asked about or acknowledged.
#[test]
fn answers_to_what_was_never_sent_are_alarms() {
    let mut server = leader();
    server.receive(2, 1, success_in(1, 3));
    let beyond = IgnoreReason::BeyondLog { index: LogIndex(3), last: LogIndex(2) };
    assert_eq!(alarms(&mut server), [(2, beyond)]);
    server.receive(3, 1, failure_in(9, 2));
    let (round, current) = (HeartbeatRound(9), HeartbeatRound(1));
    assert_eq!(alarms(&mut server), [(3, IgnoreReason::RoundUnknown { round, current })]);
}

/// A server that lost its disk, and was started again under its old id.
#[test]
#[should_panic(expected = "it lacks entry 2, which it acknowledged in this term")]
fn a_wiped_server_is_an_alarm() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.crash(3);
    cluster.server_mut(3).disk = disk(1, &[]);
    cluster.restart(3);
    cluster.heartbeats(1, 3);
}

/// No follower would accept its snapshot, so the log is no longer compacted. The driver hears of it
/// once, and again after a snapshot that was small enough.
#[test]
fn a_state_above_the_limit_is_one_alarm() {
    let mut config = config(1, 3);
    config.settings.max_snapshot_bytes = 3;
    let mut server = Server::start(config, disk(1, &[1; 9]), Instant(0));
    server.receive(2, 1, append((9, 1), &[], 9));
    let mut take = |through, data: &[u8]| {
        let (through, data) = (LogIndex(through), Bytes::from(data));
        server.handle(Instant(0), Input::SnapshotTaken { through, data: data.into() });
        std::mem::take(&mut server.alarms)
    };
    let alarm = |through| {
        let through = LogIndex(through);
        [Alarm::StateTooLarge { through, bytes: 4, limit: 3 }]
    };
    assert_eq!(take(1, b"1234"), alarm(1));
    assert_eq!(take(2, b"1234"), []);
    assert_eq!(take(3, b"123"), []);
    assert_eq!(take(4, b"1234"), alarm(4));
    assert_eq!(take(5, b"1234"), []);
    let text = "the log is no longer compacted: the snapshot through 4 has 4 bytes, and at most 3 \
                are accepted; raise max_snapshot_bytes on all servers, or turn snapshot_files on";
    assert_eq!(alarm(4)[0].to_string(), text);
}

/// The state machine is asked for a snapshot, gives a later one that is too large, and is asked
/// again.
#[test]
fn a_later_state_above_the_limit_is_an_answer() {
    let mut config = config(1, 3);
    config.settings.max_snapshot_bytes = 3;
    config.settings.snapshot_threshold = 4;
    let mut server = Server::start(config, disk(1, &[1; 9]), Instant(0));
    server.receive(2, 1, append((9, 1), &[], 4));
    assert_eq!(server.snapshots_needed, [LogIndex(4)]);
    server.receive(2, 1, append((9, 1), &[], 5));
    let data = Bytes::from(&b"1234"[..]).into();
    server.handle(Instant(0), Input::SnapshotTaken { through: LogIndex(5), data });
    server.receive(2, 1, append((9, 1), &[], 9));
    assert_eq!(server.snapshots_needed, [LogIndex(4), LogIndex(9)]);
}

/// The limit of a follower is less than its leader's.
#[test]
fn a_leaders_state_above_the_limit_is_one_alarm_in_a_term() {
    let mut config = full_config(2, 3);
    config.settings.max_snapshot_bytes = 4;
    let mut server = Server::start(config, disk(0, &[]), Instant(0));
    for term in [1, 2] {
        for _ in 0..3 {
            server.receive(1, term, install(&snapshot(3, 1, 3, "state"), 4, 5));
        }
        let alarm = Alarm::LeaderStateTooLarge { leader: NodeId(1), limit: 4 };
        assert_eq!(std::mem::take(&mut server.alarms), [alarm], "in term {term}");
    }
}
