//! The items of a diagram: what is drawn, each with its events.

use std::sync::Arc;

use raft_core::{Instant, Message, NodeId, PersistId};
use raft_kv::{ClientId, Operation, Response, Sequence};
use raft_sim::{
    ClientEvent, DropReason, EventKind, EventNumber, MessageEvent, MessageId, ReadPolicy, Words,
    words,
};
use serde::{Deserialize, Serialize};

use crate::label::short_message_label;
use crate::lane::{AxisPoint, LaneId};

/// Something that is drawn. The event that began it names it: no event begins two items.
#[derive(Clone, Debug)]
pub struct Item {
    /// The event that began it.
    pub began: AxisPoint,
    /// The event that ended it; `None` while it lasts. A point ends when it begins.
    pub ended: Option<AxisPoint>,
    /// The cause of the event that began it.
    pub cause: Option<EventNumber>,
    /// Whether it is routine without news, such as a heartbeat that tells its receiver nothing.
    pub is_noise: bool,
    /// What it is.
    pub kind: ItemKind,
}

/// The kinds of items.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// A message between nodes, from the sending to the arrival or the loss.
    Message(MessageArrow),
    /// A request of a client, or the reply of a node.
    Exchange(ClientArrow),
    /// A write to the disk of a node, from the order to the end.
    Write(DiskWrite),
    /// An operation of a client, from the invocation to the answer.
    Operation(ClientOperation),
    /// Something that happens on one lane at one moment.
    Point(LanePoint),
    /// A fault of the network, or its end: a line across lanes.
    Fault(FaultLine),
}

/// A message between nodes.
#[derive(Clone, Debug)]
pub struct MessageArrow {
    /// Names the message.
    pub id: MessageId,
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// The message.
    pub message: Arc<Message>,
    /// The time of the arrival, if nothing happens to the message.
    pub arrives_at: Instant,
    /// Whether the network made it from an old one.
    pub is_replay: bool,
    /// The result.
    pub fate: Fate,
}

/// The result of a message, a request or a reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It is under way.
    UnderWay,
    /// It waits until it is released.
    Held,
    /// It arrived.
    Arrived,
    /// It is lost.
    Lost(DropReason),
}

/// A request of a client to a node, or the reply of a node to a client.
#[derive(Clone, Debug)]
pub struct ClientArrow {
    /// The client.
    pub client: ClientId,
    /// The client's number for the operation.
    pub sequence: Sequence,
    /// The node.
    pub node: NodeId,
    /// Whether it is a reply.
    pub is_reply: bool,
    /// The event that began it.
    pub what: EventKind,
    /// The result.
    pub fate: Fate,
}

/// A write to the disk of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DiskWrite {
    /// The node.
    pub node: NodeId,
    /// Names the write until the node crashes.
    pub id: PersistId,
    /// The size of its records.
    pub bytes: usize,
    /// The result.
    pub result: WriteResult,
}

/// The result of a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteResult {
    /// It is under way.
    UnderWay,
    /// It is on the disk.
    Durable,
    /// It failed.
    Failed,
    /// A crash left a part of it on the disk.
    Torn,
    /// A crash lost it.
    Lost,
}

/// An operation of a client.
#[derive(Clone, Debug)]
pub struct ClientOperation {
    /// The client.
    pub client: ClientId,
    /// The client's number for the operation.
    pub sequence: Sequence,
    /// The operation.
    pub operation: Operation,
    /// Why the answer to a read may be trusted.
    pub read: ReadPolicy,
    /// The end.
    pub result: OperationResult,
}

/// The end of an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OperationResult {
    /// The client waits.
    Open,
    /// The client got an answer.
    Answered(Response),
    /// The client gave up.
    GaveUp,
}

/// Something that happens on one lane at one moment.
#[derive(Clone, Debug)]
pub struct LanePoint {
    /// The lane.
    pub lane: LaneId,
    /// The topic.
    pub topic: PointTopic,
    /// The event.
    pub what: EventKind,
}

/// The topic of a point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are those of the topics of events and decisions")]
pub enum PointTopic {
    Process,
    Timer,
    Term,
    Election,
    Vote,
    Log,
    Commit,
    Apply,
    Read,
    Transfer,
    Membership,
    Snapshot,
    Disk,
    Client,
    Ignored,
}

/// A fault of the network, or its end.
#[derive(Clone, Debug)]
pub struct FaultLine {
    /// The nodes that it concerns; empty: all of them.
    pub nodes: Vec<NodeId>,
    /// Whether it ends faults.
    pub is_end: bool,
    /// The event.
    pub what: EventKind,
}

