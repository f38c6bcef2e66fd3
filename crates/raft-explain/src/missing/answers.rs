//! Why a client has no answer, and why a read waits.

use raft_core::{Bare, NodeId, Outcome, ReadTrace, Refusal, Trace};
use raft_kv::ClientId;
use raft_sim::{ClientEvent, Event, EventKind, NodeState, PendingOperation, SimNode, Words, words};

use super::leader::stopped;
use crate::chain::Chains;
use crate::evidence::Evidence;
use crate::explanation::{Explanation, Finding};
use crate::facts::{At, Took, decision};
use crate::question::Unanswerable;

/// Why a client has no answer.
pub(super) fn none(run: &Evidence<'_>, client: ClientId) -> Result<Explanation, Unanswerable> {
    let pending = pending(run, client)?;
    let Some(pending) = pending else { return Ok(has_answer(run, client)) };
    if pending.operation.is_read() {
        return read_waits(run, client);
    }
    let mut findings = Vec::new();
    findings.extend(last_refusal(run, client));
    findings.extend(asked_a_server_that_is_down(run, client, pending));
    if findings.is_empty() {
        findings.extend(entry_waits(run, client));
    }
    if findings.is_empty() && run.world.leader().is_none() {
        findings.extend(super::leader::none(run)?.findings);
    }
    if findings.is_empty() {
        findings.push(under_way(run, client, pending));
    }
    Ok(Explanation { findings })
}

/// Why the read of a client waits.
pub(super) fn read_waits(
    run: &Evidence<'_>,
    client: ClientId,
) -> Result<Explanation, Unanswerable> {
    let pending = pending(run, client)?;
    let Some(pending) = pending else { return Ok(has_answer(run, client)) };
    let mut findings = Vec::new();
    findings.extend(refused_read(run, pending.target));
    findings.extend(waits_for_round(run, pending.target));
    findings.extend(asked_a_server_that_is_down(run, client, pending));
    if findings.is_empty() {
        findings.extend(last_refusal(run, client));
    }
    if findings.is_empty() {
        findings.push(under_way(run, client, pending));
    }
    Ok(Explanation { findings })
}

fn pending<'a>(
    run: &Evidence<'a>,
    client: ClientId,
) -> Result<Option<&'a PendingOperation>, Unanswerable> {
    let client = run.world.client(client).ok_or(Unanswerable::NoSuchClient(client))?;
    Ok(client.pending())
}

fn has_answer(run: &Evidence<'_>, client: ClientId) -> Explanation {
    let answer = run.last(|event| {
        matches!(&event.kind, EventKind::Client {
            client: of, event: ClientEvent::Answered { .. } | ClientEvent::GaveUp, ..
        } if *of == client)
    });
    Explanation::of(match answer {
        Some(answer) => Finding::new(words!(
            "It waits for nothing: ",
            Words::of(&answer.kind),
            ", at ",
            At(answer.at),
            "."
        )),
        None => Finding::new("It waits for nothing.".into()),
    })
}

fn of_client(event: &Event, of: ClientId) -> Option<&ClientEvent> {
    match &event.kind {
        EventKind::Client { client, event, .. } if *client == of => Some(event),
        _ => None,
    }
}

/// The server that the client asked refused.
fn last_refusal(run: &Evidence<'_>, client: ClientId) -> Option<Finding> {
    let last = run.last(|event| {
        of_client(event, client).is_some_and(|event| {
            matches!(event, ClientEvent::Replied { .. } | ClientEvent::Invoked { .. })
        })
    })?;
    let (node, refusal) = match of_client(last, client)? {
        ClientEvent::Replied { node, outcome: Outcome::Refused(refusal) } => (*node, *refusal),
        _ => return None,
    };
    let finding = match refusal {
        Refusal::TransferInProgress { to } => transfer_waits(run, node, to, last),
        other => {
            Finding::new(words!("Node ", Bare(node), " refused it, at ", At(last.at), ": ", other))
        }
    };
    Some(finding.because_all(Chains::new(*run).of(last).finish()))
}

