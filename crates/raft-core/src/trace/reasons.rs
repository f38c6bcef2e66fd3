//! The reasons in decisions: which guard refused, and why a server changed its mind.

use crate::{LogIndex, LogPosition, NodeId, Round, Term};

/// Why a server stopped being candidate or leader.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum StepDownReason {
    /// A message carried a later term (§5.1).
    LaterTerm(Term),
    /// Another candidate won this term (§5.2).
    LeaderElected(NodeId),
    /// While it asked whether it could win, it heard from the leader of its term (§5.2).
    LeaderHeard(NodeId),
    /// As leader, it heard from no quorum for too long (dissertation §6.2).
    QuorumLost,
    /// It is no voter any more, by a membership that is committed (§6).
    Removed,
}

/// Why a server does not stand for election although it was told to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ElectionRefusal {
    /// It heard from a leader a moment ago, and that leader's lease rests on it (dissertation §6.4.1).
    LeaderIsAlive {
        /// The leader, if it is known.
        leader: Option<NodeId>,
    },
    /// It is no voter.
    NotAVoter,
}

/// Why a server does not forget its leader.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ForgetRefusal {
    /// It leads itself.
    IsLeader,
    /// The leader's lease rests on its memory.
    LeaseReads,
}

/// Why a server started an election.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ElectionReason {
    /// No leader was heard for the election timeout (§5.2).
    LeaderSilent,
    /// Its own election ended without a winner (§5.2).
    SplitVote,
    /// [`Input::ForceElection`](crate::Input::ForceElection)
    Forced,
    /// A majority would vote for it (dissertation §9.6).
    PreVotesWon,
    /// The leader hands over to it (dissertation §3.10).
    Transfer,
}

/// The guard that refused a vote.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum VoteRefusal {
    /// The candidate's term is over (§5.1).
    StaleTerm {
        /// The voter's term.
        current: Term,
    },
    /// One vote in a term (§5.2).
    AlreadyVoted {
        /// Who got it.
        voted_for: NodeId,
    },
    /// The candidate's log is less up-to-date than the voter's (§5.4.1).
    LogBehind {
        /// The candidate's last entry.
        candidate: LogPosition,
        /// The voter's last entry.
        own: LogPosition,
    },
    /// The voter leads, or heard from a leader a moment ago (dissertation §4.2.3).
    LeaderIsAlive {
        /// The leader, if it is known.
        leader: Option<NodeId>,
    },
}

/// The guard that refused entries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum AppendRefusal {
    /// The sender's term is over (§5.1).
    StaleTerm {
        /// The follower's term.
        current: Term,
    },
    /// The follower's log ends before the entry that must come before (§5.3).
    PreviousMissing {
        /// Its last entry.
        last_log: LogPosition,
    },
    /// The follower holds an entry of another term there (§5.3).
    PreviousConflicts {
        /// The term it holds.
        own_term: Term,
    },
}

/// Why a snapshot was not used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SnapshotRefusal {
    /// A snapshot that covers as much, or more, is there already.
    NotNewer {
        /// What that one covers.
        current: LogIndex,
    },
    /// It claims entries that were not applied yet.
    NotApplied {
        /// The last entry applied.
        last_applied: LogIndex,
    },
    /// It does not know yet who belonged to the cluster there: it is about to join.
    MembershipUnknown,
}

/// Why a message was ignored. None of these is an error of the receiver.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum IgnoreReason {
    /// It belongs to a term that is over (§5.1).
    StaleTerm {
        /// The receiver's term.
        current: Term,
    },
    /// The sender cannot be another server.
    UnknownSender,
    /// It answers something that this server no longer asks.
    NotExpected,
    /// It repeats what is known.
    AlreadyKnown,
    /// It claims to come from a second leader of the same term (§5.2): the sender is broken.
    SecondLeader {
        /// The leader that this server knows.
        leader: NodeId,
    },
    /// Its entries are not consecutive, or their terms go back or exceed the message's.
    Malformed,
    /// It would remove a committed entry (§5.4.3): the sender is broken.
    ConflictsWithCommitted {
        /// The first entry that conflicts.
        at: LogIndex,
        /// The receiver's commit index.
        commit_index: LogIndex,
    },
    /// It answers a round of heartbeats that this leader has not begun: the sender is broken.
    RoundUnknown {
        /// The round it answers.
        round: Round,
        /// The leader's round.
        current: Round,
    },
    /// The snapshot is larger than this server accepts
    /// ([`Config::max_snapshot_bytes`](crate::Config::max_snapshot_bytes)).
    SnapshotTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// It acknowledges entries that this leader does not have: the sender is broken.
    BeyondLog {
        /// The index it acknowledges.
        index: LogIndex,
        /// The leader's last entry.
        last: LogIndex,
    },
}
