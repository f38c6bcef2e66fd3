//! Everything that a person or a script can do to the world.

use std::fmt;
use std::time::Duration;

use raft_core::{MembershipChange, NodeId};
use raft_kv::{ClientId, Operation};
use raft_storage::RecordKey;

use crate::clock::{MAX_DRIFT_PPM, MAX_JUMP};
use crate::disk_faults::The;
use crate::network::{MAX_BANDWIDTH, MAX_CLOG, MAX_QUEUE, MAX_REPLAY};
use crate::node::MAX_HANDLING;
use crate::{ClockChange, DelayRange, DiskChange, DiskDamage, LatencyShape, MessageId, NodeState};

/// One thing to do to the world at its present time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Cut a node's power: it loses its memory, and writes that its disk had not finished.
    Crash {
        /// Which node.
        node: NodeId,
        /// What becomes of the unfinished writes.
        unsynced: Unsynced,
    },
    /// Start a crashed node from its disk.
    Restart {
        /// Which node.
        node: NodeId,
    },
    /// Stop a node without taking anything from it; what arrives waits.
    Pause {
        /// Which node.
        node: NodeId,
    },
    /// Let a paused node run on.
    Resume {
        /// Which node.
        node: NodeId,
    },
    /// Let a node's election timeout elapse now.
    ForceElection {
        /// Which node.
        node: NodeId,
    },
    /// Let a node forget that it heard a leader, so that it votes for another at once.
    ForgetLeader {
        /// Which node.
        node: NodeId,
    },
    /// Ask a node to hand leadership over. What becomes of it is an
    /// [`Administered`](crate::ClusterEvent::Administered) event.
    TransferLeadership {
        /// Who is asked; only a leader does it.
        node: NodeId,
        /// Who is to lead.
        to: NodeId,
    },
    /// Ask a node to change who belongs to the cluster. Servers that are to join and do not exist yet
    /// are started, with empty disks. What becomes of it is an
    /// [`Administered`](crate::ClusterEvent::Administered) event.
    ChangeMembership {
        /// Who is asked; only a leader does it.
        node: NodeId,
        /// The change.
        change: MembershipChange,
    },
    /// Let a node take a snapshot now and compact its log.
    Snapshot {
        /// Which node.
        node: NodeId,
    },
    /// Change one direction of a link.
    SetLink {
        /// The sending end.
        from: NodeId,
        /// The receiving end.
        to: NodeId,
        /// How.
        change: LinkChange,
    },
    /// Damage what a disk holds. To be wiped, it must not be in use.
    DamageDisk {
        /// Whose.
        node: NodeId,
        /// How.
        damage: DiskDamage,
    },
    /// Change how a disk works.
    SetDisk {
        /// Whose.
        node: NodeId,
        /// How.
        change: DiskChange,
    },
    /// Change a node's clock.
    SetClock {
        /// Whose.
        node: NodeId,
        /// How.
        change: ClockChange,
    },
    /// Make a node slow: it handles one thing after the other, and each takes that long. What a person
    /// asks of it is done at once all the same.
    Slow {
        /// Which node.
        node: NodeId,
        /// How long anything takes, up to [`MAX_HANDLING`](crate::MAX_HANDLING); zero: no time, as at
        /// the beginning.
        handling: Duration,
    },
    /// Let the network fall apart into groups, which may overlap: two nodes reach each other if they
    /// share one. Nodes that are in none form one more.
    Partition {
        /// The groups.
        groups: Vec<Vec<NodeId>>,
    },
    /// Let nothing pass from some nodes to others, while the other way it does. It takes the place of
    /// any other partition.
    PartitionOneWay {
        /// Who is still heard.
        heard: Vec<NodeId>,
        /// Who still hears them, and is not heard by them. None of those who are heard.
        unheard: Vec<NodeId>,
    },
    /// Make the network whole: no partition, no cut links.
    Heal,
    /// Everything works again for these nodes, and all others lose power for good: no partition, links,
    /// disks, latencies and the speed of clocks and nodes as at the beginning, crashed nodes restarted, paused ones resumed. Who asks
    /// for progress asks after this.
    Recover {
        /// Who works again.
        nodes: Vec<NodeId>,
    },
    /// Drop a message that is under way.
    DropMessage {
        /// Which message.
        id: MessageId,
    },
    /// Send a message again that a link carried before, as if the network had kept it. It takes a latency
    /// of the link, waits for no other message, and may be lost where nothing passes.
    Replay {
        /// The sending end of the link.
        from: NodeId,
        /// The receiving end.
        to: NodeId,
        /// Which message: 1 for the one that arrived last, up to [`MAX_REPLAY`](crate::MAX_REPLAY).
        back: u32,
    },
    /// Let a client do an operation after those it was given before.
    Request {
        /// Which client; it comes into being when it is first named.
        client: ClientId,
        /// What to do.
        operation: Operation,
        /// The node to ask first, and to ask again after a time-out, until that node names another.
        via: Option<NodeId>,
        /// What the answer to a read rests on; [`ReadPolicy::Log`] for all other operations.
        read: ReadPolicy,
    },
}

