//! The inputs and outputs of a [`Node`](crate::Node): its whole interface to a driver.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::{
    Alarm, Bare, Bytes, ChangeError, Entries, FileReport, FileTask, HardState, Instant, LogIndex,
    LogPosition, Membership, MembershipChange, Message, NodeId, PersistId, RequestId, Say,
    Snapshot, SnapshotData, Speaker, Thing, Trace, Unheard, print_as_said, say,
};

/// Something happened. Hand it to [`Node::handle`](crate::Node::handle), then drain the outputs.
///
/// Several may be handed over before draining; [`Propose`](Self::Propose) and [`Read`](Self::Read)
/// in a row then become one write, and one message to each peer.
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
    /// A client wants this command in the log. A leader takes it; other servers name the leader, or
    /// forward it ([`Settings::forward_proposals`](crate::Settings::forward_proposals)).
    Propose {
        /// Comes back in the [`Output::Reply`].
        request: RequestId,
        /// The bytes that the state machine will apply.
        command: Bytes,
    },
    /// A client wants to read the effects of all commands before. Answered with
    /// [`Outcome::Readable`] when the state machine can be read; a follower asks its leader. Until
    /// the leader's term is on its disk, it names the leader.
    Read {
        /// Comes back in the [`Output::Reply`].
        request: RequestId,
        /// How the leader makes sure that it still leads.
        mode: ReadMode,
    },
    /// Change the membership (§6). Only a leader does.
    ChangeMembership {
        /// Comes back in the [`Output::Reply`].
        request: RequestId,
        /// The change.
        change: MembershipChange,
        /// The contexts of servers that come, and new ones of members; other members keep theirs.
        /// They are in force with the first entry of the change. At most
        /// [`Membership::MAX_CONTEXT_BYTES`] each; an empty one is none.
        contexts: Vec<(NodeId, Bytes)>,
        /// Whether to change the voters although too few of the new ones were heard: see
        /// [`Refusal::VotersNotHeard`].
        force: bool,
    },
    /// Give up the change of the membership that is under way. Possible while new servers catch up;
    /// they stay learners. Only a leader does.
    CancelChange {
        /// Comes back in the [`Output::Reply`].
        request: RequestId,
    },
    /// Transfer leadership (dissertation §3.10). Only a leader does. A transfer to another server
    /// takes the place of the present one; one to the leader itself cancels it.
    ///
    /// The leader takes no commands until the target leads, at most for the longest election
    /// timeout. If the target's disk needs longer than the shortest timeout to store an entry, the
    /// leader waits longer by that time, at most by four of the longest timeouts.
    TransferLeadership {
        /// Comes back in the [`Output::Reply`].
        request: RequestId,
        /// The target: another voter; or the leader, to cancel a transfer.
        to: NodeId,
    },
    /// This [`Persist`] request, and all before it, are on stable storage.
    Persisted(PersistId),
    /// The state machine as it was after the entry at `through`: the answer to
    /// [`Output::SnapshotNeeded`], or a driver's own idea. The log up to there is then dropped.
    SnapshotTaken {
        /// The last entry that the state includes. It must have been applied.
        through: LogIndex,
        /// The encoded state. If it is a file, that is on stable storage already. A state that did
        /// not change may be in the same file as before.
        data: SnapshotData,
    },
    /// The driver could not make the snapshot that [`Output::SnapshotNeeded`] asked for. The node
    /// keeps the log and asks again after more applied entries: an eighth of
    /// [`Settings::snapshot_threshold`](crate::Settings::snapshot_threshold), at least one; twice
    /// as many after each further failure in a row, at most the threshold.
    SnapshotFailed {
        /// The `through` of the request.
        through: LogIndex,
    },
    /// The driver did what an [`Output::Files`] asked for.
    Files(FileReport),
    /// Act as if the election timeout had just elapsed, whatever the clock says. A leader ignores
    /// it. For tests and for people who watch. With lease reads on, a server that heard from a
    /// leader less than the shortest election timeout ago refuses: the lease depends on it.
    ForceElection,
    /// Forget that a leader was heard, so that this server votes for another at once. For tests and
    /// for people who watch. Refused when lease reads are on: leases depend on that memory.
    ForgetLeader,
}

