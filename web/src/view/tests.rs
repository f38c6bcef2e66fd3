use raft_sim::{Action, LinkChange, Setup, Unsynced};

use super::*;

fn world() -> World {
    World::new(Setup::default()).expect("the defaults are within bounds")
}

#[test]
fn a_candidate_shows_who_answered() {
    let mut world = world();
    world.apply(Action::ForceElection { node: NodeId(2) }).expect("node 2 runs");
    let view = NodeView::of(world.node(NodeId(2)).expect("there are five nodes"));
    assert_eq!(view.role, Some(RoleKind::Candidate));
    assert_eq!(view.votes.len(), 5);
    assert!(view.label().contains("candidate in term 1"), "{}", view.label());
}

#[test]
fn a_crashed_node_has_neither_role_nor_term() {
    let mut world = world();
    let crash = Action::Crash { node: NodeId(3), unsynced: Unsynced::Lost };
    world.apply(crash).expect("node 3 runs");
    let view = NodeView::of(world.node(NodeId(3)).expect("there are five nodes"));
    assert_eq!((view.role, view.term), (None, None));
    assert_eq!(view.label(), "Node 3, crashed");
}

#[test]
fn links_tell_which_way_they_are_cut() {
    let mut world = world();
    let change = LinkChange::Cut;
    world.apply(Action::SetLink { from: NodeId(4), to: NodeId(1), change }).expect("it exists");
    let links = LinkView::all(&world);
    assert_eq!(links.len(), 10);
    let cut: Vec<_> = links.iter().filter(|link| link.is_cut()).collect();
    assert_eq!(cut.len(), 1);
    assert_eq!(cut[0].label(), "Link between node 1 and node 4, cut from 4 to 1");
}

#[test]
fn nodes_in_no_group_form_a_part_of_their_own() {
    let mut world = world();
    let groups = vec![vec![NodeId(1), NodeId(2)]];
    world.apply(Action::Partition { groups }).expect("both exist");
    assert_eq!(part_of(&world, NodeId(3)), part_of(&world, NodeId(5)));
    assert_ne!(part_of(&world, NodeId(1)), part_of(&world, NodeId(5)));
    assert!(LinkView::all(&world).iter().any(|link| link.is_parted));
}
