//! The settings of a server, and the bounds of each.

use core::fmt;
use core::time::Duration;

use crate::{Membership, NodeId, Say, Speaker, Thing, print_as_said, say};

/// One server and its settings.
///
/// More fields may come, and the feature `bugs` adds one, so a driver starts from [`Config::new`]
/// and changes fields:
///
/// ```
/// use raft_core::{Config, Membership, NodeId, Settings};
///
/// let mut config = Config::new(NodeId(1), Membership::new([NodeId(1)]));
/// config.seed = 42;
/// config.settings = Settings { pre_vote: false, ..Settings::default() };
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Config {
    /// This server's id, at least 1.
    pub id: NodeId,
    /// The members at this server's first start, the same list on each of them;
    /// [`Membership::empty`] for a server that is to join a cluster. It counts only while the disk
    /// is empty, and is stored with the first write
    /// ([`Persist::bootstrap`](crate::Persist::bootstrap)). At later starts it must be the same
    /// list, or empty, whatever the membership has become since; another list is
    /// [`RestartError::OtherBootstrap`](crate::RestartError::OtherBootstrap). Contexts may differ:
    /// those that are stored count.
    pub membership: Membership,
    /// Seeds the election timeouts and the ids of forwarded requests. Give every server its own, a
    /// new one at each start. With [`Settings::forward_proposals`] a new one at each start is a
    /// must, unless the clock never shows the same time at two starts: else a command of this life
    /// can get the answer to an equal command of an earlier life. Default: the id.
    pub seed: u64,
    /// The settings of the protocol.
    pub settings: Settings,
    /// Whether to emit [`Output::Trace`](crate::Output::Trace). Default off.
    pub trace: bool,
    /// Whether the pieces of a leader's snapshot go to the driver as they arrive
    /// ([`Output::Files`](crate::Output::Files)), in place of the node's memory. Default off.
    pub snapshot_files: bool,
    /// The planted bugs: rules that are switched off. Default none.
    #[cfg(feature = "bugs")]
    pub bugs: crate::Bugs,
}

/// The settings of the protocol, usually the same on every server of a cluster.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Settings {
    /// The time between a leader's heartbeats. 1 µs to 1 h; default 50 ms.
    pub heartbeat_interval: Duration,
    /// The shortest election timeout: longer than the heartbeat interval. Default 150 ms.
    pub election_timeout_min: Duration,
    /// The longest election timeout; each one is drawn from `min..=max` (§5.2). Default 300 ms.
    ///
    /// [`Settings::validate`] permits the same value as the shortest one, for experiments: then all
    /// timeouts are equal, and servers that start elections at the same moment split the vote again
    /// and again, perhaps for ever. In production it is twice the shortest.
    pub election_timeout_max: Duration,
    /// Whether a server asks for pre-votes before it starts an election (dissertation §9.6).
    /// Default on.
    pub pre_vote: bool,
    /// Whether a leader that hears from no quorum for `election_timeout_max` steps down
    /// (dissertation §6.2), and a server that heard from a leader less than `election_timeout_min`
    /// ago votes for no other server (§4.2.3, "leader stickiness"). Default on.
    pub check_quorum: bool,
    /// Whether leaders hold leases, so that [`ReadMode::Lease`](crate::ReadMode::Lease) reads cost
    /// no message (dissertation §6.4.1). Needs `check_quorum`. All servers of a cluster must agree
    /// on it and on `election_timeout_min`. To change one of the two in a running cluster, first
    /// read with [`ReadMode::Quorum`](crate::ReadMode::Quorum) only, at all servers; then restart
    /// them one after the other. Default on.
    pub lease_reads: bool,
    /// How much a clock may run too fast or too slow, in millionths: leases depend on this bound.
    /// A lease lasts `election_timeout_min` × (1 − drift) / (1 + drift) from the sending of the
    /// heartbeats that a quorum answered. 0 to 500,000; default 50,000 (5 %).
    pub max_clock_drift_ppm: u32,
    /// Whether a follower forwards proposals to its leader, instead of naming it. It names the
    /// leader all the same until the leader's term is on its disk. Default off.
    pub forward_proposals: bool,
    /// The most entries in one message. 1 to 100,000; default 100.
    pub max_batch_entries: usize,
    /// The most payload bytes in one message; a single larger entry still goes, alone.
    /// 1 to 64 MiB; default 1 MiB.
    pub max_batch_bytes: usize,
    /// The most messages with entries in flight to one peer. 1 to 10,000; default 64.
    pub max_in_flight: usize,
    /// The most payload bytes, or bytes of a snapshot, in flight to one peer; one message is always
    /// possible. 1 to 1 GiB; default 64 MiB.
    pub max_in_flight_bytes: usize,
    /// The most bytes of entries, 64 for each and its payload, that a leader holds and that are not
    /// committed, or not on its own disk; a proposal beyond it is refused, unless nothing waits.
    /// 1 to 64 GiB; default 64 MiB.
    pub max_uncommitted_bytes: u64,
    /// The most reads that wait at a leader, the most reads and proposals that a follower has
    /// forwarded, and the most messages that wait for the disk
    /// ([`max_withheld_messages`](Self::max_withheld_messages)). 1 to 1,000,000; default 10,000.
    pub max_pending_requests: usize,
    /// The longest command that a leader takes. Followers store longer ones, so it may differ
    /// between servers. 1 byte to 1 GiB; default 1 MiB.
    pub max_command_bytes: usize,
    /// The number of applied entries after the last snapshot at which the next one is asked for.
    /// At least 1; default 10,000.
    pub snapshot_threshold: u64,
    /// The bytes of applied entries after the last snapshot, 64 for each and its payload, at which
    /// the next one is asked for, however few they are; if the last snapshot has more bytes and is
    /// in no file, as many as it has (dissertation §5.1.2). The log is in memory. 1 to 64 GiB;
    /// default 64 MiB. To write no more bytes of snapshots than of entries, let only this limit
    /// count: set `snapshot_threshold` to a number that is never reached. For snapshots in files
    /// this limit has to be as large as the state, too.
    pub snapshot_threshold_bytes: u64,
    /// The most entries that the log keeps although the snapshot includes them, so that a server
    /// which lacks only those gets entries instead of the state. They never have more bytes than
    /// the state, 64 for each entry and its payload; a state that is smaller than one piece
    /// ([`snapshot_chunk_bytes`](Self::snapshot_chunk_bytes)) counts as one piece, and one in a
    /// file as at most [`snapshot_threshold_bytes`](Self::snapshot_threshold_bytes). 0, which is
    /// the paper's log (§7), to 1,000,000,000; default 5,000.
    pub trailing_entries: u64,
    /// The most bytes of a snapshot in one message. 1 to 64 MiB, and more than a 2³¹st of
    /// [`max_snapshot_bytes`](Self::max_snapshot_bytes); default 64 KiB.
    pub snapshot_chunk_bytes: usize,
    /// The largest snapshot that is accepted, from a leader and from the state machine. A server
    /// whose state is larger keeps its log, which then grows without a bound, and raises
    /// [`Alarm::StateTooLarge`](crate::Alarm::StateTooLarge). 1 byte to 1 TiB; a snapshot that is
    /// in no file ([`Config::snapshot_files`]) never has 4 GiB or more. Default 1 GiB.
    pub max_snapshot_bytes: u64,
}

