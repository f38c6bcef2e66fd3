//! Bugs of log replication.

use crate::node::durability::Needs;
use crate::node::progress::{Progress, ProgressState};
use crate::node::{Leader, Node};
use crate::{
    AppendEntries, AppendRefusal, Bug, HeartbeatRound, IgnoreReason, Log, LogIndex, LogPosition,
    NodeId, Term,
};

/// [`Bug::PrevZeroAccepted`]
pub(in crate::node) fn check_prev_log(
    node: &mut Node,
    prev_log: LogPosition,
) -> Option<Result<(), AppendRefusal>> {
    let is_compacted = prev_log.index < node.log.base().index;
    let is_start = is_compacted && prev_log == LogPosition::ORIGIN;
    (is_start && node.has(Bug::PrevZeroAccepted)).then(|| {
        node.durability.write_truncation(node.log.first_index());
        node.log = Log::new(LogPosition::ORIGIN);
        Ok(())
    })
}

/// [`Bug::MissingTermIsZero`]
pub(in crate::node) fn known_term_at(node: &Node, index: LogIndex) -> Option<Option<Term>> {
    node.has(Bug::MissingTermIsZero).then(|| node.known_term_at(index).or(Some(Term(0))))
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
        && newest.index > node.log.base().index
    {
        node.remove_entries_from(newest.index.next(), newest.term);
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

/// [`Bug::AckNotDurable`]
pub(in crate::node) fn needs_of_acknowledgement(node: &Node, _: LogIndex) -> Option<Needs> {
    node.has(Bug::AckNotDurable).then_some(Needs::HardState)
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
    progress: &Progress,
    _: LogIndex,
    _: LogPosition,
) -> Option<LogIndex> {
    node.has(Bug::BacktrackStuck).then_some(progress.next_index)
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
