//! The state trace of etcd's raft, event by event.
//!
//! The trace has the length of a log and no entries, and nothing of disks. So an entry is the number
//! of its `Replicate`, entries of a message are those of the sender's log in the specification, and
//! what a node has in memory counts as written when it sends something (etcd's `Ready` is where a
//! driver writes).

use std::collections::{BTreeMap, BTreeSet};

use raft_core::{Membership, NodeId};
use raft_trace::{Fact, RecordedRun, TraceNode, TraceState, TraceStep};
use serde_json::Value as Json;
use tla_checker::ast::Value;

use crate::fields::{BadField, Fields};
use crate::follow::{Follow, HeldRun, SpecError, Stop, ended};
use crate::values::{
    disk_with, items, member, membership, number, record, server, text, vote, whole,
};

pub(crate) fn hold(bytes: &[u8], run: &RecordedRun) -> Result<HeldRun, SpecError> {
    let all = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = all.lines().collect();
    let json = |step: &TraceStep| -> Json {
        let line = lines.get(step.line - 1).copied().unwrap_or_default();
        serde_json::from_str(line).unwrap_or(Json::Null)
    };
    let (first, disks) = beginnings(run);
    let voters = run.steps.iter().find_map(|step| voters(&json(step)));
    let voters = voters.unwrap_or_else(|| run.nodes.clone());
    let nodes: BTreeSet<NodeId> = run.nodes.iter().chain(&voters).copied().collect();
    let start = membership(&Membership::new(voters));
    let follow = Follow::new(&nodes, start, |node| {
        disks.get(&node).cloned().unwrap_or_else(|| disk_of(&TraceNode::default()))
    })?;
    let (messages, received) = (BTreeMap::new(), BTreeMap::new());
    let told = TraceState::beginning(run);
    let mut replay = Replay { run, follow, told, messages, received, first };
    for (place, step) in run.steps.iter().enumerate() {
        let line = json(step);
        let event = Fields(&line).object("event").map_err(Stop::from);
        if let Err(stop) = event.and_then(|event| replay.take(place, event)) {
            return ended(step, stop, (place, replay.follow.steps));
        }
    }
    Ok(HeldRun { events: run.steps.len(), steps: replay.follow.steps, outside: None, until: None })
}

/// The voters that an event has, if their numbers are those of nodes.
fn voters(line: &Json) -> Option<Vec<NodeId>> {
    let sets = line.get("event")?.get("conf")?.as_array()?.first()?.as_array()?;
    let number = |id: &Json| id.as_str()?.parse().ok().filter(|id| *id < 1 << 53).map(NodeId);
    sets.iter().map(number).collect::<Option<Vec<_>>>().filter(|nodes| !nodes.is_empty())
}

/// For each node: the first step in which it takes part, and what it had before. A cluster begins
/// with the same entries in all logs.
fn beginnings(run: &RecordedRun) -> (BTreeMap<NodeId, usize>, BTreeMap<NodeId, Value>) {
    const PASSIVE: [&str; 5] =
        ["InitState", "BecomeFollower", "ApplyConfChange", "Bootstrap", "Ready"];
    let (mut first, mut disks) = (BTreeMap::new(), BTreeMap::new());
    let mut told = TraceState::beginning(run);
    for (place, step) in run.steps.iter().enumerate() {
        let Some(node) = step.node.filter(|node| !first.contains_key(node)) else { continue };
        if PASSIVE.contains(&step.kind.as_str()) {
            told.take(step);
        } else {
            first.insert(node, place);
            disks.extend(told.node(node).map(|told| (node, disk_of(told))));
        }
    }
    (first, disks)
}

fn disk_of(told: &TraceNode) -> Value {
    let term = number(told.term.0.min(1));
    let entry = |index: u64| {
        let value = text(&index.to_string());
        record([("term", term.clone()), ("kind", text("first")), ("value", value)])
    };
    let log = (1..=told.log.last().index.0).map(entry).collect();
    disk_with(number(told.term.0), vote(told.voted_for), (log, number(told.commit_index.0)))
}

struct Replay<'a> {
    run: &'a RecordedRun,
    follow: Follow,
    told: TraceState,
    /// The messages, by the events that sent them.
    messages: BTreeMap<u64, Value>,
    /// The last message that each node received.
    received: BTreeMap<NodeId, Value>,
    /// The events before a node takes part: its start, and the bootstrap of the cluster.
    first: BTreeMap<NodeId, usize>,
}

