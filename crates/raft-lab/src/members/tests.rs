use raft_core::{MembershipChange, RoleKind};
use raft_sim::{AdminRequest, Setup};

use super::*;

/// A cluster of three whose leader has committed an entry of its term.
fn led() -> (World, NodeId) {
    let mut world = World::new(Setup { nodes: 3, ..Setup::default() }).expect("it is valid");
    let is_ready = |world: &World| {
        let core = world.leader().and_then(|id| world.node(id)).and_then(SimNode::core);
        core.is_some_and(|core| core.role() == RoleKind::Leader && core.commit_index().0 > 0)
    };
    while !is_ready(&world) {
        world.step();
    }
    let leader = world.leader().expect("it was elected");
    (world, leader)
}

fn change(world: &mut World, change: MembershipChange) {
    let node = world.leader().expect("it leads");
    world.apply(AdminRequest::change_membership(change).on(node)).expect("the leader runs");
}

fn until(world: &mut World, holds: impl Fn(&Members) -> bool) {
    for _ in 0..10_000 {
        if holds(&Members::of(world)) {
            return;
        }
        world.step();
    }
    panic!("not reached: {:?}", Members::of(world));
}

#[test]
fn at_first_the_nodes_that_were_set_up_vote() {
    let world = World::new(Setup::default()).expect("the defaults are within bounds");
    let members = Members::of(&world);
    assert_eq!(members.membership.voters().len(), 5);
    assert!(members.is_committed);
    assert_eq!(members.role_of(NodeId(5)), MemberRole::Voter);
    assert_eq!(members.role_of(NodeId(6)), MemberRole::NonMember);
}

#[test]
fn a_learner_is_one_before_and_after_its_entry_is_committed() {
    let (mut world, _) = led();
    change(&mut world, MembershipChange::AddLearner(NodeId(4)));
    let members = Members::of(&world);
    assert_eq!(members.role_of(NodeId(4)), MemberRole::Learner);
    assert!(!members.is_committed);
    until(&mut world, |members| members.is_committed);
    assert_eq!(Members::of(&world).role_of(NodeId(4)), MemberRole::Learner);
}

#[test]
fn a_voter_that_is_replaced_leaves_and_is_then_a_non_member() {
    let (mut world, leader) = led();
    let old = world.node_ids().find(|id| *id != leader).expect("there are three");
    change(&mut world, MembershipChange::Replace { old, new: NodeId(4) });
    until(&mut world, |members| members.membership.is_joint());
    assert_eq!(Members::of(&world).role_of(old), MemberRole::Outgoing);
    assert_eq!(Members::of(&world).role_of(NodeId(4)), MemberRole::Voter);
    until(&mut world, |members| !members.membership.is_joint());
    assert_eq!(Members::of(&world).role_of(old), MemberRole::NonMember);
}
