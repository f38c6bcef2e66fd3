//! What a node takes, sends and holds has bounds ("Memory" in the crate's documentation).

use std::time::Duration;

use raft_core::{
    AppendEntriesReply, Body, Bytes, Config, DiskTrace, Forward, ForwardId, ForwardReply,
    HeartbeatRound, Input, Instant, LogIndex, MembershipChange, MemoryUsage, NodeId, Outcome,
    Output, ProgressKind, ReadIndex, ReadMode, Recovered, Refusal, RequestId, RoleKind, Trace,
};

use crate::builders::*;
use crate::cluster::{Cluster, is_append};
use crate::server::Server;

/// Server 1, leader of three in term 1, whose no-op is on all disks.
fn leader_with(change: impl Fn(&mut Config)) -> Server {
    let mut config = full_config(1, 3);
    change(&mut config);
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    server.lead();
    for id in [2, 3] {
        server.receive(id, 1, success_in(1, 1));
    }
    server.sent.clear();
    server
}

fn uncommitted(server: &Server) -> u64 {
    server.node.status().uncommitted_bytes
}

/// Every entry counts with its payload and 64 bytes.
#[test]
fn a_leader_takes_no_more_commands_than_the_limit_on_uncommitted_bytes_allows() {
    let mut server = leader_with(|config| config.settings.max_uncommitted_bytes = 200);
    server.propose(1, "x");
    server.propose(2, "y");
    assert_eq!(uncommitted(&server), 130);
    server.propose(3, "zzzzzzz");
    let refused = |bytes| Some(Outcome::Refused(Refusal::TooMuchUncommitted { bytes, limit: 200 }));
    assert_eq!(server.outcome(3), refused(130));
    server.propose(4, "zzzzzz");
    assert_eq!((server.outcome(4), uncommitted(&server)), (None, 200));
    server.receive(2, 1, success_in(1, 2));
    assert_eq!(uncommitted(&server), 135);
    server.propose(5, "x");
    assert_eq!((server.outcome(5), uncommitted(&server)), (None, 200), "there is room again");
}

/// Else it could never be committed.
#[test]
fn a_command_larger_than_the_limit_is_taken_when_nothing_waits() {
    let mut server = leader_with(|config| config.settings.max_uncommitted_bytes = 10);
    server.propose(1, "a command of many bytes");
    server.propose(2, "x");
    assert_eq!(server.outcome(1), None);
    assert!(matches!(server.outcome(2), Some(Outcome::Refused(_))));
}

/// A long command holds up all that follows it.
#[test]
fn a_leader_takes_no_command_that_is_longer_than_its_limit() {
    let mut server = leader_with(|config| config.settings.max_command_bytes = 4);
    server.propose(1, "five!");
    let refusal = Refusal::CommandTooLong { bytes: 5, limit: 4 };
    assert_eq!(server.outcome(1), Some(Outcome::Refused(refusal)));
    assert_eq!(uncommitted(&server), 0);
    let (id, command) = (ForwardId(7), Bytes::from(&b"five!"[..]));
    server.receive(2, 1, Body::Forward(Forward { id, command }));
    let reply = ForwardReply { id, result: Err(refusal) };
    assert_eq!(server.take_reply(), Body::ForwardReply(reply));
    server.propose(2, "four");
    assert_eq!(server.outcome(2), None);
    // A follower stores what its leader took.
    let mut config = full_config(1, 3);
    config.settings.max_command_bytes = 1;
    let mut follower = Server::start(config, Recovered::default(), Instant(0));
    follower.receive(2, 1, append((0, 0), &[1], 1));
    assert_eq!(follower.log_terms(), [1]);
}

/// What waits does not depend on who proposed it, or when.
#[test]
fn a_new_leader_counts_what_it_finds() {
    let mut config = full_config(1, 3);
    (config.settings.lease_reads, config.settings.max_uncommitted_bytes) = (false, 300);
    let mut server = Server::start(config, disk(1, &[1, 1]), Instant(0));
    server.lead();
    let found = 3 * 64 + 2 * "1@1".len() as u64;
    assert_eq!(uncommitted(&server), found, "two entries and the no-op");
    server.propose(1, "x".repeat(50).as_str());
    assert!(matches!(server.outcome(1), Some(Outcome::Refused(_))));
    server.receive(2, 2, success_in(1, 3));
    assert_eq!(uncommitted(&server), 0);
}

