//! Questions about what did happen, without the number of its event.

use raft_core::{
    Bare, ElectionTrace, LogIndex, LogPosition, NodeId, ReplicationTrace, Term, Trace,
};
use raft_kv::ClientId;
use raft_sim::{
    ClientEvent, DiskEvent, Event, EventKind, NodeState, ProcessEvent, SimNode, Words, words,
};

use crate::chain::Chains;
use crate::evidence::Evidence;
use crate::explanation::{Cause, Explanation, Finding};
use crate::facts::{At, Nodes, Took, decision};
use crate::question::Unanswerable;

/// Why this is the term: who began it.
pub(super) fn term(run: &Evidence<'_>, term: Term) -> Result<Explanation, Unanswerable> {
    let began = run.last(|event| {
        matches!(&event.kind, EventKind::Core {
            trace: Trace::Election(ElectionTrace::Started { term: of, .. }), ..
        } if *of == term)
    });
    let Some(began) = began else {
        return Err(Unanswerable::DidNotHappen(format!("no election began term {term}")));
    };
    let EventKind::Core { node, .. } = began.kind else { unreachable!("it is of the core") };
    let mut elections: Vec<&Event> = run
        .record
        .before(began.number)
        .filter(|event| {
            matches!(decision(event, node), Some(Trace::Election(ElectionTrace::Started { .. })))
        })
        .take_while(|event| won_nothing(run, event))
        .collect();
    elections.reverse();
    elections.push(began);
    let words = match elections.len() {
        0 | 1 => words!(
            "Node ",
            Bare(node),
            " started an election at ",
            At(began.at),
            ", and an election \
             begins a new term"
        ),
        _ => {
            let times = elections.iter().map(|event| words!(At(event.at)));
            let with_pre_vote = match run.world.setup().settings.pre_vote {
                true => "",
                false => {
                    ". With pre-vote nobody would have answered it, and the term would be \
                          what it was (dissertation §9.6)"
                }
            };
            words!(
                "Node ",
                Bare(node),
                " raised the term alone. It started an election each time its \
                 timer elapsed, at ",
                Words::joined(times, ", "),
                ", and a server that hears of a \
                 later term must enter it{with_pre_vote}"
            )
        }
    };
    let mut finding = Finding::new(words).section("§5.2, §5.1");
    let entered = run.record.after(began.number).find(|event| {
        matches!(&event.kind, EventKind::Core {
            trace: Trace::Term(raft_core::TermTrace::Advanced { to, .. }), ..
        } if *to == term)
    });
    if let Some(entered) = entered {
        finding =
            finding.because_all(Chains::new(*run).from(entered, Words::of(&entered.kind)).finish());
    }
    let chain = Chains::new(*run).from(began, Words::of(&began.kind)).finish();
    Ok(Explanation::of(finding.because_all(chain)))
}

/// Whether an election had no winner.
fn won_nothing(run: &Evidence<'_>, started: &Event) -> bool {
    let EventKind::Core { node, trace: Trace::Election(ElectionTrace::Started { term, .. }) } =
        &started.kind
    else {
        return false;
    };
    !run.record.after(started.number).any(|event| {
        matches!(decision(event, *node), Some(Trace::Election(
            ElectionTrace::BecameLeader { term: of, .. }
        )) if of == term)
    })
}

/// Why an entry was removed from the log of a node.
pub(super) fn removed(
    run: &Evidence<'_>,
    index: LogIndex,
    node: NodeId,
) -> Result<Explanation, Unanswerable> {
    let sim = run.world.node(node).ok_or(Unanswerable::NoSuchNode(node))?;
    let removed = run.last(|event| {
        matches!(decision(event, node), Some(Trace::Replication(
            ReplicationTrace::Truncated { from, to, .. }
        )) if from.index <= index && index <= to.index)
    });
    if let Some(removed) = removed {
        return Ok(Explanation::of(run.because(removed)));
    }
    if sim.core().is_some_and(|core| core.log().last().index >= index) {
        let here = sim.core().and_then(|core| core.log().term_at(index));
        let words = match here {
            Some(term) => words!("It was not removed: ", node, " has ", index, ", of ", term, "."),
            None => words!("It was not removed: the snapshot of ", node, " covers ", index, "."),
        };
        return Ok(lost_with_power(run, node)
            .map_or_else(|| Explanation::of(Finding::new(words)), Explanation::of));
    }
    match lost_with_power(run, node) {
        Some(finding) => Ok(Explanation::of(finding)),
        None => {
            Err(Unanswerable::DidNotHappen(format!("entry {index} was not removed at node {node}")))
        }
    }
}

