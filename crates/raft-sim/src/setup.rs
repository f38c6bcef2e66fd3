//! The beginning of a world.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use raft_core::{Bytes, Config, ConfigError, Membership, NodeId, Settings};
use raft_storage::Records;

use crate::driver::{Driver, MAX_DRIVER_DELAY};
use crate::units::Span;
use crate::{LatencyShape, Switches};

/// The cluster, its network and its disks at the beginning. Together with a journal of actions it
/// determines a run completely.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// The number of voters at the beginning; they are numbered from 1. 1 to 9; default 5.
    pub nodes: u64,
    /// The number of learners at the beginning; they are numbered after the voters. 0 to 9;
    /// default 0.
    pub learners: u64,
    /// All random numbers are drawn from it. Default 1.
    pub seed: u64,
    /// The settings of every node that `node_settings` does not name. Clocks drift if an
    /// [action](crate::ClockChange) says so; one that drifts more than `max_clock_drift_ppm` is
    /// [out of bound](crate::World::clock_out_of_bound).
    pub settings: Settings,
    /// The settings of single nodes at the beginning, also of servers that join later. Default
    /// none.
    pub node_settings: BTreeMap<NodeId, Settings>,
    /// The time that a message takes. Default 5 to 15 ms.
    pub link_latency: DelayRange,
    /// The distribution of `link_latency`. Default uniform.
    pub link_shape: LatencyShape,
    /// The time that a write takes to become durable. Default 1 to 4 ms.
    pub disk_latency: DelayRange,
    /// The distribution of `disk_latency`. Default uniform.
    pub disk_shape: LatencyShape,
    /// How the program around each core works. Default: as kindly as can be.
    pub driver: Driver,
    /// The number of clients' sessions that the stores keep, 1 to 1,000. Default 1,000.
    pub sessions: usize,
    /// The time after which a client without a reply asks again. 1 ms to 1 h; default 1 s.
    pub client_timeout: Duration,
    /// The time after which a client gives up an operation. 1 ms to 1 h; default 30 s.
    pub client_patience: Duration,
    /// The number of earlier runs over these disks. The clients of each run get session ids of
    /// their own, as a store remembers the sessions of earlier runs. Default 0.
    pub run: u64,
    /// The records on the disks at the beginning; other disks are empty. Disks of nodes that are
    /// not among the first members belong to servers that joined in an earlier run.
    pub disks: BTreeMap<NodeId, Records>,
    /// Nodes that are down at the beginning.
    pub down: Vec<NodeId>,
    /// The planted bugs: rules that are switched off in every node at the beginning. An
    /// [action](crate::RuleAction) can switch them on, and others off. Default none; builds without
    /// the feature `bugs` have no others.
    pub bugs: Switches,
}

/// A delay, drawn from `min..=max`: uniformly, unless a [`LatencyShape`] says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DelayRange {
    /// The shortest delay.
    pub min: Duration,
    /// The longest delay.
    pub max: Duration,
}

