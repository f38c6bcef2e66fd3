//! The events of the world around the cores.

use std::sync::Arc;
use std::time::Duration;

use raft_core::{Entries, Instant, LogIndex, LogPosition, Message, NodeId, Outcome, PersistId};
use raft_kv::{ClientId, Operation, Response, Sequence};
use raft_sim::{
    AdminRequest, ClientEvent, ClockChange, ClusterEvent, DelayRange, DiskChange, DiskDamage,
    DiskEvent, DropReason, LinkChange, Load, MessageEvent, MessageId, MessageKind, NetworkEvent,
    NextMessage, ProcessEvent, ReadPolicy, RetryReason, SettingChange, StateMachineEvent, Switch,
    Switches, Words, WriteFailure,
};
use raft_storage::WriteBatch;

use super::{FieldRow, KindRow, fields, key, kinds};
use crate::field::Field;
use crate::json::Members;

/// What happens to a node names it.
pub(super) static OF_NODE: &[FieldRow] = fields! { node: NodeId };
/// What happens to a message has the message.
pub(super) static OF_MESSAGE: &[FieldRow] =
    fields! { id: MessageId, from: NodeId, to: NodeId, message: Message };
/// What happens to an operation names it.
pub(super) static OF_CLIENT: &[FieldRow] = fields! { client: ClientId, sequence: Sequence };

pub(super) static ACTED: &[KindRow] = &[KindRow {
    name: "acted",
    meaning: "a person, a script or the fuzzer acted: the line has `statement` too, if the run is \
              one of a session",
    fields: fields! { action: u64 },
}];

kinds! { state_machine, STATE_MACHINE: StateMachineEvent {
    Applied { entries: Entries } "applied", "applied committed entries";
    Restored { snapshot: LogPosition } "restored", "a snapshot replaced the state machine";
    Reopened { applied: LogIndex }
        "reopened", "the state machine is on disk and is there again after a start";
    ReadServed { client: ClientId, sequence: Sequence, read: ReadPolicy, index: LogIndex }
        "read_served", "answered a read that has no entry, having applied up to `index`";
} }

kinds! { disk, DISK: DiskEvent {
    WriteIssued { id: PersistId, batch: Arc<WriteBatch> }
        "write_issued", "asked for a write: the log, the term and the vote in memory are these";
    WriteDurable { id: PersistId } "write_durable", "a write is durable";
    WriteFailed { id: PersistId, failure: WriteFailure, is_ignored: bool }
        "write_failed", "a write did not become durable, and the process stops, unless that rule \
         is off";
    WriteTorn { id: PersistId, landed: Arc<WriteBatch> }
        "write_torn", "a crash tore a write: a part of it is on disk";
    WritesLost { writes: usize, undo: Arc<WriteBatch> }
        "writes_lost", "unfinished writes are lost: `undo` takes them back";
    Damaged { damage: DiskDamage, batch: Arc<WriteBatch> }
        "disk_damaged", "durable records were damaged, as `batch` says";
    Renewed { batch: Arc<WriteBatch> } "disk_renewed", "a wiped disk is that of a new server";
    FilesChanged { batch: Arc<WriteBatch> }
        "files_changed", "files of snapshots were stored or removed";
    Changed { change: DiskChange } "disk_changed", "a setting of the disk was changed";
} }

kinds! { process, PROCESS: ProcessEvent {
    Started {} "started", "started for the first time";
    Crashed {} "crashed", "lost power: what is not on its disk is gone";
    Restarted {} "restarted", "started again from its disk";
    ConfiguredAlone {} "configured_alone", "starts with itself as the only member, by order";
    Reconfigured { changes: Vec<SettingChange> }
        "reconfigured", "has other settings from now on";
    RestartRefused { reason: Words } "restart_refused", "refused to start from its disk";
    Paused {} "paused", "stopped running and keeps its memory";
    Resumed {} "resumed", "runs again after a pause";
    Slowed { handling: Duration }
        "slowed", "takes so long for one message, write or timer; 0: is no longer slow";
    TimeoutsSet { timeout: DelayRange } "timeouts_set", "draws its election timeouts from this";
    TimerElapsed { set_at: Instant } "timer_elapsed", "the timer of its core elapsed";
    ClockChanged { change: ClockChange } "clock_changed", "its clock was changed";
} }

kinds! { message, MESSAGE: MessageEvent {
    Sent { arrives_at: Instant } "sent", "the sender put it on the network";
    Held {} "held", "it waits until it is released";
    Released { arrives_at: Instant } "released", "an action lets it go on";
    Delivered {} "delivered", "it reached a receiver that is up";
    Dropped { sent_at: Instant, arrives_at: Instant, reason: DropReason }
        "dropped", "it is gone, and would have arrived at `arrives_at`";
    Replayed { arrives_at: Instant } "replayed", "the network sends a copy of an earlier one";
} }

kinds! { network, NETWORK: NetworkEvent {
    LinkChanged { from: NodeId, to: NodeId, change: LinkChange }
        "link_changed", "one direction of a link was changed";
    Partitioned { groups: Vec<Vec<NodeId>> }
        "partitioned", "nodes reach each other only if they share a group";
    PartitionedOneWay { heard: Vec<NodeId>, unheard: Vec<NodeId> }
        "partitioned_one_way", "nothing passes from `unheard` to `heard`";
    NextAwaited { from: NodeId, to: NodeId, kind(awaited): MessageKind, deed: NextMessage }
        "next_awaited", "the next message of this type on a link meets this";
    Healed {} "healed", "there is no partition and no cut link";
} }

kinds! { client, CLIENT: ClientEvent {
    Invoked { operation: Operation, read: ReadPolicy }
        "client_invoked", "the client started an operation; `read` says why an answer to a read \
         may be trusted";
    Asked { node: NodeId, attempt: u32 } "client_asked", "the client asked a node";
    Arrived { node: NodeId, attempt: u32, is_up: bool }
        "request_arrived", "the request reached the node, or is lost there";
    Replied { node: NodeId, outcome: Outcome }
        "client_replied", "the node is done with it, and its reply is on the way";
    Redirected { node: NodeId, leader: Option<NodeId> }
        "client_redirected", "the node told the client to ask another one";
    MustRetry { node: NodeId, reason: RetryReason }
        "client_must_retry", "the node told the client to ask again";
    TimedOut { node: NodeId } "client_timed_out", "no answer came in time";
    Answered { response: Response, node: NodeId, attempts: u32, read: ReadPolicy }
        "client_answered", "the client got its answer";
    GaveUp {} "client_gave_up", "the client stopped waiting; nobody knows the outcome";
} }

kinds! { cluster, CLUSTER: ClusterEvent {
    ServerAdded { node: NodeId }
        "server_added", "a server with an empty disk is there and is to join";
    Administered { number(request_number): u64, node: NodeId, request: Box<AdminRequest>,
        outcome: Outcome }
        "administered", "a request about leadership or membership is over";
    LoadStarted { load: Load } "load_started", "clients begin to write at a steady rate";
    Recovered { nodes: Vec<NodeId> }
        "recovered", "links, disks and these nodes work again, and all others crash";
    Reseeded { seed: u64 } "reseeded", "later random numbers are drawn from another seed";
    RuleSwitchedOff { rule: Switch } "rule_switched_off", "a rule is off from now on";
    RulesSwitchedOn { rules: Switches } "rules_switched_on", "rules are on again";
} }
