//! Decisions about a client's commands (§8).

use core::fmt;

use crate::{NodeId, Refusal};

/// A client's command is refused, or another server must take it (§8).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ClientTrace {
    /// It does not lead, and told the client which server does (§8).
    ProposalRedirected {
        /// The leader, if it is known.
        leader: Option<NodeId>,
    },
    /// It did not take a command.
    ProposalRefused {
        /// The guard that refused.
        reason: Refusal,
    },
    /// The follower forwarded a client's request.
    RequestForwarded {
        /// The leader.
        leader: NodeId,
    },
}

impl ClientTrace {
    pub(super) fn section(&self) -> Option<&'static str> {
        match self {
            Self::ProposalRedirected { .. } => Some("§8"),
            Self::ProposalRefused { .. } | Self::RequestForwarded { .. } => None,
        }
    }
}

impl fmt::Display for ClientTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProposalRedirected { leader: Some(leader) } => {
                write!(f, "does not lead and sends the client to node {leader}")
            }
            Self::ProposalRedirected { leader: None } => {
                f.write_str("does not lead and knows no leader to send the client to")
            }
            Self::ProposalRefused { reason } => write!(f, "refuses a command: {reason}"),
            Self::RequestForwarded { leader } => {
                write!(f, "forwards a client's request to its leader, node {leader}")
            }
        }
    }
}
