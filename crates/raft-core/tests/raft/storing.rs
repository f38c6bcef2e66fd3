//! §7: the leader's side of a transfer whose pieces were all sent. The follower stores the
//! snapshot, or pieces are lost again and again.

use raft_core::{Body, LogIndex};

use crate::builders::*;
use crate::server::Server;
use crate::streaming::{heartbeat, numbered, sending, streaming};

/// The leader's round, and the question of this heartbeat, if the leader asks one.
fn question(server: &mut Server) -> (u64, Option<u32>) {
    heartbeat(server);
    let round = server.node.status().round.map_or(0, |round| round.0);
    (round, numbered(server).last().map(|(number, _)| *number))
}

/// Server 3 answers now.
fn answer(server: &mut Server, body: Body) {
    let now = server.node.status().timer_started;
    server.receive_at(now, 3, 1, body);
}

/// Entry 3 is committed, and then the log is compacted. The index before its first entry.
fn compact(server: &mut Server) -> LogIndex {
    server.propose(2, "beta");
    server.receive(2, 1, success(3));
    server.take_snapshot(server.node.status().timer_started);
    assert_eq!(server.node.snapshot().map(|snapshot| snapshot.position()), Some(at(3, 1)));
    server.node.log().base().index
}

/// The follower has all pieces, and its driver writes them to a file. Its answers to the leader's
/// questions show no loss: the leader asks less and less, and keeps the entries after the snapshot.
#[test]
fn a_follower_that_writes_a_file_is_asked_less_and_less() {
    let mut server = streaming();
    server.receive(3, 1, resume_in(2, 2, 5, Some(5)));
    let mut asked = Vec::new();
    for beat in 1..=30 {
        let (round, question) = question(&mut server);
        if question.is_some() {
            asked.push(beat);
            answer(&mut server, resume_in(round, 2, 5, question));
        }
    }
    assert_eq!(asked, [2, 6, 12, 20, 30]);
    assert_eq!(compact(&mut server), LogIndex(2), "the follower needs entry 3 next");
}

/// The only piece is lost each time: the leader may be unable to read it. After three times the log
/// is not kept any more.
#[test]
fn a_piece_that_is_always_lost_does_not_hold_the_log() {
    for (losses, base) in [(2, 2), (3, 3)] {
        let mut server = sending("alpha", 100);
        assert_eq!(numbered(&mut server), [(1, 0)]);
        for _ in 0..losses {
            let asked = (0..5).map(|_| question(&mut server)).find(|(_, asked)| asked.is_some());
            let (round, question) = asked.expect("it asks after a silence");
            answer(&mut server, resume_in(round, 2, 0, question));
            assert_eq!(numbered(&mut server).len(), 1, "the piece again");
        }
        assert_eq!(compact(&mut server), LogIndex(base), "{losses} losses");
    }
}

/// A question has no bytes either, and is as good as the only piece of an empty snapshot.
#[test]
fn an_empty_snapshot_is_not_sent_again_after_a_question() {
    let mut server = sending("", 100);
    assert_eq!(numbered(&mut server), [(1, 0)]);
    assert_eq!(question(&mut server).1, None);
    let (round, question) = question(&mut server);
    assert_eq!(question, Some(2));
    answer(&mut server, resume_in(round, 2, 0, question));
    assert_eq!(numbered(&mut server), []);
}