/// How a leader makes sure that it still leads before it answers a read (dissertation §6.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ReadMode {
    /// The leader asks a quorum, after the read arrived, whether it still leads (§6.4). A leader
    /// that reaches no quorum answers when it steps down, so without
    /// [`Settings::check_quorum`](crate::Settings::check_quorum) perhaps never.
    Quorum,
    /// The leader answers at once while its lease lasts, which depends on clocks: see
    /// [`Settings::max_clock_drift_ppm`](crate::Settings::max_clock_drift_ppm) (§6.4.1). Without a
    /// lease it is a `Quorum` read.
    Lease,
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
    /// handed over once in each incarnation of a node.
    Apply(Entries),
    /// Replace the state machine by this snapshot, which is newer than every applied entry. An
    /// [`Output::SnapshotNeeded`] that is not answered yet is forgotten: its answer would be too
    /// old.
    Restore(Snapshot),
    /// The outcome of a request: one for each, except for requests that a crash cut off, and for
    /// proposals of a server that was removed or cut off, as long as it hears of no entry at their
    /// place.
    Reply {
        /// The id from the [`Input`].
        request: RequestId,
        /// The answer.
        outcome: Outcome,
    },
    /// The log has grown past the threshold: encode the state machine and answer with
    /// [`Input::SnapshotTaken`]. Asked once until it is answered: a snapshot of an earlier entry is
    /// taken, but is not the answer, and the node waits on for one through this entry or a later
    /// one, or for [`Input::SnapshotFailed`].
    ///
    /// If a state takes longer to write than the log takes to reach the threshold again, the next
    /// one is asked for at once. A driver that wants a pause waits before it begins: the log grows
    /// meanwhile, and a snapshot of a later entry is an answer too.
    SnapshotNeeded {
        /// The last entry applied so far.
        through: LogIndex,
    },
    /// Something to do with files of snapshots. Only with
    /// [`Config::snapshot_files`](crate::Config::snapshot_files), or after a snapshot in a file.
    Files(FileTask),
    /// An operator must know. It comes once, not again and again, whether
    /// [`Config::trace`](crate::Config::trace) is on or not.
    Alarm(Alarm),
    /// A decision and its reason. Only with [`Config::trace`](crate::Config::trace).
    Trace(Trace),
}

/// A step of the drain ([`Node::poll_output`](crate::Node::poll_output)).
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub enum Poll {
    /// Carry this out, then poll again.
    Output(Output),
    /// There is nothing more to do before the next input.
    Drained {
        /// When to hand over [`Input::Timeout`]. It replaces the deadline of the last drain.
        deadline: Instant,
    },
}

impl Poll {
    /// The output; `None` at the end of the drain.
    #[inline]
    pub fn output(self) -> Option<Output> {
        match self {
            Self::Output(output) => Some(output),
            Self::Drained { .. } => None,
        }
    }
}

/// What must reach stable storage, all or nothing.
///
/// In this order: store `bootstrap`; store `hard_state`; store `snapshot` with its `log_start`, and
/// drop all entries up to and including `log_start`; drop all entries from `truncate_from` on;
/// store `entries`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Persist {
    /// Comes back in [`Input::Persisted`].
    pub id: PersistId,
    /// The members that this server first started with, which may be none. Only in the first
    /// request after the start on a disk that does not hold them
    /// ([`Recovered::bootstrap`](crate::Recovered::bootstrap)).
    pub bootstrap: Option<Box<Membership>>,
    /// The new term and vote, if they changed.
    pub hard_state: Option<HardState>,
    /// A new snapshot in place of the old one.
    pub snapshot: Option<Box<SnapshotWrite>>,
    /// Remove the entries from this index on, before storing new ones. It may be the index after
    /// the last entry: then there is nothing to remove.
    pub truncate_from: Option<LogIndex>,
    /// New entries, consecutive.
    pub entries: Entries,
    /// All entries up to here are committed. They are on disk with this request, or before it.
    /// Store it with a request that has `entries` or `truncate_from`; with others it may be left
    /// out. It comes back in [`Recovered::commit_index`](crate::Recovered::commit_index).
    pub commit_index: LogIndex,
}

/// A snapshot to store, and the part of the log that stays with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapshotWrite {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The position before the first entry that the log keeps, at most the end of the snapshot
    /// ([`Settings::trailing_entries`](crate::Settings::trailing_entries)). It comes back in
    /// [`Recovered::log_start`](crate::Recovered::log_start). A driver that does not store it drops
    /// all entries up to the end of the snapshot.
    pub log_start: LogPosition,
}

