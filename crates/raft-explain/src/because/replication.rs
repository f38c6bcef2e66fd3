//! The log of a leader, and the logs that follow it (§5.3).

use raft_core::{
    AppendEntriesReply, AppendRefusal, Bare, Body, LogIndex, LogPosition, NodeId, ReplicationTrace,
};
use raft_sim::{Event, EventKind, Words, words};

use crate::chain::Chains;
use crate::evidence::Evidence;
use crate::explanation::{Cause, Finding};
use crate::facts::{Span, link};

pub(super) fn why<'a>(
    run: &Evidence<'a>,
    event: &'a Event,
    node: NodeId,
    decision: &ReplicationTrace,
) -> Finding {
    match decision {
        ReplicationTrace::Backtracked { peer, from, to } => {
            backtracked(run, event, node, *peer, (*from, *to))
        }
        ReplicationTrace::Truncated { from, to, leader_term } => {
            let removed = Span(from.index, to.index);
            Finding::new(words!(
                "Node ",
                Bare(node),
                " removes ",
                removed,
                ": its entry ",
                Bare(from.index),
                " is of ",
                from.term,
                ", and that of the leader of ",
                leader_term,
                " is another \
                 one. A follower removes the first conflicting entry and all that follow it"
            ))
            .section("§5.3")
            .because_all(appended(run, event, node, from.index))
        }
        ReplicationTrace::EntriesRefused { leader, prev_log, reason } => {
            let found = match reason {
                AppendRefusal::PreviousMissing { last_log } => {
                    words!("its own log ends at ", Bare(last_log))
                }
                AppendRefusal::PreviousConflicts { own_term } => {
                    words!("it has an entry of ", own_term, " there")
                }
                AppendRefusal::StaleTerm { .. } => return Finding::new(Words::of(&event.kind)),
            };
            Finding::new(words!(
                "Node ",
                Bare(node),
                " refuses the entries of ",
                leader,
                " after ",
                Bare(prev_log),
                ": ",
                found,
                ", so the logs do not agree up to there"
            ))
            .section("§5.3")
        }
        ReplicationTrace::Appended { .. } | ReplicationTrace::EntriesAccepted { .. } => {
            Finding::new(Words::of(&event.kind))
        }
    }
}

/// A leader found out where the log of a follower agrees with its own.
fn backtracked<'a>(
    run: &Evidence<'a>,
    event: &'a Event,
    node: NodeId,
    peer: NodeId,
    (from, to): (LogIndex, LogIndex),
) -> Finding {
    let refusal = run.cause(event).and_then(|cause| match &cause.kind {
        EventKind::Message { message, .. } => match message.body {
            Body::AppendEntriesReply(AppendEntriesReply::Failure {
                prev_log_index, hint, ..
            }) => Some((prev_log_index, hint)),
            _ => None,
        },
        _ => None,
    });
    let Some((previous, hint)) = refusal else { return Finding::new(Words::of(&event.kind)) };
    let refused = run.last_before(event.number, |event| {
        matches!(crate::facts::decision(event, peer), Some(raft_core::Trace::Replication(
            ReplicationTrace::EntriesRefused { prev_log, .. }
        )) if prev_log.index == previous)
    });
    let place = match refused.and_then(|refused| crate::facts::decision(refused, peer)) {
        Some(raft_core::Trace::Replication(ReplicationTrace::EntriesRefused {
            prev_log,
            reason: AppendRefusal::PreviousConflicts { own_term },
            ..
        })) => words!(
            "AppendEntries named ",
            Bare(prev_log),
            " as the entry before, and ",
            peer,
            " has ",
            Bare(LogPosition::new(prev_log.index, *own_term)),
            " there"
        ),
        Some(raft_core::Trace::Replication(ReplicationTrace::EntriesRefused {
            prev_log,
            reason: AppendRefusal::PreviousMissing { last_log },
            ..
        })) => words!(
            "AppendEntries named ",
            Bare(prev_log),
            " as the entry before, and the log of ",
            peer,
            " ends at ",
            Bare(last_log)
        ),
        _ => words!("it has no ", previous),
    };
    let finding = Finding::new(words!(
        "Node ",
        Bare(peer),
        " failed the consistency check: ",
        place,
        ". Its hint, ",
        Bare(hint),
        ", rules out all entries of later terms, so ",
        node,
        " continues at ",
        to,
        " instead of ",
        Bare(from)
    ));
    let elected = run.last_before(event.number, |event| {
        matches!(
            crate::facts::decision(event, node),
            Some(raft_core::Trace::Election(raft_core::ElectionTrace::BecameLeader { .. }))
        )
    });
    let elected = elected.map(|elected| {
        let said = words!(
            "a new leader starts with next_index just after its last entry; ",
            node,
            " was elected"
        );
        Chains::new(*run).from(elected, said).finish()
    });
    finding.section("§5.3").because_all(elected.unwrap_or_default())
}

/// How the entry that is removed came into the log.
fn appended<'a>(
    run: &Evidence<'a>,
    event: &'a Event,
    node: NodeId,
    index: LogIndex,
) -> Vec<Vec<Cause>> {
    let by_leader = run.last_before(event.number, |event| {
        matches!(&event.kind, EventKind::Core {
            trace: raft_core::Trace::Replication(ReplicationTrace::Appended { position, .. }), ..
        } if position.index == index && Some(position.term) == term_before(run, node, index))
    });
    let Some(by_leader) = by_leader else { return Vec::new() };
    let said = Words::of(&by_leader.kind);
    let mut links = vec![link(by_leader, said)];
    let chains = Chains::new(*run).of(by_leader).finish();
    let mut chains = chains.into_iter();
    links.extend(chains.next().unwrap_or_default());
    std::iter::once(links).chain(chains).collect()
}

/// The term of the entry that was removed last at this place of this log.
fn term_before(run: &Evidence<'_>, node: NodeId, index: LogIndex) -> Option<raft_core::Term> {
    let removed = run.last(|event| {
        matches!(crate::facts::decision(event, node), Some(raft_core::Trace::Replication(
            ReplicationTrace::Truncated { from, .. }
        )) if from.index == index)
    })?;
    match crate::facts::decision(removed, node) {
        Some(raft_core::Trace::Replication(ReplicationTrace::Truncated { from, .. })) => {
            Some(from.term)
        }
        _ => None,
    }
}
