//! The cluster of a trial: a world whose disks take exponentially distributed times.
//!
//! The world draws the time of a write from a bounded range. So the latency of each disk is set
//! anew before each of its writes.

use std::time::Duration;

use raft_core::{ElectionTrace, Instant, NodeId, Status, Trace};
use raft_kv::{ClientId, Operation};
use raft_sim::{
    Action, ActionError, DelayRange, DiskAction, DiskChange, DiskEvent, Event, EventKind, Random,
    ReadPolicy, Request, Selector, Setup, World,
};

use crate::disk_latency::DiskLatency;

/// A world whose disk latencies are drawn anew for each write.
pub(crate) struct TrialCluster {
    pub(crate) world: World,
    disks: Vec<ServerDisk>,
    /// The number of writes that store a vote for another server.
    vote_writes: u64,
}

struct ServerDisk {
    latency: DiskLatency,
    random: Random,
}

/// No leader keeps its office long enough for a trial.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "no leader stays leader long enough for a trial: the network or the disks are too slow for \
     these election timeouts; choose shorter latencies or longer timeouts"
)]
pub(crate) struct NoStableLeader;

impl TrialCluster {
    /// A new cluster, at time 0. `latency` says how long a write of each server takes.
    pub(crate) fn new(setup: Setup, latency: impl Fn(NodeId) -> DiskLatency) -> Self {
        let seed = setup.seed;
        let world = World::new(setup).expect("the dials were checked");
        let disk = |node: NodeId| ServerDisk {
            latency: latency(node),
            random: Random::for_plan(seed, node.0),
        };
        let disks = world.node_ids().map(disk).collect();
        let mut cluster = Self { world, disks, vote_writes: 1 };
        cluster.world.node_ids().for_each(|node| cluster.draw_latency(node));
        cluster
    }

    /// A server stores a vote for another server in this number of writes, from 1.
    pub(crate) fn with_vote_writes(self, vote_writes: u64) -> Self {
        Self { vote_writes, ..self }
    }

    /// [`World::step`]
    pub(crate) fn step(&mut self) -> bool {
        self.renew_latencies();
        self.world.step()
    }

    /// [`World::run_until`]. Calls `look` after each step.
    pub(crate) fn run_until(&mut self, at: Instant, mut look: impl FnMut(&World)) {
        while self.world.next_step_at().is_some_and(|next| next <= at) {
            self.step();
            look(&self.world);
        }
        self.world.advance_clock(at);
    }

    /// [`World::apply`] of an action that the world does not refuse.
    pub(crate) fn apply(&mut self, action: Action) {
        self.renew_latencies();
        let result: Result<(), ActionError> = self.world.apply(action);
        result.expect("the action fits the state of the world");
    }

    /// A client writes. Its first request goes to the leader.
    pub(crate) fn write(&mut self, client: u64, bytes: u64) {
        let value = ".".repeat(bytes as usize);
        let request = Request {
            client: ClientId(client),
            operation: Operation::Set { key: "x".into(), value: value.as_str().into() },
            via: Some(Selector::Leader),
            read: ReadPolicy::Log,
        };
        self.apply(request.into());
    }

    /// `None` if the server does not run.
    pub(crate) fn status(&self, node: NodeId) -> Option<Status> {
        self.world.node(node)?.core().map(raft_core::Node::status)
    }

    /// Draws a new latency for each server that has just issued a write.
    fn renew_latencies(&mut self) {
        let mut writers = Vec::new();
        for event in self.world.events() {
            let EventKind::Disk { node, event: DiskEvent::WriteIssued { .. } } = &event.kind else {
                continue;
            };
            let stores_vote = self.world.events().iter().any(|other| has_voted(other, *node));
            writers.push((*node, stores_vote));
        }
        for (node, stores_vote) in writers {
            if stores_vote {
                self.write_vote_again(node);
            }
            self.draw_latency(node);
        }
    }

    /// Lets the write that the server has just issued take as long as all writes of a vote.
    fn write_vote_again(&mut self, node: NodeId) {
        let last = self.world.node(node).and_then(|node| node.disk().pending().last());
        let Some(done_at) = last.map(|write| write.done_at) else { return };
        let disk = &mut self.disks[node.0 as usize - 1];
        let further: Duration =
            (1..self.vote_writes).map(|_| disk.latency.draw(&mut disk.random)).sum();
        if !further.is_zero() {
            let stall = DiskChange::Stall(done_at + further - self.world.now());
            let result = self.world.apply(DiskAction::Change(stall).on(node));
            result.expect("every server has a disk");
        }
    }

    fn draw_latency(&mut self, node: NodeId) {
        let disk = &mut self.disks[node.0 as usize - 1];
        let latency = disk.latency.draw(&mut disk.random);
        let change = DiskChange::Latency(DelayRange { min: latency, max: latency });
        let result = self.world.apply(DiskAction::Change(change).on(node));
        result.expect("every server has a disk");
    }
}

/// Whether the server votes for another server.
fn has_voted(event: &Event, server: NodeId) -> bool {
    let EventKind::Core { node, trace: Trace::Election(trace) } = &event.kind else { return false };
    *node == server && matches!(trace, ElectionTrace::VoteGranted { .. })
}

#[cfg(test)]
mod tests;
