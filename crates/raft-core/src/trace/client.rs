//! Decisions about a client's commands (§8).

use core::fmt;

use crate::{NodeId, Refusal, Say, Speaker, Thing, say};

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

impl<T: From<Thing>> Say<T> for ClientTrace {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::ProposalRedirected { leader: Some(leader) } => {
                say!(out; "does not lead and sends the client to ", leader)
            }
            Self::ProposalRedirected { leader: None } => {
                say!(out; "does not lead and knows no leader to send the client to")
            }
            Self::ProposalRefused { reason } => say!(out; "refuses a command: ", reason),
            Self::RequestForwarded { leader } => {
                say!(out; "forwards a client's request to its leader, ", leader)
            }
        }
    }
}
