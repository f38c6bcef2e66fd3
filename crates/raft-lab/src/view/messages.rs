//! The messages in flight, and lost ones.

mod fields;

use std::borrow::Cow;

use raft_core::{AppendEntriesReply, Body, Instant, Message, NodeId, Term};
use raft_sim::{EventNumber, InFlightMessage, MessageId, MessageKind};
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use self::fields::message_fields;

/// A message in flight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageView {
    /// The message's id, as `drop message` takes it.
    pub id: MessageId,
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// The paper's name for it; `None` in a recorded run with names of its own.
    pub kind: Option<MessageKind>,
    /// What a picture of it tells.
    pub look: MessageLook,
    /// Its term.
    pub term: Term,
    /// The number of log entries in it.
    pub entries: usize,
    /// The time of sending.
    pub sent_at: Instant,
    /// The time of arrival. While it is held, it is as it was before.
    pub arrives_at: Instant,
    /// Since when it is held; `None` if it is on its way.
    pub held_since: Option<Instant>,
    /// For how long it was held before, in all: it was so much later on its way.
    pub waited_micros: u64,
}

/// A message that was lost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LostMessageView {
    /// The message. It would have arrived at its `arrives_at`.
    pub message: MessageView,
    /// The time of the loss.
    pub lost_at: Instant,
    /// The reason of the loss.
    pub reason: Cow<'static, str>,
}

/// A message in flight with all that it says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageDetails {
    /// The message.
    pub message: MessageView,
    /// Its fields under the paper's names, each with its value in words.
    pub fields: Vec<(Cow<'static, str>, String)>,
    /// The event that sent it.
    pub sent_by: EventNumber,
}

/// What a picture of a message tells: its kind, and whether it grants or refuses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, VariantArray, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of the messages")]
pub enum MessageLook {
    PreVote,
    PreVoteGranted,
    PreVoteRefused,
    RequestVote,
    VoteGranted,
    VoteRefused,
    Heartbeat,
    AppendEntries,
    AppendSucceeded,
    AppendFailed,
    InstallSnapshot,
    SnapshotReply,
    TimeoutNow,
    ReadIndex,
    ReadAnswered,
    ReadRefused,
    Forward,
    ForwardTaken,
    ForwardRefused,
    /// A message of a recorded run that does not tell more.
    Other,
}

impl MessageLook {
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The look of a message.
    pub(crate) fn of(message: &Message) -> Self {
        match &message.body {
            Body::PreVote(_) => Self::PreVote,
            Body::PreVoteReply(reply) if reply.vote_granted => Self::PreVoteGranted,
            Body::PreVoteReply(_) => Self::PreVoteRefused,
            Body::RequestVote(_) => Self::RequestVote,
            Body::RequestVoteReply(reply) if reply.vote_granted => Self::VoteGranted,
            Body::RequestVoteReply(_) => Self::VoteRefused,
            Body::AppendEntries(request) if request.is_heartbeat() => Self::Heartbeat,
            Body::AppendEntries(_) => Self::AppendEntries,
            Body::AppendEntriesReply(
                AppendEntriesReply::Success { .. } | AppendEntriesReply::Following { .. },
            ) => Self::AppendSucceeded,
            Body::AppendEntriesReply(AppendEntriesReply::Failure { .. }) => Self::AppendFailed,
            Body::InstallSnapshot(_) => Self::InstallSnapshot,
            Body::TimeoutNow => Self::TimeoutNow,
            Body::ReadIndex(_) => Self::ReadIndex,
            Body::ReadIndexReply(reply) if reply.result.is_ok() => Self::ReadAnswered,
            Body::ReadIndexReply(_) => Self::ReadRefused,
            Body::Forward(_) => Self::Forward,
            Body::ForwardReply(reply) if reply.result.is_ok() => Self::ForwardTaken,
            Body::ForwardReply(_) => Self::ForwardRefused,
            Body::InstallSnapshotReply(_) => Self::SnapshotReply,
        }
    }
}

impl MessageView {
    /// The message with its way and its times.
    pub(crate) fn of(
        id: MessageId,
        (from, to): (NodeId, NodeId),
        message: &Message,
        (sent_at, arrives_at): (Instant, Instant),
    ) -> Self {
        let entries = match &message.body {
            Body::AppendEntries(request) => request.entries.len(),
            Body::PreVote(_)
            | Body::PreVoteReply(_)
            | Body::RequestVote(_)
            | Body::RequestVoteReply(_)
            | Body::AppendEntriesReply(_)
            | Body::InstallSnapshot(_)
            | Body::InstallSnapshotReply(_)
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => 0,
        };
        Self {
            id,
            from,
            to,
            kind: Some(MessageKind::of(message)),
            look: MessageLook::of(message),
            term: message.term,
            entries,
            sent_at,
            arrives_at,
            held_since: None,
            waited_micros: 0,
        }
    }
}

impl From<&InFlightMessage> for MessageView {
    fn from(flying: &InFlightMessage) -> Self {
        let InFlightMessage { id, from, to, message, sent_at, arrives_at, .. } = flying;
        let (held_since, waited_micros) = (flying.held_since(), flying.waited.as_micros() as u64);
        Self {
            held_since,
            waited_micros,
            ..Self::of(*id, (*from, *to), message, (*sent_at, *arrives_at))
        }
    }
}

impl From<&InFlightMessage> for MessageDetails {
    fn from(flying: &InFlightMessage) -> Self {
        let fields = message_fields(&flying.message).into_iter();
        Self {
            message: flying.into(),
            sent_by: flying.sent_by,
            fields: fields.map(|(name, value)| (name.into(), value)).collect(),
        }
    }
}
