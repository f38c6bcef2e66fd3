//! Why an entry is not committed.

use raft_core::{Bare, LogIndex, NodeId, Term};
use raft_sim::{EventKind, MessageEvent, NodeState, SimNode, Words, words};

use super::leader::{next_election, stopped};
use crate::chain::Chains;
use crate::evidence::Evidence;
use crate::explanation::{Cause, Explanation, Finding};
use crate::facts::{At, Capital, Named, Nodes, lets_pass, message};
use crate::missing::lacking;
use crate::question::Unanswerable;

/// Why an entry is not committed.
pub(super) fn not(run: &Evidence<'_>, index: LogIndex) -> Result<Explanation, Unanswerable> {
    let committed =
        run.world.nodes().filter_map(|node| node.core()).map(|core| core.commit_index());
    if committed.max().is_some_and(|commit| index <= commit) {
        return Ok(Explanation::of(is_committed(run, index)));
    }
    let Some(leader) = run.world.leader() else {
        let mut explanation = super::leader::none(run)?;
        let first = words!("No server leads, and only a leader commits entries. ");
        if let Some(finding) = explanation.findings.first_mut() {
            finding.words = words!(first, finding.words);
        }
        return Ok(explanation);
    };
    let Some(core) = run.world.node(leader).and_then(SimNode::core) else {
        return Err(Unanswerable::NoSuchNode(leader));
    };
    let Some(term) = core.log().term_at(index) else {
        let last = core.log().last();
        return Err(Unanswerable::DidNotHappen(format!(
            "there is no entry {index}: the log of leader {leader} ends at {last}"
        )));
    };
    let count = Count::of(run, leader, index);
    let mut findings = Vec::new();
    if term < core.current_term() && count.is_majority {
        findings.push(of_older_term(run, leader, index, term, &count));
    } else {
        findings.push(too_few(run, leader, index, &count));
    }
    Ok(Explanation { findings })
}

fn is_committed(run: &Evidence<'_>, index: LogIndex) -> Finding {
    let event = run.record.iter().find(|event| match &event.kind {
        EventKind::Core {
            trace: raft_core::Trace::Commit(raft_core::CommitTrace::Committed { from, to, .. }),
            ..
        } => *from < index && index <= *to,
        _ => false,
    });
    match event {
        Some(event) => {
            let said = words!("Entry ", Bare(index), " is committed, since ", At(event.at), ".");
            Finding::new(said).because_all(Chains::new(*run).of(event).finish())
        }
        None => Finding::new(words!("Entry ", Bare(index), " is committed.")),
    }
}

/// Where an entry is, as a leader can count it.
struct Count {
    /// The servers whose disk is known to the leader to hold it.
    known: Vec<NodeId>,
    /// The other voters whose disk holds it, although the leader was not told.
    untold: Vec<NodeId>,
    /// The voters without it.
    without: Vec<NodeId>,
    is_majority: bool,
    /// How many are counted of how many that are needed, in each set of voters.
    tally: Words,
}

impl Count {
    fn of(run: &Evidence<'_>, leader: NodeId, index: LogIndex) -> Self {
        let core = run.world.node(leader).and_then(SimNode::core).expect("it leads");
        let status = core.status();
        let membership = core.membership();
        let is_known = |node: NodeId| match node == leader {
            true => status.durable_index >= index,
            false => status.peers.iter().any(|peer| peer.id == node && peer.match_index >= index),
        };
        let term = core.log().term_at(index);
        let on_disk = |node: NodeId| {
            run.world.node(node).is_some_and(|node| match node.core() {
                Some(core) => {
                    core.status().durable_index >= index && core.log().term_at(index) == term
                }
                None => node.recovered().is_ok_and(|disk| {
                    disk.entries
                        .iter()
                        .any(|entry| entry.index == index && Some(entry.term) == term)
                }),
            })
        };
        let mut all: Vec<NodeId> = membership.voters().to_vec();
        all.extend(membership.outgoing().iter().filter(|node| !membership.voters().contains(node)));
        all.sort_unstable();
        let known: Vec<NodeId> = all.iter().copied().filter(|node| is_known(*node)).collect();
        let others: Vec<NodeId> = all.iter().copied().filter(|node| !is_known(*node)).collect();
        let untold =
            others.iter().copied().filter(|node| *node != leader && on_disk(*node)).collect();
        let without =
            others.iter().copied().filter(|node| *node == leader || !on_disk(*node)).collect();
        let tally = match membership.is_joint() {
            false => {
                let (needed, of) = (membership.majority(), membership.voters().len());
                words!("{needed} of {of} are needed")
            }
            true => {
                let holds = |set: &[NodeId]| {
                    set.iter().copied().filter(|node| is_known(*node)).collect::<Vec<_>>()
                };
                let (old, new) = (holds(membership.outgoing()), holds(membership.voters()));
                words!(
                    "the membership is joint, so two majorities are needed: of the old voters ",
                    crate::facts::And(membership.outgoing()),
                    " ",
                    Nodes(&old),
                    " have it, of the new \
                     voters ",
                    crate::facts::And(membership.voters()),
                    " ",
                    Nodes(&new)
                )
            }
        };
        Self { known, untold, without, is_majority: membership.is_quorum(is_known), tally }
    }
}

