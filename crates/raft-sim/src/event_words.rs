//! Events in words: what the command line's trace and the page's event list show.

use std::fmt;

use raft_core::{NodeId, Outcome};

use crate::message_words::Words;
use crate::{AdminRequest, DropReason, Event, EventKind, LinkChange, ReadPolicy, RetryReason};

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
            Self::WriteFailed { .. } | Self::WriteTorn { .. } | Self::DiskDamaged { .. } => {
                self.write_disk_fault(f)
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
            Self::ReadServed { node, client, read, index, .. } => write!(
                f,
                "node {node} answers client {} from its store, a {read} read: all up to entry \
                 {index}",
                client.0
            ),
            Self::Administered { node, request, outcome } => {
                write!(f, "node {node} was asked to {request}: {}", Became(outcome))
            }
            Self::ServerAdded { node } => write!(f, "node {node} comes into being, knowing nobody"),
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
                let groups: Vec<String> = groups.iter().map(|group| names(group)).collect();
                write!(f, "the network is partitioned: {}", groups.join(" | "))
            }
            Self::PartitionedOneWay { heard, unheard } => write!(
                f,
                "the network is partitioned one way: {} -> {}",
                names(heard),
                names(unheard)
            ),
            Self::Replayed { id, from, to, message, .. } => write!(
                f,
                "the network sends node {to} an old message of node {from} again, as message {id}: {}",
                Words(message)
            ),
            Self::ClockChanged { node, change } => write!(f, "the clock of node {node} {change}"),
            Self::Slowed { node, handling } if handling.is_zero() => {
                write!(f, "node {node} is slow no more")
            }
            Self::Slowed { node, handling } => {
                write!(f, "node {node} is slow: all that it handles takes {handling:?}")
            }
            Self::Healed => f.write_str("the network is whole again"),
            Self::Recovered { nodes } => {
                let (noun, verb) =
                    if nodes.len() == 1 { ("node", "works") } else { ("nodes", "work") };
                write!(f, "{noun} {} {verb} again, all others lose power for good", names(nodes))
            }
            other => other.write_client(f),
        }
    }

    /// The words for what goes wrong with a disk.
    fn write_disk_fault(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WriteFailed { node, id, failure, is_ignored } => {
                let then = if *is_ignored { "nobody minds" } else { "the process stops" };
                write!(f, "node {node}'s disk fails write {}: {failure}; {then}", id.0)
            }
            Self::WriteTorn { node, id, landed } => {
                let parts = landed.writes.len();
                write!(f, "write {} of node {node} is torn: ", id.0)?;
                match parts {
                    0 => f.write_str("nothing of it has landed"),
                    1 => f.write_str("1 part of it has landed"),
                    _ => write!(f, "{parts} parts of it have landed"),
                }
            }
            Self::DiskDamaged { node, damage, .. } => {
                write!(f, "the disk of node {node} is damaged: {damage}")
            }
            other => other.write_client(f),
        }
    }

    /// The words for clients.
    fn write_client(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientInvoked { client, operation, read: ReadPolicy::Log, .. } => {
                write!(f, "client {} wants: {operation}", client.0)
            }
            Self::ClientInvoked { client, operation, read, .. } => {
                write!(f, "client {} wants, by a {read} read: {operation}", client.0)
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
            Self::ClientMustRetry { client, node, reason, .. } => {
                write!(f, "node {node} tells client {} to try again: {reason}", client.0)
            }
            Self::ClientTimedOut { client, node, .. } => {
                write!(f, "client {} waited too long for node {node}", client.0)
            }
            Self::ClientAnswered { client, response, node, attempts, read, .. } => write!(
                f,
                "client {} gets its answer{} from node {node} after {attempts} {}: {response}",
                client.0,
                if read.may_be_stale() { ", perhaps an old one," } else { "" },
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

fn names(nodes: &[NodeId]) -> String {
    nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" ")
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// So many in a million, as percent without trailing zeros: `5%`, `0.25%`.
pub(crate) struct Percent(pub(crate) u32);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:04}", self.0 % 10_000);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{}{point}{fraction}%", self.0 / 10_000)
    }
}

impl fmt::Display for AdminRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TransferLeadership { to } => write!(f, "hand leadership over to node {to}"),
            Self::ChangeMembership(change) => write!(f, "change the membership ({change})"),
        }
    }
}

impl fmt::Display for RetryReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Superseded => f.write_str("its entry was lost"),
            Self::FateUnknown => f.write_str("what became of its entry is not known"),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

/// What became of a request about leadership or membership.
struct Became<'a>(&'a Outcome);

impl fmt::Display for Became<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Outcome::Committed(position) => write!(f, "done, by entry {position}"),
            Outcome::Transferred { to } => write!(f, "done, node {to} is standing for election"),
            Outcome::NotLeader { leader: Some(leader) } => {
                write!(f, "it does not lead; ask node {leader}")
            }
            Outcome::NotLeader { leader: None } => f.write_str("it does not lead"),
            Outcome::Refused(refusal) => write!(f, "refused, as {refusal}"),
            Outcome::Superseded { position } => write!(f, "undone, entry {position} was replaced"),
            Outcome::Unknown { position: Some(position) } => {
                write!(f, "it leads no more; entry {position} may be committed or not")
            }
            Outcome::Unknown { position: None } => {
                f.write_str("it leads no more; it may be done or not")
            }
            other => write!(f, "{other:?}"),
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
            Self::QueueFull => "too many messages wait for the link",
        })
    }
}

impl fmt::Display for LinkChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("is cut"),
            Self::Restore => f.write_str("is restored"),
            Self::Latency(range) => write!(f, "takes {:?} to {:?}", range.min, range.max),
            Self::Loss { per_million } => {
                write!(f, "loses {} of its messages", Percent(*per_million))
            }
            Self::Duplication { per_million } => {
                write!(f, "doubles {} of its messages", Percent(*per_million))
            }
            Self::Reordering(true) => f.write_str("lets messages overtake each other"),
            Self::Reordering(false) => f.write_str("keeps messages in order"),
            Self::Shape(shape) => write!(f, "has {shape} latencies"),
            Self::Bandwidth(Some(bytes)) => write!(f, "carries {bytes} bytes a second"),
            Self::Bandwidth(None) => f.write_str("carries any number of bytes a second"),
            Self::QueueLimit(limit) => {
                write!(f, "lets {limit} {} wait", plural(*limit as usize, "message"))
            }
            Self::Clog(time) if time.is_zero() => f.write_str("is clogged no more"),
            Self::Clog(time) => write!(f, "is clogged for {time:?}"),
        }
    }
}
