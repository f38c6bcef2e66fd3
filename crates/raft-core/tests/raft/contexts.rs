//! The contexts of members: bytes that are in force with the membership.

use std::time::Duration;

use raft_core::{
    Body, Bytes, ChangeError, ConfigError, Entry, Input, Instant, LogIndex, Membership,
    MembershipChange, Node, NodeId, Outcome, Payload, Recovered, Refusal, RequestId, RestartError,
    Term,
};

use crate::builders::*;
use crate::cluster::Cluster;
use crate::server::Server;

const SECOND: Duration = Duration::from_secs(1);

/// Three servers; those of the numbers in `joining` wait to be added.
fn cluster(joining: u64) -> Cluster {
    let mut cluster = Cluster::joining(3, joining, |config| config.settings.trailing_entries = 0);
    cluster.elect(1);
    cluster
}

fn change(cluster: &mut Cluster, change: MembershipChange, contexts: &[(u64, &str)]) -> Outcome {
    let request = RequestId(1_000 + cluster.server(1).replies.len() as u64);
    let contexts =
        contexts.iter().map(|(node, text)| (NodeId(*node), Bytes::from(text.as_bytes())));
    let contexts = contexts.collect();
    cluster.handle(1, Input::ChangeMembership { request, change, contexts, force: false });
    cluster.settle();
    cluster.live(SECOND);
    cluster.outcome(1, request.0).expect("it is answered")
}

fn is_committed(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Committed(_))
}

/// The contexts that a server knows.
fn known(cluster: &Cluster, id: u64) -> Vec<(u64, String)> {
    let all = cluster.node(id).membership();
    all.contexts().map(|(node, text)| (node.0, String::from_utf8_lossy(text).into())).collect()
}

/// As learner, as voter, and in the joint step.
#[test]
fn a_server_that_joins_has_its_context_in_each_step() {
    let mut cluster = cluster(2);
    let add = MembershipChange::SetVoters([1, 4, 5].map(NodeId).into());
    let outcome = change(&mut cluster, add, &[(4, "d:1"), (5, "e:1")]);
    assert!(is_committed(outcome), "{outcome:?}");
    let mut steps = 0;
    for entry in cluster.node(1).log().iter_from(LogIndex(0)) {
        let Payload::Membership(membership) = &entry.payload else { continue };
        let context = |node| membership.context(NodeId(node)).map(|bytes| bytes.to_vec());
        assert_eq!((context(4), context(5)), (Some(b"d:1".to_vec()), Some(b"e:1".to_vec())));
        steps += 1;
    }
    assert_eq!(steps, 3, "learners, both majorities, the new voters");
    for id in [1, 4, 5] {
        assert_eq!(known(&cluster, id), [(4, "d:1".to_owned()), (5, "e:1".to_owned())]);
    }
}

/// A server on its way out is sent entries until the change is over: its context stays so long.
#[test]
fn a_server_that_leaves_keeps_its_context_in_the_joint_step() {
    let mut cluster = cluster(2);
    let all = || MembershipChange::SetVoters([1, 2, 3].map(NodeId).into());
    assert!(is_committed(change(&mut cluster, all(), &[(2, "b:1"), (3, "c:1")])));
    let moving = MembershipChange::SetVoters([1, 2, 4].map(NodeId).into());
    assert!(is_committed(change(&mut cluster, moving, &[(2, "b:2"), (4, "d:1")])));
    let log = cluster.node(1).log();
    let joint = log.iter_from(LogIndex(0)).find_map(|entry| match &entry.payload {
        Payload::Membership(membership) if membership.is_joint() => Some(membership),
        Payload::Membership(_) | Payload::Noop | Payload::Command(_) => None,
    });
    let joint = joint.expect("the change had a joint step");
    let context = |node| joint.context(NodeId(node)).map(|bytes| &bytes[..]);
    assert_eq!(context(2), Some(&b"b:2"[..]), "the new one");
    assert_eq!((context(3), context(4)), (Some(&b"c:1"[..]), Some(&b"d:1"[..])));
    assert_eq!(known(&cluster, 1), [(2, "b:2".to_owned()), (4, "d:1".to_owned())]);
}

