//! Numbers for servers that are to join.

use raft_core::NodeId;
use raft_sim::{MAX_NODES, World};

/// The lowest number that is above all that there are, or else any that is free.
pub(crate) fn free_server_number(world: &World) -> Option<NodeId> {
    let last = world.node_ids().max().map_or(0, |last| last.0);
    let all = (last + 1..=MAX_NODES).chain(1..=MAX_NODES);
    all.map(NodeId).find(|node| world.node(*node).is_none())
}
