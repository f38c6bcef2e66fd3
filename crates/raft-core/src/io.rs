//! What goes into a [`Node`](crate::Node) and what comes out: the whole of its surface to a driver.

use alloc::vec::Vec;

use crate::{
    Bytes, Entry, HardState, LogIndex, LogPosition, Message, NodeId, PersistId, RequestId,
    Snapshot, Trace,
};

/// Something happened. Hand it to [`Node::handle`](crate::Node::handle), then drain the outputs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// The clock reached [`Node::deadline`](crate::Node::deadline). Too early is harmless.
    Timeout,
    /// A message arrived.
    Message {
        /// The server that sent it.
        from: NodeId,
        /// The message.
        message: Message,
    },
    /// A client wants this command in the log. Only a leader takes it.
    Propose {
        /// Comes back in the [`Output::Reply`].
        request: RequestId,
        /// What the state machine will be given.
        command: Bytes,
    },
    /// This [`Persist`] request, and all before it, are on stable storage.
    Persisted(PersistId),
    /// The state machine as it was after the entry at `through`: the answer to
    /// [`Output::SnapshotNeeded`], or a driver's own idea. The log up to there is then dropped.
    SnapshotTaken {
        /// The last entry that the state includes. It must have been applied.
        through: LogIndex,
        /// The encoded state.
        data: Bytes,
    },
    /// Act as if the election timeout had just elapsed, whatever the clock says. A leader ignores it.
    ForceElection,
}

/// Something to do. Outputs come in an order that is safe to carry out one by one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Write this to stable storage, atomically and in the order of the requests, then answer with
    /// [`Input::Persisted`]. Nothing that depends on it leaves the core before that.
    Persist(Persist),
    /// Send a message. It may get lost.
    Send {
        /// The server it is for.
        to: NodeId,
        /// The message.
        message: Message,
    },
    /// These entries are committed and on this server's disk: apply them, in order. Every entry is
    /// handed over once in each life of a node.
    Apply(Vec<Entry>),
    /// Replace the state machine by this snapshot, which is newer than all that was applied.
    Restore(Snapshot),
    /// What became of a proposal. One for each, except for proposals that a crash cut off.
    Reply {
        /// The id from [`Input::Propose`].
        request: RequestId,
        /// What became of it.
        outcome: Outcome,
    },
    /// The log has grown past the threshold: encode the state machine and answer with
    /// [`Input::SnapshotTaken`]. Asked once until it is answered.
    SnapshotNeeded {
        /// The last entry applied so far.
        through: LogIndex,
    },
    /// What was decided, and why. Only with [`Config::trace`](crate::Config::trace).
    Trace(Trace),
}

/// What must reach stable storage, all or nothing.
///
/// In this order: store `hard_state`; store `snapshot` and drop all entries up to and including its
/// `last_included_index`; drop all entries from `truncate_from` on; store `entries`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Persist {
    /// Comes back in [`Input::Persisted`].
    pub id: PersistId,
    /// The new term and vote, if they changed.
    pub hard_state: Option<HardState>,
    /// A new snapshot in place of the old one.
    pub snapshot: Option<Snapshot>,
    /// Remove the entries from this index on, before storing new ones.
    pub truncate_from: Option<LogIndex>,
    /// New entries, consecutive.
    pub entries: Vec<Entry>,
}

/// What became of a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is committed, and its entry was handed over by [`Output::Apply`] before this reply.
    Committed(LogPosition),
    /// This server does not lead. Nothing was appended; ask the leader.
    NotLeader {
        /// Whom this server believes to lead.
        leader: Option<NodeId>,
    },
    /// It was appended, but another leader's entry took its place: it will never be committed.
    Superseded {
        /// Where it had stood.
        position: LogPosition,
    },
    /// A snapshot covers the place where it was appended: it may have been committed or not.
    Unknown {
        /// Where it had stood.
        position: LogPosition,
    },
}