/// The outcome of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is committed, and its entry was handed over by [`Output::Apply`] before this reply. For a
    /// change of the membership: it is complete.
    Committed(LogPosition),
    /// The state machine shows everything that the read must see, once the outputs before this one
    /// are carried out.
    Readable {
        /// Everything up to this entry is applied.
        index: LogIndex,
    },
    /// Another server was told to start an election, and this one leads no more.
    Transferred {
        /// The target of the transfer.
        to: NodeId,
    },
    /// The change, or the transfer of leadership, that was under way is given up.
    Cancelled,
    /// This server does not lead. Nothing was done; ask the leader.
    NotLeader {
        /// The leader that this server knows; if it knows none, the server that it told to start an
        /// election when it stopped leading.
        leader: Option<NodeId>,
    },
    /// Nothing was done, for this reason.
    Refused(Refusal),
    /// It was appended, but an entry of a later term is committed at its place or before it: it
    /// will never be committed.
    Superseded {
        /// The entry's place.
        position: LogPosition,
    },
    /// It may have been committed or not, or may yet be: a snapshot covers the place where it was
    /// appended, or the leader that took it does not lead any more, or that leader handed over
    /// because its disk hangs. So is the last step of a change of voters that another leader takes
    /// again: look at the membership.
    Unknown {
        /// The entry's place, if that is known.
        position: Option<LogPosition>,
    },
}

