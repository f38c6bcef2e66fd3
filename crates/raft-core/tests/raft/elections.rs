//! §5.2: who leads, and how a server comes to it.

use std::collections::BTreeSet;
use std::time::Duration;

use raft_core::{Body, Config, Input, Instant, NodeId, Recovered, RoleKind, Term};

use crate::builders::*;
use crate::cluster::{Cluster, is_append};
use crate::server::Server;

fn with_empty_disk() -> Server {
    Server::of_three(Recovered::default())
}

/// "When servers start up, they begin as followers."
#[test]
fn servers_start_as_followers() {
    let server = with_empty_disk();
    assert_eq!(server.node.role(), RoleKind::Follower);
    assert_eq!(server.node.leader(), None);
    assert_eq!(server.node.current_term(), Term(0));
    assert!(server.sent.is_empty() && server.writes.is_empty());
}

/// "A server remains in follower state as long as it receives valid RPCs from a leader."
#[test]
fn a_server_remains_a_follower_while_it_receives_valid_rpcs() {
    let mut server = with_empty_disk();
    for millis in (0..3000).step_by(100) {
        let now = Instant(millis * 1000);
        server.handle(now, Input::Timeout);
        server.receive_at(now, 2, 1, append((0, 0), &[], 0));
        assert!(server.node.deadline() >= now + Duration::from_millis(150));
    }
    assert_eq!(server.node.role(), RoleKind::Follower);
    assert_eq!(server.node.leader(), Some(NodeId(2)));
}

/// What is not from a valid leader does not keep a follower quiet.
#[test]
fn rpcs_of_a_stale_leader_do_not_restart_the_election_timer() {
    let mut server = Server::of_three(disk(3, &[]));
    let deadline = server.node.deadline();
    server.receive_at(Instant(1000), 2, 2, append((0, 0), &[], 0));
    server.receive_at(Instant(1000), 2, 2, install(&snapshot(4, 1, 3, "x"), 0, 1));
    assert_eq!(server.node.deadline(), deadline);
}

/// "Leaders send periodic heartbeats to all followers."
#[test]
fn a_leader_sends_heartbeats_to_all_followers() {
    let mut cluster = Cluster::new(5);
    cluster.elect(1);
    for _ in 0..10 {
        let started = cluster.now;
        assert_eq!(cluster.node(1).deadline(), started + Duration::from_millis(50));
        cluster.time_out(1);
        let receivers: Vec<u64> = cluster.network.iter().map(|envelope| envelope.to).collect();
        assert_eq!(receivers, [2, 3, 4, 5]);
        assert!(cluster.network.iter().all(is_append));
        cluster.settle();
    }
    assert_eq!(cluster.node(1).role(), RoleKind::Leader);
}

/// "To begin an election, a follower increments its current term and transitions to candidate
/// state. It then votes for itself and issues RequestVote RPCs in parallel to each of the other
/// servers."
#[test]
fn a_follower_whose_timeout_elapses_begins_an_election() {
    let mut server = Server::of_three(disk(4, &[1, 2, 4]));
    let now = server.node.deadline();
    server.handle(now, Input::Timeout);
    assert_eq!(server.node.role(), RoleKind::Candidate);
    assert_eq!(server.node.current_term(), Term(5));
    assert_eq!(server.node.voted_for(), Some(NodeId(1)));
    let request = message(5, request_vote(3, 4));
    assert_eq!(server.take_sent(), [(2, request.clone()), (3, request)]);
    assert!(server.node.deadline() > now, "the election timer starts anew");
}

/// A timer that fires early, or a deadline that moved meanwhile, does no harm.
#[test]
fn a_timeout_before_the_deadline_does_nothing() {
    let mut server = with_empty_disk();
    let before = Instant(server.node.deadline().0 - 1);
    server.handle(before, Input::Timeout);
    assert_eq!(server.node.role(), RoleKind::Follower);
}

/// "A candidate wins an election if it receives votes from a majority of the servers in the full
/// cluster for the same term." In clusters of all sizes, no vote earlier and no vote later.
#[test]
fn a_candidate_wins_with_votes_from_a_majority() {
    for size in 1..=9 {
        let mut server = Server::start(config(1, size), Recovered::default(), Instant(0));
        server.campaign();
        let majority = size / 2 + 1;
        for voter in 2..=majority {
            assert_eq!(server.node.role(), RoleKind::Candidate, "{size} servers");
            server.receive(voter, 1, vote(true));
        }
        assert_eq!(server.node.role(), RoleKind::Leader, "{size} servers");
    }
}

