//! Messages: the term, and the fields of the paper's Figures 2 and 13.

use std::fmt::Display;

use raft_core::{
    AppendEntries, AppendEntriesReply, Body, Forward, ForwardReply, InstallSnapshot,
    InstallSnapshotReply, Message, PreVote, ReadIndex, ReadIndexReply, RequestVote,
    RequestVoteReply,
};

use super::values::command;
use super::{Field, Form};
use crate::json::{JsonText, Members};

impl Field for Message {
    fn form() -> Form {
        Form::Object("message")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.object(|message| {
            message.text("type", self.name());
            message.field("term", &self.term);
            body(message, &self.body);
        });
    }
}

fn body(message: &mut Members<'_>, body: &Body) {
    match body {
        Body::PreVote(PreVote { last_log_index, last_log_term }) => {
            message.field("last_log_index", last_log_index);
            message.field("last_log_term", last_log_term);
        }
        Body::RequestVote(RequestVote { last_log_index, last_log_term, leadership_transfer }) => {
            message.field("last_log_index", last_log_index);
            message.field("last_log_term", last_log_term);
            message.field("leadership_transfer", leadership_transfer);
        }
        Body::PreVoteReply(RequestVoteReply { vote_granted })
        | Body::RequestVoteReply(RequestVoteReply { vote_granted }) => {
            message.field("vote_granted", vote_granted);
        }
        Body::AppendEntries(request) => append(message, request),
        Body::AppendEntriesReply(reply) => append_reply(message, reply),
        Body::InstallSnapshot(request) => install(message, request),
        Body::InstallSnapshotReply(reply) => install_reply(message, reply),
        Body::TimeoutNow => {}
        Body::ReadIndex(ReadIndex { id, lease }) => {
            message.field("request", &id.0);
            message.field("lease", lease);
        }
        Body::ReadIndexReply(ReadIndexReply { id, result }) => {
            message.field("request", &id.0);
            answer(message, "read_index", result);
        }
        Body::Forward(Forward { id, command: bytes }) => {
            message.field("request", &id.0);
            command(message, bytes);
        }
        Body::ForwardReply(ForwardReply { id, result }) => {
            message.field("request", &id.0);
            answer(message, "position", result);
        }
    }
}

/// What was asked for, or why not.
fn answer<T: Field, E: Display>(message: &mut Members<'_>, name: &str, result: &Result<T, E>) {
    match result {
        Ok(value) => message.field(name, value),
        Err(refusal) => message.text("refused", refusal),
    }
}

fn append(message: &mut Members<'_>, request: &AppendEntries) {
    let AppendEntries { prev_log_index, prev_log_term, entries, leader_commit, round } = request;
    message.field("prev_log_index", prev_log_index);
    message.field("prev_log_term", prev_log_term);
    message.field("entries", entries);
    message.field("leader_commit", leader_commit);
    message.field("round", round);
}

fn append_reply(message: &mut Members<'_>, reply: &AppendEntriesReply) {
    match reply {
        AppendEntriesReply::Success { match_index, round } => {
            message.text("result", "success");
            message.field("match_index", match_index);
            message.field("round", round);
        }
        AppendEntriesReply::Following { round } => {
            message.text("result", "following");
            message.field("round", round);
        }
        AppendEntriesReply::Failure { prev_log_index, hint, round } => {
            message.text("result", "failure");
            message.field("prev_log_index", prev_log_index);
            message.field("hint", hint);
            message.field("round", round);
        }
    }
}

/// The data itself is left out: a trace has the commands that made it.
fn install(message: &mut Members<'_>, request: &InstallSnapshot) {
    let InstallSnapshot {
        last_included_index,
        last_included_term,
        membership,
        offset,
        data,
        done,
        number,
        round,
    } = request;
    message.field("last_included_index", last_included_index);
    message.field("last_included_term", last_included_term);
    message.field("membership", membership);
    message.field("offset", offset);
    message.field("bytes", &data.len());
    message.field("done", done);
    message.field("piece", &number.0);
    message.field("round", round);
}

fn install_reply(message: &mut Members<'_>, reply: &InstallSnapshotReply) {
    match reply {
        InstallSnapshotReply::Continue { last_included_index, next_offset, held, round } => {
            message.text("result", "continue");
            message.field("last_included_index", last_included_index);
            message.field("next_offset", next_offset);
            message.field("piece", &held.map(|piece| piece.0));
            message.field("round", round);
        }
        InstallSnapshotReply::Installed { match_index, round } => {
            message.text("result", "installed");
            message.field("match_index", match_index);
            message.field("round", round);
        }
    }
}
