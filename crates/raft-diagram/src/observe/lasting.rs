//! Items with an end of their own: messages, writes, operations of clients, requests and replies.

use raft_core::{Instant, NodeId, Outcome, PersistId};
use raft_kv::{ClientId, Sequence};
use raft_sim::{ClientEvent, DiskEvent, DropReason, Event, MessageId, StateMachineEvent};

use crate::causes::ItemNumber;
use crate::diagram::Diagram;
use crate::item::{
    ClientArrow, ClientOperation, DiskWrite, Fate, Item, ItemKind, MessageArrow, OperationResult,
    PointTopic, WriteResult,
};
use crate::lane::LaneId;

impl Diagram {
    pub(super) fn sends(&mut self, event: &Event, arrow: MessageArrow) {
        let MessageArrow { id, from, to, is_replay, .. } = arrow;
        let is_repetition = self.open.news.is_repetition(from, to, &arrow.message);
        let place = self.begin(event, is_repetition && !is_replay, ItemKind::Message(arrow));
        self.open.messages.insert(id, place);
    }

    /// A message is held, or goes on and arrives at another time.
    pub(super) fn waits(
        &mut self,
        event: &Event,
        id: MessageId,
        fate: Fate,
        arrives_at: Option<Instant>,
    ) {
        let Some(place) = self.open.messages.get(&id).copied() else { return };
        if let Some(ItemKind::Message(arrow)) = self.item_mut(place).map(|item| &mut item.kind) {
            arrow.fate = fate;
            arrow.arrives_at = arrives_at.unwrap_or(arrow.arrives_at);
        }
        self.belongs_to(event.number, place);
    }

    /// A message arrived, or is lost for a reason.
    pub(super) fn arrives(&mut self, event: &Event, id: MessageId, lost: Option<DropReason>) {
        let Some(place) = self.open.messages.remove(&id) else { return };
        self.belongs_to(event.number, place);
        self.end(place, event, |kind| {
            if let ItemKind::Message(arrow) = kind {
                arrow.fate = lost.map_or(Fate::Arrived, Fate::Lost);
            }
        });
    }

    pub(super) fn disk(&mut self, event: &Event, node: NodeId, what: &DiskEvent) {
        match what {
            DiskEvent::WriteIssued { id, batch } => {
                let (id, bytes) = (*id, batch.byte_len());
                let write = DiskWrite { node, id, bytes, result: WriteResult::UnderWay };
                let place = self.begin(event, false, ItemKind::Write(write));
                self.open.writes.insert((node, id), place);
            }
            DiskEvent::WriteDurable { id } => {
                self.write_ends(event, (node, *id), WriteResult::Durable);
            }
            DiskEvent::WriteFailed { id, .. } => {
                self.write_ends(event, (node, *id), WriteResult::Failed);
            }
            DiskEvent::WriteTorn { id, .. } => {
                let ended = self.open.ended_by_crash.get(&node).into_iter().flatten();
                let torn = ended.copied().find(|(ended, _)| ended == id);
                if let Some(item) = torn.and_then(|(_, write)| self.item_mut(write)) {
                    set_result(&mut item.kind, WriteResult::Torn);
                }
                self.point(event, LaneId::Node(node), PointTopic::Disk, false);
            }
            DiskEvent::WritesLost { writes, .. } => {
                self.writes_lost(event, node, *writes);
                self.point(event, LaneId::Node(node), PointTopic::Disk, false);
            }
            DiskEvent::FilesChanged { .. } => {
                self.point(event, LaneId::Node(node), PointTopic::Disk, true);
            }
            DiskEvent::Damaged { .. } | DiskEvent::Renewed { .. } | DiskEvent::Changed { .. } => {
                self.point(event, LaneId::Node(node), PointTopic::Disk, false);
            }
        }
    }

    fn write_ends(&mut self, event: &Event, write: (NodeId, PersistId), result: WriteResult) {
        let Some(place) = self.open.writes.remove(&write) else { return };
        self.belongs_to(event.number, place);
        self.end(place, event, |kind| set_result(kind, result));
    }

    /// A crash ends the open writes of a node. Those that are lost are named by a later event.
    pub(super) fn crash_ends_writes(&mut self, event: &Event, node: NodeId) {
        let ended = self.take_open_writes(node);
        for (_, place) in &ended {
            self.end(*place, event, |kind| set_result(kind, WriteResult::Durable));
        }
        self.open.ended_by_crash.insert(node, ended);
    }

    fn take_open_writes(&mut self, node: NodeId) -> Vec<(PersistId, ItemNumber)> {
        let all = (node, PersistId(0))..=(node, PersistId(u64::MAX));
        let open = self.open.writes.extract_if(all, |_, _| true);
        open.map(|((_, id), place)| (id, place)).collect()
    }