/// What the answer to a read rests on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum ReadPolicy {
    /// The read is an entry of the log, like a write.
    #[default]
    Log,
    /// The leader asks a quorum whether it still leads (dissertation §6.4).
    Quorum,
    /// The leader answers while it has a lease; without one it asks a quorum (dissertation §6.4.1).
    Lease,
    /// The node that is asked answers from what it has applied, however old that is.
    Local,
}

impl ReadPolicy {
    /// How the core is asked, if it is asked for more than a place in its log.
    pub(crate) fn mode(self) -> Option<raft_core::ReadMode> {
        match self {
            Self::Log | Self::Local => None,
            Self::Quorum => Some(raft_core::ReadMode::Quorum),
            Self::Lease => Some(raft_core::ReadMode::Lease),
        }
    }

    /// Whether the answer may be older than what was committed before the question.
    pub fn may_be_stale(self) -> bool {
        self == Self::Local
    }
}

impl fmt::Display for ReadPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Log => "log",
            Self::Quorum => "quorum",
            Self::Lease => "lease",
            Self::Local => "local",
        })
    }
}

/// What becomes of writes that a disk had not finished when the power failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Unsynced {
    /// Some of them, from the first on, are there; the seed decides how many.
    #[default]
    Drawn,
    /// None of them.
    Lost,
    /// All of them.
    Kept,
    /// The first of them in part, as the seed decides; none of the others.
    Torn,
}

/// A change to one direction of a link.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LinkChange {
    /// Nothing passes any more; what is under way is gone.
    Cut,
    /// Messages pass again.
    Restore,
    /// How long messages take.
    Latency(DelayRange),
    /// How many messages in a million are lost.
    Loss {
        /// 0 to 1,000,000.
        per_million: u32,
    },
    /// How many messages in a million arrive twice.
    Duplication {
        /// 0 to 1,000,000.
        per_million: u32,
    },
    /// Whether a message may overtake another.
    Reordering(bool),
    /// How latencies are spread over their range.
    Shape(LatencyShape),
    /// How many bytes a second pass, 1 to [`MAX_BANDWIDTH`](crate::MAX_BANDWIDTH); `None`: any number.
    /// What has its turn already keeps it.
    Bandwidth(Option<u64>),
    /// How many messages may wait while the link is busy or clogged, up to
    /// [`MAX_QUEUE`](crate::MAX_QUEUE). Further ones are dropped.
    QueueLimit(u32),
    /// For so long, up to [`MAX_CLOG`](crate::MAX_CLOG), messages wait in front of the link and go on
    /// when that is over. What is under way arrives.
    Clog(Duration),
}

