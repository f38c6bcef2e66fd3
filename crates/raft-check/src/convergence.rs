//! Whether the running nodes agree.

use raft_core::{Node, NodeId};
use raft_kv::Store;
use raft_sim::{NodeState, SimNode, World};

/// Whether the logs of all running members of the cluster end with the same entry, which is
/// committed and applied on each of them, and their stores are equal. The members are those of the
/// membership in the most up-to-date log of a running node.
///
/// # Errors
/// The first difference found, with the nodes, or that no node runs.
pub fn converged(world: &World) -> Result<(), String> {
    agreed(world).map(|_| ())
}

/// Whether no running member of the cluster has a request that it has not answered.
///
/// # Errors
/// The first member that has one, or that no member runs.
pub fn settled(world: &World) -> Result<(), String> {
    let open = running_members(world)?.into_iter().find(|member| member.open_requests() > 0);
    open.map_or(Ok(()), |member| {
        let (id, open) = (member.id(), member.open_requests());
        Err(format!("node {id} has taken requests that it has not answered: {open}"))
    })
}

/// One of the running members, if all agree.
pub(crate) fn agreed(world: &World) -> Result<&SimNode, String> {
    let members = running_members(world)?;
    let mut members = members.into_iter();
    let Some(first) = members.next() else { return Err("no node runs".to_owned()) };
    is_applied(first)?;
    members.try_for_each(|other| {
        is_applied(other)?;
        compare(first, other)
    })?;
    Ok(first)
}

/// The running members of the membership in the most up-to-date log of a running node; at least
/// one.
fn running_members(world: &World) -> Result<Vec<&SimNode>, String> {
    let running = || world.nodes().filter(|node| node.state() == NodeState::Running);
    let last = |core: &&Node| (core.log().last().term, core.log().last().index);
    let Some(latest) = running().filter_map(SimNode::core).max_by_key(last) else {
        return Err("no node runs".to_owned());
    };
    let membership = latest.membership();
    let members: Vec<&SimNode> = running().filter(|node| membership.contains(node.id())).collect();
    match members.is_empty() {
        true => Err(format!("no member of {membership} runs")),
        false => Ok(members),
    }
}

/// Whether all entries of a node's log are committed and applied, and it waits for no snapshot.
fn is_applied(node: &SimNode) -> Result<(), String> {
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
    let pieces = core.memory_usage().incoming_snapshot_bytes;
    if pieces > 0 {
        return Err(format!("node {id} keeps {pieces} bytes of a snapshot that it does not need"));
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