#[test]
fn refusals_do_not_elect_and_do_not_depose() {
    let mut server = Server::start(config(1, 5), Recovered::default(), Instant(0));
    server.campaign();
    for voter in [2, 3, 4, 5] {
        server.receive(voter, 1, vote(false));
    }
    assert_eq!(server.node.role(), RoleKind::Candidate);
    assert_eq!(server.node.current_term(), Term(1));
}

/// The network may repeat a vote; it is still one vote.
#[test]
fn a_repeated_vote_counts_once() {
    let mut server = Server::start(config(1, 5), Recovered::default(), Instant(0));
    server.campaign();
    for _ in 0..5 {
        server.receive(2, 1, vote(true));
    }
    assert_eq!(server.node.role(), RoleKind::Candidate);
    server.receive(3, 1, vote(true));
    assert_eq!(server.node.role(), RoleKind::Leader);
}

/// "Once a candidate wins an election, it becomes leader. It then sends heartbeat messages to all
/// of the other servers to establish its authority and prevent new elections."
#[test]
fn a_new_leader_sends_messages_to_all_other_servers() {
    let mut server = with_empty_disk();
    server.campaign();
    server.sent.clear();
    server.receive(2, 1, vote(true));
    let sent = server.take_sent();
    assert_eq!(sent.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [2, 3]);
    assert!(sent.iter().all(|(_, message)| matches!(message.body, Body::AppendEntries(_))));
}

/// "If the leader's term is at least as large as the candidate's current term, then the candidate
/// recognizes the leader as legitimate and returns to follower state."
#[test]
fn a_candidate_recognizes_the_leader_of_its_term() {
    let state = snapshot(4, 1, 3, "x");
    for body in [append((0, 0), &[], 0), install(&state, 0, 1)] {
        let mut server = with_empty_disk();
        server.campaign();
        server.receive(3, 1, body);
        assert_eq!(server.node.role(), RoleKind::Follower);
        assert_eq!(server.node.leader(), Some(NodeId(3)));
        // The vote belongs to the term: to clear it would allow a second one.
        assert_eq!(server.node.voted_for(), Some(NodeId(1)));
    }
}

/// "If the term in the RPC is smaller than the candidate's current term, then the candidate rejects
/// the RPC and continues in candidate state."
#[test]
fn a_candidate_rejects_the_leader_of_an_older_term() {
    let mut server = Server::of_three(disk(4, &[]));
    server.campaign();
    server.sent.clear();
    server.receive(3, 4, append((0, 0), &[], 0));
    assert_eq!(server.node.role(), RoleKind::Candidate);
    assert_eq!(server.take_sent(), [(3, message(5, failure(0, (0, 0))))]);
}

/// "Each candidate will time out and start a new election by incrementing its term and initiating
/// another round of RequestVote RPCs."
#[test]
fn after_a_split_vote_a_candidate_starts_a_new_election() {
    let mut cluster = Cluster::new(4);
    cluster.handle(1, Input::ForceElection);
    cluster.handle(2, Input::ForceElection);
    // 1 hears from 3 only, 2 from 4 only: two votes each, and three are needed.
    cluster.deliver_where(|envelope| envelope.to == 3 && envelope.from == 1);
    cluster.deliver_where(|envelope| envelope.to == 4 && envelope.from == 2);
    cluster.settle();
    assert_eq!(cluster.node(1).role(), RoleKind::Candidate);
    assert_eq!(cluster.node(2).role(), RoleKind::Candidate);
    assert_eq!(cluster.node(1).status().votes.iter().filter(|(_, granted)| *granted).count(), 2);
    cluster.time_out(1);
    cluster.settle();
    assert_eq!(cluster.node(1).role(), RoleKind::Leader);
    assert_eq!(cluster.node(1).current_term(), Term(2));
    assert_eq!(cluster.node(2).leader(), Some(NodeId(1)));
}

/// "Election timeouts are chosen randomly from a fixed interval (e.g., 150–300ms)."
#[test]
fn election_timeouts_are_chosen_randomly_from_a_fixed_interval() {
    let (min, max) = (Duration::from_millis(150), Duration::from_millis(300));
    let mut timeouts = BTreeSet::new();
    for seed in 0..20 {
        let mut config = config(1, 3);
        config.seed = seed;
        let mut server = Server::start(config, Recovered::default(), Instant(0));
        let mut started = Instant(0);
        for _ in 0..50 {
            let timeout = server.node.deadline() - started;
            assert!(timeout >= min && timeout <= max, "{timeout:?}");
            timeouts.insert(timeout);
            started = server.node.deadline();
            // "Each candidate restarts its randomized election timeout at the start of an
            // election."
            server.handle(started, Input::Timeout);
        }
    }
    assert!(timeouts.len() > 990, "{} different timeouts of 1000", timeouts.len());
    let tenth = (max - min) / 10;
    assert!(timeouts.first().is_some_and(|shortest| *shortest < min + tenth));
    assert!(timeouts.last().is_some_and(|longest| *longest > max - tenth));
}

