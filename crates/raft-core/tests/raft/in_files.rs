//! §7: snapshots in files of the driver. No vote and no acknowledgement waits for a file, no record
//! names one that a crash can take, and a file lives as long as anything needs it.

use std::time::Duration;

use raft_core::{
    Alarm, Body, FileReport, FileTask, IncomingId, Input, Instant, LogIndex, Membership, NodeId,
    RoleKind, Snapshot, SnapshotFile, SnapshotTrace, Trace,
};

use crate::builders::*;
use crate::cluster::{Cluster, Envelope};
use crate::server::Server;
use crate::streaming;

/// A follower, server 1 of 3, whose driver keeps snapshots in files and does nothing with them
/// until the test says so.
fn follower() -> Server {
    let mut config = config(1, 3);
    config.snapshot_files = true;
    let mut server = Server::start(config, disk(1, &[1]), Instant(0));
    server.files.are_slow = true;
    server
}

fn five() -> Snapshot {
    snapshot(5, 1, 3, "alphabet")
}

/// The tasks that the driver has not done.
fn tasks(server: &Server) -> Vec<FileTask> {
    server.files.tasks.iter().cloned().collect()
}

fn store_piece(piece: u64, offset: u64, data: &str) -> FileTask {
    let data = raft_core::Bytes::from(data.as_bytes());
    FileTask::StorePiece { incoming: IncomingId(1), piece, offset, data }
}

/// The pieces go to the driver as they come, also those after a gap, and each byte that the driver
/// has is not handed over again. Nothing of them stays in the node.
#[test]
fn pieces_are_handed_over_as_they_come() {
    let mut server = follower();
    for (offset, end) in [(0, 2), (4, 6), (4, 6), (0, 2), (1, 4), (6, 6)] {
        server.receive(2, 1, install(&five(), offset, end));
        assert_eq!(server.node.memory_usage().incoming_snapshot_bytes, 0);
    }
    let expected = [store_piece(1, 0, "al"), store_piece(2, 4, "ab"), store_piece(3, 2, "ph")];
    assert_eq!(tasks(&server), expected);
    server.receive(2, 1, install(&five(), 6, 8));
    let bytes = 8;
    let flush = FileTask::StoreSnapshot { incoming: IncomingId(1), bytes };
    assert_eq!(tasks(&server)[3..], [store_piece(4, 6, "et"), flush]);
    // The same bytes once more ask for nothing.
    server.receive(2, 1, install(&five(), 6, 8));
    assert_eq!(server.files.tasks.len(), 5);
    server.finish_tasks(Instant(0));
    assert_eq!(server.state, "alphabet");
    assert_eq!(server.files.stored.len(), 1);
}

/// The answer to a piece waits for the driver, with all before it: to the leader, a slow disk is
/// like a slow link, and its window bounds the bytes that the driver holds.
#[test]
fn the_answer_to_a_piece_waits_for_the_driver() {
    let mut server = follower();
    server.receive(2, 1, install(&five(), 0, 2));
    server.receive(2, 1, install(&five(), 2, 4));
    // A piece that is known waits for those before it too.
    server.receive(2, 1, install(&five(), 0, 2));
    assert!(server.take_sent().is_empty());
    server.finish_task(Instant(0));
    assert_eq!(server.take_reply(), resume(5, 2));
    server.finish_task(Instant(0));
    let answers: Vec<Body> = server.take_sent().into_iter().map(|(_, m)| m.body).collect();
    assert_eq!(answers, [resume(5, 4), resume(5, 4)]);
    // Nothing is under way: the answer leaves at once.
    server.receive(2, 1, install(&five(), 2, 4));
    assert_eq!(server.take_reply(), resume(5, 4));
}

/// Most answers wait in vain if the driver hangs: their number has a limit.
#[test]
fn few_answers_wait_for_a_driver_that_hangs() {
    let mut config = config(1, 3);
    config.snapshot_files = true;
    config.settings.max_pending_requests = 3;
    let mut server = Server::start(config, disk(1, &[1]), Instant(0));
    server.files.are_slow = true;
    for _ in 0..10 {
        server.receive(2, 1, install(&five(), 0, 2));
    }
    server.finish_tasks(Instant(0));
    assert_eq!(server.take_sent().len(), 3);
}

