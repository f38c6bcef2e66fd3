//! The number of the next server.

use raft_lab::{MAX_NODES, NodeId, View};

/// The number above the highest in use, else the lowest free one; `None` if all are in use.
pub(crate) fn free_server_number(view: &View) -> Option<NodeId> {
    let last = view.node_ids().max().map_or(0, |last| last.0);
    let all = (last + 1..=MAX_NODES).chain(1..=MAX_NODES);
    all.map(NodeId).find(|node| view.node(*node).is_none())
}
