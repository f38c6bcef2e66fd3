//! The trace of this program, event by event.

mod decisions;

use std::collections::{BTreeMap, VecDeque};

use raft_core::NodeId;
use raft_trace::{Fact, RecordedRun, TraceState, TraceStep};
use serde_json::Value as Json;
use tla_checker::ast::Value;

use crate::fields::Fields;
use crate::follow::{Follow, HeldRun, SpecError, Stop, ended};
use crate::messages::message;
use crate::values::{items, member, membership, server, text, whole};
use decisions::first_disk;

pub(crate) fn hold(bytes: &[u8], run: &RecordedRun) -> Result<HeldRun, SpecError> {
    let whole = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = whole.lines().collect();
    let mut replay = Replay::new(&lines, run)?;
    let mut from = 0;
    while from < run.steps.len() {
        let moment = run.moment(from);
        for (place, step) in moment.clone().zip(&run.steps[moment.clone()]) {
            let json = parsed(&lines, step.line);
            if let Err(stop) = replay.take(step, Fields(&json), place) {
                return ended(step, stop, (place, replay.follow.steps));
            }
        }
        let last = &run.steps[moment.end - 1];
        if let Err(stop) = replay.end_moment(moment.end, &run.steps[moment.clone()]) {
            return ended(last, stop, (moment.end - 1, replay.follow.steps));
        }
        from = moment.end;
    }
    Ok(HeldRun { events: run.steps.len(), steps: replay.follow.steps, outside: None, until: None })
}

/// The object of a line, which the reader has read before.
fn parsed(lines: &[&str], line: usize) -> Json {
    let text = lines.get(line - 1).copied().unwrap_or_default();
    serde_json::from_str(text).unwrap_or(Json::Null)
}

struct Replay<'a> {
    lines: &'a [&'a str],
    run: &'a RecordedRun,
    follow: Follow,
    /// What the trace says of the nodes.
    told: TraceState,
    /// The messages by their numbers, also as they are in the trace, and by the events that
    /// delivered them.
    messages: BTreeMap<u64, Value>,
    contents: BTreeMap<u64, String>,
    delivered: BTreeMap<u64, Value>,
    /// How often the network sends a copy of a message, by its sender, receiver and content; and
    /// those messages, once they were sent.
    replays: BTreeMap<String, usize>,
    to_come_again: BTreeMap<String, Value>,
    /// The messages that were delivered and not yet handled, by the last step that one caused: a
    /// node that is paused or slow handles them later.
    at_hand: BTreeMap<usize, Vec<Value>>,
    /// The last step that each event caused.
    last_effects: BTreeMap<u64, usize>,
    /// What a node keeps although it could not use it yet: entries after a gap, and pieces of a
    /// snapshot. To the specification they have yet to arrive.
    kept: BTreeMap<NodeId, Vec<Value>>,
    /// The writes under way.
    writes: BTreeMap<NodeId, VecDeque<u64>>,
    /// The steps in which a node sends what waited for a write, with the events of those writes.
    releases: BTreeMap<NodeId, Vec<(usize, u64)>>,
    /// What a state machine on disk has applied, of nodes that are about to start.
    reopened: BTreeMap<NodeId, u64>,
}

impl<'a> Replay<'a> {
    fn new(lines: &'a [&'a str], run: &'a RecordedRun) -> Result<Self, SpecError> {
        let told = TraceState::beginning(run);
        let nodes = run.nodes.iter().copied().collect();
        let first = membership(&run.membership.clone().unwrap_or_default());
        let follow = Follow::new(&nodes, first, |node| first_disk(lines, run, &told, node))?;
        let mut replays = BTreeMap::new();
        for step in run.steps.iter().filter(|step| step.kind == "replayed") {
            *replays.entry(content(Fields(&parsed(lines, step.line)))).or_default() += 1;
        }
        let mut last_effects = BTreeMap::new();
        let mut releases: BTreeMap<NodeId, Vec<(usize, u64)>> = BTreeMap::new();
        for (place, step) in run.steps.iter().enumerate() {
            let Some(cause) = step.cause else { continue };
            last_effects.insert(cause, place);
            let reason = run.steps.get(cause as usize - 1).map(|step| step.kind.as_str());
            if let (Some(node), "sent", Some("write_durable")) =
                (step.node, step.kind.as_str(), reason)
            {
                releases.entry(node).or_default().push((place, cause));
            }
        }
        Ok(Self {
            lines,
            run,
            follow,
            told,
            messages: BTreeMap::new(),
            contents: BTreeMap::new(),
            delivered: BTreeMap::new(),
            replays,
            to_come_again: BTreeMap::new(),
            at_hand: BTreeMap::new(),
            last_effects,
            kept: BTreeMap::new(),
            writes: BTreeMap::new(),
            releases,
            reopened: BTreeMap::new(),
        })
    }

    /// Takes an event: the action that it names, or none.
    fn take(&mut self, step: &TraceStep, event: Fields<'_>, place: usize) -> Result<(), Stop> {
        self.told.take(step);
        if let Some(Fact::Unsafe(reason)) = step.facts.first() {
            return Err(Stop::Unsafe(reason.to_string()));
        }
        match step.kind.as_str() {
            "sent" => return self.sent(event),
            "replayed" => {
                if let Some(first) = self.to_come_again.get(&content(event)) {
                    self.messages.insert(event.whole("id")?, first.clone());
                }
                return Ok(());
            }
            "dropped" => {
                let id = event.whole("id")?;
                self.contents.remove(&id);
                let Some(lost) = self.messages.remove(&id) else { return Ok(()) };
                return self.follow.gone(&lost);
            }
            "delivered" => return self.arrived(step, event, place),
            _ => {}
        }
        let Some(node) = step.node else { return Ok(()) };
        self.take_decision(node, step, event, place)
    }
}

