//! The messages between servers: the paper's three RPCs (Figures 2 and 13) and their replies, and
//! the messages that the dissertation adds.

use crate::{
    Bytes, Entries, ForwardId, HeartbeatRound, LogIndex, LogPosition, Membership, PieceNumber,
    Refusal, Term,
};

/// One message between two servers. The network may lose, repeat, delay and reorder messages; it
/// must not alter them or invent a sender.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Message {
    /// The sender's `current_term` when it made the message.
    pub term: Term,
    /// The request or reply.
    pub body: Body,
}

/// A request or a reply.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Body {
    /// A server asks whether it could win an election, before it disturbs any other (dissertation
    /// §9.6). The election would be in the term after its current one.
    PreVote(PreVote),
    /// The reply to [`PreVote`](Self::PreVote).
    PreVoteReply(RequestVoteReply),
    /// A candidate asks for a vote (§5.2).
    RequestVote(RequestVote),
    /// The reply to [`RequestVote`](Self::RequestVote).
    RequestVoteReply(RequestVoteReply),
    /// A leader replicates entries; without entries it is a heartbeat (§5.3, §5.2).
    AppendEntries(AppendEntries),
    /// The reply to [`AppendEntries`](Self::AppendEntries).
    AppendEntriesReply(AppendEntriesReply),
    /// A leader sends a piece of its snapshot to a server that needs compacted entries (§7).
    InstallSnapshot(InstallSnapshot),
    /// The reply to [`InstallSnapshot`](Self::InstallSnapshot).
    InstallSnapshotReply(InstallSnapshotReply),
    /// A leader tells the target of a leadership transfer to start an election at once
    /// (dissertation §3.10).
    TimeoutNow,
    /// A follower asks its leader which entry a read must see (dissertation §6.4).
    ReadIndex(ReadIndex),
    /// The reply to [`ReadIndex`](Self::ReadIndex).
    ReadIndexReply(ReadIndexReply),
    /// A follower forwards a client's command.
    Forward(Forward),
    /// The reply to [`Forward`](Self::Forward).
    ForwardReply(ForwardReply),
}

/// A server asks whether it could win an election. The server is the sender.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PreVote {
    /// Index of its last log entry (§5.4.1).
    pub last_log_index: LogIndex,
    /// Term of its last log entry (§5.4.1).
    pub last_log_term: Term,
}

/// A candidate asks for a vote. The candidate is the sender.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RequestVote {
    /// Index of the candidate's last log entry (§5.4.1).
    pub last_log_index: LogIndex,
    /// Term of the candidate's last log entry (§5.4.1).
    pub last_log_term: Term,
    /// Whether the leader itself asked for this election: then leader stickiness does not apply
    /// (dissertation §4.2.3).
    pub leadership_transfer: bool,
}

/// The answer to [`RequestVote`] and to [`PreVote`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RequestVoteReply {
    /// Whether the candidate received the vote.
    pub vote_granted: bool,
}

/// A leader replicates entries. The leader is the sender.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AppendEntries {
    /// Index of the entry immediately before the new ones.
    pub prev_log_index: LogIndex,
    /// Term of that entry.
    pub prev_log_term: Term,
    /// Entries to store, consecutive from `prev_log_index + 1`; empty for a heartbeat.
    pub entries: Entries,
    /// The leader's `commit_index`.
    pub leader_commit: LogIndex,
    /// The leader's round at the time of sending.
    pub round: HeartbeatRound,
}

/// The answer to [`AppendEntries`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum AppendEntriesReply {
    /// The follower's log, on disk, equals the leader's up to and including `match_index`: the last
    /// entry that the request proved, never a later one.
    Success {
        /// `prev_log_index` plus the number of entries of the request. If one answer is for several
        /// requests, which a slow disk causes: the largest.
        match_index: LogIndex,
        /// The request's round, the latest of several.
        round: HeartbeatRound,
    },
    /// The sender follows this leader in this round. The entries wait for its disk: `Success`
    /// follows when they are on it.
    Following {
        /// The request's round.
        round: HeartbeatRound,
    },
    /// The follower holds no entry with the request's `prev_log_index` and `prev_log_term`, or the
    /// request came from a leader of an older term.
    Failure {
        /// The request's `prev_log_index`, so that the leader can tell which request failed.
        prev_log_index: LogIndex,
        /// The last place where the logs may still agree: the follower's last entry at or before
        /// `prev_log_index` whose term does not exceed the request's `prev_log_term` (§5.3, the
        /// optimization at its end, by term).
        hint: LogPosition,
        /// The request's round.
        round: HeartbeatRound,
    },
}

