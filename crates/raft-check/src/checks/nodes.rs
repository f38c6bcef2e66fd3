//! A node as it is after the events: its life, its log, its progress.

use raft_core::{LogIndex, Node, NodeId, RoleKind};
use raft_sim::{Event, NodeState, World};

use super::Checks;
use crate::invariants::faithful_recovery::{self, PersistentState, Restarted, StartRefused};
use crate::invariants::leader_append_only::{self, LeaderLogChanged};
use crate::invariants::log_matching::{self, EntrySeen};
use crate::invariants::monotonic_state::{self, StateSeen, TermRecovered};
use crate::invariants::vote_durability::{self, VoteHeld};
use crate::memberships::Memberships;
use crate::shadow::Mark;
use crate::watched::{Claims, Glance, LogChange, hard_state_of, progress_of};

impl Checks {
    pub(super) fn follow_node(&mut self, world: &World, id: NodeId, events: &[Event]) {
        let Some(seen) = world.node(id) else { return };
        let Some(core) = seen.core() else {
            if let Some(node) = self.node_mut(id) {
                node.end_life();
            }
            return;
        };
        if self.node(id).is_some_and(|node| node.life != seen.incarnation()) {
            self.begin_life(id, seen.incarnation(), core);
        }
        let glance = Glance::at(seen.incarnation(), core);
        let Some(node) = self.node_mut(id) else { return };
        if !node.is_worth_a_look(glance) {
            return self.compare_leases(world, id);
        }
        self.follow_log(id, core);
        self.follow_role(id, core);
        self.compare_leases(world, id);
        self.follow_commit(id, core, events);
        self.follow_membership(id, core);
        // A paused node, or a slow one, has not seen yet what was delivered to it.
        let has_seen_all = seen.state() == NodeState::Running && seen.inbox_len() == 0;
        self.follow_answers(id, core, has_seen_all);
        if let Some(node) = self.node_mut(id) {
            node.follow_compaction(core.log());
        }
        self.follow_applied(id, seen.store(), events);
        self.follow_progress(id, core);
    }

    /// It started from its disk, and must be what the disk makes it.
    fn begin_life(&mut self, id: NodeId, life: u64, core: &Node) {
        let first = match core.snapshot() {
            Some(snapshot) => snapshot.membership.clone(),
            None => self.configured(id),
        };
        let Some(node) = self.node_mut(id) else { return };
        node.begin_life(life, first);
        core.log().iter_from(core.log().first_index()).for_each(|e| node.memberships.append(e));
        let (hard_state, log) = (hard_state_of(core), core.log());
        let started_with = PersistentState { hard_state, base: log.base(), last_log: log.last() };
        let recovery = Restarted { node: id, disk: node.disk.state(), started_with };
        let was_damaged = !node.disk.is_readable;
        if recovery.disk == started_with {
            node.disk.proved();
        }
        let term = TermRecovered { node: id, term: core.current_term(), sent: node.sent };
        self.board.note(&faithful_recovery::PROPERTY, faithful_recovery::restarted(recovery));
        self.board.note(&monotonic_state::PROPERTY, monotonic_state::term_recovered(term));
        if was_damaged {
            self.count_holders();
        }
    }

    pub(super) fn start_refused(&mut self, id: NodeId, reason: &str) {
        let is_intact = self.node(id).is_some_and(|node| node.disk.is_intact);
        let verdict =
            faithful_recovery::start_refused(StartRefused { node: id, reason, is_intact });
        self.board.note(&faithful_recovery::PROPERTY, verdict);
    }

    fn follow_log(&mut self, id: NodeId, core: &Node) {
        let Ok(place) = self.place_of(id) else { return };
        let node = &mut self.nodes[place];
        let base_before = node.log.base();
        node.seen_through = node.log.last_index();
        let LogChange { last_before, kept_through } =
            node.follow_log(core.log(), &self.log_matching);
        // A leader's snapshot in place of the log.
        if node.log.base() != base_before
            && let Some(snapshot) = core.snapshot()
        {
            node.memberships = Memberships::new(node.log.base(), snapshot.membership.clone());
        }
        node.memberships.truncate_after(kept_through);
        for entry in core.log().iter_from(kept_through.next()) {
            node.memberships.append(entry);
        }
        let last_now = node.log.last();
        if last_now == last_before && kept_through == last_before.index {
            return;
        }
        let leads = (core.role() == RoleKind::Leader).then(|| core.current_term());
        if let Some(term) = node.leading.filter(|term| leads == Some(*term)) {
            let seen = LeaderLogChanged { leader: id, term, last_before, kept_through, last_now };
            let verdict = leader_append_only::leader_log_changed(seen);
            self.board.note(&leader_append_only::PROPERTY, verdict);
        }
        let base = node.log.base();
        let first = if kept_through == base { base } else { kept_through.next() };
        for index in first.0..=last_now.index.0 {
            let mark = self.node(id).and_then(|node| node.log.get(LogIndex(index)));
            self.entry_seen(id, LogIndex(index), mark);
        }
    }

    /// Any log, ever, that holds this position must hold the same up to it.
    pub(super) fn entry_seen(&mut self, node: NodeId, index: LogIndex, mark: Option<Mark>) {
        if let Some(mark) = mark {
            let verdict = self.log_matching.entry_seen(EntrySeen { node, index, mark });
            self.board.note(&log_matching::PROPERTY, verdict);
        }
    }

    /// What a node's log holds at an index. What its snapshot replaced counts as what is committed
    /// there, if the snapshot's end is committed.
    pub(super) fn held_by(&self, id: NodeId, index: LogIndex) -> Option<Mark> {
        let log = &self.node(id)?.log;
        if index >= log.base() {
            return log.get(index);
        }
        let base_is_committed = self.ledger.get(log.base()) == log.get(log.base());
        self.ledger.get(index).filter(|_| base_is_committed)
    }

    fn follow_progress(&mut self, id: NodeId, core: &Node) {
        let Some(node) = self.node_mut(id) else { return };
        let now = progress_of(core);
        let before = std::mem::replace(&mut node.progress, now);
        node.claims = Claims::default();
        if before != now {
            let verdict = monotonic_state::state_seen(StateSeen { node: id, before, now });
            self.board.note(&monotonic_state::PROPERTY, verdict);
            let vote = VoteHeld { node: id, before: before.hard_state, now: now.hard_state };
            self.board.note(&vote_durability::PROPERTY, vote_durability::vote_held(vote));
        }
    }
}
