//! What explanations look up in a run, and how they say it.

use std::fmt;
use std::time::Duration;

use raft_core::{
    AppendEntries, AppendEntriesReply, Bare, Body, Instant, LogIndex, LogPosition, Message, NodeId,
    Say, Speaker, Trace, say,
};
use raft_sim::{Event, EventKind, Mention, MessageEvent, MessageId, Words, words};

use crate::evidence::{Evidence, Given};
use crate::explanation::Cause;

/// A time as `162 ms` or `253.160 ms`.
pub(crate) struct At(pub(crate) Instant);

/// A duration, in the same way.
pub(crate) struct Took(pub(crate) Duration);

/// Numbers of nodes: `1`, `1 and 2`, `1, 2 and 3`.
pub(crate) struct And<'a>(pub(crate) &'a [NodeId]);

/// `node 1`, or `nodes 1 and 2`.
pub(crate) struct Nodes<'a>(pub(crate) &'a [NodeId]);

/// `Node 1`, or `Nodes 1 and 2`, at the beginning of a sentence.
pub(crate) struct Capital<'a>(pub(crate) &'a [NodeId]);

fn write_millis(out: &mut dyn Speaker<Mention>, micros: u64) -> fmt::Result {
    match micros % 1000 {
        0 => say!(out; micros / 1000, " ms"),
        rest => out.plain(format_args!("{}.{rest:03} ms", micros / 1000)),
    }
}

impl Say<Mention> for At {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        write_millis(out, self.0.0)
    }
}

impl Say<Mention> for Took {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        write_millis(out, u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX))
    }
}

impl Say<Mention> for And<'_> {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        for (place, node) in self.0.iter().enumerate() {
            let between = match place {
                0 => "",
                _ if place + 1 == self.0.len() => " and ",
                _ => ", ",
            };
            say!(out; "{between}", Bare(node))?;
        }
        Ok(())
    }
}

impl Say<Mention> for Nodes<'_> {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        let noun = if self.0.len() == 1 { "node" } else { "nodes" };
        say!(out; "{noun} ", And(self.0))
    }
}

impl Say<Mention> for Capital<'_> {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        let noun = if self.0.len() == 1 { "Node" } else { "Nodes" };
        say!(out; "{noun} ", And(self.0))
    }
}

/// A message in a few words: `RequestVote of term 2`, `AppendEntries with entry 2`, a heartbeat.
pub(crate) struct Named<'a>(pub(crate) &'a Message);

impl Say<Mention> for Named<'_> {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        let Message { term, body } = self.0;
        match body {
            Body::AppendEntries(append) if append.is_heartbeat() => {
                say!(out; "the heartbeat of round ", append.round.0)
            }
            Body::AppendEntries(append) => {
                let (first, last) = (first_of(append), last_of(append));
                say!(out; "AppendEntries with ", Span(first, last))
            }
            Body::AppendEntriesReply(AppendEntriesReply::Success { match_index, .. }) => {
                say!(out; "the acknowledgement of ", match_index)
            }
            Body::AppendEntriesReply(AppendEntriesReply::Following { .. }) => {
                say!(out; "the answer that it follows")
            }
            Body::AppendEntriesReply(AppendEntriesReply::Failure { prev_log_index, .. }) => {
                say!(out; "the refusal of what follows ", prev_log_index)
            }
            Body::RequestVoteReply(reply) if reply.vote_granted => {
                say!(out; "the vote in ", term)
            }
            Body::RequestVoteReply(_) => say!(out; "the refusal of the vote in ", term),
            Body::PreVoteReply(reply) if reply.vote_granted => {
                say!(out; "the pre-vote for ", term)
            }
            Body::PreVoteReply(_) => say!(out; "the refusal of the pre-vote"),
            Body::RequestVote(_) => say!(out; "RequestVote of ", term),
            Body::InstallSnapshot(snapshot) => say!(
                out; "InstallSnapshot through ", snapshot.last_included_index, " from byte ",
                snapshot.offset
            ),
            Body::PreVote(_)
            | Body::InstallSnapshotReply(_)
            | Body::TimeoutNow
            | Body::ReadIndex(_)
            | Body::ReadIndexReply(_)
            | Body::Forward(_)
            | Body::ForwardReply(_) => say!(out; self.0.name()),
        }
    }
}

/// `entry 2`, or `entries 2 to 4`.
pub(crate) struct Span(pub(crate) LogIndex, pub(crate) LogIndex);

impl Say<Mention> for Span {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        let Self(first, last) = *self;
        match first == last {
            true => say!(out; first),
            false => say!(
                out; "entries ", Bare(first), " to ", Bare(last)
            ),
        }
    }
}