/// The others commit without it, but until its own disk has an entry, it must hold it.
#[test]
fn a_leader_whose_own_disk_stands_still_takes_no_more_either() {
    let mut server = leader_with(|config| config.settings.max_uncommitted_bytes = 1000);
    server.disk_is_slow = true;
    let mut refused = 0;
    for request in 1..=100 {
        server.propose(request, "x");
        let last = server.node.log().last().index.0;
        for id in [2, 3] {
            server.receive(id, 1, success_in(1, last));
        }
        refused += u64::from(server.outcome(request).is_some());
    }
    assert_eq!(server.commit_index(), server.node.log().last().index.0);
    assert!(server.node.memory_usage().log_entries < 20, "{:?}", server.node.memory_usage());
    assert!(refused > 80);
    server.finish_writes(Instant(0));
    assert_eq!(uncommitted(&server), 0);
    server.propose(101, "x");
    assert_eq!(server.outcome(101), None);
}

/// Commands that followers pass on have no client here: nothing but their bytes bounds them.
#[test]
fn commands_that_are_passed_on_count_too() {
    let mut server = leader_with(|config| config.settings.max_uncommitted_bytes = 1000);
    for id in 0..100 {
        let command = Bytes::from(b"x");
        server.receive(2, 1, Body::Forward(Forward { id: ForwardId(id), command }));
    }
    assert!(server.node.memory_usage().log_entries < 20);
}

#[test]
fn no_more_bytes_are_under_way_to_a_peer_than_the_window_allows() {
    let mut server = leader_with(|config| {
        (config.settings.max_in_flight_bytes, config.settings.max_batch_bytes) = (10, 4);
    });
    for request in 1..=9 {
        server.propose(request, "abc");
    }
    let peer = server.node.status().peers[0];
    assert_eq!((peer.in_flight, peer.in_flight_bytes), (4, 12), "it ends with the first beyond it");
    server.sent.clear();
    server.receive(2, 1, success_in(1, 3));
    let peer = server.node.status().peers[0];
    assert_eq!((peer.in_flight, peer.in_flight_bytes), (4, 12), "two answered, two more sent");
    assert_eq!(server.take_sent().len(), 2);
}

/// A window of one byte: one message is always possible.
#[test]
fn one_message_is_always_possible() {
    let mut cluster = Cluster::joining(3, 0, |config| config.settings.max_in_flight_bytes = 1);
    cluster.elect(1);
    for _ in 0..10 {
        cluster.propose(1, "a command");
    }
    let to_two = |envelope: &crate::cluster::Envelope| envelope.to == 2 && is_append(envelope);
    assert_eq!(cluster.network.iter().filter(|envelope| to_two(envelope)).count(), 1);
    cluster.live(Duration::from_millis(100));
    cluster.assert_converged();
}

/// The disk hangs, and messages that wait for it are dropped, the oldest first, as a network
/// would drop them. When it goes on, so does the cluster.
#[test]
fn messages_that_wait_for_the_disk_are_dropped_like_lost_ones() {
    let mut cluster = Cluster::joining(3, 0, |config| {
        (
            config.settings.max_pending_requests,
            config.settings.check_quorum,
            config.settings.lease_reads,
        ) = (3, false, false);
    });
    cluster.elect(1);
    cluster.server_mut(2).disk_is_slow = true;
    for _ in 0..30 {
        cluster.propose(1, "x");
        cluster.settle();
    }
    let held = cluster.node(2).memory_usage();
    assert_eq!(held.withheld, 27, "the lowest limit");
    let dropped = |trace: &Trace| matches!(trace, Trace::Disk(DiskTrace::WithheldDropped { .. }));
    assert!(cluster.server(2).traces.iter().any(dropped));
    let (now, server) = (cluster.now, cluster.server_mut(2));
    server.disk_is_slow = false;
    server.finish_writes(now);
    cluster.live(Duration::from_millis(200));
    cluster.assert_converged();
    assert_eq!(cluster.match_index(1, 2), LogIndex(31));
}

#[test]
fn a_snapshot_larger_than_the_limit_is_not_accepted() {
    let mut config = full_config(2, 3);
    config.settings.max_snapshot_bytes = 4;
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    let state = snapshot(3, 1, 3, "state");
    server.receive(1, 1, install(&state, 0, 4));
    assert_eq!(server.take_reply(), resume(3, 4));
    server.receive(1, 1, install(&state, 4, 5));
    server.receive(1, 1, install(&state, 0, 5));
    assert_eq!(server.take_sent(), []);
    assert_eq!(server.node.memory_usage().incoming_snapshot_bytes, 4);
    assert!(server.restored.is_empty());
}

