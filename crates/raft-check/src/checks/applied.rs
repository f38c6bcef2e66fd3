//! State machines move on.

use raft_core::{LogIndex, LogPosition, NodeId};
use raft_kv::Store;
use raft_sim::{Event, EventKind, StateMachineEvent, World};

use super::Checks;
use crate::properties::exactly_once::ContentsReached;
use crate::properties::{Checker as _, ReadServed};

impl Checks {
    /// Entries that are applied are looked at with their node, after all events.
    pub(super) fn follow_state_machine(
        &mut self,
        world: &World,
        node: NodeId,
        event: &StateMachineEvent,
    ) {
        match event {
            StateMachineEvent::Applied { .. } | StateMachineEvent::Restored { .. } => {
                if let Some(node) = self.shadows.node_mut(node) {
                    node.claims.applied = true;
                }
            }
            StateMachineEvent::Reopened { applied } => {
                if let Some(node) = self.shadows.node_mut(node) {
                    node.disk.applied = *applied;
                    node.claims.applied = true;
                }
            }
            StateMachineEvent::ReadServed { client, sequence, read, index } => {
                let (client, sequence, read, index) = (*client, *sequence, *read, *index);
                let served = ReadServed { node, client, sequence, read, index };
                let (properties, mut cx) = self.telling(world);
                properties.read_served(served, &mut cx);
                self.keep_stores();
            }
        }
    }

    pub(super) fn follow_applied(
        &mut self,
        world: &World,
        id: NodeId,
        store: Option<&Store>,
        events: &[Event],
    ) {
        let Some(from) = self.shadows.node(id).map(|node| node.applied) else { return };
        let mut has_changed = false;
        for event in events {
            let EventKind::StateMachine { node, event } = &event.kind else { continue };
            if *node != id {
                continue;
            }
            match event {
                StateMachineEvent::Applied { entries } => {
                    for entry in entries.iter() {
                        let (properties, mut cx) = self.telling(world);
                        let is_right =
                            properties.state_machine_safety.may_apply(id, entry, &mut cx);
                        self.note_applied(id, entry.index, is_right);
                    }
                    has_changed = true;
                }
                StateMachineEvent::Restored { snapshot } => {
                    self.restored(world, id, *snapshot);
                    has_changed = true;
                }
                // The shadow has it since the node started.
                StateMachineEvent::Reopened { .. } => has_changed = true,
                StateMachineEvent::ReadServed { .. } => {}
            }
        }
        if let Some(store) = store.filter(|_| has_changed) {
            self.compare_contents(world, id, from, store);
            let (properties, mut cx) = self.telling(world);
            properties.state_reached(id, store, &mut cx);
        }
    }

    fn restored(&mut self, world: &World, id: NodeId, snapshot: LogPosition) {
        let (properties, mut cx) = self.telling(world);
        properties.snapshot_restored(id, snapshot, &mut cx);
        self.note_applied(id, snapshot.index, false);
    }

    fn note_applied(&mut self, id: NodeId, index: LogIndex, is_right: bool) {
        if let Some(node) = self.shadows.node_mut(id) {
            node.applied = index;
            node.has_right_contents &= is_right;
        }
    }

    /// Compares keys and values, if they were right before and only committed entries were applied
    /// since.
    fn compare_contents(&mut self, world: &World, id: NodeId, from: LogIndex, store: &Store) {
        let Some(node) = self.shadows.node(id) else { return };
        let (to, digest, was_right) =
            (node.applied, store.contents_digest(), node.has_right_contents);
        let expected = self.shadows.ledger.contents_digest(to);
        let expected = expected.filter(|_| store.last_applied() == to.0);
        if let Some(expected) = expected.filter(|_| was_right) {
            let reached = ContentsReached { node: id, from, to, digest, expected };
            let (properties, mut cx) = self.telling(world);
            properties.contents_reached(reached, &mut cx);
        }
        if let Some(node) = self.shadows.node_mut(id) {
            node.has_right_contents = expected == Some(digest);
        }
    }
}
