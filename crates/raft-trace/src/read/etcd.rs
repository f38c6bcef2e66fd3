//! The state trace of etcd's raft (a build with the tag `with_tla`): zap's JSON, one object a line.
//! The object `event` has the node, its state, its role and the length of its log, and a message
//! that it sends or receives. Entries are counted there and not told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use raft_core::{NodeId, RoleKind};
use serde_json::Value;

use super::value::{Object, parse};
use super::{Draft, MAX_NUMBER, TraceError, error, numbered};
use crate::model::{Fact, TraceMessage, TraceStep};

pub(super) fn read(text: &[u8], draft: &mut Draft) -> Result<(), TraceError> {
    let mut reader = Reader::default();
    for line in numbered(text) {
        let (line, text) = line?;
        if !text.trim_start().starts_with('{') {
            draft.pass_over(line);
            continue;
        }
        let value = parse(line, text)?;
        let object = Object::of(line, &value, "line")?;
        match object.get("event") {
            Some(event) => {
                let event = Object::of(line, event, "event")?;
                let at_us = reader.time(object.get("ts"));
                let step = reader.event(event, at_us, draft)?;
                draft.push(step)?;
            }
            None => draft.pass_over(line),
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
    /// Nodes that have had an event.
    known: BTreeSet<NodeId>,
    /// Whether the numbers of the members are hashes, which are too large. If so, the nodes have
    /// numbers in the order in which they appear.
    is_hashed: bool,
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
        if draft.run.steps.is_empty() {
            self.is_hashed = event.text("nid")?.parse().is_ok_and(|id: u64| id >= MAX_NUMBER);
        }
        let id = self.member(event, "nid", draft)?;
        let node = draft.node(event.line, id.0)?;
        let number = draft.run.steps.len() as u64 + 1;
        let mut facts = Vec::new();
        // This is told before the node has read its term, its vote and its commit index.
        let is_known = !self.known.insert(node);
        let is_blank = is_known && name == "InitState";
        if name == "InitState" {
            facts.push(Fact::Started);
        }
        if !is_blank {
            self.hard_state(event.object("state")?, &mut facts, draft)?;
        }
        facts.push(Fact::Role(role(event)?));
        facts.push(Fact::LogLength(event.index("log")?));
        let mut text = format!("node {node}: {name}");
        let mut cause = None;
        if event.get("msg").is_some() {
            let message = event.object("msg")?;
            let kind = message.text("type")?;
            let from = self.member(message, "from", draft)?.0;
            let to = self.member(message, "to", draft)?;
            text.push_str(&format!(" {kind} {from} -> {to}, term {}", message.number("term")?));
            cause = self.message(name, (message, to), number, &mut facts)?;
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
        (message, to): (Object<'_>, NodeId),
        number: u64,
        facts: &mut Vec<Fact>,
    ) -> Result<Option<u64>, TraceError> {
        let kind = message.text("type")?;
        let from = message.text("from")?;
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
        facts.push(Fact::Sent(TraceMessage {
            id: self.messages,
            to,
            name: kind.to_owned(),
            term: Some(term),
            entries: usize::try_from(message.number("entries")?).ok(),
            agrees: kind.ends_with("Resp").then_some(!rejects),
        }));
        match kind {
            "MsgVoteResp" if !rejects => facts.push(Fact::Voted { term, candidate: to }),
            "MsgAppResp" if !rejects => {
                facts.push(Fact::Acknowledged { leader: to, term, match_index: index });
            }
            _ => {}
        }
        Ok(None)
    }
    /// The term, the vote and the commit index.
    fn hard_state(
        &self,
        state: Object<'_>,
        facts: &mut Vec<Fact>,
        draft: &mut Draft,
    ) -> Result<(), TraceError> {
        let vote = match state.text("vote")? {
            "0" => None,
            _ => Some(self.member(state, "vote", draft)?),
        };
        facts.push(Fact::Term(state.term("term")?));
        facts.push(Fact::Vote(vote));
        facts.push(Fact::Commit(state.index("commit")?));
        Ok(())
    }

    /// The node with the number that is written in a member.
    fn member(
        &self,
        object: Object<'_>,
        name: &str,
        draft: &mut Draft,
    ) -> Result<NodeId, TraceError> {
        match self.is_hashed {
            true => draft.named(object.line, object.text(name)?),
            false => object.number_in_text(name).map(NodeId),
        }
    }
}

fn role(event: Object<'_>) -> Result<RoleKind, TraceError> {
    match event.text("role")? {
        "StateFollower" => Ok(RoleKind::Follower),
        "StatePreCandidate" => Ok(RoleKind::PreCandidate),
        "StateCandidate" => Ok(RoleKind::Candidate),
        "StateLeader" => Ok(RoleKind::Leader),
        other => Err(error(event.line, format!("`role` is {other:?}, which is no role"))),
    }
}
