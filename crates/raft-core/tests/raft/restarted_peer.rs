//! A leader notices that a server was started again and has lost what it received of a snapshot.
//! Answers that overtake each other are no sign of it.

use raft_core::{ProgressKind, SnapshotTrace, Trace};

use crate::builders::*;
use crate::server::Server;
use crate::streaming::{heartbeat, numbered, streaming};

/// Whether the leader took server 3 for one that was started again, since the last call.
fn starts_over(server: &mut Server) -> bool {
    let is_it = |trace: Trace| matches!(trace, Trace::Snapshot(SnapshotTrace::StartedOver { .. }));
    std::mem::take(&mut server.traces).into_iter().any(is_it)
}

/// A follower that restarted has lost the pieces after a gap too.
#[test]
fn a_restart_loses_the_pieces_after_a_gap() {
    let mut server = streaming();
    for piece in 2..=5 {
        server.receive(3, 1, resume_in(2, 2, 0, Some(piece)));
    }
    assert_eq!(numbered(&mut server), [(6, 0)]);
    heartbeat(&mut server);
    server.receive(3, 1, resume_in(3, 2, 1, Some(6)));
    assert_eq!(numbered(&mut server), [(7, 1)], "the second byte is not there any more");
    server.receive(3, 1, resume_in(3, 2, 2, Some(7)));
    assert_eq!(numbered(&mut server), [(8, 2), (9, 3), (10, 4)]);
}

/// A question overtakes the pieces, and the answer to the second piece the one to the question.
#[test]
fn an_answer_of_an_earlier_moment_to_a_later_request_is_no_restart() {
    let mut server = streaming();
    heartbeat(&mut server);
    heartbeat(&mut server);
    assert_eq!(numbered(&mut server), [(6, 5)], "the question, in round 4");
    server.receive(3, 1, resume_in(2, 2, 2, Some(2)));
    server.receive(3, 1, resume_in(4, 2, 0, Some(6)));
    assert!(!starts_over(&mut server));
    let state = server.node.status().peers[1].state;
    assert!(matches!(state, ProgressKind::Snapshot { received: 2, .. }), "{state:?}");
    // A request that was sent later would have found them.
    heartbeat(&mut server);
    server.receive(3, 1, resume_in(5, 2, 0, Some(7)));
    assert!(starts_over(&mut server));
}

/// The same with a piece after a gap: the question came before it.
#[test]
fn a_piece_after_a_gap_that_came_later_is_no_restart() {
    let mut server = streaming();
    heartbeat(&mut server);
    heartbeat(&mut server);
    assert_eq!(numbered(&mut server), [(6, 5)], "the question, in round 4");
    server.receive(3, 1, resume_in(2, 2, 1, Some(3)));
    server.receive(3, 1, resume_in(4, 2, 2, Some(6)));
    assert!(!starts_over(&mut server));
    heartbeat(&mut server);
    server.receive(3, 1, resume_in(5, 2, 2, Some(7)));
    assert!(starts_over(&mut server));
}

/// An answer that says no more than is known is of no later moment.
#[test]
fn a_repeated_answer_does_not_hide_a_restart() {
    let mut server = streaming();
    server.receive(3, 1, resume_in(2, 2, 2, Some(2)));
    heartbeat(&mut server);
    server.receive(3, 1, resume_in(2, 2, 2, Some(2)));
    server.receive(3, 1, resume_in(3, 2, 0, Some(1)));
    assert!(starts_over(&mut server));
}

/// The peer answered before it was started again, and the answers are late. Requests after that
/// show what it holds now, in the same round too.
#[test]
fn a_late_answer_of_the_earlier_life_says_nothing() {
    for late in [Some(5), None] {
        let mut server = streaming();
        let received = |server: &Server| {
            let state = server.node.status().peers[1].state;
            let ProgressKind::Snapshot { received, .. } = state else { panic!("{state:?}") };
            received
        };
        server.receive(3, 1, resume_in(2, 2, 1, Some(1)));
        heartbeat(&mut server);
        server.receive(3, 1, resume_in(3, 2, 0, Some(4)));
        assert!(starts_over(&mut server));
        assert_eq!(numbered(&mut server), [(6, 0)]);
        server.receive(3, 1, resume_in(2, 2, 4, late));
        server.receive(3, 1, resume_in(3, 2, 4, late));
        assert_eq!(received(&server), 0);
        server.receive(3, 1, resume_in(3, 2, 1, Some(6)));
        assert_eq!(received(&server), 1);
        heartbeat(&mut server);
        server.receive(3, 1, resume_in(4, 2, 2, None));
        assert_eq!(received(&server), 2);
        assert!(!starts_over(&mut server));
    }
}
