//! What happens in the world, one event at a time, in words and in a hash.

use std::sync::Arc;
use std::time::Duration;

use raft_core::{
    Entries, Instant, LogIndex, LogPosition, MembershipChange, Message, NodeId, Outcome, PersistId,
    Refusal, Trace,
};
use raft_kv::{ClientId, Operation, Response, Sequence};
use raft_storage::WriteBatch;

use crate::{ClockChange, DiskChange, DiskDamage, LinkChange, MessageId, ReadPolicy, WriteFailure};

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// Counts all events of the world from 1.
    pub number: u64,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum EventKind {
    /// A node decided something; the trace says why.
    Core {
        /// Which node.
        node: NodeId,
        /// Its decision.
        trace: Trace,
    },
    /// A node put a message on the network.
    Sent {
        /// Names the message.
        id: MessageId,
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
        /// The message.
        message: Arc<Message>,
        /// When it will arrive, if nothing happens to it.
        arrives_at: Instant,
    },
    /// A message reached a node that is up.
    Delivered {
        /// Names the message.
        id: MessageId,
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
        /// The message.
        message: Arc<Message>,
    },
    /// A message is gone.
    Dropped {
        /// Names the message.
        id: MessageId,
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
        /// The message.
        message: Arc<Message>,
        /// When it was sent.
        sent_at: Instant,
        /// When it would have arrived.
        arrives_at: Instant,
        /// Why it is gone.
        reason: DropReason,
    },
    /// A node asked its disk for a write.
    WriteIssued {
        /// Which node.
        node: NodeId,
        /// Names the write in this life of the node.
        id: PersistId,
        /// What it writes.
        batch: Arc<WriteBatch>,
    },
    /// A write became durable.
    WriteDurable {
        /// Which node.
        node: NodeId,
        /// Names the write in this life of the node.
        id: PersistId,
    },
    /// A write did not become durable. The process stops at once: what its disk holds may differ from
    /// what it remembers. On restart it has what is durable.
    WriteFailed {
        /// Which node.
        node: NodeId,
        /// Names the write in this life of the node.
        id: PersistId,
        /// Why.
        failure: WriteFailure,
        /// The process goes on as if the write were durable: only with that rule switched off.
        is_ignored: bool,
    },
    /// A crash came in the middle of a write: part of it has landed. The event that takes lost writes
    /// back, which follows, leaves that part.
    WriteTorn {
        /// Which node.
        node: NodeId,
        /// Names the write in the life that is over.
        id: PersistId,
        /// What has landed.
        landed: Arc<WriteBatch>,
    },
    /// What a disk held durably was damaged.
    DiskDamaged {
        /// Whose.
        node: NodeId,
        /// How.
        damage: DiskDamage,
        /// Does the damage. Unfinished writes are not touched by it: on a copy of the disk that has them
        /// already, they are to be done again.
        batch: Arc<WriteBatch>,
    },
    /// Writes that were not durable are lost: by a crash, or by a failure that the process ignores.
    WritesLost {
        /// Which node.
        node: NodeId,
        /// How many writes.
        writes: usize,
        /// Turns a disk that has them back into one that has not. Unfinished writes that are not lost are
        /// to be done again on such a disk.
        undo: Arc<WriteBatch>,
    },
    /// A node applied committed entries to its state machine.
    Applied {
        /// Which node.
        node: NodeId,
        /// The entries, in order.
        entries: Entries,
    },
    /// A node replaced its state machine by a snapshot.
    Restored {
        /// Which node.
        node: NodeId,
        /// The last entry that the snapshot covers.
        snapshot: LogPosition,
    },
    /// A node answered a read from its store, without a log entry for it.
    ReadServed {
        /// Which node.
        node: NodeId,
        /// Who wanted to know.
        client: ClientId,
        /// The client's number for the read.
        sequence: Sequence,
        /// What the answer rests on.
        read: ReadPolicy,
        /// The last entry that the node had applied.
        index: LogIndex,
    },
    /// A node said what became of a request to change how the cluster is led or made up.
    Administered {
        /// Which node.
        node: NodeId,
        /// What it was asked for.
        request: AdminRequest,
        /// What became of it.
        outcome: Outcome,
    },
    /// A server came into being, with an empty disk: it is to join the cluster.
    ServerAdded {
        /// Its number.
        node: NodeId,
    },
    /// A node lost power: everything not on its disk is gone.
    Crashed {
        /// Which node.
        node: NodeId,
    },
    /// A node started again from its disk.
    Restarted {
        /// Which node.
        node: NodeId,
    },
    /// A node refused to start from its disk.
    RestartRefused {
        /// Which node.
        node: NodeId,
        /// What is wrong with the disk, and what to do.
        reason: String,
    },
    /// A node stopped running, keeping its memory.
    Paused {
        /// Which node.
        node: NodeId,
    },
    /// A paused node runs on.
    Resumed {
        /// Which node.
        node: NodeId,
    },
    /// A link was changed.
    LinkChanged {
        /// The sending end.
        from: NodeId,
        /// The receiving end.
        to: NodeId,
        /// How.
        change: LinkChange,
    },
    /// A disk was changed.
    DiskChanged {
        /// Whose.
        node: NodeId,
        /// How.
        change: DiskChange,
    },
    /// A clock was changed.
    ClockChanged {
        /// Whose.
        node: NodeId,
        /// How.
        change: ClockChange,
    },
    /// A node became slow, or is slow no more.
    Slowed {
        /// Which node.
        node: NodeId,
        /// How long it takes to handle anything.
        handling: Duration,
    },
    /// The network fell apart into groups.
    Partitioned {
        /// Who can still talk to whom.
        groups: Vec<Vec<NodeId>>,
    },
    /// Nothing gets from some nodes to others any more, while the other way it does.
    PartitionedOneWay {
        /// Who is still heard.
        heard: Vec<NodeId>,
        /// Who hears them and is not heard by them.
        unheard: Vec<NodeId>,
    },
    /// The network is whole again.
    Healed,
    /// The network sends a message again that had arrived before.
    Replayed {
        /// Names the copy.
        id: MessageId,
        /// The sender of the message, which has no part in this.
        from: NodeId,
        /// The receiver.
        to: NodeId,
        /// The message.
        message: Arc<Message>,
        /// When the copy will arrive, if nothing happens to it.
        arrives_at: Instant,
    },
    /// Links and disks work again as at the beginning, and so will these nodes; the others crash.
    Recovered {
        /// Who works again.
        nodes: Vec<NodeId>,
    },
    /// A client started an operation.
    ClientInvoked {
        /// Which client.
        client: ClientId,
        /// Its number for the operation.
        sequence: Sequence,
        /// What it wants.
        operation: Operation,
        /// What the answer to a read is to rest on.
        read: ReadPolicy,
    },
    /// A client sent its operation to a node.
    ClientAsked {
        /// Which client.
        client: ClientId,
        /// Its number for the operation.
        sequence: Sequence,
        /// The node it asks.
        node: NodeId,
        /// Counts the tries from 1.
        attempt: u32,
    },
    /// A node told the client to ask another one.
    ClientRedirected {
        /// Which client.
        client: ClientId,
        /// Its number for the operation.
        sequence: Sequence,
        /// The node that does not lead.
        node: NodeId,
        /// The leader, if that node knows one.
        leader: Option<NodeId>,
    },
    /// A node told the client to ask again after a pause.
    ClientMustRetry {
        /// Which client.
        client: ClientId,
        /// Its number for the operation.
        sequence: Sequence,
        /// The node that said so.
        node: NodeId,
        /// Why.
        reason: RetryReason,
    },
    /// A client waited too long for an answer and tries again.
    ClientTimedOut {
        /// Which client.
        client: ClientId,
        /// Its number for the operation.
        sequence: Sequence,
        /// The node that did not answer.
        node: NodeId,
    },
    /// A client got its answer.
    ClientAnswered {
        /// Which client.
        client: ClientId,
        /// Its number for the operation.
        sequence: Sequence,
        /// The answer.
        response: Response,
        /// Who gave it.
        node: NodeId,
        /// How many tries it took.
        attempts: u32,
        /// What the answer rests on. A [`ReadPolicy::Local`] one may be stale.
        read: ReadPolicy,
    },
    /// A client stopped trying: its operation may have happened, may yet happen, or not.
    ClientGaveUp {
        /// Which client.
        client: ClientId,
        /// Its number for the operation.
        sequence: Sequence,
    },
}

