//! Messages in few words, for the arrows.

use raft_core::{
    AppendEntries, AppendEntriesReply, Body, ForwardReply, InstallSnapshotReply, Message,
    ReadIndexReply, RequestVoteReply,
};

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
