//! Dissertation §6.4: reads that need no log entry, on the leader and on followers; §6.4.1: leases.

use std::time::Duration;

use raft_core::{
    Body, Config, ForwardId, IgnoredMessage, Input, Instant, LogIndex, NodeId, Outcome, ReadIndex,
    ReadIndexReply, ReadMode, Recovered, Refusal, RequestId, RoleKind, Trace,
};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

/// A lease under the default settings: 150 ms × 0.95 / 1.05, in microseconds.
const LEASE: u64 = 135_714;

/// Server 1, leader of three in term 1, whose no-op is committed. It has sent one round.
fn leader() -> Server {
    leader_with(|_| {})
}

fn leader_with(change: impl Fn(&mut Config)) -> Server {
    let mut config = full_config(1, 3);
    change(&mut config);
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.lead();
    server.receive(2, 1, success_in(1, 1));
    assert_eq!(server.commit_index(), 1);
    server.sent.clear();
    server
}

/// The same, without a lease.
fn leader_without_lease() -> Server {
    leader_with(|config| config.settings.lease_reads = false)
}

fn read_at(server: &mut Server, now: Instant, request: u64, mode: ReadMode) {
    server.handle(now, Input::Read { request: RequestId(request), mode });
}

fn ask(server: &mut Server, request: u64) {
    read_at(server, Instant(0), request, ReadMode::Quorum);
}

fn readable(index: u64) -> Option<Outcome> {
    Some(Outcome::Readable { index: LogIndex(index) })
}

/// The rounds of the requests sent to server 2 since the last call.
fn rounds(server: &mut Server) -> Vec<u64> {
    let round = |(to, message): (u64, raft_core::Message)| {
        let Body::AppendEntries(request) = message.body else { return None };
        (to == 2).then_some(request.round.0)
    };
    server.take_sent().into_iter().filter_map(round).collect()
}

fn read_index(id: u64, lease: bool) -> Body {
    Body::ReadIndex(ReadIndex { id: ForwardId(id), lease })
}

fn read_index_reply(id: u64, result: Result<u64, Refusal>) -> Body {
    let (id, result) = (ForwardId(id), result.map(LogIndex));
    Body::ReadIndexReply(ReadIndexReply { id, result })
}

/// "It issues a new round of heartbeats and waits for their acknowledgments from a majority."
#[test]
fn a_read_waits_for_a_quorum_to_answer_a_round_begun_after_it() {
    let mut server = leader();
    ask(&mut server, 1);
    assert_eq!(rounds(&mut server), [2]);
    assert_eq!(server.outcome(1), None);
    server.receive(3, 1, success_in(2, 1));
    assert_eq!(server.outcome(1), readable(1));
}

/// An answer to an earlier round proves nothing about the time after the read, however late it
/// comes.
#[test]
fn late_answers_to_earlier_rounds_confirm_nothing() {
    let mut server = leader();
    ask(&mut server, 1);
    server.receive(2, 1, success_in(1, 1));
    server.receive(3, 1, success_in(1, 1));
    server.receive(3, 1, failure(1, (0, 0)));
    assert_eq!(server.outcome(1), None);
    ask(&mut server, 2);
    server.receive(2, 1, success_in(2, 1));
    assert_eq!((server.outcome(1), server.outcome(2)), (readable(1), None));
    server.receive(2, 1, success_in(3, 1));
    assert_eq!(server.outcome(2), readable(1));
}

#[test]
fn an_answer_to_a_later_round_confirms_earlier_reads() {
    let mut server = leader();
    ask(&mut server, 1);
    ask(&mut server, 2);
    server.receive(2, 1, success_in(3, 1));
    assert_eq!((server.outcome(1), server.outcome(2)), (readable(1), readable(1)));
}

/// A leader that was deposed cannot make up the answer, and nobody makes up a round.
#[test]
fn an_answer_to_a_round_that_was_never_begun_is_ignored() {
    let mut server = leader();
    ask(&mut server, 1);
    server.receive(2, 1, success_in(9, 1));
    assert_eq!(server.outcome(1), None);
    ask(&mut server, 2);
    server.receive(2, 1, success_in(2, 1));
    assert_eq!((server.outcome(1), server.outcome(2)), (readable(1), None));
}

