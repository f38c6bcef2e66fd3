//! §5.1: terms, the logical clock of Raft.

use raft_core::{Body, Input, Instant, NodeId, RoleKind, Term};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

/// One message of every kind, for a server whose log is `1@1`.
fn every_kind() -> Vec<Body> {
    let snapshot = snapshot(9, 1, 3, "state");
    vec![
        request_vote(1, 1),
        vote(true),
        append((1, 1), &[], 0),
        success(1),
        failure(1, (0, 0)),
        install(&snapshot, 0, 2),
        resume(9, 1),
        installed(1),
    ]
}

fn follower() -> Server {
    Server::of_three(disk(3, &[1]))
}

fn candidate() -> Server {
    let mut server = Server::of_three(disk(2, &[1]));
    server.campaign();
    server.sent.clear();
    server
}

fn leader() -> Server {
    let mut server = Server::of_three(disk(2, &[1]));
    server.lead();
    server
}

/// "If one server's current term is smaller than the other's, then it updates its current term to
/// the larger value."
#[test]
fn a_server_with_a_smaller_term_updates_to_the_larger_one() {
    for server in [follower, candidate, leader] {
        for body in every_kind() {
            let mut server = server();
            server.receive(2, 7, body.clone());
            assert_eq!(server.node.current_term(), Term(7), "{body:?}");
            assert_eq!(server.disk.hard_state.current_term, Term(7), "{body:?}");
        }
    }
}

/// "If a candidate or leader discovers that its term is out of date, it immediately reverts to
/// follower state."
#[test]
fn a_candidate_or_leader_with_an_out_of_date_term_reverts_to_follower() {
    for server in [candidate, leader] {
        for body in every_kind() {
            let mut server = server();
            server.receive(2, 4, body.clone());
            assert_eq!(server.node.role(), RoleKind::Follower, "{body:?}");
        }
    }
}

/// A new term is a new vote: nobody has it yet, unless the message just asked for it.
#[test]
fn entering_a_term_forgets_the_vote_of_the_term_before() {
    for body in every_kind() {
        let mut server = candidate();
        assert_eq!(server.node.voted_for(), Some(NodeId(1)));
        server.receive(2, 4, body.clone());
        let expected = matches!(body, Body::RequestVote(_)).then_some(NodeId(2));
        assert_eq!(server.node.voted_for(), expected, "{body:?}");
    }
}

/// "If a server receives a request with a stale term number, it rejects the request." Figure 2: the
/// reply carries the current term, for the sender to update itself.
#[test]
fn a_request_with_a_stale_term_is_rejected() {
    for server in [follower, candidate, leader] {
        let state = snapshot(9, 1, 3, "state");
        let requests = [
            (request_vote(1, 1), vote(false)),
            (append((1, 1), &[2], 2), failure(1, (0, 0))),
            (install(&state, 0, 5), resume_in(0, 9, 0, None)),
        ];
        for (request, rejection) in requests {
            let mut server = server();
            let (before, applied) = (server.node.status(), server.applied.len());
            server.receive(2, 2, request.clone());
            assert_eq!(server.take_sent(), [(2, message(3, rejection))], "{request:?}");
            assert_eq!(server.node.status(), before, "{request:?} changed something");
            assert_eq!(server.applied.len(), applied);
        }
    }
}

/// A reply of an older term says nothing about this one.
#[test]
fn a_reply_with_a_stale_term_is_ignored() {
    for server in [follower, candidate, leader] {
        for reply in [vote(true), success(2), failure(1, (0, 0)), resume(9, 1), installed(2)] {
            let mut server = server();
            let before = server.node.status();
            server.receive(2, 2, reply.clone());
            server.receive(3, 2, reply.clone());
            assert_eq!(server.node.status(), before, "{reply:?} changed something");
            assert!(server.sent.is_empty(), "{reply:?} was answered");
        }
    }
}

/// A candidate must count only votes that were given for its own term.
#[test]
fn votes_of_an_older_term_do_not_elect() {
    let mut server = candidate();
    server.campaign();
    assert_eq!(server.node.current_term(), Term(4));
    server.receive(2, 3, vote(true));
    server.receive(3, 3, vote(true));
    assert_eq!(server.node.role(), RoleKind::Candidate);
}

/// "Current terms are exchanged whenever servers communicate": a deposed leader learns of its
/// successor from the first answer.
#[test]
fn a_stale_leader_learns_the_term_from_a_rejection() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.isolate(1);
    cluster.elect(2);
    assert_eq!(cluster.node(1).role(), RoleKind::Leader);
    cluster.rejoin(1);
    cluster.time_out(1);
    cluster.settle();
    assert_eq!(cluster.node(1).role(), RoleKind::Follower);
    assert_eq!(cluster.node(1).current_term(), cluster.node(2).current_term());
}

/// Figure 2: `currentTerm` is "updated on stable storage before responding to RPCs".
#[test]
fn a_new_term_is_on_disk_before_any_message_carries_it() {
    let mut server = follower();
    server.disk_is_slow = true;
    server.receive(2, 7, request_vote(0, 0));
    server.receive(2, 7, append((5, 7), &[], 0));
    server.receive(2, 7, request_vote(0, 0));
    assert!(server.sent.is_empty(), "{:?}", server.sent);
    server.finish_writes(Instant(0));
    assert_eq!(server.take_sent().len(), 3);
}

/// Figure 2: `currentTerm` "increases monotonically"; a restart continues with the stored one.
#[test]
fn the_term_survives_a_restart() {
    let mut server = follower();
    server.receive(2, 7, append((1, 1), &[], 0));
    server.crash();
    server.restart(Instant(0));
    assert_eq!(server.node.current_term(), Term(7));
    server.handle(Instant(0), Input::ForceElection);
    assert_eq!(server.node.current_term(), Term(8));
}

/// A message that claims to come from the server itself, or from nobody, cannot even move the term.
/// Others are listened to, members or not (§6): "servers process incoming RPC requests without
/// consulting their current configurations".
#[test]
fn a_message_from_no_other_server_changes_nothing() {
    for sender in [0, 1] {
        for body in every_kind() {
            let mut server = follower();
            let before = server.node.status();
            server.receive(sender, 9, body);
            assert_eq!(server.node.status(), before);
            assert!(server.sent.is_empty());
        }
    }
}

/// With one more, they would overflow sooner or later.
#[test]
fn numbers_that_no_server_reaches_are_not_believed() {
    let too_large = u64::MAX / 2 + 1;
    for (term, index) in [(4, too_large), (too_large, 1)] {
        let mut server = follower();
        let before = server.node.status();
        server.receive(2, term, request_vote(index, 1));
        assert_eq!(server.node.status(), before, "term {term}, index {index}");
        assert!(server.sent.is_empty());
    }
}
