//! Bugs of log replication.

use crate::node::commit::Proposal;
use crate::node::durability::Needs;
use crate::node::progress::{InFlight, ProgressState};
use crate::node::{Leader, Node};
use crate::{
    AppendEntries, AppendEntriesReply, AppendRefusal, Body, Bug, Entries, HeartbeatRound,
    IgnoreReason, Log, LogIndex, LogPosition, NodeId, Outcome, PersistId, Term,
};

/// [`Bug::PrevZeroAccepted`], [`Bug::MissingTermIsZero`]
pub(in crate::node) fn check_prev_log(
    node: &mut Node,
    prev_log: LogPosition,
) -> Option<Result<(), AppendRefusal>> {
    let is_compacted = prev_log.index < node.log.base().index;
    let is_start = is_compacted && prev_log == LogPosition::ORIGIN;
    if is_start && node.has(Bug::PrevZeroAccepted) {
        node.durability.write_truncation(node.log.first_index());
        node.log = Log::new(LogPosition::ORIGIN);
        return Some(Ok(()));
    }
    let own_term = Term(0);
    let is_missing = prev_log.index > node.log.last().index;
    (is_missing && missing_term_is_zero(node)).then_some(match prev_log.term == own_term {
        true => Ok(()),
        false => Err(AppendRefusal::PreviousConflicts { own_term }),
    })
}

/// [`Bug::MissingTermIsZero`]
pub(in crate::node) fn prev_log_term(
    node: &Node,
    prev_log_index: LogIndex,
) -> Option<Option<Term>> {
    let is_known = node.prev_log_term(prev_log_index).is_some();
    (!is_known && missing_term_is_zero(node)).then_some(Some(Term(0)))
}

pub(super) fn missing_term_is_zero(node: &Node) -> bool {
    node.has(Bug::MissingTermIsZero)
}

/// [`Bug::AppendTruncates`]
pub(in crate::node) fn store_entries(
    node: &mut Node,
    request: &mut AppendEntries,
) -> Option<Result<usize, IgnoreReason>> {
    if node.has(Bug::AppendTruncates)
        && node.first_conflict(&request.entries).is_none()
        && let Some(newest) = request.entries.last()
        && newest.index < node.log.last().index
        && newest.index > node.snapshot_end().index
    {
        // The rule asserts that they are not committed.
        let commit_index = core::mem::take(&mut node.commit_index);
        node.remove_entries_from(newest.index.next(), newest.term);
        node.commit_index = commit_index;
    }
    None
}

/// [`Bug::AckOwnTail`]
pub(in crate::node) fn acknowledge(
    node: &mut Node,
    leader: NodeId,
    _: LogIndex,
    round: HeartbeatRound,
) -> Option<()> {
    node.has(Bug::AckOwnTail).then(|| node.acknowledge(leader, node.log.last().index, round))
}

/// [`Bug::AnsweredRoundKept`]
pub(in crate::node) fn last_acked_round(node: &Node) -> Option<HeartbeatRound> {
    node.has(Bug::AnsweredRoundKept).then_some(node.acked.1)
}

/// [`Bug::AckNotDurable`]
pub(in crate::node) fn needs(node: &Node, message: &Body) -> Option<Needs> {
    let is_ack = matches!(message, Body::AppendEntriesReply(AppendEntriesReply::Success { .. }));
    (is_ack && node.has(Bug::AckNotDurable)).then_some(Needs::HardState)
}

/// [`Bug::HintIsMatch`]
pub(in crate::node) fn backtrack(
    node: &mut Node,
    leader: &mut Leader,
    position: usize,
    _: LogIndex,
    hint: LogPosition,
) -> Option<()> {
    node.has(Bug::HintIsMatch).then(|| {
        let hint = hint.index.min(node.log.last().index);
        node.record_match(leader, position, hint);
    })
}

