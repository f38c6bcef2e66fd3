//! A node as it is after the events: its incarnation, its log, its role, its state.

use raft_core::{LogIndex, Node, NodeId, RoleKind};
use raft_sim::{Event, NodeState, SimNode, World};

use super::Checks;
use crate::properties::Checker as _;
use crate::properties::log_matching::EntryHeld;
use crate::properties::monotonic_state::LateReply;
use crate::shadows::disk::PersistentState;
use crate::shadows::log::PrefixHash;
use crate::shadows::memberships::Memberships;
use crate::shadows::node::{Claims, LogChange, NodeDigest, ServerState};

impl Checks {
    pub(super) fn follow_node(&mut self, world: &World, id: NodeId, events: &[Event]) {
        let Some(seen) = world.node(id) else { return };
        let Some(core) = seen.core() else {
            if let Some(node) = self.shadows.node_mut(id) {
                node.end_incarnation();
            }
            return;
        };
        let incarnation = seen.incarnation();
        if self.shadows.node(id).is_some_and(|node| node.incarnation != incarnation) {
            self.begin_incarnation(world, id, incarnation, core);
        }
        let digest = NodeDigest::of(incarnation, core);
        let Some(node) = self.shadows.node_mut(id) else { return };
        if !node.is_worth_a_look(digest) {
            return self.tell_of_node(world, id);
        }
        self.follow_log(world, id, core);
        self.follow_role(world, id, core);
        self.tell_of_node(world, id);
        self.follow_commit(world, id, core, events);
        self.follow_membership(world, id, core);
        self.follow_replies(world, seen, core);
        if let Some(node) = self.shadows.node_mut(id) {
            node.follow_compaction(core.log());
        }
        self.follow_applied(world, id, seen.store(), events);
        self.follow_state(world, id, core);
    }

    fn tell_of_node(&mut self, world: &World, id: NodeId) {
        let (properties, mut cx) = self.telling(world);
        properties.node_touched(id, &mut cx);
    }

    /// A node started from its disk.
    fn begin_incarnation(&mut self, world: &World, id: NodeId, incarnation: u64, core: &Node) {
        let first = match core.snapshot() {
            Some(snapshot) => snapshot.membership.clone(),
            None => self.shadows.bootstrap(id),
        };
        let Some(node) = self.shadows.node_mut(id) else { return };
        node.begin_incarnation(incarnation, first);
        let after = node.disk.snapshot.index.next();
        core.log().iter_from(after).for_each(|entry| node.memberships.append(entry));
        let was_damaged = !node.disk.is_readable;
        if node.disk.state() == PersistentState::of_core(core) {
            node.disk.proved();
        }
        let (properties, mut cx) = self.telling(world);
        properties.started(id, core, &mut cx);
        if was_damaged {
            self.tell_of_disks(world);
        }
    }

    fn follow_log(&mut self, world: &World, id: NodeId, core: &Node) {
        let Ok(place) = self.shadows.place_of(id) else { return };
        let node = &mut self.shadows.nodes[place];
        let base_before = node.log.base();
        node.seen_through = node.log.last_index();
        let change = node.follow_log(core.log(), &self.shadows.prefixes);
        let LogChange { last_before, kept_through } = change;
        if let Some(snapshot) = core.snapshot() {
            let end = snapshot.last_included_index;
            if node.log.base() != base_before {
                // A leader's snapshot replaced the log.
                node.memberships = Memberships::new(end, snapshot.membership.clone());
            } else if node.memberships.at(end).is_empty() {
                // A server that joins held these entries already. No entry told it the membership.
                node.memberships.begin_at(end, snapshot.membership.clone());
            }
        }
        node.memberships.truncate_after(kept_through);
        for entry in core.log().iter_from(kept_through.next()) {
            node.memberships.append(entry);
        }
        let (base, last_now) = (node.log.base(), node.log.last());
        if last_now == last_before && kept_through == last_before.index {
            return;
        }
        let (properties, mut cx) = self.telling(world);
        properties.log_changed(id, core, change, &mut cx);
        let first = if kept_through == base { base } else { kept_through.next() };
        for index in first.0..=last_now.index.0 {
            let index = LogIndex(index);
            let prefix = self.shadows.node(id).and_then(|node| node.log.get(index));
            self.follow_entry(world, id, index, prefix);
        }
    }

    /// A log, or a disk at the beginning, holds an entry that it did not hold before.
    pub(super) fn follow_entry(
        &mut self,
        world: &World,
        node: NodeId,
        index: LogIndex,
        prefix: Option<PrefixHash>,
    ) {
        let Some(prefix) = prefix else { return };
        let differs_from = self.shadows.prefixes.record(node, index, prefix);
        let (properties, mut cx) = self.telling(world);
        properties.entry_held(EntryHeld { node, index, prefix, differs_from }, &mut cx);
    }

    fn follow_role(&mut self, world: &World, id: NodeId, core: &Node) {
        let leads = (core.role() == RoleKind::Leader).then(|| core.current_term());
        let Some(node) = self.shadows.node_mut(id) else { return };
        let before = std::mem::replace(&mut node.leading, leads);
        let Some(term) = leads else { return };
        if leads != before {
            self.tell_of_leader(world, id, term);
            let (properties, mut cx) = self.telling(world);
            properties.elected(id, term, &mut cx);
            properties.leader_beside_ledger(id, term, &mut cx);
        }
    }

    fn follow_membership(&mut self, world: &World, id: NodeId, core: &Node) {
        let (properties, mut cx) = self.telling(world);
        properties.membership_seen(id, core, &mut cx);
        if let (Some(node), Some(snapshot)) = (self.shadows.node_mut(id), core.snapshot()) {
            node.compared_snapshot = node.compared_snapshot.max(snapshot.last_included_index);
        }
    }

    /// Looks at a leader's match index after a reply that says less than an earlier one.
    fn follow_replies(&mut self, world: &World, seen: &SimNode, core: &Node) {
        let leader = seen.id();
        let Some(node) = self.shadows.node_mut(leader) else { return };
        let membership = node.memberships.last().0;
        node.replies.use_membership(membership);
        let Some(peer) = node.replies.late.take() else { return };
        let highest = node.replies.highest(peer);
        // A paused node, or a slow one, has not handled yet what was delivered to it.
        let has_seen_all = seen.state() == NodeState::Running && seen.inbox_len() == 0;
        if !has_seen_all || node.leading.is_none() {
            return;
        }
        let status = core.status();
        if let Some(known) = status.peers.iter().find(|found| found.id == peer) {
            let match_index = known.match_index;
            let (properties, mut cx) = self.telling(world);
            properties.late_reply(LateReply { leader, peer, highest, match_index }, &mut cx);
        }
    }

    fn follow_state(&mut self, world: &World, id: NodeId, core: &Node) {
        let Some(node) = self.shadows.node_mut(id) else { return };
        let now = ServerState::of(core);
        let before = std::mem::replace(&mut node.state, now);
        node.claims = Claims::default();
        if before != now {
            let (properties, mut cx) = self.telling(world);
            properties.state_changed(id, before, now, &mut cx);
        }
    }
}
