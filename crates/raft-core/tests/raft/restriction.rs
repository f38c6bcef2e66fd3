//! §5.4.1: the election restriction.

use raft_core::{Input, Instant, NodeId, Recovered, RoleKind};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

/// "The voter denies its vote if its own log is more up-to-date than that of the candidate." "If
/// the logs have last entries with different terms, then the log with the later term is more
/// up-to-date. If the logs end with the same term, then whichever log is longer is more
/// up-to-date."
#[test]
fn a_voter_denies_its_vote_if_its_own_log_is_more_up_to_date() {
    // The voter's log, the candidate's last entry, and whether it gets the vote.
    let cases: [(Terms, Place, bool); 12] = [
        (&[], (0, 0), true),
        (&[], (1, 1), true),
        (&[1], (0, 0), false),
        (&[1], (1, 1), true),
        (&[1], (2, 1), true),
        (&[1, 1], (1, 1), false),
        (&[1, 1], (1, 2), true),
        (&[1, 1, 1], (1, 2), true),
        (&[2], (1, 1), false),
        (&[2], (9, 1), false),
        (&[1, 2], (2, 2), true),
        (&[1, 1, 2], (2, 2), false),
    ];
    for (terms, (index, term), expected) in cases {
        let mut server = Server::of_three(disk(2, terms));
        server.receive(2, 3, request_vote(index, term));
        assert_eq!(server.take_reply(), vote(expected), "{terms:?}, {index}@{term}");
        assert_eq!(server.node.voted_for(), expected.then_some(NodeId(2)));
    }
}

/// A refusal because of the log leaves the vote free for a better candidate.
#[test]
fn a_vote_that_was_denied_is_still_to_be_given() {
    let mut server = Server::of_three(disk(1, &[1]));
    server.receive(2, 2, request_vote(0, 0));
    assert_eq!(server.take_reply(), vote(false));
    server.receive(3, 2, request_vote(1, 1));
    assert_eq!(server.take_reply(), vote(true));
}

/// Entries that a snapshot replaced still count: the log ends where the snapshot does.
#[test]
fn a_snapshot_counts_as_the_log_that_it_replaced() {
    let snapshot = Some(snapshot(5, 2, 3, "state"));
    let on_disk = Recovered { snapshot, ..disk(2, &[]) };
    for ((index, term), expected) in [((4, 2), false), ((9, 1), false), ((5, 2), true)] {
        let mut server = Server::of_three(on_disk.clone());
        server.receive(2, 3, request_vote(index, term));
        assert_eq!(server.take_reply(), vote(expected), "{index}@{term}");
    }
    let mut candidate = Server::of_three(on_disk);
    candidate.campaign();
    assert_eq!(candidate.take_sent()[0].1.body, request_vote(5, 2));
}

/// Entries that are not yet on the voter's disk count too: they may be soon.
#[test]
fn the_restriction_regards_entries_that_are_not_yet_on_disk() {
    let mut server = Server::of_three(disk(1, &[]));
    server.disk_is_slow = true;
    server.receive(2, 1, append((0, 0), &[1], 0));
    server.receive(3, 2, request_vote(0, 0));
    server.finish_writes(Instant(0));
    let sent: Vec<_> = server.take_sent().into_iter().map(|(_, message)| message.body).collect();
    assert_eq!(sent, [success(1), vote(false)]);
}

/// "Raft uses the voting process to prevent a candidate from winning an election unless its log
/// contains all committed entries."
#[test]
fn a_candidate_without_all_committed_entries_cannot_win() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.isolate(3);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.isolate(1);
    cluster.rejoin(3);
    for _ in 0..3 {
        cluster.handle(3, Input::ForceElection);
        cluster.settle();
        assert_ne!(cluster.node(3).role(), RoleKind::Leader);
    }
    cluster.elect(2);
    assert_eq!(cluster.server(3).state, "");
    cluster.heartbeats(2, 1);
    assert_eq!(cluster.server(3).state, "a");
}

/// A long log of an old term does not beat a short one of a later term.
#[test]
fn a_longer_log_of_an_older_term_cannot_win() {
    let mut cluster = Cluster::with_logs(3, &[&[1, 1, 1, 1, 1], &[1, 2], &[1, 2]]);
    cluster.handle(1, Input::ForceElection);
    cluster.settle();
    assert_eq!(cluster.node(1).role(), RoleKind::Candidate);
    cluster.elect(2);
    cluster.heartbeats(2, 2);
    assert_eq!(cluster.server(1).log_terms(), [1, 2, 5]);
}
