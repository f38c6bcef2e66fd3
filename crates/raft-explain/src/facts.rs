//! What explanations look up in a run.

use std::time::Duration;

use raft_core::{LogIndex, LogPosition, Node, NodeId};
use raft_sim::{Event, Words, words};

use crate::evidence::Evidence;
use crate::explanation::Cause;
use crate::seen::{Passing, hears_leader};

/// The event as a link.
pub(crate) fn link(event: &Event, words: Words) -> Cause {
    Cause { words, at: event.at, event: Some(event.number), step: event.step, line: None }
}

/// The last entry of a node's log: in memory, or on its disk if it is down.
pub(crate) fn end_of_log(run: &Evidence<'_>, node: NodeId) -> Option<LogPosition> {
    if let Some(core) = run.core(node) {
        return Some(core.log().last());
    }
    let disk = run.world.node(node)?.recovered().ok()?;
    let last = disk.entries.last().map(|entry| LogPosition::new(entry.index, entry.term));
    let covered = disk.snapshot.map(|snapshot| {
        LogPosition::new(snapshot.last_included_index, snapshot.last_included_term)
    });
    Some(last.or(covered).unwrap_or(LogPosition::ORIGIN))
}

/// The first entry of its own term in a leader's log.
pub(crate) fn first_of_own_term(core: &Node) -> Option<LogIndex> {
    let log = core.log();
    let mut entries = log.iter_from(log.first_index());
    Some(entries.find(|entry| entry.term == core.current_term())?.index)
}

/// How a message ended that is sent in this event.
pub(crate) fn fate<'a>(run: &Evidence<'a>, sent: &Event) -> Option<&'a Event> {
    let id = Passing::of(sent)?.id;
    run.record.after(sent.number).find(|event| {
        Passing::of(event).is_some_and(|passing| {
            passing.id == id && (passing.is_delivered() || passing.is_lost())
        })
    })
}

/// The last message of a leader that reached this node before this event.
pub(crate) fn heard<'a>(run: &Evidence<'a>, node: NodeId, before: &Event) -> Option<&'a Event> {
    run.last_before(before.number, |event| hears_leader(event, node))
}

/// The shortest election timeout of a node.
pub(crate) fn shortest_timeout(run: &Evidence<'_>, node: NodeId) -> Duration {
    let setup = run.world.setup();
    run.world
        .node(node)
        .map_or(setup.settings.election_timeout_min, |node| node.settings().election_timeout_min)
}

/// The rules that are switched off, as the language names them; `None`: all are in force.
#[cfg(feature = "bugs")]
pub(crate) fn rules_off(run: &Evidence<'_>) -> Option<String> {
    let names: Vec<String> = run.world.setup().bugs.iter().map(|bug| bug.to_string()).collect();
    (!names.is_empty()).then(|| format!("bugs={}", names.join(",")))
}

/// Without planted bugs, all rules are in force.
#[cfg(not(feature = "bugs"))]
pub(crate) fn rules_off(_: &Evidence<'_>) -> Option<String> {
    None
}

/// The statement after which messages pass again from one node to another; `None`: they pass.
pub(crate) fn lets_pass(run: &Evidence<'_>, from: NodeId, to: NodeId) -> Option<Words> {
    if run.world.partition().is_some_and(|partition| !partition.lets_pass(from, to)) {
        return Some("`heal`".into());
    }
    let is_cut = run.world.link(from, to).is_some_and(|link| link.cut);
    is_cut.then(|| words!("`link {from} -> {to} restore`"))
}
