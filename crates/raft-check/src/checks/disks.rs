//! Writes reach the disks, or are lost.

use raft_core::{NodeId, PersistId};
use raft_sim::{DiskEvent, Event, EventKind, World};
use raft_storage::WriteBatch;

use super::Checks;
use crate::invariants::committed_durability::{self, HoldersCounted};
use crate::quorum::NodeSet;

impl Checks {
    pub(super) fn follow_disk(&mut self, world: &World, id: NodeId, event: &DiskEvent) {
        match event {
            DiskEvent::WriteIssued { id: write, batch } => {
                if let Some(node) = self.node_mut(id) {
                    node.disk.issue(*write, batch.clone());
                }
            }
            DiskEvent::WriteDurable { id: write } => self.write_durable(world, id, *write),
            DiskEvent::WriteFailed { id: write, is_ignored: true, .. } => {
                self.write_failed(id, *write);
            }
            DiskEvent::WriteTorn { landed, .. } => self.write_torn(world, id, landed),
            DiskEvent::Damaged { .. } => self.disk_damaged(world, id),
            // A failure that is not ignored is followed by a crash, and a crash by the writes lost.
            DiskEvent::WriteFailed { is_ignored: false, .. }
            | DiskEvent::WritesLost { .. }
            | DiskEvent::Changed { .. } => {}
        }
    }

    fn write_durable(&mut self, world: &World, id: NodeId, write: PersistId) {
        if let Ok(place) = self.place_of(id) {
            self.nodes[place].disk.complete(write, &self.log_matching);
            self.disk_changed(place);
            // It may have written over the damage.
            if !self.nodes[place].disk.is_readable {
                self.reread_disk(world, place);
            }
        }
    }

    fn write_failed(&mut self, id: NodeId, write: PersistId) {
        if let Some(node) = self.node_mut(id) {
            node.disk.fail(write);
        }
    }

    fn write_torn(&mut self, world: &World, id: NodeId, landed: &WriteBatch) {
        if let Ok(place) = self.place_of(id) {
            self.nodes[place].disk.tear(landed, &self.log_matching);
            self.disk_changed(place);
            self.reread_disk(world, place);
        }
    }

    fn disk_damaged(&mut self, world: &World, id: NodeId) {
        if let Ok(place) = self.place_of(id) {
            self.reread_disk(world, place);
        }
    }

    /// Looks at the disk itself: damage is rare.
    fn reread_disk(&mut self, world: &World, place: usize) {
        let node = &mut self.nodes[place];
        let Some(seen) = world.node(node.id) else { return };
        node.disk.reread(seen.recovered().as_ref().ok());
        self.count_holders();
    }

    /// The event that follows says how many unfinished writes were lost; the others got through.
    pub(super) fn crashed(&mut self, id: NodeId, later: &[Event]) {
        let lost = later.iter().find_map(|event| match &event.kind {
            EventKind::Disk { node, event: DiskEvent::WritesLost { writes, .. } }
                if *node == id =>
            {
                Some(*writes)
            }
            _ => None,
        });
        if let Ok(place) = self.place_of(id) {
            let node = &mut self.nodes[place];
            node.disk.crash(lost.unwrap_or(0), &self.log_matching);
            node.end_life();
            self.disk_changed(place);
        }
    }

    fn disk_changed(&mut self, place: usize) {
        if self.nodes[place].disk.recount(&self.ledger) {
            self.count_holders();
        }
    }

    /// Counts the disks that hold all that is committed.
    pub(super) fn count_holders(&mut self) {
        let committed = self.ledger.last();
        let (mut holders, mut damaged) = (NodeSet::default(), NodeSet::default());
        for node in self.nodes.iter().filter(|node| node.disk.may_have_held(committed.index)) {
            let set = if node.disk.is_readable { &mut holders } else { &mut damaged };
            set.insert(node.id);
        }
        let seen = HoldersCounted { committed, holders, damaged, membership: &self.governing };
        let judgement = committed_durability::holders_counted(seen);
        self.board.judge(&committed_durability::PROPERTY, judgement);
    }

    /// All disks, after the ledger grew.
    pub(super) fn recount_disks(&mut self) {
        for node in &mut self.nodes {
            node.disk.recount(&self.ledger);
        }
        self.count_holders();
    }
}
