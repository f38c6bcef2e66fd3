//! Everything that a person or a script can do to the world.

use std::fmt;

use raft_core::{MembershipChange, NodeId};
use raft_kv::{ClientId, Operation};
use raft_storage::Key;

use crate::disk_faults::The;
use crate::{DelayRange, DiskChange, DiskDamage, MessageId, NodeState};

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
    /// [`Administered`](crate::EventKind::Administered) event.
    TransferLeadership {
        /// Who is asked; only a leader does it.
        node: NodeId,
        /// Who is to lead.
        to: NodeId,
    },
    /// Ask a node to change who belongs to the cluster. Servers that are to join and do not exist yet
    /// are started, with empty disks. What becomes of it is an
    /// [`Administered`](crate::EventKind::Administered) event.
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
    /// Let the network fall apart into groups. Nodes that are in none form one more.
    Partition {
        /// The groups.
        groups: Vec<Vec<NodeId>>,
    },
    /// Make the network whole: no partition, no cut links.
    Heal,
    /// Everything works again for these nodes, and all others lose power for good: no partition, links,
    /// disks and latencies as at the beginning, crashed nodes restarted, paused ones resumed. Who asks
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
    /// A node stands in two groups of a partition.
    InTwoGroups(NodeId),
    /// A delay runs downwards, or past an hour.
    Delay(DelayRange),
    /// A probability is above one.
    ProbabilityTooLarge(u32),
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
        record: Key,
    },
    /// A record always lies under its own key.
    SameRecord {
        /// Which node.
        node: NodeId,
        /// Which record.
        record: Key,
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
            Self::InTwoGroups(node) => write!(f, "node {node} stands in two groups"),
            Self::Delay(DelayRange { min, max }) => {
                write!(f, "a delay from {min:?} to {max:?} must go up, to 1 h at most")
            }
            Self::ProbabilityTooLarge(value) => {
                write!(f, "a probability of {value} in a million is more than all")
            }
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

impl std::error::Error for Refusal {}
