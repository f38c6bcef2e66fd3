//! The state of a server, for a person or a test.

use alloc::vec::Vec;
use core::time::Duration;

use crate::{HeartbeatRound, Instant, LogIndex, LogPosition, Membership, NodeId, Term};

/// A server's state at one moment. Reading it changes nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// This server's id.
    pub id: NodeId,
    /// Its role in the current term.
    pub role: RoleKind,
    /// The latest term it has seen.
    pub current_term: Term,
    /// The candidate that has its vote in that term.
    pub voted_for: Option<NodeId>,
    /// The leader it knows: itself, if it leads.
    pub leader: Option<NodeId>,
    /// The last entry it knows to be committed.
    pub commit_index: LogIndex,
    /// The last entry it handed to the state machine.
    pub last_applied: LogIndex,
    /// The last entry of its log.
    pub last_log: LogPosition,
    /// The last entry of its log that is on its disk.
    pub durable_index: LogIndex,
    /// The last entry that its snapshot covers; the origin without a snapshot.
    pub snapshot: LogPosition,
    /// The membership in force: the latest in its log, committed or not.
    pub membership: Membership,
    /// The entry with that membership; 0 for the configured one.
    pub membership_index: LogIndex,
    /// When the running timer was started.
    pub timer_started: Instant,
    /// When the timer elapses: the election timeout, or a leader's next heartbeat.
    pub deadline: Instant,
    /// A candidate's or pre-candidate's answers so far, its own included; in ascending order.
    pub votes: Vec<(NodeId, bool)>,
    /// A leader's view of each other server; in ascending order.
    pub peers: Vec<PeerStatus>,
    /// A leader's round: how often it asked all others whether they follow it. `None` for others.
    pub round: Option<HeartbeatRound>,
    /// When a leader's lease ends; `None` without a lease.
    pub lease_until: Option<Instant>,
    /// How long a lease lasts from the sending of the heartbeats that a quorum answers
    /// ([`Settings::lease_duration`](crate::Settings::lease_duration)), whether or not there is
    /// one.
    pub lease_duration: Duration,
    /// The target of a leader's leadership transfer.
    pub transfer_to: Option<NodeId>,
    /// Bytes of a leader's entries that are not committed, or not on its own disk: 64 for each
    /// entry, and its payload.
    pub uncommitted_bytes: u64,
}

/// The size of every collection in memory that inputs can make longer. The crate's documentation
/// says which setting bounds each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MemoryUsage {
    /// Entries of the log after the last snapshot.
    pub log_entries: usize,
    /// Their payload bytes.
    pub log_bytes: u64,
    /// Writes that change the log and are not durable: a few words each.
    pub log_writes: usize,
    /// Messages, and restored snapshots, that wait for the disk.
    pub withheld: usize,
    /// Proposals that are not answered: a few words each.
    pub proposals: usize,
    /// Reads that wait for a round, or for entries to be applied.
    pub reads: usize,
    /// Requests forwarded to the leader: a few words each.
    pub forwarded: usize,
    /// Results of commands that followers forwarded to this leader, and members that left: a few
    /// words each.
    pub command_results: usize,
    /// Answers to a candidate or pre-candidate.
    pub votes: usize,
    /// Rounds of heartbeats that no quorum has answered.
    pub rounds: usize,
    /// Messages with entries in flight to all peers: an index and a size each.
    pub in_flight: usize,
    /// Bytes of a leader's snapshot that have arrived.
    pub incoming_snapshot_bytes: usize,
    /// Bytes of a leader's entries that arrived before those in front of them, 64 for each entry
    /// and its payload.
    pub early_bytes: usize,
    /// Memberships that are in the log.
    pub memberships: usize,
}

/// The role of a server in its term (§5.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum RoleKind {
    /// It answers requests and waits for a leader.
    Follower,
    /// It asks for pre-votes (dissertation §9.6).
    PreCandidate,
    /// It asks for votes.
    Candidate,
    /// It replicates its log.
    Leader,
}

/// A leader's view of another server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PeerStatus {
    /// The other server's id.
    pub id: NodeId,
    /// The next entry to send to it.
    pub next_index: LogIndex,
    /// The last entry known to be on its disk.
    pub match_index: LogIndex,
    /// How entries are being sent to it.
    pub state: ProgressKind,
    /// Messages with entries that it has not answered yet.
    pub in_flight: usize,
    /// Payload bytes of those messages, or bytes of a snapshot in flight.
    pub in_flight_bytes: u64,
    /// When it last answered.
    pub last_contact: Instant,
}

/// How a leader sends entries to a server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum ProgressKind {
    /// One message at a time, looking for the place where the logs agree.
    Probe,
    /// Messages follow each other without waiting for answers.
    Replicate,
    /// The server needs a snapshot first.
    Snapshot {
        /// Bytes that have arrived.
        received: u64,
        /// Bytes in all.
        total: u64,
    },
}

impl core::fmt::Display for RoleKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Follower => "follower",
            Self::PreCandidate => "pre-candidate",
            Self::Candidate => "candidate",
            Self::Leader => "leader",
        })
    }
}
