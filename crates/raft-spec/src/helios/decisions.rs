//! What a node decides: the action of the specification that each kind of event names.

use std::collections::BTreeMap;

use raft_core::{Entry, LogIndex, NodeId};
use raft_trace::{Fact, LogFact, RecordedRun, TraceLog, TraceState, TraceStep};
use serde_json::Value as Json;
use tla_checker::ast::Value;

use super::{Replay, parsed};
use crate::fields::{BadField, Fields};
use crate::follow::{Stop, differs};
use crate::values::{
    disk_with, empty_disk, items, member, nobody, number, record, server, servers, text, whole,
    with_member,
};

impl Replay<'_> {
    pub(super) fn take_decision(
        &mut self,
        node: NodeId,
        step: &TraceStep,
        event: Fields<'_>,
        place: usize,
    ) -> Result<(), Stop> {
        let id = server(node);
        match step.kind.as_str() {
            "server_started" => self.started(node, event),
            "crashed" => self.crashed(node),
            "write_failed" if !event.flag("is_ignored")? => self.crashed(node),
            "server_added" if self.follow.of("disk", node) != empty_disk() => {
                Err(Stop::Unsafe("a new server has the number of an old one".to_owned()))
            }
            "term_advanced" => {
                self.claim_of("term before", &event.number("from")?, "currentTerm", node)?;
                self.act_on("UpdateTerm", node, step)?;
                self.claim_sender(step, event.node("by")?)?;
                self.claim_of("term", &event.number("to")?, "currentTerm", node)
            }
            "stepped_down" if self.follow.of("role", node) == text("Follower") => Ok(()),
            "stepped_down" => self.follow.act("StepDown", &[id]),
            "pre_vote_started" => {
                self.follow.act("StartPreVote", std::slice::from_ref(&id))?;
                self.claim_last_log(node, event)
            }
            "pre_vote_granted" => {
                self.act_on("GrantPreVote", node, step)?;
                self.claim_sender(step, event.node("candidate")?)
            }
            "pre_vote_counted" if event.flag("granted")? => {
                self.act_on("CountPreVote", node, step)?;
                self.claim_sender(step, event.node("voter")?)
            }
            "election_started" => {
                let after = event.text("reason")? == "pre_votes_won";
                let action = if after { "StartElectionAfterPreVote" } else { "StartElection" };
                self.follow.act(action, std::slice::from_ref(&id))?;
                self.claim_of("term", &event.number("term")?, "currentTerm", node)?;
                self.claim_last_log(node, event)
            }
            "vote_granted" => {
                self.act_on("GrantVote", node, step)?;
                self.claim_of("candidate", &event.number("candidate")?, "votedFor", node)?;
                self.claim_of("term", &event.number("term")?, "currentTerm", node)
            }
            "vote_counted" if event.flag("granted")? => {
                self.act_on("CountVote", node, step)?;
                self.claim_sender(step, event.node("voter")?)
            }
            "became_leader" => {
                self.follow.act("BecomeLeader", std::slice::from_ref(&id))?;
                self.claim_of("term", &event.number("term")?, "currentTerm", node)?;
                let voters = servers(event.nodes("voters")?);
                self.follow.claim("set of voters", &voters, ("Electors", &[id]))
            }
            "appended" => self.appended(node, event, place),
            "entries_accepted" => self.accepted(node, step, event),
            "committed" => {
                self.claim_of("commit index before", &event.number("from")?, "commitIndex", node)?;
                let to = event.number("to")?;
                self.follow.act("AdvanceCommitIndex", &[id.clone(), to.clone()])?;
                let quorum = servers(event.nodes("quorum")?);
                let arguments = [id, to, quorum];
                self.follow.claim("quorum", &Value::Bool(true), ("AreHolders", &arguments))
            }
            "commit_learned" => {
                self.claim_of("commit index before", &event.number("from")?, "commitIndex", node)?;
                let (to, request) = (event.number("to")?, self.received(step)?);
                self.follow.act("LearnCommit", &[id, request, to])
            }
            "applied" => {
                let entries = event.list("entries")?.iter().map(|entry| Fields(entry).entry());
                let entries = entries.collect::<Result<Vec<Value>, BadField>>()?;
                self.follow.act("Apply", &[id, Value::tuple(entries)])
            }
            "reopened" => {
                self.reopened.insert(node, event.whole("applied")?);
                Ok(())
            }
            "snapshot_compacted" => {
                let through = event.object("through")?.number("index")?;
                self.follow.act("TakeSnapshot", &[id, through])
            }
            "snapshot_installed" => self.installed(node, event),
            "write_issued" => {
                self.writes.entry(node).or_default().push_back(event.whole("id")?);
                self.follow.act("StartWrite", &[id])
            }
            "write_durable" => self.durable(node, (event.whole("id")?, step.number), place),
            _ => Ok(()),
        }
    }

    /// The action that answers the message at hand.
    fn act_on(&mut self, action: &str, node: NodeId, step: &TraceStep) -> Result<(), Stop> {
        let received = self.received(step)?;
        self.follow.act(action, &[server(node), received])
    }

    /// The trace says the value of a variable.
    fn claim_of(&self, what: &str, told: &Value, name: &str, node: NodeId) -> Result<(), Stop> {
        differs(what, told, &self.follow.of(name, node), &format!("{name}[{node}]"))
    }

    /// The trace says who sent the message at hand.
    fn claim_sender(&self, step: &TraceStep, sender: NodeId) -> Result<(), Stop> {
        let from = member(&self.received(step)?, "from").unwrap_or_else(nobody);
        differs("sender", &server(sender), &from, "m.from")
    }

    fn claim_last_log(&self, node: NodeId, event: Fields<'_>) -> Result<(), Stop> {
        let last = event.object("last_log")?;
        let claimed = Value::tuple(vec![last.number("index")?, last.number("term")?]);
        self.follow.claim("last entry", &claimed, ("LastLog", &[server(node)]))
    }

    /// A leader appended an entry. The event has only its place: what it is follows in a write.
    fn appended(&mut self, node: NodeId, event: Fields<'_>, place: usize) -> Result<(), Stop> {
        let id = server(node);
        let index = event.object("position")?.whole("index")?;
        let Some(entry) = self.entry_to_come(node, index, place) else {
            return Err(Stop::Outside {
                action: "AppendEntry".to_owned(),
                because: format!("no write of node {node} has entry {index}"),
            });
        };
        let term = event.object("position")?.number("term")?;
        if member(&entry, "kind") == Some(text("membership")) {
            let to = member(&entry, "value").unwrap_or_else(nobody);
            self.follow.act("ChangeMembership", &[id.clone(), to])?;
        } else {
            self.follow.act("AppendEntry", &[id.clone(), entry])?;
        }
        let claimed = Value::tuple(vec![number(index), term]);
        self.follow.claim("last entry", &claimed, ("LastLog", &[id]))
    }

    /// The entry that the next write of a node has at an index.
    fn entry_to_come(&self, node: NodeId, index: u64, place: usize) -> Option<Value> {
        let is_it = |fact: &Fact| matches!(fact, Fact::Log(LogFact::Entry(entry)) if entry.index == LogIndex(index));
        let own = self.run.steps[place..].iter().filter(|step| step.node == Some(node));
        let step = own
            .take_while(|step| step.kind != "crashed")
            .find(|step| step.facts.iter().any(is_it))?;
        let json = parsed(self.lines, step.line);
        let batch = Fields(&json).list("batch").ok()?;
        let entries = batch.iter().filter_map(|change| Fields(change).object("entry").ok());
        entries.filter(|entry| entry.whole("index") == Ok(index)).find_map(|it| it.entry().ok())
    }

    /// A node accepted entries, also some that it had kept.
    fn accepted(&mut self, node: NodeId, step: &TraceStep, event: Fields<'_>) -> Result<(), Stop> {
        self.act_on("AcceptEntries", node, step)?;
        let match_index = event.whole("match_index")?;
        let mut end = end_of(&self.received(step)?);
        while end < match_index {
            let kept = self.kept.get(&node).into_iter().flatten();
            let next = kept.filter(|it| start_of(it) <= end && end_of(it) > end).min();
            let Some(next) = next.cloned() else { break };
            self.follow.act("AcceptEntries", &[server(node), next.clone()])?;
            end = end_of(&next);
        }
        if end == match_index {
            return Ok(());
        }
        Err(Stop::Outside {
            action: "AcceptEntries".to_owned(),
            because: format!(
                "its log equals the leader's up to {match_index} in the trace, and up to {end} by \
                 the messages that arrived"
            ),
        })
    }

    fn installed(&mut self, node: NodeId, event: Fields<'_>) -> Result<(), Stop> {
        let last = event.object("last_included")?;
        let (index, term) = (last.number("index")?, last.number("term")?);
        let kept = self.kept.get(&node).into_iter().flatten();
        let is_it = |it: &&Value| {
            member(it, "to") == Some(server(node))
                && member(it, "lastIncludedIndex").as_ref() == Some(&index)
                && member(it, "lastIncludedTerm").as_ref() == Some(&term)
        };
        let Some(found) = self.at_hand.values().flatten().chain(kept).find(is_it).cloned() else {
            return Err(Stop::Outside {
                action: "InstallSnapshot".to_owned(),
                because: "no such snapshot arrived from the leader of the term".to_owned(),
            });
        };
        self.follow.act("InstallSnapshot", &[server(node), found])
    }

    fn durable(&mut self, node: NodeId, (id, event): (u64, u64), place: usize) -> Result<(), Stop> {
        let ends = |write: &mut u64| *write <= id;
        while self.writes.entry(node).or_default().pop_front_if(ends).is_some() {
            self.follow.act("EndWrite", &[server(node)])?;
            self.release(node, event, place)?;
        }
        Ok(())
    }

    fn crashed(&mut self, node: NodeId) -> Result<(), Stop> {
        self.writes.remove(&node);
        // A failed write stops a process, and then it may crash.
        if self.follow.of("role", node) == text("Down") {
            return Ok(());
        }
        self.follow.act("Crash", &[server(node)])
    }

    fn started(&mut self, node: NodeId, event: Fields<'_>) -> Result<(), Stop> {
        if self.follow.of("role", node) != text("Down") {
            return Ok(());
        }
        let told = self.told.node(node).cloned().unwrap_or_default();
        let (disk, writes) = (self.follow.of("disk", node), self.follow.of("writes", node));
        let states = items(&writes).iter().rev().chain([&disk]);
        let logs: Vec<Value> = states.filter_map(|state| member(state, "log")).collect();
        let entry = |index: LogIndex, term: Option<Value>| {
            let held = logs.iter().filter_map(|log| items(log).get(index.0 as usize - 1));
            let mut held = held.filter(|it| term.is_none() || member(it, "term") == term);
            held.next().cloned().unwrap_or_else(|| unknown_entry(term))
        };
        let disk = disk_of(event, &told.log, entry)?;
        let applied = member(&disk, "snapshotIndex").map_or(0, whole);
        let log = member(&disk, "log");
        self.follow.act("Restart", &[server(node), disk])?;
        // A state machine that is on disk has applied entries when its server starts.
        let reopened = self.reopened.remove(&node).unwrap_or_default();
        let entries = log.as_ref().map_or(&[][..], items);
        match entries.get(applied as usize..reopened as usize) {
            Some(again @ [_, ..]) => {
                self.follow.act("Apply", &[server(node), Value::tuple(again.to_vec())])
            }
            Some([]) | None => Ok(()),
        }
    }
}

