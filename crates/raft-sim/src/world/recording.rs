//! What the drivers do with the cores, kept for those who do the same elsewhere.

use raft_core::{Config, Instant, Membership, Message, NodeId, Persist, Recovered};
use raft_kv::Operation;
use raft_server::ReplicaInput;

use super::World;
use crate::node::ProcessInput;
use crate::{DelayRange, Setup, SetupError};

/// What the driver of a node did with its core, or the core with it.
#[derive(Clone, PartialEq, Debug)]
pub struct CoreStep {
    /// The node.
    pub node: NodeId,
    /// When, by the clock of the node.
    pub at: Instant,
    /// What it was.
    pub call: CoreCall,
}

/// A step of a driver and its core.
#[derive(Clone, PartialEq, Debug)]
pub enum CoreCall {
    /// The core starts.
    Start {
        /// Its configuration.
        config: Box<Config>,
        /// What its disk holds.
        disk: Box<Recovered>,
    },
    /// The driver hands this over.
    Input {
        /// When the timer of the core was to elapse before, by the clock of the node.
        deadline: Instant,
        /// The input, without the one who asked.
        input: ReplicaInput<Operation, ()>,
    },
    /// The core asks for this write.
    Write(Persist),
    /// The core sends a message. It may be lost.
    Send {
        /// The server that it is for.
        to: NodeId,
        /// The message.
        message: Message,
    },
    /// The core hands over so many entries to apply.
    Apply(usize),
    /// The core answers a request.
    Answer,
    /// The driver has taken all outputs.
    Drained,
    /// The core draws all later random numbers from this seed.
    Reseed(u64),
    /// The core draws its timeouts from this range.
    DrawTimeouts(DelayRange),
    /// The process ends, and its memory is gone.
    End {
        /// The number of writes that are lost. They are the last ones that it asked for.
        lost: usize,
    },
}

impl World {
    /// The same as [`new`](Self::new), and keeps what drivers do with cores, until
    /// [`take_core_steps`](Self::take_core_steps). That takes time and memory; the run is the same.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn recorded(setup: Setup) -> Result<Self, SetupError> {
        Self::build(setup, Some(Vec::new()))
    }

    /// What drivers did with cores since the last call, in order. Nothing, if the world does not
    /// keep it.
    pub fn take_core_steps(&mut self) -> Vec<CoreStep> {
        self.core_steps.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// A node has started.
    pub(super) fn record_start(&mut self, id: NodeId, members: Option<Membership>) {
        if !self.is_recorded() {
            return;
        }
        let (setup, rules_off) = (self.reseeded.clone(), self.rules_off);
        if let Ok((config, disk)) = self.node_mut(id).beginning(&setup, rules_off, members) {
            let (config, disk) = (Box::new(config), Box::new(disk));
            self.record(id, || CoreCall::Start { config, disk });
        }
    }

    pub(super) fn is_recorded(&self) -> bool {
        self.core_steps.is_some()
    }

    /// Keeps a step, if somebody wants it.
    pub(super) fn record(&mut self, node: NodeId, call: impl FnOnce() -> CoreCall) {
        if !self.is_recorded() {
            return;
        }
        let now = self.now;
        let at = self.node_mut(node).clock.shows(now);
        if let Some(steps) = &mut self.core_steps {
            steps.push(CoreStep { node, at, call: call() });
        }
    }
}

/// An input, without the one who asked.
pub(super) fn anonymous(input: &ProcessInput) -> ReplicaInput<Operation, ()> {
    match input.clone() {
        ReplicaInput::Timeout => ReplicaInput::Timeout,
        ReplicaInput::Message { from, message } => ReplicaInput::Message { from, message },
        ReplicaInput::Request { caller: _, request } => {
            ReplicaInput::Request { caller: (), request }
        }
        ReplicaInput::Persisted(write) => ReplicaInput::Persisted(write),
        ReplicaInput::PersistFailed => ReplicaInput::PersistFailed,
        ReplicaInput::SnapshotTaken { through, data } => {
            ReplicaInput::SnapshotTaken { through, data }
        }
        ReplicaInput::SnapshotFailed { through } => ReplicaInput::SnapshotFailed { through },
        ReplicaInput::Files(report) => ReplicaInput::Files(report),
        ReplicaInput::ForceElection => ReplicaInput::ForceElection,
        ReplicaInput::ForgetLeader => ReplicaInput::ForgetLeader,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NodeAction;

    /// A record does not change the run, and is there only for those who asked for it.
    #[test]
    fn a_recorded_world_runs_as_another_one() {
        let setup = Setup { nodes: 3, seed: 4, ..Setup::default() };
        let mut plain = World::new(setup.clone()).unwrap();
        let mut recorded = World::recorded(setup).unwrap();
        for world in [&mut plain, &mut recorded] {
            world.run_until(Instant(1_000_000));
            let crash = NodeAction::Crash { unsynced: crate::Unsynced::Lost };
            world.apply(crash.on(NodeId(1))).unwrap();
            world.apply(NodeAction::Restart.on(NodeId(1))).unwrap();
            world.run_until(Instant(2_000_000));
        }
        assert_eq!(plain.trace_hash(), recorded.trace_hash());
        assert_eq!(plain.take_core_steps(), []);
        let steps = recorded.take_core_steps();
        let of_first = steps.iter().filter(|step| step.node == NodeId(1));
        let calls: Vec<_> = of_first.map(|step| &step.call).collect();
        let count = |is_it: &dyn Fn(&CoreCall) -> bool| calls.iter().filter(|it| is_it(it)).count();
        assert_eq!(count(&|call| matches!(call, CoreCall::Start { .. })), 2);
        assert_eq!(count(&|call| matches!(call, CoreCall::End { .. })), 1);
        let inputs = count(&|call| matches!(call, CoreCall::Input { .. }));
        // One after each start, too.
        assert_eq!(count(&|call| *call == CoreCall::Drained), inputs + 2);
        assert_eq!(recorded.take_core_steps(), [], "they were taken");
    }
}
