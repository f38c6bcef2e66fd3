//! The world: leadership and membership on request, reads without log entries, servers that join.

use std::time::Duration;

use raft_core::{Instant, Membership, MembershipChange, NodeId, Outcome, RoleKind, Settings};
use raft_kv::{ClientId, Operation, Response};

use crate::{
    Action, ActionError, AdminRequest, ClientError, ClientEvent, ClusterEvent, Event, EventKind,
    MAX_NODES, NodeAction, NodeState, ReadPolicy, Request, RetryReason, Selector, Setup,
    SetupError, SimNode, World,
};

/// A cluster of three that has had a leader for a while.
fn calm(setup: Setup) -> (World, NodeId) {
    let mut world = World::new(Setup { nodes: 3, ..setup }).unwrap();
    world.run_until(Instant(1_000_000));
    let leader = world.leader().unwrap();
    (world, leader)
}

fn until<T>(world: &mut World, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
    let limit = world.now() + Duration::from_secs(60);
    loop {
        if let Some(found) = world.events().iter().find_map(&mut wanted) {
            return found;
        }
        assert!(world.step() && world.now() < limit, "nothing wanted happened by {}", world.now());
    }
}

fn until_administered(world: &mut World) -> (NodeId, AdminRequest, Outcome) {
    until(world, |event| {
        let EventKind::Cluster(ClusterEvent::Administered { node, request, outcome, .. }) =
            &event.kind
        else {
            return None;
        };
        Some((*node, (**request).clone(), *outcome))
    })
}

fn until_answer(world: &mut World) -> (Response, NodeId, ReadPolicy) {
    until(world, |event| {
        let EventKind::Client { event: ClientEvent::Answered { response, node, read, .. }, .. } =
            &event.kind
        else {
            return None;
        };
        Some((response.clone(), *node, *read))
    })
}

fn request(operation: Operation, via: NodeId, read: ReadPolicy) -> Action {
    Request { client: ClientId(1), operation, via: Some(Selector::Node(via)), read }.into()
}

fn set() -> Operation {
    Operation::Set { key: "x".into(), value: "1".into() }
}

fn get() -> Operation {
    Operation::Get { key: "x".into() }
}

fn change(node: NodeId, change: MembershipChange) -> Action {
    AdminRequest::change_membership(change).on(node)
}

fn follower(world: &World, leader: NodeId) -> NodeId {
    world.node_ids().find(|id| *id != leader).unwrap()
}

fn core(world: &World, id: NodeId) -> &raft_core::Node {
    world.node(id).and_then(SimNode::core).unwrap()
}

#[test]
fn a_server_that_is_named_comes_into_being_and_joins() {
    let (mut world, leader) = calm(Setup::default());
    let new = NodeId(7);
    world.apply(request(set(), leader, ReadPolicy::Log)).unwrap();
    world.apply(change(leader, MembershipChange::AddVoter(new))).unwrap();
    let EventKind::Cluster(ClusterEvent::ServerAdded { node }) = world.events()[1].kind else {
        panic!("{:?}", world.events());
    };
    assert_eq!(node, new);
    assert_eq!(core(&world, new).membership(), &Membership::empty());
    let (node, _, outcome) = until_administered(&mut world);
    assert_eq!(node, leader);
    assert!(matches!(outcome, Outcome::Committed(_)), "{outcome:?}");
    world.run_until(world.now() + Duration::from_millis(200));
    let four = Membership::new([1, 2, 3, 7].map(NodeId)).with_context(new, crate::address_of(new));
    assert_eq!(core(&world, new).membership(), &four);
    assert_eq!(world.node(new).and_then(SimNode::store).unwrap().get(b"x"), Some(&"1".into()));
    assert_eq!(world.node_ids().collect::<Vec<_>>(), [1, 2, 3, 7].map(NodeId));
}

#[test]
fn a_server_that_is_removed_runs_on_and_is_nobodys_leader() {
    let (mut world, leader) = calm(Setup::default());
    let removed = follower(&world, leader);
    world.apply(change(leader, MembershipChange::Remove(removed))).unwrap();
    assert!(matches!(until_administered(&mut world).2, Outcome::Committed(_)));
    world.run_until(world.now() + Duration::from_secs(5));
    assert_eq!(world.node(removed).map(SimNode::state), Some(NodeState::Running));
    assert_eq!(world.leader(), Some(leader));
    assert!(!core(&world, leader).membership().contains(removed));
}

#[test]
fn who_cannot_make_a_change_starts_no_server() {
    let (mut world, leader) = calm(Setup::default());
    let asked = follower(&world, leader);
    world.apply(change(asked, MembershipChange::AddLearner(NodeId(4)))).unwrap();
    let (node, request, outcome) = until_administered(&mut world);
    assert_eq!((node, outcome), (asked, Outcome::NotLeader { leader: Some(leader) }));
    assert_eq!(request.to_string(), "change the membership (add 4 as learner)");
    world.apply(change(leader, MembershipChange::AddVoter(leader))).unwrap();
    assert!(matches!(until_administered(&mut world).2, Outcome::Refused(_)));
    assert_eq!(world.nodes().len(), 3);
    for number in [0, MAX_NODES + 1] {
        let node = NodeId(number);
        let refused = world.apply(change(leader, MembershipChange::AddVoter(node)));
        assert_eq!(refused, Err(ActionError::NodeNumber { node, largest: MAX_NODES }));
    }
}

