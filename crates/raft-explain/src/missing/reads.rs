//! Why a read waits (dissertation §6.4).

use raft_core::{Bare, HeartbeatRound, LogPosition, NodeId, ReadTrace, Refusal};
use raft_kv::ClientId;
use raft_sim::{Event, words};

use super::answers::{asked_a_server_that_is_down, has_answer, last_refusal, pending, under_way};
use crate::evidence::Evidence;
use crate::explanation::{Explanation, Finding};
use crate::facts::first_of_own_term;
use crate::question::Unanswerable;
use crate::said::{At, Nodes};
use crate::seen::{acknowledged, answered_round, elected, lost_between, passing, read};

/// Why the read of a client waits.
pub(super) fn wait(run: &Evidence<'_>, client: ClientId) -> Result<Explanation, Unanswerable> {
    let Some(pending) = pending(run, client)? else { return Ok(has_answer(run, client)) };
    let mut findings = Vec::new();
    findings.extend(term_is_not_committed(run, pending.target));
    findings.extend(round_waits(run, pending.target));
    findings.extend(asked_a_server_that_is_down(run, client, pending));
    if findings.is_empty() {
        findings.extend(last_refusal(run, client));
    }
    if findings.is_empty() {
        findings.push(under_way(run, client, pending));
    }
    Ok(Explanation { findings })
}

/// A leader refused the read, because it does not know yet what is committed.
fn term_is_not_committed(run: &Evidence<'_>, node: NodeId) -> Option<Finding> {
    let refused = run.last(|event| matches!(read(event, node), Some(ReadTrace::Refused { .. })))?;
    let ReadTrace::Refused { reason: Refusal::TermNotCommitted } = read(refused, node)? else {
        return None;
    };
    let core = run.core(node)?;
    if core.log().term_at(core.commit_index()) == Some(core.current_term()) {
        return None;
    }
    let own = first_of_own_term(core)?;
    let position = LogPosition::new(own, core.current_term());
    let finding = Finding::new(words! {
        "Leader ", Bare(node), " has not committed an entry of its own term, so it holds every \
         committed entry but does not know which they are, and refused the read at ",
        At(refused.at), ". Its no-op is ", Bare(position)
    })
    .section("dissertation §6.4")
    .because_all(run.causes(refused));
    let elected = run.last(|event| elected(event).is_some_and(|(leader, _)| leader == node));
    let finding = match elected {
        Some(elected) => {
            let said = words!("the term is new: ", node, " is elected");
            finding.because_all(run.led_by_as(elected, said))
        }
        None => finding,
    };
    let acknowledges = |message: &&raft_sim::InFlightMessage| {
        message.to == node && acknowledged(&message.message).is_some_and(|index| index >= own)
    };
    let due = run.world.in_flight().filter(acknowledges).map(|message| message.arrives_at).min();
    Some(finding.needs(match due {
        Some(at) => words!("the acknowledgement of it, due at ", At(at), "."),
        None => words!("a majority of disks must hold it."),
    }))
}

/// A leader waits until a quorum has confirmed that it leads.
fn round_waits(run: &Evidence<'_>, node: NodeId) -> Option<Finding> {
    let waits = run.last(|event| matches!(read(event, node), Some(ReadTrace::Waits { .. })))?;
    let ReadTrace::Waits { round, .. } = read(waits, node)? else { return None };
    let membership = run.core(node)?.membership();
    let others = membership.voters().iter().copied().filter(|voter| *voter != node);
    let (answered, silent): (Vec<NodeId>, Vec<NodeId>) =
        others.partition(|voter| has_answered(run, waits, (*voter, node), *round));
    let (have, needed) = (answered.len() + 1, membership.majority());
    if have >= needed {
        return None;
    }
    let finding = Finding::new(words! {
        "Leader ", Bare(node), " may answer once a majority has confirmed, after the read arrived, \
         that it still leads. Round ", round.0, ", begun for this read at ", At(waits.at),
        ", has {have} of {needed} answers, its own included"
    })
    .section("dissertation §6.4")
    .because_all(run.causes(waits));
    let losses = silent.iter().flat_map(|voter| {
        let mut after = run.record.after(waits.number);
        run.led_by(after.find(|event| lost_between(event, node, *voter).is_some()))
    });
    let one = if silent.len() == 1 { "" } else { "one of " };
    Some(finding.because_all(losses.collect()).needs(words! {
        "{one}", Nodes(&silent), " must answer round ", round.0, " or a later one."
    }))
}

/// Whether a voter has answered a round to the leader, or a later one.
fn has_answered(
    run: &Evidence<'_>,
    since: &Event,
    (voter, leader): (NodeId, NodeId),
    round: HeartbeatRound,
) -> bool {
    run.record.after(since.number).any(|event| {
        passing(event, voter, leader).is_some_and(|passing| {
            passing.is_delivered()
                && answered_round(passing.message).is_some_and(|answered| answered >= round)
        })
    })
}
