//! The kinds of messages, for actions on the messages of one kind.

use std::fmt;

use raft_core::{Body, Message};
use serde::{Deserialize, Serialize};

/// The kind of a message: its name in the paper.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the messages")]
pub enum MessageKind {
    PreVote,
    PreVoteReply,
    RequestVote,
    RequestVoteReply,
    AppendEntries,
    AppendEntriesReply,
    InstallSnapshot,
    InstallSnapshotReply,
    TimeoutNow,
    ReadIndex,
    ReadIndexReply,
    Forward,
    ForwardReply,
}

impl MessageKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::PreVote,
        Self::PreVoteReply,
        Self::RequestVote,
        Self::RequestVoteReply,
        Self::AppendEntries,
        Self::AppendEntriesReply,
        Self::InstallSnapshot,
        Self::InstallSnapshotReply,
        Self::TimeoutNow,
        Self::ReadIndex,
        Self::ReadIndexReply,
        Self::Forward,
        Self::ForwardReply,
    ];

    /// The kind of a message.
    pub fn of(message: &Message) -> Self {
        match message.body {
            Body::PreVote(_) => Self::PreVote,
            Body::PreVoteReply(_) => Self::PreVoteReply,
            Body::RequestVote(_) => Self::RequestVote,
            Body::RequestVoteReply(_) => Self::RequestVoteReply,
            Body::AppendEntries(_) => Self::AppendEntries,
            Body::AppendEntriesReply(_) => Self::AppendEntriesReply,
            Body::InstallSnapshot(_) => Self::InstallSnapshot,
            Body::InstallSnapshotReply(_) => Self::InstallSnapshotReply,
            Body::TimeoutNow => Self::TimeoutNow,
            Body::ReadIndex(_) => Self::ReadIndex,
            Body::ReadIndexReply(_) => Self::ReadIndexReply,
            Body::Forward(_) => Self::Forward,
            Body::ForwardReply(_) => Self::ForwardReply,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreVote => "PreVote",
            Self::PreVoteReply => "PreVoteReply",
            Self::RequestVote => "RequestVote",
            Self::RequestVoteReply => "RequestVoteReply",
            Self::AppendEntries => "AppendEntries",
            Self::AppendEntriesReply => "AppendEntriesReply",
            Self::InstallSnapshot => "InstallSnapshot",
            Self::InstallSnapshotReply => "InstallSnapshotReply",
            Self::TimeoutNow => "TimeoutNow",
            Self::ReadIndex => "ReadIndex",
            Self::ReadIndexReply => "ReadIndexReply",
            Self::Forward => "Forward",
            Self::ForwardReply => "ForwardReply",
        }
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