/// A refusal of entries, or a piece of a snapshot that arrived: who answers in this term follows.
#[test]
fn any_answer_of_the_term_confirms() {
    let mut server = leader();
    ask(&mut server, 1);
    let refusal = raft_core::AppendEntriesReply::Failure {
        prev_log_index: LogIndex(1),
        hint: at(0, 0),
        round: raft_core::HeartbeatRound(2),
    };
    server.receive(3, 1, Body::AppendEntriesReply(refusal));
    assert_eq!(server.outcome(1), readable(1));
    ask(&mut server, 2);
    server.receive(3, 1, resume_in(3, 1, 0, None));
    assert_eq!(server.outcome(2), readable(1));
}

#[test]
fn one_answer_is_no_quorum_of_five() {
    let mut server = Server::start(full_config(1, 5), Recovered::default(), Instant(0));
    server.campaign();
    [2, 3].into_iter().for_each(|id| server.receive(id, 0, pre_vote_reply(true)));
    [2, 3].into_iter().for_each(|id| server.receive(id, 1, vote(true)));
    [2, 3].into_iter().for_each(|id| server.receive(id, 1, success_in(1, 1)));
    ask(&mut server, 1);
    server.receive(2, 1, success_in(2, 1));
    server.receive(2, 1, success_in(2, 1));
    assert_eq!(server.outcome(1), None);
    server.receive(4, 1, success_in(2, 0));
    assert_eq!(server.outcome(1), readable(1));
}

/// "If the leader has not yet marked an entry from its current term committed, it waits until it
/// has done so." Here it says so instead of waiting.
#[test]
fn before_an_entry_of_its_own_term_is_committed_a_leader_does_not_know_what_is() {
    for mode in [ReadMode::Quorum, ReadMode::Lease] {
        let mut server = Server::start(full_config(1, 3), disk(1, &[1, 1]), Instant(0));
        let deadline = server.node.deadline();
        server.handle(deadline, Input::Timeout);
        server.receive_at(deadline, 2, 1, pre_vote_reply(true));
        server.receive_at(deadline, 2, 2, vote(true));
        assert_eq!(server.node.role(), RoleKind::Leader);
        server.receive_at(deadline, 2, 2, success_in(1, 2));
        read_at(&mut server, deadline, 1, mode);
        assert_eq!(server.outcome(1), Some(Outcome::Refused(Refusal::TermNotCommitted)));
        server.receive_at(deadline, 2, 2, success_in(1, 3));
        read_at(&mut server, deadline, 2, ReadMode::Lease);
        assert_eq!(server.outcome(2), readable(3));
    }
}

/// "A leader can amortise the round over any number of read-only queries that it has accumulated."
#[test]
fn reads_that_come_together_share_a_round() {
    let mut server = leader();
    let now = Instant(0);
    for request in 1..=5 {
        server
            .node
            .handle(now, Input::Read { request: RequestId(request), mode: ReadMode::Quorum });
    }
    ask(&mut server, 6);
    assert_eq!(rounds(&mut server), [2]);
    server.receive(2, 1, success_in(2, 1));
    assert!((1..=6).all(|request| server.outcome(request) == readable(1)));
}

/// The same for reads that followers pass on.
#[test]
fn forwarded_reads_that_come_together_share_a_round() {
    let mut server = leader();
    for id in 1..=5 {
        let message = message(1, read_index(id, false));
        server.node.handle(Instant(0), Input::Message { from: NodeId(2), message });
    }
    ask(&mut server, 6);
    assert_eq!(rounds(&mut server), [2]);
    server.receive(3, 1, success_in(2, 1));
    let answers = server
        .take_sent()
        .into_iter()
        .filter(|(to, message)| *to == 2 && matches!(message.body, Body::ReadIndexReply(_)));
    assert_eq!(answers.count(), 5);
}

