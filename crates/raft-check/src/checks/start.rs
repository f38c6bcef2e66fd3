//! What the disks hold before anything happens.

use raft_core::{LogIndex, NodeId, Recovered, Snapshot};
use raft_kv::Store;
use raft_sim::{SimNode, World};

use super::Checks;
use crate::disk::DiskShadow;
use crate::ledger::Ledger;
use crate::memberships::Memberships;
use crate::shadow::Mark;
use crate::watched::Watched;

pub(super) fn empty_ledger() -> Ledger {
    Ledger::new(LogIndex(0), Mark::EMPTY, Store::default())
}

/// What a disk holds.
struct Held {
    node: NodeId,
    recovered: Recovered,
    is_intact: bool,
}

impl Checks {
    pub(super) fn start(&mut self, world: &World) {
        let mut held: Vec<Held> = world.nodes().map(held_by).collect();
        // A log that reaches further back may know what another one's snapshot replaced.
        held.sort_by_key(|held| (snapshot_end(&held.recovered), held.node));
        for Held { node, recovered, is_intact } in &held {
            let disk = DiskShadow::new(recovered, &self.log_matching, *is_intact);
            for index in disk.log.base().0..=disk.log.last_index().0 {
                self.entry_seen(*node, LogIndex(index), disk.log.get(LogIndex(index)));
            }
            self.nodes.push(Watched::new(*node, disk));
        }
        self.nodes.sort_by_key(|node| node.id);
        if let Some(Held { node, recovered, .. }) = held.last() {
            self.begin_ledger(*node, recovered.snapshot.as_ref());
        }
        for node in world.nodes() {
            self.follow_node(world, node.id(), &[]);
        }
    }

    /// All that a snapshot covers was committed before it was taken (§7).
    fn begin_ledger(&mut self, id: NodeId, snapshot: Option<&Snapshot>) {
        let Some((snapshot, node)) = snapshot.zip(self.node(id)) else { return };
        let mark = node.disk.log.get(snapshot.last_included_index).unwrap_or(Mark::EMPTY);
        // A snapshot that cannot be read: its node refuses to start.
        let store = Store::restore(&snapshot.data).unwrap_or_default();
        self.ledger = Ledger::new(snapshot.last_included_index, mark, store);
        self.committed =
            Memberships::new(snapshot.last_included_index, snapshot.membership.clone());
        self.governing = snapshot.membership.clone();
        for node in &mut self.nodes {
            node.disk.recount(&self.ledger);
        }
    }
}

/// A disk that cannot be read holds nothing that counts; its node refuses to start.
fn held_by(node: &SimNode) -> Held {
    let recovered = node.recovered();
    let is_intact = recovered.is_ok();
    Held { node: node.id(), recovered: recovered.unwrap_or_default(), is_intact }
}

fn snapshot_end(recovered: &Recovered) -> LogIndex {
    recovered.snapshot.as_ref().map_or(LogIndex(0), |snapshot| snapshot.last_included_index)
}
