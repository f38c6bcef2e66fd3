//! §5.2 and Figure 2: votes, given once in a term and never forgotten.

use std::time::Duration;

use raft_core::{
    DiskTrace, ElectionTrace, Input, Instant, NodeId, PersistId, Recovered, RoleKind, Term, Trace,
    VoteRefusal,
};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

/// "Each server will vote for at most one candidate in a given term, on a first-come-first-served
/// basis."
#[test]
fn each_server_votes_for_at_most_one_candidate_in_a_term() {
    let mut server = Server::of_three(Recovered::default());
    server.receive(3, 1, request_vote(0, 0));
    assert_eq!(server.take_reply(), vote(true));
    server.receive(2, 1, request_vote(9, 0));
    assert_eq!(server.take_reply(), vote(false));
    assert_eq!(server.node.voted_for(), Some(NodeId(3)));
    let reason = VoteRefusal::AlreadyVoted { voted_for: NodeId(3) };
    let refusal =
        Trace::Election(ElectionTrace::VoteRefused { candidate: NodeId(2), term: Term(1), reason });
    assert!(server.traces.contains(&refusal));
}

/// Figure 2: "If votedFor is null or candidateId, … grant vote": a lost reply can be asked for
/// again.
#[test]
fn a_repeated_request_gets_the_same_vote_again() {
    let mut server = Server::of_three(Recovered::default());
    for _ in 0..3 {
        server.receive(3, 1, request_vote(0, 0));
        assert_eq!(server.take_reply(), vote(true));
    }
}

#[test]
fn a_candidate_and_a_leader_refuse_their_vote_to_others() {
    let mut candidate = Server::of_three(Recovered::default());
    candidate.campaign();
    candidate.sent.clear();
    candidate.receive(2, 1, request_vote(5, 1));
    assert_eq!(candidate.take_reply(), vote(false));

    let mut leader = Server::of_three(Recovered::default());
    leader.lead();
    leader.receive(3, 1, request_vote(5, 1));
    assert_eq!(leader.take_reply(), vote(false));
    assert_eq!(leader.node.role(), RoleKind::Leader);
}

/// Figure 2: `votedFor` is "updated on stable storage before responding to RPCs".
#[test]
fn a_vote_leaves_only_when_it_is_on_disk() {
    let mut server = Server::of_three(disk(1, &[]));
    server.disk_is_slow = true;
    server.receive(3, 1, request_vote(0, 0));
    assert!(server.sent.is_empty());
    // Asked again, it must still wait.
    server.receive(3, 1, request_vote(0, 0));
    assert!(server.sent.is_empty());
    server.finish_write(Instant(0));
    assert_eq!(server.take_sent().len(), 2);
    assert_eq!(server.disk.hard_state.voted_for, Some(NodeId(3)));
}

/// A vote that a crash forgot could be given twice.
#[test]
fn a_vote_survives_a_restart() {
    let mut server = Server::of_three(Recovered::default());
    server.receive(3, 1, request_vote(0, 0));
    server.crash();
    server.restart(Instant(0));
    assert_eq!(server.node.voted_for(), Some(NodeId(3)));
    server.receive(2, 1, request_vote(5, 1));
    assert_eq!(server.take_reply(), vote(false));
    server.receive(3, 1, request_vote(0, 0));
    assert_eq!(server.take_reply(), vote(true));
}

/// A vote lost in a crash was not given: nobody heard of it.
#[test]
fn a_vote_that_a_crash_lost_never_left() {
    let mut server = Server::of_three(disk(1, &[]));
    server.disk_is_slow = true;
    server.receive(3, 1, request_vote(0, 0));
    server.crash();
    assert!(server.sent.is_empty());
    server.restart(Instant(0));
    server.receive(2, 1, request_vote(0, 0));
    server.finish_writes(Instant(0));
    assert_eq!(server.take_reply(), vote(true));
}

