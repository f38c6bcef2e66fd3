//! What is to come, ordered by time; at one time, in the order in which it was scheduled.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use raft_core::{Instant, NodeId, PersistId};
use raft_kv::{ClientId, Response, Sequence};

use crate::{MessageId, ReadPolicy, RetryReason};

/// Something that will happen.
#[derive(Clone, Debug)]
pub(super) enum Due {
    Arrive(MessageId),
    Lose(MessageId),
    WriteDone { node: NodeId, life: u64, id: PersistId },
    Request { client: ClientId, sequence: Sequence, node: NodeId },
    Answer { client: ClientId, sequence: Sequence, node: NodeId, answer: Box<Answer> },
    ClientTimeout { client: ClientId, sequence: Sequence, attempt: u32 },
    ClientRetry { client: ClientId, sequence: Sequence, attempt: u32 },
    Handled { node: NodeId, turn: u64 },
}

/// What a node says to a client.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Response(Response, ReadPolicy),
    NotLeader(Option<NodeId>),
    TryAgain(RetryReason),
}

#[derive(Clone, Debug)]
pub(super) struct Scheduled {
    pub(super) at: Instant,
    number: u64,
    pub(super) due: Due,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Scheduled>>,
    last_number: u64,
}

impl Queue {
    pub(super) fn push(&mut self, at: Instant, due: Due) {
        self.last_number += 1;
        self.heap.push(Reverse(Scheduled { at, number: self.last_number, due }));
    }

    pub(super) fn peek(&self) -> Option<&Scheduled> {
        self.heap.peek().map(|Reverse(next)| next)
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    pub(super) fn pop(&mut self) -> Option<Scheduled> {
        self.heap.pop().map(|Reverse(next)| next)
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Scheduled {}
