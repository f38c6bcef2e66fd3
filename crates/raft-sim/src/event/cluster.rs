//! What happens to the cluster: its servers, its members, its leader.

use std::fmt;
use std::hash::Hash;

use raft_core::{NodeId, Outcome};

use crate::AdminRequest;
use crate::fingerprint::Fingerprint;
use crate::words::join;

/// What happens to the cluster: its servers, its members, its leader.
#[derive(Clone, Debug)]
pub enum ClusterEvent {
    /// A server with an empty disk is there: it is to join the cluster.
    ServerAdded {
        /// The server.
        node: NodeId,
    },
    /// A request about leadership or membership is over.
    Administered {
        /// The node that was asked.
        node: NodeId,
        /// The request.
        request: AdminRequest,
        /// The node's reply.
        outcome: Outcome,
    },
    /// Links, disks and these nodes work again as at the beginning; all other nodes crash.
    Recovered {
        /// The nodes that work again.
        nodes: Vec<NodeId>,
    },
}

impl ClusterEvent {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::ServerAdded { .. } => "server_added",
            Self::Administered { .. } => "administered",
            Self::Recovered { .. } => "recovered",
        }
    }

    pub(super) fn node(&self) -> Option<NodeId> {
        match self {
            Self::ServerAdded { node } | Self::Administered { node, .. } => Some(*node),
            Self::Recovered { .. } => None,
        }
    }

    pub(super) fn add_to(&self, hash: &mut Fingerprint) {
        match self {
            Self::ServerAdded { node } => (28, node).hash(hash),
            Self::Administered { node, request, outcome } => {
                (27, node, request).hash(hash);
                add_outcome(hash, *outcome);
            }
            Self::Recovered { nodes } => (60, nodes).hash(hash),
        }
    }
}

fn add_outcome(hash: &mut Fingerprint, outcome: Outcome) {
    match outcome {
        Outcome::Committed(position) => (1, position).hash(hash),
        Outcome::Readable { index } => (2, index).hash(hash),
        Outcome::Transferred { to } => (3, to).hash(hash),
        Outcome::NotLeader { leader } => (4, leader).hash(hash),
        Outcome::Refused(refusal) => (5, refusal).hash(hash),
        Outcome::Superseded { position } => (6, position).hash(hash),
        Outcome::Unknown { position } => (7, position).hash(hash),
    }
}

impl fmt::Display for ClusterEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServerAdded { node } => {
                write!(f, "node {node} starts with an empty disk and no known peers")
            }
            Self::Administered {
                node,
                request: AdminRequest::ChangeMembership { change, .. },
                outcome: Outcome::Committed(position),
            } => write!(
                f,
                "node {node} finishes the membership change ({change}), by entry {position}"
            ),
            Self::Administered { node, request, outcome } => {
                write!(f, "node {node} was asked to {request}: {}", OutcomeWords(outcome))
            }
            Self::Recovered { nodes } => {
                let (noun, verb) =
                    if nodes.len() == 1 { ("node", "works") } else { ("nodes", "work") };
                write!(f, "{noun} {} {verb} again, all other nodes lose power", join(nodes))
            }
        }
    }
}

impl fmt::Display for AdminRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TransferLeadership { to } => write!(f, "transfer leadership to node {to}"),
            Self::ChangeMembership { change, force } => {
                let forced = if *force { " force" } else { "" };
                write!(f, "change the membership ({change}{forced})")
            }
        }
    }
}

/// The outcome of a request about leadership or membership, in words.
struct OutcomeWords<'a>(&'a Outcome);

impl fmt::Display for OutcomeWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Outcome::Committed(position) => write!(f, "done, by entry {position}"),
            Outcome::Transferred { to } => write!(f, "done, node {to} starts an election"),
            Outcome::NotLeader { leader: Some(leader) } => {
                write!(f, "it is not the leader; ask node {leader}")
            }
            Outcome::NotLeader { leader: None } => f.write_str("it is not the leader"),
            Outcome::Refused(refusal) => write!(f, "refused: {refusal}"),
            Outcome::Superseded { position } => {
                write!(f, "not done: another entry replaced entry {position}")
            }
            Outcome::Unknown { position: Some(position) } => {
                write!(
                    f,
                    "it is no longer the leader; entry {position} may or may not be committed"
                )
            }
            Outcome::Unknown { position: None } => {
                f.write_str("it is no longer the leader; the request may or may not be carried out")
            }
            Outcome::Readable { index } => write!(f, "readable through entry {index}"),
        }
    }
}