/// A read and the command after it, in either order: the read need not see a command that was not
/// committed when it came.
#[test]
fn reads_and_commands_that_come_together_share_their_messages() {
    let mut server = leader();
    let command = raft_core::Bytes::from(b"x");
    server.node.handle(Instant(0), Input::Propose { request: RequestId(1), command });
    ask(&mut server, 2);
    assert_eq!(rounds(&mut server), [2], "one message with the entry and the round");
    server.receive(2, 1, success_in(2, 2));
    assert!(matches!(server.outcome(1), Some(Outcome::Committed(_))));
    assert!(matches!(server.outcome(2), Some(Outcome::Readable { .. })));
}

/// The index is committed, but this server's disk is slow: the state machine does not show it yet.
#[test]
fn a_read_is_answered_only_after_what_it_must_see_is_applied() {
    let mut server = leader();
    server.disk_is_slow = true;
    server.propose(1, "x");
    server.receive(2, 1, success_in(1, 2));
    server.receive(3, 1, success_in(1, 2));
    assert_eq!((server.commit_index(), server.node.last_applied()), (2, LogIndex(1)));
    ask(&mut server, 2);
    server.receive(2, 1, success_in(2, 2));
    assert_eq!(server.outcome(2), None);
    server.finish_writes(Instant(0));
    assert_eq!(server.outcome(2), readable(2));
}

#[test]
fn a_server_alone_is_a_quorum() {
    let mut server = Server::start(full_config(1, 1), Recovered::default(), Instant(0));
    server.campaign();
    ask(&mut server, 1);
    assert_eq!(server.outcome(1), readable(1));
}

#[test]
fn a_leader_that_steps_down_refuses_the_reads_that_wait() {
    let mut server = leader();
    ask(&mut server, 1);
    server.receive(2, 1, read_index(7, false));
    server.sent.clear();
    server.receive(3, 2, append((0, 0), &[], 0));
    assert_eq!(server.outcome(1), Some(Outcome::NotLeader { leader: None }));
    let sent = server.take_sent();
    let refusal = read_index_reply(7, Err(Refusal::NotLeader));
    assert!(sent.iter().any(|(to, message)| *to == 2 && message.body == refusal), "{sent:?}");
}

#[test]
fn no_more_reads_wait_than_the_limit_allows() {
    let limit = 3;
    let mut server = leader_with(|config| config.settings.max_pending_requests = limit);
    (1..=3).for_each(|request| ask(&mut server, request));
    ask(&mut server, 4);
    server.sent.clear();
    server.receive(2, 1, read_index(1, false));
    let refusal = Refusal::TooManyPending { limit: limit as u64 };
    assert_eq!(server.outcome(4), Some(Outcome::Refused(refusal)));
    assert_eq!(server.take_reply(), read_index_reply(1, Err(refusal)));
    server.receive(2, 1, success_in(4, 1));
    ask(&mut server, 5);
    assert_eq!(server.outcome(5), None, "there is room again");
}

/// Some are confirmed, and wait until the entries before them are applied.
#[test]
fn reads_that_wait_for_entries_count_against_the_limit() {
    let limit = 2;
    let mut server = leader_with(|config| config.settings.max_pending_requests = limit);
    server.disk_is_slow = true;
    server.propose(1, "x");
    server.receive(2, 1, success_in(1, 2));
    server.receive(3, 1, success_in(1, 2));
    ask(&mut server, 2);
    assert_eq!(server.node.memory_usage().rounds, 1);
    server.receive(2, 1, success_in(2, 2));
    assert_eq!((server.outcome(2), server.node.memory_usage().rounds), (None, 0));
    ask(&mut server, 3);
    ask(&mut server, 4);
    let refusal = Refusal::TooManyPending { limit: limit as u64 };
    assert_eq!(server.outcome(3), None);
    assert_eq!(server.outcome(4), Some(Outcome::Refused(refusal)));
}

// Leases.

#[test]
fn with_a_lease_a_read_costs_no_message() {
    let mut server = leader();
    read_at(&mut server, Instant(LEASE - 1), 1, ReadMode::Lease);
    assert_eq!(server.outcome(1), readable(1));
    assert_eq!(server.take_sent(), []);
}