/// Why an action could not be done. Nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The cluster has no such node.
    NoSuchNode(NodeId),
    /// The node is not in a state in which that can be done.
    WrongState {
        /// Which node.
        node: NodeId,
        /// The state it is in.
        state: NodeState,
        /// The state it would have to be in.
        needed: &'static str,
    },
    /// A node has no link to itself.
    LinkToItself(NodeId),
    /// A node stands on both sides of a one-way partition.
    OnBothSides(NodeId),
    /// A delay runs downwards, or past an hour.
    Delay(DelayRange),
    /// A clock is to run too wrong, or to jump too far.
    Clock(ClockChange),
    /// A node is to be too slow.
    Handling(Duration),
    /// A probability is above one.
    ProbabilityTooLarge(u32),
    /// A bandwidth is zero or too large.
    Bandwidth(u64),
    /// More messages are to wait than may.
    QueueLimit(u32),
    /// A link is to be clogged for too long.
    Clog(Duration),
    /// The link has not carried so many messages, or does not remember them.
    NothingToReplay {
        /// How many messages ago.
        back: u32,
        /// How many the link remembers.
        carried: u32,
    },
    /// No such message is under way.
    NoSuchMessage(MessageId),
    /// The operation breaks a limit of the key-value store.
    Operation(raft_kv::Error),
    /// What changes something has to go through the log.
    NotARead {
        /// The policy given.
        read: ReadPolicy,
    },
    /// A server that is to join has a number that is too large, or none.
    NodeNumber {
        /// The number given.
        node: NodeId,
        /// The largest it may be.
        largest: u64,
    },
    /// There is nothing on the node's disk.
    EmptyDisk(NodeId),
    /// The node's disk has no such record.
    NoSuchRecord {
        /// Which node.
        node: NodeId,
        /// Which record.
        record: RecordKey,
    },
    /// A record always lies under its own key.
    SameRecord {
        /// Which node.
        node: NodeId,
        /// Which record.
        record: RecordKey,
    },
    /// The node's disk has no room, so it would have to stop again at once.
    DiskFull(NodeId),
    /// Nothing was applied since the last snapshot.
    NothingToSnapshot(NodeId),
    /// More operations wait for their turn than a client may have.
    TooManyRequests {
        /// Which client.
        client: ClientId,
        /// The most it may have.
        limit: usize,
    },
    /// Clients are numbered from 1.
    ClientId {
        /// The number given.
        client: ClientId,
        /// The largest it may be.
        largest: u64,
    },
    /// More clients than a world may have.
    TooManyClients {
        /// The most it may have.
        limit: usize,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchNode(node) => write!(f, "there is no node {node}"),
            Self::WrongState { node, state, needed } => {
                write!(f, "node {node} is {state}; it must be {needed} for that")
            }
            Self::LinkToItself(node) => write!(f, "node {node} has no link to itself"),
            Self::OnBothSides(node) => write!(f, "node {node} stands on both sides"),
            Self::Delay(DelayRange { min, max }) => {
                write!(f, "a delay from {min:?} to {max:?} must go up, to 1 h at most")
            }
            Self::ProbabilityTooLarge(value) => {
                write!(f, "a probability of {value} in a million is more than all")
            }
            Self::Clock(change) => write!(
                f,
                "a clock runs at most {MAX_DRIFT_PPM} ppm too fast or too slow and jumps at most \
                 {MAX_JUMP:?} ahead; this one {change}"
            ),
            Self::Handling(time) => {
                write!(f, "a node takes {MAX_HANDLING:?} at most to handle anything, not {time:?}")
            }
            Self::Bandwidth(_)
            | Self::QueueLimit(_)
            | Self::Clog(_)
            | Self::NothingToReplay { .. } => self.write_network(f),
            Self::NoSuchMessage(id) => write!(f, "message {id} is not under way"),
            Self::Operation(error) => error.fmt(f),
            Self::NotARead { read } => {
                write!(f, "only a get or a list can be a {read} read; a write goes through the log")
            }
            Self::NodeNumber { node, largest } => {
                write!(f, "nodes are numbered from 1 to {largest}, not {node}")
            }
            Self::EmptyDisk(node) => write!(f, "there is nothing on the disk of node {node}"),
            Self::NoSuchRecord { node, record } => {
                write!(f, "there is no {record} on the disk of node {node}")
            }
            Self::SameRecord { node, record } => {
                write!(f, "{} of node {node} always lies in its own place", The(*record))
            }
            Self::DiskFull(node) => {
                write!(f, "the disk of node {node} is full; make room first: disk {node} full=off")
            }
            Self::NothingToSnapshot(node) => {
                write!(f, "node {node} has applied nothing since its last snapshot")
            }
            Self::TooManyRequests { client, limit } => {
                write!(f, "client {} has {limit} operations waiting already", client.0)
            }
            Self::ClientId { client, largest } => {
                write!(f, "clients are numbered from 1 to {largest}, not {}", client.0)
            }
            Self::TooManyClients { limit } => write!(f, "there are {limit} clients already"),
        }
    }
}

impl Refusal {
    /// The words for links.
    fn write_network(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bandwidth(value) => {
                write!(f, "a bandwidth is 1 to {MAX_BANDWIDTH} bytes a second, not {value}")
            }
            Self::QueueLimit(limit) => {
                write!(f, "at most {MAX_QUEUE} messages can wait in front of a link, not {limit}")
            }
            Self::Clog(time) => {
                write!(f, "a link can be clogged for {MAX_CLOG:?} at most, not {time:?}")
            }
            Self::NothingToReplay { carried: 0, .. } => {
                f.write_str("no message has arrived on this link yet")
            }
            Self::NothingToReplay { back, carried } => write!(
                f,
                "of the messages that arrived on this link, the last {carried} can be sent again (it \
                 remembers {MAX_REPLAY}), not the one {back} ago"
            ),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}
