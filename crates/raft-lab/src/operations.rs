//! Client operations and their answers, with the failed attempts before the answer, in words.

use std::collections::BTreeMap;
use std::fmt;

use raft_core::{Instant, NodeId, Say, Speaker, print_as_said, say};
use raft_kv::{ClientId, Operation, Response, Sequence};
use raft_sim::{ClientEvent, Event, EventKind, Mention, ReadPolicy, RetryReason, World};

/// The most failed attempts that the words name.
const MAX_ATTEMPTS_TOLD: usize = 3;

/// One operation of one client, as the client saw it. `Display` is one line.
#[derive(Clone, PartialEq, Debug)]
pub struct ClientAnswer {
    /// The client.
    pub client: ClientId,
    /// Its number for the operation, from 1.
    pub sequence: Sequence,
    /// The request.
    pub operation: Operation,
    /// The read policy: a [`ReadPolicy::Local`] answer may be stale.
    pub read: ReadPolicy,
    /// The answer and the node that gave it. `None`: the client gave up; the operation may still be
    /// applied.
    pub answer: Option<(Response, NodeId)>,
    /// How many times the client sent the request, from 1.
    pub attempts: u32,
    /// The attempts without an answer, in order.
    pub failed_attempts: Vec<FailedAttempt>,
    /// When the client issued the operation.
    pub invoked_at: Instant,
    /// When the client got the answer, or gave up.
    pub ended_at: Instant,
}

/// Why a client had to retry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailedAttempt {
    /// A node that does not lead refused the request.
    Redirected {
        /// That node.
        from: NodeId,
        /// The leader it named; `None` if it knew none.
        to: Option<NodeId>,
    },
    /// This node did not answer in time.
    TimedOut(NodeId),
    /// A node answered that the client must retry.
    TryAgain {
        /// That node.
        node: NodeId,
        /// The node's reason.
        reason: RetryReason,
    },
}

impl ClientAnswer {
    /// Whether the store carried out the operation.
    pub fn is_ok(&self) -> bool {
        self.answer.as_ref().is_some_and(|(response, _)| !response.is_failed())
    }
}

/// The operations that are not over.
#[derive(Clone, Default, Debug)]
pub(crate) struct OperationTracker {
    open: BTreeMap<(ClientId, Sequence), ClientAnswer>,
}

impl OperationTracker {
    /// The operations that the clients of a world wait for.
    pub(crate) fn of(world: &World) -> Self {
        let open = world.clients().filter_map(|client| {
            let pending = client.pending()?;
            let answer = ClientAnswer {
                client: client.id(),
                sequence: pending.sequence,
                operation: pending.operation.clone(),
                read: pending.read,
                answer: None,
                attempts: pending.attempts,
                failed_attempts: Vec::new(),
                invoked_at: pending.invoked_at,
                ended_at: pending.invoked_at,
            };
            Some(((client.id(), pending.sequence), answer))
        });
        Self { open: open.collect() }
    }

    /// Takes an event into account. Returns the operation that the event ends, if any.
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
            // The client has not heard of it yet.
            ClientEvent::Arrived { .. } | ClientEvent::Replied { .. } => None,
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

impl Say<Mention> for ClientAnswer {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        say!(out; self.client, ": ", self.operation)?;
        let (read, attempts) = (self.read, self.attempts);
        if read != ReadPolicy::Log {
            say!(out; " read={read}")?;
        }
        out.plain(format_args!(" → "))?;
        let tries = if attempts == 1 { "try" } else { "tries" };
        match &self.answer {
            Some((response, node)) => {
                match response {
                    Response::Done => say!(out; "ok")?,
                    Response::Value(_)
                    | Response::Deleted { .. }
                    | Response::Swapped
                    | Response::NotSwapped { .. }
                    | Response::Appended { .. }
                    | Response::List { .. }
                    | Response::Failed(_) => response.say(out)?,
                }
                say!(out; " (", node)?;
                if attempts > 1 {
                    say!(out; ", after {attempts} {tries}")?;
                }
                say!(out; ")")?;
                if read.may_be_stale() {
                    say!(out; ": from the store of ", node, ", so it may be stale")?;
                }
            }
            None => {
                say!(out; "no answer after {attempts} {tries}: ")?;
                say!(out; "it may have been applied, or may yet be")?;
            }
        }
        for failed in self.failed_attempts.iter().take(MAX_ATTEMPTS_TOLD) {
            say!(out; "; ", failed)?;
        }
        match self.failed_attempts.len().saturating_sub(MAX_ATTEMPTS_TOLD) {
            0 => Ok(()),
            more => say!(out; "; and {more} more"),
        }
    }
}

impl Say<Mention> for FailedAttempt {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        match self {
            Self::Redirected { from, to: Some(to) } => say!(out; from, " redirected it to ", to),
            Self::Redirected { from, to: None } => say!(out; from, " knew no leader"),
            Self::TimedOut(node) => say!(out; node, " did not answer in time"),
            Self::TryAgain { node, reason: RetryReason::Superseded } => {
                say!(out; "on ", node, ", another leader's entry replaced it")
            }
            Self::TryAgain { node, reason: RetryReason::FateUnknown } => {
                say!(out; node, " does not know whether it was committed")
            }
            Self::TryAgain { node, reason: RetryReason::Refused(refusal) } => {
                say!(out; node, " refused it: ", refusal)
            }
        }
    }
}

print_as_said!(Mention: ClientAnswer, FailedAttempt);

#[cfg(test)]
mod tests;
