//! Commit indexes advance, and with a leader's the ledger.

use raft_core::{Entry, LogIndex, Node, NodeId, RoleKind, Term};
use raft_sim::{Event, EventKind, StateMachineEvent, World};

use super::Checks;
use crate::properties::{Checker as _, CommandCommitted};
use crate::shadows::node::CommitClaim;

impl Checks {
    pub(super) fn follow_commit(
        &mut self,
        world: &World,
        id: NodeId,
        core: &Node,
        events: &[Event],
    ) {
        let Some(node) = self.shadows.node(id) else { return };
        let (before, now) = (node.state.commit_index, core.commit_index());
        let leads = core.role() == RoleKind::Leader && now > before;
        // If the node stepped down later in the same step, only its trace shows that it counted.
        let counted = node.claims.committed.clone().or_else(|| {
            leads.then(|| {
                let membership = node.memberships.at(node.seen_through).clone();
                CommitClaim { index: now, term: core.current_term(), membership }
            })
        });
        let has_counted = counted.is_some();
        if let Some(claim) = counted.filter(|claim| claim.index > before) {
            self.follow_leaders_commit(world, claim, &Source { node: id, core, events });
        }
        let (properties, mut cx) = self.telling(world);
        properties.commit_seen(id, core, has_counted, &mut cx);
    }

    /// The ledger follows a leader only if its commit keeps the Commit Rule.
    fn follow_leaders_commit(&mut self, world: &World, claim: CommitClaim, source: &Source<'_>) {
        let (properties, mut cx) = self.telling(world);
        if !properties.commit_rule.may_commit(source.node, &claim, &mut cx) {
            return;
        }
        let CommitClaim { index, term, membership } = claim;
        // A leader that was deposed meanwhile may say it again, with an older membership.
        if index > self.shadows.ledger.commit_index() {
            self.shadows.governing = membership;
            self.extend_ledger(world, index, term, source);
        }
    }

    /// Takes the leader's entries up to `through` into the ledger.
    fn extend_ledger(&mut self, world: &World, through: LogIndex, term: Term, source: &Source<'_>) {
        let id = source.node;
        let committed = self.shadows.ledger.commit_index();
        // The ledger does not follow a leader whose log lacks a committed entry.
        if self.shadows.held_by(id, committed) != self.shadows.ledger.get(committed) {
            let (properties, mut cx) = self.telling(world);
            return properties.leader_beside_ledger(id, term, &mut cx);
        }
        for index in committed.next().0..=through.0 {
            let index = LogIndex(index);
            let prefix = self.shadows.node(id).and_then(|node| node.log.get(index));
            let Some((prefix, entry)) = prefix.zip(source.entry(index)) else { break };
            if let Some(executed) = self.shadows.ledger.extend(entry, prefix, term) {
                let commands = &mut self.shadows.commands;
                let repetition = commands.record(executed.client, executed.sequence, index);
                let (properties, mut cx) = self.telling(world);
                let committed = CommandCommitted { index, executed: &executed, repetition };
                properties.command_committed(committed, &mut cx);
            }
            self.shadows.committed.append(entry);
        }
        let (properties, mut cx) = self.telling(world);
        properties.ledger_extended(committed, &mut cx);
        self.recount_disks(world);
        // A leader of a later term may have been elected before this one heard that it had
        // committed.
        for place in 0..self.shadows.nodes.len() {
            let node = &self.shadows.nodes[place];
            if let (leader, Some(later)) = (node.id, node.leading.filter(|leading| *leading > term))
            {
                let (properties, mut cx) = self.telling(world);
                properties.leader_beside_ledger(leader, later, &mut cx);
            }
        }
    }
}

/// Where the entries that a leader committed are.
struct Source<'a> {
    node: NodeId,
    core: &'a Node,
    events: &'a [Event],
}

impl<'a> Source<'a> {
    /// An entry in the leader's log; or, if a snapshot has replaced it in the same step, among
    /// those that the leader applied.
    fn entry(&self, index: LogIndex) -> Option<&'a Entry> {
        self.core.log().get(index).or_else(|| {
            let applied = self.events.iter().filter_map(|event| {
                let EventKind::StateMachine { node, event } = &event.kind else { return None };
                let StateMachineEvent::Applied { entries } = event else { return None };
                (*node == self.node).then_some(entries)
            });
            applied.flat_map(|entries| entries.iter()).find(|entry| entry.index == index)
        })
    }
}
