//! The values that are objects: entries, memberships, operations, answers, writes of a disk.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use raft_core::{
    Bytes, ChangeError, Entries, Entry, HardState, LogPosition, Membership, MembershipChange,
    NodeId, Outcome, Payload, Tally, VoterSet,
};
use raft_kv::{Command, Operation, Response};
use raft_sim::{AdminRequest, DiskDamage};
use raft_storage::{RecordBytes, RecordContent, RecordKey, SnapshotMark, Write, WriteBatch};

use super::{Field, Form};
use crate::json::{JsonText, Members};

impl Field for LogPosition {
    fn form() -> Form {
        Form::Object("position")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        let Self { index, term } = self;
        out.object(|position| {
            position.field("index", index);
            position.field("term", term);
        });
    }
}

impl Field for Tally {
    fn form() -> Form {
        Form::Object("tally")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        let Self { count, needed, set } = self;
        out.object(|tally| {
            tally.field("count", count);
            tally.field("needed", needed);
            tally.text(
                "set",
                match set {
                    VoterSet::All => "all",
                    VoterSet::Incoming => "incoming",
                    VoterSet::Outgoing => "outgoing",
                },
            );
        });
    }
}

impl Field for Membership {
    fn form() -> Form {
        Form::Object("membership")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.object(|membership| {
            membership.member("voters", |out| out.list(self.voters()));
            membership.member("outgoing", |out| out.list(self.outgoing()));
            membership.member("learners", |out| out.list(self.learners()));
            let contexts: Vec<_> = self.contexts().map(|(node, it)| Context(node, it)).collect();
            membership.field("contexts", &contexts);
        });
    }
}

/// What a member's driver needs to know, such as its address.
struct Context<'a>(NodeId, &'a Bytes);

impl Field for Context<'_> {
    fn form() -> Form {
        Form::Object("context")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.object(|context| {
            context.field("node", &self.0);
            context.text("base64", &STANDARD.encode(&**self.1));
        });
    }
}

/// A change of the membership, in words.
impl Field for MembershipChange {
    fn form() -> Form {
        Form::Words
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.text(self);
    }
}

impl Field for AdminRequest {
    fn form() -> Form {
        Form::Words
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.text(self);
    }
}

impl Field for ChangeError {
    fn form() -> Form {
        Form::Words
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.text(self);
    }
}

impl Field for Entry {
    fn form() -> Form {
        Form::Object("entry")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        let Self { index, term, payload } = self;
        out.object(|entry| {
            entry.field("index", index);
            entry.field("term", term);
            match payload {
                Payload::Noop => entry.text("payload", "noop"),
                Payload::Command(bytes) => {
                    entry.text("payload", "command");
                    command(entry, bytes);
                }
                Payload::Membership(membership) => {
                    entry.text("payload", "membership");
                    entry.field("membership", membership);
                }
            }
        });
    }
}

/// A command of the key-value store, or the bytes of anything else.
pub(super) fn command(members: &mut Members<'_>, bytes: &Bytes) {
    match Command::decode(bytes) {
        Ok(command) => members.field("command", &command),
        Err(_) => members.text("base64", &STANDARD.encode(&**bytes)),
    }
}

impl Field for Command {
    fn form() -> Form {
        Form::Object("command")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        let Self { client, sequence, operation } = self;
        out.object(|command| {
            command.field("client", client);
            command.field("sequence", sequence);
            command.field("operation", operation);
        });
    }
}

impl Field for Entries {
    fn form() -> Form {
        Form::List(Box::new(Entry::form()))
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.list(self.iter());
    }
}

impl Field for Operation {
    fn form() -> Form {
        Form::Object("operation")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.object(|operation| match self {
            Self::Set { key, value } => {
                operation.text("do", "set");
                operation.text("key", key);
                operation.text("value", value);
            }
            Self::Get { key } => {
                operation.text("do", "get");
                operation.text("key", key);
            }
            Self::Delete { key } => {
                operation.text("do", "delete");
                operation.text("key", key);
            }
            Self::Cas { key, expect, value } => {
                operation.text("do", "cas");
                operation.text("key", key);
                nullable(operation, "expect", expect.as_ref());
                operation.text("value", value);
            }
            Self::Append { key, value } => {
                operation.text("do", "append");
                operation.text("key", key);
                operation.text("value", value);
            }
            Self::List { prefix } => {
                operation.text("do", "list");
                operation.text("key", prefix);
            }
        });
    }
}

/// A key or a value, which may be missing.
fn nullable(members: &mut Members<'_>, name: &str, value: Option<&raft_kv::Value>) {
    members.member(name, |out| match value {
        Some(value) => out.text(value),
        None => out.bare("null"),
    });
}

