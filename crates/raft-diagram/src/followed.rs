//! What happened for one operation of a client.
//!
//! Causes alone do not tell. An entry may wait at the leader until the answer to another message
//! arrives, and is then sent because of that answer; and an answer to a message that carried the
//! entry lets the leader send later ones. So the operation is followed by its requests and by the
//! entry that it became: the messages that carry the entry, the writes and the answers that these
//! cause, the commit, and the application at each node.

use raft_core::{Body, CommitTrace, LogPosition, Message, ReplicationTrace, Trace};
use raft_sim::{EventKind, EventNumber, StateMachineEvent};

use crate::causes::EventSet;
use crate::diagram::Diagram;
use crate::item::{ClientArrow, ClientOperation, Item, ItemKind, LanePoint, PointTopic};

impl Diagram {
    /// The events of the operation that began with this event, up to the end of the diagram; `None`
    /// if no operation did.
    pub fn operation_events(&self, invoked: EventNumber) -> Option<EventSet> {
        let item = self.item_of(invoked).filter(|item| item.began.event == invoked)?;
        let ItemKind::Operation(operation) = &item.kind else { return None };
        let mut followed = Followed {
            diagram: self,
            operation,
            events: self.events.none(),
            open: self.events.none(),
            entries: Vec::new(),
        };
        let (_, last) = self.event_range()?;
        for event in (invoked.get()..=last.get()).filter_map(EventNumber::new) {
            followed.look_at(event);
        }
        let Followed { events, entries, .. } = followed;
        // A read without an entry waits for heartbeats, which the chain of its answer has.
        match item.ended.filter(|_| entries.is_empty()) {
            Some(ended) => Some(events.union(&self.events.past_from(ended.event, invoked))),
            None => Some(events),
        }
    }
}

struct Followed<'a> {
    diagram: &'a Diagram,
    operation: &'a ClientOperation,
    /// What happened for the operation.
    events: EventSet,
    /// The events of these whose effects happened for it too.
    open: EventSet,
    /// The entries that the operation became: several if a request was repeated.
    entries: Vec<LogPosition>,
}

impl Followed<'_> {
    fn look_at(&mut self, event: EventNumber) {
        let (Some(row), Some(item)) = (self.diagram.events.get(event), self.diagram.item_of(event))
        else {
            return;
        };
        let is_begin = item.began.event == event;
        let is_effect = row.cause.is_some_and(|cause| self.open.contains(cause));
        let is_end_of_one = !is_begin && self.events.contains(item.began.event);
        if is_end_of_one || self.belongs(item, is_effect) {
            self.events.insert(event);
            if self.leads_on(item, is_begin) {
                self.open.insert(event);
            }
        }
    }

    /// Whether an item that begins, as an effect of an open event or not, is the operation's.
    fn belongs(&mut self, item: &Item, is_effect: bool) -> bool {
        match &item.kind {
            ItemKind::Message(arrow) => is_effect || self.carries(&arrow.message),
            ItemKind::Write(_) => is_effect,
            ItemKind::Exchange(ClientArrow { client, sequence, .. })
            | ItemKind::Operation(ClientOperation { client, sequence, .. }) => {
                (*client, *sequence) == (self.operation.client, self.operation.sequence)
            }
            ItemKind::Point(LanePoint { topic: PointTopic::Timer, .. }) | ItemKind::Fault(_) => {
                false
            }
            ItemKind::Point(point) => self.point_belongs(&point.what, is_effect),
        }
    }

    fn carries(&self, message: &Message) -> bool {
        match &message.body {
            Body::AppendEntries(request) => {
                request.entries.iter().any(|entry| self.entries.contains(&entry.position()))
            }
            Body::PreVote(_)
            | Body::PreVoteReply(_)
            | Body::RequestVote(_)
            | Body::RequestVoteReply(_)
            | Body::AppendEntriesReply(_)
            | Body::InstallSnapshot(_)
            | Body::InstallSnapshotReply(_)
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => false,
        }
    }

    fn point_belongs(&mut self, what: &EventKind, is_effect: bool) -> bool {
        match what {
            EventKind::Core { trace: Trace::Replication(decision), .. } => {
                if let ReplicationTrace::Appended { position, noop: false } = decision
                    && is_effect
                {
                    self.entries.push(*position);
                }
                is_effect
            }
            EventKind::Core { trace: Trace::Commit(decision), .. } => match decision {
                CommitTrace::Committed { from, to, .. } | CommitTrace::Learned { from, to } => {
                    self.entries.iter().any(|entry| *from < entry.index && entry.index <= *to)
                }
                CommitTrace::OldTermNotCounted { .. } => is_effect,
            },
            EventKind::StateMachine { event: StateMachineEvent::Applied { entries }, .. } => {
                entries.iter().any(|entry| self.entries.contains(&entry.position()))
            }
            EventKind::Client { client, sequence, .. } => {
                (*client, *sequence) == (self.operation.client, self.operation.sequence)
            }
            EventKind::Core { .. }
            | EventKind::StateMachine { .. }
            | EventKind::Disk { .. }
            | EventKind::Process { .. }
            | EventKind::Message { .. }
            | EventKind::Network(_)
            | EventKind::Cluster(_)
            | EventKind::Acted { .. } => is_effect,
        }
    }

    /// Whether the effects of the event are the operation's too. Those of an answer between nodes
    /// are not: it lets the leader send what others asked for.
    fn leads_on(&self, item: &Item, is_begin: bool) -> bool {
        match &item.kind {
            ItemKind::Message(arrow) => is_begin || !is_answer(&arrow.message.body),
            ItemKind::Exchange(_) | ItemKind::Write(_) | ItemKind::Operation(_) => true,
            ItemKind::Point(_) | ItemKind::Fault(_) => false,
        }
    }
}

fn is_answer(body: &Body) -> bool {
    match body {
        Body::PreVoteReply(_)
        | Body::RequestVoteReply(_)
        | Body::AppendEntriesReply(_)
        | Body::InstallSnapshotReply(_) => true,
        Body::PreVote(_)
        | Body::RequestVote(_)
        | Body::AppendEntries(_)
        | Body::InstallSnapshot(_)
        | Body::TimeoutNow
        | Body::ReadIndex(_)
        | Body::ReadIndexReply(_)
        | Body::Forward(_)
        | Body::ForwardReply(_) => false,
    }
}
