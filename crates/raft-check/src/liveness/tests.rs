//! What is complete, and what is not.

use raft_core::{Instant, NodeId};
use raft_kv::{ClientId, Operation};
use raft_sim::{NetworkAction, NodeAction, ReadPolicy, Request, Selector, Setup, Unsynced};

use super::*;
use crate::{Checks, converged};

#[test]
fn who_agrees_on_less_than_was_committed_is_not_complete() {
    let mut world = World::new(Setup { nodes: 3, ..Setup::default() }).unwrap();
    let mut checks = Checks::new(&world);
    let run = |world: &mut World, checks: &mut Checks, until: u64| {
        while world.next_step_at().is_some_and(|next| next <= Instant(until)) {
            world.step();
            checks.observe(world, world.events());
        }
    };
    run(&mut world, &mut checks, 1_000_000);
    assert_eq!(complete(&world, checks.ledger()), Ok(()));
    let left_behind = world.node_ids().find(|id| Some(*id) != world.leader()).unwrap();
    let others: Vec<NodeId> = world.node_ids().filter(|id| *id != left_behind).collect();
    world
        .apply(NetworkAction::Partition { groups: vec![vec![left_behind], others.clone()] }.into())
        .unwrap();
    let operation = Operation::Set { key: "x".into(), value: "1".into() };
    let client = ClientId(1);
    let via = Some(Selector::Leader);
    world.apply(Request { client, operation, via, read: ReadPolicy::Log }.into()).unwrap();
    run(&mut world, &mut checks, 2_000_000);
    for node in others {
        world.apply(NodeAction::Crash { unsynced: Unsynced::Lost }.on(node)).unwrap();
        checks.observe(&world, world.events());
    }
    assert_eq!(converged(&world), Ok(()), "it agrees with itself");
    let missing = complete(&world, checks.ledger()).unwrap_err();
    assert!(missing.contains("were committed"), "{missing}");
}