impl Field for Response {
    fn form() -> Form {
        Form::Object("response")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.object(|response| match self {
            Self::Done => response.text("result", "done"),
            Self::Value(value) => {
                response.text("result", "value");
                nullable(response, "value", value.as_ref());
            }
            Self::Deleted { existed } => {
                response.text("result", "deleted");
                response.field("existed", existed);
            }
            Self::Swapped => response.text("result", "swapped"),
            Self::NotSwapped { current } => {
                response.text("result", "not_swapped");
                nullable(response, "value", current.as_ref());
            }
            Self::Appended { length } => {
                response.text("result", "appended");
                response.field("length", length);
            }
            Self::List { entries, truncated } => {
                response.text("result", "list");
                let pairs: Vec<Pair<'_>> = entries.iter().map(|(k, v)| Pair(k, v)).collect();
                response.field("pairs", &pairs);
                response.field("truncated", truncated);
            }
            Self::Failed(error) => {
                response.text("result", "failed");
                response.text("reason", error);
            }
        });
    }
}

/// A key with its value.
struct Pair<'a>(&'a raft_kv::Key, &'a raft_kv::Value);

impl Field for Pair<'_> {
    fn form() -> Form {
        Form::Object("pair")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.object(|pair| {
            pair.text("key", self.0);
            pair.text("value", self.1);
        });
    }
}

impl Field for Outcome {
    fn form() -> Form {
        Form::Object("outcome")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.object(|outcome| match self {
            Self::Committed(position) => {
                outcome.text("result", "committed");
                outcome.field("position", position);
            }
            Self::Readable { index } => {
                outcome.text("result", "readable");
                outcome.field("index", index);
            }
            Self::Transferred { to } => {
                outcome.text("result", "transferred");
                outcome.field("to", to);
            }
            Self::Cancelled => outcome.text("result", "cancelled"),
            Self::NotLeader { leader } => {
                outcome.text("result", "not_leader");
                outcome.field("leader", leader);
            }
            Self::Refused(refusal) => {
                outcome.text("result", "refused");
                outcome.field("reason", refusal);
            }
            Self::Superseded { position } => {
                outcome.text("result", "superseded");
                outcome.field("position", position);
            }
            Self::Unknown { position } => {
                outcome.text("result", "unknown");
                outcome.field("position", position);
            }
        });
    }
}

impl Field for DiskDamage {
    fn form() -> Form {
        Form::Code(&["corrupt", "zero", "misdirect", "wipe", "restore"])
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.text(match self {
            Self::Corrupt { record: _ } => "corrupt",
            Self::Zero { record: _ } => "zero",
            Self::Misdirect { keys: _ } => "misdirect",
            Self::Wipe => "wipe",
            Self::Restore => "restore",
        });
    }
}

impl Field for WriteBatch {
    fn form() -> Form {
        Form::List(Box::new(Write::form()))
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.list(&self.writes);
    }
}

impl Field for Write {
    fn form() -> Form {
        Form::Object("change")
    }

    fn write(&self, out: &mut JsonText<'_>) {
        out.object(|change| match self {
            Self::Put { key, record } => put(change, *key, record),
            Self::DeleteEntries { from, through } => {
                change.text("do", "delete_entries");
                change.field("from", from);
                // All from `from` on.
                let through = (through.0 < u64::MAX).then_some(*through);
                change.field("through", &through);
            }
            Self::DeleteFiles => change.text("do", "delete_files"),
            Self::Delete { key } => {
                change.text("do", "delete");
                change.text("record", key);
                if let RecordKey::Entry(index) = key {
                    change.field("index", index);
                }
            }
        });
    }
}

/// A record that is stored, with its content if it is whole.
pub(crate) fn put(change: &mut Members<'_>, key: RecordKey, record: &RecordBytes) {
    change.text("do", "put");
    change.text("record", &key);
    let Ok(content) = RecordContent::read(key, record) else {
        return change.field("damaged", &true);
    };
    match content {
        RecordContent::HardState(HardState { current_term, voted_for }) => {
            change.field("term", &current_term);
            change.field("voted_for", &voted_for);
        }
        RecordContent::SnapshotMark(SnapshotMark { last_included, log_start }) => {
            change.field("last_included", &last_included);
            change.field("log_start", &log_start);
        }
        RecordContent::LogEnd { last_index, last_term: _, commit_index } => {
            change.field("last_index", &last_index);
            change.field("commit_index", &commit_index);
        }
        RecordContent::Snapshot(snapshot) => {
            change.field("last_included", &snapshot.position());
            change.field("membership", &snapshot.membership);
        }
        RecordContent::Entry(entry) => change.field("entry", &entry),
        RecordContent::InUse => {}
        RecordContent::Members(membership) => change.field("membership", &membership),
        RecordContent::File { bytes } => change.field("bytes", &bytes),
    }
}