/// Why a leader refuses a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Refusal {
    /// This server does not lead, or does not any more. Ask the leader.
    NotLeader,
    /// Too many bytes of commands wait to be committed. Try again when some are
    /// ([`Settings::max_uncommitted_bytes`](crate::Settings::max_uncommitted_bytes)).
    TooMuchUncommitted {
        /// How many bytes wait.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Too many reads or forwarded commands wait for an answer. Try again later
    /// ([`Settings::max_pending_requests`](crate::Settings::max_pending_requests)).
    TooManyPending {
        /// The limit.
        limit: u64,
    },
    /// The command is longer than the leader takes
    /// ([`Settings::max_command_bytes`](crate::Settings::max_command_bytes)).
    CommandTooLong {
        /// Its bytes.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Leadership is being transferred. Try again in a moment.
    TransferInProgress {
        /// The target of the transfer.
        to: NodeId,
    },
    /// The leader has not committed an entry of its own term yet, so it does not know what is
    /// committed (dissertation §6.4, and §4.1's erratum for membership). Try again in a moment.
    TermNotCommitted,
    /// The read is allowed, but this server has not applied the entries that the read must see:
    /// its disk may hang. Nothing was done; ask another server.
    NotApplied {
        /// The last of those entries.
        index: LogIndex,
    },
    /// An earlier change of the membership is not complete. Try again later.
    ChangeInProgress,
    /// The change makes no sense for the present membership.
    Change(ChangeError),
    /// The learner lacks too many entries to vote. Try again when it has caught up.
    NotCaughtUp {
        /// The learner.
        node: NodeId,
        /// The last entry known to be on its disk.
        match_index: LogIndex,
        /// The leader's last entry.
        last: LogIndex,
    },
    /// Fewer of the new voters answered the leader within the longest election timeout than are a
    /// majority: after the change nobody could lead. Repair them first, or force the change.
    VotersNotHeard {
        /// How many of the new voters were heard, this server included if it is one.
        heard: u8,
        /// How many are a majority of them.
        needed: u8,
        /// The others.
        unheard: Unheard,
    },
    /// A new server made no progress in receiving the log for 20 of the longest election timeouts,
    /// and the change was given up. It stays a learner. If the server answered within those 20 and
    /// has yet to store what was sent: for 200 of them, and one second more for each 16 MiB of a
    /// snapshot. Or it lost ten times what it had received of a snapshot, as after a crash.
    CatchUpStalled {
        /// The new server.
        node: NodeId,
    },
    /// A new server receives the log more slowly than it grows, and the change was given up. It
    /// stays a learner.
    CatchUpTooSlow {
        /// The new server.
        node: NodeId,
        /// So many rounds in a row were not shorter than the longest election timeout, and the time
        /// in which a slow disk stores an entry.
        rounds: u32,
    },
    /// The change was given up by order. New servers stay learners.
    ChangeCancelled,
    /// There is no change of the membership to cancel.
    NoChange,
    /// The log holds the entry that moves the votes: the change will be completed, if need be by
    /// another leader. Another change can undo it.
    TooLateToCancel {
        /// The index of the entry.
        index: LogIndex,
    },
    /// Leadership can be transferred to another voter only.
    NotAVoter {
        /// The target of the transfer.
        node: NodeId,
    },
    /// The server that was to lead did not answer within the longest election timeout: it is not
    /// told to start an election. Repair it, or transfer to another.
    TargetNotHeard {
        /// The target of the transfer.
        to: NodeId,
    },
    /// The server that was to lead did not take over in time; this one goes on leading. If the
    /// server was told to start an election, it may still do so and end this leadership.
    TransferTimedOut {
        /// The target of the transfer.
        to: NodeId,
    },
    /// The transfer was given up by order.
    TransferCancelled {
        /// The target of the transfer.
        to: NodeId,
        /// Whether it was told to start an election already: it may still become leader.
        told: bool,
    },
    /// A transfer to another server took the place of this one.
    TransferReplaced {
        /// The target of the other transfer.
        by: NodeId,
        /// Whether the target of this one was told to start an election already: it may still
        /// become leader.
        told: bool,
    },
    /// The leader left the cluster before it could tell the target to start an election.
    LeaderRemoved {
        /// The server that it told instead, if there was one.
        successor: Option<NodeId>,
    },
}

impl<T: From<Thing>> Say<T> for Refusal {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::NotLeader => say!(out; "it does not lead"),
            Self::TooMuchUncommitted { bytes, limit } => say!(
                out; "{bytes} bytes of commands wait to be committed already; the limit is \
                 {limit}"
            ),
            Self::TooManyPending { limit } => {
                say!(out; "{limit} requests wait for an answer already, the limit")
            }
            Self::CommandTooLong { bytes, limit } => {
                say!(out; "the command has {bytes} bytes; the limit is {limit}")
            }
            Self::TransferInProgress { to } => {
                say!(out; "leadership is being transferred to ", to)
            }
            Self::TermNotCommitted => {
                say!(out; "the leader has not committed an entry of its own term yet")
            }
            Self::NotApplied { index } => {
                say!(out; index, ", which the read must see, is not applied here in time")
            }
            Self::ChangeInProgress => {
                say!(out; "an earlier change of the membership is not complete")
            }
            Self::Change(error) => error.say(out),
            Self::NotCaughtUp { node, match_index, last } => say!(
                out; node, " has not caught up: it holds entries up to ", Bare(match_index), " of ",
                Bare(last)
            ),
            Self::VotersNotHeard { heard, needed, unheard } => say!(
                out; "{needed} of the new voters are a majority, and {heard} answered within an \
                 election timeout; ", unheard, " did not"
            ),
            Self::CatchUpStalled { node } => {
                say!(out; node, " makes no progress in receiving the log; it is a learner now")
            }
            Self::CatchUpTooSlow { node, rounds } => say!(
                out; node, " receives the log more slowly than it grows: {rounds} rounds in a row \
                 took an election timeout or longer; it is a learner now"
            ),
            Self::ChangeCancelled => say!(out; "the change was cancelled before the votes moved"),
            Self::NoChange => say!(out; "there is no change to cancel"),
            Self::TooLateToCancel { index } => say!(
                out; "the log holds the new voters, in ", index,
                ", so the change will be completed; another change can undo it"
            ),
            Self::NotAVoter { node } => say!(out; node, " is not another voter"),
            Self::TargetNotHeard { to } => {
                say!(out; to, " did not answer within an election timeout")
            }
            Self::TransferTimedOut { to } => say!(out; to, " did not take over in time"),
            Self::TransferCancelled { told, .. } => {
                say!(out; "the transfer was cancelled", if_told(*told))
            }
            Self::TransferReplaced { by, told } => {
                say!(out; "leadership is transferred to ", by, " instead", if_told(*told))
            }
            Self::LeaderRemoved { successor: Some(successor) } => say!(
                out; "it left the cluster first, and told ", successor, " to start an election"
            ),
            Self::LeaderRemoved { successor: None } => say!(out; "it left the cluster first"),
        }
    }
}

/// For the words of a transfer that ended early.
fn if_told(is_told: bool) -> &'static str {
    match is_told {
        true => "; the target was told to start an election already",
        false => "",
    }
}

print_as_said!(Thing: Refusal);

impl core::error::Error for Refusal {}
