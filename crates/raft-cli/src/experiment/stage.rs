//! The cluster of an experiment: a world whose disks take exponentially distributed times.
//!
//! The world draws a write's time uniformly from a range. Real disks are mostly fast and now and then
//! slow, and that matters here: an election waits for a majority of disks, a broadcast for all of them.
//! So each disk is told beforehand how long its next write takes.

use std::time::Duration;

use raft_core::{Instant, NodeId, Settings, Status};
use raft_sim::{
    Action, ActionError, DelayRange, DiskAction, DiskChange, DiskEvent, EventKind, Random, Setup,
    World,
};

/// What the trials of one curve have in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Conditions {
    /// Election timeouts are drawn from it, uniformly.
    pub(crate) election_timeout: DelayRange,
    /// How long a message takes, drawn uniformly.
    pub(crate) link_latency: DelayRange,
    /// How long a write takes to become durable.
    pub(crate) disk_latency: DiskLatency,
    /// Rules that are switched off, to see what they are for.
    #[cfg(feature = "bugs")]
    pub(crate) bugs: raft_sim::Switches,
}

/// A shortest time and, on top of it, an exponentially distributed one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DiskLatency {
    /// The shortest time.
    pub(crate) min: Duration,
    /// The mean of the whole; not less than `min`.
    pub(crate) mean: Duration,
}

/// A world, and what decides about its disks.
pub(crate) struct Stage {
    pub(crate) world: World,
    disk_latency: DiskLatency,
    /// For each server in turn.
    disks: Vec<Random>,
}

/// The servers; as many as in the paper.
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
            // Nobody answers the client of an entry that is never committed.
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

impl Stage {
    /// A new cluster, at time 0.
    pub(crate) fn new(conditions: &Conditions, seed: u64) -> Self {
        let world = World::new(conditions.setup(seed)).expect("the arguments were checked");
        let disks = (1..=SERVERS).map(|node| Random::for_plan(seed, node)).collect();
        let mut stage = Self { world, disk_latency: conditions.disk_latency, disks };
        (1..=SERVERS).for_each(|node| stage.draw_latency(NodeId(node)));
        stage
    }

    /// [`World::step`]
    pub(crate) fn step(&mut self) -> bool {
        self.renew_latencies();
        self.world.step()
    }

    /// [`World::run_until`]
    pub(crate) fn run_until(&mut self, at: Instant) {
        while self.world.next_step().is_some_and(|next| next.at <= at) {
            self.step();
        }
        self.world.advance_clock(at);
    }

    /// [`World::apply`], of what is possible at that moment.
    pub(crate) fn apply(&mut self, action: Action) {
        self.renew_latencies();
        let result: Result<(), ActionError> = self.world.apply(action);
        result.expect("the action fits the state of the world");
    }

    /// The state of a server that runs.
    pub(crate) fn status(&self, node: NodeId) -> Option<Status> {
        self.world.node(node)?.core().map(raft_core::Node::status)
    }

    /// Whose last write is on its way gets another time for the next one.
    fn renew_latencies(&mut self) {
        let writer = |event: &raft_sim::Event| match event.kind {
            EventKind::Disk { node, event: DiskEvent::WriteIssued { .. } } => Some(node),
            _ => None,
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
    fn draw(self, random: &mut Random) -> Duration {
        let rest = (self.mean - self.min).as_micros();
        let scaled = (rest * exponential(random)) >> 64;
        self.min + Duration::from_micros(scaled as u64)
    }
}

/// A number of exponential distribution with mean 1, as a multiple of 2⁻⁶⁴. By comparisons only
/// (von Neumann 1951), as logarithms need not be equal on all machines.
fn exponential(random: &mut Random) -> u128 {
    // More has a probability of e⁻⁵⁰.
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
        // Of runs that begin at x, a share of e⁻ˣ falls an even number of times.
        if falls.is_multiple_of(2) {
            return (whole << 64) + u128::from(first);
        }
    }
    MOST << 64
}

#[cfg(test)]
mod tests;
