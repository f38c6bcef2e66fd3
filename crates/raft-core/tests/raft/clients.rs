//! §8: what clients are told.

use raft_core::{Input, Instant, LogIndex, NodeId, Outcome};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

/// "If the client's first choice is not the leader, that server will reject the client's request
/// and supply information about the most recent leader it has heard from."
#[test]
fn a_follower_names_the_leader() {
    let mut cluster = Cluster::new(3);
    cluster.elect(2);
    let request = cluster.propose(1, "a");
    let leader = Some(NodeId(2));
    assert_eq!(cluster.outcome(1, request), Some(Outcome::NotLeader { leader }));
    assert!(cluster.network.is_empty(), "nothing was appended or sent");
}

#[test]
fn who_knows_no_leader_says_so() {
    let mut follower = Server::of_three(disk(0, &[]));
    follower.propose(1, "a");
    assert_eq!(follower.outcome(1), Some(Outcome::NotLeader { leader: None }));
    follower.campaign();
    follower.propose(2, "a");
    assert_eq!(follower.outcome(2), Some(Outcome::NotLeader { leader: None }));
}

/// §5.3: "When the entry has been safely replicated, the leader applies the entry to its state
/// machine and returns the result of that execution to the client."
#[test]
fn a_client_is_answered_after_its_command_is_applied() {
    let mut server = Server::of_three(disk(0, &[]));
    server.lead();
    server.propose(7, "a");
    assert_eq!(server.outcome(7), None);
    server.receive(2, 1, success(2));
    assert_eq!(server.state, "a");
    assert_eq!(server.outcome(7), Some(Outcome::Committed(at(2, 1))));
}

/// Every proposal is answered, in the order in which they were appended.
#[test]
fn many_proposals_are_answered_one_by_one() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    let requests: Vec<u64> = (0..50).map(|n| cluster.propose(1, &n.to_string())).collect();
    cluster.settle();
    for (request, index) in requests.iter().zip(2..) {
        assert_eq!(cluster.outcome(1, *request), Some(Outcome::Committed(at(index, 1))));
    }
}

/// A proposal whose place another leader's entry took will never be committed. That is known only
/// when an entry of a later term is committed: until then, a leader that holds the first could
/// return (Figure 8).
#[test]
fn a_proposal_that_was_overwritten_is_superseded_once_its_place_is_committed() {
    let mut server = Server::of_three(disk(0, &[]));
    server.lead();
    server.receive(2, 1, success(1));
    server.propose(1, "a");
    server.receive(3, 2, append((1, 1), &[2, 2], 1));
    assert_eq!(server.log_terms(), [1, 2, 2]);
    assert_eq!(server.outcome(1), None);
    server.receive(3, 2, append((3, 2), &[], 2));
    assert_eq!(server.outcome(1), Some(Outcome::Superseded { position: at(2, 1) }));
}

/// The log may never reach the place of a proposal again: without more commands, the client would
/// wait for ever. An entry of a later term, committed before that place, tells its fate: no leader
/// from now on lacks that entry, and none can hold one of an earlier term after it.
#[test]
fn a_proposal_is_superseded_by_a_later_term_that_is_committed_before_its_place() {
    let mut server = Server::of_three(disk(0, &[]));
    server.lead();
    for request in [1, 2, 3] {
        server.propose(request, "a");
    }
    server.receive(3, 2, append((0, 0), &[2], 0));
    assert_eq!(server.log_terms(), [2]);
    assert_eq!(server.replies, []);
    server.receive(3, 2, append((1, 2), &[], 1));
    for (request, index) in [(1, 2), (2, 3), (3, 4)] {
        let superseded = Outcome::Superseded { position: at(index, 1) };
        assert_eq!(server.outcome(request), Some(superseded), "request {request}");
    }
    assert_eq!(server.node.memory_usage().proposals, 0);
}

/// The first entry of a term that is applied says nothing about later entries of the same term.
#[test]
fn a_proposal_waits_for_its_own_entry_when_the_first_one_of_its_term_is_committed() {
    let mut server = Server::of_three(disk(0, &[]));
    server.lead();
    server.propose(1, "a");
    server.receive(2, 1, success(1));
    assert_eq!((server.commit_index(), server.outcome(1)), (1, None));
    server.receive(2, 1, success(2));
    assert_eq!(server.outcome(1), Some(Outcome::Committed(at(2, 1))));
}