impl Replay<'_> {
    fn take(&mut self, place: usize, event: Fields<'_>) -> Result<(), Stop> {
        let step = &self.run.steps[place];
        self.told.take(step);
        let Some(node) = step.node else { return Ok(()) };
        if self.first.get(&node).is_some_and(|first| place < *first) {
            return Ok(());
        }
        let id = server(node);
        match step.kind.as_str() {
            "InitState" => {
                self.follow.act("Crash", std::slice::from_ref(&id))?;
                let disk = self.follow.of("disk", node);
                self.follow.act("Restart", &[id, disk])
            }
            "BecomeCandidate" => self.follow.act("StartElection", &[id]),
            "BecomeLeader" => {
                self.write(node)?;
                self.follow.act("BecomeLeader", &[id])
            }
            "BecomeFollower" => self.become_follower(node, event),
            "Replicate" => {
                let entry = record([
                    ("term", self.follow.of("currentTerm", node)),
                    ("kind", text("command")),
                    ("value", text(&step.number.to_string())),
                ]);
                self.follow.act("AppendEntry", &[id, entry])
            }
            "Commit" => {
                self.write(node)?;
                let to = self.commit_index_after(node, place);
                self.follow.act("AdvanceCommitIndex", &[id, to])
            }
            "Ready" => {
                self.write(node)?;
                let told = self.told.node(node).cloned().unwrap_or_default();
                self.follow.compare_states(node, &told)?;
                self.follow.compare_logs(node, &told)
            }
            "ChangeConf" => Err(Stop::Unsafe(
                "etcd's memberships are in force when they are applied, and those of the \
                 specification when they are in the log"
                    .to_owned(),
            )),
            _ if event.get("msg").is_none() => Ok(()),
            name if name.starts_with("Send") => self.sends(node, step, event.object("msg")?),
            _ => self.receives(node, step),
        }
    }

    /// What a node has in memory is on its disk.
    fn write(&mut self, node: NodeId) -> Result<(), Stop> {
        let id = server(node);
        if self.follow.is("IsWritten", std::slice::from_ref(&id))? {
            return Ok(());
        }
        self.follow.act("StartWrite", std::slice::from_ref(&id))?;
        self.follow.act("EndWrite", &[id])
    }

    fn become_follower(&mut self, node: NodeId, event: Fields<'_>) -> Result<(), Stop> {
        let id = server(node);
        let term = event.object("state")?.whole("term")?;
        if term > whole(self.follow.of("currentTerm", node)) {
            let received = self.received.get(&node).cloned().ok_or_else(|| Stop::Outside {
                action: "UpdateTerm".to_owned(),
                because: format!("node {node} received no message"),
            })?;
            return self.follow.act("UpdateTerm", &[id, received]);
        }
        match self.follow.of("role", node) == text("Follower") {
            true => Ok(()),
            false => self.follow.act("StepDown", &[id]),
        }
    }

    /// The commit index after a `Commit`, which tells it or comes just before the change.
    fn commit_index_after(&self, node: NodeId, place: usize) -> Value {
        let before = whole(self.follow.of("commitIndex", node));
        let own = self.run.steps[place..].iter().filter(|step| step.node == Some(node));
        let told = own.flat_map(|step| &step.facts).filter_map(|fact| match fact {
            Fact::Commit(index) if index.0 > before => Some(index.0),
            _ => None,
        });
        number(told.clone().next().unwrap_or(before))
    }

    fn sends(&mut self, node: NodeId, step: &TraceStep, said: Fields<'_>) -> Result<(), Stop> {
        let Some(to) = self.receiver(step).filter(|to| *to != node) else { return Ok(()) };
        let rejects = said.flag("reject")?;
        match said.text("type")? {
            "MsgVoteResp" if !rejects => {
                let request = self.last_from(node, to, "RequestVote")?;
                self.follow.act("GrantVote", &[server(node), request])?;
            }
            "MsgAppResp" if !rejects => self.accept(node, to)?,
            "MsgSnap" => self.take_snapshot(node, said.whole("entries")?)?,
            _ => {}
        }
        self.write(node)?;
        let log = self.follow.of("log", node);
        let message = message((node, to), said, items(&log))?;
        self.follow.sent(&message, 1)?;
        self.messages.insert(step.number, message);
        Ok(())
    }

    fn receiver(&self, step: &TraceStep) -> Option<NodeId> {
        step.facts.iter().find_map(|fact| match fact {
            Fact::Sent(message) => Some(message.to),
            _ => None,
        })
    }

    /// The last message that a node received, of this type and from this sender.
    fn last_from(&self, node: NodeId, from: NodeId, kind: &str) -> Result<Value, Stop> {
        let last = self.received.get(&node).filter(|message| {
            member(message, "from") == Some(server(from))
                && member(message, "type") == Some(text(kind))
        });
        last.cloned().ok_or_else(|| Stop::Outside {
            action: format!("an answer to {kind}"),
            because: format!("node {node} received none from node {from}"),
        })
    }

    /// An acknowledgement shows that entries were accepted. No event says that a follower learns
    /// what is committed.
    fn accept(&mut self, node: NodeId, leader: NodeId) -> Result<(), Stop> {
        let id = server(node);
        if let Ok(snapshot) = self.last_from(node, leader, "InstallSnapshot") {
            return match self.follow.may("InstallSnapshot", &[id.clone(), snapshot.clone()])? {
                true => self.follow.act("InstallSnapshot", &[id, snapshot]),
                false => Ok(()),
            };
        }
        let request = self.last_from(node, leader, "AppendEntries")?;
        // What is committed is acknowledged without a look at the request.
        if !self.follow.may("AcceptEntries", &[id.clone(), request.clone()])? {
            return Ok(());
        }
        self.follow.act("AcceptEntries", &[id, request.clone()])?;
        self.learn(node, &request)
    }

    fn learn(&mut self, node: NodeId, request: &Value) -> Result<(), Stop> {
        let end = member(request, "prevLogIndex").map_or(0, whole)
            + member(request, "entries").map_or(0, |entries| items(&entries).len() as u64);
        let to = end.min(member(request, "leaderCommit").map_or(0, whole));
        if to <= whole(self.follow.of("commitIndex", node)) {
            return Ok(());
        }
        self.follow.act("LearnCommit", &[server(node), request.clone(), number(to)])
    }

    /// A snapshot that is sent was taken.
    fn take_snapshot(&mut self, node: NodeId, through: u64) -> Result<(), Stop> {
        let id = server(node);
        if whole(self.follow.of("snapshotIndex", node)) >= through {
            return Ok(());
        }
        let applied = whole(self.follow.of("lastApplied", node));
        let log = self.follow.of("log", node);
        let new = items(&log).get(applied as usize..through as usize).unwrap_or_default();
        self.write(node)?;
        self.follow.act("Apply", &[id.clone(), Value::tuple(new.to_vec())])?;
        self.follow.act("TakeSnapshot", &[id, number(through)])
    }

    fn receives(&mut self, node: NodeId, step: &TraceStep) -> Result<(), Stop> {
        let sent = step.cause.and_then(|cause| self.messages.get(&cause)).cloned();
        // What a node sends to itself says that it wrote.
        let Some(received) = sent else { return self.write(node) };
        let arguments = [server(node), received.clone()];
        self.received.insert(node, received.clone());
        for action in ["CountVote", "CountAcknowledgement"] {
            if self.follow.may(action, &arguments)? {
                self.follow.act(action, &arguments)?;
            }
        }
        // A heartbeat is never refused, and tells what is committed.
        let is_heartbeat = member(&received, "entries").is_some_and(|it| items(&it).is_empty());
        if is_heartbeat && self.follow.may("AcceptEntries", &arguments)? {
            self.follow.act("AcceptEntries", &arguments)?;
            self.learn(node, &received)?;
        }
        Ok(())
    }
}

