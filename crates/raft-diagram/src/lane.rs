//! The lanes of a diagram, each with its edge: the term and the role over time.

use std::fmt;

use raft_core::{Instant, NodeId, RoleKind, Term};
use raft_kv::ClientId;
use raft_sim::EventNumber;
use serde::Serialize;

/// Names a lane. Nodes come before clients, and each kind is in the order of its numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LaneId {
    /// The lane of a node.
    Node(NodeId),
    /// The lane of a client.
    Client(ClientId),
}

/// The place of something on the time axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AxisPoint {
    /// The event. Later events have greater numbers, also if they share a time.
    pub event: EventNumber,
    /// The virtual time.
    pub at: Instant,
}

/// A lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lane {
    /// The node or the client.
    pub id: LaneId,
    /// The first event that names it.
    pub since: AxisPoint,
    /// The stretches of the edge, in order; each lasts until the next one begins. Empty for a
    /// client, and for a node that has not started.
    pub edge: Vec<EdgeStretch>,
}

/// A stretch of the edge of a node's lane. The colour follows from the term.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EdgeStretch {
    /// The event that began it.
    pub since: AxisPoint,
    /// The node's current term; of a node that is down, its last one.
    pub term: Term,
    /// The role; `None` while the node is down.
    pub role: Option<RoleKind>,
    /// Whether the process is paused.
    pub is_paused: bool,
}

impl Lane {
    /// The stretch of the edge at an event; `None` before the first one.
    pub fn edge_at(&self, event: EventNumber) -> Option<&EdgeStretch> {
        let after = self.edge.partition_point(|stretch| stretch.since.event <= event);
        self.edge.get(after.checked_sub(1)?)
    }

    /// Begins a stretch. `change` starts from the last stretch.
    pub(crate) fn turn(&mut self, since: AxisPoint, change: impl FnOnce(&mut EdgeStretch)) {
        let first = EdgeStretch { since, term: Term(0), role: None, is_paused: false };
        let before = self.edge.last().copied();
        let mut next = EdgeStretch { since, ..before.unwrap_or(first) };
        change(&mut next);
        let is_same = |last: EdgeStretch| EdgeStretch { since, ..last } == next;
        if !before.is_some_and(is_same) {
            self.edge.push(next);
        }
    }
}

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => write!(f, "node {node}"),
            Self::Client(client) => write!(f, "client {client}"),
        }
    }
}