/// The record is written, the log dropped and the leader told only when the file is on stable
/// storage; and the leader is told when the record is, too.
#[test]
fn the_record_waits_for_the_file_and_the_answer_for_both() {
    let mut server = follower();
    server.disk_is_slow = true;
    server.receive(2, 1, install(&five(), 0, 8));
    server.finish_task(Instant(0));
    server.take_sent();
    assert!(server.writes.is_empty() && server.node.snapshot().is_none());
    assert_eq!(server.node.log().last(), at(1, 1));
    server.finish_task(Instant(0));
    assert_eq!(server.node.log().base(), at(5, 1));
    let write = server.writes[0].snapshot.as_ref().expect("the record");
    let file = write.snapshot.data.file().expect("the record names a file");
    assert_eq!((file.bytes, server.files.stored.len()), (8, 1));
    assert!(server.take_sent().is_empty() && server.restored.is_empty());
    server.finish_writes(Instant(0));
    assert_eq!(server.take_reply(), installed(5));
    assert_eq!(server.state, "alphabet");
}

/// A file that never becomes durable holds up nothing else: this server votes, acknowledges
/// entries, and applies them.
#[test]
fn nothing_waits_for_a_file_that_is_never_stored() {
    let mut server = follower();
    server.receive(2, 1, install(&five(), 0, 8));
    server.take_sent();
    server.receive(2, 1, append((1, 1), &[1, 1], 3));
    assert_eq!(server.take_reply(), success(3));
    assert_eq!(server.shows, LogIndex(3));
    server.receive(3, 2, request_vote(7, 2));
    assert_eq!(server.take_reply(), vote(true));
    assert_eq!(server.disk.hard_state.voted_for, Some(NodeId(3)));
}

/// The snapshot of this server's own state machine is in its file before the node hears of it. Its
/// record is small, whatever the size of the state.
#[test]
fn an_own_snapshot_in_a_file_costs_a_small_write() {
    let mut server = follower();
    server.receive(2, 1, append((1, 1), &[], 1));
    server.disk_is_slow = true;
    let file = SnapshotFile { handle: 9, bytes: 1 << 29, checksum: 5 };
    server.handle(Instant(0), Input::SnapshotTaken { through: LogIndex(1), data: file.into() });
    assert_eq!(server.writes[0].snapshot.as_ref().unwrap().snapshot.data, file.into());
    assert_eq!(server.node.log().base(), at(1, 1));
}

/// The log is in memory, and a file may be larger than the memory: a state in a file lets the log
/// have no more bytes than the setting says, neither after the snapshot nor before its end.
#[test]
fn a_state_in_a_file_gives_the_log_no_more_bytes() {
    let mut config = config(1, 3);
    config.snapshot_files = true;
    // Each entry below counts 67 bytes: 64, and three of payload.
    config.settings.snapshot_threshold_bytes = 3 * 67;
    (config.settings.trailing_entries, config.settings.snapshot_chunk_bytes) = (100, 1);
    let mut server = Server::start(config, disk(1, &[1; 9]), Instant(0));
    server.receive(2, 1, append((9, 1), &[], 8));
    assert_eq!(std::mem::take(&mut server.snapshots_needed), [LogIndex(8)]);
    for (bytes, through, base) in [(67, 6, 5), (10_000, 8, 5)] {
        let file = server.files.create(&vec![b's'; bytes]);
        let through = LogIndex(through);
        server.handle(Instant(0), Input::SnapshotTaken { through, data: file.into() });
        assert_eq!(server.node.log().base(), at(base, 1), "{bytes} bytes");
    }
    for (committed, asked) in [(10, vec![]), (11, vec![LogIndex(11)])] {
        server.receive(2, 1, append((9, 1), &[1; 2], committed));
        assert_eq!(server.snapshots_needed, asked, "through {committed}");
    }
}

/// A snapshot that is refused leaves no file.
#[test]
fn the_file_of_a_refused_snapshot_is_dropped() {
    let mut server = follower();
    let limit = server.config.settings.max_snapshot_bytes;
    for (through, bytes) in [(7, 1), (0, 1), (1, limit + 1)] {
        let file = SnapshotFile { handle: 9, bytes, checksum: 5 };
        let through = LogIndex(through);
        server.handle(Instant(0), Input::SnapshotTaken { through, data: file.into() });
        assert_eq!(tasks(&server), [FileTask::DropFile(file)]);
        server.files.tasks.clear();
    }
}

