//! Why a read waits (dissertation §6.4).

use raft_core::{Bare, HeartbeatRound, LogPosition, NodeId, ReadTrace, Refusal};
use raft_kv::ClientId;
use raft_sim::{Event, InFlightMessage, ReadPolicy, Words, words};

use super::answers::{
    asked_a_server_that_is_down, entry_waits, has_answer, last_refusal, pending, under_way,
};
use super::passed_on;
use crate::evidence::Evidence;
use crate::explanation::{Explanation, Finding};
use crate::facts::{Lapse, first_of_own_term, lapse, remedies_of_both};
use crate::question::Unanswerable;
use crate::said::{At, Nodes, Took, plural};
use crate::seen::{
    self, acknowledged, answered_round, lost_between, passing, read, steps_down, stops,
};

/// Why the read of a client waits.
pub(super) fn wait(run: &Evidence<'_>, client: ClientId) -> Result<Explanation, Unanswerable> {
    let Some(pending) = pending(run, client)? else { return Ok(has_answer(run, client)) };
    let mut findings = Vec::new();
    if pending.read == ReadPolicy::Log {
        findings.extend(entry_waits(run, client));
    } else {
        findings.extend(term_is_not_committed(run, pending.target));
        findings.extend(round_waits(run, pending.target));
    }
    findings.extend(asked_a_server_that_is_down(run, client, pending));
    if findings.is_empty() {
        findings.extend(passed_on::waits(run, client, pending));
    }
    if findings.is_empty() {
        findings.extend(last_refusal(run, client));
    }
    if findings.is_empty() {
        findings.push(under_way(run, client, pending));
    }
    Ok(Explanation { findings })
}

/// Why a leader cannot say yet up to where a read must see.
pub(super) fn leader_waits(run: &Evidence<'_>, leader: NodeId) -> Option<Finding> {
    term_is_not_committed(run, leader).or_else(|| round_waits(run, leader))
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
    let elected = run.last(|event| seen::elected(event).is_some_and(|(leader, _)| leader == node));
    let finding = match elected {
        Some(elected) => {
            let said = words!("the term is new: ", node, " is elected");
            let finding = finding.because_all(run.led_by_as(elected, said));
            finding.because_all(run.led_by(end_of_leader_before(run, elected)))
        }
        None => finding,
    };
    let acknowledges = |message: &&InFlightMessage| {
        message.to == node && acknowledged(&message.message).is_some_and(|index| index >= own)
    };
    let due = run.world.in_flight().filter(acknowledges).map(|message| message.arrives_at).min();
    Some(finding.needs(match due {
        Some(at) => words!("the acknowledgement of it, due at ", At(at), "."),
        None => words!("a majority of disks must hold it."),
    }))
}

/// The end of the leader before, because of which an election was needed.
fn end_of_leader_before<'a>(run: &Evidence<'a>, elected: &Event) -> Option<&'a Event> {
    let before = run.last_before(elected.number, |event| seen::elected(event).is_some())?;
    let (leader, _) = seen::elected(before)?;
    let mut after = run.record.after(before.number);
    after
        .find(|event| stops(event, leader) || steps_down(event, leader))
        .filter(|end| end.number < elected.number)
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
    let one = plural(silent.len(), "", "one of ");
    let so = remedies_of_both(run, silent.iter().map(|voter| (node, *voter)))
        .map_or_else(Words::default, |it| words!(", so ", it));
    let otherwise = otherwise_steps_down(run, node);
    Some(finding.because_all(losses.collect()).needs(words! {
        "{one}", Nodes(&silent), " must answer round ", round.0, " or a later one", so, ".",
        otherwise
    }))
}

/// A leader that nobody answers steps down, and then refuses its reads.
fn otherwise_steps_down(run: &Evidence<'_>, leader: NodeId) -> Words {
    let Some(Lapse { heard, within, at }) = lapse(run, leader) else { return Words::default() };
    words! {
        " Otherwise ", leader, " steps down at its heartbeat of ", At(at), ", the first that is \
         more than ", Took(within), " after a quorum last answered, at ", At(heard),
        ", and refuses the read."
    }
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
