//! §7: a leader sends its snapshot in pieces to a follower that is too far behind.

use raft_core::{Body, InstallSnapshot, Instant, LogIndex, ProgressKind};

use crate::builders::*;
use crate::cluster::{Cluster, Envelope};
use crate::server::Server;

/// Server 3 missed all entries, and server 1, the leader, no longer has them. Pieces of 4 bytes,
/// one under way at a time; the state is "alpha,beta" (10 bytes).
fn behind() -> Cluster {
    behind_with_window(1)
}

/// The same, with this many bytes under way at a time.
fn behind_with_window(bytes: usize) -> Cluster {
    let mut cluster = Cluster::with(3, |config| {
        config.settings.snapshot_chunk_bytes = 4;
        config.settings.max_in_flight_bytes = bytes;
    });
    cluster.elect(1);
    cluster.isolate(3);
    cluster.propose(1, "alpha");
    cluster.propose(1, "beta");
    cluster.settle();
    cluster.take_snapshot(1);
    cluster.propose(1, "gamma");
    cluster.settle();
    cluster.rejoin(3);
    cluster
}

fn pieces(envelopes: &[Envelope]) -> Vec<InstallSnapshot> {
    let bodies = envelopes.iter().map(|envelope| &envelope.message.body);
    bodies
        .filter_map(|body| {
            let Body::InstallSnapshot(piece) = body else { return None };
            Some(piece.clone())
        })
        .collect()
}

/// Delivers messages until `count` pieces were delivered; the pieces in order.
fn deliver_pieces(cluster: &mut Cluster, count: usize) -> Vec<InstallSnapshot> {
    let mut delivered = Vec::new();
    while delivered.len() < count && !cluster.network.is_empty() {
        let envelope = cluster.network.remove(0);
        delivered.extend(pieces(std::slice::from_ref(&envelope)));
        cluster.deliver(envelope);
    }
    delivered
}

/// "The leader must occasionally send snapshots to followers that lag behind. This happens when the
/// leader has already discarded the next log entry that it needs to send to a follower."
#[test]
fn a_leader_that_discarded_the_next_entry_sends_its_snapshot() {
    let mut cluster = behind();
    cluster.heartbeats(1, 2);
    assert_eq!(cluster.server(3).restored.len(), 1);
    cluster.assert_converged();
    assert_eq!(cluster.server(3).state, "alpha,beta,gamma");
    assert_eq!(cluster.node(1).status().peers[1].state, ProgressKind::Replicate);
}

/// As long as the entries are there, entries are sent.
#[test]
fn a_leader_that_still_has_the_entries_sends_them() {
    let mut cluster = behind();
    cluster.elect(2);
    cluster.heartbeats(2, 2);
    assert!(cluster.server(3).restored.is_empty());
    assert_eq!(cluster.server(3).state, "alpha,beta,gamma");
}

/// Figure 13: "Leaders always send chunks in order"; `offset` is the "byte offset where chunk is
/// positioned in the snapshot file", `done` is "true if this is the last chunk".
#[test]
fn a_snapshot_is_sent_in_chunks_in_order() {
    let mut cluster = behind();
    cluster.time_out(1);
    let pieces = deliver_pieces(&mut cluster, 3);
    let shapes: Vec<_> = pieces.iter().map(|p| (p.offset, p.data.to_vec(), p.done)).collect();
    assert_eq!(
        shapes,
        [(0, b"alph".to_vec(), false), (4, b"a,be".to_vec(), false), (8, b"ta".to_vec(), true)]
    );
    assert!(pieces.iter().all(|piece| piece.last_included() == at(3, 1)));
    assert_eq!(cluster.server(3).state, "alpha,beta");
}

/// Pieces follow each other without waiting, as far as the window goes.
#[test]
fn pieces_follow_each_other_within_the_window() {
    for (window, at_once) in [(1, 1), (4, 1), (5, 2), (8, 2), (100, 3)] {
        let mut cluster = behind_with_window(window);
        cluster.time_out(1);
        let is_refusal = |envelope: &Envelope| envelope.to == 3 || envelope.from == 3;
        while pieces(&cluster.network).is_empty() {
            cluster.deliver_where(is_refusal);
        }
        assert_eq!(pieces(&cluster.network).len(), at_once, "a window of {window} bytes");
        cluster.settle();
        cluster.heartbeats(1, 2);
        cluster.assert_converged();
    }
}

/// A piece that got lost is sent again when no answer came for a heartbeat, from there on.
#[test]
fn a_transfer_resumes_where_a_piece_was_lost() {
    for lost_is_the_answer in [false, true] {
        let mut cluster = behind();
        cluster.time_out(1);
        deliver_pieces(&mut cluster, 1 + usize::from(lost_is_the_answer));
        if !lost_is_the_answer {
            // The answer to the first piece arrives, the second piece does not.
            cluster.deliver_where(|envelope| envelope.from == 3);
        }
        cluster.network.clear();
        cluster.time_out(1);
        cluster.time_out(1);
        let offsets: Vec<u64> =
            deliver_pieces(&mut cluster, 9).iter().map(|piece| piece.offset).collect();
        assert_eq!(offsets, [4, 8], "the answer was lost: {lost_is_the_answer}");
        cluster.heartbeats(1, 1);
        cluster.assert_converged();
    }
}

/// Pieces lie in memory until the snapshot is complete: after a crash the follower needs them all.
#[test]
fn a_follower_that_restarts_in_the_middle_gets_the_snapshot_again() {
    let mut cluster = behind();
    cluster.time_out(1);
    deliver_pieces(&mut cluster, 2);
    cluster.crash(3);
    cluster.settle();
    cluster.restart(3);
    cluster.time_out(1);
    cluster.time_out(1);
    let offsets: Vec<u64> = deliver_pieces(&mut cluster, 9).iter().map(|p| p.offset).collect();
    assert_eq!(offsets, [8, 0, 4, 8]);
    cluster.heartbeats(1, 1);
    cluster.assert_converged();
}