/// A crash between the file and its record leaves the old state; the orphan is removed at the next
/// start. A crash after the record keeps both.
#[test]
fn a_crash_between_the_file_and_its_record_leaves_an_orphan() {
    for (written, state) in [(0, ""), (1, "alphabet")] {
        let mut server = follower();
        server.disk_is_slow = true;
        server.receive(2, 1, install(&five(), 0, 8));
        server.finish_tasks(Instant(0));
        assert_eq!((server.files.stored.len(), server.writes.len()), (1, 1));
        server.crash_after_writes(written);
        server.restart(Instant(0));
        assert_eq!((server.files.stored.len(), server.state.as_str()), (written, state));
    }
}

/// Whatever ends an arriving snapshot, the driver is told, and a file that comes too late is
/// dropped: a new term, another snapshot, or that its entries are committed here.
#[test]
fn what_ends_an_arriving_snapshot_drops_its_file() {
    let ends: [fn(&mut Server); 4] = [
        |server| server.receive(3, 2, append((1, 1), &[], 0)),
        |server| server.receive(2, 1, install(&snapshot(6, 1, 3, "other"), 0, 2)),
        |server| server.receive(2, 1, append((1, 1), &[1, 1, 1, 1], 5)),
        // The leader has committed less than its snapshot includes: no correct one has.
        |server| {
            server.receive(2, 1, append((1, 1), &[1, 1, 1, 1], 5));
            server.receive(2, 1, install(&five(), 0, 2));
        },
    ];
    for end in ends {
        let mut server = follower();
        server.receive(2, 1, install(&five(), 0, 8));
        end(&mut server);
        let drop = FileTask::DropIncoming(IncomingId(1));
        assert_eq!(tasks(&server).iter().filter(|task| **task == drop).count(), 1);
        let file = SnapshotFile { handle: 4, bytes: 8, checksum: 0 };
        let stored = FileReport::SnapshotStored { incoming: IncomingId(1), file };
        server.files.tasks.clear();
        server.handle(Instant(0), stored.into());
        assert_eq!(tasks(&server), [FileTask::DropFile(file)]);
        assert!(server.node.snapshot().is_none());
    }
}

/// A question of the leader is a piece without bytes.
#[test]
fn a_snapshot_of_which_the_driver_got_nothing_is_not_dropped() {
    for offset in [8, 0] {
        let mut server = follower();
        server.receive(2, 1, install(&five(), offset, 8));
        let is_known = !tasks(&server).is_empty();
        server.files.tasks.clear();
        server.receive(3, 2, request_vote(9, 1));
        let dropped = [FileTask::DropIncoming(IncomingId(1))];
        assert_eq!(tasks(&server), if is_known { &dropped[..] } else { &[] });
        assert_eq!(is_known, offset == 0);
    }
}

/// The follower would take the end of a short read for the end of the state.
#[test]
fn a_piece_that_was_read_short_is_not_sent() {
    let mut config = config(1, 3);
    config.snapshot_files = true;
    let mut leader = Server::start(config, disk(1, &[1, 1]), Instant(0));
    leader.lead();
    leader.receive(2, 2, success(3));
    let data = leader.files.create(b"alphabet").into();
    leader.handle(Instant(0), Input::SnapshotTaken { through: LogIndex(3), data });
    leader.files.are_slow = true;
    leader.receive(3, 2, failure(2, (0, 0)));
    let [FileTask::SendPiece(piece)] = &tasks(&leader)[..] else { panic!("it reads a piece") };
    assert_eq!(piece.bytes, 0..8);
    for read in ["", "alpha", "alphabets"] {
        let data = raft_core::Bytes::from(read.as_bytes());
        assert_eq!(piece.clone().with_data(data), None, "{read:?}");
    }
    let data = raft_core::Bytes::from(&b"alphabet"[..]);
    assert!(piece.clone().with_data(data).is_some());
}

/// A driver that cannot write the file says so. The leader sends the snapshot again. A full disk is
/// full for a while: for an election timeout at first, then for twice as long, no piece is taken.
#[test]
fn a_file_that_cannot_be_stored_is_sent_again() {
    let mut server = follower();
    server.receive(2, 1, install(&five(), 0, 8));
    server.files.tasks.clear();
    let incoming = IncomingId(1);
    server.handle(Instant(0), FileReport::SnapshotNotStored { incoming }.into());
    let is_abandoned = |trace: &Trace| {
        matches!(trace, Trace::Snapshot(SnapshotTrace::Abandoned { received: 8, .. }))
    };
    assert!(server.traces.iter().any(is_abandoned));
    let send = |server: &mut Server, at| {
        let now = Instant(0) + Duration::from_millis(at);
        server.receive_at(now, 2, 1, install(&five(), 8, 8));
        server.receive_at(now, 2, 1, install(&five(), 0, 8));
        server.files.tasks.len()
    };
    assert_eq!((send(&mut server, 0), send(&mut server, 299)), (0, 0));
    assert_eq!(send(&mut server, 300), 2);
    let second = IncomingId(2);
    assert!(matches!(&tasks(&server)[..], [
        FileTask::StorePiece { incoming, piece: 1, offset: 0, .. },
        FileTask::StoreSnapshot { incoming: flushed, .. },
    ] if (*incoming, *flushed) == (second, second)));
    server.files.tasks.clear();
    let failed = FileReport::SnapshotNotStored { incoming: second };
    server.handle(Instant(0) + Duration::from_millis(300), failed.into());
    assert_eq!((send(&mut server, 899), send(&mut server, 900)), (0, 2));
}

