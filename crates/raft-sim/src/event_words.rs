//! Events in words: what the command line's trace and the page's event list show.

use std::fmt;

use raft_core::{AppendEntriesReply, Body, InstallSnapshotReply, Message, NodeId};

use crate::{DiskChange, DropReason, Event, EventKind, LinkChange};

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>14} {}", self.at.to_string(), self.kind)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core { node, trace } => write!(f, "node {node} {trace}"),
            Self::Sent { id, from, to, message, .. } => {
                write!(f, "node {from} sends node {to} message {id}: {}", Words(message))
            }
            Self::Delivered { id, from, to, message } => {
                write!(f, "node {to} receives message {id} from node {from}: {}", message.name())
            }
            Self::Dropped { id, from, to, message, reason, .. } => write!(
                f,
                "message {id} from node {from} to node {to} is gone ({reason}): {}",
                message.name()
            ),
            Self::WriteIssued { node, id, batch } => write!(
                f,
                "node {node} asks its disk for write {} ({} bytes)",
                id.0,
                batch.byte_len()
            ),
            Self::WriteDurable { node, id } => {
                write!(f, "node {node} has write {} on its disk", id.0)
            }
            Self::WritesLost { node, writes, .. } => {
                write!(f, "node {node} loses {writes} unfinished {}", plural(*writes, "write"))
            }
            Self::Applied { node, entries } => write_applied(f, *node, entries),
            Self::Restored { node, snapshot } => {
                write!(
                    f,
                    "node {node} restores its state machine from a snapshot through {snapshot}"
                )
            }
            Self::Crashed { node } => write!(f, "node {node} crashes"),
            Self::Restarted { node } => write!(f, "node {node} restarts from its disk"),
            Self::RestartRefused { node, reason } => {
                write!(f, "node {node} refuses to start: {reason}")
            }
            Self::Paused { node } => write!(f, "node {node} is paused"),
            Self::Resumed { node } => write!(f, "node {node} runs on"),
            other => other.write_environment(f),
        }
    }
}

impl EventKind {
    /// The words for links, disks and clients.
    fn write_environment(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkChanged { from, to, change } => {
                write!(f, "the link from node {from} to node {to} {change}")
            }
            Self::DiskChanged { node, change } => write!(f, "the disk of node {node} {change}"),
            Self::Partitioned { groups } => {
                f.write_str("the network is partitioned: ")?;
                for (place, group) in groups.iter().enumerate() {
                    let ids: Vec<String> = group.iter().map(NodeId::to_string).collect();
                    let separator = if place == 0 { "" } else { " | " };
                    write!(f, "{separator}{}", ids.join(" "))?;
                }
                Ok(())
            }
            Self::Healed => f.write_str("the network is whole again"),
            Self::ClientInvoked { client, operation, .. } => {
                write!(f, "client {} wants: {operation}", client.0)
            }
            Self::ClientAsked { client, node, attempt: 1, .. } => {
                write!(f, "client {} asks node {node}", client.0)
            }
            Self::ClientAsked { client, node, attempt, .. } => {
                write!(f, "client {} asks node {node}, try {attempt}", client.0)
            }
            Self::ClientRedirected { client, node, leader: Some(leader), .. } => {
                write!(f, "node {node} sends client {} to node {leader}", client.0)
            }
            Self::ClientRedirected { client, node, leader: None, .. } => {
                write!(f, "node {node} knows no leader to send client {} to", client.0)
            }
            Self::ClientMustRetry { client, node, .. } => {
                write!(f, "node {node} tells client {} to try again: its entry was lost", client.0)
            }
            Self::ClientTimedOut { client, node, .. } => {
                write!(f, "client {} waited too long for node {node}", client.0)
            }
            Self::ClientAnswered { client, response, node, attempts, .. } => write!(
                f,
                "client {} gets its answer from node {node} after {attempts} {}: {response}",
                client.0,
                if *attempts == 1 { "try" } else { "tries" }
            ),
            Self::ClientGaveUp { client, .. } => write!(
                f,
                "client {} gives up: its operation may have happened, or may yet happen",
                client.0
            ),
            _ => Ok(()),
        }
    }
}

fn write_applied(
    f: &mut fmt::Formatter<'_>,
    node: NodeId,
    entries: &[raft_core::Entry],
) -> fmt::Result {
    match (entries.first(), entries.last()) {
        (Some(first), Some(last)) if first.index == last.index => {
            write!(f, "node {node} applies entry {}", first.index)
        }
        (Some(first), Some(last)) => {
            write!(f, "node {node} applies entries {} to {}", first.index, last.index)
        }
        _ => write!(f, "node {node} applies nothing"),
    }
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// So many in a million, as percent without trailing zeros: `5%`, `0.25%`.
struct Percent(u32);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:04}", self.0 % 10_000);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{}{point}{fraction}% of its messages", self.0 / 10_000)
    }
}

/// A message with its fields, under the paper's names.
pub(crate) struct Words<'a>(pub(crate) &'a Message);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} term={}", self.0.name(), self.0.term)?;
        match &self.0.body {
            Body::RequestVote(request) => write!(f, " last_log={}", request.last_log()),
            Body::RequestVoteReply(reply) => write!(f, " vote_granted={}", reply.vote_granted),
            Body::AppendEntries(request) => {
                write!(f, " prev_log={} entries={}", request.prev_log(), request.entries.len())?;
                write!(f, " leader_commit={}", request.leader_commit)
            }
            Body::AppendEntriesReply(AppendEntriesReply::Success { match_index }) => {
                write!(f, " success match_index={match_index}")
            }
            Body::AppendEntriesReply(AppendEntriesReply::Failure { prev_log_index, hint }) => {
                write!(f, " failure prev_log_index={prev_log_index} hint={hint}")
            }
            Body::InstallSnapshot(request) => {
                write!(f, " last_included={}", request.last_included())?;
                write!(f, " offset={} bytes={}", request.offset, request.data.len())?;
                write!(f, " done={}", request.done)
            }
            Body::InstallSnapshotReply(InstallSnapshotReply::Continue { next_offset, .. }) => {
                write!(f, " next_offset={next_offset}")
            }
            Body::InstallSnapshotReply(InstallSnapshotReply::Installed { match_index }) => {
                write!(f, " installed match_index={match_index}")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "the network lost it",
            Self::LinkCut => "the link is cut",
            Self::Partitioned => "the network is partitioned",
            Self::NodeDown => "the receiver is down",
            Self::ByCommand => "dropped by command",
        })
    }
}

impl fmt::Display for LinkChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("is cut"),
            Self::Restore => f.write_str("is restored"),
            Self::Latency(range) => write!(f, "takes {:?} to {:?}", range.min, range.max),
            Self::Loss { per_million } => write!(f, "loses {}", Percent(*per_million)),
            Self::Duplication { per_million } => write!(f, "doubles {}", Percent(*per_million)),
            Self::Reordering(true) => f.write_str("lets messages overtake each other"),
            Self::Reordering(false) => f.write_str("keeps messages in order"),
        }
    }
}

impl fmt::Display for DiskChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Latency(range) = self;
        write!(f, "takes {:?} to {:?}", range.min, range.max)
    }
}