/// A candidate's requests wait for its vote to be stored: to all voters, however few other messages
/// may wait.
#[test]
fn the_lowest_limit_leaves_room_for_an_election() {
    let mut cluster = Cluster::with(5, |config| config.settings.max_pending_requests = 1);
    cluster.ids().for_each(|id| cluster.server_mut(id).disk_is_slow = true);
    cluster.crash(4);
    cluster.crash(5);
    cluster.handle(1, Input::ForceElection);
    for _ in 0..5 {
        cluster.settle();
        (1..=3).for_each(|id| cluster.finish_work(id, 1));
    }
    assert_eq!(cluster.leader(), Some(1));
}

/// Beside what the log holds: what no input may make longer than this.
fn assert_bounded(server: &Server) {
    let (held, config) = (server.node.memory_usage(), &server.config);
    let limit = config.settings.max_pending_requests;
    let entries = 1 + (config.settings.max_uncommitted_bytes / 64) as usize;
    let MemoryUsage { log_entries, log_bytes, log_writes, withheld, proposals, reads, .. } = held;
    assert!(log_entries <= entries + 1, "{held:?}");
    assert!(log_bytes <= config.settings.max_uncommitted_bytes, "{held:?}");
    assert!(log_writes <= log_entries + 1, "{held:?}");
    assert!(withheld <= 2 * config.settings.max_withheld_messages(), "{held:?}");
    assert!(proposals <= 2 * entries + limit, "{held:?}");
    assert!(reads <= 2 * limit && held.forwarded <= limit, "{held:?}");
    assert!(held.votes <= 9 && held.rounds <= 256, "{held:?}");
    assert!(held.in_flight <= 9 * config.settings.max_in_flight, "{held:?}");
    assert!(held.incoming_snapshot_bytes as u64 <= config.settings.max_snapshot_bytes, "{held:?}");
    assert!(held.memberships <= log_entries + 1, "{held:?}");
}

fn small(config: &mut Config) {
    config.settings.max_pending_requests = 10;
    config.settings.max_uncommitted_bytes = 5000;
    config.settings.max_in_flight = 4;
    config.settings.max_snapshot_bytes = 100;
    config.settings.forward_proposals = true;
}

/// Every kind of input, many times, at a moment that goes on.
fn flood(server: &mut Server, times: u64) {
    for n in 0..times {
        let now = Instant(n * 7_000);
        let request = RequestId(n);
        server.handle(now, Input::Propose { request, command: Bytes::from(b"command") });
        let mode = if n % 2 == 0 { ReadMode::Quorum } else { ReadMode::Lease };
        server.handle(now, Input::Read { request, mode });
        let change = MembershipChange::AddVoter(NodeId(4 + n % 20));
        server.handle(
            now,
            Input::ChangeMembership { request, change, contexts: Vec::new(), force: false },
        );
        server.handle(now, Input::TransferLeadership { request, to: NodeId(n % 4) });
        server.handle(now, Input::Timeout);
        let (id, command) = (ForwardId(n), Bytes::from(b"passed on"));
        let term = server.node.current_term().0;
        for body in [
            Body::Forward(Forward { id, command }),
            Body::ReadIndex(ReadIndex { id, lease: n % 2 == 0 }),
            pre_vote(n, term),
            request_vote(n, term),
            vote(true),
            pre_vote_reply(false),
        ] {
            server.receive_at(now, 100 + n, term, body);
        }
        assert_bounded(server);
        server.sent.clear();
        server.traces.clear();
        server.replies.clear();
    }
}

/// A leader whose peers are dead and whose disk hangs.
#[test]
fn a_leader_that_gets_nothing_done_holds_no_more_than_its_limits() {
    let mut server = leader_with(|config| {
        small(config);
        (config.settings.check_quorum, config.settings.lease_reads) = (false, false);
    });
    server.disk_is_slow = true;
    flood(&mut server, 20_000);
    assert_eq!(server.node.role(), RoleKind::Leader);
}

/// A server that never finds a majority, and whose disk hangs.
#[test]
fn a_server_without_a_leader_holds_no_more_than_its_limits() {
    for pre_vote in [true, false] {
        let mut config = full_config(1, 3);
        small(&mut config);
        config.settings.pre_vote = pre_vote;
        let mut server = Server::start(config, Recovered::default(), Instant(0));
        server.disk_is_slow = true;
        flood(&mut server, 20_000);
    }
}