/// A candidate's request promises its vote for itself, its term, and a log. All must be on disk.
#[test]
fn a_request_for_votes_leaves_only_when_term_vote_and_log_are_on_disk() {
    let mut server = Server::of_three(disk(1, &[]));
    server.disk_is_slow = true;
    server.receive(2, 1, append((0, 0), &[1, 1], 0));
    server.handle(Instant(0), Input::ForceElection);
    assert!(server.sent.is_empty());
    // The log, and the acknowledgement of it.
    server.finish_write(Instant(0));
    assert_eq!(server.take_reply(), success(2));
    // Term and vote, and with them the requests.
    server.finish_write(Instant(0));
    let request = message(2, request_vote(2, 1));
    assert_eq!(server.take_sent(), [(2, request.clone()), (3, request)]);
}

/// A candidate's own vote counts like the others: when it is on disk.
#[test]
fn a_candidates_own_vote_counts_when_it_is_on_disk() {
    let mut server = Server::start(config(1, 1), Recovered::default(), Instant(0));
    server.disk_is_slow = true;
    server.handle(Instant(0), Input::ForceElection);
    assert_eq!(server.node.role(), RoleKind::Candidate);
    assert!(server.node.status().votes.is_empty());
    server.finish_write(Instant(0));
    assert_eq!(server.node.role(), RoleKind::Leader);
}

/// The completion of an older write says nothing about the vote.
#[test]
fn the_completion_of_an_older_write_does_not_release_a_vote() {
    let mut server = Server::of_three(disk(1, &[]));
    server.disk_is_slow = true;
    server.receive(2, 1, append((0, 0), &[1], 0));
    server.receive(3, 2, request_vote(1, 1));
    server.finish_write(Instant(0));
    assert_eq!(server.take_reply(), success(1));
    server.finish_write(Instant(0));
    assert_eq!(server.take_reply(), vote(true));
}

/// Figure 2, Followers: the election timeout counts from "granting vote to candidate" too.
#[test]
fn granting_a_vote_restarts_the_election_timer() {
    let mut server = Server::of_three(Recovered::default());
    let now = Instant(100_000);
    server.receive_at(now, 3, 1, request_vote(0, 0));
    assert!(server.node.deadline() >= now + Duration::from_millis(150));
}

/// … and not from refusing it: candidates that cannot win must not keep others from standing.
#[test]
fn refusing_a_vote_does_not_restart_the_election_timer() {
    let mut server = Server::of_three(disk(1, &[1]));
    let deadline = server.node.deadline();
    server.receive_at(Instant(100_000), 3, 2, request_vote(0, 0));
    assert_eq!(server.take_reply(), vote(false));
    assert_eq!(server.node.deadline(), deadline);
}

/// Two candidates of the same term, and a voter that crashes between their requests: still one
/// leader at most.
#[test]
fn a_voter_that_restarts_does_not_elect_two_leaders() {
    let mut cluster = Cluster::new(3);
    cluster.handle(1, Input::ForceElection);
    cluster.handle(2, Input::ForceElection);
    let to_third = |envelope: &crate::cluster::Envelope| envelope.to == 3;
    let requests = cluster.take(to_third);
    cluster.network.clear();
    for request in requests {
        cluster.deliver(request);
        cluster.crash(3);
        cluster.restart(3);
    }
    cluster.settle();
    let leaders = cluster.ids().filter(|id| cluster.node(*id).role() == RoleKind::Leader);
    assert_eq!(leaders.count(), 1);
}

/// A driver that reports a write it was never asked for is told so, and nothing is released.
#[test]
fn the_completion_of_an_unknown_write_releases_nothing() {
    let mut server = Server::of_three(Recovered::default());
    server.disk_is_slow = true;
    server.receive(3, 1, request_vote(0, 0));
    for id in [2, 3, u64::MAX] {
        server.handle(Instant(0), Input::Persisted(PersistId(id)));
        assert!(
            server.traces.contains(&Trace::Disk(DiskTrace::PersistedUnknown { id: PersistId(id) }))
        );
    }
    server.handle(Instant(0), Input::Persisted(PersistId(0)));
    assert!(server.sent.is_empty());
}
