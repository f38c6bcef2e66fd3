//! Questions about what did happen, without the number of its event.

use raft_core::{Bare, LifecycleTrace, LogIndex, NodeId, Term, Trace};
use raft_sim::{DiskEvent, Event, NodeState, ProcessEvent, SimNode, Words, words};

use super::leader;
use crate::because::after_failure;
use crate::evidence::Evidence;
use crate::explanation::{Cause, Explanation, Finding};
use crate::facts::end_of_log;
use crate::question::Unanswerable;
use crate::said::At;
use crate::seen::{decision, disk, disk_change, elected, election, entered, process, truncated};

/// Why this is the term: who began it.
pub(super) fn term(run: &Evidence<'_>, term: Term) -> Result<Explanation, Unanswerable> {
    let began = run.record.iter().rev().find_map(|event| {
        let (node, _) = election(event).filter(|(_, of)| *of == term)?;
        Some((event, node))
    });
    let Some((began, node)) = began else {
        let cores = run.world.nodes().filter_map(SimNode::core);
        let latest = cores.map(|core| core.current_term()).max().unwrap_or_default();
        let what = format!("no election began term {term}: the latest term is {latest}");
        return Err(Unanswerable::DidNotHappen(what));
    };
    let elections = elections_without_winner(run, began, node);
    let words = match elections.len() {
        0 => words! {
            "Node ", Bare(node), " started an election at ", At(began.at),
            ", and an election begins a new term"
        },
        1.. => {
            let all = elections.iter().rev().copied().chain([began]);
            let times = all.map(|event| words!(At(event.at)));
            let with_pre_vote = match run.world.setup().settings.pre_vote {
                true => "",
                false => {
                    ". With pre-vote nobody would have answered it, and the term would be what it \
                     was (dissertation §9.6)"
                }
            };
            words! {
                "Node ", Bare(node), " raised the term alone. It started an election each time its \
                 timer elapsed, at ", Words::joined(times, ", "), ", and a server that hears of a \
                 later term must enter it{with_pre_vote}"
            }
        }
    };
    let mut after = run.record.after(began.number);
    let entered = after.find(|event| entered(event).is_some_and(|(_, to)| to == term));
    let finding = Finding::new(words).section("§5.2, §5.1");
    Ok(Explanation::of(finding.because_all(run.led_by(entered)).because_all(run.led_by(began))))
}

/// The elections of a node just before this one, the last one first, that had no winner.
fn elections_without_winner<'a>(run: &Evidence<'a>, began: &Event, node: NodeId) -> Vec<&'a Event> {
    let is_its = |event: &&Event| election(event).is_some_and(|(of, _)| of == node);
    let is_lost = |event: &&Event| {
        let won = election(event);
        !run.record.after(event.number).any(|event| elected(event) == won)
    };
    run.record.before(began.number).filter(is_its).take_while(is_lost).collect()
}

/// Why an entry was removed from the log of a node.
pub(super) fn removed(
    run: &Evidence<'_>,
    index: LogIndex,
    node: NodeId,
) -> Result<Explanation, Unanswerable> {
    let sim = run.world.node(node).ok_or(Unanswerable::NoSuchNode(node))?;
    let removed = run.last(|event| {
        truncated(event, node).is_some_and(|(from, to)| from.index <= index && index <= to.index)
    });
    if let Some(removed) = removed {
        return Ok(Explanation::of(run.because(removed)));
    }
    if let Some(finding) = lost_with_power(run, node, index) {
        return Ok(Explanation::of(finding));
    }
    let Some(core) = sim.core().filter(|core| core.log().last().index >= index) else {
        let what = format!("entry {index} was not removed at node {node}");
        return Err(Unanswerable::DidNotHappen(what));
    };
    let words = match core.log().term_at(index) {
        Some(term) => words!("It was not removed: ", node, " has ", index, ", of ", term, "."),
        None => words!("It was not removed: the snapshot of ", node, " covers ", index, "."),
    };
    Ok(Explanation::of(Finding::new(words)))
}

/// Writes that were not done when the power went.
fn lost_with_power(run: &Evidence<'_>, node: NodeId, index: LogIndex) -> Option<Finding> {
    let lost = run.last(|event| matches!(disk(event, node), Some(DiskEvent::WritesLost { .. })))?;
    if log_end_after(run, node, lost)? >= index {
        return None;
    }
    let finding = Finding::new(words! {
        "It was not removed, and nothing that was promised is lost. At ", At(lost.at), " ", node,
        " lost what was in its memory and not on its disk. It had acknowledged nothing of that, \
         because an acknowledgement waits for the disk"
    })
    .section("Figure 2");
    Some(finding.because_all(run.led_by(lost)).because_all(slow_disk(run, node, lost)))
}

