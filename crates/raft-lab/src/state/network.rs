//! The links between nodes, and the messages in flight.

use raft_core::NodeId;
use raft_sim::World;
use serde::Serialize;

/// One direction of the link between two nodes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LinkView {
    /// The sending end.
    pub from: u64,
    /// The receiving end.
    pub to: u64,
    /// Whether it is cut.
    pub cut: bool,
    /// Whether messages pass: the link is not cut and no partition separates its ends.
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
    /// The distribution of latencies: `uniform`, `exponential` or `long-tail`.
    pub latency_shape: &'static str,
    /// Bytes a second; `null` without a limit.
    pub bandwidth: Option<u64>,
    /// The most messages that may wait for bandwidth.
    pub queue_limit: u32,
    /// The time until which messages are held back; `null` if they are not.
    pub clogged_until_micros: Option<u64>,
}

/// A message in flight.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MessageView {
    /// The message's id, as `drop message` takes it.
    pub id: u64,
    /// The sender.
    pub from: u64,
    /// The receiver.
    pub to: u64,
    /// The paper's name for it.
    pub name: String,
    /// Its term.
    pub term: u64,
    /// The time of sending.
    pub sent_at_micros: u64,
    /// The time of arrival.
    pub arrives_at_micros: u64,
}

pub(super) fn links(world: &World) -> Vec<LinkView> {
    let ids: Vec<NodeId> = world.node_ids().collect();
    let pairs = ids.iter().flat_map(|from| ids.iter().map(move |to| (*from, *to)));
    let view = |(from, to): (NodeId, NodeId)| {
        let link = world.link(from, to)?;
        Some(LinkView {
            from: from.0,
            to: to.0,
            cut: link.cut,
            reachable: world.is_reachable(from, to),
            latency_min_micros: link.latency.min.as_micros() as u64,
            latency_max_micros: link.latency.max.as_micros() as u64,
            loss_per_million: link.loss_per_million,
            duplication_per_million: link.duplication_per_million,
            reordering: link.reordering,
            latency_shape: link.shape.name(),
            bandwidth: link.bandwidth,
            queue_limit: link.queue_limit,
            clogged_until_micros: (link.clogged_until > world.now())
                .then_some(link.clogged_until.0),
        })
    };
    pairs.filter(|(from, to)| from != to).filter_map(view).collect()
}

impl From<&raft_sim::InFlightMessage> for MessageView {
    fn from(message: &raft_sim::InFlightMessage) -> Self {
        Self {
            id: message.id.0,
            from: message.from.0,
            to: message.to.0,
            name: message.message.name().to_owned(),
            term: message.message.term.0,
            sent_at_micros: message.sent_at.0,
            arrives_at_micros: message.arrives_at.0,
        }
    }
}
