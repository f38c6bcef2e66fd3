//! How a world begins.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use raft_core::{Config, ConfigError, Membership, NodeId};
use raft_storage::Records;

/// The cluster, its network and its disks at the beginning. Together with a journal of actions it
/// determines a run completely.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// How many nodes; they are numbered from 1. 1 to 9; default 5.
    pub nodes: u64,
    /// Everything random is drawn from it. Default 1.
    pub seed: u64,
    /// [`Config::heartbeat_interval`]
    pub heartbeat_interval: Duration,
    /// [`Config::election_timeout_min`]
    pub election_timeout_min: Duration,
    /// [`Config::election_timeout_max`]
    pub election_timeout_max: Duration,
    /// [`Config::max_batch_entries`]
    pub max_batch_entries: usize,
    /// [`Config::snapshot_threshold`]
    pub snapshot_threshold: u64,
    /// How long a message takes. Default 5 to 15 ms.
    pub link_latency: DelayRange,
    /// How long a write takes to become durable. Default 1 to 4 ms.
    pub disk_latency: DelayRange,
    /// How long a client waits for an answer before it asks again. Default 1 s.
    pub client_timeout: Duration,
    /// How long a client tries in all before it gives up. Default 30 s.
    pub client_patience: Duration,
    /// How many runs these disks have been through before. Clients of each run get session ids of
    /// their own, or a store that remembers an earlier run would take them for those. Default 0.
    pub run: u64,
    /// What disks hold at the beginning; others are empty.
    pub disks: BTreeMap<NodeId, Records>,
    /// Nodes that are down at the beginning.
    pub down: Vec<NodeId>,
}

/// A delay, drawn uniformly from `min..=max`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DelayRange {
    /// The shortest delay.
    pub min: Duration,
    /// The longest delay.
    pub max: Duration,
}

/// What is wrong with a [`Setup`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SetupError {
    /// A setting of the core is out of bounds.
    Config(ConfigError),
    /// A cluster has 1 to 9 nodes.
    NodeCount(u64),
    /// A setting names a node that the cluster does not have.
    NoSuchNode(NodeId),
    /// A delay is reversed, or longer than an hour.
    Delay {
        /// Which setting.
        setting: &'static str,
        /// Its value.
        range: DelayRange,
    },
    /// There were more runs than session ids can tell apart.
    TooManyRuns(u64),
    /// A client's time-out or patience must be from 1 ms to an hour.
    ClientPatience(Duration),
}

impl Default for Setup {
    fn default() -> Self {
        let config = Config::new(NodeId(1), Membership::new([NodeId(1)]));
        Self {
            nodes: 5,
            seed: 1,
            heartbeat_interval: config.heartbeat_interval,
            election_timeout_min: config.election_timeout_min,
            election_timeout_max: config.election_timeout_max,
            max_batch_entries: config.max_batch_entries,
            snapshot_threshold: config.snapshot_threshold,
            link_latency: DelayRange::millis(5, 15),
            disk_latency: DelayRange::millis(1, 4),
            client_timeout: Duration::from_secs(1),
            client_patience: Duration::from_secs(30),
            run: 0,
            disks: BTreeMap::new(),
            down: Vec::new(),
        }
    }
}

const MAX_RUN: u64 = 1 << 30;
const HOUR: Duration = Duration::from_secs(3600);

impl Setup {
    /// The nodes' ids: 1, 2, …
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.nodes).map(NodeId)
    }

    /// Checks every bound.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn validate(&self) -> Result<(), SetupError> {
        if self.nodes < 1 || self.nodes > Membership::MAX_VOTERS as u64 {
            return Err(SetupError::NodeCount(self.nodes));
        }
        let named = self.disks.keys().chain(&self.down);
        if let Some(node) = named.copied().find(|node| node.0 < 1 || node.0 > self.nodes) {
            return Err(SetupError::NoSuchNode(node));
        }
        for (setting, range) in [("latency", self.link_latency), ("disk", self.disk_latency)] {
            if !range.is_valid() {
                return Err(SetupError::Delay { setting, range });
            }
        }
        for value in [self.client_timeout, self.client_patience] {
            if value < Duration::from_millis(1) || value > HOUR {
                return Err(SetupError::ClientPatience(value));
            }
        }
        if self.run > MAX_RUN {
            return Err(SetupError::TooManyRuns(self.run));
        }
        self.config(NodeId(1), 0).validate().map_err(SetupError::Config)
    }

    /// The settings of one node in one of its lives.
    pub(crate) fn config(&self, node: NodeId, seed: u64) -> Config {
        Config {
            seed,
            heartbeat_interval: self.heartbeat_interval,
            election_timeout_min: self.election_timeout_min,
            election_timeout_max: self.election_timeout_max,
            max_batch_entries: self.max_batch_entries,
            snapshot_threshold: self.snapshot_threshold,
            trace: true,
            ..Config::new(node, Membership::new(self.node_ids()))
        }
    }
}

impl DelayRange {
    /// From `min` to `max` milliseconds.
    pub const fn millis(min: u64, max: u64) -> Self {
        Self { min: Duration::from_millis(min), max: Duration::from_millis(max) }
    }

    /// Whether it runs upwards and not past an hour.
    pub fn is_valid(self) -> bool {
        self.min <= self.max && self.max <= HOUR
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::NodeCount(nodes) => {
                write!(f, "a cluster has 1 to {} nodes, not {nodes}", Membership::MAX_VOTERS)
            }
            Self::NoSuchNode(node) => write!(f, "there is no node {node} in this cluster"),
            Self::Delay { setting, range: DelayRange { min, max } } => {
                write!(f, "{setting} runs from {min:?} to {max:?}; it must go up, to 1 h at most")
            }
            Self::TooManyRuns(run) => write!(f, "run is {run}; it must be at most {MAX_RUN}"),
            Self::ClientPatience(value) => {
                write!(f, "a client's time-out is {value:?}; it must be from 1 ms to 1 h")
            }
        }
    }
}

impl std::error::Error for SetupError {}
