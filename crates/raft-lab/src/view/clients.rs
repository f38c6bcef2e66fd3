//! The clients, and the answers they got.

use std::borrow::Cow;
use std::collections::BTreeMap;

use raft_core::NodeId;
use raft_kv::{ClientId, Key, Response, Sequence, Value};
use raft_sim::ReadPolicy;
use serde::{Deserialize, Serialize};

use super::entries::short;
use crate::{ClientAnswer, FailedAttempt};

/// A client.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClientView {
    /// The client's id.
    pub id: ClientId,
    /// The operation that it waits for, in words; `None` when idle.
    pub pending: Option<String>,
    /// The number of that operation in the client's session. The log has the same one.
    pub sequence: Option<Sequence>,
    /// How that operation is read, if it is a read.
    pub read: Option<ReadPolicy>,
    /// The node that the last request went to.
    pub target: Option<NodeId>,
    /// The number of requests sent for this operation.
    pub attempts: u32,
    /// The number of operations that wait for this one.
    pub queued: usize,
}

/// A client's answer: the value of `helios.exec`'s promise for an operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AnswerView {
    /// Whether the store carried out the operation. False: it refused, or the client gave up.
    pub ok: bool,
    /// The operation and its answer in words.
    pub words: String,
    /// The client.
    pub client: u64,
    /// `done`, `value`, `deleted`, `swapped`, `not_swapped`, `appended`, `list`, `failed` or
    /// `gave_up`.
    pub kind: Cow<'static, str>,
    /// For `value` and `not_swapped`: the key's value; `null` if it is absent.
    pub value: Option<String>,
    /// For `deleted`: whether the key existed.
    pub existed: Option<bool>,
    /// For `appended`: the value's new length, in bytes.
    pub length: Option<u64>,
    /// For `list`: the keys and their values.
    pub entries: Option<BTreeMap<String, String>>,
    /// The node that answered.
    pub node: Option<u64>,
    /// The number of requests that the client sent.
    pub attempts: u32,
    /// The redirects, in order.
    pub redirects: Vec<RedirectView>,
    /// The number of requests that no node answered in time.
    pub timeouts: usize,
    /// The time from the operation's start to its answer.
    pub took_micros: u64,
    /// The read policy: `log`, `quorum`, `lease` or `local`.
    pub read: String,
    /// Whether the answer may miss writes that were committed before the read began.
    pub may_be_stale: bool,
}

/// A node redirected a client.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RedirectView {
    /// That node.
    pub from: u64,
    /// The leader that it named; `null` if it knew none.
    pub to: Option<u64>,
}

impl From<&raft_sim::Client> for ClientView {
    fn from(client: &raft_sim::Client) -> Self {
        let pending = client.pending();
        let in_session = |sequence| client.session_for(sequence).1;
        Self {
            id: client.id(),
            pending: pending.map(|pending| short(pending.operation.to_string())),
            sequence: pending.map(|pending| in_session(pending.sequence)),
            read: pending.filter(|pending| pending.operation.is_read()).map(|p| p.read),
            target: pending.map(|pending| pending.target),
            attempts: pending.map_or(0, |pending| pending.attempts),
            queued: client.queued(),
        }
    }
}

impl From<&ClientAnswer> for AnswerView {
    fn from(answer: &ClientAnswer) -> Self {
        let response = answer.answer.as_ref().map(|(response, _)| response);
        let mut view = Self {
            ok: answer.is_ok(),
            words: answer.to_string(),
            client: answer.client.0,
            kind: "gave_up".into(),
            value: None,
            existed: None,
            length: None,
            entries: None,
            node: answer.answer.as_ref().map(|(_, node)| node.0),
            attempts: answer.attempts,
            redirects: answer.failed_attempts.iter().filter_map(redirect).collect(),
            timeouts: answer
                .failed_attempts
                .iter()
                .filter(|failed| matches!(failed, FailedAttempt::TimedOut(_)))
                .count(),
            took_micros: (answer.ended_at - answer.invoked_at).as_micros() as u64,
            read: answer.read.to_string(),
            may_be_stale: answer.read.may_be_stale(),
        };
        if let Some(response) = response {
            view.take(response);
        }
        view
    }
}

impl AnswerView {
    fn take(&mut self, response: &Response) {
        let kind = match response {
            Response::Done => "done",
            Response::Value(value) => {
                self.value = value.as_ref().map(Value::to_string);
                "value"
            }
            Response::Deleted { existed } => {
                self.existed = Some(*existed);
                "deleted"
            }
            Response::Swapped => "swapped",
            Response::NotSwapped { current } => {
                self.value = current.as_ref().map(Value::to_string);
                "not_swapped"
            }
            Response::Appended { length } => {
                self.length = Some(*length);
                "appended"
            }
            Response::List { entries, .. } => {
                let pairs = entries.iter().map(|(key, value)| text_of_pair((key, value)));
                self.entries = Some(pairs.collect());
                "list"
            }
            Response::Failed(_) => "failed",
        };
        self.kind = kind.into();
    }
}

fn redirect(failed: &FailedAttempt) -> Option<RedirectView> {
    let FailedAttempt::Redirected { from, to } = failed else { return None };
    Some(RedirectView { from: from.0, to: to.map(|node| node.0) })
}

fn text_of_pair((key, value): (&Key, &Value)) -> (String, String) {
    (key.to_string(), value.to_string())
}
