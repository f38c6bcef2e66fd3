use raft_core::{Instant, MembershipChange, Settings};
use raft_sim::{AdminRequest, NetworkAction, NodeAction, Setup, Unsynced};

use super::*;

fn elected(nodes: u64) -> (World, NodeId) {
    elected_with(Setup { nodes, ..Setup::default() })
}

fn elected_with(setup: Setup) -> (World, NodeId) {
    let mut world = World::new(setup).expect("it is within bounds");
    let is_settled = |world: &World| {
        let Some(leader) = world.leader() else { return false };
        world.nodes().filter_map(SimNode::core).all(|core| core.leader() == Some(leader))
    };
    while !is_settled(&world) {
        world.step();
    }
    let leader = world.leader().expect("it was elected");
    (world, leader)
}

fn told(world: &World) -> String {
    headline(world, &Members::of(world), None).to_string()
}

fn others(world: &World, leader: NodeId) -> Vec<NodeId> {
    world.node_ids().filter(|id| *id != leader).collect()
}

#[test]
fn before_the_first_election() {
    let world = World::new(Setup::default()).expect("the defaults are within bounds");
    assert_eq!(told(&world), "No leader: the nodes wait for an election timeout.");
}

#[test]
fn a_leader_and_who_follows_it() {
    let (world, leader) = elected(5);
    let term = world.node(leader).and_then(SimNode::core).expect("it runs").current_term();
    let followers = Nodes(&others(&world, leader)).to_string();
    assert_eq!(told(&world), format!("Node {leader} leads term {term}; {followers} follow it."));
}

#[test]
fn a_cluster_of_one() {
    let (world, _) = elected(1);
    assert_eq!(told(&world), "Node 1 leads term 1.");
}

#[test]
fn followers_that_are_cut_off_from_their_leader() {
    let (mut world, leader) = elected(3);
    let followers = others(&world, leader);
    world
        .apply(NetworkAction::Partition { groups: vec![vec![followers[0]]] }.into())
        .expect("it is a node");
    let words = told(&world);
    assert!(words.contains(&format!("; node {} follows it;", followers[1])), "{words}");
    assert!(words.ends_with(&format!("; node {} is cut off from it.", followers[0])), "{words}");
}

#[test]
fn a_candidate() {
    let setup =
        Setup { settings: Settings { pre_vote: false, ..Settings::default() }, ..Setup::default() };
    let mut world = World::new(setup).expect("it is within bounds");
    world.apply(NodeAction::ForceElection.on(NodeId(4))).expect("node 4 runs");
    assert_eq!(told(&world), "No leader: node 4 asks for votes in term 1.");
    world.apply(NodeAction::ForceElection.on(NodeId(2))).expect("node 2 runs");
    assert_eq!(told(&world), "No leader: nodes 2 and 4 ask for votes.");
}

#[test]
fn a_server_that_asks_before_it_stands() {
    let mut world = World::new(Setup::default()).expect("the defaults are within bounds");
    world.apply(NodeAction::ForceElection.on(NodeId(4))).expect("node 4 runs");
    assert_eq!(told(&world), "No leader: node 4 asks for pre-votes for term 1.");
}

#[test]
fn a_learner_learns_and_a_removed_server_is_not_waited_for() {
    let (mut world, leader) = elected(3);
    let run = |world: &mut World, change| {
        world.run_until(Instant(world.now().0 + 500_000));
        world.apply(AdminRequest::change_membership(change).on(leader)).expect("the leader runs");
        world.run_until(Instant(world.now().0 + 500_000));
    };
    run(&mut world, MembershipChange::AddLearner(NodeId(4)));
    let words = told(&world);
    assert!(words.ends_with(" follow it; node 4 learns from it."), "{words}");
    let removed = others(&world, leader)[0];
    run(&mut world, MembershipChange::Remove(removed));
    let words = told(&world);
    assert!(words.contains(" follows it; node 4 learns from it."), "{words}");
    assert!(!words.contains(&format!("node {removed} ")), "{words}");
}

#[test]
fn too_few_nodes_run() {
    let (mut world, leader) = elected(3);
    let other = others(&world, leader)[0];
    for node in [leader, other] {
        world.apply(NodeAction::Crash { unsynced: Unsynced::Drawn }.on(node)).expect("it runs");
    }
    let mut down = [leader, other];
    down.sort();
    assert_eq!(
        told(&world),
        format!(
            "No leader, and none can be elected: 1 of 3 voters runs, 2 are needed; {} are down.",
            Nodes(&down)
        )
    );
}

#[test]
fn a_partition_with_a_deposed_leader() {
    let mut setup = Setup { nodes: 3, ..Setup::default() };
    // Else the old leader steps down at about the time at which the next one is elected.
    setup.settings.check_quorum = false;
    setup.settings.lease_reads = false;
    let (mut world, old) = elected_with(setup);
    world.apply(NetworkAction::Partition { groups: vec![vec![old]] }.into()).expect("it is a node");
    while world.leader() == Some(old) {
        world.step();
    }
    let words = told(&world);
    let rest: Vec<String> = others(&world, old).iter().map(NodeId::to_string).collect();
    assert!(
        words.starts_with(&format!("Partitioned: {old} | {}. Node ", rest.join(" "))),
        "{words}"
    );
    assert!(words.contains(&format!("node {old} still believes that it leads term ")), "{words}");
}
