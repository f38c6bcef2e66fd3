//! Writes reach the disks, or are lost.

use raft_core::{NodeId, PersistId};
use raft_sim::{Event, EventKind};

use super::Checks;
use crate::invariants::committed_durability::{self, HoldersCounted};

impl Checks {
    pub(super) fn write_durable(&mut self, id: NodeId, write: PersistId) {
        let known = &self.log_matching;
        if let Some(node) = self.nodes.get_mut(id.0.saturating_sub(1) as usize) {
            node.disk.complete(write, known);
            self.disk_changed(id);
        }
    }

    /// The event that follows says how many unfinished writes were lost; the others got through.
    pub(super) fn crashed(&mut self, id: NodeId, later: &[Event]) {
        let lost = later.iter().find_map(|event| match &event.kind {
            EventKind::WritesLost { node, writes, .. } if *node == id => Some(*writes),
            _ => None,
        });
        let known = &self.log_matching;
        if let Some(node) = self.nodes.get_mut(id.0.saturating_sub(1) as usize) {
            node.disk.crash(lost.unwrap_or(0), known);
            node.end_life();
            self.disk_changed(id);
        }
    }

    fn disk_changed(&mut self, id: NodeId) {
        let ledger = &self.ledger;
        let Some(node) = self.nodes.get_mut(id.0.saturating_sub(1) as usize) else { return };
        if node.disk.recount(ledger) {
            self.count_holders();
        }
    }

    /// Counts the disks that hold all that is committed.
    pub(super) fn count_holders(&mut self) {
        let committed = self.ledger.last();
        let voters = self.nodes.iter().filter(|node| self.membership.is_voter(node.id));
        let holders = voters.filter(|node| node.disk.agreed >= committed.index).count();
        let seen = HoldersCounted { committed, holders, majority: self.membership.majority() };
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