/// An interval of one point is allowed: both ends belong to it.
#[test]
fn both_ends_of_the_interval_belong_to_it() {
    let timeout = Duration::from_millis(200);
    let mut config = config(1, 3);
    config.settings.election_timeout_min = timeout;
    config.settings.election_timeout_max = timeout;
    let server = Server::start(config, Recovered::default(), Instant(7));
    assert_eq!(server.node.deadline(), Instant(7) + timeout);
}

/// "At most one candidate can win the election for a particular term": who claims to have won what
/// another won is not believed.
#[test]
fn a_second_leader_of_a_term_is_not_believed() {
    let mut server = with_empty_disk();
    server.receive(2, 1, append((0, 0), &[1], 0));
    server.sent.clear();
    server.receive(3, 1, append((0, 0), &[1, 1], 2));
    assert_eq!(server.node.leader(), Some(NodeId(2)));
    assert_eq!(server.log_terms(), [1]);
    assert!(server.sent.is_empty());

    let mut leader = with_empty_disk();
    leader.lead();
    leader.receive(3, 1, append((0, 0), &[1, 1], 2));
    assert_eq!(leader.node.role(), RoleKind::Leader);
    assert!(leader.sent.is_empty());
}

#[test]
fn a_server_outside_the_membership_never_campaigns() {
    let config = Config::new(NodeId(4), membership(3));
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    for _ in 0..10 {
        server.handle(server.node.deadline(), Input::Timeout);
        server.handle(server.node.deadline(), Input::ForceElection);
    }
    assert_eq!(server.node.role(), RoleKind::Follower);
    assert_eq!(server.node.current_term(), Term(0));
    assert!(server.sent.is_empty());
}

/// It still follows.
#[test]
fn a_server_outside_the_membership_stores_what_the_leader_sends() {
    let config = Config::new(NodeId(4), membership(3));
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.receive(1, 1, append((0, 0), &[1, 1], 1));
    assert_eq!(server.take_reply(), success(2));
    assert_eq!(server.applied, entries(&[1]));
}

#[test]
fn a_leader_does_not_campaign() {
    let mut server = with_empty_disk();
    server.lead();
    server.handle(Instant(0), Input::ForceElection);
    assert_eq!(server.node.role(), RoleKind::Leader);
    assert_eq!(server.node.current_term(), Term(1));
}

/// A vote that arrives after the election is over changes nothing.
#[test]
fn a_late_vote_is_ignored() {
    let mut server = with_empty_disk();
    server.lead();
    let before = server.node.status();
    server.receive(3, 1, vote(true));
    server.receive(3, 1, vote(false));
    assert_eq!(server.node.status(), before);
}

/// Only who leads keeps sending: a deposed leader waits a whole election timeout first.
#[test]
fn a_deposed_leader_starts_its_election_timer() {
    let mut server = with_empty_disk();
    server.lead();
    let now = Instant(10_000);
    server.receive_at(now, 3, 2, request_vote(0, 0));
    assert_eq!(server.node.role(), RoleKind::Follower);
    assert!(server.node.deadline() >= now + Duration::from_millis(150));
}

#[test]
fn a_cluster_of_one_elects_itself_and_commits() {
    let mut cluster = Cluster::new(1);
    cluster.time_out(1);
    assert_eq!(cluster.node(1).role(), RoleKind::Leader);
    cluster.propose(1, "a");
    assert_eq!(cluster.server(1).state, "a");
    cluster.crash(1);
    cluster.restart(1);
    cluster.time_out(1);
    assert_eq!(cluster.server(1).state, "a");
}

#[test]
fn clusters_of_two_and_of_nine_elect_and_commit() {
    for size in [2, 9] {
        let mut cluster = Cluster::new(size);
        cluster.elect(size);
        cluster.propose(size, "a");
        cluster.settle();
        cluster.heartbeats(size, 1);
        cluster.assert_converged();
        assert_eq!(cluster.server(1).state, "a");
    }
}

/// A cluster of two needs both: there is no majority of one.
#[test]
fn a_cluster_of_two_does_not_survive_the_loss_of_one() {
    let mut cluster = Cluster::new(2);
    cluster.isolate(2);
    for _ in 0..5 {
        cluster.time_out(1);
    }
    assert_eq!(cluster.node(1).role(), RoleKind::Candidate);
}
