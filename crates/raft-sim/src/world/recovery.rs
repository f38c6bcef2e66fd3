//! The end of all faults for some nodes, which then must make progress; all other nodes crash.

use std::time::Duration;

use raft_core::NodeId;

use super::World;
use crate::{ActionError, ClockChange, ClusterEvent, EventKind, NodeClock, NodeState, Unsynced};

impl World {
    /// Links, disks, clocks and these nodes work as at the beginning; all other nodes crash.
    pub(super) fn recover(&mut self, nodes: &[NodeId]) -> Result<(), ActionError> {
        self.require_known(nodes)?;
        let recovered = ClusterEvent::Recovered { nodes: nodes.to_vec() };
        let recovered = self.emit(EventKind::Cluster(recovered));
        self.because(recovered, |world| world.end_faults(nodes))
    }

    fn end_faults(&mut self, nodes: &[NodeId]) -> Result<(), ActionError> {
        self.partition = None;
        let setup = self.setup.clone();
        self.links.values_mut().for_each(|link| link.recover(&setup));
        self.release_all();
        for id in self.node_list() {
            let now = self.now;
            let late = self.node_mut(id).disk.recover(&setup, now);
            self.schedule_writes(id, late);
            if self.node_mut(id).clock != NodeClock::TRUE {
                self.change_clock(id, ClockChange::Drift { ppm: 0 });
            }
            self.node_mut(id).handling = Duration::ZERO;
            let works = nodes.contains(&id);
            match self.state_of(id)? {
                NodeState::Running | NodeState::Paused if !works => {
                    self.crash(id, Unsynced::Drawn)?;
                }
                NodeState::Paused => self.resume(id)?,
                NodeState::Crashed | NodeState::Refused if works => self.start_node(id),
                NodeState::Running => self.catch_up(id),
                NodeState::Crashed | NodeState::Refused => {}
            }
        }
        Ok(())
    }
}
