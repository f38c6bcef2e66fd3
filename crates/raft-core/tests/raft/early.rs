//! §5.3 when messages are lost: a follower keeps entries after a gap, and the leader repeats one
//! message.

use raft_core::{Body, Instant, LogIndex, Term};

use crate::builders::*;
use crate::server::Server;

/// A follower with entries 1 and 2, which are its leader's too. It takes at most so many messages,
/// and bytes, after a gap.
fn follower(max_in_flight: usize, max_in_flight_bytes: usize) -> Server {
    let mut config = config(1, 3);
    config.settings.max_in_flight = max_in_flight;
    config.settings.max_in_flight_bytes = max_in_flight_bytes;
    let mut server = Server::start(config, disk(1, &[1, 1]), Instant(0));
    server.receive(2, 1, append((2, 1), &[], 0));
    server.sent.clear();
    server
}

fn early_bytes(server: &Server) -> usize {
    server.node.memory_usage().early_bytes
}

#[test]
fn entries_after_a_gap_wait_for_those_before_them() {
    let mut server = follower(64, 10_000);
    // Entry 3 is lost.
    server.receive(2, 1, append((3, 1), &[1, 1], 0));
    assert_eq!(server.take_reply(), failure(3, (2, 1)), "they are not acknowledged");
    server.receive(2, 1, append((5, 1), &[1], 0));
    assert_eq!(server.take_reply(), failure(5, (2, 1)));
    assert_eq!((server.log_terms(), early_bytes(&server)), (vec![1, 1], 3 * 67));
    server.receive(2, 1, append((2, 1), &[1], 6));
    assert_eq!(server.take_reply(), success(6), "with those that waited");
    assert_eq!(server.disk.entries, entries(&[1; 6]));
    assert_eq!((server.commit_index(), early_bytes(&server)), (6, 0));
}

/// The leader may divide its log in another way when it sends entries again.
#[test]
fn entries_that_wait_may_overlap_those_that_arrive() {
    for (sent_again, end) in [(&[1, 1][..], 6), (&[1, 1, 1], 6), (&[1; 6], 8)] {
        let mut server = follower(64, 10_000);
        server.receive(2, 1, append((3, 1), &[1, 1], 0));
        server.receive(2, 1, append((5, 1), &[1], 0));
        server.sent.clear();
        server.receive(2, 1, append((2, 1), sent_again, 0));
        assert_eq!(server.take_reply(), success(end), "{sent_again:?}");
        assert_eq!((server.disk.entries.len() as u64, early_bytes(&server)), (end, 0));
    }
}

/// A second gap keeps what is after it.
#[test]
fn each_gap_is_closed_by_itself() {
    let mut server = follower(64, 10_000);
    server.receive(2, 1, append((3, 1), &[1], 0));
    server.receive(2, 1, append((5, 1), &[1], 0));
    server.sent.clear();
    server.receive(2, 1, append((2, 1), &[1], 0));
    assert_eq!((server.take_reply(), early_bytes(&server)), (success(4), 67));
    server.receive(2, 1, append((4, 1), &[1], 0));
    assert_eq!((server.take_reply(), early_bytes(&server)), (success(6), 0));
}

#[test]
fn no_more_waits_than_a_window() {
    let mut server = follower(2, 10_000);
    for prev in [3, 4, 5] {
        server.receive(2, 1, append((prev, 1), &[1], 0));
        // The same again takes no more room.
        server.receive(2, 1, append((prev, 1), &[1], 0));
    }
    assert_eq!(early_bytes(&server), 2 * 67, "two messages");
    let mut server = follower(64, 3 * 67);
    for prev in [3, 5, 7] {
        server.receive(2, 1, append((prev, 1), &[1, 1], 0));
    }
    server.receive(2, 1, append((8, 1), &[1], 0));
    assert_eq!(early_bytes(&server), 3 * 67, "one of two entries, one of one");
}

/// A leader that looks for the place where the logs agree sends one message at a time, and entries
/// with it that may be far off.
#[test]
fn nothing_is_kept_before_the_logs_agree_somewhere() {
    let mut server = Server::of_three(disk(1, &[1, 1]));
    server.receive(2, 1, append((3, 1), &[1, 1], 0));
    assert_eq!(early_bytes(&server), 0);
}

/// Another leader may have other entries there.
#[test]
fn entries_of_an_earlier_term_are_forgotten() {
    let mut server = follower(64, 10_000);
    server.receive(2, 1, append((3, 1), &[1, 1], 0));
    assert_eq!(early_bytes(&server), 2 * 67);
    server.receive(3, 2, append((2, 1), &[2], 0));
    assert_eq!((server.log_terms(), early_bytes(&server)), (vec![1, 1, 2], 0));
    assert_eq!(server.node.current_term(), Term(2));
}

/// They are forgotten with the term, before the next leader is heard.
#[test]
fn a_later_term_frees_the_entries_that_wait() {
    let mut server = follower(64, 10_000);
    server.receive(2, 1, append((3, 1), &[1, 1], 0));
    server.receive(3, 2, request_vote(2, 1));
    assert_eq!((server.node.current_term(), early_bytes(&server)), (Term(2), 0));
}

