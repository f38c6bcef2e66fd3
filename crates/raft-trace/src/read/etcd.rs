//! The state trace of etcd's raft (a build with the tag `with_tla`): zap's JSON, one object a line.
//! The object `event` has the node, its state, its role and the length of its log, and a message
//! that it sends or receives. Entries are counted there and not told.

use std::collections::{BTreeMap, VecDeque};

use raft_core::{NodeId, RoleKind};
use serde_json::Value;

use super::value::{Object, parse};
use super::{Draft, TraceError, error, numbered};
use crate::model::{Fact, TraceMessage, TraceStep};

pub(super) fn read(text: &[u8], draft: &mut Draft) -> Result<(), TraceError> {
    let mut reader = Reader::default();
    for line in numbered(text) {
        let (line, text) = line?;
        let value = parse(line, text)?;
        let object = Object::of(line, &value, "line")?;
        match object.get("event") {
            Some(event) => {
                let event = Object::of(line, event, "event")?;
                let at_us = reader.time(object.get("ts"));
                let step = reader.event(event, at_us, draft)?;
                draft.push(step)?;
            }
            None => draft.run.passed_over += 1,
        }
    }
    Ok(())
}

#[derive(Default)]
struct Reader {
    /// The time of the first event, in seconds.
    first: Option<f64>,
    /// Messages that were sent: by their content, their numbers and those of their events.
    sent: BTreeMap<String, VecDeque<(u64, u64)>>,
    messages: u64,
}

impl Reader {
    /// Microseconds since the first event.
    fn time(&mut self, seconds: Option<&Value>) -> Option<u64> {
        let now = seconds?.as_f64()?;
        let first = *self.first.get_or_insert(now);
        // A conversion of a float saturates: no time is too large.
        Some(((now - first) * 1e6) as u64)
    }

    fn event(
        &mut self,
        event: Object<'_>,
        at_us: Option<u64>,
        draft: &mut Draft,
    ) -> Result<TraceStep, TraceError> {
        let name = event.text("name")?;
        let node = draft.node(event.line, event.number_in_text("nid")?)?;
        let number = draft.run.steps.len() as u64 + 1;
        let mut facts = Vec::new();
        if name == "InitState" {
            facts.push(Fact::Started);
        }
        state(event, &mut facts)?;
        let mut text = format!("node {node}: {name}");
        let mut cause = None;
        if event.get("msg").is_some() {
            let message = event.object("msg")?;
            let (kind, from) = (message.text("type")?, message.number_in_text("from")?);
            let to = message.number_in_text("to")?;
            text.push_str(&format!(" {kind} {from} -> {to}, term {}", message.number("term")?));
            cause = self.message(name, message, number, &mut facts)?;
        }
        let kind = name.to_owned();
        Ok(TraceStep {
            line: event.line,
            number,
            at_us,
            node: Some(node),
            kind,
            cause,
            text,
            facts,
        })
    }

    /// A message that is sent or received; the event that sent it.
    fn message(
        &mut self,
        name: &str,
        message: Object<'_>,
        number: u64,
        facts: &mut Vec<Fact>,
    ) -> Result<Option<u64>, TraceError> {
        let kind = message.text("type")?;
        let (from, to) = (message.text("from")?, message.number_in_text("to")?);
        let (term, index) = (message.term("term")?, message.index("index")?);
        let rejects = message.flag("reject")?;
        let content = format!(
            "{kind} {from} {to} {term} {index} {} {} {} {rejects}",
            message.number("entries")?,
            message.number("logTerm")?,
            message.number("commit")?
        );
        if name.starts_with("Receive") {
            let sent = self.sent.get_mut(&content).and_then(VecDeque::pop_front);
            facts.extend(sent.map(|(id, _)| Fact::Arrived(id)));
            return Ok(sent.map(|(_, event)| event));
        }
        self.messages += 1;
        self.sent.entry(content).or_default().push_back((self.messages, number));
        let (id, to, name) = (self.messages, NodeId(to), kind.to_owned());
        facts.push(Fact::Sent(TraceMessage { id, to, name, term: Some(term) }));
        match kind {
            "MsgVoteResp" if !rejects => facts.push(Fact::Voted { term, candidate: to }),
            "MsgAppResp" if !rejects => {
                facts.push(Fact::Acknowledged { leader: to, term, match_index: index });
            }
            _ => {}
        }
        Ok(None)
    }
}

fn state(event: Object<'_>, facts: &mut Vec<Fact>) -> Result<(), TraceError> {
    let state = event.object("state")?;
    let role = match event.text("role")? {
        "StateFollower" => RoleKind::Follower,
        "StatePreCandidate" => RoleKind::PreCandidate,
        "StateCandidate" => RoleKind::Candidate,
        "StateLeader" => RoleKind::Leader,
        other => return Err(error(event.line, format!("`role` is {other:?}, which is no role"))),
    };
    let vote = state.number_in_text("vote")?;
    facts.push(Fact::Term(state.term("term")?));
    facts.push(Fact::Vote((vote > 0).then_some(NodeId(vote))));
    facts.push(Fact::Role(role));
    facts.push(Fact::LogLength(event.index("log")?));
    facts.push(Fact::Commit(state.index("commit")?));
    Ok(())
}