/// [`Bug::BacktrackStuck`]
pub(in crate::node) fn next_index_after_refusal(
    node: &Node,
    prev_log_index: LogIndex,
    _: LogPosition,
) -> Option<LogIndex> {
    node.has(Bug::BacktrackStuck).then_some(prev_log_index.next())
}

/// [`Bug::ProbeNeverResumes`], [`Bug::InFlightLeak`], [`Bug::MatchGoesBack`]
pub(in crate::node) fn record_match(
    node: &mut Node,
    leader: &mut Leader,
    position: usize,
    match_index: LogIndex,
) -> Option<()> {
    if match_index > node.log.last().index {
        return None;
    }
    let progress = &mut leader.peers[position];
    if matches!(progress.state, ProgressState::Snapshot(_)) && node.has(Bug::ProbeNeverResumes) {
        return Some(());
    }
    if let ProgressState::Replicate(in_flight) = &mut progress.state
        && node.has(Bug::InFlightLeak)
    {
        // A message that ends past every log is never acknowledged.
        in_flight.messages.iter_mut().for_each(|(last, _)| *last = LogIndex(u64::MAX));
    }
    let peer = progress.peer;
    node.has(Bug::MatchGoesBack).then(|| {
        node.record_match(leader, position, match_index);
        if let Some(position) = leader.position(peer) {
            leader.peers[position].match_index = match_index;
        }
    })
}

/// [`Bug::WindowIgnored`], [`Bug::ByteLimitsIgnored`]
pub(in crate::node) fn has_room(node: &Node, in_flight: &InFlight) -> Option<bool> {
    if ignores_bytes(node) {
        return Some(in_flight.has_room(node.config.settings.max_in_flight, usize::MAX));
    }
    node.has(Bug::WindowIgnored).then_some(true)
}

/// [`Bug::BatchUnlimited`], [`Bug::ByteLimitsIgnored`]
pub(in crate::node) fn batch(
    node: &Node,
    from: LogIndex,
    max_entries: usize,
) -> Option<(Entries, usize)> {
    if ignores_bytes(node) {
        return Some(node.log.batch(from, max_entries, usize::MAX));
    }
    // Zero entries make a heartbeat.
    let is_unlimited = max_entries > 0 && node.has(Bug::BatchUnlimited);
    is_unlimited.then(|| node.log.batch(from, usize::MAX, usize::MAX))
}

/// [`Bug::ByteLimitsIgnored`]
fn ignores_bytes(node: &Node) -> bool {
    node.has(Bug::ByteLimitsIgnored)
}

/// [`Bug::ReportsCountAlone`]
pub(in crate::node) fn persisted(node: &mut Node, id: PersistId) -> Option<()> {
    let is_next = id.0 == node.durability.reported().0 + 1;
    (!is_next && node.has(Bug::ReportsCountAlone)).then_some(())
}

/// [`Bug::HeartbeatSkipsLearners`]
pub(in crate::node) fn replicate_to_all(
    node: &mut Node,
    leader: &mut Leader,
    heartbeat: bool,
) -> Option<()> {
    node.has(Bug::HeartbeatSkipsLearners).then(|| {
        for position in 0..leader.peers.len() {
            let is_learner = node.membership().is_learner(leader.peers[position].peer);
            node.replicate_to(leader, position, heartbeat && !is_learner);
        }
    })
}

/// [`Bug::SupersededEarly`]
pub(in crate::node) fn remove_entries_from(
    node: &mut Node,
    index: LogIndex,
    leader_term: Term,
) -> Option<()> {
    node.has(Bug::SupersededEarly).then(|| {
        node.remove_entries_from(index, leader_term);
        let is_kept = |proposal: &Proposal| proposal.position.index < index;
        let kept = node.proposals.partition_point(is_kept);
        for Proposal { request, position, .. } in node.proposals.split_off(kept) {
            node.reply(request, Outcome::Superseded { position });
        }
    })
}