    /// The last writes of those that the crash ended are lost; without a crash, the last open ones.
    fn writes_lost(&mut self, event: &Event, node: NodeId, writes: usize) {
        let mut ended = self.open.ended_by_crash.remove(&node).unwrap_or_default();
        if ended.is_empty() {
            ended = self.take_open_writes(node);
        }
        let kept = ended.len().saturating_sub(writes);
        for (_, place) in ended.split_off(kept) {
            self.end(place, event, |kind| {
                if !matches!(kind, ItemKind::Write(write) if write.result == WriteResult::Torn) {
                    set_result(kind, WriteResult::Lost);
                }
            });
        }
    }

    pub(super) fn client(
        &mut self,
        event: &Event,
        (client, sequence): (ClientId, Sequence),
        what: &ClientEvent,
    ) {
        let operation = (client, sequence);
        match what {
            ClientEvent::Invoked { operation: asked, read } => {
                let kind = ItemKind::Operation(ClientOperation {
                    client,
                    sequence,
                    operation: asked.clone(),
                    read: *read,
                    result: OperationResult::Open,
                });
                let place = self.begin(event, false, kind);
                self.open.operations.insert(operation, place);
            }
            ClientEvent::Asked { node, .. } => self.exchange(event, operation, *node, false),
            ClientEvent::Arrived { is_up, .. } => {
                let fate = if *is_up { Fate::Arrived } else { Fate::Lost(DropReason::NodeDown) };
                self.exchange_ends(event, fate);
            }
            // The answer to the read follows: the store of the node makes it.
            ClientEvent::Replied { node, outcome: Outcome::Readable { .. } } => {
                self.point(event, LaneId::Node(*node), PointTopic::Read, true);
            }
            ClientEvent::Replied { node, .. } => self.exchange(event, operation, *node, true),
            ClientEvent::Redirected { .. } | ClientEvent::MustRetry { .. } => {
                self.exchange_ends(event, Fate::Arrived);
                self.point(event, LaneId::Client(client), PointTopic::Client, false);
            }
            ClientEvent::TimedOut { .. } => {
                self.point(event, LaneId::Client(client), PointTopic::Client, false);
            }
            ClientEvent::Answered { response, .. } => {
                self.exchange_ends(event, Fate::Arrived);
                let answer = OperationResult::Answered(response.clone());
                self.operation_ends(event, operation, answer);
            }
            ClientEvent::GaveUp => self.operation_ends(event, operation, OperationResult::GaveUp),
        }
    }

    fn operation_ends(
        &mut self,
        event: &Event,
        operation: (ClientId, Sequence),
        result: OperationResult,
    ) {
        let Some(place) = self.open.operations.remove(&operation) else { return };
        self.belongs_to(event.number, place);
        self.end(place, event, |kind| {
            if let ItemKind::Operation(operation) = kind {
                operation.result = result;
            }
        });
    }

    fn exchange(
        &mut self,
        event: &Event,
        (client, sequence): (ClientId, Sequence),
        node: NodeId,
        is_reply: bool,
    ) {
        let (what, fate) = (event.kind.clone(), Fate::UnderWay);
        let arrow = ClientArrow { client, sequence, node, is_reply, what, fate };
        self.begin(event, false, ItemKind::Exchange(arrow));
    }

    /// A request or a reply ends with an event that it caused.
    fn exchange_ends(&mut self, event: &Event, fate: Fate) {
        let row = event.cause.and_then(|cause| self.events.get(cause));
        let Some(place) = row.and_then(|row| row.item) else { return };
        let is_exchange = |item: &Item| matches!(item.kind, ItemKind::Exchange(_));
        if !self.item(place).is_some_and(is_exchange) {
            return;
        }
        self.belongs_to(event.number, place);
        self.end(place, event, |kind| {
            if let ItemKind::Exchange(arrow) = kind {
                arrow.fate = fate;
            }
        });
    }

    pub(super) fn state_machine(&mut self, event: &Event, node: NodeId, what: &StateMachineEvent) {
        let topic = match what {
            StateMachineEvent::Applied { .. } => PointTopic::Apply,
            StateMachineEvent::Restored { .. } => PointTopic::Snapshot,
            StateMachineEvent::Reopened { .. } => PointTopic::Process,
            // The answer of the store leaves the node at once.
            StateMachineEvent::ReadServed { client, sequence, .. } => {
                return self.exchange(event, (*client, *sequence), node, true);
            }
        };
        self.point(event, LaneId::Node(node), topic, false);
    }
}

fn set_result(kind: &mut ItemKind, result: WriteResult) {
    if let ItemKind::Write(write) = kind {
        write.result = result;
    }
}