/// A leader takes no commands while it hands over its leadership.
fn transfer_waits(run: &Evidence<'_>, node: NodeId, to: NodeId, refused: &Event) -> Finding {
    let core = run.world.node(node).and_then(SimNode::core);
    let peer = core.and_then(|core| {
        let status = core.status();
        status.peers.iter().find(|peer| peer.id == to).copied()
    });
    let numbers = match (core, peer) {
        (Some(core), Some(peer)) if peer.match_index < core.log().last().index => words!(
            ". The transfer waits because ",
            to,
            " is not up to date: match_index is ",
            Bare(peer.match_index),
            ", and the last entry is ",
            Bare(core.log().last().index)
        ),
        _ => Words::default(),
    };
    let started = run.last(|event| {
        matches!(decision(event, node), Some(Trace::Transfer(
            raft_core::TransferTrace::Started { to: target }
        )) if *target == to)
    });
    let mut finding = Finding::new(words!(
        "Node ",
        Bare(node),
        " takes no commands while it hands leadership over to ",
        to,
        ", and refused this one at ",
        At(refused.at),
        numbers
    ))
    .section("dissertation §3.10");
    if let Some(started) = started {
        finding =
            finding.because_all(Chains::new(*run).from(started, Words::of(&started.kind)).finish());
    }
    let pending = run.world.node(to).and_then(|node| node.disk().pending().last().cloned());
    if let Some(write) = pending {
        finding = finding.needs(words!(
            "the write of ",
            to,
            ", due at ",
            At(write.done_at),
            ", and its election."
        ));
    }
    finding
}

fn asked_a_server_that_is_down(
    run: &Evidence<'_>,
    client: ClientId,
    pending: &PendingOperation,
) -> Option<Finding> {
    let node = run.world.node(pending.target)?;
    if !matches!(node.state(), NodeState::Crashed | NodeState::Refused | NodeState::Paused) {
        return None;
    }
    let asked =
        run.last(|event| matches!(of_client(event, client), Some(ClientEvent::Asked { .. })))?;
    let wait = run.world.setup().client_timeout;
    Some(
        Finding::new(words!(
            "It asked ",
            pending.target,
            " at ",
            At(asked.at),
            ", which is down, and a server that \
             is down does not even refuse"
        ))
        .section("§8")
        .because_all(stopped(run, pending.target))
        .needs(words!(
            "its timer, ",
            Took(wait),
            " after it asked, at ",
            At(asked.at + wait),
            "; then it asks another server."
        )),
    )
}

/// The entry of its command is not committed.
fn entry_waits(run: &Evidence<'_>, client: ClientId) -> Option<Finding> {
    let arrived = run.last(|event| {
        matches!(of_client(event, client), Some(ClientEvent::Arrived { is_up: true, .. }))
    })?;
    let appended =
        run.record.after(arrived.number).take_while(|e| e.step == arrived.step).find_map(
            |event| match &event.kind {
                EventKind::Core {
                    trace:
                        Trace::Replication(raft_core::ReplicationTrace::Appended {
                            position,
                            noop: false,
                        }),
                    ..
                } => Some(position.index),
                _ => None,
            },
        )?;
    let mut explanation = super::commits::not(run, appended).ok()?;
    let first = explanation.findings.first_mut()?;
    first.words = words!("Its command is ", appended, ", which is not committed. ", first.words);
    Some(first.clone())
}

fn under_way(run: &Evidence<'_>, client: ClientId, pending: &PendingOperation) -> Finding {
    let asked =
        run.last(|event| matches!(of_client(event, client), Some(ClientEvent::Asked { .. })));
    let since = asked.map_or(pending.invoked_at, |asked| asked.at);
    Finding::new(words!(
        "The client asked ",
        pending.target,
        " at ",
        At(since),
        ", and the answer is under way"
    ))
    .section("§8")
    .needs("only time.".into())
}