#[test]
fn a_member_that_moves_gets_another_context() {
    let mut cluster = cluster(0);
    let same = || MembershipChange::SetVoters([1, 2, 3].map(NodeId).into());
    let voters = cluster.node(1).membership().voters().to_vec();
    for (address, expected) in [("c:1", "c:1"), ("c:2", "c:2")] {
        assert!(is_committed(change(&mut cluster, same(), &[(3, address)])));
        for id in 1..=3 {
            assert_eq!(known(&cluster, id), [(3, expected.to_owned())]);
        }
    }
    assert_eq!(cluster.node(1).membership().voters(), voters);
    let again = change(&mut cluster, same(), &[(3, "c:2")]);
    assert_eq!(again, Outcome::Refused(Refusal::Change(ChangeError::NothingToDo)));
}

#[test]
fn a_context_that_is_too_long_or_of_nobody_is_refused() {
    let mut cluster = cluster(1);
    let long = "x".repeat(Membership::MAX_CONTEXT_BYTES + 1);
    let add = || MembershipChange::AddVoter(NodeId(4));
    let (node, bytes) = (NodeId(4), long.len());
    let refused = |error| Outcome::Refused(Refusal::Change(error));
    let outcome = change(&mut cluster, add(), &[(4, &long)]);
    assert_eq!(outcome, refused(ChangeError::ContextTooLong { node, bytes }));
    let outcome = change(&mut cluster, add(), &[(4, "d"), (7, "g")]);
    assert_eq!(outcome, refused(ChangeError::NotAMember(NodeId(7))));
    assert!(!cluster.node(1).membership().contains(NodeId(4)));
}

/// By the leader's snapshot, then from its own disk.
#[test]
fn contexts_are_in_snapshots_and_on_disk() {
    let mut cluster = cluster(1);
    cluster.isolate(3);
    let outcome = change(&mut cluster, MembershipChange::AddVoter(NodeId(4)), &[(4, "d:1")]);
    assert!(is_committed(outcome));
    cluster.take_snapshot(1);
    cluster.heal();
    cluster.live(SECOND);
    assert_eq!(cluster.server(3).restored.len(), 1);
    let expected = [(4, "d:1".to_owned())];
    assert_eq!(known(&cluster, 3), expected);
    cluster.crash(3);
    cluster.restart(3);
    assert_eq!(known(&cluster, 3), expected);
}

/// The list of the first start counts, whatever contexts the configuration names later.
#[test]
fn the_stored_contexts_of_the_first_servers_count() {
    let first = membership(3).with_context(NodeId(2), b"old");
    let mut config = config(1, 3);
    config.membership = first.clone();
    let mut server = Server::start(config.clone(), Recovered::default(), Instant(0));
    server.receive(2, 1, append((0, 0), &[1], 0));
    assert_eq!(server.disk.bootstrap.as_ref(), Some(&first));
    config.membership = membership(3).with_context(NodeId(2), b"new");
    let node =
        Node::new(config.clone(), server.disk.clone(), Instant(0)).expect("the same servers");
    assert_eq!(*node.membership(), first);
    config.membership = membership(3).with_context(NodeId(2), vec![b'x'; 257]);
    let error = Node::new(config, server.disk.clone(), Instant(0)).expect_err("it is too long");
    let (node, bytes) = (NodeId(2), 257);
    assert_eq!(error, RestartError::Config(ConfigError::ContextTooLong { node, bytes }));
    assert_eq!(
        error.to_string(),
        "the context of node 2 has 257 bytes, and at most 256 are possible"
    );
}

/// No correct server sends such a membership: the message changes nothing.
#[test]
fn a_message_with_a_context_that_is_too_long_is_ignored() {
    let made_up = membership(3).with_context(NodeId(2), vec![b'x'; 257]);
    let payload = Payload::Membership(made_up.clone());
    let Body::AppendEntries(mut request) = append((0, 0), &[], 0) else {
        panic!("append builds an AppendEntries")
    };
    request.entries = vec![Entry { index: LogIndex(1), term: Term(3), payload }].into();
    let state = raft_core::Snapshot { membership: made_up, ..snapshot(5, 3, 3, "state") };
    for body in [Body::AppendEntries(request), install(&state, 0, 5)] {
        let mut server = Server::of_three(disk(2, &[]));
        server.receive(2, 3, body);
        assert_eq!(server.node.current_term(), Term(2));
        assert!(server.sent.is_empty() && server.restored.is_empty());
    }
}