/// What a node was asked to do about how the cluster is led or made up.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum AdminRequest {
    /// Hand leadership over.
    TransferLeadership {
        /// To whom.
        to: NodeId,
    },
    /// Change who belongs to the cluster.
    ChangeMembership(MembershipChange),
}

/// Why a client has to ask again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RetryReason {
    /// Another leader's entry took the place of its own.
    Superseded,
    /// What became of its entry is not known.
    FateUnknown,
    /// The node does not do it now.
    Refused(Refusal),
}

/// Why a message is gone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DropReason {
    /// The link lost it.
    Lost,
    /// The link is cut.
    LinkCut,
    /// The receiver is in another part of the network.
    Partitioned,
    /// The receiver is down.
    NodeDown,
    /// It was dropped on purpose.
    ByCommand,
    /// Too many messages waited for the link already.
    QueueFull,
}

impl EventKind {
    /// The node that the event happened to, if it happened to one.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Self::Core { node, .. }
            | Self::WriteIssued { node, .. }
            | Self::WriteDurable { node, .. }
            | Self::WriteFailed { node, .. }
            | Self::WriteTorn { node, .. }
            | Self::DiskDamaged { node, .. }
            | Self::WritesLost { node, .. }
            | Self::Applied { node, .. }
            | Self::Restored { node, .. }
            | Self::ReadServed { node, .. }
            | Self::Administered { node, .. }
            | Self::ServerAdded { node }
            | Self::Crashed { node }
            | Self::Restarted { node }
            | Self::RestartRefused { node, .. }
            | Self::Paused { node }
            | Self::ClockChanged { node, .. }
            | Self::Slowed { node, .. }
            | Self::Resumed { node }
            | Self::DiskChanged { node, .. } => Some(*node),
            Self::Sent { from, .. } => Some(*from),
            Self::Delivered { to, .. } | Self::Dropped { to, .. } => Some(*to),
            Self::LinkChanged { .. }
            | Self::Partitioned { .. }
            | Self::PartitionedOneWay { .. }
            | Self::Replayed { .. }
            | Self::Healed
            | Self::Recovered { .. } => None,
            Self::ClientInvoked { .. }
            | Self::ClientAsked { .. }
            | Self::ClientRedirected { .. }
            | Self::ClientMustRetry { .. }
            | Self::ClientTimedOut { .. }
            | Self::ClientAnswered { .. }
            | Self::ClientGaveUp { .. } => None,
        }
    }
}