/// A leader that crashes in the middle leaves half a snapshot, which the next leader's is not mixed
/// with: it may be encoded differently.
#[test]
fn another_leaders_snapshot_starts_from_the_beginning() {
    let mut server = Server::of_three(disk(3, &[]));
    let (first, second) = (snapshot(5, 3, 3, "aaaaaa"), snapshot(5, 3, 3, "bbbbbb"));
    server.receive(2, 3, install(&first, 0, 4));
    assert_eq!(server.take_reply(), resume(5, 4));
    server.receive(3, 4, install(&second, 4, 6));
    assert_eq!(server.take_reply(), resume(5, 0));
    server.receive(3, 4, install(&second, 0, 4));
    assert_eq!(server.take_reply(), resume(5, 4));
    server.receive(3, 4, install(&second, 4, 6));
    assert_eq!(server.take_reply(), installed(5));
    assert_eq!(server.state, "bbbbbb");
}

/// Figure 13, rules 2 to 4: pieces are written at their offset; more are waited for until done.
#[test]
fn pieces_out_of_order_or_repeated_are_harmless() {
    let mut server = Server::of_three(disk(3, &[]));
    let state = snapshot(5, 3, 3, "abcdef");
    for ((offset, end), held) in
        [((2, 4), 0), ((4, 6), 0), ((0, 2), 2), ((0, 2), 2), ((4, 6), 2), ((2, 4), 4), ((0, 2), 4)]
    {
        server.receive(2, 3, install(&state, offset, end));
        assert_eq!(server.take_reply(), resume(5, held), "{offset}..{end}");
        assert!(server.restored.is_empty());
    }
    server.receive(2, 3, install(&state, 4, 6));
    assert_eq!(server.take_reply(), installed(5));
    assert_eq!(server.state, "abcdef");
    // The last piece again: it is installed already.
    server.receive(2, 3, install(&state, 4, 6));
    assert_eq!(server.take_reply(), installed(5));
    assert_eq!(server.restored.len(), 1);
}

/// A late piece of an older snapshot does not disturb the one that is arriving.
#[test]
fn a_late_piece_of_an_older_snapshot_does_not_disturb_the_transfer() {
    let mut server = Server::of_three(disk(3, &[]));
    let (older, newer) = (snapshot(2, 2, 3, "ab"), snapshot(5, 3, 3, "abcdef"));
    server.receive(2, 3, install(&older, 0, 2));
    server.receive(2, 3, install(&newer, 0, 4));
    server.receive(2, 3, install(&older, 0, 2));
    server.sent.clear();
    server.receive(2, 3, install(&newer, 4, 6));
    assert_eq!(server.take_reply(), installed(5));
}

/// Answers may be repeated and overtake each other; the transfer still ends.
#[test]
fn repeated_and_impossible_answers_do_not_disturb_the_leader() {
    let mut server = Server::of_three(disk(0, &[]));
    server.lead();
    server.receive(2, 1, success(1));
    server.propose(1, "alpha");
    server.receive(2, 1, success(2));
    server.take_snapshot(Instant(0));
    server.propose(2, "beta");
    server.receive(2, 1, success(3));
    server.sent.clear();
    // Server 3 has nothing.
    server.receive(3, 1, failure(0, (0, 0)));
    server.handle(server.node.deadline(), raft_core::Input::Timeout);
    server.sent.clear();
    let before = server.node.status();
    for answer in [resume(2, u64::MAX), resume(2, 6), resume(9, 3), resume(0, 0)] {
        server.receive(3, 1, answer);
        assert!(server.sent.is_empty());
        assert_eq!(server.node.status(), before);
    }
}

/// A snapshot once begun is sent to its end, even if the leader takes a newer one meanwhile:
/// otherwise a slow follower would never get a whole one.
#[test]
fn a_transfer_goes_on_when_the_leader_takes_a_newer_snapshot() {
    let mut cluster = behind();
    cluster.time_out(1);
    deliver_pieces(&mut cluster, 1);
    cluster.take_snapshot(1);
    assert_eq!(cluster.node(1).log().base().index, LogIndex(4));
    let pieces = deliver_pieces(&mut cluster, 2);
    assert!(pieces.iter().all(|piece| piece.last_included_index == LogIndex(3)));
    assert_eq!(cluster.server(3).state, "alpha,beta");
    // It then needs entry 4, which is gone as well: the newer snapshot follows.
    cluster.heartbeats(1, 3);
    cluster.assert_converged();
    assert_eq!(cluster.server(3).restored.len(), 2);
}

/// The leader sends no entries behind a snapshot that is under way, and continues behind it.
#[test]
fn replication_continues_behind_the_snapshot() {
    let mut cluster = behind();
    cluster.time_out(1);
    deliver_pieces(&mut cluster, 1);
    let state = cluster.node(1).status().peers[1].state;
    assert!(matches!(state, ProgressKind::Snapshot { total: 10, .. }), "{state:?}");
    cluster.propose(1, "delta");
    let to_third = cluster.network.iter().filter(|envelope| envelope.to == 3);
    assert!(to_third.clone().all(|envelope| envelope.message.name() == "InstallSnapshot"));
    cluster.settle();
    cluster.heartbeats(1, 1);
    cluster.assert_converged();
    assert_eq!(cluster.server(3).state, "alpha,beta,gamma,delta");
}
