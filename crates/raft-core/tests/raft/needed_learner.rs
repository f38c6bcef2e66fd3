//! A learner starts an election if a candidate needs its vote and cannot get it (dissertation
//! §4.2.2).
//!
//! Servers 1, 2 and 3 are voters. The leader of term 1 caught server 4 up and appended the joint
//! membership that makes server 4 the only voter. Only server 1 has that entry. Server 3, without
//! it, led in term 4, and gave server 4 another entry in its place. Server 3 then failed.
//!
//! Servers 1, 2 and 4 are a quorum of each membership: of the first, and of both halves of the
//! joint one. But server 1 needs the vote of server 4, whose log is later; server 2 needs the vote
//! of server 1, whose log is longer; and server 4 is a learner.

use std::time::Duration;

use raft_core::{
    Config, Entry, HardState, Input, LogIndex, Membership, NodeId, Payload, Recovered, RoleKind,
    Term,
};

use crate::builders::*;
use crate::cluster::Cluster;

const FIRST: u64 = 1;
const SECOND: u64 = 2;
const FAILED: u64 = 3;
const LEARNER: u64 = 4;

fn with_learner() -> Membership {
    membership(3).with_learners([NodeId(LEARNER)])
}

fn membership_entry(index: u64, membership: Membership) -> Entry {
    let payload = Payload::Membership(membership);
    Entry { index: LogIndex(index), term: Term(1), payload }
}

fn cluster(change: impl Fn(&mut Config)) -> Cluster {
    let joint = Membership::new([NodeId(LEARNER)]).with_outgoing([1, 2, 3].map(NodeId));
    let disk = |entries: Vec<Entry>| {
        let hard_state = HardState { current_term: Term(4), voted_for: None };
        Recovered { hard_state, entries, ..Recovered::default() }
    };
    let logs = [
        vec![entry(1, 1), membership_entry(2, with_learner()), membership_entry(3, joint)],
        vec![entry(1, 1)],
        Vec::new(),
        vec![entry(1, 1), membership_entry(2, with_learner()), entry(3, 4)],
    ];
    let mut cluster = Cluster::start(logs.into_iter().map(disk).collect(), |config| {
        config.membership =
            if config.id == NodeId(LEARNER) { Membership::empty() } else { membership(3) };
        change(config);
    });
    cluster.crash(FAILED);
    cluster
}

fn everything_on(config: &mut Config) {
    let full = full_config(config.id.0, 3);
    config.settings = full.settings;
}

#[test]
fn a_learner_whose_vote_a_candidate_cannot_get_is_elected() {
    for change in [|_: &mut Config| {}, everything_on] {
        let mut cluster = cluster(change);
        cluster.live(Duration::from_secs(10));
        let leader = cluster.leader().expect("one of them can win");
        assert_ne!(leader, LEARNER, "it leads until an entry of its term is committed");
        let request = cluster.propose(leader, "x");
        cluster.live(Duration::from_secs(1));
        let outcome = cluster.outcome(leader, request);
        assert!(matches!(outcome, Some(raft_core::Outcome::Committed(_))), "{outcome:?}");
        for id in [FIRST, SECOND, LEARNER] {
            assert_eq!(*cluster.node(id).membership(), with_learner());
            assert_eq!(cluster.node(id).log().get(LogIndex(3)).map(|e| e.term), Some(Term(4)));
        }
    }
}

/// Server 1 asks for its vote, then server 2 hears a leader: the learner is needed no more.
#[test]
fn a_learner_that_hears_a_leader_is_not_needed() {
    let mut cluster = cluster(|_| {});
    cluster.handle(FIRST, Input::ForceElection);
    cluster.deliver_where(|envelope| envelope.to == LEARNER);
    let body = append((0, 0), &[], 0);
    let message = message(cluster.node(LEARNER).current_term().0, body);
    cluster.handle(LEARNER, Input::Message { from: NodeId(SECOND), message });
    cluster.time_out(LEARNER);
    assert_eq!(cluster.node(LEARNER).role(), RoleKind::Follower);
}

/// A candidate with a log as late as the learner's can win with its vote.
#[test]
fn a_learner_that_can_grant_its_vote_is_not_needed() {
    let mut cluster = cluster(|_| {});
    let request = message(5, request_vote(9, 4));
    cluster.handle(LEARNER, Input::Message { from: NodeId(FIRST), message: request });
    cluster.time_out(LEARNER);
    assert_eq!(cluster.node(LEARNER).role(), RoleKind::Follower);
}
