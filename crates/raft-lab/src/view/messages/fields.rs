//! A message's fields under the paper's names.

use raft_core::{
    AppendEntriesReply, Body, Entry, HeartbeatRound, InstallSnapshotReply, LogPosition, Message,
    Refusal,
};

use super::super::EntryView;

type Fields = Vec<(&'static str, String)>;

/// The fields in the paper's order, then those that the paper does not have.
pub(super) fn message_fields(message: &Message) -> Fields {
    let mut fields = vec![("term", message.term.to_string())];
    fields.extend(body(&message.body));
    fields
}

fn body(body: &Body) -> Fields {
    match body {
        Body::PreVote(request) => {
            let mut fields = last_log(request.last_log());
            fields.push(("asks for", "a pre-vote for the next term".to_owned()));
            fields
        }
        Body::RequestVote(request) => {
            let mut fields = last_log(request.last_log());
            if request.leadership_transfer {
                fields.push((
                    "leadership_transfer",
                    "true: the leader transfers leadership".to_owned(),
                ));
            }
            fields
        }
        Body::PreVoteReply(reply) | Body::RequestVoteReply(reply) => {
            vec![("vote_granted", reply.vote_granted.to_string())]
        }
        Body::AppendEntries(request) => vec![
            ("prev_log_index", request.prev_log_index.to_string()),
            ("prev_log_term", request.prev_log_term.to_string()),
            ("entries", entries(&request.entries)),
            ("leader_commit", request.leader_commit.to_string()),
            round(request.round),
        ],
        Body::AppendEntriesReply(reply) => append_reply(*reply),
        Body::InstallSnapshot(request) => vec![
            ("last_included_index", request.last_included_index.to_string()),
            ("last_included_term", request.last_included_term.to_string()),
            ("membership", request.membership.to_string()),
            ("offset", request.offset.to_string()),
            ("data", format!("{} bytes", request.data.len())),
            ("done", request.done.to_string()),
            ("piece", request.number.0.to_string()),
            round(request.round),
        ],
        Body::InstallSnapshotReply(reply) => snapshot_reply(*reply),
        Body::ReadIndex(request) => vec![
            ("read", request.id.0.to_string()),
            ("lease", if request.lease { "is enough" } else { "is not enough" }.to_owned()),
        ],
        Body::ReadIndexReply(reply) => {
            vec![("read", reply.id.0.to_string()), result("read_index", &reply.result)]
        }
        Body::Forward(request) => vec![
            ("command", request.id.0.to_string()),
            ("data", format!("{} bytes", request.command.len())),
        ],
        Body::ForwardReply(reply) => {
            vec![("command", reply.id.0.to_string()), result("appended at", &reply.result)]
        }
        Body::TimeoutNow => Vec::new(),
    }
}

fn last_log(position: LogPosition) -> Fields {
    vec![
        ("last_log_index", position.index.to_string()),
        ("last_log_term", position.term.to_string()),
    ]
}

fn append_reply(reply: AppendEntriesReply) -> Fields {
    match reply {
        AppendEntriesReply::Success { match_index, round: of } => vec![
            ("success", "true".to_owned()),
            ("match_index", match_index.to_string()),
            round(of),
        ],
        AppendEntriesReply::Failure { prev_log_index, hint, round: of } => vec![
            ("success", "false".to_owned()),
            ("prev_log_index", prev_log_index.to_string()),
            ("hint", hint.to_string()),
            round(of),
        ],
        AppendEntriesReply::Following { round: of } => {
            vec![("success", "not yet: the write is not on disk".to_owned()), round(of)]
        }
    }
}

fn snapshot_reply(reply: InstallSnapshotReply) -> Fields {
    match reply {
        InstallSnapshotReply::Continue { last_included_index, next_offset, held, round: of } => {
            vec![
                ("last_included_index", last_included_index.to_string()),
                ("next_offset", next_offset.to_string()),
                ("piece held", held.map_or("no".to_owned(), |piece| piece.0.to_string())),
                round(of),
            ]
        }
        InstallSnapshotReply::Installed { match_index, round: of } => {
            vec![("match_index", match_index.to_string()), round(of)]
        }
    }
}

fn round(round: HeartbeatRound) -> (&'static str, String) {
    ("round", round.0.to_string())
}

fn result<T: ToString>(name: &'static str, result: &Result<T, Refusal>) -> (&'static str, String) {
    match result {
        Ok(value) => (name, value.to_string()),
        Err(refusal) => ("refused", refusal.to_string()),
    }
}

fn entries(entries: &[Entry]) -> String {
    match entries {
        [] => "none: a heartbeat".to_owned(),
        [entry] => format!("{} ({})", entry.position(), EntryView::from(entry).words),
        [first, .., last] => {
            format!("{} entries, {} to {}", entries.len(), first.position(), last.position())
        }
    }
}

#[cfg(test)]
mod tests;
