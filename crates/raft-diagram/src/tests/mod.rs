//! A diagram from events that are written by hand.

mod causes;
mod exports;
mod forgetting;
mod items;
mod verdicts;

use std::sync::Arc;

use raft_core::{
    AppendEntries, Body, HeartbeatRound, Instant, LogIndex, Message, NodeId, PersistId, Term,
};
use raft_kv::{ClientId, Operation, Response, Sequence};
use raft_sim::{
    ClientEvent, DiskEvent, DropReason, Event, EventKind, EventNumber, MessageEvent, MessageId,
    ProcessEvent, ReadPolicy,
};

use crate::{Diagram, Item};

/// A diagram that is made event by event, one millisecond after the other.
#[derive(Default)]
struct Story {
    diagram: Diagram,
    events: u64,
}

/// The number of an event.
fn number(number: u64) -> EventNumber {
    EventNumber::new(number).expect("events are numbered from 1")
}

impl Story {
    /// Adds an event; its number. The cause 0 is none.
    fn tell(&mut self, cause: u64, kind: EventKind) -> u64 {
        self.events += 1;
        let at = Instant(self.events * 1000);
        let cause = EventNumber::new(cause);
        let event = Event { number: number(self.events), step: self.events, at, cause, kind };
        self.diagram.observe(&event).expect("there is room");
        self.events
    }

    fn item(&self, event: u64) -> &Item {
        self.diagram.item_of(number(event)).expect("the event has an item")
    }

    fn process(&mut self, cause: u64, node: u64, event: ProcessEvent) -> u64 {
        self.tell(cause, EventKind::Process { node: NodeId(node), event })
    }

    fn message(&mut self, cause: u64, id: u64, message: Message, event: MessageEvent) -> u64 {
        let (from, to) = (NodeId(1), NodeId(2));
        let (id, message) = (MessageId(id), Arc::new(message));
        self.tell(cause, EventKind::Message { id, from, to, message, event })
    }

    fn sent(&mut self, cause: u64, id: u64, message: Message) -> u64 {
        self.message(cause, id, message, MessageEvent::Sent { arrives_at: Instant(900_000) })
    }

    fn delivered(&mut self, cause: u64, id: u64) -> u64 {
        self.message(cause, id, heartbeat(0), MessageEvent::Delivered)
    }

    fn dropped(&mut self, cause: u64, id: u64, reason: DropReason) -> u64 {
        let (sent_at, arrives_at) = (Instant(0), Instant(0));
        let event = MessageEvent::Dropped { sent_at, arrives_at, reason };
        self.message(cause, id, heartbeat(0), event)
    }

    fn disk(&mut self, cause: u64, event: DiskEvent) -> u64 {
        self.tell(cause, EventKind::Disk { node: NodeId(1), event })
    }

    fn write(&mut self, id: u64) -> u64 {
        self.disk(0, DiskEvent::WriteIssued { id: PersistId(id), batch: Arc::default() })
    }

    fn client(&mut self, cause: u64, client: u64, sequence: u64, event: ClientEvent) -> u64 {
        let (client, sequence) = (ClientId(client), Sequence(sequence));
        self.tell(cause, EventKind::Client { client, sequence, event })
    }

    fn invokes(&mut self, client: u64, operation: Operation) -> u64 {
        let sequence = self.events + 1;
        self.client(0, client, sequence, ClientEvent::Invoked { operation, read: ReadPolicy::Log })
    }

    /// The operation that the event invoked gets its answer.
    fn answers(&mut self, client: u64, invoked: u64, response: Response) -> u64 {
        let (node, read) = (NodeId(1), ReadPolicy::Log);
        let event = ClientEvent::Answered { response, node, attempts: 1, read };
        self.client(invoked, client, invoked, event)
    }
}

fn heartbeat(commit: u64) -> Message {
    let body = Body::AppendEntries(AppendEntries {
        prev_log_index: LogIndex(0),
        prev_log_term: Term(0),
        entries: Default::default(),
        leader_commit: LogIndex(commit),
        round: HeartbeatRound(1),
    });
    Message { term: Term(1), body }
}

fn set(key: &str, value: &str) -> Operation {
    Operation::Set { key: key.into(), value: value.into() }
}

fn get(key: &str) -> Operation {
    Operation::Get { key: key.into() }
}

fn found(value: Option<&str>) -> Response {
    Response::Value(value.map(|value| value.into()))
}