/// The disk of a node at the beginning of the trace, as its first start tells it.
pub(super) fn first_disk(
    lines: &[&str],
    run: &RecordedRun,
    told: &TraceState,
    node: NodeId,
) -> Value {
    if !run.first.iter().any(|(id, _)| *id == node) {
        return empty_disk();
    }
    let Some(log) = told.node(node).map(|told| told.log_on_disk()) else { return empty_disk() };
    let is_start = |step: &&TraceStep| step.node == Some(node) && step.kind == "server_started";
    let Some(start) = run.steps.iter().find(is_start) else { return empty_disk() };
    let records = first_entries(lines, node);
    let entry = |index: LogIndex, term: Option<Value>| {
        let term = term.unwrap_or_else(|| number(log.base.term.0));
        records.get(&index).cloned().unwrap_or_else(|| unknown_entry(Some(term)))
    };
    let json = parsed(lines, start.line);
    disk_of(Fields(&json), log, entry).unwrap_or_else(|_| empty_disk())
}

/// The entries that the header of a trace has for a node.
fn first_entries(lines: &[&str], node: NodeId) -> BTreeMap<LogIndex, Value> {
    let header = lines.iter().find(|line| line.trim_start().starts_with('{'));
    let header = header.and_then(|line| serde_json::from_str(line).ok()).unwrap_or(Json::Null);
    let disks = Fields(&header).list("disks").unwrap_or_default().iter();
    let own = disks.filter(|disk| Fields(disk).node("node") == Ok(node));
    let records = own.filter_map(|disk| Fields(disk).list("records").ok()).flatten();
    let entries = records.filter_map(|record| Fields(record).object("entry").ok());
    entries
        .filter_map(|entry| Some((LogIndex(entry.whole("index").ok()?), entry.entry().ok()?)))
        .collect()
}

