//! The state of the nodes after each event of a recorded run.

use std::collections::BTreeMap;

use imbl::OrdMap;
use raft_core::{Entry, LogIndex, LogPosition, NodeId, RoleKind, Term};

use crate::model::{Fact, LogFact, RecordedRun, TraceMessage, TraceStep};

/// The most messages under way that are remembered. A record need not tell that a message was lost,
/// so of more, those with the lowest ids are forgotten.
const MOST_UNDER_WAY: usize = 10_000;

/// The state of all nodes at one moment of a recorded run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TraceState {
    nodes: BTreeMap<NodeId, TraceNode>,
    under_way: OrdMap<u64, (NodeId, TraceMessage)>,
}

/// The state of a node.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TraceNode {
    /// Whether it runs.
    pub is_up: bool,
    /// Its role. A node that is down has none, and neither has one that runs and is out of sight.
    pub role: Option<RoleKind>,
    /// Its term.
    pub term: Term,
    /// Its vote in that term.
    pub voted_for: Option<NodeId>,
    /// Its log.
    pub log: TraceLog,
    /// Its commit index.
    pub commit_index: LogIndex,
    /// The last entry that it applied.
    pub last_applied: LogIndex,
    disk: DiskState,
}

/// A log.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TraceLog {
    /// The position before the first entry; of a log that is not told from its beginning, before
    /// the first entry that is told.
    pub base: LogPosition,
    /// The last entry of the snapshot.
    pub snapshot: LogPosition,
    /// The entries up to here are not told.
    unseen: LogPosition,
    entries: OrdMap<LogIndex, Entry>,
    /// The end of the log, where the entries are not known.
    length: Option<LogIndex>,
}

/// What a node has when it starts again.
#[derive(Clone, PartialEq, Debug, Default)]
struct DiskState {
    term: Term,
    voted_for: Option<NodeId>,
    log: TraceLog,
    /// Whether the record tells of a disk. If not, the memory stays when a node starts.
    is_known: bool,
}

impl TraceState {
    /// The state before the first event.
    pub fn beginning(run: &RecordedRun) -> Self {
        let mut state = Self::default();
        for node in &run.nodes {
            state.nodes.insert(*node, TraceNode::default());
        }
        for (node, facts) in &run.first {
            let node = state.nodes.entry(*node).or_default();
            facts.iter().for_each(|fact| node.take(fact));
        }
        state
    }

    /// The nodes, in ascending order.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (NodeId, &TraceNode)> {
        self.nodes.iter().map(|(id, node)| (*id, node))
    }

    /// A node.
    pub fn node(&self, node: NodeId) -> Option<&TraceNode> {
        self.nodes.get(&node)
    }

    /// The messages under way, with their senders.
    pub fn under_way(&self) -> impl ExactSizeIterator<Item = (NodeId, &TraceMessage)> {
        self.under_way.values().map(|(from, message)| (*from, message))
    }

    /// The state after one more event.
    pub fn take(&mut self, step: &TraceStep) {
        for fact in &step.facts {
            self.take_fact(step.node, fact);
        }
    }

    pub(crate) fn take_fact(&mut self, node: Option<NodeId>, fact: &Fact) {
        match fact {
            Fact::Arrived(id) | Fact::Lost(id) => {
                self.under_way.remove(id);
            }
            Fact::Sent(message) => {
                if let Some(from) = node {
                    self.under_way.insert(message.id, (from, message.clone()));
                    if self.under_way.len() > MOST_UNDER_WAY {
                        self.under_way = self.under_way.without_min().1;
                    }
                }
            }
            Fact::Observed
            | Fact::Started
            | Fact::OutOfSight
            | Fact::Stopped
            | Fact::Renewed
            | Fact::Unsafe(_)
            | Fact::Term(_)
            | Fact::Vote(_)
            | Fact::Voted { .. }
            | Fact::Role(_)
            | Fact::Log(_)
            | Fact::Disk(_)
            | Fact::DiskState(..)
            | Fact::LogLength(_)
            | Fact::Commit(_)
            | Fact::Applied(_)
            | Fact::AppliedThrough(_)
            | Fact::Acknowledged { .. } => {
                if let Some(node) = node {
                    self.nodes.entry(node).or_default().take(fact);
                }
            }
        }
    }
}

