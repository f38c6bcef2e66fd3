//! All other events: their own words, and what is known beside them.

use raft_core::{
    AppendEntriesReply, Bare, Body, ElectionTrace, HeartbeatRound, Instant, MembershipTrace,
    NodeId, ReadTrace, Refusal, Trace, TransferTrace,
};
use raft_sim::{ClientEvent, Event, EventKind, MessageEvent, ReadPolicy, SimNode, Words, words};

use crate::chain::Chains;
use crate::evidence::Evidence;
use crate::explanation::Finding;
use crate::facts::{At, Took, decision as decided, message, rules_off};

pub(super) fn decision<'a>(
    run: &Evidence<'a>,
    event: &'a Event,
    node: NodeId,
    trace: &Trace,
) -> Finding {
    let special = match trace {
        Trace::Membership(MembershipTrace::ChangeRefused {
            reason: Refusal::ChangeInProgress,
            ..
        }) => change_refused(run, event, node),
        Trace::Transfer(TransferTrace::TimedOut { to }) => {
            transfer_timed_out(run, event, node, *to)
        }
        Trace::Read(ReadTrace::Waits { .. }) => lease_is_over(run, event, node),
        Trace::Read(ReadTrace::ByLease { .. }) => no_quorum_was_asked(run, event, node),
        _ => None,
    };
    special.unwrap_or_else(|| why(run, event))
}

pub(super) fn why(_: &Evidence<'_>, event: &Event) -> Finding {
    Finding::new(Words::of(&event.kind))
}

/// One change at a time.
fn change_refused<'a>(run: &Evidence<'a>, event: &'a Event, node: NodeId) -> Option<Finding> {
    let started = run.last_before(event.number, |event| {
        matches!(
            decided(event, node),
            Some(Trace::Membership(MembershipTrace::ChangeStarted { .. }))
        )
    })?;
    let adopted =
        run.record.after(started.number).find_map(|event| match decided(event, node)? {
            Trace::Membership(MembershipTrace::Adopted { index, .. }) => Some(*index),
            _ => None,
        })?;
    let commit = run.world.node(node).and_then(SimNode::core)?.commit_index();
    let finding = Finding::new(words!(
        "Another change is under way: ",
        adopted,
        " is not committed (commit index ",
        Bare(commit),
        "). One change at a time: two at once could lead to majorities that do not meet. A change \
         that is refused is not queued"
    ));
    let said = words!("a change is under way: ", Words::without_subject(&started.kind));
    Some(
        finding
            .section("§6, dissertation §4.1")
            .because_all(Chains::new(*run).from(started, said).finish()),
    )
}

/// A transfer has a time in which the other server must take over.
fn transfer_timed_out<'a>(
    run: &Evidence<'a>,
    event: &'a Event,
    node: NodeId,
    to: NodeId,
) -> Option<Finding> {
    let started = run.last_before(event.number, |event| {
        matches!(decided(event, node), Some(Trace::Transfer(TransferTrace::Started { to: target }))
            if *target == to)
    })?;
    let longest = Took(run.world.node(node)?.settings().election_timeout_max);
    let lost: Vec<&Event> = run
        .record
        .after(started.number)
        .filter(|event| {
            message(event, node, to).is_some_and(|(message, what)| {
                matches!(message.body, Body::TimeoutNow)
                    && matches!(what, MessageEvent::Dropped { .. })
            })
        })
        .collect();
    let mut finding = Finding::new(words!(
        "Node ",
        Bare(to),
        " did not take over within the longest election timeout, ",
        longest,
        " after ",
        At(started.at),
        "; the leader looks with each heartbeat, hence at ",
        At(event.at),
        ". It takes commands again, but has no lease for the rest of its term, \
         because a TimeoutNow could still arrive"
    ))
    .section("dissertation §3.10")
    .because_all(Chains::new(*run).of(started).finish());
    if let Some(last) = lost.last() {
        let count = lost.len();
        let said = words!("no election: {count} TimeoutNow to ", to, " are lost, the last one");
        finding = finding.because_all(Chains::new(*run).from(last, said).finish());
        finding = finding.because_all(crate::missing::stopped(run, to));
    }
    Some(finding)
}