/// A deposed leader's entry may survive in its successor's log, and then it is committed after all.
#[test]
fn a_deposed_leader_learns_that_its_proposal_was_committed() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.heartbeats(1, 1);
    let request = cluster.propose(1, "a");
    cluster.deliver_where(|envelope| envelope.to == 2);
    cluster.network.clear();
    cluster.isolate(1);
    cluster.elect(2);
    assert_eq!(cluster.outcome(1, request), None);
    cluster.rejoin(1);
    cluster.heartbeats(2, 2);
    assert_eq!(cluster.outcome(1, request), Some(Outcome::Committed(at(2, 1))));
}

/// Where a snapshot replaced the log, no server knows which entry was there.
#[test]
fn a_proposal_under_a_snapshot_has_an_unknown_outcome() {
    let mut server = Server::of_three(disk(0, &[]));
    server.lead();
    server.propose(1, "a");
    server.propose(2, "b");
    let state = snapshot(2, 2, 3, "z");
    server.receive(3, 2, install(&state, 0, 1));
    assert_eq!(server.outcome(1), Some(Outcome::Unknown { position: Some(at(2, 1)) }));
    assert_eq!(server.outcome(2), Some(Outcome::Superseded { position: at(3, 1) }));
}

/// A leader that lost its entries and leads again may append at a place where an older proposal of
/// its own still waits. Both are answered when that place is committed.
#[test]
fn a_proposal_is_answered_even_if_older_ones_wait_at_later_places() {
    let mut server = Server::of_three(disk(0, &[]));
    server.lead();
    for request in [1, 2, 3] {
        server.propose(request, "old");
    }
    // Another leader's single entry replaces all; then this server leads again.
    server.receive(3, 2, append((0, 0), &[2], 0));
    assert_eq!(server.log_terms(), [2]);
    server.lead();
    server.propose(4, "new");
    assert_eq!(server.log_terms(), [2, 3, 3]);
    server.receive(2, 3, success(3));
    assert_eq!(server.node.last_applied(), LogIndex(3));
    assert_eq!(server.outcome(4), Some(Outcome::Committed(at(3, 3))));
    assert_eq!(server.outcome(1), Some(Outcome::Superseded { position: at(2, 1) }));
    assert_eq!(server.outcome(2), Some(Outcome::Superseded { position: at(3, 1) }));
    assert_eq!(server.outcome(3), Some(Outcome::Superseded { position: at(4, 1) }));
}

/// The newer proposal is under the snapshot and may be committed, though older ones wait at later
/// places. An answer that it was superseded would be false.
#[test]
fn a_proposal_under_a_snapshot_is_found_before_older_ones_at_later_places() {
    let mut server = Server::of_three(disk(1, &[1, 1]));
    server.lead();
    for request in [1, 2] {
        server.propose(request, "old");
    }
    assert_eq!(server.log_terms(), [1, 1, 2, 2, 2]);
    server.receive(3, 3, append((0, 0), &[3], 0));
    server.lead();
    server.propose(3, "new");
    assert_eq!(server.log_terms(), [3, 4, 4]);
    let state = snapshot(3, 4, 3, "z");
    server.receive(2, 5, install(&state, 0, 1));
    assert_eq!(server.outcome(3), Some(Outcome::Unknown { position: Some(at(3, 4)) }));
    assert_eq!(server.outcome(1), Some(Outcome::Superseded { position: at(4, 2) }));
    assert_eq!(server.outcome(2), Some(Outcome::Superseded { position: at(5, 2) }));
}

/// What a crash cuts off gets no answer: the client must ask again.
#[test]
fn a_crash_leaves_proposals_without_an_answer() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    let request = cluster.propose(1, "a");
    cluster.crash(1);
    cluster.restart(1);
    cluster.settle();
    assert_eq!(cluster.outcome(1, request), None);
}

/// A driver that hands over several inputs before it drains must know how many outputs are due.
#[test]
fn outputs_are_counted_until_they_are_drained() {
    let mut server = Server::of_three(disk(0, &[]));
    assert_eq!(server.node.queued_outputs(), 0);
    server.node.handle(Instant(0), Input::ForceElection);
    let count = server.node.queued_outputs();
    assert!(count > 1, "{count} outputs");
    assert!(server.node.poll_output().output().is_some());
    assert_eq!(server.node.queued_outputs(), count - 1);
}
