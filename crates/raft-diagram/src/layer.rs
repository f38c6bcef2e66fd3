//! The layers of a diagram: kinds of items that a reader shows or hides together.

use raft_core::Body;
use serde::Serialize;

use crate::item::{Item, ItemKind, MessageArrow};

/// Kinds of items that are shown or hidden together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// `AppendEntries` with entries, forwarded commands, and the answers to both.
    Entries,
    /// `AppendEntries` without entries, the answers that repeat what the leader knows, and reads.
    Heartbeats,
    /// Votes, pre-votes, and the order to begin an election.
    Votes,
    /// Pieces of snapshots, and the answers.
    Snapshots,
    /// Operations of clients, requests and replies.
    Clients,
    /// Writes to disks.
    Writes,
    /// What happens on one lane at one moment.
    Points,
    /// Faults of the network, and their ends.
    Faults,
}

impl Layer {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Entries,
        Self::Heartbeats,
        Self::Votes,
        Self::Snapshots,
        Self::Clients,
        Self::Writes,
        Self::Points,
        Self::Faults,
    ];
}

impl Item {
    /// The layer to which it belongs.
    pub fn layer(&self) -> Layer {
        match &self.kind {
            ItemKind::Message(arrow) => arrow.layer(self.is_noise),
            ItemKind::Exchange(_) | ItemKind::Operation(_) => Layer::Clients,
            ItemKind::Write(_) => Layer::Writes,
            ItemKind::Point(_) => Layer::Points,
            ItemKind::Fault(_) => Layer::Faults,
        }
    }
}

impl MessageArrow {
    fn layer(&self, is_noise: bool) -> Layer {
        match &self.message.body {
            Body::PreVote(_)
            | Body::PreVoteReply(_)
            | Body::RequestVote(_)
            | Body::RequestVoteReply(_)
            | Body::TimeoutNow => Layer::Votes,
            Body::AppendEntries(request) if request.is_heartbeat() => Layer::Heartbeats,
            // Noise is a repetition: the leader knows it.
            Body::AppendEntriesReply(_) if is_noise => Layer::Heartbeats,
            Body::ReadIndex(_) | Body::ReadIndexReply(_) => Layer::Heartbeats,
            Body::AppendEntries(_)
            | Body::AppendEntriesReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => Layer::Entries,
            Body::InstallSnapshot(_) | Body::InstallSnapshotReply(_) => Layer::Snapshots,
        }
    }
}
