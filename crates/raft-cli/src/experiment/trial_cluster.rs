//! The cluster of an experiment: a world whose disks take exponentially distributed times.
//!
//! The world draws the time of a write uniformly from a range. Real disks are mostly fast and
//! sometimes slow, and that matters here: an election waits for a majority of disks, a broadcast
//! for all of them. So the latency of each disk is set anew before each of its writes.

use std::time::Duration;

use raft_core::{Instant, NodeId, Settings, Status};
use raft_sim::{
    Action, ActionError, DelayRange, DiskAction, DiskChange, DiskEvent, EventKind, Random, Setup,
    World,
};

/// The settings of all trials of one curve.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Conditions {
    /// Election timeouts are drawn from it, uniformly.
    pub(crate) election_timeout: DelayRange,
    /// How long a message takes, drawn uniformly.
    pub(crate) link_latency: DelayRange,
    /// How long it takes until a write is durable.
    pub(crate) disk_latency: DiskLatency,
    /// The rules that are switched off.
    #[cfg(feature = "bugs")]
    pub(crate) bugs: raft_sim::Switches,
}

/// An exponential distribution above a minimum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DiskLatency {
    pub(crate) min: Duration,
    /// Not less than `min`.
    pub(crate) mean: Duration,
}

/// A world whose disk latencies are drawn anew for each write.
pub(crate) struct TrialCluster {
    pub(crate) world: World,
    disk_latency: DiskLatency,
    /// A stream for each server.
    disks: Vec<Random>,
}

/// The number of servers, as in the paper.
pub(crate) const SERVERS: u64 = 5;

impl Conditions {
    /// Half of the shortest election timeout, as in the paper.
    pub(crate) fn heartbeat_interval(&self) -> Duration {
        self.election_timeout.min / 2
    }

    fn setup(&self, seed: u64) -> Setup {
        Setup {
            nodes: SERVERS,
            seed,
            link_latency: self.link_latency,
            // An entry that is never committed has no reply.
            client_patience: Duration::from_secs(1),
            #[cfg(feature = "bugs")]
            bugs: self.bugs,
            settings: Settings {
                heartbeat_interval: self.heartbeat_interval(),
                election_timeout_min: self.election_timeout.min,
                election_timeout_max: self.election_timeout.max,
                pre_vote: false,
                check_quorum: false,
                lease_reads: false,
                ..Settings::default()
            },
            ..Setup::default()
        }
    }
}

impl TrialCluster {
    /// A new cluster, at time 0.
    pub(crate) fn new(conditions: &Conditions, seed: u64) -> Self {
        let world = World::new(conditions.setup(seed)).expect("the arguments were checked");
        let disks = (1..=SERVERS).map(|node| Random::for_plan(seed, node)).collect();
        let mut cluster = Self { world, disk_latency: conditions.disk_latency, disks };
        (1..=SERVERS).for_each(|node| cluster.draw_latency(NodeId(node)));
        cluster
    }

    /// [`World::step`]
    pub(crate) fn step(&mut self) -> bool {
        self.renew_latencies();
        self.world.step()
    }

    /// [`World::run_until`]
    pub(crate) fn run_until(&mut self, at: Instant) {
        while self.world.next_step_at().is_some_and(|next| next <= at) {
            self.step();
        }
        self.world.advance_clock(at);
    }

    /// [`World::apply`] of an action that the world does not refuse.
    pub(crate) fn apply(&mut self, action: Action) {
        self.renew_latencies();
        let result: Result<(), ActionError> = self.world.apply(action);
        result.expect("the action fits the state of the world");
    }

    /// `None` if the server does not run.
    pub(crate) fn status(&self, node: NodeId) -> Option<Status> {
        self.world.node(node)?.core().map(raft_core::Node::status)
    }

    /// Draws a new latency for each server that has just issued a write.
    fn renew_latencies(&mut self) {
        let writer = |event: &raft_sim::Event| {
            let EventKind::Disk { node, event } = &event.kind else { return None };
            matches!(event, DiskEvent::WriteIssued { .. }).then_some(*node)
        };
        let writers: Vec<NodeId> = self.world.events().iter().filter_map(writer).collect();
        writers.into_iter().for_each(|node| self.draw_latency(node));
    }

    fn draw_latency(&mut self, node: NodeId) {
        let latency = self.disk_latency.draw(&mut self.disks[node.0 as usize - 1]);
        let change = DiskChange::Latency(DelayRange { min: latency, max: latency });
        let result = self.world.apply(DiskAction::Change(change).on(node));
        result.expect("every server has a disk");
    }
}

impl DiskLatency {
    /// The time of one write.
    pub(crate) fn draw(self, random: &mut Random) -> Duration {
        let rest = (self.mean - self.min).as_micros();
        let scaled = (rest * exponential(random)) >> 64;
        self.min + Duration::from_micros(scaled as u64)
    }
}

/// An exponentially distributed number with mean 1, in units of 2⁻⁶⁴. It uses comparisons only (von
/// Neumann 1951), because logarithms may differ between machines.
fn exponential(random: &mut Random) -> u128 {
    // A larger number has a probability of e⁻⁵⁰.
    const MOST: u128 = 50;
    for whole in 0..MOST {
        let first = random.next();
        let (mut last, mut falls) = (first, 0_u32);
        loop {
            let next = random.next();
            if next >= last {
                break;
            }
            (last, falls) = (next, falls + 1);
        }
        // A run that begins at x falls an even number of times with probability e⁻ˣ.
        if falls.is_multiple_of(2) {
            return (whole << 64) + u128::from(first);
        }
    }
    MOST << 64
}

#[cfg(test)]
mod tests;
