//! Rules that let a cluster find a leader, change it and lose it (dissertation §3.10, §6.2, §9.6).

use std::time::Duration;

use raft_core::{Body, Bugs, Membership, MembershipChange, NodeId, Outcome, ReadMode, Refusal};

use crate::builders::disk;
use crate::cluster::Cluster;
use crate::moves::{and, empty, in_term, modern, nodes, start};

/// Server 2 is down. Server 3, whose vote server 1 needs, has been in a later term, and does not
/// start an election itself because it does not know that it was promoted from learner to voter.
/// (If both did, the request of the one would bring the other to its term.)
pub(crate) fn term_behind(bugs: Bugs) {
    let three = || Membership::new(nodes(&[1, 2, 3]));
    let voting = || and(disk(1, &[1]), three());
    let before = Membership::new(nodes(&[1, 2])).with_learners(nodes(&[3]));
    let disks = vec![voting(), voting(), in_term(disk(1, &[1]), 3)];
    let mut cluster = start(bugs, disks, |config| {
        (config.membership, config.settings.pre_vote) = (before.clone(), true);
    });
    cluster.crash(2);
    cluster.live(Duration::from_secs(5));
    cluster.assert_somebody_leads();
}

/// Server 1 transfers leadership to server 2. All hear server 1, and would refuse pre-votes.
pub(crate) fn transfer(bugs: Bugs) {
    let mut cluster = modern(bugs, 3);
    cluster.elect(1);
    cluster.transfer(1, 2);
    cluster.settle();
    assert!(cluster.leads(2), "server 2 does not take over");
}

/// Server 1 begins to transfer leadership to server 2, which is cut off.
pub(crate) fn transfer_to_an_isolated_server(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.isolate(2);
    cluster.transfer(1, 2);
    cluster.heartbeats(1, 10);
    let request = cluster.propose(1, "a");
    cluster.settle();
    let is_taken = matches!(cluster.outcome(1, request), Some(Outcome::Committed(_)));
    assert!(is_taken, "server 1 takes no more commands");
}

/// Of five servers, 5 is down, and the leader 1 hears only server 2, which hears all: servers
/// 2, 3 and 4 could have a leader that commits, if server 2 did not follow server 1.
pub(crate) fn bridge(bugs: Bugs) {
    let mut cluster = modern(bugs, 5);
    cluster.elect(1);
    cluster.crash(5);
    let before = cluster.node(1).commit_index();
    cluster.cut(1, 3);
    cluster.cut(1, 4);
    cluster.live(Duration::from_secs(5));
    let is_alive = cluster.ids().any(|id| cluster.node(id).commit_index() > before);
    assert!(is_alive, "nobody can commit");
}

/// The leader's disk hangs: the others commit, but no client of the leader gets an answer.
pub(crate) fn disk_hangs(bugs: Bugs) {
    let mut cluster = modern(bugs, 3);
    cluster.elect(1);
    cluster.server_mut(1).disk_is_slow = true;
    cluster.propose(1, "a");
    cluster.live(Duration::from_secs(2));
    assert!(!cluster.leads(1), "the leader's disk hangs");
}

/// Server 2 passes a read on to server 1, and it is lost.
pub(crate) fn request_is_lost(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    let request = cluster.read(2, ReadMode::Quorum);
    cluster.delay(2, 1);
    cluster.live(Duration::from_secs(2));
    assert!(cluster.outcome(2, request).is_some(), "the request is never answered");
}

/// The disk of server 1 needs longer for its vote than its timer needs three times.
pub(crate) fn own_vote_is_slow(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.server_mut(1).disk_is_slow = true;
    for _ in 0..3 {
        cluster.time_out(1);
    }
    cluster.finish_together(1, 1);
    cluster.settle();
    assert!(cluster.leads(1), "nobody leads");
}

/// Server 1 transfers its leadership to server 2, which lacks an entry.
pub(crate) fn transfer_that_waits(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.isolate(2);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.transfer(1, 2);
    let request = cluster.propose(1, "b");
    let outcome = cluster.outcome(1, request);
    let is_refused = matches!(outcome, Some(Outcome::Refused(Refusal::TransferInProgress { .. })));
    assert!(is_refused, "server 1 takes a command that server 2 lacks");
}

/// Server 1 transfers its leadership to server 2, which does not hold the whole log yet.
pub(crate) fn target_lacks_an_entry(bugs: Bugs) {
    let mut cluster = modern(bugs, 3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.transfer(1, 2);
    let is_told = cluster.network.iter().any(|envelope| envelope.message.body == Body::TimeoutNow);
    assert!(!is_told, "server 2 is told too early");
}

/// Server 1 transfers its leadership to server 2, and is then asked to remove that server.
pub(crate) fn target_is_removed(bugs: Bugs) {
    let mut cluster = modern(bugs, 3);
    cluster.elect(1);
    cluster.propose(1, "a");
    let request = cluster.transfer(1, 2);
    cluster.change(1, MembershipChange::Remove(NodeId(2)));
    let outcome = cluster.outcome(1, request);
    assert!(outcome.is_some(), "the transfer goes on to a server without a vote");
}

/// Server 2 forwards a command, which the leader refuses. Later the network repeats the command.
pub(crate) fn refused_command_is_repeated(bugs: Bugs) {
    let mut cluster = Cluster::joining(3, 0, |config| {
        config.bugs = bugs;
        config.settings.forward_proposals = true;
        config.settings.max_uncommitted_bytes = 100;
    });
    cluster.elect(1);
    cluster.propose(1, "a");
    let request = cluster.propose(2, "b");
    let copies = cluster.delay(2, 1);
    copies.iter().cloned().for_each(|copy| cluster.deliver(copy));
    cluster.settle();
    assert!(matches!(cluster.outcome(2, request), Some(Outcome::Refused(_))));
    copies.into_iter().for_each(|copy| cluster.deliver(copy));
    cluster.live(Duration::from_millis(200));
    assert_eq!(cluster.server(1).state, "a", "it was refused, and is applied");
}
