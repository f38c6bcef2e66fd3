//! Short words for what the picture shows.

use raft_core::RoleKind;
use raft_core::{AppendEntriesReply, Body, Entry, InstallSnapshotReply, Instant, Message, Payload};
use raft_kv::{Command, Operation};
use raft_sim::{DelayRange, NodeState};

/// The letter on a node's badge.
pub(crate) fn role_letter(role: RoleKind) -> &'static str {
    match role {
        RoleKind::Leader => "L",
        RoleKind::Candidate => "C",
        _ => "F",
    }
}

/// A node's state as one word, for attributes.
pub(crate) fn state_word(state: NodeState) -> &'static str {
    match state {
        NodeState::Running => "running",
        NodeState::Paused => "paused",
        NodeState::Crashed => "crashed",
        NodeState::Refused => "refused",
    }
}

/// Milliseconds with groups of thousands and one digit after the point: `12 345.6`.
pub(crate) fn milliseconds(at: Instant) -> String {
    let tenths = at.0 / 100;
    let whole = (tenths / 10).to_string();
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{}", tenths % 10)
}

/// A delay in milliseconds: `5–15 ms`.
pub(crate) fn delay(range: DelayRange) -> String {
    let figure = |duration: std::time::Duration| {
        let micros = duration.as_micros();
        if micros.is_multiple_of(1000) {
            format!("{}", micros / 1000)
        } else {
            format!("{:.1}", micros as f64 / 1000.0)
        }
    };
    if range.min == range.max {
        return format!("{} ms", figure(range.min));
    }
    format!("{}–{} ms", figure(range.min), figure(range.max))
}

/// What an entry says, short enough for a cell: `x=1`, `no-op`.
pub(crate) fn entry_words(entry: &Entry) -> String {
    let Payload::Command(bytes) = &entry.payload else {
        return "no-op".to_owned();
    };
    match Command::decode(bytes) {
        Ok(Command { operation, .. }) => operation_words(&operation),
        Err(_) => format!("{} bytes", bytes.len()),
    }
}

fn operation_words(operation: &Operation) -> String {
    match operation {
        Operation::Set { key, value } => format!("{key}={value}"),
        Operation::Delete { key } => format!("−{key}"),
        Operation::Append { key, value } => format!("{key}+={value}"),
        Operation::Cas { key, value, .. } => format!("{key}?={value}"),
        other => other.to_string(),
    }
}

/// A message's fields under the paper's names, in its order.
pub(crate) fn message_fields(message: &Message) -> Vec<(&'static str, String)> {
    let mut fields = vec![("term", message.term.to_string())];
    match &message.body {
        Body::RequestVote(request) => {
            fields.push(("last_log_index", request.last_log_index.to_string()));
            fields.push(("last_log_term", request.last_log_term.to_string()));
        }
        Body::RequestVoteReply(reply) => {
            fields.push(("vote_granted", reply.vote_granted.to_string()));
        }
        Body::AppendEntries(request) => {
            fields.push(("prev_log_index", request.prev_log_index.to_string()));
            fields.push(("prev_log_term", request.prev_log_term.to_string()));
            fields.push(("entries", entries_words(&request.entries)));
            fields.push(("leader_commit", request.leader_commit.to_string()));
        }
        Body::AppendEntriesReply(AppendEntriesReply::Success { match_index }) => {
            fields.push(("success", "true".to_owned()));
            fields.push(("match_index", match_index.to_string()));
        }
        Body::AppendEntriesReply(AppendEntriesReply::Failure { prev_log_index, hint }) => {
            fields.push(("success", "false".to_owned()));
            fields.push(("prev_log_index", prev_log_index.to_string()));
            fields.push(("hint", hint.to_string()));
        }
        Body::InstallSnapshot(request) => {
            fields.push(("last_included_index", request.last_included_index.to_string()));
            fields.push(("last_included_term", request.last_included_term.to_string()));
            fields.push(("offset", request.offset.to_string()));
            fields.push(("data", format!("{} bytes", request.data.len())));
            fields.push(("done", request.done.to_string()));
        }
        Body::InstallSnapshotReply(InstallSnapshotReply::Continue { next_offset, .. }) => {
            fields.push(("next_offset", next_offset.to_string()));
        }
        Body::InstallSnapshotReply(InstallSnapshotReply::Installed { match_index }) => {
            fields.push(("match_index", match_index.to_string()));
        }
        _ => {}
    }
    fields
}

fn entries_words(entries: &[Entry]) -> String {
    match entries {
        [] => "none: a heartbeat".to_owned(),
        [entry] => format!("{} ({})", entry.position(), entry_words(entry)),
        [first, .., last] => {
            format!("{} entries, {} to {}", entries.len(), first.position(), last.position())
        }
    }
}

/// `1 entry`, `2 entries`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests;
