//! The inputs and outputs of a [`Replica`](crate::Replica): its whole interface to a driver.

use alloc::vec::Vec;

use raft_core::{
    Alarm, Bytes, Entries, FileReport, FileTask, LogIndex, MembershipChange, Message, NodeId,
    Outcome, Persist, PersistId, ReadMode, Refusal, Snapshot, SnapshotData, Trace,
};

/// Something happened. Hand it to [`Replica::handle`](crate::Replica::handle), then drain the
/// outputs.
///
/// `Q` is a question to the state machine; `C` tells a driver who asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplicaInput<Q, C> {
    /// The clock reached [`Replica::deadline`](crate::Replica::deadline). Too early is harmless.
    Timeout,
    /// A message arrived.
    Message {
        /// The server that sent it.
        from: NodeId,
        /// The message.
        message: Message,
    },
    /// A client or an operator wants something.
    Request {
        /// Comes back with the answer.
        caller: C,
        /// What is wanted.
        request: ReplicaRequest<Q>,
    },
    /// This [`Persist`] request, and all before it, are on stable storage.
    Persisted(PersistId),
    /// A write or its flush failed. The replica stops, and never goes on: see
    /// [`Replica::is_stopped`](crate::Replica::is_stopped).
    PersistFailed,
    /// The state after the entry at `through`, as [`Replica::snapshot`](crate::Replica::snapshot)
    /// gave it: the answer to [`ReplicaOutput::SnapshotNeeded`], or the driver's own idea.
    SnapshotTaken {
        /// The last entry that the state includes.
        through: LogIndex,
        /// The state. If it is a file, that is on stable storage already.
        data: SnapshotData,
    },
    /// The snapshot that [`ReplicaOutput::SnapshotNeeded`] asked for could not be made. The log is
    /// kept, and the replica asks again after more entries.
    SnapshotFailed {
        /// The `through` of the request.
        through: LogIndex,
    },
    /// The driver did what an [`ReplicaOutput::Files`] asked for.
    Files(FileReport),
    /// Act as if the election timeout had elapsed ([`raft_core::Input::ForceElection`]).
    ForceElection,
    /// Forget that a leader was heard ([`raft_core::Input::ForgetLeader`]).
    ForgetLeader,
}

/// What a client or an operator wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplicaRequest<Q> {
    /// Append this command and carry it out. Answered with [`ReplicaOutput::Answer`].
    Command(Bytes),
    /// Answer a question from a state that has the effects of all commands which were committed
    /// when the question arrived. Answered with [`ReplicaOutput::Answer`].
    Read {
        /// The question.
        query: Q,
        /// How the leader makes sure that it still leads.
        mode: ReadMode,
    },
    /// Change the membership (§6). Answered with [`ReplicaOutput::Order`].
    ChangeMembership {
        /// The change.
        change: MembershipChange,
        /// The contexts of servers that come, and new ones of members.
        contexts: Vec<(NodeId, Bytes)>,
        /// Whether to change the voters although too few of the new ones were heard.
        force: bool,
    },
    /// Give up the change of the membership that is under way. Answered with
    /// [`ReplicaOutput::Order`].
    CancelChange,
    /// Transfer leadership (dissertation §3.10). Answered with [`ReplicaOutput::Order`].
    TransferLeadership {
        /// Another voter; or the leader, to cancel a transfer.
        to: NodeId,
    },
}

/// Something to do, or something that was done. Carry outputs out one by one, in their order.
///
/// `R` is a response of the state machine; `C` tells a driver who asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplicaOutput<R, C> {
    /// Write this to stable storage, atomically and in the order of the requests. Then report it
    /// with [`ReplicaInput::Persisted`], or with [`ReplicaInput::PersistFailed`].
    Persist(Persist),
    /// Send a message. It may get lost.
    Send {
        /// The server it is for.
        to: NodeId,
        /// The message.
        message: Message,
    },
    /// The state machine was brought up to the last of these entries.
    Applied(Entries),
    /// Read the data of this snapshot and hand it to [`Replica::restore`](crate::Replica::restore).
    /// Nothing else comes out before that.
    Restore(Snapshot),
    /// The answer to a [`ReplicaRequest::Command`] or a [`ReplicaRequest::Read`].
    Answer {
        /// The one who asked.
        caller: C,
        /// What the core says.
        outcome: Outcome,
        /// What that means for a client, with the response of the state machine.
        answer: ReplicaAnswer<R>,
    },
    /// The answer to any other request.
    Order {
        /// The one who asked.
        caller: C,
        /// What the core says.
        outcome: Outcome,
    },
    /// Take a snapshot ([`Replica::snapshot`](crate::Replica::snapshot)), at once or later, and
    /// answer with [`ReplicaInput::SnapshotTaken`] or [`ReplicaInput::SnapshotFailed`]. Asked once
    /// until it is answered.
    SnapshotNeeded {
        /// The last entry applied so far.
        through: LogIndex,
    },
    /// Something to do with files of snapshots
    /// ([`raft_core::drivers`](raft_core::drivers#snapshots-in-files)).
    Files(FileTask),
    /// An operator must know.
    Alarm(Alarm),
    /// A decision and its reason. Only with [`Config::trace`](raft_core::Config::trace).
    Trace(Trace),
}

/// The answer to a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplicaAnswer<R> {
    /// The command took effect, or the question was answered: the response of the state machine.
    Response(R),
    /// Nothing was done: this server does not lead. Ask this one, if one is named.
    NotLeader(Option<NodeId>),
    /// Nothing was done, for this reason. Ask again later, or another server.
    Refused(Refusal),
    /// The command was in the log, and will never take effect. Ask again.
    Superseded,
    /// The command may have taken effect, or may yet. If it is asked again, the state machine must
    /// recognise it.
    Unknown,
}

impl<R> ReplicaAnswer<R> {
    /// What an outcome of the core means for a client. `response` is that of the state machine, if
    /// there is one: the entry was applied here and its response is still known, or the question
    /// was answered.
    pub(crate) fn new(outcome: Outcome, response: Option<R>) -> Self {
        match outcome {
            Outcome::NotLeader { leader } => Self::NotLeader(leader),
            Outcome::Refused(Refusal::NotLeader) => Self::NotLeader(None),
            Outcome::Refused(refusal) => Self::Refused(refusal),
            Outcome::Superseded { .. } => Self::Superseded,
            Outcome::Committed(_)
            | Outcome::Readable { .. }
            | Outcome::Transferred { .. }
            | Outcome::Cancelled
            | Outcome::Unknown { .. } => response.map_or(Self::Unknown, Self::Response),
        }
    }
}
