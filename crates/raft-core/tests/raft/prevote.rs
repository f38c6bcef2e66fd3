//! Dissertation §9.6: "a candidate would only increment its term if it first learned from a
//! majority of the cluster that they would be willing to grant the candidate their votes".

use std::time::Duration;

use raft_core::{
    Body, Input, Instant, NodeId, PreVoteTrace, Recovered, RoleKind, Term, TermTrace, Trace,
    VoteRefusal,
};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

const SECOND: Duration = Duration::from_secs(1);

/// Server 1 of three with this on its disk, everything on, its election timeout just over.
fn pre_candidate(disk: Recovered) -> Server {
    let mut server = Server::start(full_config(1, 3), disk, Instant(0));
    let deadline = server.node.deadline();
    server.handle(deadline, Input::Timeout);
    assert_eq!(server.node.role(), RoleKind::PreCandidate);
    server
}

#[test]
fn a_server_asks_before_it_enters_a_term() {
    let mut server = pre_candidate(disk(4, &[1, 4]));
    assert_eq!(server.take_sent(), [2, 3].map(|to| (to, message(4, pre_vote(2, 4)))));
    assert_eq!(server.node.current_term(), Term(4));
    assert_eq!(server.disk, disk(4, &[1, 4]), "nothing need be written");
    server.receive_at(server.node.status().timer_started, 2, 4, pre_vote_reply(true));
    assert_eq!(server.node.role(), RoleKind::Candidate);
    assert_eq!(server.take_sent(), [2, 3].map(|to| (to, message(5, request_vote(2, 4)))));
}

/// Dissertation §4.2.3: either setting is enough.
#[test]
fn no_pre_vote_is_granted_while_a_leader_is_heard() {
    for (pre_vote_is_on, check_quorum) in [(true, false), (false, true), (true, true)] {
        let mut config = full_config(1, 3);
        config.settings.pre_vote = pre_vote_is_on;
        config.settings.check_quorum = check_quorum;
        config.settings.lease_reads = false;
        let mut server = Server::start(config, disk(1, &[1]), Instant(0));
        server.receive(2, 1, append((1, 1), &[], 0));
        server.sent.clear();
        server.receive(3, 1, pre_vote(1, 1));
        let refusal = (3, message(1, pre_vote_reply(false)));
        assert_eq!(server.take_sent(), [refusal], "{pre_vote_is_on} {check_quorum}");
    }
}

#[test]
fn without_a_majority_the_term_stays() {
    let mut server = pre_candidate(disk(4, &[]));
    server.receive(2, 4, pre_vote_reply(false));
    server.receive(3, 4, pre_vote_reply(false));
    for _ in 0..5 {
        let deadline = server.node.deadline();
        server.handle(deadline, Input::Timeout);
        assert_eq!(server.node.role(), RoleKind::PreCandidate);
        assert_eq!(server.node.current_term(), Term(4));
    }
}

/// One server says yes twice: that is one vote.
#[test]
fn a_repeated_answer_counts_once() {
    let mut server = Server::start(full_config(1, 5), disk(4, &[]), Instant(0));
    let deadline = server.node.deadline();
    server.handle(deadline, Input::Timeout);
    server.receive_at(server.node.status().timer_started, 2, 4, pre_vote_reply(true));
    server.receive_at(server.node.status().timer_started, 2, 4, pre_vote_reply(true));
    assert_eq!(server.node.role(), RoleKind::PreCandidate);
    server.receive_at(server.node.status().timer_started, 3, 4, pre_vote_reply(true));
    assert_eq!(server.node.role(), RoleKind::Candidate);
}

/// "None of" the servers without a vote count: non-members and learners.
/// Its first refusal was late: it heard from a leader then, and does not any more.
#[test]
fn a_grant_counts_after_a_refusal_and_stays() {
    let mut server = pre_candidate(disk(4, &[]));
    server.receive_at(server.node.status().timer_started, 2, 4, pre_vote_reply(false));
    server.receive_at(server.node.status().timer_started, 2, 4, pre_vote_reply(true));
    assert_eq!(server.node.role(), RoleKind::Candidate);

    let mut server = Server::start(full_config(1, 5), disk(4, &[]), Instant(0));
    let deadline = server.node.deadline();
    server.handle(deadline, Input::Timeout);
    server.receive_at(server.node.status().timer_started, 2, 4, pre_vote_reply(true));
    server.receive_at(server.node.status().timer_started, 2, 4, pre_vote_reply(false));
    server.receive_at(server.node.status().timer_started, 3, 4, pre_vote_reply(true));
    assert_eq!(server.node.role(), RoleKind::Candidate);
}

#[test]
fn only_voters_count() {
    let mut config = full_config(1, 3);
    config.membership = membership(3).with_learners([NodeId(4)]);
    let mut server = Server::start(config, disk(4, &[]), Instant(0));
    let deadline = server.node.deadline();
    server.handle(deadline, Input::Timeout);
    server.receive(4, 4, pre_vote_reply(true));
    server.receive(77, 4, pre_vote_reply(true));
    assert_eq!(server.node.role(), RoleKind::PreCandidate);
    assert_eq!(server.node.status().votes, [(NodeId(1), true)]);
}

#[test]
fn to_say_yes_promises_nothing() {
    let mut server = Server::start(full_config(1, 3), disk(4, &[4]), Instant(0));
    let before = server.node.status();
    let later = Instant(149_999_999);
    server.receive_at(later, 2, 4, pre_vote(1, 4));
    server.receive_at(later, 3, 4, pre_vote(1, 4));
    let replies = [2, 3].map(|to| (to, message(4, pre_vote_reply(true))));
    assert_eq!(server.take_sent(), replies);
    assert_eq!(server.node.status(), before, "neither vote, term nor timer");
}

