//! Rules that keep a leader that works, and let another be elected soon (dissertation §4.2.3,
//! §6.2).

use std::time::Duration;

use raft_core::{Body, Bugs, Input, Membership, NodeId, Recovered, RequestVoteReply, RoleKind};

use crate::builders::disk;
use crate::cluster::Cluster;
use crate::moves::{empty, logs, modern, nodes, start};

/// Of two voters one is down. The learners answer the other, which leads.
pub(crate) fn only_learners_answer(bugs: Bugs) {
    let members = Membership::new(nodes(&[1, 2])).with_learners(nodes(&[3, 4]));
    let mut cluster = Cluster::joining(4, 0, |config| {
        (config.bugs, config.membership) = (bugs, members.clone());
    });
    cluster.elect(1);
    cluster.crash(2);
    cluster.live(Duration::from_secs(1));
    assert!(!cluster.leads(1), "server 1 goes on as leader");
}

/// Server 2 answered a late round of leader 1 before its write was done. The next leader counts its
/// rounds from the beginning, and the disk of server 2 is slow again.
pub(crate) fn rounds_of_two_terms(bugs: Bugs) {
    let mut cluster = empty(bugs, 3);
    cluster.elect(1);
    cluster.heartbeats(1, 9);
    cluster.server_mut(2).disk_is_slow = true;
    cluster.propose(1, "a");
    cluster.settle();
    cluster.finish_together(2, 1);
    cluster.server_mut(2).disk_is_slow = false;
    cluster.settle();
    cluster.elect(3);
    cluster.server_mut(2).disk_is_slow = true;
    cluster.propose(3, "b");
    let before = cluster.peer(3, 2).last_contact;
    cluster.heartbeats(3, 2);
    let is_heard = cluster.peer(3, 2).last_contact > before;
    assert!(is_heard, "server 2 does not answer at once");
}

/// Server 3 no longer hears the leader 1, and asks server 2, which does.
fn deaf_server(cluster: &mut Cluster) {
    cluster.elect(1);
    cluster.heartbeats(1, 1);
    cluster.cut_one_way(1, 3);
    cluster.heartbeats(1, 4);
    cluster.start_election(3);
    cluster.carry(3, 2);
}

pub(crate) fn deaf_server_asks_for_pre_votes(bugs: Bugs) {
    let mut cluster = modern(bugs, 3);
    deaf_server(&mut cluster);
    let is_granted = cluster.network.iter().any(|envelope| {
        let granted = RequestVoteReply { vote_granted: true };
        envelope.message.body == Body::PreVoteReply(granted)
    });
    assert!(!is_granted, "server 3 gets a pre-vote");
}

pub(crate) fn deaf_server_asks_for_votes(bugs: Bugs) {
    let disks = vec![Recovered::default(); 3];
    let mut cluster = start(bugs, disks, |config| config.settings.check_quorum = true);
    deaf_server(&mut cluster);
    cluster.carry(2, 3);
    assert!(!cluster.leads(3), "server 3 deposes the leader");
}

/// Server 2 lacks an entry of server 1, and asks for its vote.
pub(crate) fn refused_candidate(bugs: Bugs) {
    let mut cluster = logs(bugs, 1, &[&[1, 1], &[1], &[1, 1]]);
    let before = cluster.node(1).deadline();
    cluster.pass(Duration::from_millis(20));
    cluster.start_election(2);
    cluster.carry(2, 1);
    assert_eq!(cluster.node(1).voted_for(), None);
    assert_eq!(cluster.node(1).deadline(), before, "server 2 restarts the timer of server 1");
}

/// Server 2 asks server 1 for a pre-vote, which is no promise.
pub(crate) fn pre_vote_is_granted(bugs: Bugs) {
    let disks = vec![disk(1, &[1]); 3];
    let mut cluster = start(bugs, disks, |config| config.settings.pre_vote = true);
    let before = cluster.node(1).deadline();
    cluster.pass(Duration::from_millis(20));
    cluster.start_election(2);
    cluster.carry(2, 1);
    assert_eq!(cluster.node(1).deadline(), before, "server 2 restarts the timer of server 1");
}

/// Server 3 is a learner. Its timer elapses.
pub(crate) fn learner_without_a_leader(bugs: Bugs) {
    let members = Membership::new(nodes(&[1, 2])).with_learners([NodeId(3)]);
    let mut cluster =
        start(bugs, vec![disk(1, &[1]); 3], |config| config.membership = members.clone());
    cluster.handle(3, Input::ForceElection);
    let term = cluster.node(3).current_term();
    assert_eq!(cluster.node(3).role(), RoleKind::Follower, "the learner enters term {term}");
}

/// Five servers start together.
pub(crate) fn servers_start_together(bugs: Bugs) {
    let cluster = modern(bugs, 5);
    let mut deadlines: Vec<_> = cluster.ids().map(|id| cluster.node(id).deadline()).collect();
    deadlines.sort_unstable();
    deadlines.dedup();
    assert!(deadlines.len() > 1, "all timers elapse together");
}