/// Entries made good what the snapshot was for: the next failure is a first one again.
#[test]
fn failures_before_the_server_was_up_to_date_do_not_count() {
    let mut server = follower();
    let fail = |server: &mut Server, incoming, at| {
        let now = Instant(0) + Duration::from_millis(at);
        server.receive_at(now, 2, 1, install(&snapshot(9, 1, 3, "alphabet"), 0, 8));
        server.handle(now, FileReport::SnapshotNotStored { incoming: IncomingId(incoming) }.into());
        assert!(!std::mem::take(&mut server.files.tasks).is_empty());
    };
    fail(&mut server, 1, 0);
    fail(&mut server, 2, 300);
    server.receive_at(Instant(0) + Duration::from_millis(301), 2, 1, append((0, 0), &[1], 1));
    fail(&mut server, 3, 302);
    fail(&mut server, 4, 602);
}

/// A block of the leader's file cannot be read. Its next snapshot is in another file.
#[test]
fn a_newer_snapshot_takes_the_place_of_one_that_cannot_be_read() {
    let mut cluster = behind(true);
    let unreadable = cluster.node(1).snapshot().and_then(|taken| taken.data.file());
    cluster.server_mut(1).files.damaged = unreadable;
    cluster.heartbeats(1, 60);
    assert_eq!(cluster.server(3).restored.len(), 0);
    cluster.propose(1, "delta");
    cluster.settle();
    cluster.take_snapshot(1);
    cluster.heartbeats(1, 40);
    cluster.assert_converged();
    assert_eq!(cluster.server(3).restored.len(), 1);
}

/// A late piece of the snapshot that the leader sent before does not end the newer one.
#[test]
fn a_late_piece_of_the_older_snapshot_is_ignored() {
    let mut server = follower();
    let seven = snapshot(7, 1, 3, "alphabets");
    server.receive(2, 1, install(&five(), 0, 2));
    server.receive(2, 1, install(&seven, 0, 4));
    server.receive(2, 1, install(&five(), 2, 4));
    server.receive(2, 1, install(&seven, 4, 9));
    server.finish_tasks(Instant(0));
    assert_eq!(server.state, "alphabets");
}

/// A file of another length is not the one that was asked for.
#[test]
fn a_file_of_another_length_is_not_installed() {
    let mut server = follower();
    server.receive(2, 1, install(&five(), 0, 8));
    server.files.tasks.clear();
    let file = SnapshotFile { handle: 4, bytes: 7, checksum: 0 };
    let incoming = IncomingId(1);
    server.handle(Instant(0), FileReport::SnapshotStored { incoming, file }.into());
    assert_eq!(tasks(&server), [FileTask::DropFile(file)]);
    assert!(server.node.snapshot().is_none());
    // It counts as one that could not be stored: after a while, the snapshot is taken again.
    server.files.tasks.clear();
    for (at, count) in [(299, 0), (300, 2)] {
        let now = Instant(0) + Duration::from_millis(at);
        server.receive_at(now, 2, 1, install(&five(), 0, 8));
        assert_eq!(server.files.tasks.len(), count, "after {at} ms");
    }
    server.finish_tasks(Instant(0) + Duration::from_millis(300));
    assert_eq!(server.state, "alphabet");
}

/// The report names another snapshot, or the driver was not asked for the file yet.
#[test]
fn a_file_that_was_not_asked_for_is_not_installed() {
    for (id, end) in [(2, 8), (1, 4)] {
        let mut server = follower();
        server.receive(2, 1, install(&five(), 0, end));
        server.files.tasks.clear();
        let file = SnapshotFile { handle: 4, bytes: end as u64, checksum: 0 };
        let incoming = IncomingId(id);
        server.handle(Instant(0), FileReport::SnapshotStored { incoming, file }.into());
        assert_eq!(tasks(&server), [FileTask::DropFile(file)]);
        assert!(server.node.snapshot().is_none());
    }
}

