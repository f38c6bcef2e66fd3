//! The steps to come, ordered by time; at one time, in the order in which they were scheduled.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use raft_core::{FilePiece, Instant, NodeId, PersistId};
use raft_kv::{ClientId, Response, Sequence};

use crate::{EventNumber, MessageId, ReadPolicy, RetryReason};

/// A step of the world that is to come.
#[derive(Clone, Debug)]
pub(super) enum ScheduledKind {
    MessageArrives(MessageId),
    MessageLost(MessageId),
    WriteCompletes {
        node: NodeId,
        incarnation: u64,
        id: PersistId,
    },
    WritesReported {
        node: NodeId,
        incarnation: u64,
    },
    FileWritten {
        node: NodeId,
        incarnation: u64,
        number: u64,
    },
    PieceRead {
        node: NodeId,
        incarnation: u64,
        piece: Box<FilePiece>,
        wanted_by: Option<EventNumber>,
    },
    RequestArrives {
        client: ClientId,
        sequence: Sequence,
        node: NodeId,
        attempt: u32,
        asked_by: EventNumber,
    },
    ReplyArrives {
        client: ClientId,
        sequence: Sequence,
        node: NodeId,
        reply: Box<SentReply>,
    },
    ClientTimesOut {
        client: ClientId,
        sequence: Sequence,
        attempt: u32,
    },
    ClientRetries {
        client: ClientId,
        sequence: Sequence,
        attempt: u32,
        told_by: EventNumber,
    },
    LoadContinues,
    HandlingEnds {
        node: NodeId,
        turn: u64,
    },
}

/// A node's reply on its way to a client.
#[derive(Clone, Debug)]
pub(super) struct SentReply {
    pub(super) reply: ServerReply,
    pub(super) sent_by: EventNumber,
}

/// A node's reply to a client.
#[derive(Clone, Debug)]
pub(super) enum ServerReply {
    Response(Response, ReadPolicy),
    NotLeader(Option<NodeId>),
    TryAgain(RetryReason),
}

/// A step, and its place in the order.
#[derive(Clone, Debug)]
pub(super) struct Scheduled {
    pub(super) at: Instant,
    /// Counts all that was scheduled: the order at one time.
    number: u64,
    pub(super) kind: ScheduledKind,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Scheduled>>,
    last_number: u64,
}

impl Queue {
    pub(super) fn push(&mut self, at: Instant, kind: ScheduledKind) {
        self.last_number += 1;
        self.heap.push(Reverse(Scheduled { at, number: self.last_number, kind }));
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
