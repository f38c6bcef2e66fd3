//! Messages in words, with their fields under the paper's names.

use std::fmt;

use raft_core::{
    AppendEntriesReply, Body, ForwardReply, InstallSnapshotReply, Message, ReadIndexReply,
};

/// A message with its fields.
pub(super) struct MessageWords<'a>(pub(super) &'a Message);

impl fmt::Display for MessageWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} term={}", self.0.name(), self.0.term)?;
        match &self.0.body {
            Body::PreVote(request) => write!(f, " last_log={}", request.last_log()),
            Body::RequestVote(request) => {
                write!(f, " last_log={}", request.last_log())?;
                if request.leadership_transfer {
                    f.write_str(" leadership_transfer")
                } else {
                    Ok(())
                }
            }
            Body::PreVoteReply(reply) | Body::RequestVoteReply(reply) => {
                write!(f, " vote_granted={}", reply.vote_granted)
            }
            Body::AppendEntries(request) => {
                write!(f, " prev_log={} entries={}", request.prev_log(), request.entries.len())?;
                write!(f, " leader_commit={} round={}", request.leader_commit, request.round.0)
            }
            Body::AppendEntriesReply(reply) => write_append_reply(f, reply),
            Body::InstallSnapshot(request) => {
                write!(f, " last_included={}", request.last_included())?;
                write!(f, " offset={} bytes={}", request.offset, request.data.len())?;
                write!(f, " done={} piece={}", request.done, request.number.0)?;
                write!(f, " round={}", request.round.0)
            }
            Body::InstallSnapshotReply(reply) => write_snapshot_reply(f, reply),
            Body::ReadIndex(request) => f.write_str(if request.lease { " lease" } else { "" }),
            Body::ReadIndexReply(ReadIndexReply { result: Ok(index), .. }) => {
                write!(f, " index={index}")
            }
            Body::Forward(request) => write!(f, " bytes={}", request.command.len()),
            Body::ForwardReply(ForwardReply { result: Ok(position), .. }) => {
                write!(f, " position={position}")
            }
            Body::ReadIndexReply(ReadIndexReply { result: Err(refusal), .. })
            | Body::ForwardReply(ForwardReply { result: Err(refusal), .. }) => {
                write!(f, " refused: {refusal}")
            }
            Body::TimeoutNow => Ok(()),
        }
    }
}

fn write_append_reply(f: &mut fmt::Formatter<'_>, reply: &AppendEntriesReply) -> fmt::Result {
    match reply {
        AppendEntriesReply::Success { match_index, round } => {
            write!(f, " success match_index={match_index} round={}", round.0)
        }
        AppendEntriesReply::Failure { prev_log_index, hint, round } => {
            write!(f, " failure prev_log_index={prev_log_index} hint={hint} round={}", round.0)
        }
        AppendEntriesReply::Following { round } => write!(f, " following round={}", round.0),
    }
}

fn write_snapshot_reply(f: &mut fmt::Formatter<'_>, reply: &InstallSnapshotReply) -> fmt::Result {
    match reply {
        InstallSnapshotReply::Continue { next_offset, held, round, .. } => {
            write!(f, " next_offset={next_offset}")?;
            match held {
                Some(number) => write!(f, " piece={} is held", number.0)?,
                None => f.write_str(" the piece is not held")?,
            }
            write!(f, " round={}", round.0)
        }
        InstallSnapshotReply::Installed { match_index, round } => {
            write!(f, " installed match_index={match_index} round={}", round.0)
        }
    }
}
