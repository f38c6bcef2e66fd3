//! Why an action was not done.

use std::fmt;
use std::time::Duration;

use raft_core::NodeId;
use raft_kv::ClientId;
use raft_storage::RecordKey;

use super::ReadPolicy;
use crate::clock::{MAX_DRIFT_PPM, MAX_JUMP};
use crate::disk_faults::The;
use crate::network::{MAX_BANDWIDTH, MAX_CLOG, MAX_QUEUE, MAX_REPLAY};
use crate::node::MAX_HANDLING;
use crate::setup::HOUR;
use crate::units::{Percent, Span};
use crate::{ClockChange, DelayRange, Load, MessageId, MessageKind, NodeState, SetupError, Switch};

/// Why an action was not done. Nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ActionError {
    /// The cluster has no such node.
    NoSuchNode(NodeId),
    /// The node is not in a state in which that can be done.
    WrongState {
        /// The node of the action.
        node: NodeId,
        /// Its present state.
        state: NodeState,
        /// The state that the action needs.
        needed: &'static str,
    },
    /// A server to add has a number outside of the bounds.
    NodeNumber {
        /// The number given.
        node: NodeId,
        /// The largest that is allowed; the smallest is 1.
        largest: u64,
    },
    /// The node applied nothing since its last snapshot.
    NothingToSnapshot(NodeId),
    /// The drift or the jump of a clock is too large.
    Clock(ClockChange),
    /// A node takes longer for each input than [`MAX_HANDLING`].
    Handling(Duration),
    /// A delay runs downwards, or past an hour.
    Delay(DelayRange),
    /// The settings of a node do not fit together, or one is out of bounds.
    Settings(SetupError),
    /// About the network.
    Network(NetworkError),
    /// About a disk.
    Disk(DiskError),
    /// About a client.
    Client(ClientError),
    /// About a rule.
    Rule(RuleError),
}

/// Why an action on the network was not done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NetworkError {
    /// A node has no link to itself.
    LinkToItself(NodeId),
    /// A node is in both groups of a one-way partition.
    OnBothSides(NodeId),
    /// A probability is above one; in a million.
    ProbabilityTooLarge(u32),
    /// A bandwidth is zero or too large; in bytes a second.
    Bandwidth(u64),
    /// A queue limit is too large; in messages.
    QueueLimit(u32),
    /// A clog lasts too long.
    Clog(Duration),
    /// The link has not carried so many messages, or does not remember them.
    NothingToReplay {
        /// The message that was asked for, counted from the last one.
        back: u32,
        /// The number of messages that the link remembers.
        carried: u32,
    },
    /// No message with this number was sent yet.
    NoSuchMessage(MessageId),
    /// The message is no longer in flight: it arrived, or was lost.
    NotUnderWay(MessageId),
    /// The message is held already.
    HeldAlready(MessageId),
    /// The message is not held.
    NotHeld(MessageId),
    /// No message of this kind is in flight on this link.
    NoneInFlight(MessageKind),
    /// No message of this kind is held on this link.
    NoneHeld(MessageKind),
}

/// Why an action on a disk was not done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DiskError {
    /// The disk holds no records.
    Empty(NodeId),
    /// The disk holds no such record.
    NoSuchRecord {
        /// The disk's owner.
        node: NodeId,
        /// The record that was asked for.
        record: RecordKey,
    },
    /// A record cannot be moved to its own key.
    SameRecord {
        /// The disk's owner.
        node: NodeId,
        /// The record.
        record: RecordKey,
    },
    /// The disk was never copied.
    NoBackup(NodeId),
    /// The disk has no room, so the node would have to stop again at once.
    Full(NodeId),
    /// Zeros in place of this record could not be told from a write that did not end: it is in what
    /// was written last.
    LastWrite {
        /// The disk's owner.
        node: NodeId,
        /// The record that was asked for, or the first one that was tried.
        record: RecordKey,
    },
}

/// Why a rule was not switched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleError {
    /// The rule is off already.
    IsOff(Switch),
    /// The rule is on.
    IsOn(Switch),
    /// All rules are on.
    AllOn,
}

