//! What a driver can set, and the bounds of each value.

use core::fmt;
use core::time::Duration;

use crate::{Membership, NodeId};

/// The settings of one server. The defaults are those of [`Config::new`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// This server.
    pub id: NodeId,
    /// The cluster at its first start. A stored snapshot's membership goes before it.
    pub membership: Membership,
    /// Seeds the election timeouts. Give every server its own.
    pub seed: u64,
    /// How often a leader shows that it is there. Default 50 ms.
    pub heartbeat_interval: Duration,
    /// The shortest election timeout. Default 150 ms. More than the heartbeat interval.
    pub election_timeout_min: Duration,
    /// The longest election timeout; each one is drawn from `min..=max` (§5.2). Default 300 ms.
    pub election_timeout_max: Duration,
    /// The most entries in one message. 1 to 100,000; default 100.
    pub max_batch_entries: usize,
    /// The most payload bytes in one message; a single larger entry still goes, alone.
    /// 1 to 64 MiB; default 1 MiB.
    pub max_batch_bytes: usize,
    /// The most messages with entries under way to one peer. 1 to 10,000; default 64.
    pub max_in_flight: usize,
    /// After how many applied entries past the last snapshot the next one is asked for.
    /// At least 1; default 10,000.
    pub snapshot_threshold: u64,
    /// The most bytes of a snapshot in one message. 1 to 64 MiB; default 64 KiB.
    pub snapshot_chunk_bytes: usize,
    /// Whether to emit [`Output::Trace`](crate::Output::Trace). Default off.
    pub trace: bool,
}

/// Which bound a [`Config`] breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConfigError {
    /// The cluster must have 1 to 9 voters.
    VoterCount(usize),
    /// Node ids start at 1.
    NodeIdZero,
    /// A duration must be at least one microsecond and at most one hour.
    DurationOutOfRange {
        /// Which setting.
        setting: &'static str,
        /// What it was set to.
        value: Duration,
    },
    /// A number lies outside its range.
    OutOfRange {
        /// Which setting.
        setting: &'static str,
        /// What it was set to.
        value: u64,
        /// The least it may be.
        min: u64,
        /// The most it may be.
        max: u64,
    },
    /// The shortest election timeout is longer than the longest.
    ElectionTimeoutsReversed {
        /// `election_timeout_min`
        min: Duration,
        /// `election_timeout_max`
        max: Duration,
    },
    /// A follower would give up on a leader before its next heartbeat.
    HeartbeatTooSlow {
        /// `heartbeat_interval`
        heartbeat: Duration,
        /// `election_timeout_min`
        election: Duration,
    },
}

const MIB: usize = 1024 * 1024;
const HOUR: Duration = Duration::from_secs(3600);

impl Config {
    /// The default settings for a server of a cluster.
    pub fn new(id: NodeId, membership: Membership) -> Self {
        Self {
            id,
            membership,
            seed: id.0,
            heartbeat_interval: Duration::from_millis(50),
            election_timeout_min: Duration::from_millis(150),
            election_timeout_max: Duration::from_millis(300),
            max_batch_entries: 100,
            max_batch_bytes: MIB,
            max_in_flight: 64,
            snapshot_threshold: 10_000,
            snapshot_chunk_bytes: 64 * 1024,
            trace: false,
        }
    }

    /// Checks every bound.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.membership.validate()?;
        if self.id.0 == 0 {
            return Err(ConfigError::NodeIdZero);
        }
        for (setting, value) in [
            ("heartbeat_interval", self.heartbeat_interval),
            ("election_timeout_min", self.election_timeout_min),
            ("election_timeout_max", self.election_timeout_max),
        ] {
            if value < Duration::from_micros(1) || value > HOUR {
                return Err(ConfigError::DurationOutOfRange { setting, value });
            }
        }
        for (setting, value, max) in [
            ("max_batch_entries", self.max_batch_entries as u64, 100_000),
            ("max_batch_bytes", self.max_batch_bytes as u64, 64 * MIB as u64),
            ("max_in_flight", self.max_in_flight as u64, 10_000),
            ("snapshot_threshold", self.snapshot_threshold, u64::MAX),
            ("snapshot_chunk_bytes", self.snapshot_chunk_bytes as u64, 64 * MIB as u64),
        ] {
            if value < 1 || value > max {
                return Err(ConfigError::OutOfRange { setting, value, min: 1, max });
            }
        }
        let (min, max) = (self.election_timeout_min, self.election_timeout_max);
        if min > max {
            return Err(ConfigError::ElectionTimeoutsReversed { min, max });
        }
        if self.heartbeat_interval >= min {
            let heartbeat = self.heartbeat_interval;
            return Err(ConfigError::HeartbeatTooSlow { heartbeat, election: min });
        }
        Ok(())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VoterCount(n) => {
                write!(f, "a cluster has 1 to {} voters, not {n}", Membership::MAX_VOTERS)
            }
            Self::NodeIdZero => f.write_str("node ids start at 1"),
            Self::DurationOutOfRange { setting, value } => {
                write!(f, "{setting} is {value:?}; it must be from 1 µs to 1 h")
            }
            Self::OutOfRange { setting, value, min, max } => {
                write!(f, "{setting} is {value}; it must be from {min} to {max}")
            }
            Self::ElectionTimeoutsReversed { min, max } => write!(
                f,
                "election_timeout_min ({min:?}) is more than election_timeout_max ({max:?})"
            ),
            Self::HeartbeatTooSlow { heartbeat, election } => write!(
                f,
                "heartbeat_interval ({heartbeat:?}) must be less than election_timeout_min ({election:?}), \
                 or followers give up on a leader that is alive"
            ),
        }
    }
}

impl core::error::Error for ConfigError {}
