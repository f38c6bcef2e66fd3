//! Dissertation §6.2: "a leader in Raft steps down if an election timeout elapses without a
//! successful round of heartbeats to a majority of its cluster". §4.2.3: "if a server receives a
//! RequestVote request within the minimum election timeout of hearing from a current leader, it
//! does not update its term or grant its vote".

use std::time::Duration;

use raft_core::{
    ForgetRefusal, Input, Instant, NodeId, Recovered, RoleKind, StepDownReason, Term, TermTrace,
    Trace,
};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

const SECOND: Duration = Duration::from_secs(1);

fn ms(milliseconds: u64) -> Instant {
    Instant(milliseconds * 1000)
}

/// Server 1 of three, which heard from its leader, server 2 of term 1, at time zero.
fn follower() -> Server {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(0));
    server.receive(2, 1, append((0, 0), &[], 0));
    server.sent.clear();
    server
}

fn has_lost_quorum(server: &Server) -> bool {
    let lost = |trace: &Trace| {
        matches!(
            trace,
            Trace::Term(TermTrace::SteppedDown { reason: StepDownReason::QuorumLost, .. })
        )
    };
    server.traces.iter().any(lost)
}

#[test]
fn a_leader_that_a_quorum_does_not_answer_steps_down() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    let (began, longest) = (cluster.now, cluster.server(1).config.settings.election_timeout_max);
    cluster.isolate(1);
    while cluster.node(1).role() == RoleKind::Leader {
        cluster.time_out(1);
    }
    assert!(has_lost_quorum(cluster.server(1)));
    let (lasted, beat) =
        (cluster.now - began, cluster.server(1).config.settings.heartbeat_interval);
    assert!(lasted > longest && lasted <= longest + 2 * beat, "it led for {lasted:?}");
    assert_eq!(cluster.node(1).leader(), None, "clients are to look for another");
}

/// Followers say at once that they follow, and what they hold when it is on disk: disks that are
/// slower than an election timeout do not depose a leader, and its reads do not wait for them.
#[test]
fn a_leader_whose_followers_have_slow_disks_stays() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.heartbeats(1, 1);
    for id in [2, 3] {
        cluster.server_mut(id).disk_is_slow = true;
    }
    cluster.propose(1, "slow");
    cluster.settle();
    let longest = cluster.server(1).config.settings.election_timeout_max;
    let began = cluster.now;
    while cluster.now - began < 5 * longest {
        cluster.time_out(1);
        cluster.settle();
    }
    assert_eq!(cluster.node(1).role(), RoleKind::Leader);
    assert!(cluster.node(1).status().lease_until.is_some_and(|until| until > cluster.now));
    assert_eq!(cluster.match_index(1, 2), cluster.match_index(1, 3), "neither holds the entry");
    assert!(cluster.node(1).commit_index() < cluster.node(1).log().last().index);
    cluster.finish_together(2, 10);
    cluster.settle();
    assert_eq!(cluster.node(1).commit_index(), cluster.node(1).log().last().index);
}

#[test]
fn a_leader_that_a_quorum_answers_stays() {
    let mut cluster = Cluster::full(5);
    cluster.elect(1);
    cluster.crash(4);
    cluster.crash(5);
    cluster.live(5 * SECOND);
    assert_eq!(cluster.leader(), Some(1));
    cluster.crash(3);
    cluster.live(SECOND);
    assert!(has_lost_quorum(cluster.server(1)), "two of five are no quorum");
}

/// "Learners count nowhere."
#[test]
fn learners_do_not_keep_a_leader() {
    let members = membership(2).with_learners([NodeId(3), NodeId(4)]);
    let mut cluster = Cluster::joining(4, 0, |config| config.membership = members.clone());
    cluster.elect(1);
    cluster.crash(2);
    cluster.live(SECOND);
    assert!(has_lost_quorum(cluster.server(1)));
}

/// Any answer will do, a refusal of entries too.
#[test]
fn a_follower_whose_log_must_be_repaired_is_heard() {
    let mut config = full_config(1, 3);
    config.settings.lease_reads = false;
    let mut server = Server::start(config, disk(1, &[1, 1, 1]), Instant(0));
    server.lead();
    for beat in 1..40 {
        server.receive_at(ms(beat * 50), 2, 2, failure(3, (0, 0)));
        server.handle(ms(beat * 50), Input::Timeout);
        assert_eq!(server.node.role(), RoleKind::Leader);
    }
}

#[test]
fn a_follower_that_hears_its_leader_grants_no_vote_and_enters_no_term() {
    let mut server = follower();
    server.receive_at(ms(149), 3, 7, request_vote(9, 1));
    assert_eq!(server.take_sent(), [(3, message(1, vote(false)))]);
    assert_eq!(server.node.current_term(), Term(1));
    server.receive_at(ms(149), 3, 1, pre_vote(9, 1));
    assert_eq!(server.take_reply(), pre_vote_reply(false));
}

#[test]
fn leader_stickiness_lasts_for_the_shortest_election_timeout() {
    let mut server = follower();
    server.receive_at(ms(150), 3, 7, request_vote(9, 1));
    assert_eq!(server.take_sent(), [(3, message(7, vote(true)))]);
    let mut server = follower();
    server.receive_at(ms(150), 3, 1, pre_vote(9, 1));
    assert_eq!(server.take_reply(), pre_vote_reply(true));
}

