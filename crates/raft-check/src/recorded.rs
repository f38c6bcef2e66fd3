//! The properties of a run that only a record of it shows: there is no world, and no core.
//!
//! A reader of a trace tells what the trace says of each node, in order. The verdicts are those of
//! the same functions that judge a world.

use std::collections::BTreeMap;

use raft_core::{Entry, HardState, Instant, LogIndex, LogPosition, NodeId, Term};
use raft_kv::Store;
use raft_sim::Words;

use crate::properties::{
    commit_rule, durable_promises, election_safety, leader_append_only, leader_completeness,
    log_matching, monotonic_state, state_machine_safety, vote_durability,
};
use crate::property::{Property, PropertyTable, Violation};
use crate::shadows::ledger::Ledger;
use crate::shadows::log::{LogShadow, PrefixHash};
use crate::shadows::node::ServerState;
use crate::shadows::prefixes::PrefixRegistry;
use crate::shadows::votes::Votes;

/// The checks of a recorded run.
#[derive(Clone, Debug)]
pub struct RecordedChecks {
    nodes: BTreeMap<NodeId, RecordedNode>,
    leaders: election_safety::ElectionSafety,
    votes: Votes,
    /// Of the entries up to here only the positions count.
    floor: LogIndex,
    prefixes: PrefixRegistry,
    ledger: Ledger,
    table: PropertyTable,
}

#[derive(Clone, Debug)]
struct RecordedNode {
    state: ServerState,
    log: LogShadow,
    /// The latest term of its messages.
    sent: Term,
}

/// What a record says of a node's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RecordedState {
    /// Its term.
    pub term: Term,
    /// Its vote in that term, if it is known.
    pub voted_for: Option<NodeId>,
    /// Its commit index.
    pub commit_index: LogIndex,
    /// The last entry that it applied.
    pub last_applied: LogIndex,
}

impl RecordedChecks {
    /// The properties that a record can show to be broken.
    pub const PROPERTIES: [&'static Property; 9] = [
        &election_safety::PROPERTY,
        &vote_durability::PROPERTY,
        &monotonic_state::PROPERTY,
        &leader_append_only::PROPERTY,
        &log_matching::PROPERTY,
        &commit_rule::PROPERTY,
        &leader_completeness::PROPERTY,
        &state_machine_safety::PROPERTY,
        &durable_promises::PROPERTY,
    ];

    /// Checks of a record that begins with empty logs.
    pub fn new() -> Self {
        Self {
            nodes: BTreeMap::new(),
            leaders: election_safety::ElectionSafety::default(),
            votes: Votes::default(),
            floor: LogIndex(0),
            prefixes: PrefixRegistry::default(),
            ledger: Ledger::new(LogIndex(0), PrefixHash::EMPTY, Store::default()),
            table: PropertyTable::new(&Self::PROPERTIES),
        }
    }

    /// Forgets logs, states and what is committed: they are told anew. It remembers who led and who
    /// voted, and the verdicts.
    ///
    /// The logs may begin at different places. A log that begins in the middle says nothing of what
    /// is before it, so of the entries up to `floor`, the latest of these places, only the
    /// positions are compared. This is enough for what follows: by Log Matching, logs with the same
    /// position there are equal up to it.
    pub fn begins_anew(&mut self, floor: LogIndex) {
        self.nodes.clear();
        self.floor = floor;
        self.prefixes = PrefixRegistry::default();
        self.ledger = Ledger::new(LogIndex(0), PrefixHash::EMPTY, Store::default());
    }

    /// Whether a log that begins after this position can be compared with those that were told.
    pub fn knows(&self, base: LogPosition) -> bool {
        base.index <= self.floor || self.prefixes.hash_of(base).is_some()
    }

    /// The record begins with snapshots: entries up to here are committed. Logs that were told
    /// before may hold them.
    pub fn begins_after(&mut self, base: LogPosition) {
        let log = LogShadow::after(base, self.prefixes.hash_of(base));
        self.ledger = Ledger::new(base.index, log.last_prefix(), Store::default());
    }

    /// What is told from now on happened at this time, with this number.
    pub fn now(&mut self, at: Instant, number: u64) {
        self.table.now(at, number);
    }

    /// A fault took away something on which all properties rest: nothing is judged from now on.
    pub fn suspend_all(&mut self, because: &Words) {
        self.table.suspend_all(because);
    }

    /// The first contradiction.
    pub fn violation(&self) -> Option<&Violation> {
        self.table.first()
    }

