//! The disks before anything happens.

use raft_core::{LogIndex, NodeId, Recovered, Snapshot};
use raft_sim::{SimNode, World, restore_store};

use super::Checks;
use crate::shadows::disk::DiskShadow;
use crate::shadows::ledger::Ledger;
use crate::shadows::log::PrefixHash;
use crate::shadows::memberships::Memberships;
use crate::shadows::node::NodeShadow;

/// The content of a disk.
struct Held {
    node: NodeId,
    recovered: Recovered,
    is_intact: bool,
}

impl Checks {
    pub(super) fn start(&mut self, world: &World) {
        let mut held: Vec<Held> = world.nodes().map(held_by).collect();
        // A log that reaches further back may have entries that another one's snapshot replaced.
        held.sort_by_key(|held| (log_start(&held.recovered), held.node));
        for Held { node, recovered, is_intact } in &held {
            let disk = DiskShadow::new(recovered, &self.shadows.prefixes, *is_intact);
            for index in disk.log.base().0..=disk.log.last_index().0 {
                let index = LogIndex(index);
                self.follow_entry(world, *node, index, disk.log.get(index));
            }
            self.shadows.nodes.push(NodeShadow::new(*node, disk));
        }
        self.shadows.nodes.sort_by_key(|node| node.id);
        let newest = held.iter().max_by_key(|held| (snapshot_end(&held.recovered), held.node));
        if let Some(Held { node, recovered, .. }) = newest {
            self.begin_ledger(world, *node, recovered.snapshot.as_ref());
        }
        let committed = held.iter().max_by_key(|held| held.recovered.commit_index);
        if let Some(Held { node, recovered, .. }) = committed {
            self.continue_ledger(*node, recovered);
        }
        for node in world.nodes() {
            self.follow_node(world, node.id(), &[]);
            // It restored its snapshot, and applied what it knows to be committed, before the
            // checks began.
            if let (Some(core), Some(shadow)) = (node.core(), self.shadows.node_mut(node.id())) {
                shadow.applied = core.last_applied();
            }
        }
    }

    /// Takes the entries that a node knows to be committed into the ledger. The leader that
    /// committed them is unknown; its term was not later than the node's.
    fn continue_ledger(&mut self, id: NodeId, recovered: &Recovered) {
        let shadows = &mut self.shadows;
        let term = recovered.hard_state.current_term;
        let known = recovered.entries.iter().filter(|e| e.index <= recovered.commit_index);
        for entry in known {
            let prefix = shadows.node(id).and_then(|node| node.disk.log.get(entry.index));
            let (Some(prefix), true) =
                (prefix, entry.index == shadows.ledger.commit_index().next())
            else {
                continue;
            };
            if let Some(executed) = shadows.ledger.extend(entry, prefix, term) {
                shadows.commands.record(executed.client, executed.sequence, entry.index);
            }
            shadows.committed.append(entry);
        }
        shadows.governing = shadows.committed.latest().clone();
        for node in &mut shadows.nodes {
            node.disk.recount(&shadows.ledger);
        }
    }

    /// Begins the ledger with the snapshot of a node. All entries that a snapshot replaces were
    /// committed before it was taken (§7).
    fn begin_ledger(&mut self, world: &World, id: NodeId, snapshot: Option<&Snapshot>) {
        let shadows = &mut self.shadows;
        let Some((snapshot, node)) = snapshot.zip(shadows.node(id)) else { return };
        let prefix = node.disk.log.get(snapshot.last_included_index).unwrap_or(PrefixHash::EMPTY);
        // If the snapshot cannot be read, its node refuses to start.
        let disk = world.node(id).map(|node| node.disk().durable());
        let data = disk.and_then(|disk| disk.data(&snapshot.data).ok());
        let store = data.and_then(|data| restore_store(&data).ok()).unwrap_or_default();
        let store = store.keeping_sessions(world.setup().sessions);
        shadows.ledger = Ledger::new(snapshot.last_included_index, prefix, store);
        shadows.committed =
            Memberships::new(snapshot.last_included_index, snapshot.membership.clone());
        shadows.governing = snapshot.membership.clone();
        for node in &mut shadows.nodes {
            node.disk.recount(&shadows.ledger);
        }
    }
}

/// A disk that cannot be read counts as empty. Its node refuses to start.
fn held_by(node: &SimNode) -> Held {
    let recovered = node.recovered();
    let is_intact = recovered.is_ok();
    Held { node: node.id(), recovered: recovered.unwrap_or_default(), is_intact }
}

fn snapshot_end(recovered: &Recovered) -> LogIndex {
    recovered.snapshot.as_ref().map_or(LogIndex(0), |snapshot| snapshot.last_included_index)
}

fn log_start(recovered: &Recovered) -> LogIndex {
    recovered.log_start.map_or(snapshot_end(recovered), |start| start.index)
}
