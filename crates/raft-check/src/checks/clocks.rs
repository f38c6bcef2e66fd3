//! Clocks go wrong: while one is out of its bound, leases prove nothing.

use raft_core::NodeId;
use raft_sim::World;

use super::Checks;
use crate::invariants::lease_safety::PROPERTY;

impl Checks {
    /// Suspends what rests on clocks, or demands it again.
    pub(super) fn look_at_clocks(&mut self, world: &World) {
        let is_wrong = |node: &NodeId| world.clock_out_of_bound(*node);
        let wrong = world.node_ids().find(is_wrong).filter(|_| world.setup().settings.lease_reads);
        self.distrusts_clocks = wrong.is_some();
        match wrong {
            Some(node) => self.board.suspend(
                &PROPERTY,
                format!(
                    "the clock of node {node} jumped, or is wrong by more than {} ppm: neither leases \
                     nor reads that rest on them prove anything",
                    world.setup().settings.max_clock_drift_ppm
                ),
            ),
            None => self.board.lift(&PROPERTY),
        }
    }
}