/// Writes that were not done when the power went.
fn lost_with_power(run: &Evidence<'_>, node: NodeId) -> Option<Finding> {
    let lost = run.last(|event| {
        matches!(&event.kind, EventKind::Disk { node: of, event: DiskEvent::WritesLost { .. } }
            if *of == node)
    })?;
    Some(
        Finding::new(words!(
            "It was not removed, and nothing that was promised is lost. At ",
            At(lost.at),
            " ",
            node,
            " lost what was in its memory and not on its disk. It had acknowledged \
             nothing of that, because an acknowledgement waits for the disk"
        ))
        .section("Figure 2")
        .because_all(Chains::new(*run).from(lost, Words::of(&lost.kind)).finish())
        .because_all(slow_disk(run, node, lost)),
    )
}

/// What made the disk of a node slow, before this event.
fn slow_disk(run: &Evidence<'_>, node: NodeId, before: &Event) -> Vec<Vec<Cause>> {
    let changed = run.last_before(before.number, |event| {
        matches!(&event.kind, EventKind::Disk { node: of, event: DiskEvent::Changed { .. } }
            if *of == node)
    });
    let said = words!("no write was done: the disk of ", node, " was slow");
    changed.map(|changed| Chains::new(*run).from(changed, said).finish()).unwrap_or_default()
}

/// Why a node refused to start.
pub(super) fn refused(run: &Evidence<'_>, node: NodeId) -> Result<Explanation, Unanswerable> {
    let sim = run.world.node(node).ok_or(Unanswerable::NoSuchNode(node))?;
    let refusal = run.last(|event| {
        matches!(&event.kind, EventKind::Process {
            node: of, event: ProcessEvent::RestartRefused { .. }
        } if *of == node)
    });
    let (Some(event), Some(reason)) = (refusal, sim.refusal()) else {
        return Ok(Explanation::of(Finding::new(words!(
            "Node ",
            Bare(node),
            " did not refuse to start."
        ))));
    };
    let mut finding = Finding::new(words!(
        "Node ",
        Bare(node),
        " refuses to start: ",
        reason,
        " What it promised, entries that it \
 acknowledged and its vote, rests on that disk, so it must start neither from that disk \
         nor empty"
    ))
    .section("Figure 2")
    .because_all(Chains::new(*run).of(event).finish());
    let damaged = run.last_before(event.number, |event| {
        matches!(&event.kind, EventKind::Disk {
            node: of, event: DiskEvent::Damaged { .. } | DiskEvent::WriteTorn { .. }
        } if *of == node)
    });
    let down = run.last_before(event.number, |event| {
        matches!(&event.kind, EventKind::Process { node: of, event: ProcessEvent::Crashed }
            if *of == node)
    });
    for event in [damaged, down].into_iter().flatten() {
        finding =
            finding.because_all(Chains::new(*run).from(event, Words::of(&event.kind)).finish());
    }
    Ok(Explanation::of(finding))
}