/// The bound that a [`Config`] breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConfigError {
    /// The cluster must have 1 to 9 voters, and at most 9 learners.
    VoterCount(usize),
    /// A server is a voter or a learner, not both.
    VoterAndLearner(NodeId),
    /// Node ids start at 1.
    NodeIdZero,
    /// The context of a member is too long ([`Membership::MAX_CONTEXT_BYTES`]).
    ContextTooLong {
        /// The member.
        node: NodeId,
        /// The bytes of its context.
        bytes: usize,
    },
    /// A duration must be at least one microsecond and at most one hour.
    DurationOutOfRange {
        /// The name of the setting.
        setting: &'static str,
        /// Its value.
        value: Duration,
    },
    /// A number lies outside its range.
    OutOfRange {
        /// The name of the setting.
        setting: &'static str,
        /// Its value.
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
    /// Leases depend on leader stickiness, which `check_quorum` turns on.
    LeaseWithoutCheckQuorum,
    /// A follower would give up on a leader before its next heartbeat.
    HeartbeatTooSlow {
        /// `heartbeat_interval`
        heartbeat: Duration,
        /// `election_timeout_min`
        election: Duration,
    },
}

const MIB: usize = 1024 * 1024;
const GIB: u64 = 1 << 30;
/// A snapshot has fewer pieces, and the pieces have numbers of 32 bits.
const MAX_PIECES: u64 = 1 << 31;
const HOUR: Duration = Duration::from_secs(3600);

impl Default for Settings {
    fn default() -> Self {
        Self {
            heartbeat_interval: Duration::from_millis(50),
            election_timeout_min: Duration::from_millis(150),
            election_timeout_max: Duration::from_millis(300),
            pre_vote: true,
            check_quorum: true,
            lease_reads: true,
            max_clock_drift_ppm: 50_000,
            forward_proposals: false,
            max_batch_entries: 100,
            max_batch_bytes: MIB,
            max_in_flight: 64,
            max_in_flight_bytes: 64 * MIB,
            max_uncommitted_bytes: 64 * MIB as u64,
            max_pending_requests: 10_000,
            max_command_bytes: MIB,
            snapshot_threshold: 10_000,
            snapshot_threshold_bytes: 64 * MIB as u64,
            trailing_entries: 5_000,
            snapshot_chunk_bytes: 64 * 1024,
            max_snapshot_bytes: GIB,
        }
    }
}

