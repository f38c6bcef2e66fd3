use raft_core::MembershipChange;
use raft_sim::{Action, AdminRequest, LinkChange, NetworkAction, NodeAction, Setup, Unsynced};

use super::*;

fn world() -> World {
    World::new(Setup::default()).expect("the defaults are within bounds")
}

fn view(world: &World, id: u64) -> NodePicture {
    let node = world.node(NodeId(id)).expect("there is such a node");
    NodePicture::of(node, &Members::of(world))
}

#[test]
fn a_candidate_shows_who_answered() {
    let mut world = world();
    world.apply(NodeAction::ForceElection.on(NodeId(2))).expect("node 2 runs");
    let view = view(&world, 2);
    assert_eq!(view.role, Some(DisplayRole::PreCandidate));
    assert_eq!(view.votes.len(), 5);
    assert!(view.label().contains("pre-candidate in term 0, 1 of 5 votes"), "{}", view.label());
}

#[test]
fn a_crashed_node_has_neither_role_nor_term() {
    let mut world = world();
    let crash = NodeAction::Crash { unsynced: Unsynced::Lost }.on(NodeId(3));
    world.apply(crash).expect("node 3 runs");
    let view = view(&world, 3);
    assert_eq!((view.role, view.term), (None, None));
    assert_eq!(view.label(), "Node 3, crashed");
}

#[test]
fn links_tell_which_way_they_are_cut() {
    let mut world = world();
    let change = LinkChange::Cut;
    world.apply(Action::Link { from: NodeId(4), to: NodeId(1), change }).expect("it exists");
    let links = LinkPicture::all(&world);
    assert_eq!(links.len(), 10);
    let cut: Vec<_> = links.iter().filter(|link| link.is_cut()).collect();
    assert_eq!(cut.len(), 1);
    assert_eq!(cut[0].label(), "Link between node 1 and node 4, cut from 4 to 1");
}

#[test]
fn nodes_in_no_group_form_a_part_of_their_own() {
    let mut world = world();
    let groups = vec![vec![NodeId(1), NodeId(2)]];
    world.apply(NetworkAction::Partition { groups }.into()).expect("both exist");
    assert!(!is_parted(&world, NodeId(3), NodeId(5)));
    assert!(is_parted(&world, NodeId(1), NodeId(5)));
    assert!(LinkPicture::all(&world).iter().any(|link| link.is_parted));
}

#[test]
fn a_bridge_is_parted_from_nobody_and_one_way_is_parted() {
    let mut world = world();
    let groups = vec![[1, 2, 3].map(NodeId).to_vec(), [3, 4, 5].map(NodeId).to_vec()];
    world.apply(NetworkAction::Partition { groups }.into()).expect("all exist");
    let parted: Vec<_> =
        LinkPicture::all(&world).into_iter().filter(|link| link.is_parted).collect();
    assert_eq!(parted.len(), 4);
    assert!(parted.iter().all(|link| link.one != NodeId(3) && link.other != NodeId(3)));
    let (heard, unheard) = (vec![NodeId(1)], vec![NodeId(2)]);
    world.apply(NetworkAction::PartitionOneWay { heard, unheard }.into()).expect("both exist");
    assert!(is_parted(&world, NodeId(1), NodeId(2)) && is_parted(&world, NodeId(2), NodeId(1)));
    assert!(!is_parted(&world, NodeId(2), NodeId(3)));
}

#[test]
fn a_learner_says_so_and_so_does_who_was_removed() {
    let mut world = world();
    let ready = |world: &World| {
        let core = world.leader().and_then(|id| world.node(id)).and_then(SimNode::core);
        core.is_some_and(|core| core.commit_index().0 > 0)
    };
    while !ready(&world) {
        world.step();
    }
    let node = world.leader().expect("it was elected");
    let change = MembershipChange::AddLearner(NodeId(6));
    world.apply(AdminRequest::change_membership(change).on(node)).expect("it runs");
    assert_eq!(view(&world, 6).role, Some(DisplayRole::Learner));
    assert_eq!(view(&world, 6).label(), "Node 6, learner in term 0");
    world.run_until(raft_core::Instant(world.now().0 + 500_000));
    let removed = world.node_ids().find(|id| *id != node).expect("there are six");
    let change = MembershipChange::Remove(removed);
    world.apply(AdminRequest::change_membership(change).on(node)).expect("it runs");
    let view = view(&world, removed.0);
    assert_eq!(view.role, Some(DisplayRole::NonMember));
    assert!(view.label().contains("not a member in term"), "{}", view.label());
}
