//! The links between nodes, and the partition of the network.

use raft_core::{Instant, NodeId};
use raft_sim::{LatencyShape, World};
use serde::{Deserialize, Serialize};

/// One direction of the link between two nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LinkView {
    /// The sending end.
    pub from: NodeId,
    /// The receiving end.
    pub to: NodeId,
    /// Whether it is cut.
    pub cut: bool,
    /// Whether a partition separates its ends: no message gets from the one to the other.
    pub parted: bool,
    /// Whether messages pass: the link is neither cut nor parted.
    pub reachable: bool,
    /// The least latency of a message.
    pub latency_min_micros: u64,
    /// The greatest latency of a message.
    pub latency_max_micros: u64,
    /// The number of messages in a million that are lost.
    pub loss_per_million: u32,
    /// The number of messages in a million that arrive twice.
    pub duplication_per_million: u32,
    /// Whether messages may overtake each other.
    pub reordering: bool,
    /// The distribution of latencies.
    pub latency_shape: LatencyShape,
    /// Bytes a second; `None` without a limit.
    pub bandwidth: Option<u64>,
    /// The most messages that may wait for bandwidth.
    pub queue_limit: u32,
    /// Messages sent before this time wait until then; often it is past.
    pub clogged_until: Instant,
}

/// A partition of the network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PartitionView {
    /// The groups; they may overlap. Nodes in none of them form one more, unless the partition is
    /// one-way.
    pub groups: Vec<Vec<NodeId>>,
    /// Whether only messages from the second group to the first are lost.
    pub one_way: bool,
}

pub(super) fn links(world: &World) -> Vec<LinkView> {
    let pairs = world.node_ids().flat_map(|from| world.node_ids().map(move |to| (from, to)));
    let view = |(from, to): (NodeId, NodeId)| {
        let link = world.link(from, to)?;
        Some(LinkView {
            from,
            to,
            cut: link.cut,
            parted: world.partition().is_some_and(|partition| !partition.lets_pass(from, to)),
            reachable: world.is_reachable(from, to),
            latency_min_micros: link.latency.min.as_micros() as u64,
            latency_max_micros: link.latency.max.as_micros() as u64,
            loss_per_million: link.loss_per_million,
            duplication_per_million: link.duplication_per_million,
            reordering: link.reordering,
            latency_shape: link.shape,
            bandwidth: link.bandwidth,
            queue_limit: link.queue_limit,
            clogged_until: link.clogged_until,
        })
    };
    pairs.filter(|(from, to)| from != to).filter_map(view).collect()
}

pub(super) fn partition(world: &World) -> Option<PartitionView> {
    let partition = world.partition()?;
    Some(PartitionView { groups: partition.groups().to_vec(), one_way: partition.is_one_way() })
}