/// The drift of both clocks is taken off.
#[test]
fn a_lease_ends_before_the_fastest_followers_patience() {
    let mut server = leader();
    assert_eq!(server.node.status().lease_until, Some(Instant(LEASE)));
    read_at(&mut server, Instant(LEASE), 1, ReadMode::Lease);
    assert_eq!(server.outcome(1), None);
    assert_eq!(rounds(&mut server), [2], "it asks a quorum instead");
    server.receive_at(Instant(LEASE), 2, 1, success_in(2, 1));
    assert_eq!(server.outcome(1), readable(1));
}

/// The lease counts from the sending of the round that was answered, not from the answer.
#[test]
fn a_late_answer_gives_a_short_lease() {
    let mut server = leader();
    server.handle(Instant(50_000), Input::Timeout);
    server.receive_at(Instant(120_000), 2, 1, success_in(1, 1));
    assert_eq!(server.node.status().lease_until, Some(Instant(LEASE)));
    server.receive_at(Instant(120_000), 2, 1, success_in(2, 1));
    assert_eq!(server.node.status().lease_until, Some(Instant(50_000 + LEASE)));
}

#[test]
fn a_lease_needs_a_quorum() {
    let mut server = Server::start(full_config(1, 5), Recovered::default(), Instant(0));
    server.campaign();
    [2, 3].into_iter().for_each(|id| server.receive(id, 0, pre_vote_reply(true)));
    [2, 3].into_iter().for_each(|id| server.receive(id, 1, vote(true)));
    server.receive(2, 1, success_in(1, 1));
    assert_eq!(server.node.status().lease_until, None);
    server.receive(4, 1, success_in(1, 1));
    assert_eq!(server.node.status().lease_until, Some(Instant(LEASE)));
}

#[test]
fn without_lease_reads_a_lease_read_asks_a_quorum() {
    let mut server = leader_without_lease();
    read_at(&mut server, Instant(0), 1, ReadMode::Lease);
    assert_eq!((server.outcome(1), rounds(&mut server)), (None, vec![2]));
}

/// The target is elected although its voters hear this leader; it may be told at any later time.
#[test]
fn a_transfer_voids_the_lease_for_the_rest_of_the_term() {
    let mut server = leader();
    let to = NodeId(2);
    server.handle(Instant(0), Input::TransferLeadership { request: RequestId(9), to });
    assert_eq!(server.node.status().lease_until, None);
    for beat in 1..=8 {
        let now = Instant(beat * 50_000);
        server.handle(now, Input::Timeout);
        server.receive_at(now, 2, 1, success_in(beat + 1, 1));
    }
    assert_eq!(
        server.outcome(9),
        Some(Outcome::Refused(Refusal::TransferTimedOut { to })),
        "the transfer is over"
    );
    assert_eq!(server.node.status().lease_until, None);
    read_at(&mut server, Instant(400_000), 1, ReadMode::Lease);
    assert_eq!(server.outcome(1), None);
}

/// If the target was never told, nothing was risked.
#[test]
fn after_a_transfer_that_never_came_so_far_the_lease_is_good_again() {
    let mut server = leader();
    let to = NodeId(3);
    server.handle(Instant(0), Input::TransferLeadership { request: RequestId(9), to });
    assert_eq!(server.node.status().lease_until, None);
    for beat in 1..=6 {
        let now = Instant(beat * 50_000);
        server.handle(now, Input::Timeout);
        server.receive_at(now, 2, 1, success_in(beat + 1, 1));
    }
    assert_eq!(server.node.status().lease_until, Some(Instant(300_000 + LEASE)));
}

/// Before the crash it may have told a leader that it follows: the leader's lease rests on that.
#[test]
fn leader_stickiness_lasts_through_a_restart() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(0));
    server.receive(2, 1, append((0, 0), &[], 0));
    server.crash();
    server.restart(Instant(1000));
    server.receive_at(Instant(150_999), 3, 1, pre_vote(9, 1));
    assert_eq!(server.take_reply(), pre_vote_reply(false));
    server.receive_at(Instant(150_999), 3, 2, request_vote(9, 1));
    assert_eq!(server.take_reply(), vote(false));
    server.receive_at(Instant(151_000), 3, 2, request_vote(9, 1));
    assert_eq!(server.take_reply(), vote(true));
}