    fn node(&mut self, node: NodeId) -> &mut RecordedNode {
        self.nodes.entry(node).or_insert_with(|| RecordedNode {
            state: ServerState::default(),
            log: LogShadow::new(LogIndex(0), PrefixHash::EMPTY),
            sent: Term(0),
        })
    }

    /// A node acts as leader of a term.
    pub fn leads(&mut self, node: NodeId, term: Term) {
        self.table.note(&election_safety::PROPERTY, self.leaders.judge(node, term));
    }

    /// The log of a node that begins to lead, against what is committed.
    pub fn elected(&mut self, leader: NodeId, term: Term) {
        let (index, committed) = self.ledger.last_committed_before(term);
        let log = &self.node(leader).log;
        // What its snapshot covers is not known entry by entry.
        let held = if index < log.base() { Some(committed) } else { log.get(index) };
        let seen = leader_completeness::LeaderCompared { leader, term, index, committed, held };
        self.table.note(&leader_completeness::PROPERTY, leader_completeness::leader_compared(seen));
    }

    /// A node votes for a candidate.
    pub fn votes(&mut self, voter: NodeId, term: Term, candidate: NodeId) {
        let first = self.votes.record(term, voter, candidate);
        // A record does not show what was on the disk at that moment.
        let durable = HardState { current_term: term, voted_for: Some(candidate) };
        let sent = vote_durability::VoteSent { voter, term, candidate, first, durable };
        self.table.note(&vote_durability::PROPERTY, vote_durability::vote_sent(sent));
    }

    /// A new server has the number of an old one.
    pub fn renewed(&mut self, node: NodeId) {
        self.votes.renew(node);
        self.nodes.remove(&node);
    }

    /// A node sends a message of a term.
    pub fn sends(&mut self, node: NodeId, term: Term) {
        let node = self.node(node);
        node.sent = node.sent.max(term);
    }

    /// A node started: its memory may say less than before, but for the term of its messages.
    pub fn started(&mut self, node: NodeId, now: RecordedState) {
        let sent = self.node(node).sent;
        let seen = monotonic_state::TermRecovered { node, term: now.term, sent };
        self.table.note(&monotonic_state::PROPERTY, monotonic_state::term_recovered(seen));
        self.node(node).state = now.into();
    }

    /// The state of a node is this now.
    pub fn state(&mut self, node: NodeId, now: RecordedState) {
        let now = ServerState::from(now);
        let before = std::mem::replace(&mut self.node(node).state, now);
        if before != now {
            let seen = monotonic_state::StateChanged { node, before, now };
            self.table.note(&monotonic_state::PROPERTY, monotonic_state::state_changed(seen));
        }
    }

