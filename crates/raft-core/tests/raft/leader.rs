//! §5.3: log replication, the leader's side.

use raft_core::{AppendEntries, Body, Instant, LogIndex, LogPosition, Payload, ProgressKind};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

fn requests(server: &mut Server) -> Vec<(u64, AppendEntries)> {
    let sent = server.take_sent().into_iter();
    let request = |(to, message): (u64, raft_core::Message)| {
        let Body::AppendEntries(request) = message.body else { return None };
        Some((to, request))
    };
    sent.filter_map(request).collect()
}

/// A leader of three whose no-op, at index 1, both others hold.
fn leader() -> Server {
    let mut server = Server::of_three(disk(0, &[]));
    server.lead();
    server.receive(2, 1, success(1));
    server.receive(3, 1, success(1));
    server.sent.clear();
    server
}

/// "The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in
/// parallel to each of the other servers to replicate the entry."
#[test]
fn the_leader_appends_a_command_and_sends_it_to_each_other_server() {
    let mut server = leader();
    server.propose(1, "a");
    assert_eq!(server.node.log().last(), at(2, 1));
    let sent = requests(&mut server);
    assert_eq!(sent.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [2, 3]);
    for (_, request) in sent {
        assert_eq!(request.prev_log(), at(1, 1));
        assert_eq!(request.entries.len(), 1);
        assert_eq!(request.entries[0].payload, Payload::Command(b"a".into()));
    }
}

/// Its own disk may be slower than the network (dissertation §10.2.1).
#[test]
fn the_leader_sends_entries_while_its_own_disk_is_still_writing_them() {
    let mut server = leader();
    server.disk_is_slow = true;
    server.propose(1, "a");
    assert_eq!(server.writes.len(), 1);
    assert_eq!(requests(&mut server).len(), 2);
}

/// "The leader includes the index and term of the entry in its log that immediately precedes the
/// new entries."
#[test]
fn requests_name_the_entry_that_immediately_precedes_the_new_ones() {
    let mut cluster = Cluster::with_logs(3, &[&[1, 2, 2, 3], &[1, 2, 2, 3], &[1, 2]]);
    cluster.elect(1);
    cluster.propose(1, "a");
    for envelope in &cluster.network {
        let Body::AppendEntries(request) = &envelope.message.body else { continue };
        let held = cluster.node(1).log().term_at(request.prev_log_index);
        assert_eq!(held, Some(request.prev_log_term));
        assert_eq!(request.entries[0].index, request.prev_log_index.next());
    }
    cluster.settle();
    cluster.heartbeats(1, 1);
    cluster.assert_converged();
}

/// "A leader never overwrites or deletes entries in its log; it only appends new entries."
#[test]
fn a_leader_never_overwrites_or_deletes_entries_in_its_log() {
    let mut server = Server::of_three(disk(2, &[1, 2]));
    server.lead();
    server.propose(1, "a");
    let before = server.log_terms();
    server.receive(2, 3, append((0, 0), &[3, 3, 3], 3));
    server.receive(2, 2, append((0, 0), &[2, 2], 2));
    server.receive(3, 3, failure(2, (0, 0)));
    server.receive(2, 3, install(&snapshot(9, 3, 3, "x"), 0, 1));
    assert_eq!(server.log_terms(), before);
}

/// "When a leader first comes to power, it initializes all nextIndex values to the index just after
/// the last one in its log." Figure 2: matchIndex starts at 0.
#[test]
fn a_new_leader_starts_behind_its_last_entry_and_knows_nothing() {
    let mut server = Server::of_three(disk(2, &[1, 2, 2]));
    server.lead();
    for peer in server.node.status().peers {
        assert_eq!((peer.next_index, peer.match_index), (LogIndex(4), LogIndex(0)));
        assert_eq!(peer.state, ProgressKind::Probe);
    }
}

/// "If followers crash or run slowly, or if network packets are lost, the leader retries
/// AppendEntries RPCs indefinitely (even after it has responded to the client)."
#[test]
fn the_leader_retries_indefinitely() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.isolate(3);
    let request = cluster.propose(1, "a");
    cluster.settle();
    assert!(cluster.outcome(1, request).is_some());
    cluster.heartbeats(1, 20);
    cluster.rejoin(3);
    cluster.heartbeats(1, 2);
    cluster.assert_converged();
}

/// Figure 2: `matchIndex` "increases monotonically": replies may arrive late, twice, and in any
/// order.
#[test]
fn match_index_never_goes_back() {
    let mut server = leader();
    for request in 1..=4 {
        server.propose(request, "x");
    }
    for reply in [3, 5, 2, 5, 1, 0, 4] {
        server.receive(2, 1, success(reply));
    }
    let status = server.node.status();
    assert_eq!(status.peers[0].match_index, LogIndex(5));
    assert!(status.peers[0].next_index > status.peers[0].match_index);
    server.receive(2, 1, failure(3, (1, 1)));
    let status = server.node.status();
    assert_eq!(status.peers[0].match_index, LogIndex(5));
    assert_eq!(status.peers[0].next_index, LogIndex(6));
}

