//! Where judging begins: at the beginning of a record, and again where something of it is missing.

use std::cmp::Reverse;

use raft_core::{Entry, LogIndex, LogPosition, NodeId, Term};

use super::{Judge, recorded};
use crate::state::TraceNode;

/// What is known of the committed entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Commits {
    /// They are told one after the other. Those with which the record begins were committed in this
    /// term or before.
    Since(Term),
    /// No log that was told holds the last entry that is known to be committed: they are judged
    /// from the first that one holds.
    Unknown,
}

impl Commits {
    /// Whether those with which the record begins were committed before a term, so that its leader
    /// must have them. The leader of an earlier term need not.
    pub(super) fn are_before(self, term: Term) -> bool {
        match self {
            Self::Since(latest) => latest < term,
            Self::Unknown => false,
        }
    }
}

impl Judge {
    /// Forgets the logs and the commits before now, so that its memory does not grow for ever. What
    /// comes is judged from the present state on.
    pub fn begin_anew(&mut self) {
        self.is_partial = true;
        self.begin();
    }

    /// Judges what comes from the present state on.
    pub(super) fn begin(&mut self) {
        let logs = || self.state.nodes().map(|(id, node)| (id, node.latest_log()));
        let floor = logs().map(|(_, log)| log.floor()).max().unwrap_or_default();
        self.checks.begins_anew(floor);
        self.floor = floor;
        for (id, log) in logs() {
            let base = (log.base, log.base.index);
            self.checks.log_changed(id, None, base, log.entries_from(log.base.index.next()));
        }
        for (id, node) in self.state.nodes() {
            self.checks.state(id, recorded(node));
        }
        self.commits = Commits::Unknown;
        self.begin_commits();
    }

    /// A server told its whole state. What was before is not known: it may even be another server.
    pub(super) fn observe(&mut self, node: NodeId) {
        self.checks.renewed(node);
        self.begin_anew();
    }

    /// Whether a log begins anew at a place of which nothing is known, because the log that had it
    /// was never seen; or the term of the place at which it begins was not known, and is now.
    pub(super) fn is_lost(&self, before: &TraceNode, now: &TraceNode) -> bool {
        let (before, now) = (before.log.base, now.log.base);
        let is_lost = before.index == now.index || !self.checks.knows(now);
        self.is_partial && now != before && is_lost
    }

    /// Judges commits after the last one that is known, if it is in a log that was told.
    pub(super) fn begin_commits(&mut self) {
        let known = self.state.nodes().filter_map(|(_, node)| {
            let position = committed(node)?;
            let is_first = position.index == LogIndex(0);
            Some((position, if is_first { Term(0) } else { node.latest_term() }))
        });
        let last = known.max_by_key(|(position, term)| (position.index, Reverse(*term)));
        if let Some((position, term)) = last.filter(|(it, _)| it.index >= self.floor) {
            self.checks.begins_after(position);
            self.commits = Commits::Since(term);
        }
    }
}

/// The last entry that a node takes for committed, if its log has it.
fn committed(node: &TraceNode) -> Option<LogPosition> {
    let log = node.latest_log();
    let index = node.commit_index.max(log.snapshot.index);
    let of_snapshot = [log.base, log.snapshot].into_iter().find(|it| it.index == index);
    of_snapshot.or_else(|| log.get(index).map(Entry::position))
}