/// Its own vote counts too: an operator who makes a server start an election must not break a lease
/// that rests on this server's patience.
#[test]
fn nobody_can_make_a_server_break_its_leaders_lease() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.cut(1, 3);
    cluster.live(Duration::from_millis(210));
    let status = cluster.node(1).status();
    assert!(status.lease_until.is_some_and(|until| until > cluster.now));
    // Server 3 has not heard the leader for long, and server 2 has.
    cluster.handle(2, Input::ForceElection);
    for _ in 0..6 {
        cluster.deliver_where(|envelope| envelope.from != 1 && envelope.to != 1);
    }
    let read = cluster.read(1, ReadMode::Lease);
    assert!(matches!(cluster.outcome(1, read), Some(Outcome::Readable { .. })));
    assert_ne!(cluster.node(2).role(), RoleKind::Leader);
}

// On followers.

/// Server 1 follows server 2, leader of term 1, and has applied one entry.
fn follower() -> Server {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(0));
    server.receive(2, 1, append((0, 0), &[1], 1));
    server.sent.clear();
    server
}

/// The id under which the follower asked its leader.
fn asked(server: &mut Server) -> u64 {
    let sent = server.take_reply();
    let Body::ReadIndex(request) = sent else { panic!("{sent:?} does not ask") };
    request.id.0
}

/// "The follower could … send a request to the leader asking for its current readIndex; then the
/// follower executes" the wait "on its own state machine".
#[test]
fn a_follower_asks_its_leader_and_waits_until_it_has_applied_as_much() {
    let mut server = follower();
    ask(&mut server, 1);
    let id = asked(&mut server);
    server.receive(2, 1, read_index_reply(id, Ok(2)));
    assert_eq!(server.outcome(1), None);
    server.receive(2, 1, append((1, 1), &[1], 1));
    assert_eq!(server.outcome(1), None, "held is not committed");
    server.receive(2, 1, append((2, 1), &[], 2));
    assert_eq!(server.outcome(1), readable(2));
}

#[test]
fn a_leader_answers_a_follower_as_it_would_its_own_client() {
    let mut server = leader_without_lease();
    server.receive(3, 1, read_index(5, true));
    assert_eq!(rounds(&mut server), [2]);
    server.receive(2, 1, success_in(2, 1));
    assert_eq!(server.take_reply(), read_index_reply(5, Ok(1)));
    let mut server = leader();
    server.receive(3, 1, read_index(5, true));
    assert_eq!(server.take_reply(), read_index_reply(5, Ok(1)), "by lease");
}

#[test]
fn a_server_without_a_leader_does_not_know_whom_to_ask() {
    let mut server = Server::start(full_config(1, 3), Recovered::default(), Instant(0));
    ask(&mut server, 1);
    assert_eq!(server.outcome(1), Some(Outcome::NotLeader { leader: None }));
    server.receive(2, 0, read_index(5, false));
    assert_eq!(server.take_reply(), read_index_reply(5, Err(Refusal::NotLeader)));
}

#[test]
fn a_question_of_an_older_term_is_refused() {
    let mut server = Server::start(full_config(1, 3), disk(7, &[]), Instant(0));
    server.receive(2, 3, read_index(5, false));
    assert_eq!(server.take_sent(), [(2, message(7, read_index_reply(5, Err(Refusal::NotLeader))))]);
}

#[test]
fn a_follower_passes_on_no_more_reads_than_the_limit_allows() {
    let mut config = full_config(1, 3);
    config.settings.max_pending_requests = 2;
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.receive(2, 1, append((0, 0), &[1], 1));
    server.sent.clear();
    ask(&mut server, 1);
    let id = asked(&mut server);
    server.receive(2, 1, read_index_reply(id, Ok(5)));
    ask(&mut server, 2);
    ask(&mut server, 3);
    let refusal = Refusal::TooManyPending { limit: 2 };
    assert_eq!(server.outcome(3), Some(Outcome::Refused(refusal)), "one waits to be applied");
}

#[test]
fn a_question_that_is_not_answered_is_given_up() {
    let mut server = follower();
    ask(&mut server, 1);
    server.receive_at(Instant(300_000), 2, 1, append((1, 1), &[], 1));
    assert_eq!(server.outcome(1), None);
    server.receive_at(Instant(300_001), 2, 1, append((1, 1), &[], 1));
    let leader = Some(NodeId(2));
    assert_eq!(server.outcome(1), Some(Outcome::NotLeader { leader }));
    server.receive_at(Instant(300_001), 2, 1, read_index_reply(1, Ok(1)));
}