/// A reply that was overtaken must not let the leader uncount what it counted.
#[test]
fn a_late_acknowledgement_does_not_delay_a_commit() {
    let mut server = Server::start(config(1, 5), disk(0, &[]), Instant(0));
    server.campaign();
    server.receive(2, 1, vote(true));
    server.receive(3, 1, vote(true));
    server.propose(1, "a");
    server.receive(2, 1, success(2));
    server.receive(2, 1, success(1));
    server.receive(3, 1, success(2));
    assert_eq!(server.commit_index(), 2);
}

/// A refusal that arrives late must not throw the leader back.
#[test]
fn a_late_refusal_is_ignored() {
    let mut cluster = Cluster::with_logs(2, &[&[1, 1, 2, 2], &[1, 1], &[1, 1, 2, 2]]);
    cluster.elect(1);
    cluster.heartbeats(1, 1);
    cluster.assert_converged();
    let before = cluster.node(1).status();
    let from = raft_core::NodeId(2);
    let late = message(3, failure(4, (2, 1)));
    cluster.handle(1, raft_core::Input::Message { from, message: late });
    assert_eq!(cluster.node(1).status(), before);
    assert!(cluster.network.is_empty());
}

/// While the leader looks for the place where the logs agree, it answers each refusal once: a
/// repeated one must not start a second search beside the first.
#[test]
fn a_repeated_refusal_is_answered_once() {
    let mut server = Server::of_three(disk(3, &[1, 1, 2, 2]));
    server.lead();
    server.receive(2, 4, failure(4, (2, 1)));
    assert_eq!(requests(&mut server)[0].1.prev_log(), at(2, 1));
    for _ in 0..3 {
        server.receive(2, 4, failure(4, (2, 1)));
        assert!(server.sent.is_empty());
    }
    server.receive(2, 4, failure(2, (0, 0)));
    assert_eq!(requests(&mut server)[0].1.prev_log(), LogPosition::ORIGIN);
}

/// No server refuses what it acknowledged, unless it lost its disk. Answering it at once would
/// keep the two talking forever.
#[test]
fn a_refusal_of_what_was_acknowledged_is_ignored() {
    let mut server = leader();
    server.propose(1, "a");
    server.receive(2, 1, success(2));
    server.receive(2, 1, failure(2, (0, 0)));
    server.sent.clear();
    for _ in 0..3 {
        server.receive(2, 1, failure(2, (0, 0)));
        server.receive(2, 1, failure(1, (0, 0)));
        server.receive(2, 1, failure(0, (0, 0)));
        assert!(server.sent.is_empty(), "{:?}", server.sent);
    }
    let mut probing = Server::of_three(disk(0, &[]));
    probing.lead();
    for _ in 0..3 {
        probing.receive(2, 1, failure(0, (0, 0)));
        assert!(probing.sent.is_empty(), "everyone agrees about the empty log");
    }
}

/// Nobody can hold what the leader does not have.
#[test]
fn an_acknowledgement_beyond_the_log_is_ignored() {
    let mut server = leader();
    let before = server.node.status();
    for index in [2, 100, u64::MAX / 2, u64::MAX] {
        server.receive(2, 1, success(index));
        server.receive(2, 1, installed(index));
    }
    assert_eq!(server.node.status(), before);
}

/// The Log Matching Property (§5.3), after any history: here, two leaders' conflicting entries.
#[test]
fn conflicting_entries_are_overwritten_with_the_leaders() {
    let mut cluster = Cluster::new(5);
    cluster.elect(1);
    cluster.heartbeats(1, 1);
    cluster.isolate(1);
    cluster.isolate(2);
    for command in ["lost", "lost too", "lost as well"] {
        cluster.propose(1, command);
    }
    cluster.elect(3);
    cluster.propose(3, "kept");
    cluster.settle();
    cluster.rejoin(1);
    cluster.rejoin(2);
    cluster.heartbeats(3, 3);
    cluster.assert_converged();
    assert_eq!(cluster.server(1).state, "kept");
}

/// The empty log has a beginning that all agree about.
#[test]
fn the_first_request_to_an_empty_log_precedes_everything() {
    let mut server = Server::of_three(disk(0, &[]));
    server.campaign();
    server.sent.clear();
    server.receive(2, 1, vote(true));
    for (_, request) in requests(&mut server) {
        assert_eq!(request.prev_log(), LogPosition::ORIGIN);
    }
}
