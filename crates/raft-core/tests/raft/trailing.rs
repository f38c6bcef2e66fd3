//! §7: entries that a log keeps although its snapshot includes them. A server that lacks only those
//! gets entries instead of the whole state.

use std::time::Duration;

use raft_core::{
    AppendEntriesReply, Body, Bytes, Entry, HeartbeatRound, Input, Instant, Log, LogIndex, Message,
    Node, NodeId, Payload, ProgressKind, Recovered, RestartError, RoleKind, SnapshotTrace, Term,
    Trace,
};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;
use crate::streaming::{heartbeat, numbered, streaming};

const SECOND: Duration = Duration::from_secs(1);

/// A follower that keeps at most so many entries, whose log has ten of term 1, all applied. A state
/// counts as 1 byte at least.
fn follower(trailing_entries: u64) -> Server {
    follower_with(trailing_entries, 1)
}

/// The same, with pieces of so many bytes.
fn follower_with(trailing_entries: u64, snapshot_chunk_bytes: usize) -> Server {
    let mut config = config(1, 3);
    config.settings.trailing_entries = trailing_entries;
    config.settings.snapshot_chunk_bytes = snapshot_chunk_bytes;
    let mut server = Server::start(config, disk(1, &[1; 10]), Instant(0));
    server.receive(2, 1, append((10, 1), &[], 10));
    server.sent.clear();
    server
}

/// The server takes a snapshot of so many bytes. The entries in its log, and those on its disk.
fn compact(server: &mut Server, through: u64, state_bytes: usize) -> [Vec<u64>; 2] {
    let data = Bytes::from(vec![b's'; state_bytes]);
    server
        .handle(Instant(0), Input::SnapshotTaken { through: LogIndex(through), data: data.into() });
    let indexes = |entries: &mut dyn Iterator<Item = &Entry>| entries.map(|e| e.index.0).collect();
    let in_memory = indexes(&mut server.node.log().iter_from(LogIndex(0)));
    [in_memory, indexes(&mut server.disk.entries.iter())]
}

#[test]
fn a_log_keeps_as_many_entries_as_the_setting_says() {
    for (trailing, first) in [(0, 9), (1, 8), (3, 6), (7, 2), (8, 1), (5_000, 1)] {
        let mut server = follower(trailing);
        let kept: Vec<u64> = (first..=10).collect();
        assert_eq!(compact(&mut server, 8, 100_000), [kept.clone(), kept], "{trailing} at most");
        let snapshot = server.node.snapshot().expect("it has one");
        assert_eq!((snapshot.position(), server.node.log().last()), (at(8, 1), at(10, 1)));
        let (dropped, kept) = (first - 1, 9 - first);
        let position = at(8, 1);
        assert!(server.traces.contains(&Trace::Snapshot(SnapshotTrace::Compacted {
            through: position,
            entries: dropped,
            kept,
        })));
    }
}

/// A log of 6,000 entries, and a state that is larger than all of them.
#[test]
fn a_log_keeps_5_000_entries_by_default() {
    let mut server = Server::start(full_config(1, 3), disk(1, &[1; 6_000]), Instant(0));
    server.receive(2, 1, append((6_000, 1), &[], 6_000));
    let kept: Vec<u64> = (991..=6_000).collect();
    assert_eq!(compact(&mut server, 5_990, 1_000_000), [kept.clone(), kept]);
}

/// Each of these entries counts as 67 bytes.
#[test]
fn the_entries_that_are_kept_have_no_more_bytes_than_the_state() {
    for (state_bytes, first) in [(0, 9), (66, 9), (67, 8), (133, 8), (134, 7), (67 * 8, 1)] {
        let kept: Vec<u64> = (first..=10).collect();
        let mut server = follower(100);
        assert_eq!(compact(&mut server, 8, state_bytes), [kept.clone(), kept], "{state_bytes}");
    }
}

/// A snapshot that fits in one message is sent as one message: fewer bytes save nothing.
#[test]
fn a_small_state_counts_as_one_piece() {
    let mut server = follower_with(100, 134);
    assert_eq!(compact(&mut server, 8, 1)[0], [7, 8, 9, 10]);
}

/// The next snapshot drops what the one before kept.
#[test]
fn what_is_kept_moves_with_the_snapshot() {
    let mut server = follower(2);
    assert_eq!(compact(&mut server, 5, 1_000)[0], (4..=10).collect::<Vec<u64>>());
    assert_eq!(compact(&mut server, 9, 1_000), [vec![8, 9, 10], vec![8, 9, 10]]);
    assert_eq!(compact(&mut server, 10, 1_000), [vec![9, 10], vec![9, 10]]);
}