impl Config {
    /// A server of a cluster, with the default settings.
    pub fn new(id: NodeId, membership: Membership) -> Self {
        Self {
            id,
            membership,
            seed: id.0,
            settings: Settings::default(),
            trace: false,
            snapshot_files: false,
            #[cfg(feature = "bugs")]
            bugs: crate::Bugs::NONE,
        }
    }

    /// Checks every bound.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if !self.membership.is_empty() {
            self.membership.validate()?;
        }
        if self.id.0 == 0 {
            return Err(ConfigError::NodeIdZero);
        }
        self.settings.validate()
    }
}

impl Settings {
    /// Checks every bound.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn validate(&self) -> Result<(), ConfigError> {
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
            ("max_in_flight_bytes", self.max_in_flight_bytes as u64, GIB),
            ("max_uncommitted_bytes", self.max_uncommitted_bytes, 64 * GIB),
            ("max_pending_requests", self.max_pending_requests as u64, 1_000_000),
            ("max_command_bytes", self.max_command_bytes as u64, GIB),
            ("snapshot_threshold", self.snapshot_threshold, u64::MAX),
            ("snapshot_threshold_bytes", self.snapshot_threshold_bytes, 64 * GIB),
            ("snapshot_chunk_bytes", self.snapshot_chunk_bytes as u64, 64 * MIB as u64),
            ("max_snapshot_bytes", self.max_snapshot_bytes, 1024 * GIB),
        ] {
            if value < 1 || value > max {
                return Err(ConfigError::OutOfRange { setting, value, min: 1, max });
            }
        }
        // The numbers of the pieces of the largest snapshot, and of questions and repeated pieces.
        let (min, value) = (self.max_snapshot_bytes / MAX_PIECES + 1, self.snapshot_chunk_bytes);
        if (value as u64) < min {
            let (setting, value, max) = ("snapshot_chunk_bytes", value as u64, 64 * MIB as u64);
            return Err(ConfigError::OutOfRange { setting, value, min, max });
        }
        for (setting, value, max) in [
            ("max_clock_drift_ppm", self.max_clock_drift_ppm.into(), 500_000),
            ("trailing_entries", self.trailing_entries, 1_000_000_000),
        ] {
            if value > max {
                return Err(ConfigError::OutOfRange { setting, value, min: 0, max });
            }
        }
        if self.lease_reads && !self.check_quorum {
            return Err(ConfigError::LeaseWithoutCheckQuorum);
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

    /// The most messages that wait for the disk's term and vote, and the most that wait for its
    /// log. If more would wait, the oldest are dropped. A candidate's requests to all voters fit,
    /// however low the setting is.
    pub fn max_withheld_messages(&self) -> usize {
        self.max_pending_requests.max(Membership::MAX_MEMBERS)
    }

    /// How long a lease lasts from the sending of the heartbeats that a quorum answered. Even if
    /// this clock runs as slow as it may and a follower's as fast, no such follower votes for
    /// another server before the lease ends (dissertation §6.4.1).
    pub fn lease_duration(&self) -> Duration {
        let drift = u64::from(self.max_clock_drift_ppm);
        let micros = self.election_timeout_min.as_micros() as u64;
        Duration::from_micros(micros * (1_000_000 - drift) / (1_000_000 + drift))
    }
}

impl<T: From<Thing>> Say<T> for ConfigError {
    fn say(&self, out: &mut dyn Speaker<T>) -> fmt::Result {
        match self {
            Self::VoterCount(n) => {
                say!(
                    out; "a cluster has 1 to ", Membership::MAX_VOTERS,
                    " voters, and as many learners, not {n}"
                )
            }
            Self::VoterAndLearner(node) => {
                say!(out; node, " cannot be a voter and a learner at once")
            }
            Self::LeaseWithoutCheckQuorum => {
                say!(out; "lease_reads needs check_quorum: a lease depends on leader stickiness")
            }
            Self::NodeIdZero => say!(out; "node ids start at 1"),
            Self::ContextTooLong { node, bytes } => say!(
                out; "the context of ", node, " has {bytes} bytes, and at most ",
                Membership::MAX_CONTEXT_BYTES, " are possible"
            ),
            Self::DurationOutOfRange { setting, value } => {
                say!(out; "{setting} is {value:?}; it must be from 1 µs to 1 h")
            }
            Self::OutOfRange { setting, value, min, max } => {
                say!(out; "{setting} is {value}; it must be from {min} to {max}")
            }
            Self::ElectionTimeoutsReversed { min, max } => say!(
                out; "election_timeout_min ({min:?}) is more than election_timeout_max ({max:?})"
            ),
            Self::HeartbeatTooSlow { heartbeat, election } => say!(
                out; "heartbeat_interval ({heartbeat:?}) must be less than election_timeout_min \
                 ({election:?}), or followers give up on a leader that is alive"
            ),
        }
    }
}

print_as_said!(Thing: ConfigError);

impl core::error::Error for ConfigError {}
