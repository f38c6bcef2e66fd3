//! Convergence, and what prevents it.

use raft_core::Instant;
use raft_kv::{ClientId, Operation};
use raft_sim::{NetworkAction, NodeAction, Request, Selector, Setup, Unsynced};

use super::*;

#[test]
fn a_fresh_cluster_agrees_on_nothing() {
    assert_eq!(converged(&World::new(Setup::default()).unwrap()), Ok(()));
}

#[test]
fn it_says_what_differs() {
    let mut world = World::new(Setup::default()).unwrap();
    world.run_until(Instant(1_000_000));
    assert_eq!(converged(&world), Ok(()));

    let leader = world.leader().unwrap();
    let others: Vec<NodeId> = world.node_ids().filter(|id| *id != leader).collect();
    world.apply(NetworkAction::Partition { groups: vec![vec![leader], others] }.into()).unwrap();
    let operation = Operation::Set { key: "x".into(), value: "1".into() };
    let request = Request {
        client: ClientId(1),
        operation,
        via: Some(Selector::Node(leader)),
        read: raft_sim::ReadPolicy::Log,
    }
    .into();
    world.apply(request).unwrap();
    world.run_until(Instant(1_050_000));
    let difference = converged(&world).unwrap_err();
    assert!(difference.contains(&format!("node {leader}")), "{difference}");
}

#[test]
fn without_nodes_there_is_no_agreement() {
    let mut world = World::new(Setup { nodes: 1, ..Setup::default() }).unwrap();
    world.apply(NodeAction::Crash { unsynced: Unsynced::Lost }.on(NodeId(1))).unwrap();
    assert_eq!(converged(&world), Err("no node runs".to_owned()));
}
