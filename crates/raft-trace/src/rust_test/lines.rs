//! Inputs as calls of the driver.

use raft_core::{Body, Bytes, Instant, MembershipChange, Message, NodeId, ReadMode, SnapshotData};
use raft_kv::{Command, Operation};
use raft_server::{ReplicaInput, ReplicaRequest};

use super::nodes::Nodes;

/// A command or a context with more bytes is written as so many zeros: the core never looks at
/// them.
const MOST_LITERAL_BYTES: usize = 200;

/// A line of the schedule.
pub(super) struct Line {
    /// The call, without the `run` before it.
    pub(super) call: String,
    pub(super) comment: Option<String>,
}

impl Line {
    pub(super) fn new(call: String) -> Self {
        Self { call, comment: None }
    }

    fn with(call: String, comment: String) -> Self {
        Self { call, comment: Some(comment) }
    }
}

/// The line that hands over an input.
pub(super) fn input(
    nodes: &mut Nodes,
    (node, at): (NodeId, Instant),
    input: ReplicaInput<Operation, ()>,
) -> Result<Line, String> {
    let of = format!("{node}, {}", number(at.0));
    Ok(match input {
        ReplicaInput::Timeout => timeout(node, at, at),
        ReplicaInput::Message { from, message } => {
            let found = nodes.number_of(from, node, &message);
            let place = found.ok_or_else(|| {
                format!("node {node} got a {} that node {from} never sent", message.name())
            })?;
            Line::with(format!("deliver({of}, ({from}, {place}))"), words(&message))
        }
        ReplicaInput::Request { caller: (), request } => asked(&of, request),
        ReplicaInput::Persisted(write) => {
            nodes.persisted(node, write);
            Line::new(format!("persisted({of}, {})", write.0))
        }
        ReplicaInput::SnapshotTaken { through, data: SnapshotData::Bytes(data) } => {
            Line::new(format!("snapshot({of}, {through}, {})", number(data.len() as u64)))
        }
        ReplicaInput::SnapshotFailed { through } => {
            Line::new(format!("snapshot_failed({of}, {through})"))
        }
        ReplicaInput::SnapshotTaken { data: SnapshotData::File(_), .. }
        | ReplicaInput::Files(_) => return Err("snapshots are in files".to_owned()),
        ReplicaInput::PersistFailed => return Err(format!("a write of node {node} failed")),
        ReplicaInput::ForceElection => Line::new(format!("force_election({of})")),
        ReplicaInput::ForgetLeader => Line::new(format!("forget_leader({of})")),
    })
}

/// The timer of a node elapses. It was to elapse at the deadline.
pub(super) fn timeout(node: NodeId, at: Instant, deadline: Instant) -> Line {
    let (shown, set) = (number(at.0), number(deadline.0));
    Line::new(match deadline == at {
        true => format!("timeout({node}, {shown})"),
        false => format!("late_timeout({node}, {shown}, {set})"),
    })
}

fn asked(of: &str, request: ReplicaRequest<Operation>) -> Line {
    match request {
        ReplicaRequest::Command(asked) => command(format!("propose({of}, "), &asked),
        ReplicaRequest::Read { query, mode } => {
            let mode = match mode {
                ReadMode::Quorum => "Quorum",
                ReadMode::Lease => "Lease",
            };
            let comment = query.to_string().replace('\n', " ");
            Line::with(format!("read({of}, ReadMode::{mode})"), comment)
        }
        ReplicaRequest::ChangeMembership { change, contexts, force } => {
            let method = if force { "force" } else { "change" };
            let (change, contexts) = (changed(change), named(&contexts));
            Line::new(format!("{method}({of}, MembershipChange::{change}, {contexts})"))
        }
        ReplicaRequest::CancelChange => Line::new(format!("cancel_change({of})")),
        ReplicaRequest::TransferLeadership { to } => Line::new(format!("transfer({of}, {to})")),
    }
}

/// The process of a node ends, and so many writes are lost.
pub(super) fn crash(node: NodeId, lost: usize) -> Line {
    let words = match lost {
        0 => "no write is lost".to_owned(),
        1 => "its last write is lost".to_owned(),
        _ => format!("its last {lost} writes are lost"),
    };
    Line::with(format!("crash({node}, {lost})"), words)
}

/// The line of a call whose last argument is a command.
pub(super) fn command(call: String, command: &[u8]) -> Line {
    let call = format!("{call}{})", literal(command));
    match Command::decode(command) {
        Ok(command) => Line::with(call, command.to_string().replace('\n', " ")),
        Err(_) => Line::new(call),
    }
}

fn changed(change: MembershipChange) -> String {
    match change {
        MembershipChange::AddLearner(node) => format!("AddLearner(NodeId({node}))"),
        MembershipChange::AddVoter(node) => format!("AddVoter(NodeId({node}))"),
        MembershipChange::Promote(node) => format!("Promote(NodeId({node}))"),
        MembershipChange::Demote(node) => format!("Demote(NodeId({node}))"),
        MembershipChange::Remove(node) => format!("Remove(NodeId({node}))"),
        MembershipChange::Replace { old, new } => {
            format!("Replace {{ old: NodeId({old}), new: NodeId({new}) }}")
        }
        MembershipChange::SetVoters(voters) => format!("SetVoters({}.to_vec())", ids(&voters)),
    }
}

/// A list of nodes.
pub(super) fn ids(nodes: &[NodeId]) -> String {
    let nodes: Vec<u64> = nodes.iter().map(|node| node.0).collect();
    format!("{nodes:?}.map(NodeId)")
}

fn named(contexts: &[(NodeId, Bytes)]) -> String {
    let each = contexts.iter().map(|(node, context)| format!("({node}, {})", literal(context)));
    format!("&[{}]", each.collect::<Vec<_>>().join(", "))
}

fn literal(bytes: &[u8]) -> String {
    match bytes.len() {
        long if long > MOST_LITERAL_BYTES => format!("&[0; {}]", number(long as u64)),
        _ => format!("b\"{}\"", bytes.escape_ascii()),
    }
}

/// A message in few words.
fn words(message: &Message) -> String {
    let words = format!("{}, term {}", message.name(), message.term);
    match &message.body {
        Body::AppendEntries(request) => match request.entries.len() {
            0 => words,
            1 => format!("{words}, 1 entry"),
            count => format!("{words}, {count} entries"),
        },
        Body::PreVoteReply(reply) => granted(words, reply.vote_granted),
        Body::RequestVoteReply(reply) => granted(words, reply.vote_granted),
        Body::PreVote(_)
        | Body::RequestVote(_)
        | Body::AppendEntriesReply(_)
        | Body::InstallSnapshot(_)
        | Body::InstallSnapshotReply(_)
        | Body::ReadIndex(_)
        | Body::ReadIndexReply(_)
        | Body::Forward(_)
        | Body::ForwardReply(_)
        | Body::TimeoutNow => words,
    }
}

fn granted(words: String, is_granted: bool) -> String {
    words + if is_granted { ", granted" } else { ", refused" }
}

/// A number, in groups of three digits.
pub(super) fn number(number: u64) -> String {
    grouped(&number.to_string(), 3)
}

/// A seed.
pub(super) fn hexadecimal(number: u64) -> String {
    format!("0x{}", grouped(&format!("{number:x}"), 4))
}

fn grouped(digits: &str, size: usize) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(size) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}