pub(crate) fn first_of(append: &AppendEntries) -> LogIndex {
    append.prev_log_index.next()
}

pub(crate) fn last_of(append: &AppendEntries) -> LogIndex {
    LogIndex(append.prev_log_index.0 + append.entries.len() as u64)
}

/// Whether the message carries the entry at this index.
pub(crate) fn carries(message: &Message, index: LogIndex) -> bool {
    match &message.body {
        Body::AppendEntries(append) => first_of(append) <= index && index <= last_of(append),
        _ => false,
    }
}

/// Whether only a leader sends such a message to its followers.
pub(crate) fn is_of_leader(message: &Message) -> bool {
    matches!(message.body, Body::AppendEntries(_) | Body::InstallSnapshot(_))
}

/// A decision of this node.
pub(crate) fn decision(event: &Event, of: NodeId) -> Option<&Trace> {
    match &event.kind {
        EventKind::Core { node, trace } if *node == of => Some(trace),
        _ => None,
    }
}

/// A message of these ends, and what happened to it.
pub(crate) fn message(
    event: &Event,
    sender: NodeId,
    receiver: NodeId,
) -> Option<(&Message, &MessageEvent)> {
    match &event.kind {
        EventKind::Message { from, to, message, event, .. }
            if *from == sender && *to == receiver =>
        {
            Some((message, event))
        }
        _ => None,
    }
}

/// The event as a link.
pub(crate) fn link(event: &Event, words: Words) -> Cause {
    Cause { words, at: event.at, event: Some(event.number), step: event.step, line: None }
}

/// The last entry of a node's log: in memory, or on its disk if it is down.
pub(crate) fn end_of_log(run: &Evidence<'_>, node: NodeId) -> Option<LogPosition> {
    let node = run.world.node(node)?;
    match node.core() {
        Some(core) => Some(core.log().last()),
        None => {
            let disk = node.recovered().ok()?;
            let last = disk.entries.last().map(|entry| LogPosition::new(entry.index, entry.term));
            Some(
                last.or(disk.snapshot.map(|snapshot| {
                    LogPosition::new(snapshot.last_included_index, snapshot.last_included_term)
                }))
                .unwrap_or(LogPosition::ORIGIN),
            )
        }
    }
}

/// How the message with this id ended, after it was sent.
pub(crate) fn fate<'a>(run: &Evidence<'a>, sent: &Event, id: MessageId) -> Option<&'a Event> {
    run.record.after(sent.number).find(|event| {
        matches!(
            &event.kind,
            EventKind::Message {
                id: other,
                event: MessageEvent::Delivered | MessageEvent::Dropped { .. },
                ..
            } if *other == id
        )
    })
}

/// The last message of a leader that reached this node before this event.
pub(crate) fn heard<'a>(run: &Evidence<'a>, node: NodeId, before: &Event) -> Option<&'a Event> {
    run.last_before(before.number, |event| match &event.kind {
        EventKind::Message { to, message, event: MessageEvent::Delivered, .. } => {
            *to == node && is_of_leader(message)
        }
        _ => false,
    })
}

/// The shortest election timeout of a node.
pub(crate) fn shortest_timeout(run: &Evidence<'_>, node: NodeId) -> Duration {
    let setup = run.world.setup();
    run.world
        .node(node)
        .map_or(setup.settings.election_timeout_min, |node| node.settings().election_timeout_min)
}

/// A statement, as a link of a chain.
pub(crate) fn statement_words(given: &Given) -> Words {
    let text = &given.text;
    words!("`{text}`")
}

/// The rules that are switched off, as the language names them; `None`: all are in force.
#[cfg(feature = "bugs")]
pub(crate) fn rules_off(run: &Evidence<'_>) -> Option<String> {
    let names: Vec<String> = run.world.setup().bugs.iter().map(|bug| bug.to_string()).collect();
    (!names.is_empty()).then(|| format!("bugs={}", names.join(",")))
}

/// Without planted bugs, all rules are in force.
#[cfg(not(feature = "bugs"))]
pub(crate) fn rules_off(_: &Evidence<'_>) -> Option<String> {
    None
}

/// The statement after which messages pass again from one node to another; `None`: they pass.
pub(crate) fn lets_pass(run: &Evidence<'_>, from: NodeId, to: NodeId) -> Option<Words> {
    if run.world.partition().is_some_and(|partition| !partition.lets_pass(from, to)) {
        return Some("`heal`".into());
    }
    let is_cut = run.world.link(from, to).is_some_and(|link| link.cut);
    is_cut.then(|| words!("`link {from} -> {to} restore`"))
}
