//! Pipelining (dissertation §10.2.1), its limits, and recovery from the loss of any one message.

use raft_core::{Body, Bytes, Config, LogIndex, Message, ProgressKind, Recovered};

use crate::builders::*;
use crate::cluster::{Cluster, Envelope};
use crate::server::Server;

fn leader_with(change: impl Fn(&mut Config)) -> Server {
    let mut config = config(1, 3);
    change(&mut config);
    let mut server = Server::start(config, Recovered::default(), raft_core::Instant(0));
    server.lead();
    server.receive(2, 1, success(1));
    server.receive(3, 1, success(1));
    server.sent.clear();
    server
}

/// How many entries the messages to server 2 carry, message by message.
fn batches(server: &mut Server) -> Vec<usize> {
    let entries = |message: Message| {
        let Body::AppendEntries(request) = message.body else { return 0 };
        request.entries.len()
    };
    let sent = server.take_sent().into_iter();
    sent.filter(|(to, _)| *to == 2).map(|(_, message)| entries(message)).collect()
}

/// A follower that is up to date gets each entry at once, without waiting for the one before.
#[test]
fn messages_follow_each_other_without_waiting_for_answers() {
    let mut server = leader_with(|_| {});
    for request in 0..5 {
        server.propose(request, "x");
    }
    assert_eq!(batches(&mut server), [1, 1, 1, 1, 1]);
}

/// A follower whose log is unknown gets one message until it answers.
#[test]
fn a_follower_whose_log_is_unknown_gets_one_message_at_a_time() {
    let mut server = Server::of_three(Recovered::default());
    server.lead();
    for request in 0..5 {
        server.propose(request, "x");
    }
    assert_eq!(batches(&mut server), []);
    server.receive(2, 1, success(1));
    assert_eq!(batches(&mut server), [5]);
}

/// An answer that comes again says nothing about the entries after it.
#[test]
fn a_repeated_answer_does_not_end_a_probe() {
    let mut server = leader_with(|_| {});
    for request in 0..5 {
        server.propose(request, "x");
    }
    server.receive(2, 1, success(3));
    server.sent.clear();
    // The message with entry 5 was lost, so the follower refuses entry 6.
    server.receive(2, 1, failure(5, (4, 1)));
    assert_eq!(batches(&mut server), [2]);
    server.receive(2, 1, success(3));
    assert_eq!(batches(&mut server), []);
    assert_eq!(server.node.status().peers[0].state, ProgressKind::Probe);
    server.receive(2, 1, success(6));
    assert_eq!(server.node.status().peers[0].state, ProgressKind::Replicate);
}

#[test]
fn no_more_messages_are_under_way_than_the_window_allows() {
    let mut server = leader_with(|config| config.settings.max_in_flight = 3);
    for request in 0..10 {
        server.propose(request, "x");
    }
    assert_eq!(batches(&mut server), [1, 1, 1]);
    assert_eq!(server.node.status().peers[0].in_flight, 3);
    // An answer makes room for one; what waited meanwhile goes together.
    server.receive(2, 1, success(2));
    assert_eq!(batches(&mut server), [7]);
    server.receive(2, 1, success(11));
    assert_eq!(server.node.status().peers[0].in_flight, 0);
}

#[test]
fn a_message_holds_no_more_entries_than_allowed() {
    let mut config = config(1, 3);
    config.settings.max_batch_entries = 4;
    let mut server = Server::start(config, Recovered::default(), raft_core::Instant(0));
    server.lead();
    for request in 0..9 {
        server.propose(request, "x");
    }
    server.receive(2, 1, success(1));
    assert_eq!(batches(&mut server), [4, 4, 1]);
}

/// A single entry goes even if it is larger than a message may be: it must go somehow.
#[test]
fn a_message_holds_no_more_bytes_than_allowed_unless_one_entry_alone_is_larger() {
    let mut config = config(1, 3);
    config.settings.max_batch_bytes = 10;
    let mut server = Server::start(config, Recovered::default(), raft_core::Instant(0));
    server.lead();
    for (request, command) in
        [(1, "12345"), (2, "12345"), (3, "1"), (4, "123456789012345"), (5, "")]
    {
        server.propose(request, command);
    }
    server.receive(2, 1, success(1));
    assert_eq!(batches(&mut server), [2, 1, 1, 1]);
}

/// A probe may only be slow: a heartbeat carries no entries, and its answer shows where the logs
/// agree.
#[test]
fn a_heartbeat_does_not_repeat_the_entries_of_a_probe() {
    let mut server = Server::of_three(disk(1, &[1, 1, 1]));
    server.lead();
    server.sent.clear();
    server.receive(2, 2, failure(3, (1, 1)));
    assert_eq!(batches(&mut server), [3]);
    for _ in 0..5 {
        server.handle(server.node.deadline(), raft_core::Input::Timeout);
        assert_eq!(batches(&mut server), [0]);
    }
    server.receive(2, 2, success_in(2, 1));
    assert_eq!(batches(&mut server), [3], "an answer came, and not to the probe");
}