#[test]
fn when_the_leader_changes_its_questions_are_given_up() {
    let mut server = follower();
    ask(&mut server, 1);
    let id = asked(&mut server);
    server.receive(3, 2, append((1, 1), &[], 1));
    assert_eq!(server.outcome(1), Some(Outcome::NotLeader { leader: None }));
    server.receive(2, 2, read_index_reply(id, Ok(1)));
    assert!(matches!(server.traces.last(), Some(Trace::Ignored(IgnoredMessage { .. }))));
}

/// A learner never starts an election, so its timer must see to it.
#[test]
fn a_learner_whose_leader_is_silent_gives_its_questions_up() {
    let mut config = full_config(3, 2);
    config.membership = membership(2).with_learners([NodeId(3)]);
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.receive(2, 1, append((0, 0), &[1], 1));
    ask(&mut server, 1);
    let deadline = server.node.deadline();
    server.handle(deadline, Input::Timeout);
    assert_eq!(server.outcome(1), Some(Outcome::NotLeader { leader: None }));
    assert_eq!(server.node.leader(), None);
}

/// The snapshot is installed, but not on disk, and so not in the state machine.
#[test]
fn a_read_waits_for_a_snapshot_that_is_not_restored_yet() {
    let mut server = follower();
    server.disk_is_slow = true;
    ask(&mut server, 1);
    ask(&mut server, 2);
    let sent = server.take_sent();
    let ids: Vec<u64> = sent
        .iter()
        .filter_map(|(_, message)| {
            let Body::ReadIndex(request) = &message.body else { return None };
            Some(request.id.0)
        })
        .collect();
    server.receive(2, 1, read_index_reply(ids[0], Ok(5)));
    server.receive(2, 1, append((1, 1), &[1], 1));
    let state = snapshot(6, 1, 3, "state");
    server.receive(2, 1, install(&state, 0, 5));
    server.receive(2, 1, read_index_reply(ids[1], Ok(5)));
    assert!(server.finish_write(Instant(0)), "of the entry before it");
    assert_eq!((server.outcome(1), server.outcome(2)), (None, None));
    server.finish_writes(Instant(0));
    assert_eq!((server.outcome(1), server.outcome(2)), (readable(6), readable(6)));
}

/// The whole: every read on every server sees what was committed when it was asked.
#[test]
fn reads_on_all_servers_see_what_was_committed() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    for mode in [ReadMode::Quorum, ReadMode::Lease] {
        cluster.propose(1, "x");
        cluster.settle();
        let reads: Vec<(u64, u64)> = cluster.ids().map(|id| (id, cluster.read(id, mode))).collect();
        cluster.live(Duration::from_millis(100));
        for (id, read) in reads {
            let outcome = cluster.outcome(id, read);
            assert!(matches!(outcome, Some(Outcome::Readable { .. })), "server {id}: {outcome:?}");
        }
    }
}

/// The old leader does not know that it is deposed, and its followers are other ones' by now.
#[test]
fn a_deposed_leader_answers_no_read() {
    let mut cluster = Cluster::full(3);
    cluster.elect(1);
    cluster.isolate(1);
    // Only the others' clocks run on.
    for _ in 0..20 {
        let next = [2, 3].into_iter().min_by_key(|id| cluster.due(*id)).expect("two");
        cluster.time_out(next);
        cluster.settle();
    }
    let leader = cluster.leader().expect("two of three");
    assert_ne!(leader, 1);
    cluster.propose(leader, "new");
    cluster.settle();
    assert_eq!(cluster.node(1).role(), RoleKind::Leader);
    let reads = [ReadMode::Quorum, ReadMode::Lease].map(|mode| cluster.read(1, mode));
    cluster.rejoin(1);
    cluster.live(Duration::from_secs(1));
    for read in reads {
        assert!(matches!(cluster.outcome(1, read), Some(Outcome::NotLeader { .. })));
    }
}
