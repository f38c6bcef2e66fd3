//! The messages of a recorded run: when each was sent, and how its way ended.

use std::collections::BTreeMap;

use raft_core::{NodeId, Term};
use raft_sim::MessageKind;
use raft_trace::{Fact, RecordedRun, TraceMessage, TraceSource};

use crate::MessageLook;

/// A message.
pub(super) struct Arrow {
    pub(super) from: NodeId,
    pub(super) message: TraceMessage,
    /// The place of the event that sent it.
    pub(super) sent: usize,
    /// The place of the event that ended its way, and whether it arrived; `None`: no event tells.
    pub(super) ended: Option<(usize, bool)>,
}

impl Arrow {
    /// Whether it is under way after so many events.
    pub(super) fn is_under_way(&self, events: usize) -> bool {
        self.sent < events && self.ended.is_some_and(|(ended, _)| ended >= events)
    }

    /// Its kind by the paper, and what a picture of it tells.
    pub(super) fn look(&self) -> (Option<MessageKind>, MessageLook) {
        look(&self.message)
    }

    /// The sender's term; 0 if the file does not tell it.
    pub(super) fn term(&self) -> Term {
        self.message.term.unwrap_or_default()
    }
}

/// All messages of a run, in the order in which they were sent.
pub(super) fn arrows(run: &RecordedRun) -> Vec<Arrow> {
    let mut arrows = match run.source {
        TraceSource::ShiViz => learned(run),
        TraceSource::Helios | TraceSource::EtcdRaft | TraceSource::Lines => sent(run),
    };
    // A server that tells itself something sends nothing.
    arrows.retain(|arrow| arrow.from != arrow.message.to);
    arrows.sort_by_key(|arrow| arrow.sent);
    arrows
}

/// Those that the file tells of.
fn sent(run: &RecordedRun) -> Vec<Arrow> {
    let mut arrows: Vec<Arrow> = Vec::new();
    let mut open: BTreeMap<u64, usize> = BTreeMap::new();
    for (place, step) in run.steps.iter().enumerate() {
        for fact in &step.facts {
            if let (Fact::Sent(message), Some(from)) = (fact, step.node) {
                open.insert(message.id, arrows.len());
                arrows.push(Arrow { from, message: message.clone(), sent: place, ended: None });
            }
            if let Fact::Arrived(id) | Fact::Lost(id) = fact
                && let Some(arrow) = open.remove(id)
            {
                arrows[arrow].ended = Some((place, matches!(fact, Fact::Arrived(_))));
            }
        }
    }
    arrows
}

/// Where only clocks tell who learned of what: from the event of which a host learned, to the event
/// with which it did.
fn learned(run: &RecordedRun) -> Vec<Arrow> {
    let arrow = |(place, step): (usize, &raft_trace::TraceStep)| {
        let sent = usize::try_from(step.cause?.checked_sub(1)?).ok()?;
        let (from, to) = (run.steps.get(sent)?.node?, step.node?);
        let (id, name) = (step.number, "message".to_owned());
        let message = TraceMessage { id, to, name, term: None, entries: None, agrees: None };
        Some(Arrow { from, message, sent, ended: Some((place, true)) })
    };
    run.steps.iter().enumerate().filter_map(arrow).collect()
}

/// The paper's kind and the look of a message, by the names of the paper and of etcd's raft.
fn look(message: &TraceMessage) -> (Option<MessageKind>, MessageLook) {
    use MessageKind as Kind;
    use MessageLook as Look;
    let reply = |granted: Look, refused: Look| match message.agrees {
        Some(true) => granted,
        Some(false) => refused,
        None => Look::Other,
    };
    let (kind, look) = match &*message.name {
        "PreVote" | "MsgPreVote" => (Kind::PreVote, Look::PreVote),
        "PreVoteReply" | "MsgPreVoteResp" => {
            (Kind::PreVoteReply, reply(Look::PreVoteGranted, Look::PreVoteRefused))
        }
        "RequestVote" | "MsgVote" => (Kind::RequestVote, Look::RequestVote),
        "RequestVoteReply" | "MsgVoteResp" => {
            (Kind::RequestVoteReply, reply(Look::VoteGranted, Look::VoteRefused))
        }
        "AppendEntries" | "MsgApp" | "MsgHeartbeat" => {
            let is_heartbeat = message.entries == Some(0);
            let look = if is_heartbeat { Look::Heartbeat } else { Look::AppendEntries };
            (Kind::AppendEntries, look)
        }
        "AppendEntriesReply" | "MsgAppResp" | "MsgHeartbeatResp" => {
            (Kind::AppendEntriesReply, reply(Look::AppendSucceeded, Look::AppendFailed))
        }
        "InstallSnapshot" | "MsgSnap" => (Kind::InstallSnapshot, Look::InstallSnapshot),
        "InstallSnapshotReply" => (Kind::InstallSnapshotReply, Look::SnapshotReply),
        "TimeoutNow" | "MsgTimeoutNow" => (Kind::TimeoutNow, Look::TimeoutNow),
        "ReadIndex" | "MsgReadIndex" => (Kind::ReadIndex, Look::ReadIndex),
        "ReadIndexReply" | "MsgReadIndexResp" => {
            (Kind::ReadIndexReply, reply(Look::ReadAnswered, Look::ReadRefused))
        }
        "Forward" | "MsgProp" => (Kind::Forward, Look::Forward),
        "ForwardReply" => (Kind::ForwardReply, reply(Look::ForwardTaken, Look::ForwardRefused)),
        _ => return (None, Look::Other),
    };
    (Some(kind), look)
}
