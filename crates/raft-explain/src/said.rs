//! How explanations say what they name.

use std::fmt;
use std::time::Duration;

use raft_core::{
    AppendEntriesReply, Bare, Body, Instant, LogIndex, Message, NodeId, Say, Speaker, say,
};
use raft_sim::{EventKind, Mention, Words, words};

use crate::evidence::Given;
use crate::seen::{first_of, last_of};

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

/// A statement, as a link of a chain.
pub(crate) fn statement_words(given: &Given) -> Words {
    let text = &given.text;
    words!("`{text}`")
}

/// An event in its own words, at the beginning of a sentence.
pub(crate) fn capital(kind: &EventKind) -> Words {
    let (all, rest) = (Words::of(kind), Words::without_subject(kind));
    match kind.node().filter(|_| all != rest) {
        Some(node) => words!("Node ", Bare(node), " ", rest),
        None => all,
    }
}

/// Noun and verb agree with a number of things.
pub(crate) fn plural(count: usize, one: &'static str, more: &'static str) -> &'static str {
    if count == 1 { one } else { more }
}