    /// The log of a node changed: it begins after `base`, the entries up to `kept_through` are the
    /// same, and these follow. `leading` is the term that the node leads, before and after.
    pub fn log_changed<'e>(
        &mut self,
        node: NodeId,
        leading: Option<Term>,
        (base, kept_through): (LogPosition, LogIndex),
        entries: impl Iterator<Item = &'e Entry>,
    ) {
        let (last_before, floor) = (self.node(node).log.last(), self.floor);
        self.compacted(node, base);
        let log = &mut self.node(node).log;
        log.truncate_after(kept_through.max(base.index));
        let mut held = Vec::new();
        for entry in entries {
            match entry.index <= floor {
                true => log.append_position(entry.position()),
                false => held.push((entry.index, log.append(entry))),
            }
        }
        let last_now = log.last();
        if let Some(term) = leading {
            let seen = leader_append_only::LeaderLogChanged {
                leader: node,
                term,
                last_before,
                kept_through,
                last_now,
            };
            let verdict = leader_append_only::leader_log_changed(seen);
            self.table.note(&leader_append_only::PROPERTY, verdict);
        }
        for (index, prefix) in held {
            let differs_from = self.prefixes.record(node, index, prefix);
            let seen = log_matching::EntryHeld { node, index, prefix, differs_from };
            self.table.note(&log_matching::PROPERTY, log_matching::entry_held(seen));
        }
    }

    /// The log of a node begins after this position now, and keeps what follows.
    pub fn compacted(&mut self, node: NodeId, base: LogPosition) {
        let known = self.prefixes.hash_of(base);
        let log = &mut self.node(node).log;
        if base != log.base_position() && !log.compact(base) {
            *log = LogShadow::after(base, known);
        }
    }

    /// The log of a leader, known by its length only, became shorter.
    pub fn leader_shrinks(&mut self, leader: NodeId, term: Term, from: LogIndex, to: LogIndex) {
        let seen = leader_append_only::LeaderLogChanged {
            leader,
            term,
            last_before: LogPosition::new(from, term),
            kept_through: to,
            last_now: LogPosition::new(to, term),
        };
        self.table
            .note(&leader_append_only::PROPERTY, leader_append_only::leader_log_changed(seen));
    }

    /// A node takes entries up to an index for committed. The first that does makes the ledger
    /// longer, by the entries of its own log, found by `entry`.
    pub fn commits<'e>(
        &mut self,
        node: NodeId,
        term: Term,
        index: LogIndex,
        entry: impl Fn(LogIndex) -> Option<&'e Entry>,
    ) {
        let mut next = self.ledger.commit_index().next();
        while next <= index {
            let prefix = self.node(node).log.get(next);
            let (Some(prefix), Some(entry)) = (prefix, entry(next)) else { break };
            self.ledger.extend(entry, prefix, term);
            next = next.next();
        }
        let log = self.node(node).log.clone();
        if index < log.base() || index <= self.ledger.base() {
            return;
        }
        let (held, committed) = (log.get(index), self.ledger.get(index));
        // An entry that the log does not hold is in no ledger because of that.
        let committed = committed.or(held).or(Some(PrefixHash::EMPTY));
        let seen = commit_rule::CommitBelieved { node, index, held, committed };
        self.table.note(&commit_rule::PROPERTY, commit_rule::commit_believed(seen));
    }

    /// A node, whose log is known by its length only, takes entries for committed.
    pub fn commits_of_length(&mut self, node: NodeId, index: LogIndex, last: LogIndex) {
        let held = (index <= last).then_some(PrefixHash::EMPTY);
        let committed = Some(PrefixHash::EMPTY);
        let seen = commit_rule::CommitBelieved { node, index, held, committed };
        self.table.note(&commit_rule::PROPERTY, commit_rule::commit_believed(seen));
    }

    /// A node applied an entry, in its term. `believed` is what it takes for committed, if the
    /// record tells that and the entries; if not, what is applied is committed. So is what is
    /// believed: the Commit Rule judges that. The first that applies such an entry makes the ledger
    /// longer.
    pub fn applies(&mut self, node: NodeId, entry: &Entry, term: Term, believed: Option<LogIndex>) {
        let index = entry.index;
        let before = self.ledger.get(index.previous());
        let applied = before.unwrap_or(PrefixHash::EMPTY).then(entry);
        let is_committed = believed.is_none_or(|believed| index <= believed);
        if is_committed && index == self.ledger.commit_index().next() {
            self.ledger.extend(entry, applied, term);
        }
        // It is not known which entries were committed before the ledger begins.
        let is_earlier = index <= self.ledger.base();
        let committed = self.ledger.get(index).filter(|_| !is_earlier);
        let seen = state_machine_safety::EntryApplied {
            node,
            last_applied: self.node(node).state.last_applied,
            position: entry.position(),
            applied,
            committed: committed.or((is_committed || is_earlier).then_some(applied)),
        };
        self.table.note(&state_machine_safety::PROPERTY, state_machine_safety::entry_applied(seen));
        self.node(node).state.last_applied = index;
    }

    /// A node's state machine has applied the entries up to here, by a snapshot or from its disk.
    pub fn applied_through(&mut self, node: NodeId, index: LogIndex) {
        self.node(node).state.last_applied = index;
    }

    /// A node tells a leader that its log holds the entries up to an index. `last` is the end of
    /// its log, if the record has no entries.
    pub fn acknowledges(
        &mut self,
        node: NodeId,
        leader: NodeId,
        match_index: LogIndex,
        last: Option<LogIndex>,
    ) {
        let log = &self.node(node).log;
        let (durable, durable_last) = match last {
            Some(last) => {
                let position = LogPosition::new(last, Term(0));
                ((match_index <= last).then_some(PrefixHash::EMPTY), position)
            }
            None if match_index < log.base() => return,
            None => (log.get(match_index), log.last()),
        };
        let seen = durable_promises::LogAcknowledged {
            node,
            leader,
            match_index,
            durable,
            durable_last,
            leaders: None,
        };
        self.table.note(&durable_promises::PROPERTY, durable_promises::log_acknowledged(seen));
    }
}

impl Default for RecordedChecks {
    fn default() -> Self {
        Self::new()
    }
}

impl From<RecordedState> for ServerState {
    fn from(state: RecordedState) -> Self {
        let RecordedState { term, voted_for, commit_index, last_applied } = state;
        let hard_state = HardState { current_term: term, voted_for };
        Self { hard_state, commit_index, last_applied }
    }
}

#[cfg(test)]
mod tests;