fn too_few(run: &Evidence<'_>, leader: NodeId, index: LogIndex, count: &Count) -> Finding {
    let Count { known, untold, without, tally, .. } = count;
    let joint = run
        .world
        .node(leader)
        .and_then(SimNode::core)
        .is_some_and(|core| core.membership().is_joint());
    let place = match known.len() {
        0 => "on no disk that counts".into(),
        1 => words!("on one disk, that of ", Nodes(known)),
        more => words!("on {more} disks, those of ", Nodes(known)),
    };
    let mut words = words!("Entry ", Bare(index), " is ", place, "; ", tally);
    if !untold.is_empty() {
        let verb = if untold.len() == 1 { "has" } else { "have" };
        words = words!(
            words,
            ". ",
            Capital(untold),
            " {verb} it too, but a leader counts only what it is told"
        );
    }
    let own_write = own_write(run, leader, index);
    if let Some((said, ..)) = &own_write {
        words = words!(words, ". ", said);
    }
    let mut chains: Vec<Vec<Cause>> = Vec::new();
    let mut needs: Vec<Words> = Vec::new();
    if let Some((_, chain, need)) = own_write {
        chains.extend(chain);
        needs.push(need);
    }
    for node in untold {
        chains.extend(unheard(run, *node, leader, index));
    }
    let end = run.record.iter().next_back();
    for node in without.iter().filter(|node| **node != leader) {
        match run.world.node(*node).map(|node| node.state()) {
            Some(NodeState::Crashed | NodeState::Refused | NodeState::Paused) => {
                chains.extend(stopped(run, *node));
            }
            _ => chains.extend(end.map(|end| lacking(run, *node, index, end)).unwrap_or_default()),
        }
    }
    let missing: Vec<NodeId> = without.iter().copied().filter(|node| *node != leader).collect();
    if !missing.is_empty() {
        let one = if missing.len() == 1 { "" } else { "one of " };
        let undo = undo(run, missing.iter().map(|node| (leader, *node)));
        let soon = next_election(run).filter(|(node, _)| missing.contains(node));
        let soon = match soon {
            Some((node, at)) if undo.is_some() => words!(
                ", and soon: the election timer of ",
                node,
                " elapses at ",
                At(at),
                ", and the leader of a later term puts its own entry in this place"
            ),
            _ => Words::default(),
        };
        let so = undo.map_or_else(Words::default, |undo| words!(", so ", undo));
        needs.push(words!("{one}", Nodes(&missing), " must store it", so, soon));
    }
    if !untold.is_empty() {
        needs.push(match undo(run, untold.iter().map(|node| (*node, leader))) {
            Some(undo) => words!(undo, ": the answer to the next heartbeat commits it"),
            None => "an acknowledgement that reaches the leader".into(),
        });
    }
    let section = if joint { "§6" } else { "§5.3" };
    let mut finding = Finding::new(words).section(section);
    for chain in chains {
        finding = finding.because(chain);
    }
    finding.needs(words!(Words::joined(needs, ", or "), "."))
}