/// A leader of an older term, a vote, an answer: none of that is to hear from the current leader.
#[test]
fn only_the_leader_of_the_term_is_heard() {
    let mut server = Server::start(full_config(1, 3), disk(5, &[]), Instant(0));
    let later = ms(1000);
    server.receive_at(later, 2, 4, append((0, 0), &[], 0));
    server.receive_at(later, 2, 5, success(0));
    server.receive_at(later, 2, 5, pre_vote(0, 0));
    server.sent.clear();
    server.receive_at(later, 3, 6, request_vote(0, 0));
    assert_eq!(server.take_reply(), vote(true));
}

#[test]
fn pieces_of_a_snapshot_show_that_the_leader_is_there() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(0));
    server.receive_at(ms(1000), 2, 1, install(&snapshot(3, 1, 3, "state"), 0, 2));
    server.sent.clear();
    server.receive_at(ms(1100), 3, 2, request_vote(9, 1));
    assert_eq!(server.take_reply(), vote(false));
}

#[test]
fn a_leader_grants_no_vote_and_enters_no_term() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(0));
    server.lead();
    server.receive_at(ms(10), 3, 9, request_vote(9, 8));
    assert_eq!(server.take_reply(), vote(false));
    assert_eq!((server.node.role(), server.node.current_term()), (RoleKind::Leader, Term(1)));
}

/// "We use a special flag in RequestVote to indicate" that the leader gave permission.
#[test]
fn an_election_that_the_leader_asked_for_is_not_refused() {
    let mut server = follower();
    server.receive_at(ms(1), 3, 2, request_vote_by_transfer(9, 1));
    assert_eq!(server.take_sent(), [(3, message(2, vote(true)))]);
}

/// A leader that asks for votes leads no more: leader stickiness ends.
#[test]
fn the_leader_itself_is_not_refused() {
    let mut server = follower();
    server.receive_at(ms(1), 2, 1, pre_vote(9, 1));
    assert_eq!(server.take_reply(), pre_vote_reply(true));
    server.receive_at(ms(1), 2, 2, request_vote(9, 1));
    assert_eq!(server.take_reply(), vote(true));
}

/// The server in the middle hears the leader, so the one that only hears the middle cannot win.
#[test]
fn a_server_that_hears_only_one_other_disturbs_nobody() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    let term = cluster.node(1).current_term();
    cluster.cut(1, 3);
    cluster.live(10 * SECOND);
    assert_eq!((cluster.leader(), cluster.node(1).current_term()), (Some(1), term));
    assert_eq!(cluster.node(2).leader(), Some(NodeId(1)));
}

/// The leader is cut off from all but the bridge: it has no quorum, and the bridge can have one.
#[test]
fn the_bridge_becomes_leader_when_only_it_reaches_a_quorum() {
    let mut cluster = Cluster::full(5);
    cluster.elect(1);
    for (one, other) in [(1, 2), (1, 4), (1, 5), (2, 4), (2, 5), (4, 5)] {
        cluster.cut(one, other);
    }
    cluster.live(10 * SECOND);
    assert_eq!(cluster.leader(), Some(3), "all others reach only server 3");
    let term = cluster.node(3).current_term();
    cluster.live(10 * SECOND);
    assert_eq!((cluster.leader(), cluster.node(3).current_term()), (Some(3), term));
}

/// A leader that is heard and hears nobody would else keep the cluster from its work for ever.
#[test]
fn a_leader_that_hears_nobody_gives_way() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.cut_one_way(2, 1);
    cluster.cut_one_way(3, 1);
    cluster.live(5 * SECOND);
    let leader = cluster.leader().expect("two servers reach each other");
    assert_ne!(leader, 1);
    let request = cluster.propose(leader, "x");
    cluster.live(SECOND);
    assert!(matches!(cluster.outcome(leader, request), Some(raft_core::Outcome::Committed(_))));
}

/// A server of a later term cannot follow the leader, and nobody votes for it while the leader
/// lives: its refusal of entries must depose the leader, or it stays outside for ever.
#[test]
fn a_server_of_a_later_term_gets_back_in() {
    let disks = vec![disk(3, &[1]), disk(3, &[1]), disk(9, &[])];
    let mut cluster = Cluster::start(disks, |config| *config = full_config(config.id.0, 3));
    cluster.isolate(3);
    cluster.live(2 * SECOND);
    assert!(cluster.leader().is_some_and(|leader| leader < 3));
    cluster.heal();
    cluster.live(2 * SECOND);
    let leader = cluster.leader().expect("all are well");
    cluster.propose(leader, "x");
    cluster.live(SECOND);
    assert_eq!(cluster.leader(), Some(leader));
    assert!(cluster.node(leader).current_term() > Term(9));
    cluster.assert_converged();
}

#[test]
fn to_forget_its_leader_a_server_must_not_owe_it_a_lease() {
    let mut server = follower();
    server.handle(ms(1), Input::ForgetLeader);
    let reason = ForgetRefusal::LeaseReads;
    assert_eq!(server.traces.last(), Some(&Trace::Term(TermTrace::LeaderNotForgotten { reason })));
    server.receive_at(ms(1), 3, 2, request_vote(9, 1));
    assert_eq!(server.take_reply(), vote(false));
}

#[test]
fn a_server_that_forgot_its_leader_votes_for_another() {
    let mut config = full_config(1, 3);
    config.settings.lease_reads = false;
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.receive(2, 1, append((0, 0), &[], 0));
    server.sent.clear();
    server.handle(ms(1), Input::ForgetLeader);
    assert_eq!(server.node.leader(), None);
    server.receive_at(ms(1), 3, 2, request_vote(9, 1));
    assert_eq!(server.take_reply(), vote(true));
}
