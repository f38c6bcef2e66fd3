//! The messages of a recorded run: when each was sent, and how its way ended.

use std::collections::BTreeMap;

use raft_core::{Instant, NodeId, Term};
use raft_sim::MessageKind;
use raft_trace::{Fact, TraceMessage, TraceSource, TraceStep};

use crate::MessageLook;

/// A message.
pub(super) struct Arrow {
    pub(super) from: NodeId,
    pub(super) message: TraceMessage,
    pub(super) sent: Place,
    /// The event that ended its way, and whether it arrived; `None`: no event tells.
    pub(super) ended: Option<(Place, bool)>,
}

/// An event with its time.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) number: usize,
    pub(super) at: Instant,
}

impl Arrow {
    /// Whether it is under way after so many events.
    pub(super) fn is_under_way(&self, events: usize) -> bool {
        self.sent.number < events && self.ended.is_some_and(|(ended, _)| ended.number >= events)
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

/// The messages of a run, in the order in which they were sent.
#[derive(Default)]
pub(super) struct Arrows {
    all: Vec<Arrow>,
    /// Those of which the end is not known, by id: their places among all.
    open: BTreeMap<u64, usize>,
}

impl Arrows {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arrow> {
        self.all.iter()
    }

    /// Those that an event sent.
    pub(super) fn sent_at(&self, place: usize) -> impl Iterator<Item = &Arrow> {
        let first = self.all.partition_point(|arrow| arrow.sent.number < place);
        self.all[first..].iter().take_while(move |arrow| arrow.sent.number == place)
    }

    /// Takes what an event tells of messages.
    pub(super) fn take(&mut self, at: Place, step: &TraceStep) {
        for fact in &step.facts {
            if let (Fact::Sent(message), Some(from)) = (fact, step.node) {
                self.send(Arrow { from, message: message.clone(), sent: at, ended: None });
            }
            if let Fact::Arrived(id) | Fact::Lost(id) = fact
                && let Some(arrow) = self.open.remove(id)
            {
                self.all[arrow].ended = Some((at, matches!(fact, Fact::Arrived(_))));
            }
        }
    }

    fn send(&mut self, arrow: Arrow) {
        // A server that tells itself something sends nothing.
        if arrow.from != arrow.message.to {
            self.open.insert(arrow.message.id, self.all.len());
            self.all.push(arrow);
        }
    }

    /// Takes what an event tells where only clocks tell who learned of what: its node learned of
    /// the event of another one, with this place.
    pub(super) fn learn(&mut self, at: Place, step: &TraceStep, (sent, from): (Place, NodeId)) {
        let Some(to) = step.node.filter(|to| *to != from) else { return };
        let (id, name) = (step.number, "message".to_owned());
        let message = TraceMessage { id, to, name, term: None, entries: None, agrees: None };
        self.all.push(Arrow { from, message, sent, ended: Some((at, true)) });
    }

    /// Brings those that were learned of into order.
    pub(super) fn sort(&mut self, source: TraceSource) {
        if source == TraceSource::ShiViz {
            self.all.sort_by_key(|arrow| arrow.sent.number);
        }
    }

    /// Forgets those that ended before an event, and those that were sent before it and whose end
    /// is not known yet.
    pub(super) fn forget_before(&mut self, place: usize) {
        self.all.retain(|arrow| match arrow.ended {
            Some((ended, _)) => ended.number >= place,
            None => arrow.sent.number >= place,
        });
        let open = self.all.iter().enumerate().filter(|(_, arrow)| arrow.ended.is_none());
        self.open = open.map(|(place, arrow)| (arrow.message.id, place)).collect();
    }
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
