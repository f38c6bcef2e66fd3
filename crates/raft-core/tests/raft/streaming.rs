//! §7: a leader sends its snapshot in pieces to a follower that is too far behind.

use raft_core::{Body, Config, Input, InstallSnapshot, Instant, LogIndex, ProgressKind, ReadMode};

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
    behind_with(|config| config.settings.max_in_flight_bytes = bytes)
}

/// The same, with these settings.
pub(crate) fn behind_with(change: impl Fn(&mut Config)) -> Cluster {
    let mut cluster = Cluster::with(3, |config| {
        config.settings.snapshot_chunk_bytes = 4;
        change(config);
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

/// A piece that got lost is sent again. After a silence the leader asks, with an empty piece at the
/// end, and the answer shows the loss.
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
        let lost: &[u64] = if lost_is_the_answer { &[10, 8] } else { &[10, 4, 8] };
        assert_eq!(offsets, lost, "the answer was lost: {lost_is_the_answer}");
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
    assert_eq!(offsets, [10, 0, 4, 8], "the question, and all pieces");
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
    assert_eq!(server.take_reply(), installed(5), "the second piece waited for the first");
    assert_eq!(server.state, "bbbbbb");
}

/// Figure 13, rules 2 to 4: pieces are written at their offset; more are waited for until done. A
/// piece after a gap is kept.
#[test]
fn pieces_out_of_order_or_repeated_are_kept_once() {
    let mut server = Server::of_three(disk(3, &[]));
    let state = snapshot(5, 3, 3, "abcdefgh");
    for ((offset, end), received, held) in [
        ((2, 4), 0, 2),
        ((6, 8), 0, 4),
        ((2, 4), 0, 4),
        ((0, 2), 4, 6),
        ((0, 2), 4, 6),
        ((2, 4), 4, 6),
        ((1, 4), 4, 6),
        ((8, 8), 4, 6),
    ] {
        server.receive(2, 3, install(&state, offset, end));
        assert_eq!(server.take_reply(), resume(5, received), "{offset}..{end}");
        assert_eq!(server.node.memory_usage().incoming_snapshot_bytes, held, "{offset}..{end}");
        assert!(server.restored.is_empty());
    }
    server.receive(2, 3, install(&state, 3, 6));
    assert_eq!(server.take_reply(), installed(5));
    assert_eq!(server.state, "abcdefgh");
    // The last piece again: it is installed already.
    server.receive(2, 3, install(&state, 6, 8));
    assert_eq!(server.take_reply(), installed(5));
    assert_eq!(server.restored.len(), 1);
}

/// Pieces after a gap are kept within the window of bytes in flight. The answer says if one is not.
#[test]
fn pieces_after_a_gap_are_limited() {
    let mut config = config(1, 3);
    config.settings.max_in_flight_bytes = 4;
    let mut server = Server::start(config, disk(3, &[]), Instant(0));
    let state = snapshot(5, 3, 3, "abcdefgh");
    for ((offset, end), held) in [((2, 4), Some(1)), ((4, 6), Some(1)), ((6, 7), None)] {
        server.receive(2, 3, install(&state, offset, end));
        assert_eq!(server.take_reply(), resume_in(0, 5, 0, held));
    }
    assert_eq!(server.node.memory_usage().incoming_snapshot_bytes, 4);
    server.receive(2, 3, install(&state, 0, 2));
    assert_eq!(server.take_reply(), resume(5, 6));
}

/// Of two pieces at the same place the longer one is kept, and a piece after a gap counts until the
/// gap is closed.
#[test]
fn pieces_that_are_joined_make_room_for_others() {
    let mut config = config(1, 3);
    config.settings.max_in_flight_bytes = 4;
    let mut server = Server::start(config, disk(3, &[]), Instant(0));
    let state = snapshot(5, 3, 3, "abcdefghijklmnopqr");
    for ((offset, end), received) in [
        ((2, 4), 0),
        ((4, 6), 0),
        ((0, 2), 6),
        ((8, 10), 6),
        ((8, 12), 6),
        ((6, 8), 12),
        ((13, 17), 12),
    ] {
        server.receive(2, 3, install(&state, offset, end));
        assert_eq!(server.take_reply(), resume(5, received), "{offset}..{end}");
    }
    assert_eq!(server.node.memory_usage().incoming_snapshot_bytes, 16);
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
    let now = server.node.deadline();
    server.handle(now, Input::Timeout);
    // It was heard from.
    server.receive_at(now, 3, 1, resume(0, 0));
    server.sent.clear();
    let before = server.node.status();
    for answer in [resume(2, u64::MAX), resume(2, 6), resume(9, 3), resume(0, 0)] {
        server.receive_at(now, 3, 1, answer);
        assert!(server.sent.is_empty());
        assert_eq!(server.node.status(), before);
    }
}

/// A snapshot once begun is sent to its end, even if the leader takes a newer one meanwhile:
/// otherwise a slow follower would never get a whole one.
#[test]
fn a_transfer_goes_on_when_the_leader_takes_a_newer_snapshot() {
    let mut cluster = behind_with(|config| {
        config.settings.max_in_flight_bytes = 1;
        // The entry after the snapshot has more bytes than twice this, and than twice the state.
        config.settings.snapshot_threshold_bytes = 34;
    });
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

/// A piece arrived after a gap, and none is known to be lost: the transfer is not begun again.
#[test]
fn a_transfer_goes_on_while_its_first_piece_is_late() {
    let mut server = streaming();
    server.receive(3, 1, resume_in(1, 2, 0, Some(2)));
    assert_eq!(numbered(&mut server), [(6, 0)]);
    server.propose(2, "beta");
    server.receive(2, 1, success(3));
    server.take_snapshot(Instant(0));
    server.receive(3, 1, resume_in(1, 2, 0, Some(3)));
    assert_eq!(numbered(&mut server), []);
}

/// The log grows, and is compacted, faster than a snapshot is sent: the entries after the snapshot
/// that is being sent are kept for its receiver.
#[test]
fn one_snapshot_is_enough_however_fast_the_log_grows() {
    let mut cluster = behind();
    cluster.time_out(1);
    for step in 0..3 {
        assert_eq!(deliver_pieces(&mut cluster, 1).len(), 1);
        for _ in 0..4 {
            cluster.propose(1, "x");
            cluster.deliver_where(|envelope| envelope.to == 2 || envelope.from == 2);
            cluster.deliver_where(|envelope| envelope.to == 1 && envelope.from == 2);
        }
        cluster.take_snapshot(1);
        let (log, end) = (cluster.node(1).log(), cluster.node(1).snapshot().unwrap().position());
        assert_eq!((log.base().index, end.index), (LogIndex(3), LogIndex(8 + 4 * step)));
    }
    // The snapshot is installed; the entries after it are still to come.
    while cluster.server(3).restored.is_empty() {
        deliver_pieces(&mut cluster, 1);
    }
    let answers = cluster.take(|envelope| envelope.from == 3);
    answers.into_iter().for_each(|envelope| cluster.deliver(envelope));
    cluster.take(|envelope| envelope.to == 3);
    for end in [20, 24] {
        for _ in 0..4 {
            cluster.propose(1, "x");
            cluster.deliver_where(|envelope| envelope.to == 2 || envelope.from == 2);
            cluster.deliver_where(|envelope| envelope.to == 1 && envelope.from == 2);
        }
        cluster.take_snapshot(1);
        let (log, held) = (cluster.node(1).log(), cluster.node(1).snapshot().unwrap());
        let held = held.position().index;
        assert_eq!((log.base().index, held), (LogIndex(3), LogIndex(end)));
    }
    cluster.settle();
    cluster.heartbeats(1, 3);
    cluster.assert_converged();
    assert_eq!(cluster.server(3).restored.len(), 1);
    // Nobody needs the entries any more.
    cluster.propose(1, "x");
    cluster.settle();
    cluster.take_snapshot(1);
    assert_eq!(cluster.node(1).log().base(), cluster.node(1).log().last());
}

/// The log is compacted because it is heavy: then it has as many bytes as the setting for that
/// already. An entry counts 64 bytes beside its payload, so small commands make a log heavy too.
#[test]
fn a_heavy_log_is_kept_for_a_transfer_too() {
    for (bytes, commands) in [(400, 3), (1, 15), (0, 15)] {
        let mut cluster = behind_with(|config| {
            config.settings.max_in_flight_bytes = 1;
            config.settings.snapshot_threshold = u64::MAX;
            config.settings.snapshot_threshold_bytes = 1_000;
        });
        cluster.time_out(1);
        for _ in 0..commands {
            assert_eq!(cluster.server(1).snapshots_needed, [], "{bytes} bytes");
            cluster.propose(1, &"x".repeat(bytes));
            cluster.deliver_where(|envelope| envelope.to == 2 || envelope.from == 2);
            cluster.deliver_where(|envelope| envelope.to == 1 && envelope.from == 2);
        }
        let end = LogIndex(4 + commands);
        assert_eq!(cluster.server(1).snapshots_needed, [end], "{bytes} bytes");
        cluster.take_snapshot(1);
        let (log, held) = (cluster.node(1).log(), cluster.node(1).snapshot().unwrap());
        assert_eq!((log.base().index, held.position().index), (LogIndex(3), end));
        cluster.settle();
        cluster.heartbeats(1, 3);
        cluster.assert_converged();
        assert_eq!(cluster.server(3).restored.len(), 1, "{bytes} bytes");
    }
}

/// Two servers receive a snapshot each: the earlier one counts.
#[test]
fn the_log_is_kept_for_the_server_that_is_furthest_behind() {
    let mut cluster = Cluster::new(5);
    cluster.elect(1);
    cluster.isolate(4);
    cluster.isolate(5);
    let among = |envelope: &Envelope, ids: &[u64]| {
        ids.contains(&envelope.to) && ids.contains(&envelope.from)
    };
    let take_snapshot = |cluster: &mut Cluster| {
        cluster.propose(1, "alpha");
        (0..4).for_each(|_| cluster.deliver_where(|envelope| among(envelope, &[1, 2, 3])));
        cluster.take_snapshot(1);
        let log_start = cluster.node(1).log().base().index.0;
        (log_start, cluster.node(1).snapshot().unwrap().last_included_index.0)
    };
    assert_eq!(take_snapshot(&mut cluster), (2, 2));
    for (late, expected) in [(4, (2, 3)), (5, (2, 4))] {
        cluster.rejoin(late);
        cluster.time_out(1);
        while pieces(&cluster.network).iter().all(|piece| piece.last_included_index.0 + 2 != late) {
            cluster.deliver_where(|envelope| among(envelope, &[1, late]));
        }
        assert_eq!(take_snapshot(&mut cluster), expected);
    }
    cluster.settle();
    cluster.heartbeats(1, 3);
    cluster.assert_converged();
    assert_eq!([4, 5].map(|id| cluster.server(id).restored.len()), [1, 1]);
}

/// Server 3 holds a piece of the snapshot. Nothing, or no piece but questions, arrives after that.
#[test]
fn a_transfer_that_stalls_does_not_hold_the_log() {
    for are_questions_lost in [true, false] {
        for (heartbeats, is_held) in [(0, true), (2, true), (45, false)] {
            let mut cluster = behind();
            cluster.time_out(1);
            deliver_pieces(&mut cluster, 1);
            cluster.deliver_where(|envelope| envelope.from == 3);
            let is_lost = |envelope: &Envelope| {
                let piece = pieces(std::slice::from_ref(envelope)).pop();
                piece.is_some_and(|piece| are_questions_lost || !piece.data.is_empty())
            };
            for _ in 0..heartbeats {
                cluster.time_out(1);
                for _ in 0..6 {
                    cluster.take(is_lost);
                    cluster.deliver_where(|_| true);
                }
            }
            cluster.take_snapshot(1);
            let base = cluster.node(1).log().base().index;
            let expected = LogIndex(if is_held { 3 } else { 4 });
            assert_eq!(base, expected, "{heartbeats} heartbeats, {are_questions_lost}");
        }
    }
}

/// Each read begins a round, and there may be thousands a second: they say nothing about how long
/// the server has not answered a piece.
#[test]
fn the_rounds_of_reads_are_no_silence() {
    let mut cluster = behind();
    cluster.time_out(1);
    deliver_pieces(&mut cluster, 1);
    cluster.deliver_where(|envelope| envelope.from == 3);
    cluster.network.clear();
    for _ in 0..100 {
        cluster.read(1, ReadMode::Quorum);
        let sent = cluster.take(|envelope| envelope.to == 3);
        assert_eq!(pieces(&sent), [], "no question");
        cluster.settle();
    }
    cluster.take_snapshot(1);
    assert_eq!(cluster.node(1).log().base().index, LogIndex(3), "the transfer makes progress");
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

/// A leader that sends server 3 the snapshot "alpha" in pieces of one byte, all five at once.
pub(crate) fn streaming() -> Server {
    let mut server = sending("alpha", 1);
    assert_eq!(numbered(&mut server), [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)]);
    server
}

/// A leader that sends server 3 a snapshot through entry 2, with this state, in pieces of so many
/// bytes.
pub(crate) fn sending(state: &str, piece: usize) -> Server {
    sending_with(state, |config| config.settings.snapshot_chunk_bytes = piece)
}

/// The same, with these settings.
fn sending_with(state: &str, change: impl Fn(&mut Config)) -> Server {
    let mut config = config(1, 3);
    change(&mut config);
    let mut server = Server::start(config, disk(0, &[]), Instant(0));
    server.lead();
    server.receive(2, 1, success(1));
    server.propose(1, state);
    server.receive(2, 1, success(2));
    server.take_snapshot(Instant(0));
    server.sent.clear();
    server.receive(3, 1, failure(0, (0, 0)));
    server.handle(server.node.deadline(), Input::Timeout);
    server
}

/// Number and offset of each piece that was sent to server 3.
pub(crate) fn numbered(server: &mut Server) -> Vec<(u32, u64)> {
    let pieces = server.take_sent().into_iter().filter_map(|(to, message)| {
        let Body::InstallSnapshot(piece) = message.body else { return None };
        (to == 3).then_some((piece.number.0, piece.offset))
    });
    pieces.collect()
}

pub(crate) fn heartbeat(server: &mut Server) {
    server.handle(server.node.deadline(), Input::Timeout);
}

/// The server answered a later piece and not this one: it is lost, and it alone is sent again.
#[test]
fn a_piece_is_sent_again_when_a_later_one_was_answered() {
    let mut server = streaming();
    server.receive(3, 1, resume_in(1, 2, 1, Some(1)));
    assert_eq!(numbered(&mut server), []);
    server.receive(3, 1, resume_in(1, 2, 1, Some(4)));
    assert_eq!(numbered(&mut server), [(6, 1), (7, 2)]);
    server.receive(3, 1, resume_in(1, 2, 1, Some(7)));
    assert_eq!(numbered(&mut server), [(8, 1), (9, 4)], "5 and 6 are older than 7");
    server.receive(3, 1, resume_in(1, 2, 5, Some(9)));
    assert_eq!(numbered(&mut server), []);
    assert_eq!(server.node.status().peers[1].in_flight_bytes, 0);
}

/// Messages overtake each other: a piece that was taken for lost, and was not, makes the leader
/// wait for twice as many later ones.
#[test]
fn an_unneeded_repeat_makes_the_leader_more_patient() {
    let mut server = streaming();
    server.receive(3, 1, resume_in(1, 2, 0, Some(2)));
    assert_eq!(numbered(&mut server), [(6, 0)]);
    server.receive(3, 1, resume_in(1, 2, 2, Some(1)));
    server.receive(3, 1, resume_in(1, 2, 2, Some(4)));
    assert_eq!(numbered(&mut server), [], "one later piece is not enough any more");
    server.receive(3, 1, resume_in(1, 2, 2, Some(5)));
    assert_eq!(numbered(&mut server), [(7, 2)]);
}

/// Without an answer no byte is sent again, however long. The leader asks with an empty piece, and
/// the time between the questions doubles.
#[test]
fn without_an_answer_the_leader_only_asks_and_less_and_less() {
    let mut server = streaming();
    let mut asked = Vec::new();
    for beat in 1..=200 {
        heartbeat(&mut server);
        for (_, offset) in numbered(&mut server) {
            assert_eq!(offset, 5, "an empty piece at the end");
            asked.push(beat);
        }
    }
    assert_eq!(asked, [2, 5, 10, 19, 36, 69, 102, 135, 168]);
    // All pieces were lost. The next question comes as early as the first did.
    server.receive(3, 1, resume_in(1, 2, 0, Some(14)));
    assert_eq!(numbered(&mut server), [(15, 0)]);
    heartbeat(&mut server);
    assert_eq!(numbered(&mut server), []);
    heartbeat(&mut server);
    assert_eq!(numbered(&mut server), [(16, 5)]);
}

/// On a slow link each answer is late. After the first one the leader knows, and does not ask.
#[test]
fn a_late_answer_shows_how_long_answers_take() {
    let mut server = streaming();
    for piece in 1..5 {
        (0..4).for_each(|_| heartbeat(&mut server));
        let asked = numbered(&mut server).len();
        assert_eq!(asked, usize::from(piece == 1), "before the answer to piece {piece}");
        server.receive(3, 1, resume_in(1, 2, piece, Some(piece as u32)));
    }
}

/// The answer to the question shows what is lost. One piece follows, and more with its answer.
#[test]
fn after_a_silence_the_window_grows_from_one_piece() {
    let mut server = streaming();
    heartbeat(&mut server);
    heartbeat(&mut server);
    assert_eq!(numbered(&mut server), [(6, 5)]);
    server.receive(3, 1, resume_in(3, 2, 0, Some(6)));
    assert_eq!(numbered(&mut server), [(7, 0)]);
    server.receive(3, 1, resume_in(3, 2, 1, Some(7)));
    assert_eq!(numbered(&mut server), [(8, 1), (9, 2), (10, 3)]);
}

/// An answer that says nothing new shows that the follower is there.
#[test]
fn an_answer_that_says_the_same_again_is_contact() {
    let mut server = streaming();
    server.receive(3, 1, resume_in(1, 2, 1, Some(1)));
    let before = server.node.status().peers[1];
    heartbeat(&mut server);
    let now = server.node.deadline();
    server.receive_at(now, 3, 1, resume_in(1, 2, 1, Some(1)));
    let after = server.node.status().peers[1];
    assert!(before.last_contact < now && after.last_contact == now);
    assert_eq!((after.state, after.in_flight_bytes), (before.state, before.in_flight_bytes));
}

/// The answers to two pieces are lost, and the one to the third says as much.
#[test]
fn an_answer_speaks_for_the_pieces_before_it() {
    let mut server = streaming();
    server.receive(3, 1, resume_in(1, 2, 3, Some(3)));
    assert_eq!(server.node.status().peers[1].in_flight_bytes, 2);
}

#[test]
fn an_answer_that_says_the_same_again_does_not_put_off_the_question() {
    let mut server = streaming();
    server.receive(3, 1, resume_in(1, 2, 1, Some(1)));
    heartbeat(&mut server);
    server.receive(3, 1, resume_in(1, 2, 1, Some(1)));
    assert_eq!(numbered(&mut server), []);
    heartbeat(&mut server);
    assert_eq!(numbered(&mut server), [(6, 5)]);
}

/// The first answer takes five heartbeats, and the second one none.
#[test]
fn a_quick_answer_halves_the_time_before_the_next_question() {
    let mut server = streaming();
    (0..5).for_each(|_| heartbeat(&mut server));
    server.receive(3, 1, resume_in(1, 2, 1, Some(1)));
    server.receive(3, 1, resume_in(1, 2, 2, Some(2)));
    server.sent.clear();
    let asked = (1..9).find(|_| {
        heartbeat(&mut server);
        !numbered(&mut server).is_empty()
    });
    assert_eq!(asked, Some(4));
}

/// The server holds a part of the snapshot that is sent, so a loss is no reason to begin again.
#[test]
fn a_loss_does_not_begin_a_newer_snapshot() {
    let mut server = streaming();
    server.receive(3, 1, resume_in(1, 2, 1, Some(1)));
    server.propose(2, "beta");
    server.receive(2, 1, success(3));
    server.take_snapshot(Instant(0));
    server.sent.clear();
    server.receive(3, 1, resume_in(1, 2, 1, Some(4)));
    assert_eq!(numbered(&mut server), [(6, 1), (7, 2)]);
}

/// After 20 pieces that arrived, two of three are lost. Loss is judged by 64 pieces, and pieces
/// that are lost in one go count as one: these are the first 20, and two for each of 22 answers.
/// Until then each answer makes room for as many bytes as it speaks for. Then the window is halved.
#[test]
fn the_loss_of_pieces_halves_the_window() {
    let mut server = sending_with(&"x".repeat(1_000), |config| {
        config.settings.snapshot_chunk_bytes = 1;
        config.settings.max_in_flight_bytes = 300;
    });
    assert_eq!(numbered(&mut server).len(), 300);
    for piece in 1..=20 {
        server.receive(3, 1, resume_in(1, 2, piece, Some(piece as u32)));
        assert_eq!(numbered(&mut server).len(), 1, "piece {piece}");
    }
    for answer in 1..=22 {
        server.receive(3, 1, resume_in(1, 2, 20, Some(20 + 3 * answer)));
        let sent = if answer < 22 { 3 } else { 0 };
        assert_eq!(numbered(&mut server).len(), sent, "answer {answer} that shows a loss");
    }
    assert_eq!(server.node.status().peers[1].in_flight_bytes, 297);
}

/// A question seems to show that all pieces are lost, but their answers are only late. Then nothing
/// is to be sent again, and the server may be storing the snapshot. While it answers heartbeats,
/// the entries after the snapshot are kept for it, however long its disk needs.
#[test]
fn pieces_that_were_late_and_not_lost_are_not_missing() {
    let mut server = streaming();
    (0..2).for_each(|_| heartbeat(&mut server));
    server.receive(3, 1, resume_in(3, 2, 0, Some(6)));
    assert_eq!(numbered(&mut server)[1..], [(7, 0)]);
    server.receive(3, 1, resume_in(3, 2, 4, Some(4)));
    assert_eq!(numbered(&mut server), [(8, 4)]);
    for _ in 0..40 {
        let now = server.node.deadline();
        server.handle(now, Input::Timeout);
        server.receive_at(now, 3, 1, failure(0, (0, 0)));
    }
    server.propose(2, "beta");
    server.receive(2, 1, success(3));
    server.take_snapshot(Instant(0));
    assert_eq!(server.node.log().base().index, LogIndex(2));
}