/// Why the process of a node stopped.
pub(super) fn stopped(run: &Evidence<'_>, node: NodeId) -> Result<Explanation, Unanswerable> {
    let sim = run.world.node(node).ok_or(Unanswerable::NoSuchNode(node))?;
    let failed = run.last(|event| {
        matches!(&event.kind, EventKind::Disk { node: of, event: DiskEvent::WriteFailed { .. } }
            if *of == node)
    });
    if let (Some(event), NodeState::Crashed) = (failed, sim.state())
        && let EventKind::Disk { event: DiskEvent::WriteFailed { id, failure, .. }, .. } =
            &event.kind
    {
        let failure = failure.to_string();
        let chains = Chains::new(*run).of(event).finish();
        let changed = run.last_before(event.number, |event| {
            matches!(&event.kind, EventKind::Disk { node: of, event: DiskEvent::Changed { .. } }
                if *of == node)
        });
        let mut finding = Finding::new(words!(
            "Its write ",
            id.0,
            " failed at ",
            At(event.at),
            ": {failure}. After that nobody knows \
             what the disk holds, and a second flush may succeed without the write, so the \
             process stops and acknowledges nothing"
        ))
        .section("Figure 2")
        .because_all(chains);
        let issued = run.last_before(event.number, |event| {
            matches!(&event.kind, EventKind::Disk {
                node: of, event: DiskEvent::WriteIssued { id: other, .. }
            } if *of == node && other == id)
        });
        if let Some(issued) = issued {
            finding = finding
                .because_all(Chains::new(*run).from(issued, Words::of(&issued.kind)).finish());
        }
        if let Some(changed) = changed {
            finding = finding
                .because_all(Chains::new(*run).from(changed, Words::of(&changed.kind)).finish());
        }
        return Ok(Explanation::of(finding));
    }
    let chains = super::leader::stopped(run, node);
    Ok(Explanation::of(match sim.state() {
        NodeState::Running => {
            Finding::new(words!("Node ", Bare(node), " runs: its process did not stop."))
        }
        NodeState::Paused => Finding::new(words!("Node ", Bare(node), " is paused."))
            .because_all(chains)
            .needs(words!("`resume {node}`.")),
        NodeState::Crashed | NodeState::Refused => {
            Finding::new(words!("Node ", Bare(node), " is down.")).because_all(chains)
        }
    }))
}

/// Why a client got its last answer, and not earlier.
pub(super) fn answer(run: &Evidence<'_>, client: ClientId) -> Result<Explanation, Unanswerable> {
    if run.world.client(client).is_none() {
        return Err(Unanswerable::NoSuchClient(client));
    }
    let is_end =
        |event: &ClientEvent| matches!(event, ClientEvent::Answered { .. } | ClientEvent::GaveUp);
    let end = run.last(|event| {
        matches!(&event.kind, EventKind::Client { client: of, event, .. }
            if *of == client && is_end(event))
    });
    let Some(end) = end else { return super::answers::none(run, client) };
    let EventKind::Client { sequence, event, .. } = &end.kind else {
        unreachable!("it is of a client")
    };
    let began = run.last_before(end.number, |event| {
        matches!(&event.kind, EventKind::Client {
            client: of, sequence: number, event: ClientEvent::Invoked { .. }
        } if *of == client && number == sequence)
    });
    let took = Took(end.at - began.map_or(end.at, |began| began.at));
    let words = match event {
        ClientEvent::GaveUp => words!(
            "The client gave up after ",
            took,
            ": its patience ended without an answer, and no \
             answer means neither yes nor no"
        ),
        ClientEvent::Answered { node, attempts, read, .. } if read.may_be_stale() => words!(
            "Node ",
            Bare(node),
            " answered from its own store after ",
            took,
            ", attempt {attempts}. \
             A local read asks nobody and shows what that node has applied, here up to ",
            applied(run, *node)
        ),
        ClientEvent::Answered { node, attempts, .. } => {
            words!("The client got its answer from ", node, " after ", took, ", attempt {attempts}")
        }
        _ => Words::of(&end.kind),
    };
    let chains = Chains::new(*run).of(end).finish();
    let entries = entries_of(run, client, end);
    let section = match event {
        ClientEvent::Answered { read, .. } if read.may_be_stale() => "dissertation §6.4",
        _ => "§8",
    };
    let mut finding = Finding::new(words!(words, fate_of(run, event, &entries))).section(section);
    finding = finding.because_all(chains);
    if let ClientEvent::Answered { node, read, .. } = event
        && read.may_be_stale()
    {
        finding = finding.because_all(unknown_to(run, *node, end));
    }
    Ok(Explanation::of(waited_for_silence(run, client, end, finding)))
}

fn applied(run: &Evidence<'_>, node: NodeId) -> LogIndex {
    run.world.node(node).and_then(SimNode::core).map_or(LogIndex(0), |core| core.last_applied())
}

