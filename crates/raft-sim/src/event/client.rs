//! What happens to a client's operation.

use std::fmt;
use std::hash::Hash;

use raft_core::{NodeId, Outcome, Plain, Refusal, Say, Speaker, say};
use raft_kv::{ClientId, Operation, Response, Sequence};

use super::outcome::{OutcomeWords, add_outcome};
use crate::Mention;
use crate::ReadPolicy;
use crate::fingerprint::Fingerprint;
use crate::words::{Subject, plural};

/// What happens to a client's operation, from the client's side.
#[derive(Clone, Debug)]
pub enum ClientEvent {
    /// The client started it.
    Invoked {
        /// The operation.
        operation: Operation,
        /// Why the answer to a read may be trusted.
        read: ReadPolicy,
    },
    /// The client sent it to a node.
    Asked {
        /// The node.
        node: NodeId,
        /// Counts the attempts at this operation from 1.
        attempt: u32,
    },
    /// The request reached the node.
    Arrived {
        /// The node.
        node: NodeId,
        /// Counts the attempts at this operation from 1.
        attempt: u32,
        /// Whether a process takes it. At a node that is down it is lost.
        is_up: bool,
    },
    /// A node is done with it; its reply is on the way to the client.
    Replied {
        /// The node.
        node: NodeId,
        /// What its core says of the request.
        outcome: Outcome,
    },
    /// A node told the client to ask another one.
    Redirected {
        /// The node that does not lead.
        node: NodeId,
        /// The leader, if that node knows one.
        leader: Option<NodeId>,
    },
    /// A node told the client to ask again after a pause.
    MustRetry {
        /// The node that said so.
        node: NodeId,
        /// The reason that it gave.
        reason: RetryReason,
    },
    /// No answer came in time: the client tries again.
    TimedOut {
        /// The node that did not answer.
        node: NodeId,
    },
    /// The client got its answer.
    Answered {
        /// The answer.
        response: Response,
        /// The node that gave it.
        node: NodeId,
        /// How many attempts it took, from 1.
        attempts: u32,
        /// Why the answer may be trusted. A [`ReadPolicy::Local`] one may be stale.
        read: ReadPolicy,
    },
    /// The client stopped trying: the operation was executed, or will be, or never is.
    GaveUp,
}

/// Why a client has to ask again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RetryReason {
    /// Another leader's entry took the place of its own.
    Superseded,
    /// The node does not know whether the client's entry was committed.
    FateUnknown,
    /// The node does not do it now.
    Refused(Refusal),
}

impl ClientEvent {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Invoked { .. } => "client_invoked",
            Self::Asked { .. } => "client_asked",
            Self::Arrived { .. } => "request_arrived",
            Self::Replied { .. } => "client_replied",
            Self::Redirected { .. } => "client_redirected",
            Self::MustRetry { .. } => "client_must_retry",
            Self::TimedOut { .. } => "client_timed_out",
            Self::Answered { .. } => "client_answered",
            Self::GaveUp => "client_gave_up",
        }
    }

    /// The node at which it happens.
    pub(super) fn node(&self) -> Option<NodeId> {
        match self {
            Self::Arrived { node, .. } | Self::Replied { node, .. } => Some(*node),
            Self::Invoked { .. }
            | Self::Asked { .. }
            | Self::Redirected { .. }
            | Self::MustRetry { .. }
            | Self::TimedOut { .. }
            | Self::Answered { .. }
            | Self::GaveUp => None,
        }
    }

    pub(super) fn add_to(&self, hash: &mut Fingerprint, client: ClientId, sequence: Sequence) {
        match self {
            Self::Invoked { operation, read } => {
                (19, client, sequence, operation, read).hash(hash);
            }
            Self::Asked { node, attempt } => (20, client, sequence, node, attempt).hash(hash),
            Self::Arrived { node, attempt, is_up } => {
                (143, client, sequence, node, attempt, is_up).hash(hash);
            }
            Self::Replied { node, outcome } => {
                (71, client, sequence, node).hash(hash);
                add_outcome(hash, *outcome);
            }
            Self::Redirected { node, leader } => (21, client, sequence, node, leader).hash(hash),
            Self::MustRetry { node, reason } => (22, client, sequence, node, reason).hash(hash),
            Self::TimedOut { node } => (23, client, sequence, node).hash(hash),
            Self::Answered { response, node, attempts, read } => {
                (24, client, sequence, read).hash(hash);
                (response, node, attempts).hash(hash);
            }
            Self::GaveUp => (25, client, sequence).hash(hash),
        }
    }

    pub(super) fn say(&self, out: &mut dyn Speaker<Mention>, client: ClientId) -> fmt::Result {
        match self {
            Self::Invoked { operation, read: ReadPolicy::Log } => {
                say!(out; client, " wants: ", operation)
            }
            Self::Invoked { operation, read } => {
                say!(out; client, " wants, as a {read} read: ", operation)
            }
            Self::Asked { node, attempt: 1 } => say!(out; client, " asks ", node),
            Self::Asked { node, attempt } => {
                say!(out; client, " asks ", node, ", attempt {attempt}")
            }
            Self::Arrived { node, is_up: true, .. } => {
                say!(out; "the request of ", client, " reaches ", node)
            }
            Self::Arrived { node, is_up: false, .. } => {
                say!(out; "the request of ", client, " is lost: ", node, " is down")
            }
            Self::Replied { node, outcome } => {
                say!(out; Subject(*node), "replies to ", client, ": ", OutcomeWords(outcome))
            }
            Self::Redirected { node, leader: Some(leader) } => {
                say!(out; node, " redirects ", client, " to ", leader)
            }
            Self::Redirected { node, leader: None } => {
                say!(out; node, " knows no leader for ", client)
            }
            Self::MustRetry { node, reason } => {
                say!(out; node, " tells ", client, " to try again: ", reason)
            }
            Self::TimedOut { node } => {
                say!(out; client, " gets no answer from ", node, " in time")
            }
            Self::Answered { response, node, attempts, read } => say!(
                out; client, " gets ",
                if read.may_be_stale() { "a possibly stale answer" } else { "its answer" },
                " from ", node, " after {attempts} ", Plain(plural(*attempts as usize, "attempt")),
                ": ", response
            ),
            Self::GaveUp => say!(
                out; client, " gives up: its operation was executed, or will be, \
                 or never is"
            ),
        }
    }
}

impl Say<Mention> for RetryReason {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self {
            Self::Superseded => say!(out; "another entry replaced the entry of its command"),
            Self::FateUnknown => say!(out; "its command may or may not be committed"),
            Self::Refused(refusal) => refusal.say(out),
        }
    }
}
