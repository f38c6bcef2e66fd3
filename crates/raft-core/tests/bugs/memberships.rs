//! Rules of membership change (§6, dissertation chapter 4).

use std::time::Duration;

use raft_core::{
    Bugs, Instant, Membership, MembershipChange, Node, NodeId, Outcome, Recovered, RoleKind,
};

use crate::builders::disk;
use crate::moves::{and, empty, joint, nodes, start};

/// The cluster moves from 1 2 3 to 1 4 5. Only the new ones hear of the leader's entries.
pub(crate) fn new_half_alone(bugs: Bugs) {
    let moving = || and(disk(1, &[1]), joint(&[1, 2, 3], &[1, 4, 5]));
    let old = Membership::new(nodes(&[1, 2, 3]));
    let disks = (1..=5).map(|_| moving()).collect();
    let mut cluster = start(bugs, disks, |config| config.membership = old.clone());
    cluster.start_election(1);
    for peer in [2, 4, 5] {
        cluster.ask(1, peer);
    }
    assert!(cluster.leads(1));
    for peer in [4, 5] {
        cluster.ask(1, peer);
    }
}

/// Of the voters 1 2 3 only the leader has the entry, and both learners.
pub(crate) fn learners_alone(bugs: Bugs) {
    let membership = Membership::new(nodes(&[1, 2, 3])).with_learners(nodes(&[4, 5]));
    let disks = vec![Recovered::default(); 5];
    let mut cluster = start(bugs, disks, |config| config.membership = membership.clone());
    cluster.elect(1);
    cluster.propose(1, "a");
    for learner in [4, 5] {
        cluster.ask(1, learner);
    }
}

/// The erratum to dissertation §4.1. From the voters 1 2 3 4, server 1 began to add server 5 in
/// term 1, and only they heard of it; server 2, elected by 3 and 4, removes server 4, of which only
/// 3 hears. The majorities of the two do not meet.
pub(crate) fn two_changes_from_one_membership(bugs: Bugs) {
    let four = Membership::new(nodes(&[1, 2, 3, 4]));
    let five = || and(disk(1, &[1]), Membership::new(nodes(&[1, 2, 3, 4, 5])));
    let same = || disk(1, &[1]);
    let disks = vec![five(), same(), same(), same(), five()];
    let mut cluster = start(bugs, disks, |config| config.membership = four.clone());
    cluster.start_election(2);
    cluster.ask(2, 3);
    cluster.ask(2, 4);
    assert!(cluster.leads(2));
    cluster.force_change(2, MembershipChange::Remove(NodeId(4)));
    for _ in 0..3 {
        cluster.ask(2, 3);
    }
    cluster.lose_all();
    for _ in 0..2 {
        cluster.start_election(1);
        cluster.ask(1, 4);
        cluster.ask(1, 5);
    }
    assert!(cluster.leads(1));
}

/// Server 3 was promoted from learner to voter, but did not hear of it. Server 1 is down.
pub(crate) fn promoted_in_ignorance(bugs: Bugs) {
    let three = || Membership::new(nodes(&[1, 2, 3]));
    let voting = || and(disk(1, &[1]), three());
    let before = Membership::new(nodes(&[1, 2])).with_learners(nodes(&[3]));
    let disks = vec![voting(), voting(), disk(1, &[1])];
    let mut cluster = start(bugs, disks, |config| config.membership = before.clone());
    cluster.crash(1);
    cluster.live(Duration::from_secs(5));
    cluster.assert_somebody_leads();
}

/// Somebody edits the configuration of server 3, so that it lists only server 3, and restarts it.
pub(crate) fn list_edited_by_hand(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.crash(3);
    let server = cluster.server_mut(3);
    server.config.membership = Membership::new(nodes(&[3]));
    if Node::new(server.config.clone(), server.disk.clone(), Instant(0)).is_err() {
        return;
    }
    cluster.restart(3);
    cluster.start_election(3);
}

/// Server 1 leads, and is removed.
pub(crate) fn leader_is_removed(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.change(1, MembershipChange::Remove(NodeId(1)));
    cluster.settle();
    cluster.live(Duration::from_secs(5));
    let leaders = cluster.ids().filter(|id| cluster.leads(*id));
    for leader in leaders {
        let is_voter = cluster.node(leader).membership().is_voter(NodeId(leader));
        assert!(is_voter, "server {leader} is no voter and leads");
    }
    cluster.assert_somebody_leads();
}

/// Server 1 removes itself, and takes a command before that is committed.
pub(crate) fn command_after_the_removal(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.change(1, MembershipChange::Remove(NodeId(1)));
    cluster.carry(1, 2);
    cluster.carry(1, 3);
    let request = cluster.propose(1, "a");
    cluster.settle();
    let outcome = cluster.outcome(1, request);
    assert!(matches!(outcome, Some(Outcome::Unknown { .. })), "the client of 1 hears {outcome:?}");
}

/// Server 1 removes itself and restarts. Nobody tells it again that its removal is committed.
pub(crate) fn removed_server_restarts(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.change(1, MembershipChange::Remove(NodeId(1)));
    cluster.settle();
    cluster.crash(1);
    cluster.restart(1);
    cluster.time_out(1);
    assert_eq!(cluster.node(1).role(), RoleKind::Follower, "server 1 starts an election");
}

/// Server 1 leads alone, and its learner, which held the whole log, is down for a long time.
pub(crate) fn dead_learner_is_promoted(bugs: Bugs) {
    let alone = Membership::new(nodes(&[1])).with_learners(nodes(&[2]));
    let disks = vec![Recovered::default(); 2];
    let mut cluster = start(bugs, disks, |config| config.membership = alone.clone());
    cluster.elect(1);
    cluster.crash(2);
    cluster.live(Duration::from_secs(60));
    cluster.change(1, MembershipChange::Promote(NodeId(2)));
    let request = cluster.propose(1, "a");
    cluster.live(Duration::from_secs(5));
    let is_taken = matches!(cluster.outcome(1, request), Some(Outcome::Committed(_)));
    assert!(is_taken, "server 1 takes no more commands");
}

/// Server 1 leads alone and takes commands all the time; server 2, which is to be a voter, follows
/// a few messages behind. A message has one entry.
pub(crate) fn busy_leader_adds_a_voter(bugs: Bugs) {
    let alone = Membership::new(nodes(&[1]));
    let mut cluster = start(bugs, vec![Recovered::default(); 2], |config| {
        (config.membership, config.settings.max_batch_entries) = (alone.clone(), 1);
    });
    cluster.elect(1);
    cluster.change(1, MembershipChange::AddVoter(NodeId(2)));
    for _ in 0..100 {
        let sent = cluster.take(|_| true);
        for _ in 0..5 {
            cluster.propose(1, "a");
        }
        cluster.now = cluster.now + Duration::from_millis(10);
        sent.into_iter().for_each(|envelope| cluster.deliver(envelope));
    }
    let membership = cluster.node(1).membership();
    assert!(membership.is_voter(NodeId(2)), "server 2 is not a voter");
}