/// The last entry of a node's log when it started again after an event; of its disk, if it has not.
fn log_end_after(run: &Evidence<'_>, node: NodeId, event: &Event) -> Option<LogIndex> {
    let mut after = run.record.after(event.number);
    let started = after.find_map(|event| {
        let Trace::Lifecycle(LifecycleTrace::Started { last_log, .. }) = decision(event, node)?
        else {
            return None;
        };
        Some(last_log.index)
    });
    started.or_else(|| Some(end_of_log(run, node)?.index))
}

/// What made the disk of a node slow, before this event.
fn slow_disk(run: &Evidence<'_>, node: NodeId, before: &Event) -> Vec<Vec<Cause>> {
    let changed = run.last_before(before.number, |event| disk_change(event, node).is_some());
    let Some(changed) = changed else { return Vec::new() };
    run.led_by_as(changed, words!("no write was done: the disk of ", node, " was slow"))
}

/// Why a node refused to start.
pub(super) fn refused(run: &Evidence<'_>, node: NodeId) -> Result<Explanation, Unanswerable> {
    let sim = run.world.node(node).ok_or(Unanswerable::NoSuchNode(node))?;
    let refusal =
        run.last(|event| matches!(process(event, node), Some(ProcessEvent::RestartRefused { .. })));
    let (Some(event), Some(reason)) = (refusal, sim.refusal()) else {
        let fact = words!("Node ", Bare(node), " did not refuse to start.");
        return Ok(Explanation::of(Finding::new(fact)));
    };
    let damaged = run.last_before(event.number, |event| {
        matches!(disk(event, node), Some(DiskEvent::Damaged { .. } | DiskEvent::WriteTorn { .. }))
    });
    let down = run.last_before(event.number, |event| {
        matches!(process(event, node), Some(ProcessEvent::Crashed))
    });
    let finding = Finding::new(words! {
        "Node ", Bare(node), " refuses to start: ", reason, " What it promised, entries that it \
         acknowledged and its vote, rests on that disk, so it must start neither from that disk \
         nor empty"
    })
    .section("Figure 2")
    .because_all(run.causes(event))
    .because_all(run.led_by(damaged))
    .because_all(run.led_by(down));
    Ok(Explanation::of(finding))
}

/// Why the process of a node stopped.
pub(super) fn stopped(run: &Evidence<'_>, node: NodeId) -> Result<Explanation, Unanswerable> {
    let sim = run.world.node(node).ok_or(Unanswerable::NoSuchNode(node))?;
    if let Some(finding) = write_failed(run, sim) {
        return Ok(Explanation::of(finding));
    }
    let said = words!("Node ", Bare(node));
    let finding = match sim.state() {
        NodeState::Running => Finding::new(words!(said, " runs: its process did not stop.")),
        NodeState::Paused => Finding::new(words!(said, " is paused."))
            .because_all(leader::stopped(run, node))
            .needs(words!("`resume {node}`.")),
        NodeState::Crashed | NodeState::Refused => {
            Finding::new(words!(said, " is down.")).because_all(leader::stopped(run, node))
        }
    };
    Ok(Explanation::of(finding))
}

/// A process whose write failed stops.
fn write_failed(run: &Evidence<'_>, sim: &SimNode) -> Option<Finding> {
    let node = sim.id();
    if sim.state() != NodeState::Crashed {
        return None;
    }
    let event =
        run.last(|event| matches!(disk(event, node), Some(DiskEvent::WriteFailed { .. })))?;
    // A flush of a file that failed stops a process without such an event.
    let crashed = run.last(|event| matches!(process(event, node), Some(ProcessEvent::Crashed)))?;
    if crashed.cause != Some(event.number) {
        return None;
    }
    let DiskEvent::WriteFailed { id, failure, .. } = disk(event, node)? else { return None };
    let issued = run.last_before(event.number, |event| {
        matches!(disk(event, node), Some(DiskEvent::WriteIssued { id: other, .. }) if other == id)
    });
    let changed = run.last_before(event.number, |event| disk_change(event, node).is_some());
    let then = after_failure(*failure);
    let finding = Finding::new(words! {
        "Its write ", id.0, " failed at ", At(event.at), ": {failure}. {then}"
    })
    .section("Figure 2");
    Some(
        finding
            .because_all(run.causes(event))
            .because_all(run.led_by(issued))
            .because_all(run.led_by(changed)),
    )
}