/// §5.4.1 holds for the question as it does for the vote.
#[test]
fn a_server_whose_log_is_behind_is_told_so_before_it_disturbs_anybody() {
    let mut server = Server::start(full_config(1, 3), disk(4, &[1, 4]), Instant(0));
    server.receive_at(Instant(1_000_000), 2, 4, pre_vote(5, 1));
    assert_eq!(server.take_reply(), pre_vote_reply(false));
    server.receive_at(Instant(1_000_000), 2, 4, pre_vote(2, 4));
    assert_eq!(server.take_reply(), pre_vote_reply(true));
}

/// "Pre-Vote solves the issue of a partitioned server disrupting the cluster when it rejoins."
#[test]
fn a_server_that_returns_disturbs_nobody() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    let term = cluster.node(1).current_term();
    cluster.isolate(3);
    cluster.live(5 * SECOND);
    assert_eq!(cluster.node(3).role(), RoleKind::PreCandidate);
    cluster.rejoin(3);
    cluster.propose(1, "x");
    cluster.live(SECOND);
    assert_eq!((cluster.leader(), cluster.node(1).current_term()), (Some(1), term));
    cluster.assert_converged();
}

/// The same server without pre-vote: its term deposes the leader. What the rule is for.
#[test]
fn without_the_question_a_server_that_returns_deposes_the_leader() {
    let mut cluster = Cluster::joining(3, 0, |config| config.settings.pre_vote = false);
    cluster.elect(1);
    let term = cluster.node(1).current_term();
    cluster.isolate(3);
    cluster.live(5 * SECOND);
    cluster.rejoin(3);
    cluster.live(SECOND);
    assert!(cluster.node(1).current_term() > term);
}

/// Servers of different terms, and only the one of the older term can win: the answer to its
/// question brings its term up to date. Else they would ask each other for ever.
#[test]
fn servers_of_different_terms_elect_a_leader() {
    let disks = vec![disk(9, &[1]), disk(3, &[1, 1]), Recovered::default()];
    let mut cluster = Cluster::start(disks, |config| *config = full_config(config.id.0, 3));
    cluster.crash(3);
    cluster.live(5 * SECOND);
    assert_eq!(cluster.leader(), Some(2));
    let reason = VoteRefusal::StaleTerm { current: Term(9) };
    let told = |trace: &Trace| {
        let Trace::PreVote(PreVoteTrace::Refused { reason: told, .. }) = trace else {
            return false;
        };
        *told == reason
    };
    let has_term =
        |trace: &Trace| matches!(trace, Trace::Term(TermTrace::Advanced { to: Term(9), .. }));
    let (one, two) = (&cluster.server(1).traces, &cluster.server(2).traces);
    assert!(one.iter().any(told) || two.iter().any(has_term));
}

#[test]
fn an_answer_of_an_older_term_is_answered_with_the_newer() {
    let mut server = Server::start(full_config(1, 3), disk(9, &[1]), Instant(0));
    server.receive(2, 3, pre_vote(2, 1));
    assert_eq!(server.take_sent(), [(2, message(9, pre_vote_reply(false)))]);
}

#[test]
fn a_pre_candidate_that_hears_its_leader_follows_it() {
    let mut server = pre_candidate(disk(4, &[4]));
    let now = server.node.deadline();
    server.receive_at(now, 3, 4, append((1, 4), &[], 0));
    assert_eq!((server.node.role(), server.node.leader()), (RoleKind::Follower, Some(NodeId(3))));
    assert!(server.node.deadline() > now);
    server.receive_at(now, 2, 4, pre_vote_reply(true));
    assert_eq!(server.node.role(), RoleKind::Follower, "what it asked before is over");
}

/// The votes that count are asked for anew: who said yes may say no.
#[test]
fn to_be_encouraged_is_not_to_be_elected() {
    let mut server = pre_candidate(disk(4, &[]));
    server.receive_at(server.node.status().timer_started, 2, 4, pre_vote_reply(true));
    server.receive_at(server.node.status().timer_started, 3, 5, vote(false));
    server.receive_at(server.node.status().timer_started, 3, 4, pre_vote_reply(true));
    assert_eq!(server.node.role(), RoleKind::Candidate);
    let votes = server.node.status().votes;
    assert_eq!(votes, [(NodeId(1), true), (NodeId(3), false)], "its own, and a refusal");
}

#[test]
fn a_server_alone_asks_nobody() {
    let mut server = Server::start(full_config(1, 1), Recovered::default(), Instant(0));
    let deadline = server.node.deadline();
    server.handle(deadline, Input::Timeout);
    assert_eq!(server.node.role(), RoleKind::Leader);
    let is_pre_vote =
        |(_, message): &(NodeId, raft_core::Message)| matches!(message.body, Body::PreVote(_));
    assert!(!server.sent.iter().any(is_pre_vote));
}

/// A server that asks for pre-votes may still be elected by votes that are late.
#[test]
fn late_votes_are_kept_beside_the_pre_votes() {
    let mut server = pre_candidate(disk(4, &[]));
    assert_eq!(server.node.memory_usage().votes, 1);
    server.receive_at(server.node.status().timer_started, 2, 4, pre_vote_reply(true));
    let deadline = server.node.deadline();
    server.handle(deadline, Input::Timeout);
    assert_eq!(server.node.role(), RoleKind::PreCandidate);
    assert_eq!(server.node.memory_usage().votes, 2);
}
