//! What explanations look up in a run.

use std::time::Duration;

use raft_core::{Instant, LogIndex, LogPosition, Node, NodeId, RoleKind};
use raft_sim::{
    ClusterEvent, Event, EventKind, NodeState, PendingWrite, ProcessEvent, Switches, Words, words,
};

use crate::evidence::Evidence;
use crate::explanation::Cause;
use crate::seen::{Passing, disk_change, hears_leader, process};

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

/// A leader that too few servers answer, and when it steps down (dissertation §6.2).
pub(crate) struct Lapse {
    /// When a quorum had answered last.
    pub(crate) heard: Instant,
    /// For how long a leader leads without an answer of a quorum.
    pub(crate) within: Duration,
    /// The heartbeat at which it steps down.
    pub(crate) at: Instant,
}

/// When a leader steps down if nobody answers from now on; `None`: it never looks, or needs nobody.
pub(crate) fn lapse(run: &Evidence<'_>, leader: NodeId) -> Option<Lapse> {
    let (sim, core) = (run.world.node(leader)?, run.core(leader)?);
    let settings = sim.settings();
    let (peers, membership) = (core.status().peers, core.membership());
    let answered_since = |time: Instant| {
        let is_later = |id| peers.iter().any(|peer| peer.id == id && peer.last_contact >= time);
        membership.is_quorum(|id| id == leader || is_later(id))
    };
    let needs_nobody = membership.is_quorum(|id| id == leader);
    if !settings.check_quorum || core.role() != RoleKind::Leader || needs_nobody {
        return None;
    }
    let times = peers.iter().map(|peer| peer.last_contact);
    let heard = times.filter(|time| answered_since(*time)).max()?;
    // By the leader's own clock, as it counts.
    let within = settings.election_timeout_max;
    let mut at = core.deadline();
    while at - heard <= within {
        at = at + settings.heartbeat_interval;
    }
    let clock = sim.clock();
    Some(Lapse { heard: clock.when_it_shows(heard), within, at: clock.when_it_shows(at) })
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

/// The rules that are switched off at this event, with commas between; `None`: all are in force.
pub(crate) fn rules_off(run: &Evidence<'_>, event: &Event) -> Option<String> {
    names(off_at(run, event))
}

/// The same, with those that were switched off before it.
pub(crate) fn rules_ever_off(run: &Evidence<'_>, event: &Event) -> Option<String> {
    let before = run.record.before(event.number).filter_map(rules_switched_on);
    let off = off_at(run, event).iter().chain(run.world.setup().bugs.iter());
    names(off.chain(before.flat_map(Switches::iter)).collect())
}

fn names(rules: Switches) -> Option<String> {
    (rules != Switches::NONE).then(|| rules.to_string())
}

/// From the present state, what happened since is taken back.
fn off_at(run: &Evidence<'_>, event: &Event) -> Switches {
    run.record.after(event.number).rev().fold(run.world.rules_off(), |off, event| {
        if let EventKind::Cluster(ClusterEvent::RuleSwitchedOff { rule }) = event.kind {
            return off.without(rule);
        }
        let switched_on = rules_switched_on(event).unwrap_or_default();
        switched_on.iter().fold(off, Switches::with)
    })
}

fn rules_switched_on(event: &Event) -> Option<Switches> {
    let EventKind::Cluster(ClusterEvent::RulesSwitchedOn { rules }) = event.kind else {
        return None;
    };
    Some(rules)
}

/// The statements after which a node gets messages of another one again, and handles them; `None`:
/// it does.
pub(crate) fn remedy(run: &Evidence<'_>, from: NodeId, to: NodeId) -> Option<Words> {
    match run.world.node(to)?.state() {
        NodeState::Crashed => Some(words!("`restart {to}`")),
        NodeState::Paused => Some(words!("`resume {to}`")),
        NodeState::Refused => Some(words!("another disk for ", to)),
        NodeState::Running => lets_pass(run, from, to),
    }
}

/// The statements after which both of these nodes get each other's messages; `None`: they do.
fn remedy_of_both(run: &Evidence<'_>, (one, other): (NodeId, NodeId)) -> Option<Words> {
    let is_cut = |from, to| run.world.link(from, to).is_some_and(|link| link.cut);
    match (remedy(run, one, other), remedy(run, other, one)) {
        (Some(there), Some(back)) if there == back => Some(there),
        (Some(_), Some(_)) if is_cut(one, other) && is_cut(other, one) => {
            Some(words!("`link {one} <-> {other} restore`"))
        }
        (Some(there), Some(back)) => Some(words!(there, " and ", back)),
        (there, back) => there.or(back),
    }
}

/// What lets messages pass in one direction, for each of these pairs, as alternatives.
pub(crate) fn remedies(
    run: &Evidence<'_>,
    ends: impl Iterator<Item = (NodeId, NodeId)>,
) -> Option<Words> {
    alternatives(ends.filter_map(|(from, to)| remedy(run, from, to)))
}

/// What lets messages pass in both directions, for each of these pairs, as alternatives.
pub(crate) fn remedies_of_both(
    run: &Evidence<'_>,
    pairs: impl Iterator<Item = (NodeId, NodeId)>,
) -> Option<Words> {
    alternatives(pairs.filter_map(|pair| remedy_of_both(run, pair)))
}

/// Each of these statements once.
fn alternatives(statements: impl Iterator<Item = Words>) -> Option<Words> {
    let mut all: Vec<Words> = Vec::new();
    for statement in statements {
        if !all.contains(&statement) {
            all.push(statement);
        }
    }
    (!all.is_empty()).then(|| Words::joined(all, " or "))
}

/// A write of a node that is not done, with the entry at an index.
#[derive(Clone, Copy)]
pub(crate) struct Unfinished<'a> {
    pub(crate) write: &'a PendingWrite,
    /// What made its disk slow.
    pub(crate) slowed: Option<&'a Event>,
}

/// The unfinished write of a node that makes the entry at an index durable.
pub(crate) fn unfinished<'a>(
    run: &Evidence<'a>,
    node: NodeId,
    index: LogIndex,
) -> Option<Unfinished<'a>> {
    let core = run.core(node)?;
    if core.status().durable_index >= index || core.log().last().index < index {
        return None;
    }
    let write = run.world.node(node)?.disk().pending().last()?;
    let slowed = run.last(|event| {
        disk_change(event, node).is_some()
            || matches!(process(event, node), Some(ProcessEvent::Slowed { .. }))
    });
    Some(Unfinished { write, slowed })
}

/// The statement after which messages pass again from one node to another; `None`: they pass.
pub(crate) fn lets_pass(run: &Evidence<'_>, from: NodeId, to: NodeId) -> Option<Words> {
    if run.world.partition().is_some_and(|partition| !partition.lets_pass(from, to)) {
        return Some("`heal`".into());
    }
    let is_cut = run.world.link(from, to).is_some_and(|link| link.cut);
    is_cut.then(|| words!("`link {from} -> {to} restore`"))
}