/// Server 3 missed all entries, and server 1, the leader, keeps its snapshots in files; so does
/// server 3 if the test says so. Pieces of 4 bytes; the state is "alpha,beta".
fn behind(is_receiver_in_files: bool) -> Cluster {
    streaming::behind_with(|config| {
        config.settings.max_in_flight_bytes = 8;
        config.snapshot_files = config.id.0 != 3 || is_receiver_in_files;
    })
}

/// A leader's driver reads the pieces. A follower may keep the snapshot in a file or in memory.
#[test]
fn a_leader_sends_pieces_of_its_file() {
    for is_receiver_in_files in [true, false] {
        let mut cluster = behind(is_receiver_in_files);
        cluster.heartbeats(1, 3);
        cluster.assert_converged();
        assert_eq!(cluster.server(3).restored.len(), 1);
        assert_eq!(cluster.server(3).files.stored.len(), usize::from(is_receiver_in_files));
    }
}

/// A piece that is never read is like one that the network lost: the leader leads on, and after a
/// silence it sends the piece again.
#[test]
fn a_piece_that_is_not_read_is_sent_again() {
    let mut cluster = behind(true);
    cluster.server_mut(1).files.are_slow = true;
    cluster.heartbeats(1, 2);
    let is_piece = |task: &FileTask| matches!(task, FileTask::SendPiece(_));
    assert!(cluster.server(1).files.tasks.iter().any(is_piece));
    cluster.server_mut(1).files.tasks.clear();
    let request = cluster.propose(1, "delta");
    cluster.settle();
    assert!(cluster.outcome(1, request).is_some(), "the others commit");
    cluster.server_mut(1).files.are_slow = false;
    cluster.heartbeats(1, 8);
    cluster.assert_converged();
}

fn is_piece(envelope: &Envelope) -> bool {
    matches!(envelope.message.body, Body::InstallSnapshot(_))
}

/// The leader takes a newer snapshot while it sends one. The file of the older one is dropped when
/// nobody needs it, and not while it is being sent.
#[test]
fn a_file_lives_while_it_is_sent() {
    let mut cluster = behind(true);
    cluster.time_out(1);
    cluster.deliver_where(|envelope| !is_piece(envelope));
    while cluster.take(is_piece).is_empty() {
        let all = cluster.take(|_| true);
        all.into_iter().for_each(|envelope| cluster.deliver(envelope));
    }
    cluster.take_snapshot(1);
    assert_eq!(cluster.server(1).files.stored.keys().collect::<Vec<_>>(), [&1, &2]);
    cluster.heartbeats(1, 6);
    cluster.assert_converged();
    assert_eq!(cluster.server(1).files.unread, 0);
    assert_eq!(cluster.server(1).files.stored.keys().collect::<Vec<_>>(), [&2]);
}

/// A driver reports the same file twice. The snapshot needs it all the same.
#[test]
fn a_file_that_is_reported_twice_is_kept() {
    let mut server = follower();
    server.files.are_slow = false;
    server.receive(2, 1, append((1, 1), &[1], 2));
    server.take_snapshot(Instant(0));
    let snapshot = server.node.snapshot().expect("it is taken").clone();
    let (through, data) = (snapshot.last_included_index, snapshot.data);
    server.handle(Instant(0), Input::SnapshotTaken { through, data: data.clone() });
    let (incoming, file) = (IncomingId(1), data.file().expect("it is in a file"));
    let report = FileReport::SnapshotStored { incoming, file };
    server.handle(Instant(0), Input::Files(report));
    assert_eq!(server.files.stored.len(), 1);
}

/// A snapshot that comes late removes a server from the voters while it asks for pre-votes.
#[test]
fn a_server_that_is_no_voter_any_more_starts_no_election() {
    let mut config = full_config(1, 5);
    config.snapshot_files = true;
    let mut server = Server::start(config, disk(1, &[1]), Instant(0));
    server.files.are_slow = true;
    let mut others = five();
    others.membership = Membership::new([NodeId(2), NodeId(3)]);
    server.receive(2, 1, install(&others, 0, 8));
    let late = Instant(10_000_000);
    server.handle(late, Input::Timeout);
    assert_eq!(server.node.role(), RoleKind::PreCandidate);
    server.receive(2, 1, pre_vote_reply(true));
    server.finish_tasks(late);
    server.receive(3, 1, pre_vote_reply(true));
    assert_ne!(server.node.role(), RoleKind::Candidate);
}