/// The statements after which messages pass between these servers.
fn undo(run: &Evidence<'_>, ends: impl Iterator<Item = (NodeId, NodeId)>) -> Option<Words> {
    let mut all: Vec<Words> = Vec::new();
    for statement in ends.filter_map(|(from, to)| lets_pass(run, from, to)) {
        if !all.contains(&statement) {
            all.push(statement);
        }
    }
    (!all.is_empty()).then(|| Words::joined(all, " or "))
}

/// The leader's own write of an entry, if it is not done.
fn own_write(
    run: &Evidence<'_>,
    leader: NodeId,
    index: LogIndex,
) -> Option<(Words, Vec<Vec<Cause>>, Words)> {
    let node = run.world.node(leader)?;
    let core = node.core()?;
    if core.status().durable_index >= index {
        return None;
    }
    let pending = node.disk().pending().last()?;
    let said = words!(
        "The leader counts its own disk like any other, and its write ",
        pending.id.0,
        ", asked for at ",
        At(pending.issued_at),
        ", is not done (dissertation §10.2.1)"
    );
    let stalled = run.last(|event| {
        matches!(&event.kind, EventKind::Disk {
            node, event: raft_sim::DiskEvent::Changed { .. }
        } if *node == leader)
    });
    let chains = stalled
        .map(|event| Chains::new(*run).from(event, Words::of(&event.kind)).finish())
        .unwrap_or_default();
    Some((said, chains, words!("that write, due at ", At(pending.done_at))))
}

/// The acknowledgement of a node that did not reach the leader.
fn unheard(run: &Evidence<'_>, node: NodeId, leader: NodeId, index: LogIndex) -> Vec<Vec<Cause>> {
    let lost = run.last(|event| {
        message(event, node, leader).is_some_and(|(message, what)| {
            matches!(what, MessageEvent::Dropped { .. })
                && matches!(message.body, raft_core::Body::AppendEntriesReply(
                    raft_core::AppendEntriesReply::Success { match_index, .. }
                ) if match_index >= index)
        })
    });
    let Some(lost) = lost else { return Vec::new() };
    let said = match message(lost, node, leader) {
        Some((message, _)) => words!(Named(message), " of ", node, " is lost"),
        None => Words::of(&lost.kind),
    };
    Chains::new(*run).from(lost, said).finish()
}

fn of_older_term(
    run: &Evidence<'_>,
    leader: NodeId,
    index: LogIndex,
    term: Term,
    count: &Count,
) -> Finding {
    let core = run.world.node(leader).and_then(SimNode::core).expect("it leads");
    let (current, own) = (core.current_term(), first_of_term(run, leader));
    let finding = Finding::new(words!(
        "Entry ",
        Bare(index),
        " is of an older term. Leader ",
        Bare(leader),
        " knows it on the \
         disks of ",
        Nodes(&count.known),
        ", a majority, but it is of ",
        term,
        " and the leader \
         leads ",
        current,
        ", and counting replicas commits only entries of the leader's own term"
    ))
    .section("§5.4.2, Figure 8");
    let told = run.last(|event| {
        crate::facts::decision(event, leader).is_some_and(|trace| {
            matches!(trace, raft_core::Trace::Commit(
                raft_core::CommitTrace::OldTermNotCounted { position, .. }
            ) if position.index >= index)
        })
    });
    let mut finding = match told {
        Some(told) => finding.because_all(Chains::new(*run).of(told).finish()),
        None => finding,
    };
    let Some(own) = own else { return finding };
    let end = run.record.iter().next_back();
    for node in count.known.iter().filter(|node| **node != leader) {
        let has =
            core.status().peers.iter().any(|peer| peer.id == *node && peer.match_index >= own);
        if let (false, Some(end)) = (has, end) {
            finding = finding.because_all(lacking(run, *node, own, end));
        }
    }
    let needed = core.membership().majority();
    finding.needs(words!(
        "the leader's own ",
        own,
        ", of ",
        current,
        ", on {needed} disks: that commits both."
    ))
}

/// The first entry of its own term in a leader's log.
fn first_of_term(run: &Evidence<'_>, leader: NodeId) -> Option<LogIndex> {
    let core = run.world.node(leader)?.core()?;
    let log = core.log();
    let own = log.iter_from(log.first_index()).find(|entry| entry.term == core.current_term())?;
    Some(own.index)
}