/// A lease read asks a quorum if there is no lease.
fn lease_is_over<'a>(run: &Evidence<'a>, event: &'a Event, node: NodeId) -> Option<Finding> {
    if asked_read(run, event)? != ReadPolicy::Lease {
        return None;
    }
    let (round, began) = last_confirmed(run, event, node)?;
    let core = run.world.node(node).and_then(SimNode::core)?;
    let settings = run.world.node(node)?.settings();
    let lasts = core.status().lease_duration;
    let until = began + lasts;
    let mut finding = Finding::new(words!(
        "The lease of ",
        node,
        " is over. It runs from the start of the last round that a majority \
         answered, round ",
        round.0,
        " at ",
        At(began),
        ", for ",
        Took(lasts),
        " (the shortest \
         election timeout, ",
        Took(settings.election_timeout_min),
        ", less the drift of both \
         clocks), so until ",
        At(until)
    ))
    .section("dissertation §6.4.1");
    let lost = run.last_before(event.number, |event| {
        matches!(&event.kind, EventKind::Message {
            from, event: MessageEvent::Dropped { .. }, ..
        } if *from == node)
    });
    if let Some(lost) = lost {
        let said = words!("no majority answered a later round: ", Words::of(&lost.kind));
        finding = finding.because_all(Chains::new(*run).from(lost, said).finish());
    }
    Some(finding)
}

/// A read that was to ask a quorum was answered without one: only without the rule.
fn no_quorum_was_asked(run: &Evidence<'_>, event: &Event, node: NodeId) -> Option<Finding> {
    let rules = rules_off(run)?;
    let wanted = asked_read(run, event)?;
    if wanted != ReadPolicy::Quorum {
        return None;
    }
    let term = run.world.node(node).and_then(SimNode::core)?.current_term();
    let later = run.last_before(event.number, |event| {
        matches!(&event.kind, EventKind::Core {
            trace: Trace::Election(ElectionTrace::BecameLeader { term: of, .. }), ..
        } if *of > term)
    });
    let finding = Finding::new(words!(
        "Raft does not allow it, a rule is switched off ({rules}). Node ",
        Bare(node),
        " was asked \
         for a quorum read and asked no quorum. It leads ",
        term
    ));
    let Some(later) = later else { return Some(finding.section("dissertation §6.4")) };
    let EventKind::Core {
        node: other,
        trace: Trace::Election(ElectionTrace::BecameLeader { term, .. }),
    } = &later.kind
    else {
        return None;
    };
    let words = words!(
        finding.words,
        ", and does not know of ",
        term,
        ", which ",
        other,
        " has led since ",
        At(later.at)
    );
    let chain = Chains::new(*run).from(later, Words::of(&later.kind)).finish();
    Some(Finding { words, ..finding }.section("dissertation §6.4").because_all(chain))
}

/// How the client wants the read to be served that a node handles in this event.
fn asked_read(run: &Evidence<'_>, event: &Event) -> Option<ReadPolicy> {
    let arrived = run.cause(event)?;
    let EventKind::Client { client, sequence, event: ClientEvent::Arrived { .. } } = &arrived.kind
    else {
        return None;
    };
    run.record.before(event.number).find_map(|event| match &event.kind {
        EventKind::Client {
            client: of,
            sequence: number,
            event: ClientEvent::Invoked { read, .. },
        } if of == client && number == sequence => Some(*read),
        _ => None,
    })
}

/// The last round of a leader that a majority answered, and when it began.
fn last_confirmed(
    run: &Evidence<'_>,
    before: &Event,
    leader: NodeId,
) -> Option<(HeartbeatRound, Instant)> {
    let core = run.world.node(leader).and_then(SimNode::core)?;
    let answered = |round: HeartbeatRound, voter: NodeId| {
        run.record.before(before.number).any(|event| {
            message(event, voter, leader).is_some_and(|(message, what)| {
                matches!(what, MessageEvent::Delivered)
                    && matches!(&message.body, Body::AppendEntriesReply(
                        AppendEntriesReply::Success { round: of, .. }
                        | AppendEntriesReply::Following { round: of }
                        | AppendEntriesReply::Failure { round: of, .. }
                    ) if *of == round)
            })
        })
    };
    let last = core.status().round?;
    let mut round = last;
    while round.0 > 0 {
        let confirmed =
            core.membership().is_quorum(|voter| voter == leader || answered(round, voter));
        if confirmed {
            let began = run.record.iter().find(|event| match &event.kind {
                EventKind::Message { from, message, event: MessageEvent::Sent { .. }, .. } => {
                    *from == leader
                        && message.term == core.current_term()
                        && matches!(&message.body, Body::AppendEntries(append)
                            if append.round == round)
                }
                _ => false,
            })?;
            return Some((round, began.at));
        }
        round = HeartbeatRound(round.0 - 1);
    }
    None
}