/// A log that goes on after the entries that were compared may hold others there.
#[test]
fn entries_that_wait_are_added_at_the_end_of_the_compared_log_only() {
    let mut server = Server::of_three(disk(3, &[1, 1, 2]));
    server.receive(2, 3, append((1, 1), &[], 0));
    server.receive(2, 3, append((4, 1), &[3], 0));
    assert_eq!(early_bytes(&server), 67);
    // The logs are the same up to 2; entry 3 is another leader's.
    server.receive(2, 3, append((2, 1), &[], 0));
    assert_eq!((server.log_terms(), early_bytes(&server)), (vec![1, 1, 2], 67));
    server.receive(2, 3, append((2, 1), &[1, 1], 0));
    assert_eq!((server.log_terms(), early_bytes(&server)), (vec![1, 1, 1, 1, 3], 0));
}

/// No correct server sends such entries; they change nothing.
#[test]
fn entries_that_do_not_follow_what_arrives_are_dropped() {
    let mut server = follower(64, 10_000);
    server.receive(2, 3, append((2, 1), &[], 0));
    server.receive(2, 3, append((3, 2), &[2], 0));
    server.sent.clear();
    server.receive(2, 3, append((2, 1), &[3], 0));
    assert_eq!((server.take_reply(), early_bytes(&server)), (success(3), 0));
    assert_eq!(server.log_terms(), [1, 1, 3]);
}

/// The messages that a leader sends to server 2, as the first and last entry of each.
fn ranges(server: &mut Server) -> Vec<(u64, u64)> {
    let sent = server.take_sent().into_iter().filter(|(to, _)| *to == 2);
    let range = |(_, message): (u64, raft_core::Message)| {
        let Body::AppendEntries(request) = message.body else { return None };
        let (first, last) = (request.entries.first()?, request.entries.last()?);
        Some((first.index.0, last.index.0))
    };
    sent.filter_map(range).collect()
}

/// A leader that sends one entry in each message, and whose log is on server 2 too.
fn leader_of_single_entries() -> Server {
    let mut config = config(1, 3);
    config.settings.max_batch_entries = 1;
    let mut server = Server::start(config, disk(1, &[1]), Instant(0));
    server.lead();
    server.receive(2, 2, success(2));
    server
}

/// Nine messages of one entry are sent, and server 2 does not get two of them.
#[test]
fn a_leader_repeats_what_is_lost_and_not_what_follows() {
    let mut server = leader_of_single_entries();
    server.sent.clear();
    for request in 0..9 {
        server.propose(request, "x");
    }
    assert_eq!(ranges(&mut server), (3..=11).map(|index| (index, index)).collect::<Vec<_>>());
    // Entries 5 and 8 are lost.
    server.receive(2, 2, success(4));
    for prev in [5, 6, 8, 9, 10] {
        server.receive(2, 2, failure(prev, (4, 2)));
    }
    assert_eq!(ranges(&mut server), [(5, 5)]);
    server.receive(2, 2, success(7));
    assert_eq!(ranges(&mut server), [(8, 8)], "server 2 may hold the entries after it");
    server.receive(2, 2, success(11));
    assert_eq!(ranges(&mut server), []);
    // Nothing is known to be lost any more: messages follow each other.
    for request in 20..23 {
        server.propose(request, "x");
    }
    assert_eq!(ranges(&mut server), [(12, 12), (13, 13), (14, 14)]);
    assert_eq!(server.node.status().peers[0].match_index, LogIndex(11));
}

/// A server that was restarted holds none of them: each answer doubles the messages.
#[test]
fn a_leader_hurries_if_the_entries_after_a_gap_are_lost_too() {
    let mut server = leader_of_single_entries();
    for request in 0..9 {
        server.propose(request, "x");
    }
    server.sent.clear();
    server.receive(2, 2, failure(11, (2, 2)));
    assert_eq!(ranges(&mut server), [(3, 3)]);
    server.receive(2, 2, success(3));
    assert_eq!(ranges(&mut server), [(4, 4)]);
    server.receive(2, 2, success(4));
    assert_eq!(ranges(&mut server), [(5, 5), (6, 6)]);
    server.receive(2, 2, success(5));
    server.receive(2, 2, success(6));
    assert_eq!(ranges(&mut server).len(), 5, "up to the end of the log");
}

/// Server 2 holds more than what was sent again, by its answer. So it may hold what follows the
/// next gap.
#[test]
fn a_leader_repeats_one_message_for_each_gap() {
    let mut server = leader_of_single_entries();
    for request in 0..9 {
        server.propose(request, "x");
    }
    server.sent.clear();
    // Entries 5, 8 and 10 are lost.
    server.receive(2, 2, success(4));
    for prev in [5, 6, 8, 10] {
        server.receive(2, 2, failure(prev, (4, 2)));
    }
    assert_eq!(ranges(&mut server), [(5, 5)]);
    for (holds, lacks) in [(7, 8), (9, 10)] {
        server.receive(2, 2, success(holds));
        assert_eq!(ranges(&mut server), [(lacks, lacks)]);
    }
    server.receive(2, 2, success(11));
    assert_eq!(ranges(&mut server), []);
}