/// The window closes on a follower that does not answer; heartbeats then find out what it holds.
#[test]
fn a_full_window_opens_again_after_all_answers_were_lost() {
    let mut cluster = Cluster::with(3, |config| config.settings.max_in_flight = 2);
    cluster.elect(1);
    cluster.heartbeats(1, 1);
    for command in ["a", "b", "c", "d"] {
        cluster.propose(1, command);
        cluster.deliver_where(|envelope| envelope.to != 1);
        cluster.network.retain(|envelope| envelope.to != 1);
    }
    assert_eq!(cluster.node(1).status().peers[0].in_flight, 2);
    cluster.heartbeats(1, 3);
    cluster.assert_converged();
}

#[test]
fn a_full_window_opens_again_after_all_requests_were_lost() {
    let mut cluster = Cluster::with(3, |config| config.settings.max_in_flight = 2);
    cluster.elect(1);
    cluster.heartbeats(1, 1);
    for command in ["a", "b", "c", "d"] {
        cluster.propose(1, command);
        cluster.network.clear();
    }
    cluster.heartbeats(1, 3);
    cluster.assert_converged();
    assert_eq!(cluster.node(1).status().peers[0].state, ProgressKind::Replicate);
}

/// A run that has everything in it: an election, entries, a follower that needs a snapshot. The
/// network does `meddle` with each message, which has a number.
fn run(meddle: impl Fn(usize, Envelope, &mut Vec<Envelope>)) -> (Cluster, usize) {
    let mut cluster = Cluster::with(3, |config| {
        config.settings.max_in_flight = 2;
        config.settings.snapshot_chunk_bytes = 3;
    });
    cluster.elect(1);
    cluster.isolate(3);
    for command in ["alpha", "beta", "gamma"] {
        cluster.propose(1, command);
    }
    cluster.settle();
    cluster.heartbeats(1, 1);
    cluster.take_snapshot(1);
    cluster.rejoin(3);
    let mut number = 0;
    for round in 0..12 {
        cluster.time_out(1);
        if round < 3 {
            cluster.propose(1, &round.to_string());
        }
        while !cluster.network.is_empty() {
            let envelope = cluster.network.remove(0);
            let mut arriving = Vec::new();
            meddle(number, envelope, &mut arriving);
            number += 1;
            for envelope in arriving {
                cluster.deliver(envelope);
            }
        }
    }
    (cluster, number)
}

/// Whichever message gets lost — an append, its answer, a piece of a snapshot, its answer, a
/// heartbeat — all servers end with the same state.
#[test]
fn the_loss_of_any_one_message_is_made_good() {
    let (cluster, messages) = run(|_, envelope, arriving| arriving.push(envelope));
    cluster.assert_converged();
    assert_eq!(cluster.server(3).restored.len(), 1, "the run has a snapshot in it");
    assert_eq!(cluster.server(3).state, "alpha,beta,gamma,0,1,2");
    for lost in 0..messages {
        let (cluster, _) = run(|number, envelope, arriving| {
            if number != lost {
                arriving.push(envelope);
            }
        });
        cluster.assert_converged();
    }
}

/// Two losses in a row, and every third message lost.
#[test]
fn the_loss_of_several_messages_is_made_good() {
    for lost in 0..40 {
        let (cluster, _) = run(|number, envelope, arriving| {
            if number / 2 != lost {
                arriving.push(envelope);
            }
        });
        cluster.assert_converged();
    }
    for remainder in 0..3 {
        let (mut cluster, _) = run(|number, envelope, arriving| {
            if number % 3 != remainder {
                arriving.push(envelope);
            }
        });
        cluster.heartbeats(1, 3);
        cluster.assert_converged();
    }
}

#[test]
fn every_message_may_arrive_twice() {
    let (cluster, _) = run(|_, envelope, arriving| {
        arriving.push(envelope.clone());
        arriving.push(envelope);
    });
    cluster.assert_converged();
}

/// The newest message first, always.
#[test]
fn messages_may_overtake_each_other() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    for round in 0..5 {
        for command in 0..4 {
            cluster.propose(1, &format!("{round}.{command}"));
        }
        for _ in 0..1000 {
            let Some(newest) = cluster.network.pop() else { break };
            cluster.deliver(newest);
        }
        cluster.time_out(1);
    }
    cluster.settle();
    cluster.heartbeats(1, 2);
    cluster.assert_converged();
    assert_eq!(cluster.node(1).commit_index(), LogIndex(21));
}

/// Replicating copies no payload: every server's entry is the same memory.
#[test]
fn a_payload_is_shared_not_copied() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    let request = raft_core::RequestId(1);
    let command = Bytes::from(vec![7; 1000]);
    cluster.handle(1, raft_core::Input::Propose { request, command });
    cluster.settle();
    let pointer = |id: u64| {
        let log = cluster.node(id).log();
        let payload = &log.get(LogIndex(2)).expect("replicated").payload;
        let raft_core::Payload::Command(bytes) = payload else { panic!("a command: {payload:?}") };
        bytes.as_ptr()
    };
    assert_eq!(pointer(1), pointer(2));
    assert_eq!(pointer(1), pointer(3));
}