/// A follower whose disk hangs, and whose leader sends what it has again and again, entries,
/// and pieces of snapshots that it never completes. The disk hangs after the term was stored, or
/// before.
#[test]
fn a_follower_that_gets_nothing_done_holds_no_more_than_its_limits() {
    for is_term_stored in [true, false] {
        let mut config = full_config(1, 3);
        small(&mut config);
        let mut server = Server::start(config, Recovered::default(), Instant(0));
        server.disk_is_slow = !is_term_stored;
        server.receive(2, 1, append((0, 0), &[], 0));
        server.disk_is_slow = true;
        for n in 0..20_000 {
            let now = Instant(n * 1_000);
            server.receive_at(now, 2, 1, append((n % 20, u64::from(n % 20 > 0)), &[1, 1], n % 20));
            let state = "a state of some bytes".repeat(3);
            let piece = install(&snapshot(1000 + n, 1, 3, &state), 0, 50);
            server.receive_at(now, 2, 1, piece);
            let (request, command) = (RequestId(n), Bytes::from(b"command"));
            server.handle(now, Input::Propose { request, command });
            server.handle(now, Input::Read { request, mode: ReadMode::Quorum });
            assert_bounded(&server);
            assert_eq!(withheld_bytes(&server), 0);
            server.sent.clear();
            server.traces.clear();
            server.replies.clear();
        }
    }
}

/// Bytes of the commands in messages that leave when the disk has done its writes.
fn withheld_bytes(server: &Server) -> usize {
    let mut node = server.node.clone();
    if let Some(write) = server.writes.back() {
        node.handle(Instant(0), Input::Persisted(write.id));
    }
    let command_bytes = |output| {
        let Output::Send { message, .. } = output else { return 0 };
        let Body::Forward(forward) = message.body else { return 0 };
        forward.command.len()
    };
    std::iter::from_fn(|| node.poll_output().output()).map(command_bytes).sum()
}

/// A leader that loses its entries again and again does not remember them all.
#[test]
fn proposals_of_earlier_terms_do_not_pile_up() {
    let mut config = full_config(1, 3);
    small(&mut config);
    config.settings.lease_reads = false;
    let mut server = Server::start(config, Recovered::default(), Instant(0));
    for round in 0..200 {
        let term = server.node.current_term().0;
        server.receive_at(Instant(0), 3, term + 1, append((0, 0), &[], 0));
        server.handle(Instant(0), Input::ForgetLeader);
        server.lead();
        for n in 0..100 {
            server.propose(round * 100 + n, "x");
        }
        assert_bounded(&server);
        let term = server.node.current_term().0 + 1;
        server.receive(3, term, append((0, 0), &[term], 0));
        server.traces.clear();
    }
}

/// A proposal of an earlier term counts like an entry without a payload: as many may wait as have
/// room in the limit. With one more, no command is taken.
#[test]
fn proposals_of_earlier_terms_count_against_the_limit() {
    let mut server = leader_with(|config| {
        (config.settings.max_uncommitted_bytes, config.settings.lease_reads) = (6 * 64, false);
    });
    (1..=6).for_each(|request| server.propose(request, ""));
    server.receive(3, 2, append((1, 1), &[2], 1));
    server.handle(Instant(0), Input::ForgetLeader);
    server.lead();
    assert_eq!((server.node.memory_usage().proposals, uncommitted(&server)), (6, 64 + 3 + 64));
    server.propose(7, "");
    assert_eq!(server.outcome(7), None);
    server.propose(8, "");
    let refusal = Refusal::TooMuchUncommitted { bytes: 64 + 3 + 64 + 64, limit: 6 * 64 };
    assert_eq!(server.outcome(8), Some(Outcome::Refused(refusal)));
}

#[test]
fn a_quiet_cluster_sends_nothing_but_heartbeats_and_their_answers() {
    let mut cluster = Cluster::full(9);
    cluster.elect(1);
    cluster.propose(1, "x");
    cluster.live(Duration::from_secs(1));
    let end = cluster.now + Duration::from_secs(10);
    let (mut heartbeats, mut answers) = (0, 0);
    while let Some(id) = cluster.next_due().filter(|id| cluster.due(*id) <= end) {
        assert_eq!(id, 1, "nobody else's timer elapses");
        cluster.time_out(id);
        while !cluster.network.is_empty() {
            for envelope in cluster.take(|_| true) {
                if let Body::AppendEntries(request) = &envelope.message.body {
                    assert!(request.is_heartbeat(), "{request:?}");
                    heartbeats += 1;
                } else {
                    let body = &envelope.message.body;
                    assert!(matches!(body, Body::AppendEntriesReply(_)), "{body:?}");
                    answers += 1;
                }
                cluster.deliver(envelope);
            }
        }
    }
    assert_eq!((heartbeats, answers), (200 * 8, 200 * 8), "one of each, twenty times a second");
    let peers = cluster.node(1).status().peers;
    assert!(peers.iter().all(|peer| peer.state == ProgressKind::Replicate && peer.in_flight == 0));
    let held = cluster.node(1).memory_usage();
    let idle =
        MemoryUsage { log_entries: 2, log_bytes: 1, memberships: 1, ..MemoryUsage::default() };
    assert_eq!(held, idle);
}