/// A message of the trace as one of the specification. `log` is that of its sender.
fn message(
    (from, to): (NodeId, NodeId),
    said: Fields<'_>,
    log: &[Value],
) -> Result<Value, BadField> {
    let (index, log_term) = (said.whole("index")?, said.number("logTerm")?);
    let agrees = Value::Bool(!said.flag("reject")?);
    let kind = said.text("type")?;
    let name = match kind {
        "MsgVote" => "RequestVote",
        "MsgVoteResp" => "RequestVoteReply",
        "MsgApp" | "MsgHeartbeat" => "AppendEntries",
        "MsgAppResp" | "MsgHeartbeatResp" => "AppendEntriesReply",
        "MsgSnap" => "InstallSnapshot",
        other => other,
    };
    let [name, from, to, term] = [
        ("type", text(name)),
        ("from", server(from)),
        ("to", server(to)),
        ("term", said.number("term")?),
    ];
    let entries = |from: u64, count: u64| {
        let (from, end) = (from as usize, (from + count) as usize);
        Value::tuple(log.get(from..end.min(log.len()).max(from)).unwrap_or_default().to_vec())
    };
    let term_at = |index: u64| {
        let entry = (index as usize).checked_sub(1).and_then(|place| log.get(place));
        entry.and_then(|entry| member(entry, "term")).unwrap_or_else(|| number(0))
    };
    Ok(match kind {
        "MsgVote" => record([
            name,
            from,
            to,
            term,
            ("lastLogIndex", number(index)),
            ("lastLogTerm", log_term),
        ]),
        "MsgVoteResp" => record([name, from, to, term, ("voteGranted", agrees)]),
        "MsgApp" => record([
            name,
            from,
            to,
            term,
            ("prevLogIndex", number(index)),
            ("prevLogTerm", log_term),
            ("entries", entries(index, said.whole("entries")?)),
            ("leaderCommit", said.number("commit")?),
        ]),
        // It tells what is committed, of what the follower is known to have.
        "MsgHeartbeat" => {
            let commit = said.whole("commit")?;
            record([
                name,
                from,
                to,
                term,
                ("prevLogIndex", number(commit)),
                ("prevLogTerm", term_at(commit)),
                ("entries", Value::tuple(Vec::new())),
                ("leaderCommit", number(commit)),
            ])
        }
        "MsgAppResp" => {
            record([name, from, to, term, ("success", agrees), ("matchIndex", number(index))])
        }
        "MsgSnap" => {
            let last = said.whole("entries")?;
            record([
                name,
                from,
                to,
                term,
                ("lastIncludedIndex", number(last)),
                ("lastIncludedTerm", term_at(last)),
                ("entries", entries(0, last)),
            ])
        }
        _ => record([
            name,
            from,
            to,
            term,
            ("success", Value::Bool(false)),
            ("matchIndex", number(0)),
        ]),
    })
}
