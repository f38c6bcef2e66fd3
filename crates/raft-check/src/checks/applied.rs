//! State machines move on.

use raft_core::{Entry, LogIndex, LogPosition, NodeId};
use raft_kv::Store;
use raft_sim::{Event, EventKind, StateMachineEvent};

use super::Checks;
use crate::invariants::exactly_once::{self, ContentsReached};
use crate::invariants::read_linearizability::ReadSeen;
use crate::invariants::state_machine_safety::{
    self, EntryApplied, PROPERTY, SnapshotRestored, StateReached,
};
use crate::shadow::Mark;

impl Checks {
    pub(super) fn follow_state_machine(&mut self, node: NodeId, event: &StateMachineEvent) {
        match event {
            StateMachineEvent::Applied { .. } | StateMachineEvent::Restored { .. } => {
                if let Some(node) = self.node_mut(node) {
                    node.claims.applied = true;
                }
            }
            StateMachineEvent::ReadServed { client, sequence, read, index } => {
                let (client, sequence, read, index) = (*client, *sequence, *read, *index);
                self.read_served(ReadSeen { node, client, sequence, read, index });
            }
        }
    }

    pub(super) fn follow_applied(&mut self, id: NodeId, store: Option<&Store>, events: &[Event]) {
        let Some(from) = self.node(id).map(|node| node.applied) else { return };
        let mut changed = false;
        for event in events {
            let EventKind::StateMachine { node, event } = &event.kind else { continue };
            if *node != id {
                continue;
            }
            match event {
                StateMachineEvent::Applied { entries } => {
                    entries.iter().for_each(|entry| self.entry_applied(id, entry));
                    changed = true;
                }
                StateMachineEvent::Restored { snapshot } => {
                    self.snapshot_restored(id, *snapshot);
                    changed = true;
                }
                StateMachineEvent::ReadServed { .. } => {}
            }
        }
        if let Some(store) = store.filter(|_| changed) {
            self.contents_reached(id, from, store);
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
        let verdict = state_machine_safety::entry_applied(seen);
        if verdict.is_err() {
            self.now_has_right_contents(id, false);
        }
        self.board.note(&PROPERTY, verdict);
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
        self.now_has_right_contents(id, false);
        self.now_applied(id, snapshot.index);
    }

    fn now_applied(&mut self, id: NodeId, index: LogIndex) {
        if let Some(node) = self.node_mut(id) {
            node.applied = index;
        }
    }

    fn now_has_right_contents(&mut self, id: NodeId, is_so: bool) {
        if let Some(node) = self.node_mut(id) {
            node.has_right_contents = is_so;
        }
    }

    /// A command that is repeated is to blame only for what was right before, if nothing but what is
    /// committed was applied since.
    fn contents_reached(&mut self, id: NodeId, from: LogIndex, store: &Store) {
        let Some(node) = self.node(id) else { return };
        let (to, digest) = (node.applied, store.contents_digest());
        let expected = self.ledger.contents_digest(to).filter(|_| store.last_applied() == to.0);
        if let Some(expected) = expected.filter(|_| node.has_right_contents) {
            let seen = ContentsReached { node: id, from, to, digest, expected };
            let verdict = self.exactly_once.contents_reached(seen);
            self.board.note(&exactly_once::PROPERTY, verdict);
        }
        self.now_has_right_contents(id, expected == Some(digest));
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
