//! Why a client has no answer.

use raft_core::{Bare, NodeId, Outcome, Refusal};
use raft_kv::ClientId;
use raft_sim::{ClientEvent, Event, NodeState, PendingOperation, Words, words};

use super::leader::stopped;
use super::{commits, leader, reads};
use crate::evidence::Evidence;
use crate::explanation::{Explanation, Finding};
use crate::question::Unanswerable;
use crate::said::{At, Took};
use crate::seen::{appended, of_client, transfer_begun};

/// Why a client has no answer.
pub(super) fn none(run: &Evidence<'_>, client: ClientId) -> Result<Explanation, Unanswerable> {
    let Some(pending) = pending(run, client)? else { return Ok(has_answer(run, client)) };
    if pending.operation.is_read() {
        return reads::wait(run, client);
    }
    let mut findings = Vec::new();
    findings.extend(last_refusal(run, client));
    findings.extend(asked_a_server_that_is_down(run, client, pending));
    if findings.is_empty() {
        findings.extend(entry_waits(run, client));
    }
    if findings.is_empty() && run.world.leader().is_none() {
        findings.extend(leader::none(run)?.findings);
    }
    if findings.is_empty() {
        findings.push(under_way(run, client, pending));
    }
    Ok(Explanation { findings })
}

/// The operation that waits for its answer.
pub(super) fn pending<'a>(
    run: &Evidence<'a>,
    client: ClientId,
) -> Result<Option<&'a PendingOperation>, Unanswerable> {
    let client = run.world.client(client).ok_or(Unanswerable::NoSuchClient(client))?;
    Ok(client.pending())
}

/// The client waits for nothing.
pub(super) fn has_answer(run: &Evidence<'_>, client: ClientId) -> Explanation {
    let answer = run.last(|event| {
        matches!(of_client(event, client), Some(ClientEvent::Answered { .. } | ClientEvent::GaveUp))
    });
    let words = match answer {
        Some(answer) => {
            let said = Words::of(&answer.kind);
            words!("It waits for nothing: ", said, ", at ", At(answer.at), ".")
        }
        None => "It waits for nothing.".into(),
    };
    Explanation::of(Finding::new(words))
}

/// The server that the client asked refused.
pub(super) fn last_refusal(run: &Evidence<'_>, client: ClientId) -> Option<Finding> {
    let last = run.last(|event| {
        matches!(
            of_client(event, client),
            Some(ClientEvent::Replied { .. } | ClientEvent::Invoked { .. })
        )
    })?;
    let ClientEvent::Replied { node, outcome: Outcome::Refused(refusal) } =
        of_client(last, client)?
    else {
        return None;
    };
    let finding = if let Refusal::TransferInProgress { to } = refusal {
        transfer_waits(run, *node, *to, last)
    } else {
        Finding::new(words!("Node ", Bare(node), " refused it, at ", At(last.at), ": ", refusal))
    };
    Some(finding.because_all(run.causes(last)))
}

/// A leader takes no commands while it hands over its leadership.
fn transfer_waits(run: &Evidence<'_>, node: NodeId, to: NodeId, refused: &Event) -> Finding {
    let numbers = not_complete(run, node, to).unwrap_or_default();
    let started = run.last(|event| transfer_begun(event, node) == Some(to));
    let finding = Finding::new(words! {
        "Node ", Bare(node), " takes no commands while it hands leadership over to ", to,
        ", and refused this one at ", At(refused.at), numbers
    })
    .section("dissertation §3.10")
    .because_all(run.led_by(started));
    let write = run.world.node(to).and_then(|node| node.disk().pending().last());
    match write {
        Some(write) => {
            let due = At(write.done_at);
            finding.needs(words!("the write of ", to, ", due at ", due, ", and its election."))
        }
        None => finding,
    }
}

/// The log of the target of a transfer is not complete.
fn not_complete(run: &Evidence<'_>, leader: NodeId, to: NodeId) -> Option<Words> {
    let status = run.core(leader)?.status();
    let peer = status.peers.iter().find(|peer| peer.id == to)?;
    let last = status.last_log.index;
    (peer.match_index < last).then(|| {
        words! {
            ". The transfer waits because ", to, " is not up to date: match_index is ",
            Bare(peer.match_index), ", and the last entry is ", Bare(last)
        }
    })
}

/// The server that the client asked does not even refuse.
pub(super) fn asked_a_server_that_is_down(
    run: &Evidence<'_>,
    client: ClientId,
    pending: &PendingOperation,
) -> Option<Finding> {
    let node = run.world.node(pending.target)?;
    if !matches!(node.state(), NodeState::Crashed | NodeState::Refused | NodeState::Paused) {
        return None;
    }
    let asked = last_asked(run, client)?;
    let wait = run.world.setup().client_timeout;
    let finding = Finding::new(words! {
        "It asked ", pending.target, " at ", At(asked.at),
        ", which is down, and a server that is down does not even refuse"
    })
    .section("§8");
    Some(finding.because_all(stopped(run, pending.target)).needs(words! {
        "its timer, ", Took(wait), " after it asked, at ", At(asked.at + wait),
        "; then it asks another server."
    }))
}

fn last_asked<'a>(run: &Evidence<'a>, client: ClientId) -> Option<&'a Event> {
    run.last(|event| matches!(of_client(event, client), Some(ClientEvent::Asked { .. })))
}

/// The entry of its command is not committed.
fn entry_waits(run: &Evidence<'_>, client: ClientId) -> Option<Finding> {
    let arrived = run.last(|event| {
        matches!(of_client(event, client), Some(ClientEvent::Arrived { is_up: true, .. }))
    })?;
    let mut appended = run.rest_of_step(arrived).filter_map(appended);
    let (position, _) = appended.find(|(_, is_noop)| !is_noop)?;
    let mut explanation = commits::not(run, position.index).ok()?;
    explanation.begin(words!("Its command is ", position.index, ", which is not committed. "));
    explanation.findings.into_iter().next()
}

/// The request or its answer has not arrived.
pub(super) fn under_way(
    run: &Evidence<'_>,
    client: ClientId,
    pending: &PendingOperation,
) -> Finding {
    let since = At(last_asked(run, client).map_or(pending.invoked_at, |asked| asked.at));
    Finding::new(words! {
        "The client asked ", pending.target, " at ", since, ", and the answer is under way"
    })
    .section("§8")
    .needs("only time.".into())
}