/// A time-out on the way means that a server did not answer: says why.
fn waited_for_silence(
    run: &Evidence<'_>,
    client: ClientId,
    end: &Event,
    finding: Finding,
) -> Finding {
    let timed_out = run.last_before(end.number, |event| {
        matches!(&event.kind, EventKind::Client {
            client: of, event: ClientEvent::TimedOut { .. }, ..
        } if *of == client)
    });
    let Some(timed_out) = timed_out else { return finding };
    let EventKind::Client { event: ClientEvent::TimedOut { node }, .. } = &timed_out.kind else {
        return finding;
    };
    let waited = Took(run.world.setup().client_timeout);
    let silent = words!(
        finding.words,
        ". It waited a whole time-out, ",
        waited,
        ", for ",
        Nodes(&[*node]),
        ", which did not answer"
    );
    let down = run.last_before(timed_out.number, |event| {
        matches!(&event.kind, EventKind::Process {
            node: of, event: ProcessEvent::Crashed | ProcessEvent::Paused
        } if of == node)
    });
    let chains = down
        .map(|down| Chains::new(*run).from(down, Words::of(&down.kind)).finish())
        .unwrap_or_default();
    Finding { words: silent, ..finding }.because_all(chains)
}

/// The entries that the requests of this operation made: its first try and its retries.
fn entries_of(run: &Evidence<'_>, client: ClientId, end: &Event) -> Vec<LogPosition> {
    let EventKind::Client { sequence, .. } = &end.kind else { return Vec::new() };
    let arrived = run.record.iter().filter(|event| {
        matches!(&event.kind, EventKind::Client {
            client: of, sequence: number, event: ClientEvent::Arrived { is_up: true, .. }
        } if *of == client && number == sequence)
    });
    let appended = arrived.filter_map(|arrived| {
        let same_step = run.record.after(arrived.number).take_while(|e| e.step == arrived.step);
        same_step.filter(|event| event.cause == Some(arrived.number)).find_map(|event| match &event
            .kind
        {
            EventKind::Core {
                trace: Trace::Replication(ReplicationTrace::Appended { position, noop: false }),
                ..
            } => Some(*position),
            _ => None,
        })
    });
    appended.collect()
}

/// The end of a write, as far as the run knows.
fn fate_of(run: &Evidence<'_>, event: &ClientEvent, entries: &[LogPosition]) -> Words {
    match (event, entries) {
        (ClientEvent::Answered { .. }, [first, .., last]) => words!(
            ". Entry ",
            Bare(last),
            " is a retry of entry ",
            Bare(first),
            ": same session, same \
             number. The state machine remembers the answer that it gave and returns it without \
             applying the command again, if the first was applied"
        ),
        (ClientEvent::GaveUp, [.., entry]) => {
            let committed = run.record.iter().find_map(|event| match &event.kind {
                EventKind::Core {
                    node,
                    trace: Trace::Commit(raft_core::CommitTrace::Committed { to, .. }),
                } if entry.index <= *to => {
                    let log = run.world.node(*node)?.core()?.log();
                    Some((event.at, log.term_at(entry.index)?))
                }
                _ => None,
            });
            match committed {
                Some((at, term)) if term == entry.term => words!(
                    ". The run knows more: its entry ",
                    Bare(entry),
                    " is committed, since ",
                    At(at)
                ),
                Some((at, term)) => words!(
                    ". The run knows more: its entry was ",
                    Bare(entry),
                    ", and ",
                    Bare(LogPosition::new(entry.index, term)),
                    " was committed in its place at ",
                    At(at),
                    ", so this write did not happen, and as the client does not ask \
                     again, never will"
                ),
                None => words!(
                    ". The run knows more: its entry is ",
                    Bare(entry),
                    ", and not committed so far"
                ),
            }
        }
        _ => Words::default(),
    }
}

/// The first entry that is committed and that a node had not applied.
fn unknown_to(run: &Evidence<'_>, node: NodeId, end: &Event) -> Vec<Vec<Cause>> {
    let next = applied(run, node).next();
    let committed = run.record.before(end.number).any(|event| match &event.kind {
        EventKind::Core {
            trace: Trace::Commit(raft_core::CommitTrace::Committed { to, .. }),
            ..
        } => next <= *to,
        _ => false,
    });
    match committed {
        true => crate::missing::lacking(run, node, next, end),
        false => Vec::new(),
    }
}
