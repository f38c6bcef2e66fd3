//! Why a client has no answer.

use raft_core::{Bare, LogIndex, NodeId, Outcome, Refusal};
use raft_kv::ClientId;
use raft_sim::{ClientEvent, Event, NodeState, PendingOperation, SimNode, Words, words};

use super::leader::stopped;
use super::passed_on::{self, Request};
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
    if findings.is_empty() {
        findings.extend(passed_on::waits(run, client, pending));
    }
    if findings.is_empty() && run.world.leader().is_none() {
        findings.extend(leader::none(run)?.findings);
    }
    if findings.is_empty() {
        findings.push(under_way(run, client, pending));
    }
    if refusal(run, client).is_some_and(|(.., refusal)| is_full(refusal)) {
        findings.extend(uncommitted(run));
    }
    Ok(Explanation { findings })
}

/// Whether a leader takes no more commands until those that it has are committed.
fn is_full(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::TooMuchUncommitted { .. })
}

/// Why the first entry that is not committed waits.
fn uncommitted(run: &Evidence<'_>) -> Vec<Finding> {
    let first = run.leader().map(|(_, core)| core.commit_index().next());
    let explanation = first.and_then(|index| commits::not(run, index).ok());
    explanation.map(|explanation| explanation.findings).unwrap_or_default()
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

/// The last refusal that the client got for its operation, and the node that refused.
fn refusal<'a>(run: &Evidence<'a>, client: ClientId) -> Option<(&'a Event, NodeId, &'a Refusal)> {
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
    Some((last, *node, refusal))
}

/// The server that the client asked refused.
pub(super) fn last_refusal(run: &Evidence<'_>, client: ClientId) -> Option<Finding> {
    let (last, node, refusal) = refusal(run, client)?;
    let finding = if let Refusal::TransferInProgress { to } = refusal {
        transfer_waits(run, node, *to, last)
    } else {
        let needs = match is_full(refusal) {
            true => "that entries are committed; the client asks again meanwhile.",
            false => "only time: the client asks again.",
        };
        Finding::new(words!("Node ", Bare(node), " refused it, at ", At(last.at), ": ", refusal))
            .needs(needs.into())
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
    let target = pending.target;
    let (is, needs) = match run.world.node(target)?.state() {
        NodeState::Running => return None,
        NodeState::Paused => ("is paused, and handles nothing", words!("`resume {target}`, or ")),
        NodeState::Crashed | NodeState::Refused => {
            ("is down, and a server that is down does not even refuse", Words::default())
        }
    };
    let asked = last_asked(run, client)?;
    let wait = run.world.setup().client_timeout;
    let finding = Finding::new(words!("It asked ", target, " at ", At(asked.at), ", which {is}"))
        .section("§8")
        .because_all(stopped(run, target));
    Some(finding.needs(words! {
        needs, "its timer, ", Took(wait), " after it asked, at ", At(asked.at + wait),
        "; then it asks another server."
    }))
}

/// The last request that a client sent.
pub(super) fn last_asked<'a>(run: &Evidence<'a>, client: ClientId) -> Option<&'a Event> {
    run.last(|event| matches!(of_client(event, client), Some(ClientEvent::Asked { .. })))
}

/// The last request of a client that reached a server.
pub(super) fn last_arrived<'a>(run: &Evidence<'a>, client: ClientId) -> Option<&'a Event> {
    run.last(|event| {
        matches!(of_client(event, client), Some(ClientEvent::Arrived { is_up: true, .. }))
    })
}

/// The entry of its command is not committed.
pub(super) fn entry_waits(run: &Evidence<'_>, client: ClientId) -> Vec<Finding> {
    let Some(index) = last_entry(run, client) else { return Vec::new() };
    let is_committed =
        run.world.nodes().filter_map(SimNode::core).any(|it| it.commit_index() >= index);
    let Some(mut explanation) = commits::not(run, index).ok().filter(|_| !is_committed) else {
        return Vec::new();
    };
    explanation.begin(words!("Its command is ", index, ", which is not committed. "));
    explanation.findings
}

/// The entry that the last request of a client made, at the server that it reached or at the leader
/// to which that one passed it on.
fn last_entry(run: &Evidence<'_>, client: ClientId) -> Option<LogIndex> {
    let appended_in_step = |arrived: &Event| {
        let mut appended = run.rest_of_step(arrived).filter_map(appended);
        appended.find(|(_, is_noop)| !is_noop).map(|(position, _)| position.index)
    };
    appended_in_step(last_arrived(run, client)?)
        .or_else(|| appended_in_step(Request::last(run, client)?.arrival()?))
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
