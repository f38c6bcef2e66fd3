//! What became of client operations, in words: the answer, and the way it took to get there.

use std::collections::BTreeMap;
use std::fmt;

use raft_core::{Instant, NodeId};
use raft_kv::{ClientId, Operation, Response, Sequence};
use raft_sim::{ClientEvent, Event, EventKind, ReadPolicy, RetryReason};

/// How many steps of the way are told in words.
const MAX_STEPS_TOLD: usize = 3;

/// One operation of one client, as the client saw it. `Display` tells it in a line.
#[derive(Clone, PartialEq, Debug)]
pub struct ClientAnswer {
    /// Who asked.
    pub client: ClientId,
    /// The client's number for the operation.
    pub sequence: Sequence,
    /// What it asked for.
    pub operation: Operation,
    /// What the answer to a read rests on: a [`ReadPolicy::Local`] one may be stale.
    pub read: ReadPolicy,
    /// The answer, and who gave it; `None`: the client gave up, and cannot know what became of it.
    pub answer: Option<(Response, NodeId)>,
    /// How often it asked.
    pub attempts: u32,
    /// What came in between, in order.
    pub failed_attempts: Vec<FailedAttempt>,
    /// When it began.
    pub invoked_at: Instant,
    /// When it was over.
    pub ended_at: Instant,
}

/// Why a client had to ask again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailedAttempt {
    /// A node that does not lead named the leader, or knew none.
    Redirected {
        /// The node asked.
        from: NodeId,
        /// The one it named.
        to: Option<NodeId>,
    },
    /// A node did not answer in time.
    TimedOut(NodeId),
    /// A node did not do it then.
    TryAgain {
        /// The node asked.
        node: NodeId,
        /// Why.
        reason: RetryReason,
    },
}

impl ClientAnswer {
    /// Whether the store did what it was asked to.
    pub fn is_ok(&self) -> bool {
        self.answer.as_ref().is_some_and(|(response, _)| !response.is_failed())
    }
}

/// Follows the operations under way.
#[derive(Clone, Default, Debug)]
pub(crate) struct OperationTracker {
    open: BTreeMap<(ClientId, Sequence), ClientAnswer>,
}

impl OperationTracker {
    /// Takes note of an event; the operation that it ends, if it ends one.
    pub(crate) fn observe(&mut self, event: &Event) -> Option<ClientAnswer> {
        let EventKind::Client { client, sequence, event: what } = &event.kind else { return None };
        let (client, sequence) = (*client, *sequence);
        match what {
            ClientEvent::Invoked { operation, read } => {
                let begun = ClientAnswer {
                    client,
                    sequence,
                    operation: operation.clone(),
                    read: *read,
                    answer: None,
                    attempts: 0,
                    failed_attempts: Vec::new(),
                    invoked_at: event.at,
                    ended_at: event.at,
                };
                self.open.insert((client, sequence), begun);
                None
            }
            ClientEvent::Asked { attempt, .. } => {
                if let Some(open) = self.open.get_mut(&(client, sequence)) {
                    open.attempts = *attempt;
                }
                None
            }
            ClientEvent::Redirected { node, leader } => {
                let failed = FailedAttempt::Redirected { from: *node, to: *leader };
                self.attempt_failed(client, sequence, failed)
            }
            ClientEvent::TimedOut { node } => {
                self.attempt_failed(client, sequence, FailedAttempt::TimedOut(*node))
            }
            ClientEvent::MustRetry { node, reason } => {
                let failed = FailedAttempt::TryAgain { node: *node, reason: *reason };
                self.attempt_failed(client, sequence, failed)
            }
            ClientEvent::Answered { response, node, attempts, .. } => {
                if let Some(open) = self.open.get_mut(&(client, sequence)) {
                    open.attempts = *attempts;
                }
                self.end(client, sequence, event.at, Some((response.clone(), *node)))
            }
            ClientEvent::GaveUp => self.end(client, sequence, event.at, None),
        }
    }

    fn attempt_failed(
        &mut self,
        client: ClientId,
        sequence: Sequence,
        failed: FailedAttempt,
    ) -> Option<ClientAnswer> {
        self.open.get_mut(&(client, sequence))?.failed_attempts.push(failed);
        None
    }

    fn end(
        &mut self,
        client: ClientId,
        sequence: Sequence,
        at: Instant,
        answer: Option<(Response, NodeId)>,
    ) -> Option<ClientAnswer> {
        let open = self.open.remove(&(client, sequence))?;
        Some(ClientAnswer { answer, ended_at: at, ..open })
    }
}

impl fmt::Display for ClientAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client {}: {}", self.client, self.operation)?;
        if self.read != ReadPolicy::Log {
            write!(f, " read={}", self.read)?;
        }
        f.write_str(" → ")?;
        let tries = if self.attempts == 1 { "try" } else { "tries" };
        match &self.answer {
            Some((response, node)) => {
                if *response == Response::Done {
                    f.write_str("ok")?;
                } else {
                    response.fmt(f)?;
                }
                write!(f, " (node {node}")?;
                if self.attempts > 1 {
                    write!(f, ", after {} {tries}", self.attempts)?;
                }
                f.write_str(")")?;
                if self.read.may_be_stale() {
                    write!(f, ": what node {node} has applied, which may be stale")?;
                }
            }
            None => write!(
                f,
                "no answer after {} {tries}: it may have happened, or may yet happen",
                self.attempts
            )?,
        }
        for failed in self.failed_attempts.iter().take(MAX_STEPS_TOLD) {
            write!(f, "; {failed}")?;
        }
        match self.failed_attempts.len().saturating_sub(MAX_STEPS_TOLD) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl fmt::Display for FailedAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redirected { from, to: Some(to) } => {
                write!(f, "node {from} sent it to node {to}")
            }
            Self::Redirected { from, to: None } => write!(f, "node {from} knew no leader"),
            Self::TimedOut(node) => write!(f, "node {node} did not answer in time"),
            Self::TryAgain { node, reason: RetryReason::Superseded } => {
                write!(f, "node {node} lost its entry")
            }
            Self::TryAgain { node, reason: RetryReason::FateUnknown } => {
                write!(f, "node {node} could not tell what became of it")
            }
            Self::TryAgain { node, reason: RetryReason::Refused(refusal) } => {
                write!(f, "node {node} did not take it: {refusal}")
            }
        }
    }
}

#[cfg(test)]
mod tests;
