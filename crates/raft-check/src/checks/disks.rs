//! Writes become durable, or are lost.

use raft_core::{LogPosition, NodeId, Recovered};
use raft_sim::{DiskDamage, DiskEvent, Event, EventKind, SimNode, World, words};

use super::Checks;
use crate::properties::Checker as _;
use crate::shadows::disk::DiskShadow;
use crate::shadows::node::NodeShadow;
use crate::shadows::quorum::is_quorum;

impl Checks {
    pub(super) fn follow_disk(&mut self, world: &World, id: NodeId, event: &DiskEvent) {
        let Ok(place) = self.shadows.place_of(id) else { return };
        let disk = &mut self.shadows.nodes[place].disk;
        let known = &self.shadows.prefixes;
        match event {
            DiskEvent::WriteIssued { id: write, batch } => disk.issue(*write, batch.clone()),
            DiskEvent::WriteDurable { id: write } => {
                disk.complete(*write, known);
                self.recount_disk(world, place);
                // The write may have replaced what was damaged.
                if !self.shadows.nodes[place].disk.is_readable {
                    self.reread_disk(world, place);
                }
            }
            DiskEvent::WriteFailed { id: write, is_ignored: true, .. } => disk.fail(*write),
            DiskEvent::WriteTorn { landed, .. } => {
                disk.tear(landed, known);
                self.recount_disk(world, place);
                self.reread_disk(world, place);
            }
            DiskEvent::Damaged { damage: DiskDamage::Restore, .. } => {
                self.restore_disk(world, place);
            }
            DiskEvent::Damaged { .. } => self.reread_disk(world, place),
            // The change may have removed what was damaged.
            DiskEvent::FilesChanged { .. } if !disk.is_readable => self.reread_disk(world, place),
            DiskEvent::Renewed { .. } => self.renew_server(world, place),
            // A failure that is not ignored is followed by a crash, and a crash by the writes lost.
            DiskEvent::WriteFailed { is_ignored: false, .. }
            | DiskEvent::WritesLost { .. }
            | DiskEvent::FilesChanged { .. }
            | DiskEvent::Changed { .. } => {}
        }
    }

    /// An older copy of the disk is its content: all of it can be read, but not all that the node
    /// promised is in it.
    fn restore_disk(&mut self, world: &World, place: usize) {
        let known = &self.shadows.prefixes;
        let node = &mut self.shadows.nodes[place];
        let Some(found) = world.node(node.id).map(SimNode::recovered) else { return };
        let before = node.disk.state();
        node.disk = DiskShadow::new(&found.unwrap_or_default(), known, true);
        let (id, forgets) = (node.id, node.disk.state() != before);
        if forgets {
            self.table.suspend_all(&words! {
                "the disk of ", id, " is an older copy: the node forgets what it promised"
            });
        }
        self.recount_disk(world, place);
        self.tell_of_disks(world);
    }

    /// A new server has the number of one whose disk was wiped, and that is no member any more.
    fn renew_server(&mut self, world: &World, place: usize) {
        let disk = DiskShadow::new(&Recovered::default(), &self.shadows.prefixes, true);
        let node = &mut self.shadows.nodes[place];
        let id = node.id;
        *node = NodeShadow::new(id, disk);
        self.shadows.renewed.push(id);
        self.shadows.votes.renew(id);
        self.tell_of_disks(world);
    }

    /// Reads the disk itself: damage is rare.
    fn reread_disk(&mut self, world: &World, place: usize) {
        let node = &mut self.shadows.nodes[place];
        let Some(seen) = world.node(node.id) else { return };
        node.disk.reread(seen.recovered().as_ref().ok());
        self.tell_of_disks(world);
    }

    /// The event that follows says how many unfinished writes were lost. The others became durable.
    pub(super) fn follow_crash(&mut self, world: &World, id: NodeId, later: &[Event]) {
        let lost = later.iter().find_map(|event| {
            let EventKind::Disk { node, event } = &event.kind else { return None };
            let DiskEvent::WritesLost { writes, .. } = event else { return None };
            (*node == id).then_some(*writes)
        });
        if let Ok(place) = self.shadows.place_of(id) {
            let node = &mut self.shadows.nodes[place];
            node.disk.crash(lost.unwrap_or(0), &self.shadows.prefixes);
            node.end_incarnation();
            self.recount_disk(world, place);
        }
    }

    fn recount_disk(&mut self, world: &World, place: usize) {
        if self.shadows.nodes[place].disk.recount(&self.shadows.ledger) {
            self.tell_of_disks(world);
        }
    }

    /// Whether the disk of this node holds an entry, and with it the disks of a majority of the
    /// voters in the latest committed membership (§6: of both majorities).
    pub(crate) fn is_on_majority(&self, id: NodeId, entry: LogPosition) -> bool {
        let holds = |node: &&NodeShadow| node.disk.log.term_at(entry.index) == Some(entry.term);
        let is_here = self.shadows.node(id).is_some_and(|node| holds(&node));
        let holders = || self.shadows.nodes.iter().filter(holds).map(|node| node.id).collect();
        is_here && is_quorum(self.committed_membership().1, holders())
    }

    /// Looks at all disks, after the ledger has grown.
    pub(super) fn recount_disks(&mut self, world: &World) {
        for node in &mut self.shadows.nodes {
            node.disk.recount(&self.shadows.ledger);
        }
        self.tell_of_disks(world);
    }

    pub(super) fn tell_of_disks(&mut self, world: &World) {
        let (properties, mut cx) = self.telling(world);
        properties.disks_changed(&mut cx);
    }
}
