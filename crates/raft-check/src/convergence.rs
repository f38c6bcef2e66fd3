//! Whether the running nodes have come to agree.

use raft_core::NodeId;
use raft_kv::Store;
use raft_sim::{NodeState, SimNode, World};

/// Whether all running nodes hold logs with the same end, have the same commit index, have applied
/// all of it, and hold equal stores.
///
/// # Errors
/// Says what differs between which nodes, or that no node runs.
pub fn converged(world: &World) -> Result<(), String> {
    let mut running = world.nodes().filter(|node| node.state() == NodeState::Running);
    let Some(first) = running.next() else {
        return Err("no node runs".to_owned());
    };
    is_settled(first)?;
    running.try_for_each(|other| {
        is_settled(other)?;
        compare(first, other)
    })
}

/// A node has settled when everything in its log is committed, and applied.
fn is_settled(node: &SimNode) -> Result<(), String> {
    let Some(core) = node.core() else { return Ok(()) };
    let (id, last) = (node.id(), core.log().last().index);
    let (commit_index, last_applied) = (core.commit_index(), core.last_applied());
    if commit_index < last {
        return Err(format!(
            "node {id} holds entries up to {last}, committed only up to {commit_index}"
        ));
    }
    if last_applied < commit_index {
        return Err(format!("node {id} applied entries up to {last_applied} of {commit_index}"));
    }
    Ok(())
}

fn compare(first: &SimNode, other: &SimNode) -> Result<(), String> {
    let (Some(left), Some(right)) = (first.core(), other.core()) else { return Ok(()) };
    let ids = (first.id(), other.id());
    same(ids, "last log entry", left.log().last(), right.log().last())?;
    same(ids, "commit index", left.commit_index(), right.commit_index())?;
    same(ids, "last applied entry", left.last_applied(), right.last_applied())?;
    let digest = |node: &SimNode| node.store().map(Store::digest);
    if digest(first) != digest(other) {
        return Err(format!("the stores of nodes {} and {} differ", ids.0, ids.1));
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Display>(
    (first, other): (NodeId, NodeId),
    what: &str,
    left: T,
    right: T,
) -> Result<(), String> {
    if left == right {
        return Ok(());
    }
    Err(format!("the {what} is {left} on node {first} and {right} on node {other}"))
}

#[cfg(test)]
mod tests;