impl Replay<'_> {
    fn sent(&mut self, event: Fields<'_>) -> Result<(), Stop> {
        let id = event.whole("id")?;
        if self.messages.contains_key(&id) {
            return Ok(());
        }
        let sent = self.message(event)?;
        let key = content(event);
        let copies = self.replays.get(&key).copied().unwrap_or_default();
        if copies > 0 {
            self.to_come_again.insert(key, sent.clone());
        }
        self.messages.insert(id, sent.clone());
        self.contents.insert(id, content(event));
        self.follow.sent(&sent, copies + 1)
    }

    /// A message of the specification.
    fn message(&self, event: Fields<'_>) -> Result<Value, Stop> {
        let (from, to) = (event.node("from")?, event.node("to")?);
        let log = self.follow.of("log", from);
        let through = |last: u64| {
            let held = items(&log);
            Value::tuple(held[..held.len().min(last as usize)].to_vec())
        };
        Ok(message((from, to), event.object("message")?, through)?)
    }

    /// Sends what waited for a write that ended, as soon as the specification allows it. A slow
    /// node learns later that the write has ended, and lets its messages out one by one. By then it
    /// may be in another term, and so may its disk.
    pub(super) fn release(&mut self, node: NodeId, event: u64, place: usize) -> Result<(), Stop> {
        const FAR: usize = 64;
        let is_late = member(&self.follow.of("disk", node), "term")
            != Some(self.follow.of("currentTerm", node));
        let all = self.releases.get(&node).map(Vec::as_slice).unwrap_or_default();
        let later = all.iter().skip(all.partition_point(|(it, _)| *it < place)).take(FAR);
        let due = later.filter(|(_, cause)| is_late || *cause == event);
        for place in due.map(|(place, _)| *place).collect::<Vec<_>>() {
            let json = parsed(self.lines, self.run.steps[place].line);
            let sent = self.message(Fields(&json))?;
            if self.follow.may("Send", std::slice::from_ref(&sent))? {
                self.sent(Fields(&json))?;
            }
        }
        Ok(())
    }

    fn arrived(&mut self, step: &TraceStep, event: Fields<'_>, place: usize) -> Result<(), Stop> {
        let id = event.whole("id")?;
        let Some(arrived) = self.messages.remove(&id) else {
            return Err(Stop::Outside {
                action: "Send".to_owned(),
                because: format!("message {id} arrives, and was not sent"),
            });
        };
        if self.contents.remove(&id).is_some_and(|sent| sent != content(event)) {
            return Err(Stop::Outside {
                action: "Send".to_owned(),
                because: format!("message {id} arrives as another one than was sent"),
            });
        }
        let to = event.node("to")?;
        self.delivered.insert(step.number, arrived.clone());
        let last_effect = self.last_effects.get(&step.number).copied().unwrap_or(place);
        self.at_hand.entry(last_effect).or_default().push(arrived.clone());
        // No event says that a leader counts an acknowledgement.
        let is_success = member(&arrived, "success") == Some(Value::Bool(true));
        let is_of_term = member(&arrived, "term") == Some(self.follow.of("currentTerm", to));
        if is_success && is_of_term && self.follow.of("role", to) == text("Leader") {
            self.follow.act("CountAcknowledgement", &[server(to), arrived])?;
        }
        Ok(())
    }

    /// The message whose arrival caused an event.
    fn received(&self, step: &TraceStep) -> Result<Value, Stop> {
        let cause = step.cause.and_then(|cause| self.delivered.get(&cause));
        cause.cloned().ok_or_else(|| Stop::Outside {
            action: step.kind.clone(),
            because: "no message that arrived at this node is its cause".to_owned(),
        })
    }

    fn end_moment(&mut self, end: usize, steps: &[TraceStep]) -> Result<(), Stop> {
        let is_gap = steps.iter().any(|step| step.kind == "entries_refused");
        let later = self.at_hand.split_off(&end);
        for arrived in std::mem::replace(&mut self.at_hand, later).into_values().flatten() {
            let kind = member(&arrived, "type");
            let is_early = is_gap && kind == Some(text("AppendEntries"))
                || kind == Some(text("InstallSnapshot"));
            let to = NodeId(member(&arrived, "to").map_or(0, whole));
            match is_early {
                true => self.kept.entry(to).or_default().push(arrived),
                false => self.follow.gone(&arrived)?,
            }
        }
        let Some(node) = steps.iter().find_map(|step| step.node) else { return Ok(()) };
        self.drop_kept(node)?;
        let is_about_logs = |fact: &Fact| matches!(fact, Fact::Log(_) | Fact::Started);
        let logs = steps.iter().flat_map(|step| &step.facts).any(is_about_logs);
        match self.told.node(node) {
            Some(told) if told.is_up => self.follow.compare(node, told, logs),
            Some(_) | None => Ok(()),
        }
    }

    /// Messages of earlier terms are of no use any more.
    fn drop_kept(&mut self, node: NodeId) -> Result<(), Stop> {
        let term = self.follow.of("currentTerm", node);
        let kept = self.kept.remove(&node).unwrap_or_default();
        let (now, past): (Vec<Value>, Vec<Value>) =
            kept.into_iter().partition(|message| member(message, "term").as_ref() == Some(&term));
        past.iter().try_for_each(|message| self.follow.gone(message))?;
        if !now.is_empty() {
            self.kept.insert(node, now);
        }
        Ok(())
    }
}

/// What tells a message from another: its sender, receiver and content.
fn content(event: Fields<'_>) -> String {
    let part = |name| event.get(name).map(Json::to_string).unwrap_or_default();
    [part("from"), part("to"), part("message")].join(" ")
}
