//! What a node did as lines of a trace.

use std::sync::Arc;

use raft_core::{
    Body, Bytes, Entries, Entry, Instant, Message, NodeId, Payload, Persist, SnapshotData,
};
use raft_mvcc::Command;
use raft_sim::{DiskEvent, EventKind, MessageEvent, MessageId, StateMachineEvent};
use raft_storage::WriteBatch;
use raft_trace::{Observed, event_members, observed_members};

use super::{Happened, Moment};
use crate::machine;
use crate::peers::Letter;
use crate::peers::proto;

/// The moments of a node as lines.
pub(crate) fn moments(node: NodeId, told: &[Arc<Moment>]) -> Vec<proto::Moment> {
    told.iter().map(|moment| lines(node, moment)).collect()
}

fn lines(node: NodeId, moment: &Moment) -> proto::Moment {
    let at = Instant(moment.time_us);
    let mut lines: Vec<proto::Line> =
        moment.happened.iter().map(|happened| line(node, at, happened)).collect();
    // A core that was told one thing did all the rest because of it.
    let is_input =
        |happened: &Happened| matches!(happened, Happened::Delivered(..) | Happened::Durable(_));
    let mut inputs = moment.happened.iter().enumerate().filter(|(_, it)| is_input(it));
    if let (Some((place, _)), None, false) = (inputs.next(), inputs.next(), moment.has_other_causes)
    {
        for line in lines.iter_mut().skip(place + 1) {
            line.cause = u32::try_from(place + 1).unwrap_or_default();
        }
    }
    proto::Moment { time_us: moment.time_us, lines }
}

fn line(node: NodeId, at: Instant, happened: &Happened) -> proto::Line {
    let event =
        |kind: EventKind| proto::Line { members: event_members(&kind), ..proto::Line::default() };
    let disk = |event| EventKind::Disk { node, event };
    let machine = |event| EventKind::StateMachine { node, event };
    match happened {
        Happened::State(state) => {
            let entries = state.entries.iter().map(worded).collect();
            let members = observed_members(&Observed { entries, ..state.clone() });
            proto::Line { members, is_state: true, ..proto::Line::default() }
        }
        Happened::Decided(trace) => event(EventKind::Core { node, trace: trace.clone() }),
        Happened::Wrote(write) => {
            let batch = Arc::new(WriteBatch::from_persist(&worded_write(write)));
            event(disk(DiskEvent::WriteIssued { id: write.id, batch }))
        }
        Happened::Durable(id) => event(disk(DiskEvent::WriteDurable { id: *id })),
        Happened::Sent(to, letter) => {
            let kind = message(letter, (node, *to), MessageEvent::Sent { arrives_at: at });
            proto::Line { message: message_id(node, letter).0, is_sent: true, ..event(kind) }
        }
        Happened::Delivered(from, letter) => {
            let kind = message(letter, (*from, node), MessageEvent::Delivered);
            proto::Line { message: message_id(*from, letter).0, ..event(kind) }
        }
        Happened::Applied(entries) => {
            event(machine(StateMachineEvent::Applied { entries: worded_all(entries) }))
        }
        Happened::Restored(snapshot) => {
            event(machine(StateMachineEvent::Restored { snapshot: *snapshot }))
        }
    }
}

/// Names a message in the whole cluster, with numbers below 2^53, which is what programs of
/// JavaScript can count to.
fn message_id(from: NodeId, letter: &Letter) -> MessageId {
    const NUMBERS: u32 = 40;
    let node = (from.0 & 0xfff) << NUMBERS;
    MessageId(node | (letter.number & ((1 << NUMBERS) - 1)))
}

fn message(letter: &Letter, (from, to): (NodeId, NodeId), event: MessageEvent) -> EventKind {
    let (id, message) = (message_id(from, letter), Arc::new(worded_message(&letter.message)));
    EventKind::Message { id, from, to, message, event }
}

fn worded_message(message: &Message) -> Message {
    let mut message = message.clone();
    match &mut message.body {
        Body::AppendEntries(append) => append.entries = worded_all(&append.entries),
        Body::Forward(forward) => forward.command = in_words(&forward.command),
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
        | Body::ForwardReply(_) => {}
    }
    message
}

/// A write whose commands are words, and whose snapshot has no data.
fn worded_write(write: &Persist) -> Persist {
    let mut write = Persist { entries: worded_all(&write.entries), ..write.clone() };
    if let Some(stored) = &mut write.snapshot {
        stored.snapshot.data = SnapshotData::Bytes(Bytes::default());
    }
    write
}

fn worded_all(entries: &Entries) -> Entries {
    entries.iter().map(worded).collect()
}

/// An entry with its command in words: who watches has no store of its own.
fn worded(entry: &Entry) -> Entry {
    let payload = match &entry.payload {
        Payload::Command(command) => Payload::Command(in_words(command)),
        Payload::Noop => Payload::Noop,
        Payload::Membership(membership) => Payload::Membership(membership.clone()),
    };
    Entry { payload, ..entry.clone() }
}

fn in_words(command: &Bytes) -> Bytes {
    let words = match Command::decode(machine::without_life(command)) {
        Ok(command) => command.operation.to_string(),
        Err(error) => format!("{} bytes that are no command: {error}", command.len()),
    };
    words.into_bytes().into()
}
