//! Messages in few words, for the arrows.

use raft_core::{
    AppendEntries, AppendEntriesReply, Body, ForwardReply, InstallSnapshotReply, Message,
    ReadIndexReply, RequestVoteReply,
};

/// What a message says in the fewest words, for a picture that shows the rest by its colours:
/// `entry 4`, `has 4`.
pub(crate) fn short_message_label(message: &Message) -> String {
    match &message.body {
        Body::PreVote(_) => "pre-vote?".to_owned(),
        Body::RequestVote(_) => "vote?".to_owned(),
        Body::PreVoteReply(reply) | Body::RequestVoteReply(reply) => {
            if reply.vote_granted { "granted" } else { "refused" }.to_owned()
        }
        Body::AppendEntries(request) => match (request.entries.first(), request.entries.last()) {
            (Some(first), Some(last)) if first.index < last.index => {
                format!("entries {} to {}", first.index, last.index)
            }
            (Some(entry), _) => format!("entry {}", entry.index),
            (None, _) => "heartbeat".to_owned(),
        },
        Body::AppendEntriesReply(reply) => match reply {
            AppendEntriesReply::Success { match_index, .. } => format!("has {match_index}"),
            AppendEntriesReply::Following { .. } => "follows".to_owned(),
            AppendEntriesReply::Failure { .. } => "refused".to_owned(),
        },
        Body::InstallSnapshot(piece) => format!("snapshot {}", piece.last_included().index),
        Body::InstallSnapshotReply(reply) => match reply {
            InstallSnapshotReply::Continue { next_offset, .. } => {
                format!("has {next_offset} bytes")
            }
            InstallSnapshotReply::Installed { match_index, .. } => format!("has {match_index}"),
        },
        Body::TimeoutNow => "time out now".to_owned(),
        Body::ReadIndex(_) => "read index?".to_owned(),
        Body::ReadIndexReply(ReadIndexReply { result, .. }) => match result {
            Ok(index) => format!("read index {index}"),
            Err(_) => "refused".to_owned(),
        },
        Body::Forward(_) => "forwarded".to_owned(),
        Body::ForwardReply(ForwardReply { result, .. }) => match result {
            Ok(position) => format!("at {position}"),
            Err(_) => "refused".to_owned(),
        },
    }
}

/// A message in few words: `AppendEntries term 2, 1 entry after 3@1, commit 3`.
pub fn message_label(message: &Message) -> String {
    format!("{} term {}{}", message.name(), message.term, details(&message.body))
}

fn details(body: &Body) -> String {
    match body {
        Body::PreVote(request) => format!(", log to {}", request.last_log()),
        Body::RequestVote(request) => format!(", log to {}", request.last_log()),
        Body::PreVoteReply(RequestVoteReply { vote_granted })
        | Body::RequestVoteReply(RequestVoteReply { vote_granted }) => {
            if *vote_granted { ", granted" } else { ", refused" }.to_owned()
        }
        Body::AppendEntries(request) => append(request),
        Body::AppendEntriesReply(reply) => match reply {
            AppendEntriesReply::Success { match_index, .. } => format!(", match {match_index}"),
            AppendEntriesReply::Following { .. } => ", following".to_owned(),
            AppendEntriesReply::Failure { hint, .. } => format!(", failure, hint {hint}"),
        },
        Body::InstallSnapshot(piece) => {
            let until = piece.offset + piece.data.len() as u64;
            format!(", through {}, bytes {} to {until}", piece.last_included(), piece.offset)
        }
        Body::InstallSnapshotReply(reply) => match reply {
            InstallSnapshotReply::Continue { next_offset, .. } => format!(", has {next_offset}"),
            InstallSnapshotReply::Installed { match_index, .. } => {
                format!(", installed, match {match_index}")
            }
        },
        Body::TimeoutNow | Body::ReadIndex(_) => String::new(),
        Body::ReadIndexReply(ReadIndexReply { result, .. }) => match result {
            Ok(index) => format!(", index {index}"),
            Err(refusal) => format!(", refused: {refusal}"),
        },
        Body::Forward(request) => format!(", {} bytes", request.command.len()),
        Body::ForwardReply(ForwardReply { result, .. }) => match result {
            Ok(position) => format!(", at {position}"),
            Err(refusal) => format!(", refused: {refusal}"),
        },
    }
}

fn append(request: &AppendEntries) -> String {
    let commit = request.leader_commit;
    match request.entries.len() {
        0 => format!(", heartbeat, commit {commit}"),
        1 => format!(", 1 entry after {}, commit {commit}", request.prev_log()),
        more => format!(", {more} entries after {}, commit {commit}", request.prev_log()),
    }
}