/// A disk with a snapshot through 8 and entries from 6 on gives both back, and nothing that the
/// snapshot includes is applied again.
#[test]
fn a_restart_recovers_the_snapshot_and_the_entries_before_its_end() {
    let mut server = follower_with(3, 10_000);
    server.take_snapshot(Instant(0));
    assert_eq!(server.log_terms().len(), 3);
    server.receive(2, 1, append((10, 1), &[1, 1], 10));
    let state = server.state.clone();
    server.crash();
    server.restart(Instant(0));
    let log = server.node.log();
    assert_eq!((log.base(), log.last()), (at(7, 1), at(12, 1)));
    assert_eq!((server.restored.len(), server.state.clone()), (1, state));
    assert_eq!((server.commit_index(), server.node.last_applied()), (10, LogIndex(10)));
    assert!(server.applied.is_empty());
    server.receive(2, 1, append((12, 1), &[], 12));
    assert_eq!(server.applied, entries_after(10, &[1, 1]));
}

/// The membership at the end of the snapshot is the snapshot's, whatever entries before it say.
#[test]
fn memberships_before_the_end_of_the_snapshot_are_not_in_force() {
    let payload = Payload::Membership(membership(2));
    let older = Entry { index: LogIndex(3), term: Term(1), payload };
    let mut stored = Recovered {
        snapshot: Some(snapshot(4, 1, 3, "state")),
        log_start: Some(at(2, 1)),
        ..disk(1, &[])
    };
    stored.entries = vec![older, entry(4, 1), entry(5, 1)];
    let server = Server::of_three(stored);
    assert_eq!(server.node.membership(), &membership(3));
    assert_eq!(server.node.membership_index(), LogIndex(4));
}

#[test]
fn a_log_that_does_not_hold_the_end_of_its_snapshot_is_refused() {
    let start = |log_start, entries: Vec<Entry>| {
        let stored = Recovered {
            snapshot: Some(snapshot(5, 2, 3, "state")),
            log_start,
            entries,
            ..disk(2, &[])
        };
        Node::new(config(1, 3), stored, Instant(0)).map(|node| node.log().base())
    };
    assert_eq!(start(Some(at(3, 1)), entries_after(3, &[2, 2])), Ok(at(3, 1)));
    let refused = |log_start, last_log| {
        let snapshot = at(5, 2);
        Err(RestartError::SnapshotContradicted { snapshot, log_start, last_log })
    };
    let cases = [
        (at(3, 1), entries_after(3, &[2]), at(4, 2)),
        (at(3, 1), entries_after(3, &[1, 1]), at(5, 1)),
        (at(5, 1), vec![], at(5, 1)),
        (at(6, 2), vec![], at(6, 2)),
    ];
    for (log_start, entries, last) in cases {
        assert_eq!(start(Some(log_start), entries), refused(log_start, last));
    }
    assert_eq!(
        start(Some(at(3, 1)), vec![]).unwrap_err().to_string(),
        "the stored log, from 3@1 to 3@1, does not hold the end of the stored snapshot, 5@2: one \
         of the two is damaged"
    );
}

/// Figure 13, rules 6 and 7: a log that agrees with the leader's snapshot keeps entries, as after a
/// snapshot of its own; one that does not keeps none.
#[test]
fn a_snapshot_from_the_leader_keeps_only_entries_that_agree() {
    let installed_at = |index, term| {
        let mut config = config(1, 3);
        config.settings.trailing_entries = 2;
        let mut server = Server::start(config, disk(3, &[1, 1, 2, 2, 2, 2]), Instant(0));
        server.receive(2, 3, install(&snapshot(index, term, 3, "state"), 0, 5));
        assert_eq!(server.take_reply(), installed(index));
        assert_eq!(server.disk.entries.len(), server.log_terms().len());
        (server.node.log().base(), server.log_terms())
    };
    assert_eq!(installed_at(4, 2), (at(2, 1), vec![2, 2, 2, 2]));
    assert_eq!(installed_at(4, 3), (at(4, 3), vec![]));
    assert_eq!(installed_at(9, 3), (at(9, 3), vec![]));
}