/// A leader that is deposed sends nothing any more.
#[test]
fn a_deposed_leader_drops_the_file_that_it_sent() {
    let mut cluster = behind(true);
    cluster.time_out(1);
    cluster.deliver_where(|envelope| !is_piece(envelope));
    cluster.deliver_where(|envelope| envelope.to == 1);
    cluster.take_snapshot(1);
    assert_eq!(cluster.server(1).files.stored.len(), 2);
    cluster.elect(2);
    assert_eq!(cluster.server(1).files.stored.len(), 1);
}

/// A replaced file is what a crash goes back to, until the record of the new one is durable.
#[test]
fn a_file_lives_until_the_next_record_is_durable() {
    let mut server = follower();
    server.files.are_slow = false;
    server.receive(2, 1, append((1, 1), &[1], 2));
    server.take_snapshot(Instant(0));
    server.receive(2, 1, append((2, 1), &[1], 3));
    server.disk_is_slow = true;
    server.take_snapshot(Instant(0));
    assert_eq!(server.files.stored.len(), 2);
    server.crash();
    server.restart(Instant(0));
    assert_eq!(server.restored.len(), 1);
    server.receive(2, 1, append((3, 1), &[], 3));
    server.take_snapshot(Instant(0));
    server.finish_writes(Instant(0));
    server.finish_tasks(Instant(0));
    assert_eq!(server.files.stored.len(), 1);
}

/// The answer `Installed` may get lost: the next question shows that the snapshot is here.
#[test]
fn an_answer_that_is_lost_is_repeated() {
    let mut server = follower();
    server.receive(2, 1, install(&five(), 0, 8));
    server.finish_tasks(Instant(0));
    server.sent.clear();
    server.receive(2, 1, install(&five(), 8, 8));
    assert_eq!(server.take_reply(), installed(5));
}

/// A file has up to 1 TiB; a node keeps no more than 4 GiB in its memory.
#[test]
fn a_file_may_have_more_than_four_gibibytes() {
    let mut config = config(1, 3);
    config.settings.max_snapshot_bytes = 1 << 40;
    assert_eq!(config.validate(), Ok(()));
    let offset = 5 << 30;
    let Body::InstallSnapshot(mut piece) = install(&five(), 0, 2) else { unreachable!() };
    piece.offset = offset;
    for in_files in [true, false] {
        config.snapshot_files = in_files;
        let mut server = Server::start(config.clone(), disk(1, &[1]), Instant(0));
        server.files.are_slow = true;
        server.receive(2, 1, Body::InstallSnapshot(piece.clone()));
        match in_files {
            true => assert_eq!(tasks(&server), [store_piece(1, offset, "al")]),
            false => {
                let alarm = Alarm::LeaderStateTooLarge { leader: NodeId(2), limit: (1 << 32) - 1 };
                assert_eq!((server.alarms, server.sent), (vec![alarm], vec![]));
            }
        }
    }
    let mut server = Server::start(config.clone(), disk(1, &[1]), Instant(0));
    server.receive(2, 1, append((1, 1), &[], 1));
    (server.disk_is_slow, server.files.are_slow) = (true, true);
    for (bytes, base) in [((1 << 40) + 1, 0), (1 << 40, 1)] {
        let file = SnapshotFile { handle: 9 + base, bytes, checksum: 5 };
        server.handle(Instant(0), Input::SnapshotTaken { through: LogIndex(1), data: file.into() });
        assert_eq!(server.node.log().base().index, LogIndex(base));
    }
}

/// A state that did not change is in the same file.
#[test]
fn a_file_that_is_handed_in_again_is_kept() {
    let mut config = config(1, 1);
    config.snapshot_files = true;
    let mut server = Server::start(config, disk(0, &[]), Instant(0));
    server.files.are_slow = true;
    server.campaign();
    server.propose(1, "a");
    let file = server.files.create(b"a");
    for request in 2..4 {
        let through = server.node.last_applied();
        server.handle(Instant(0), Input::SnapshotTaken { through, data: file.into() });
        // An entry without an effect on the state.
        server.propose(request, "");
    }
    let current = server.node.snapshot().and_then(|snapshot| snapshot.data.file());
    assert_eq!(current, Some(file));
    let drop = FileTask::DropFile(file);
    assert!(!server.files.tasks.contains(&drop), "the file of the present snapshot is dropped");
}