impl Item {
    /// The lanes that it touches, without repetitions; empty for a fault of the whole network.
    pub fn lanes(&self) -> Vec<LaneId> {
        match &self.kind {
            ItemKind::Message(MessageArrow { from, to, .. }) => {
                vec![LaneId::Node(*from), LaneId::Node(*to)]
            }
            ItemKind::Exchange(ClientArrow { client, node, .. }) => {
                vec![LaneId::Node(*node), LaneId::Client(*client)]
            }
            ItemKind::Write(DiskWrite { node, .. }) => vec![LaneId::Node(*node)],
            ItemKind::Operation(ClientOperation { client, .. }) => vec![LaneId::Client(*client)],
            ItemKind::Point(LanePoint { lane, .. }) => vec![*lane],
            ItemKind::Fault(FaultLine { nodes, .. }) => {
                nodes.iter().copied().map(LaneId::Node).collect()
            }
        }
    }

    /// The fewest words, for a picture that shows the rest by its colours and shapes.
    pub fn label(&self) -> String {
        match &self.kind {
            ItemKind::Message(arrow) => short_message_label(&arrow.message),
            ItemKind::Exchange(arrow) => arrow.label(),
            ItemKind::Write(write) => format!("write, {} bytes", write.bytes),
            ItemKind::Operation(operation) => operation.words().to_string(),
            ItemKind::Point(LanePoint { what, .. }) => Words::without_subject(what).to_string(),
            ItemKind::Fault(FaultLine { what, .. }) => Words::of(what).to_string(),
        }
    }

    /// The whole sentence: that of the event that began it, and for an operation its answer too.
    pub fn words(&self) -> Words {
        match &self.kind {
            ItemKind::Message(arrow) => arrow.words(),
            ItemKind::Exchange(ClientArrow { what, .. })
            | ItemKind::Point(LanePoint { what, .. })
            | ItemKind::Fault(FaultLine { what, .. }) => Words::of(what),
            ItemKind::Write(write) => {
                let DiskWrite { node, id, bytes, result } = write;
                let result = result.in_words();
                words!(*node, " writes ", id.0, " ({bytes} bytes): {result}")
            }
            ItemKind::Operation(operation) => {
                words!(operation.client, ": ", operation.words())
            }
        }
    }
}

impl MessageArrow {
    fn words(&self) -> Words {
        let event = if self.is_replay {
            MessageEvent::Replayed { arrives_at: self.arrives_at }
        } else {
            MessageEvent::Sent { arrives_at: self.arrives_at }
        };
        let sent = Words::of(&EventKind::Message {
            id: self.id,
            from: self.from,
            to: self.to,
            message: Arc::clone(&self.message),
            event,
        });
        match self.fate {
            Fate::UnderWay | Fate::Arrived => sent,
            Fate::Held => words!(sent, "; held"),
            Fate::Lost(reason) => words!(sent, "; lost: {reason}"),
        }
    }
}

impl WriteResult {
    /// The result in words, as after "write 3:".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::UnderWay => "under way",
            Self::Durable => "on disk",
            Self::Failed => "failed",
            Self::Torn => "torn by the crash",
            Self::Lost => "lost by the crash",
        }
    }
}

impl ClientOperation {
    /// The operation and its answer: `set x=1 → done`.
    pub fn words(&self) -> Words {
        match &self.result {
            OperationResult::Open => words!(&self.operation, " → no answer yet"),
            OperationResult::Answered(response) => words!(&self.operation, " → ", response),
            OperationResult::GaveUp => words!(&self.operation, " → no answer, the client gave up"),
        }
    }
}

impl ClientArrow {
    /// A request or a reply in few words: `asks, attempt 2`.
    pub(crate) fn label(&self) -> String {
        match &self.what {
            EventKind::Client { event: ClientEvent::Asked { attempt, .. }, .. } => match attempt {
                1 => "request".to_owned(),
                more => format!("request, attempt {more}"),
            },
            EventKind::Client { event: ClientEvent::Replied { outcome, .. }, .. } => {
                format!("reply: {}", raft_sim::OutcomeWords(outcome))
            }
            EventKind::Client { .. }
            | EventKind::StateMachine { .. }
            | EventKind::Core { .. }
            | EventKind::Disk { .. }
            | EventKind::Process { .. }
            | EventKind::Message { .. }
            | EventKind::Network(_)
            | EventKind::Cluster(_)
            | EventKind::Acted { .. } => "reply".to_owned(),
        }
    }
}