/// A leader repeats its requests while the disk of a follower is slow. One acknowledgement for each
/// write waits, and it answers the latest request.
#[test]
fn equal_acknowledgements_wait_as_one() {
    let mut server = Server::of_three(disk(1, &[]));
    server.disk_is_slow = true;
    let request = |round, prev: Place, terms: &[u64]| {
        let Body::AppendEntries(mut request) = append(prev, terms, 0) else { panic!() };
        request.round = HeartbeatRound(round);
        Body::AppendEntries(request)
    };
    server.receive(2, 1, request(1, (0, 0), &[1, 1]));
    for round in 2..20 {
        server.receive(2, 1, request(round, (0, 0), &[1, 1]));
        server.receive(2, 1, request(round, (0, 0), &[1]));
    }
    // Of another write: the first may be done before it.
    server.receive(2, 1, request(20, (2, 1), &[1]));
    server.receive(2, 1, request(21, (2, 1), &[1]));
    assert_eq!(server.node.memory_usage().withheld, 2);
    server.sent.clear();
    server.finish_writes(Instant(0));
    let acknowledged = server.take_sent().into_iter().map(|(_, message)| message.body);
    assert!(acknowledged.eq([success_in(19, 2), success_in(21, 3)]));
}

/// The same while the write of the term itself is slow: then the answers that carry no entry wait
/// too.
#[test]
fn answers_of_a_term_that_is_not_on_disk_wait_as_one_of_each_kind() {
    let mut server = Server::of_three(disk(0, &[]));
    server.disk_is_slow = true;
    for round in 1..20 {
        let Body::AppendEntries(mut request) = append((0, 0), &[1], 0) else { panic!() };
        request.round = HeartbeatRound(round);
        server.receive(2, 1, Body::AppendEntries(request));
    }
    assert_eq!(server.node.memory_usage().withheld, 2);
    server.finish_writes(Instant(0));
    let following =
        Body::AppendEntriesReply(AppendEntriesReply::Following { round: HeartbeatRound(19) });
    let sent = server.take_sent().into_iter().map(|(_, message)| message.body);
    assert!(sent.eq([following, success_in(19, 1)]));
}

#[test]
fn writes_of_the_log_count_while_they_are_under_way() {
    let mut server = leader_with(|_| {});
    server.disk_is_slow = true;
    assert_eq!(server.node.memory_usage().log_writes, 0);
    server.propose(1, "a");
    server.propose(2, "b");
    assert_eq!(server.node.memory_usage().log_writes, 2);
    server.finish_writes(Instant(0));
    assert_eq!(server.node.memory_usage().log_writes, 0);
}

/// They are entries of the log with the next drain.
#[test]
fn commands_that_come_together_count_before_the_drain() {
    let mut server = leader_with(|_| {});
    let before = server.node.memory_usage().log_entries;
    for request in [1, 2].map(RequestId) {
        server.node.handle(Instant(0), Input::Propose { request, command: Bytes::from(b"x") });
    }
    assert_eq!(server.node.memory_usage().log_entries, before + 2);
    server.handle(Instant(0), Input::Propose { request: RequestId(3), command: Bytes::from(b"x") });
    assert_eq!(server.log_terms(), [1; 4]);
}

/// The answers after it are messages, and are given up in its place.
#[test]
fn a_snapshot_that_waits_for_the_disk_is_never_given_up() {
    let mut config = config(1, 3);
    config.settings.max_pending_requests = 1;
    let mut server = Server::start(config, disk(1, &[]), Instant(0));
    server.disk_is_slow = true;
    server.receive(2, 1, install(&snapshot(5, 1, 3, "state"), 0, 5));
    for index in 5..65 {
        server.receive(2, 1, append((index, 1), &[1], 5));
    }
    assert_eq!(server.node.memory_usage().withheld, 27, "the lowest limit");
    server.finish_writes(Instant(0));
    assert_eq!(server.state, "state");
}
