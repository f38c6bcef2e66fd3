//! State machines move on.

use raft_core::{Entry, LogIndex, LogPosition, NodeId};
use raft_kv::Store;
use raft_sim::{Event, EventKind};

use super::Checks;
use crate::invariants::state_machine_safety::{
    self, EntryApplied, PROPERTY, SnapshotRestored, StateReached,
};
use crate::shadow::Mark;

impl Checks {
    pub(super) fn follow_applied(&mut self, id: NodeId, store: Option<&Store>, events: &[Event]) {
        let mut changed = false;
        for event in events {
            match &event.kind {
                EventKind::Applied { node, entries } if *node == id => {
                    entries.iter().for_each(|entry| self.entry_applied(id, entry));
                    changed = true;
                }
                EventKind::Restored { node, snapshot } if *node == id => {
                    self.snapshot_restored(id, *snapshot);
                    changed = true;
                }
                _ => {}
            }
        }
        if let Some(store) = store.filter(|_| changed) {
            self.state_reached(id, store);
        }
    }

    fn entry_applied(&mut self, id: NodeId, entry: &Entry) {
        let Some(node) = self.node(id) else { return };
        let index = entry.index;
        // Before the ledger begins it is not known what is committed; the order still counts.
        let before = self.ledger.get(index.previous());
        let is_known = index > self.ledger.base();
        let applied = before.unwrap_or(Mark::EMPTY).then(entry);
        let seen = EntryApplied {
            node: id,
            last_applied: node.applied,
            position: entry.position(),
            applied,
            committed: if is_known { self.ledger.get(index) } else { Some(applied) },
        };
        self.board.note(&PROPERTY, state_machine_safety::entry_applied(seen));
        self.now_applied(id, index);
    }

    fn snapshot_restored(&mut self, id: NodeId, snapshot: LogPosition) {
        let Some(node) = self.node(id) else { return };
        if snapshot.index >= self.ledger.base() {
            let committed = self.ledger.get(snapshot.index);
            let last_applied = node.applied;
            let seen = SnapshotRestored { node: id, last_applied, snapshot, committed };
            self.board.note(&PROPERTY, state_machine_safety::snapshot_restored(seen));
        }
        self.now_applied(id, snapshot.index);
    }

    fn now_applied(&mut self, id: NodeId, index: LogIndex) {
        if let Some(node) = self.node_mut(id) {
            node.applied = index;
        }
    }

    fn state_reached(&mut self, id: NodeId, store: &Store) {
        let Some(node) = self.node(id) else { return };
        let seen = StateReached {
            node: id,
            last_applied: node.applied,
            store_applied: LogIndex(store.last_applied()),
            digest: store.digest(),
            expected: self.ledger.store_digest(node.applied),
        };
        self.board.note(&PROPERTY, state_machine_safety::state_reached(seen));
    }
}