impl TraceNode {
    fn take(&mut self, fact: &Fact) {
        match fact {
            Fact::Observed => *self = Self { is_up: true, ..Self::default() },
            Fact::Started => self.start(),
            Fact::OutOfSight => self.role = None,
            Fact::Stopped => (self.is_up, self.role) = (false, None),
            Fact::Renewed => *self = Self::default(),
            Fact::Term(term) => self.enter(*term),
            Fact::Vote(vote) => self.voted_for = *vote,
            Fact::Role(role) => self.role = Some(*role),
            Fact::Log(change) => {
                self.log.take(change);
                self.disk.log.take(change);
                // What a snapshot covers is committed, and applied with it.
                let covered = self.log.snapshot.index;
                self.commit_index = self.commit_index.max(covered);
                self.last_applied = self.last_applied.max(covered);
            }
            Fact::Disk(change) => {
                self.disk.is_known = true;
                self.disk.log.take(change);
            }
            Fact::DiskState(term, voted_for) => {
                (self.disk.term, self.disk.voted_for) = (*term, *voted_for);
                self.disk.is_known = true;
            }
            Fact::LogLength(last) => self.log.length = Some(*last),
            Fact::Commit(index) => self.commit_index = *index,
            Fact::Applied(entry) => self.last_applied = entry.index,
            Fact::AppliedThrough(index) => self.last_applied = *index,
            Fact::Unsafe(_)
            | Fact::Voted { .. }
            | Fact::Acknowledged { .. }
            | Fact::Sent(_)
            | Fact::Arrived(_)
            | Fact::Lost(_) => {}
        }
    }

    /// The log with which it starts.
    pub fn log_on_disk(&self) -> &TraceLog {
        &self.disk.log
    }

    /// The last log that it is known to have had in memory; of a node that has not started yet, the
    /// one on its disk.
    pub(crate) fn latest_log(&self) -> &TraceLog {
        if self.log == TraceLog::default() { &self.disk.log } else { &self.log }
    }

    /// The latest term that it is known to have been in.
    pub(crate) fn latest_term(&self) -> Term {
        self.term.max(self.disk.term)
    }

    /// A vote is for one term. Who enters a later term begins it as a follower.
    fn enter(&mut self, term: Term) {
        if term > self.term && self.is_up {
            self.role = Some(RoleKind::Follower);
        }
        if term != self.term {
            (self.term, self.voted_for) = (term, None);
        }
    }

    fn start(&mut self) {
        (self.is_up, self.role) = (true, Some(RoleKind::Follower));
        if self.disk.is_known {
            (self.term, self.voted_for) = (self.disk.term, self.disk.voted_for);
            self.log = self.disk.log.clone();
        }
        (self.commit_index, self.last_applied) = (self.log.snapshot.index, self.log.snapshot.index);
    }
}

impl TraceLog {
    fn take(&mut self, change: &LogFact) {
        match change {
            LogFact::Entry(entry) => {
                self.entries.insert(entry.index, entry.clone());
            }
            LogFact::Removed { from, through } => {
                let removed: Vec<LogIndex> =
                    self.entries.range(*from..=*through).map(|(index, _)| *index).collect();
                removed.iter().for_each(|index| {
                    self.entries.remove(index);
                });
                // What follows a removed end is told again. The term before it is not known.
                let reaches_unseen = (LogIndex(1)..=self.unseen.index).contains(from);
                if reaches_unseen && *through >= self.base.index {
                    self.unseen = LogPosition::new(from.previous(), Term(0));
                    self.base = self.unseen;
                }
            }
            LogFact::Unseen(through) => (self.base, self.unseen) = (*through, *through),
            LogFact::Base { log_start, snapshot } => {
                if log_start.index >= self.unseen.index {
                    (self.base, self.unseen) = (*log_start, LogPosition::ORIGIN);
                }
                self.snapshot = *snapshot;
            }
        }
    }

    /// The last entry; the base, if there is none.
    pub fn last(&self) -> LogPosition {
        match (self.entries.get_max(), self.length) {
            (Some((_, entry)), _) if entry.index > self.base.index => entry.position(),
            (_, Some(last)) => LogPosition::new(last, Term(0)),
            (_, None) => self.base,
        }
    }

    /// The entry at an index.
    pub fn get(&self, index: LogIndex) -> Option<&Entry> {
        self.entries.get(&index).filter(|entry| entry.index > self.base.index)
    }

    /// The entries from an index on, in order, up to a gap.
    pub fn entries_from(&self, from: LogIndex) -> impl Iterator<Item = &Entry> {
        let from = from.max(self.base.index.next());
        let entries = self.entries.range(from..).map(|(_, entry)| entry);
        let indexes = (from.0..).map(LogIndex);
        entries.zip(indexes).take_while(|(entry, index)| entry.index == *index).map(|(it, _)| it)
    }

    /// The first index at which its position can be compared with that of another log.
    pub(crate) fn floor(&self) -> LogIndex {
        let is_known = self.base.index == LogIndex(0) || self.base.term != Term(0);
        if is_known { self.base.index } else { self.base.index.next() }
    }

    /// The end of the log, where its entries are not known.
    pub fn length_only(&self) -> Option<LogIndex> {
        self.length
    }
}