/// The setting of a [`Setup`] that is out of bounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SetupError {
    /// A setting of the core is out of bounds.
    Config(ConfigError),
    /// A setting of a single node is out of bounds.
    NodeConfig {
        /// The node.
        node: NodeId,
        /// The bound.
        error: ConfigError,
    },
    /// A cluster has 1 to 9 nodes.
    NodeCount(u64),
    /// A cluster has at most nine learners.
    LearnerCount(u64),
    /// A setting names a node that the cluster does not have.
    NoSuchNode(NodeId),
    /// A delay is reversed, or longer than an hour.
    Delay {
        /// Its name in the command language.
        setting: &'static str,
        /// Its value.
        range: DelayRange,
    },
    /// A delay of the driver must be at most [`MAX_DRIVER_DELAY`].
    DriverDelay {
        /// `gather` or `report`.
        setting: &'static str,
        /// Its value.
        value: Duration,
    },
    /// At most all snapshots fail.
    FailingSnapshots(u32),
    /// A store keeps 1 to 1,000 sessions.
    Sessions(usize),
    /// There are not enough session ids for so many runs.
    TooManyRuns(u64),
    /// A client's time-out or patience must be from 1 ms to an hour.
    ClientPatience {
        /// `timeout` or `patience`.
        setting: &'static str,
        /// Its value.
        value: Duration,
    },
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            nodes: 5,
            learners: 0,
            seed: 1,
            // The paper's log (§7): small clusters are looked at, and a snapshot is to be seen.
            settings: Settings { trailing_entries: 0, ..Settings::default() },
            node_settings: BTreeMap::new(),
            link_latency: DelayRange::millis(5, 15),
            link_shape: LatencyShape::Uniform,
            disk_latency: DelayRange::millis(1, 4),
            disk_shape: LatencyShape::Uniform,
            driver: Driver::default(),
            sessions: raft_kv::MAX_SESSIONS,
            client_timeout: Duration::from_secs(1),
            client_patience: Duration::from_secs(30),
            run: 0,
            disks: BTreeMap::new(),
            down: Vec::new(),
            bugs: Switches::NONE,
        }
    }
}

/// The largest number of a node: nine voters and nine others.
pub const MAX_NODES: u64 = 2 * Membership::MAX_VOTERS as u64;

const MAX_RUN: u64 = 1 << 30;
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

impl Setup {
    /// The time that a client waits before it asks again when it was told to: a tenth of
    /// [`client_timeout`](Self::client_timeout), at least 1 ms.
    pub fn client_pause(&self) -> Duration {
        (self.client_timeout / 10).max(Duration::from_millis(1))
    }

    /// The first voters' ids: 1, 2, …
    pub fn voter_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.nodes).map(NodeId)
    }

    /// The largest id of a first member.
    pub fn last_member(&self) -> u64 {
        self.nodes + self.learners
    }

    /// The members at the beginning: the voters 1, 2, …, and the learners after them.
    pub fn bootstrap(&self) -> Membership {
        let learners = (self.nodes + 1..=self.last_member()).map(NodeId);
        Membership::new(self.voter_ids()).with_learners(learners)
    }

    /// The ids of all nodes at the beginning, ascending: the first members, and the servers that
    /// joined in an earlier run.
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        let last = self.last_member();
        let joined = self.disks.keys().copied().filter(|node| node.0 > last);
        let joined: Vec<NodeId> = joined.collect();
        (1..=last).map(NodeId).chain(joined)
    }

    /// Checks every bound.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn validate(&self) -> Result<(), SetupError> {
        if self.nodes < 1 || self.nodes > Membership::MAX_VOTERS as u64 {
            return Err(SetupError::NodeCount(self.nodes));
        }
        if self.learners > Membership::MAX_VOTERS as u64 {
            return Err(SetupError::LearnerCount(self.learners));
        }
        let largest = NodeId(MAX_NODES);
        let mut numbered = self.disks.keys().chain(self.node_settings.keys());
        if let Some(node) = numbered.find(|node| !(NodeId(1)..=largest).contains(node)) {
            return Err(SetupError::NoSuchNode(*node));
        }
        if let Some(node) = self.down.iter().find(|down| !self.node_ids().any(|id| id == **down)) {
            return Err(SetupError::NoSuchNode(*node));
        }
        for (setting, range) in [("latency", self.link_latency), ("disk", self.disk_latency)] {
            if !range.is_valid() {
                return Err(SetupError::Delay { setting, range });
            }
        }
        let driver = &self.driver;
        for (setting, value) in [("gather", driver.gather), ("report", driver.report)] {
            if value > MAX_DRIVER_DELAY {
                return Err(SetupError::DriverDelay { setting, value });
            }
        }
        if !(1..=raft_kv::MAX_SESSIONS).contains(&self.sessions) {
            return Err(SetupError::Sessions(self.sessions));
        }
        if driver.failing_snapshots_ppm > 1_000_000 {
            return Err(SetupError::FailingSnapshots(driver.failing_snapshots_ppm));
        }
        for (setting, value) in
            [("timeout", self.client_timeout), ("patience", self.client_patience)]
        {
            if value < Duration::from_millis(1) || value > HOUR {
                return Err(SetupError::ClientPatience { setting, value });
            }
        }
        if self.run > MAX_RUN {
            return Err(SetupError::TooManyRuns(self.run));
        }
        let own = self.node_settings.iter().find_map(|(node, settings)| {
            settings.validate().err().map(|error| SetupError::NodeConfig { node: *node, error })
        });
        own.map_or(Ok(()), Err)?;
        self.config(NodeId(1), 0, &self.settings).validate().map_err(SetupError::Config)
    }

    /// The settings of a node at the beginning.
    pub fn settings_of(&self, node: NodeId) -> &Settings {
        self.node_settings.get(&node).unwrap_or(&self.settings)
    }

    /// The configuration of one incarnation of a node.
    pub(crate) fn config(&self, node: NodeId, seed: u64, settings: &Settings) -> Config {
        let bootstrap = self.bootstrap();
        // A server that joins later knows no peers before a leader sends it the membership.
        let membership = if bootstrap.contains(node) { bootstrap } else { Membership::empty() };
        let mut config = Config::new(node, membership);
        config.seed = seed;
        config.settings = settings.clone();
        config.trace = true;
        config.snapshot_files = self.driver.snapshot_files;
        config
    }
}

