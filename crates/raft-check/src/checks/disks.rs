//! Writes reach the disks, or are lost.

use raft_core::{NodeId, PersistId};
use raft_sim::{Event, EventKind};

use super::Checks;
use crate::invariants::committed_durability::{self, HoldersCounted};

impl Checks {
    pub(super) fn write_durable(&mut self, id: NodeId, write: PersistId) {
        if let Ok(place) = self.place_of(id) {
            self.nodes[place].disk.complete(write, &self.log_matching);
            self.disk_changed(place);
        }
    }

    /// The event that follows says how many unfinished writes were lost; the others got through.
    pub(super) fn crashed(&mut self, id: NodeId, later: &[Event]) {
        let lost = later.iter().find_map(|event| match &event.kind {
            EventKind::WritesLost { node, writes, .. } if *node == id => Some(*writes),
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
        let holders = self.nodes.iter().filter(|node| node.disk.agreed >= committed.index);
        let holders = holders.map(|node| node.id).collect();
        let seen = HoldersCounted { committed, holders, membership: &self.governing };
        let verdict = committed_durability::holders_counted(seen);
        self.board.note(&committed_durability::PROPERTY, verdict);
    }

    /// All disks, after the ledger grew.
    pub(super) fn recount_disks(&mut self) {
        for node in &mut self.nodes {
            node.disk.recount(&self.ledger);
        }
        self.count_holders();
    }
}