/// Why a client did not take an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientError {
    /// A rate, a time, a number or a size of a load is out of its bounds.
    Load(Load),
    /// A load is going on already.
    LoadGoesOn,
    /// The operation breaks a limit of the key-value store.
    Operation(raft_kv::Error),
    /// An operation that changes something has to go through the log.
    NotARead {
        /// The policy given.
        read: ReadPolicy,
    },
    /// As many operations as a client may have wait for their turn.
    TooManyRequests {
        /// The client.
        client: ClientId,
        /// The number of operations that it may have.
        limit: usize,
    },
    /// A client has a number outside of the bounds.
    Number {
        /// The number given.
        client: ClientId,
        /// The largest that is allowed; the smallest is 1.
        largest: u64,
    },
    /// The world has as many clients as it may have.
    TooManyClients {
        /// That number.
        limit: usize,
    },
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchNode(node) => write!(f, "there is no node {node}"),
            Self::WrongState { node, state, needed } => {
                write!(f, "node {node} is {state}; it must be {needed} for that")
            }
            Self::NodeNumber { node, largest } => {
                write!(f, "nodes are numbered from 1 to {largest}, not {node}")
            }
            Self::NothingToSnapshot(node) => {
                write!(f, "node {node} has applied nothing since its last snapshot")
            }
            Self::Clock(change) => write!(
                f,
                "a clock runs at most {} too fast or too slow and jumps at most {} ahead; this one \
                 {change}",
                Percent(MAX_DRIFT_PPM.unsigned_abs()),
                Span(MAX_JUMP)
            ),
            Self::Handling(time) => {
                let (most, time) = (Span(MAX_HANDLING), Span(*time));
                write!(f, "a node takes {most} at most to handle anything, not {time}")
            }
            Self::Delay(DelayRange { min, max }) => {
                let (min, max) = (Span(*min), Span(*max));
                write!(f, "a delay from {min} to {max} must go up, to {} at most", Span(HOUR))
            }
            Self::Settings(error) => error.fmt(f),
            Self::Network(error) => error.fmt(f),
            Self::Disk(error) => error.fmt(f),
            Self::Client(error) => error.fmt(f),
            Self::Rule(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkToItself(node) => write!(f, "node {node} has no link to itself"),
            Self::OnBothSides(node) => write!(f, "node {node} is on both sides"),
            Self::ProbabilityTooLarge(value) => {
                write!(f, "a probability of {value} in a million is more than all")
            }
            Self::Bandwidth(value) => {
                write!(f, "a bandwidth is 1 to {MAX_BANDWIDTH} bytes a second, not {value}")
            }
            Self::QueueLimit(limit) => {
                write!(f, "at most {MAX_QUEUE} messages can wait in front of a link, not {limit}")
            }
            Self::Clog(time) => {
                let (most, time) = (Span(MAX_CLOG), Span(*time));
                write!(f, "a link can be clogged for {most} at most, not {time}")
            }
            Self::NothingToReplay { carried: 0, .. } => {
                f.write_str("no message has arrived on this link yet")
            }
            Self::NothingToReplay { back, carried } => write!(
                f,
                "of the messages that arrived on this link, the last {carried} can be sent again \
                 (it remembers {MAX_REPLAY}), not the one {back} ago"
            ),
            Self::NoSuchMessage(id) => write!(f, "there is no message {id} yet"),
            Self::NotUnderWay(id) => {
                write!(f, "message {id} is not under way: it has arrived, or was lost")
            }
            Self::HeldAlready(id) => write!(f, "message {id} is held already"),
            Self::NotHeld(id) => write!(f, "message {id} is not held"),
            Self::NoneInFlight(kind) => write!(f, "no {kind} is under way on this link"),
            Self::NoneHeld(kind) => write!(f, "no {kind} is held on this link"),
        }
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(node) => write!(f, "there is nothing on the disk of node {node}"),
            Self::NoSuchRecord { node, record } => {
                write!(f, "there is no {record} on the disk of node {node}")
            }
            Self::SameRecord { node, record } => {
                write!(f, "{} of node {node} always lies in its own place", The(*record))
            }
            Self::NoBackup(node) => {
                write!(f, "there is no copy of the disk of node {node}: make one before")
            }
            Self::Full(node) => {
                write!(f, "the disk of node {node} is full; make room first: disk {node} full=off")
            }
            Self::LastWrite { node, record } => write!(
                f,
                "{} of node {node} is in what was written last: zeros there could not be told from \
                 a write that did not end",
                The(*record)
            ),
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(load) => write!(
                f,
                "a load has 1 to {} writes a second, for 1ms to {}, by 1 to {} clients, of at most \
                 {} bytes each, not {load}",
                Load::MAX_RATE,
                Span(Load::MAX_TIME),
                Load::MAX_CLIENTS,
                Load::MAX_SIZE,
            ),
            Self::LoadGoesOn => f.write_str("a load is going on: wait for its end"),
            Self::Operation(error) => error.fmt(f),
            Self::NotARead { read } => {
                write!(f, "only a get or a list can be a {read} read; a write goes through the log")
            }
            Self::TooManyRequests { client, limit } => {
                write!(f, "client {} has {limit} operations waiting already", client.0)
            }
            Self::Number { client, largest } => {
                write!(f, "clients are numbered from 1 to {largest}, not {}", client.0)
            }
            Self::TooManyClients { limit } => write!(f, "there are {limit} clients already"),
        }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IsOff(rule) => write!(f, "the rule {rule} is off already"),
            Self::IsOn(rule) => write!(f, "the rule {rule} is on: nothing is to be mended"),
            Self::AllOn => f.write_str("all rules are on: nothing is to be mended"),
        }
    }
}

impl std::error::Error for ActionError {}

impl From<NetworkError> for ActionError {
    fn from(error: NetworkError) -> Self {
        Self::Network(error)
    }
}

impl From<DiskError> for ActionError {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

impl From<ClientError> for ActionError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<RuleError> for ActionError {
    fn from(error: RuleError) -> Self {
        Self::Rule(error)
    }
}
