//! Rules of elections (§5.2, §5.4.1, pre-vote).

use raft_core::{Bugs, HardState, Membership, NodeId, Recovered, Term};

use crate::builders::disk;
use crate::moves::{and, empty, joint, logs, nodes, start};

/// Server 1 starts elections in terms 1 and 2. A vote for term 1 arrives late, after its voter has
/// elected server 3 for term 2.
pub(crate) fn late_vote(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.start_election(1);
    cluster.carry(1, 2);
    let late = cluster.delay(2, 1);
    cluster.start_election(1);
    cluster.lose_all();
    for _ in 0..2 {
        cluster.start_election(3);
        cluster.ask(3, 2);
    }
    assert!(cluster.leads(3));
    cluster.arrive(late);
}

/// Server 2 votes for server 1, which wins. Server 2 restarts, and server 3 asks for its vote in
/// the same term.
pub(crate) fn voter_restarts(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.start_election(1);
    cluster.ask(1, 2);
    assert!(cluster.leads(1));
    cluster.crash(2);
    cluster.restart(2);
    cluster.start_election(3);
    cluster.ask(3, 2);
}

/// Server 2 votes for server 1, times out, hears of server 1 after all, and then gets the request
/// of server 3, a candidate of the same term. (Its log is too short for server 1's first entry,
/// which would make it refuse.)
pub(crate) fn voter_steps_down(bugs: Bugs) {
    let disks = vec![disk(1, &[1, 1]), disk(1, &[1]), disk(1, &[1])];
    let mut cluster =
        start(bugs, disks, |config| config.settings.pre_vote = config.id == NodeId(2));
    cluster.start_election(3);
    let requests = cluster.delay(3, 2);
    cluster.start_election(1);
    cluster.ask(1, 2);
    assert!(cluster.leads(1));
    cluster.start_election(2);
    cluster.carry(1, 2);
    cluster.arrive(requests);
    cluster.carry(2, 3);
}

/// Server 2 votes for server 1, which wins, times out before it hears of that, and gets the request
/// of server 3, a candidate of the same term.
pub(crate) fn voter_asks_for_pre_votes(bugs: Bugs) {
    let disks = vec![Recovered::default(); 3];
    let mut cluster =
        start(bugs, disks, |config| config.settings.pre_vote = config.id == NodeId(2));
    cluster.start_election(1);
    cluster.ask(1, 2);
    assert!(cluster.leads(1));
    cluster.start_election(2);
    cluster.start_election(3);
    cluster.ask(3, 2);
}

/// Servers 3, 4 and 5 know that the cluster moves from 1 2 3 to 3 4 5; servers 1 and 2 do not.
/// Three of five are no majority of 1 2 3.
pub(crate) fn old_and_new_majority(bugs: Bugs) {
    let moving = || and(disk(1, &[1]), joint(&[1, 2, 3], &[3, 4, 5]));
    let disks = vec![disk(1, &[1]), disk(1, &[1]), moving(), moving(), moving()];
    let old = Membership::new(nodes(&[1, 2, 3]));
    let mut cluster = start(bugs, disks, |config| config.membership = old.clone());
    cluster.start_election(1);
    cluster.ask(1, 2);
    assert!(cluster.leads(1));
    cluster.start_election(3);
    cluster.ask(3, 4);
    cluster.ask(3, 5);
}

/// Server 1 starts an election with an entry that is not on its disk, and crashes. It starts
/// another, in the same term because that was lost too, and the vote that the lost entry won
/// arrives.
pub(crate) fn advertised_log_is_lost(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.let_promises_be_broken();
    cluster.elect(2);
    cluster.server_mut(1).disk_is_slow = true;
    cluster.propose(2, "a");
    cluster.settle();
    assert_eq!(cluster.node(2).commit_index().0, 2, "on the disks of servers 2 and 3");
    cluster.start_election(1);
    cluster.carry(1, 3);
    let late = cluster.delay(3, 1);
    cluster.lose_all();
    cluster.crash(1);
    cluster.server_mut(1).disk_is_slow = false;
    cluster.restart(1);
    cluster.start_election(1);
    cluster.lose_all();
    cluster.arrive(late);
}

/// Server 4 is to join and knows no voters yet. It takes "all of none" for a quorum.
pub(crate) fn non_member_starts_an_election(bugs: Bugs) {
    let disks = vec![Recovered::default(); 4];
    let mut cluster = start(bugs, disks, |config| {
        config.membership = match config.id {
            NodeId(4) => Membership::empty(),
            _ => Membership::new(nodes(&[1, 2, 3])),
        };
    });
    cluster.elect(1);
    cluster.start_election(4);
}

/// A torn write left server 2 with the term of a new vote and the candidate of an old one. Alone
/// the switch does no harm: no vote is stored without a look at the candidate's log.
pub(crate) fn vote_of_a_torn_write(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.isolate(1);
    cluster.elect(2);
    cluster.crash(2);
    let torn = HardState { current_term: Term(2), voted_for: Some(NodeId(1)) };
    cluster.server_mut(2).disk.hard_state = torn;
    cluster.restart(2);
    cluster.start_election(1);
    cluster.rejoin(1);
    cluster.start_election(1);
    cluster.ask(1, 2);
}

/// Server 1 did not hear of what servers 2 and 3 committed, and starts an election.
pub(crate) fn log_is_behind(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.isolate(1);
    cluster.elect(2);
    cluster.rejoin(1);
    for _ in 0..2 {
        cluster.start_election(1);
        cluster.ask(1, 3);
    }
}

/// Server 3 alone has many entries of term 1; servers 1 and 2 commit one of term 3.
pub(crate) fn longer_log_of_an_older_term(bugs: Bugs) {
    let mut cluster = logs(bugs, 2, &[&[1], &[1], &[1, 1, 1, 1]]);
    cluster.isolate(3);
    cluster.elect(1);
    cluster.rejoin(3);
    for _ in 0..2 {
        cluster.start_election(3);
        cluster.ask(3, 2);
    }
}

/// Server 2 answers the leader, server 1, and restarts. Server 3 has not heard the leader for long,
/// and asks it for its vote, while the lease of server 1 lasts.
pub(crate) fn voter_restarts_during_a_lease(bugs: Bugs) {
    let mut cluster = start(bugs, vec![Recovered::default(); 3], |config| {
        let settings = &mut config.settings;
        (settings.check_quorum, settings.lease_reads) = (true, true);
    });
    cluster.elect(1);
    cluster.isolate(3);
    cluster.heartbeats(1, 12);
    cluster.crash(2);
    cluster.restart(2);
    cluster.isolate(1);
    cluster.rejoin(3);
    assert!(cluster.node(1).status().lease_until > Some(cluster.now));
    cluster.start_election(3);
    cluster.ask(3, 2);
    assert!(!cluster.leads(3), "server 3 gets the vote");
}
