//! Messages in words, with their fields under the paper's names.

use std::fmt;

use crate::Mention;
use raft_core::{
    AppendEntriesReply, Bare, Body, ForwardReply, InstallSnapshotReply, Message, Plain,
    ReadIndexReply, Say, Speaker, say,
};

/// A message with its fields.
pub(super) struct MessageWords<'a>(pub(super) &'a Message);

impl Say<Mention> for MessageWords<'_> {
    fn say(&self, out: &mut dyn Speaker<Mention>) -> fmt::Result {
        say!(out; Plain(self.0.name()), " term=", Bare(self.0.term))?;
        match &self.0.body {
            Body::PreVote(request) => say!(out; " last_log=", Bare(request.last_log())),
            Body::RequestVote(request) => {
                say!(out; " last_log=", Bare(request.last_log()))?;
                if request.leadership_transfer { say!(out; " leadership_transfer") } else { Ok(()) }
            }
            Body::PreVoteReply(reply) | Body::RequestVoteReply(reply) => {
                say!(out; " vote_granted=", Plain(reply.vote_granted))
            }
            Body::AppendEntries(request) => {
                say!(
                    out; " prev_log=", Bare(request.prev_log()), " entries=",
                    request.entries.len()
                )?;
                say!(
                    out; " leader_commit=", Bare(request.leader_commit), " round=",
                    request.round.0
                )
            }
            Body::AppendEntriesReply(reply) => write_append_reply(out, reply),
            Body::InstallSnapshot(request) => {
                say!(out; " last_included=", Bare(request.last_included()))?;
                say!(out; " offset=", request.offset, " bytes=", request.data.len())?;
                say!(out; " done=", Plain(request.done), " piece=", request.number.0)?;
                say!(out; " round=", request.round.0)
            }
            Body::InstallSnapshotReply(reply) => write_snapshot_reply(out, reply),
            Body::ReadIndex(request) => say!(out; if request.lease { " lease" } else { "" }),
            Body::ReadIndexReply(ReadIndexReply { result: Ok(index), .. }) => {
                say!(out; " index=", Bare(index))
            }
            Body::Forward(request) => say!(out; " bytes=", request.command.len()),
            Body::ForwardReply(ForwardReply { result: Ok(position), .. }) => {
                say!(out; " position=", Bare(position))
            }
            Body::ReadIndexReply(ReadIndexReply { result: Err(refusal), .. })
            | Body::ForwardReply(ForwardReply { result: Err(refusal), .. }) => {
                say!(out; " refused: ", refusal)
            }
            Body::TimeoutNow => Ok(()),
        }
    }
}

fn write_append_reply(out: &mut dyn Speaker<Mention>, reply: &AppendEntriesReply) -> fmt::Result {
    match reply {
        AppendEntriesReply::Success { match_index, round } => {
            say!(out; " success match_index=", Bare(match_index), " round=", round.0)
        }
        AppendEntriesReply::Failure { prev_log_index, hint, round } => {
            say!(
                out; " failure prev_log_index=", Bare(prev_log_index), " hint=", Bare(hint),
                " round=", round.0
            )
        }
        AppendEntriesReply::Following { round } => say!(out; " following round=", round.0),
    }
}

fn write_snapshot_reply(
    out: &mut dyn Speaker<Mention>,
    reply: &InstallSnapshotReply,
) -> fmt::Result {
    match reply {
        InstallSnapshotReply::Continue { next_offset, held, round, .. } => {
            say!(out; " next_offset=", next_offset)?;
            match held {
                Some(number) => say!(out; " piece=", number.0, " is held")?,
                None => say!(out; " the piece is not held")?,
            }
            say!(out; " round=", round.0)
        }
        InstallSnapshotReply::Installed { match_index, round } => {
            say!(out; " installed match_index=", Bare(match_index), " round=", round.0)
        }
    }
}