/// A leader sends a piece of its snapshot. The leader is the sender.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct InstallSnapshot {
    /// The snapshot replaces all entries up through and including this index.
    pub last_included_index: LogIndex,
    /// Term of that entry.
    pub last_included_term: Term,
    /// The latest membership as of that entry.
    pub membership: Membership,
    /// Where in the snapshot this piece starts, in bytes.
    pub offset: u64,
    /// The piece.
    pub data: Bytes,
    /// Whether this is the last piece.
    pub done: bool,
    /// The number of this piece, counted by the leader from 1 for each transfer. A piece that is
    /// sent again has a new number. A piece without bytes asks how much has arrived.
    pub number: PieceNumber,
    /// The leader's round at the time of sending.
    pub round: HeartbeatRound,
}

/// The answer to [`InstallSnapshot`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum InstallSnapshotReply {
    /// The follower has the snapshot's first `next_offset` bytes and needs the rest: sending
    /// resumes there after a loss.
    Continue {
        /// The last entry that the snapshot replaces.
        last_included_index: LogIndex,
        /// How many bytes the follower has, from the start.
        next_offset: u64,
        /// The number of the piece that this answers; `None` if the follower did not keep the
        /// piece. It keeps pieces after a gap too: the leader sends only those again that are lost.
        held: Option<PieceNumber>,
        /// The request's round.
        round: HeartbeatRound,
    },
    /// The follower's state, on disk, covers everything up to here: the snapshot is installed, or
    /// was not needed.
    Installed {
        /// The follower's log equals the leader's up to here.
        match_index: LogIndex,
        /// The request's round.
        round: HeartbeatRound,
    },
}

/// A follower asks which entry a read must see. The follower is the sender.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReadIndex {
    /// The follower's name for the request.
    pub id: ForwardId,
    /// Whether the leader may answer from its lease.
    pub lease: bool,
}

/// The answer to [`ReadIndex`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReadIndexReply {
    /// The id of the request.
    pub id: ForwardId,
    /// The read must see everything up to this entry; or why the leader cannot say.
    pub result: Result<LogIndex, Refusal>,
}

/// A follower forwards a client's command.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Forward {
    /// The follower's name for the command.
    pub id: ForwardId,
    /// The command.
    pub command: Bytes,
}

/// The answer to [`Forward`]: the command is in the leader's log, which does not mean that it is
/// committed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ForwardReply {
    /// The id of the request.
    pub id: ForwardId,
    /// The command's place in the leader's log; or why the leader did not take it.
    pub result: Result<LogPosition, Refusal>,
}

impl Message {
    /// The paper's name of the message.
    pub fn name(&self) -> &'static str {
        match &self.body {
            Body::PreVote(_) => "PreVote",
            Body::PreVoteReply(_) => "PreVoteReply",
            Body::RequestVote(_) => "RequestVote",
            Body::RequestVoteReply(_) => "RequestVoteReply",
            Body::AppendEntries(_) => "AppendEntries",
            Body::AppendEntriesReply(_) => "AppendEntriesReply",
            Body::InstallSnapshot(_) => "InstallSnapshot",
            Body::InstallSnapshotReply(_) => "InstallSnapshotReply",
            Body::TimeoutNow => "TimeoutNow",
            Body::ReadIndex(_) => "ReadIndex",
            Body::ReadIndexReply(_) => "ReadIndexReply",
            Body::Forward(_) => "Forward",
            Body::ForwardReply(_) => "ForwardReply",
        }
    }
}

impl PreVote {
    /// The sender's last log entry.
    pub fn last_log(&self) -> LogPosition {
        LogPosition::new(self.last_log_index, self.last_log_term)
    }
}

impl RequestVote {
    /// The candidate's last log entry.
    pub fn last_log(&self) -> LogPosition {
        LogPosition::new(self.last_log_index, self.last_log_term)
    }
}

impl AppendEntries {
    /// The entry immediately before the new ones.
    pub fn prev_log(&self) -> LogPosition {
        LogPosition::new(self.prev_log_index, self.prev_log_term)
    }

    /// Whether it carries no entries.
    pub fn is_heartbeat(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Body {
    /// Whether it is an `AppendEntries` that carries no entries.
    pub fn is_heartbeat(&self) -> bool {
        matches!(self, Self::AppendEntries(request) if request.is_heartbeat())
    }
}

impl InstallSnapshot {
    /// The last entry that the snapshot replaces.
    pub fn last_included(&self) -> LogPosition {
        LogPosition::new(self.last_included_index, self.last_included_term)
    }
}