/// A leader refused the read, because it does not know yet what is committed.
fn refused_read(run: &Evidence<'_>, node: NodeId) -> Option<Finding> {
    let refused = run.last(|event| {
        matches!(decision(event, node), Some(Trace::Read(ReadTrace::Refused { .. })))
    })?;
    let Some(Trace::Read(ReadTrace::Refused { reason })) = decision(refused, node) else {
        return None;
    };
    if *reason != Refusal::TermNotCommitted {
        return None;
    }
    let core = run.world.node(node)?.core()?;
    if core.log().term_at(core.commit_index()) == Some(core.current_term()) {
        return None;
    }
    let own = core
        .log()
        .iter_from(core.log().first_index())
        .find(|entry| entry.term == core.current_term())?;
    let position = raft_core::LogPosition::new(own.index, own.term);
    let mut finding = Finding::new(words!(
        "Leader ",
        Bare(node),
        " has not committed an entry of its own term, so it holds every \
         committed entry but does not know which they are, and refused the read at ",
        At(refused.at),
        ". Its no-op is ",
        Bare(position)
    ))
    .section("dissertation §6.4")
    .because_all(Chains::new(*run).of(refused).finish());
    let elected = run.last(|event| {
        matches!(
            decision(event, node),
            Some(Trace::Election(raft_core::ElectionTrace::BecameLeader { .. }))
        )
    });
    if let Some(elected) = elected {
        let said = words!("the term is new: ", node, " is elected");
        finding = finding.because_all(Chains::new(*run).from(elected, said).finish());
    }
    let due = run.world.in_flight().filter(|message| {
        message.to == node
            && matches!(message.message.body, raft_core::Body::AppendEntriesReply(
                raft_core::AppendEntriesReply::Success { match_index, .. }
            ) if match_index >= own.index)
    });
    let due = due.map(|message| message.arrives_at).min();
    Some(match due {
        Some(at) => finding.needs(words!("the acknowledgement of it, due at ", At(at), ".")),
        None => finding.needs(words!("a majority of disks must hold it.")),
    })
}

/// A leader waits until a quorum has confirmed that it leads.
fn waits_for_round(run: &Evidence<'_>, node: NodeId) -> Option<Finding> {
    let waits = run.last(|event| {
        matches!(decision(event, node), Some(Trace::Read(ReadTrace::Waits { .. })))
    })?;
    let Some(Trace::Read(ReadTrace::Waits { round, .. })) = decision(waits, node) else {
        return None;
    };
    let core = run.world.node(node)?.core()?;
    let (answered, silent): (Vec<NodeId>, Vec<NodeId>) = core
        .membership()
        .voters()
        .iter()
        .copied()
        .filter(|voter| *voter != node)
        .partition(|voter| has_answered(run, waits, *voter, node, *round));
    let (have, needed) = (answered.len() + 1, core.membership().majority());
    if have >= needed {
        return None;
    }
    let mut finding = Finding::new(words!(
        "Leader ",
        Bare(node),
        " may answer once a majority has confirmed, after the read arrived, \
         that it still leads. Round ",
        round.0,
        ", begun for this read at ",
        At(waits.at),
        ", has {have} of {needed} answers, its own included"
    ))
    .section("dissertation §6.4")
    .because_all(Chains::new(*run).of(waits).finish());
    for voter in &silent {
        let lost = run.record.after(waits.number).find(|event| {
            [(node, *voter), (*voter, node)].into_iter().any(|(from, to)| {
                crate::facts::message(event, from, to)
                    .is_some_and(|(_, what)| matches!(what, raft_sim::MessageEvent::Dropped { .. }))
            })
        });
        if let Some(lost) = lost {
            finding =
                finding.because_all(Chains::new(*run).from(lost, Words::of(&lost.kind)).finish());
        }
    }
    let one = if silent.len() == 1 { "" } else { "one of " };
    Some(finding.needs(words!(
        "{one}",
        crate::facts::Nodes(&silent),
        " must answer round ",
        round.0,
        " or a later one."
    )))
}

fn has_answered(
    run: &Evidence<'_>,
    since: &Event,
    voter: NodeId,
    leader: NodeId,
    round: raft_core::HeartbeatRound,
) -> bool {
    use raft_core::{AppendEntriesReply as Reply, Body};
    run.record.after(since.number).any(|event| {
        crate::facts::message(event, voter, leader).is_some_and(|(message, what)| {
            matches!(what, raft_sim::MessageEvent::Delivered)
                && matches!(&message.body, Body::AppendEntriesReply(
                    Reply::Success { round: of, .. }
                    | Reply::Following { round: of }
                    | Reply::Failure { round: of, .. }
                ) if *of >= round)
        })
    })
}