/// The address of a server: the context with which it joins a cluster. The first members have none.
pub fn address_of(node: NodeId) -> Bytes {
    Bytes::from(format!("node-{node}").into_bytes())
}

impl DelayRange {
    /// From `min` to `max` milliseconds.
    pub const fn millis(min: u64, max: u64) -> Self {
        Self { min: Duration::from_millis(min), max: Duration::from_millis(max) }
    }

    /// Whether `min` is not above `max`, and `max` not above an hour.
    pub fn is_valid(self) -> bool {
        self.min <= self.max && self.max <= HOUR
    }
}

/// `5ms to 15ms`; `5ms` if the two are equal.
impl fmt::Display for DelayRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (Span(self.min), Span(self.max));
        if min == max { min.fmt(f) } else { write!(f, "{min} to {max}") }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::NodeConfig { node, error } => write!(f, "node {node}: {error}"),
            Self::NodeCount(nodes) => {
                write!(f, "a cluster has 1 to {} nodes, not {nodes}", Membership::MAX_VOTERS)
            }
            Self::LearnerCount(learners) => {
                write!(
                    f,
                    "a cluster has at most {} learners, not {learners}",
                    Membership::MAX_VOTERS
                )
            }
            Self::NoSuchNode(node) => write!(f, "there is no node {node} in this cluster"),
            Self::Delay { setting, range: DelayRange { min, max } } => {
                let (min, max, most) = (Span(*min), Span(*max), Span(HOUR));
                write!(f, "{setting} is from {min} to {max}; it must go up, to {most} at most")
            }
            Self::DriverDelay { setting, value } => {
                let (value, most) = (Span(*value), Span(MAX_DRIVER_DELAY));
                write!(f, "{setting} is {value}; it must be at most {most}")
            }
            Self::FailingSnapshots(ppm) => {
                write!(f, "{ppm} of a million snapshots fail; it must be at most a million")
            }
            Self::Sessions(sessions) => {
                let most = raft_kv::MAX_SESSIONS;
                write!(f, "a store keeps {sessions} sessions; it must keep 1 to {most}")
            }
            Self::TooManyRuns(run) => write!(f, "run is {run}; it must be at most {MAX_RUN}"),
            Self::ClientPatience { setting, value } => {
                let (value, most) = (Span(*value), Span(HOUR));
                write!(f, "{setting} is {value}; it must be from 1ms to {most}")
            }
        }
    }
}

impl std::error::Error for SetupError {}