/// An entry of which only the term is known: a snapshot includes it.
fn unknown_entry(term: Option<Value>) -> Value {
    let (kind, value) = (text("snapshot"), text(""));
    record([("term", term.unwrap_or_else(|| number(0))), ("kind", kind), ("value", value)])
}

/// What the start of a node says of its disk, with this log. `entry` has the entry at an index, of
/// a term if that is known.
fn disk_of(
    event: Fields<'_>,
    log: &TraceLog,
    entry: impl Fn(LogIndex, Option<Value>) -> Value,
) -> Result<Value, Stop> {
    let snapshot = event.object("snapshot")?.number("index")?;
    let before = (1..=log.base.index.0).map(|index| entry(LogIndex(index), None));
    let held = log.entries_from(LogIndex(1));
    let held = held.map(|it: &Entry| entry(it.index, Some(number(it.term.0))));
    let (term, voted_for) = (event.number("term")?, event.vote("voted_for")?);
    let log = (before.chain(held).collect(), event.number("commit_index")?);
    Ok(with_member(disk_with(term, voted_for, log), "snapshotIndex", snapshot))
}

/// The index before the first entry of a message, and that of the last one.
fn start_of(request: &Value) -> u64 {
    member(request, "prevLogIndex").map_or(0, whole)
}

fn end_of(request: &Value) -> u64 {
    let entries = member(request, "entries");
    start_of(request) + entries.as_ref().map_or(0, |entries| items(entries).len() as u64)
}
