//! A branch becomes the one whose disks are stored.

use std::collections::BTreeSet;
use std::sync::Arc;

use raft_core::NodeId;
use raft_sim::MAX_NODES;
use raft_storage::WriteBatch;

use super::Lab;
use crate::ConsoleKind;
use crate::mirror::{WholeDisk, every_record};

impl Lab {
    /// Stores the disks of the live branch in place of those that are stored: one transaction
    /// replaces all of them. From then on, its writes are stored.
    ///
    /// # Errors
    /// In words, when the lab is in memory, when the branch is stored already, or when the browser
    /// stores nothing any more.
    pub fn adopt(&mut self) -> Result<(), String> {
        let (name, kept) = (self.branch_name(self.live), self.keep());
        let Some(mirror) = &mut self.mirror else {
            return Err("This lab is in memory: no branch of it is stored.".to_owned());
        };
        if self.live == self.stored {
            return Err(format!("{name} is stored already."));
        }
        if let Some(failure) = mirror.failure() {
            return Err(format!("The browser no longer stores the disks: {failure}."));
        }
        let world = self.branches.head(self.live).world();
        let mut missing: BTreeSet<NodeId> = (1..=MAX_NODES).map(NodeId).collect();
        let mut disks = Vec::new();
        for node in world.nodes() {
            missing.remove(&node.id());
            let disk = node.disk();
            let mut batch = WriteBatch::erase();
            batch.writes.extend(every_record(disk.durable()));
            let pending = disk.pending().map(|write| (write.id(), write.batch.clone())).collect();
            disks.push(WholeDisk { node: node.id(), batch: Arc::new(batch), pending });
        }
        let empty =
            |node| WholeDisk { node, batch: Arc::new(WriteBatch::erase()), pending: Vec::new() };
        disks.extend(missing.into_iter().map(empty));
        // The branch that is stored no more is in the data.
        mirror.keep(kept);
        mirror.replace(disks);
        let before = self.branch_name(self.stored);
        self.stored = self.live;
        self.flush();
        let words = format!("{name} is stored in this browser now, in place of {before}.");
        self.say(ConsoleKind::Info, words);
        Ok(())
    }
}