/// Three servers that keep two entries; server 3 hears nothing while entries `lacks` are committed
/// and its leader takes a snapshot. Then it is back.
fn returns_lacking(lacks: u64) -> Cluster {
    let mut cluster = Cluster::with(3, |config| config.settings.trailing_entries = 2);
    cluster.elect(1);
    cluster.isolate(3);
    for _ in 0..lacks {
        cluster.propose(1, "x");
    }
    cluster.settle();
    cluster.take_snapshot(1);
    let last = cluster.node(1).log().last();
    assert_eq!(cluster.node(1).log().base().index.0, last.index.0 - 2);
    cluster.heal();
    cluster.live(SECOND);
    assert_eq!(cluster.node(3).last_applied(), last.index);
    cluster
}

#[test]
fn a_server_that_lacks_only_entries_that_are_kept_gets_no_snapshot() {
    for (lacks, snapshots) in [(1, 0), (2, 0), (3, 1), (9, 1)] {
        let cluster = returns_lacking(lacks);
        assert_eq!(cluster.server(3).restored.len(), snapshots, "it lacks {lacks} entries");
    }
}

/// The leader that a server follows after a restart keeps them too.
#[test]
fn a_new_leader_sends_the_entries_that_it_kept_over_a_restart() {
    let mut server = follower_with(4, 10_000);
    server.take_snapshot(Instant(0));
    server.crash();
    server.restart(Instant(0));
    server.campaign();
    server.receive(2, 2, vote(true));
    assert_eq!(server.node.role(), RoleKind::Leader);
    server.sent.clear();
    // The no-op is entry 11, and server 3 ends with entry 6.
    server.receive(3, 2, failure(10, (6, 1)));
    let is_whole = |message: &Message| {
        let Body::AppendEntries(request) = &message.body else { return false };
        request.prev_log() == at(6, 1) && request.entries.len() == 5
    };
    assert!(server.sent.iter().any(|(to, message)| *to == NodeId(3) && is_whole(message)));
    // Server 2 ends with entry 5, before the first that is kept.
    server.sent.clear();
    server.receive(2, 2, failure(10, (5, 1)));
    let is_snapshot = |message: &Message| matches!(message.body, Body::InstallSnapshot(_));
    assert!(server.sent.iter().any(|(to, message)| *to == NodeId(2) && is_snapshot(message)));
    let log: &Log = server.node.log();
    assert_eq!(log.base(), at(6, 1));
}

/// All pieces were taken for lost, and some were only late. The follower has all of them now, and
/// its disk stores the snapshot for longer than the leader waits for an answer to a piece: the
/// entries after it are kept.
#[test]
fn a_snapshot_whose_pieces_were_late_may_be_stored_slowly() {
    let mut server = streaming();
    heartbeat(&mut server);
    heartbeat(&mut server);
    assert_eq!(numbered(&mut server), [(6, 5)], "a question");
    server.receive(3, 1, resume_in(3, 2, 0, Some(6)));
    assert_eq!(numbered(&mut server), [(7, 0)], "no piece had arrived");
    for (next_offset, number) in [(0, 3), (1, 1), (3, 2), (4, 4)] {
        server.receive(3, 1, resume_in(1, 2, next_offset, Some(number)));
    }
    assert_eq!(numbered(&mut server).last().map(|(_, offset)| *offset), Some(4));
    for round in 0..40 {
        heartbeat(&mut server);
        let (now, round) = (server.node.status().timer_started, HeartbeatRound(4 + round));
        let following = AppendEntriesReply::Following { round };
        server.receive_at(now, 3, 1, Body::AppendEntriesReply(following));
    }
    server.propose(2, "beta");
    server.receive(2, 1, success(3));
    server.take_snapshot(server.node.deadline());
    assert_eq!(server.node.snapshot().map(|snapshot| snapshot.position()), Some(at(3, 1)));
    assert_eq!(server.node.log().base(), at(2, 1), "the follower needs entry 3 next");
}

/// The server that gets an earlier snapshot lacks only entries that the log keeps anyway.
#[test]
fn a_transfer_does_not_make_the_log_shorter() {
    let mut config = config(1, 3);
    config.settings.trailing_entries = 3;
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.lead();
    for (entries, start) in [(2..=5, 2), (6..=7, 4)] {
        for index in entries {
            server.propose(index, "x");
            server.receive(2, 1, success(index));
        }
        server.take_snapshot(Instant(0));
        assert_eq!(server.node.log().base(), at(start, 1));
        server.receive(3, 1, failure(0, (0, 0)));
        heartbeat(&mut server);
        let state = server.node.status().peers[1].state;
        assert!(matches!(state, ProgressKind::Snapshot { .. }), "{state:?}");
    }
}