#[test]
fn leadership_goes_where_it_is_sent() {
    let (mut world, leader) = calm(Setup::default());
    let to = follower(&world, leader);
    world.apply(AdminRequest::TransferLeadership { to }.on(leader)).unwrap();
    let (node, _, outcome) = until_administered(&mut world);
    assert_eq!((node, outcome), (leader, Outcome::Transferred { to }));
    world.run_until(world.now() + Duration::from_millis(200));
    assert_eq!(world.leader(), Some(to));
}

#[test]
fn reads_without_log_entries_leave_the_log_as_it_is() {
    let (mut world, leader) = calm(Setup::default());
    let asked = follower(&world, leader);
    world.apply(request(set(), leader, ReadPolicy::Log)).unwrap();
    until_answer(&mut world);
    world.run_until(world.now() + Duration::from_millis(200));
    let last = core(&world, leader).log().last();
    for (via, read) in [
        (leader, ReadPolicy::Quorum),
        (asked, ReadPolicy::Quorum),
        (leader, ReadPolicy::Lease),
        (asked, ReadPolicy::Lease),
        (asked, ReadPolicy::Local),
    ] {
        world.apply(request(get(), via, read)).unwrap();
        let answer = until_answer(&mut world);
        assert_eq!(answer, (Response::Value(Some("1".into())), via, read));
    }
    assert_eq!(core(&world, leader).log().last(), last);
    // The session goes on although the reads had numbers that the store never saw.
    world.apply(request(set(), leader, ReadPolicy::Log)).unwrap();
    assert_eq!(until_answer(&mut world).0, Response::Done);
}

#[test]
fn a_client_that_begins_with_reads_can_write_afterwards() {
    let (mut world, leader) = calm(Setup::default());
    for read in [ReadPolicy::Local, ReadPolicy::Quorum] {
        world.apply(request(get(), leader, read)).unwrap();
        assert_eq!(until_answer(&mut world).0, Response::Value(None));
    }
    world.apply(request(set(), leader, ReadPolicy::Log)).unwrap();
    assert_eq!(until_answer(&mut world).0, Response::Done);
}

#[test]
fn only_reads_can_do_without_the_log() {
    let (mut world, leader) = calm(Setup::default());
    for read in [ReadPolicy::Quorum, ReadPolicy::Lease, ReadPolicy::Local] {
        let refused = world.apply(request(set(), leader, read));
        assert_eq!(refused, Err(ClientError::NotARead { read }.into()));
    }
}

#[test]
fn what_is_refused_for_the_moment_is_asked_again() {
    let (mut world, leader) = calm(Setup::default());
    let to = follower(&world, leader);
    world.apply(NodeAction::Crash { unsynced: crate::Unsynced::Lost }.on(to)).unwrap();
    world.apply(AdminRequest::TransferLeadership { to }.on(leader)).unwrap();
    world.apply(request(set(), leader, ReadPolicy::Log)).unwrap();
    let reason = until(&mut world, |event| {
        let EventKind::Client { event: ClientEvent::MustRetry { reason, .. }, .. } = event.kind
        else {
            return None;
        };
        Some(reason)
    });
    let expected = raft_core::Refusal::TransferInProgress { to };
    assert_eq!(reason, RetryReason::Refused(expected));
    assert_eq!(until_answer(&mut world).0, Response::Done);
}

#[test]
fn a_follower_that_passes_proposals_on_answers_for_the_leader() {
    let (mut world, leader) = calm(Setup {
        settings: Settings { forward_proposals: true, ..Settings::default() },
        ..Setup::default()
    });
    let asked = follower(&world, leader);
    world.apply(request(set(), asked, ReadPolicy::Log)).unwrap();
    assert_eq!(until_answer(&mut world), (Response::Done, asked, ReadPolicy::Log));
}

#[test]
fn a_server_that_joined_in_an_earlier_run_is_there_from_the_beginning() {
    let (mut world, leader) = calm(Setup::default());
    world.apply(change(leader, MembershipChange::AddVoter(NodeId(5)))).unwrap();
    until_administered(&mut world);
    world.run_until(world.now() + Duration::from_millis(200));
    let disks = world.nodes().map(|n| (n.id(), n.disk().durable().clone())).collect();
    let setup = Setup { nodes: 3, disks, run: 1, down: vec![NodeId(5)], ..Setup::default() };
    let mut again = World::new(setup).unwrap();
    assert_eq!(again.node(NodeId(5)).map(SimNode::state), Some(NodeState::Crashed));
    again.apply(NodeAction::Restart.on(NodeId(5))).unwrap();
    again.run_until(Instant(1_000_000));
    let four = Membership::new([1, 2, 3, 5].map(NodeId));
    assert!(core(&again, NodeId(5)).membership().has_same_servers_as(&four));
    assert_ne!(core(&again, NodeId(5)).role(), RoleKind::PreCandidate);

    let nobody = Setup { nodes: 3, down: vec![NodeId(5)], ..Setup::default() };
    assert_eq!(World::new(nobody).err(), Some(SetupError::NoSuchNode(NodeId(5))));
}
