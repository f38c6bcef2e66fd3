//! Messages of a trace as those of the specification.

use raft_core::NodeId;
use tla_checker::ast::Value;

use crate::fields::{BadField, Fields};
use crate::values::{number, record, server, text};

/// A message of `helios-trace`. Of a snapshot the trace has only the end: `entries` are those of its
/// sender's log up to there.
pub(crate) fn message(
    (from, to): (NodeId, NodeId),
    said: Fields<'_>,
    entries: impl Fn(u64) -> Value,
) -> Result<Value, BadField> {
    let name = said.text("type")?;
    let [kind, from, to, term] = [
        ("type", text(name)),
        ("from", server(from)),
        ("to", server(to)),
        ("term", said.number("term")?),
    ];
    Ok(match name {
        "RequestVote" | "PreVote" => record([
            kind,
            from,
            to,
            term,
            ("lastLogIndex", said.number("last_log_index")?),
            ("lastLogTerm", said.number("last_log_term")?),
        ]),
        "RequestVoteReply" | "PreVoteReply" => {
            record([kind, from, to, term, ("voteGranted", Value::Bool(said.flag("vote_granted")?))])
        }
        "AppendEntries" => record([
            kind,
            from,
            to,
            term,
            ("prevLogIndex", said.number("prev_log_index")?),
            ("prevLogTerm", said.number("prev_log_term")?),
            ("entries", said.entries("entries", said.whole("prev_log_index")?)?),
            ("leaderCommit", said.number("leader_commit")?),
        ]),
        "AppendEntriesReply" | "InstallSnapshotReply" => {
            let is_success = said.get("match_index").is_some();
            let match_index = if is_success { said.number("match_index")? } else { number(0) };
            record([
                kind,
                from,
                to,
                term,
                ("success", Value::Bool(is_success)),
                ("matchIndex", match_index),
            ])
        }
        "InstallSnapshot" => record([
            kind,
            from,
            to,
            term,
            ("lastIncludedIndex", said.number("last_included_index")?),
            ("lastIncludedTerm", said.number("last_included_term")?),
            ("membership", said.membership("membership")?),
            ("entries", entries(said.whole("last_included_index")?)),
        ]),
        _ => record([kind, from, to, term]),
    })
}
