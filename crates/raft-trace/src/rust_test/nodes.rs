//! What the test will know of each node: its disk, and what it sent.

use std::collections::{BTreeMap, VecDeque};

use raft_core::{
    HardState, LogPosition, Membership, Message, NodeId, Payload, Persist, PersistId, Recovered,
    RoleKind, Snapshot, Term,
};
use raft_sim::SimNode;

use super::lines::{self, Line};

/// The nodes, as the driver of the test has them.
#[derive(Default)]
pub(super) struct Nodes {
    nodes: BTreeMap<NodeId, KnownNode>,
}

#[derive(Default)]
pub(super) struct KnownNode {
    /// What is on its disk.
    pub(super) stored: Recovered,
    /// The writes that it was not told to be there.
    pub(super) writes: VecDeque<Persist>,
    /// What it sent since the beginning, with the receivers.
    pub(super) sent: Vec<(NodeId, Message)>,
    /// The number of entries that it handed over to be applied, in all its lives.
    pub(super) applied: usize,
    /// The number of requests that it answered.
    pub(super) answered: usize,
    /// Its role, as the schedule told it last; `None`: it is down.
    role: Option<RoleKind>,
}

impl Nodes {
    pub(super) fn get(&mut self, id: NodeId) -> &mut KnownNode {
        self.nodes.entry(id).or_default()
    }

    /// The number of the last message from one node to another that is equal to this one.
    pub(super) fn number_of(&self, from: NodeId, to: NodeId, message: &Message) -> Option<usize> {
        let sent = &self.nodes.get(&from)?.sent;
        let found = sent.iter().rposition(|(meant, sent)| *meant == to && sent == message);
        found.map(|place| place + 1)
    }

    /// The disk has the writes up to this one.
    pub(super) fn persisted(&mut self, id: NodeId, write: PersistId) {
        let node = self.get(id);
        while node.writes.front().is_some_and(|first| first.id <= write) {
            node.store_first();
        }
    }

    /// The process ends, and so many writes are lost.
    pub(super) fn crash(&mut self, id: NodeId, lost: usize) -> Result<(), String> {
        let node = self.get(id);
        if node.writes.len() < lost {
            return Err(format!("node {id} lost writes that it was told to be on its disk"));
        }
        while node.writes.len() > lost {
            node.store_first();
        }
        node.writes.clear();
        Ok(())
    }

    /// The role and the term of a node, if the role is another one than before. A node begins as a
    /// follower, which is no news.
    pub(super) fn changed_role(&mut self, node: &SimNode) -> Option<(RoleKind, Term)> {
        let now = node.core().map(|core| (core.role(), core.current_term()));
        let before = std::mem::replace(&mut self.get(node.id()).role, now.map(|(role, _)| role));
        now.filter(|(role, _)| *role != before.unwrap_or(RoleKind::Follower))
    }
}

impl KnownNode {
    /// Whether nothing was ever on its disk.
    pub(super) fn is_new(&self) -> bool {
        self.stored == Recovered::default() && self.writes.is_empty()
    }

    /// Takes the term, the vote and the commands in the log from a disk. Returns the calls that do
    /// the same. Whatever else is on the disk is not taken.
    pub(super) fn make_up(&mut self, disk: &Recovered, id: NodeId) -> Vec<Line> {
        let HardState { current_term, voted_for } = disk.hard_state;
        let is_empty = disk.hard_state == HardState::default() && disk.entries.is_empty();
        if is_empty {
            return Vec::new();
        }
        self.stored.hard_state = disk.hard_state;
        let call = format!("disk({id}, {current_term}, {})", vote(voted_for));
        let mut lines = vec![Line::new(call)];
        for entry in &disk.entries {
            if let Payload::Command(command) = &entry.payload {
                self.stored.entries.push(entry.clone());
                lines.push(lines::command(format!("disk_entry({id}, {}, ", entry.term), command));
            }
        }
        lines
    }

    /// The call that compares the numbers of what it did.
    pub(super) fn totals(&self, id: NodeId) -> String {
        let (sent, applied, answered) = (self.sent.len(), self.applied, self.answered);
        format!("did({id}, Did {{ sent: {sent}, applied: {applied}, answered: {answered} }})")
    }

    fn store_first(&mut self) {
        let Some(write) = self.writes.pop_front() else { return };
        let known = self.stored.commit_index;
        let changes_log = write.truncate_from.is_some() || !write.entries.is_empty();
        self.stored.store(write);
        if !changes_log {
            self.stored.commit_index = known;
        }
    }
}

/// Whether a core starts in the same way from both.
pub(super) fn are_same(one: &Recovered, other: &Recovered) -> bool {
    explicit(one) == explicit(other)
}

/// Without what a start makes of the rest.
fn explicit(disk: &Recovered) -> Recovered {
    let end = disk.snapshot.as_ref().map_or(LogPosition::ORIGIN, Snapshot::position);
    Recovered {
        log_start: Some(disk.log_start.unwrap_or(end)),
        commit_index: disk.commit_index.max(end.index),
        ..disk.clone()
    }
}

/// The calls that look at a node that runs.
pub(super) fn state_of(core: &raft_core::Node) -> [String; 3] {
    let (id, role, term) = (core.id(), core.role(), core.current_term().0);
    let vote = vote(core.voted_for());
    let state = format!("is({id}, RoleKind::{role:?}, {term}, {vote})");
    [state, log_of(core), members(id, core.membership())]
}

/// The call that looks at a log, and at how much of it is committed.
pub(super) fn log_of(core: &raft_core::Node) -> String {
    let (id, log, commit) = (core.id(), core.log(), core.commit_index());
    let LogPosition { index, term } = log.base();
    let terms = terms(log.iter_from(log.first_index()).map(|entry| entry.term));
    format!("log({id}, {commit}, ({index}, {term}), &{terms:?})")
}

fn members(id: NodeId, membership: &Membership) -> String {
    let numbers = |nodes: &[NodeId]| nodes.iter().map(|node| node.0).collect::<Vec<_>>();
    let (voters, learners) = (numbers(membership.voters()), numbers(membership.learners()));
    format!("members({id}, &{voters:?}, &{learners:?})")
}

/// The call that looks at the disk of a node that is down.
pub(super) fn disk_of(id: NodeId, disk: &Recovered) -> String {
    let (term, vote) = (disk.hard_state.current_term.0, vote(disk.hard_state.voted_for));
    let terms = terms(disk.entries.iter().map(|entry| entry.term));
    format!("is_down({id}, {term}, {vote}, &{terms:?})")
}

fn vote(voted_for: Option<NodeId>) -> String {
    format!("{:?}", voted_for.map(|node| node.0))
}

/// Each term with the number of its entries.
fn terms(of_entries: impl Iterator<Item = Term>) -> Vec<(u64, usize)> {
    let mut counted: Vec<(u64, usize)> = Vec::new();
    for Term(term) in of_entries {
        match counted.last_mut() {
            Some((last, count)) if *last == term => *count += 1,
            Some(_) | None => counted.push((term, 1)),
        }
    }
    counted
}
