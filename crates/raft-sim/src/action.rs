//! Everything that a person or a script can do to the world, by topic: to whom, and what. The
//! command language shares the "what" and names the "whom" in its own way.

mod error;

use std::fmt;
use std::time::Duration;

use raft_core::{MembershipChange, NodeId};
use raft_kv::{ClientId, Operation};
use serde::{Deserialize, Serialize};

use crate::{
    ClockChange, DelayRange, DiskChange, DiskDamage, LatencyShape, Load, MessageId, MessageKind,
    Selector, SettingChange, Switch,
};

pub use self::error::{ActionError, ClientError, DiskError, NetworkError, RuleError};

/// One thing to do to the world at its present time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// To the process of a node.
    Node {
        /// Refused if the world has no such node.
        node: NodeId,
        /// Each kind says in which state the node must be.
        action: NodeAction,
    },
    /// Start a node that is down from its disk, with changed settings, as after an edit of its
    /// configuration. They stay for its later starts.
    Reconfigure {
        /// It must be down.
        node: NodeId,
        /// Its other settings stay. Refused if they do not fit together.
        changes: Vec<SettingChange>,
    },
    /// To the disk of a node.
    Disk {
        /// The disk's owner; it may be down.
        node: NodeId,
        /// A setting, or damage.
        action: DiskAction,
    },
    /// To one direction of a link.
    Link {
        /// The sending end.
        from: NodeId,
        /// The receiving end; another node.
        to: NodeId,
        /// One setting.
        change: LinkChange,
    },
    /// To the network, or to a message in it.
    Network(NetworkAction),
    /// Ask a node for what only a leader does. The outcome is an
    /// [`Administered`](crate::ClusterEvent::Administered) event. Servers that a change of the
    /// membership adds, and that do not exist yet, start with empty disks.
    Administer {
        /// It must be running. If it does not lead, it refuses.
        node: NodeId,
        /// The request.
        request: AdminRequest,
    },
    /// End all faults for these nodes and crash all others: no partition; links, disks, latencies,
    /// the speed of clocks and of nodes are as at the beginning; crashed nodes start, paused nodes
    /// run on.
    Recover {
        /// The nodes that work again; all others stay down.
        nodes: Vec<NodeId>,
    },
    /// Let a client do an operation after its earlier ones.
    Request(Request),
    /// Let clients write at a steady rate for a time.
    Load(Load),
    /// Draw all later random numbers from this seed: latencies, losses, election timeouts, choices
    /// of clients, what a crash leaves of writes. What was drawn before stays: arrivals of messages
    /// in flight, ends of writes in progress, timers that run. Never refused.
    Reseed(u64),
    /// Switch a rule off, or on again: in all nodes that run, that start later, and that join
    /// later. It is no fault that [`Recover`](Self::Recover) ends.
    Rule(RuleAction),
}

/// Something to do to a rule. Only builds with the feature `bugs` have a [`Switch`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RuleAction {
    /// Switch it off. Refused if it is off.
    Break(Switch),
    /// Switch it on. Refused if it is on.
    Mend(Switch),
    /// Switch all rules on. Refused if all are on.
    MendAll,
}

/// Something to do to the process of a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NodeAction {
    /// Cut the power: the memory is lost, and writes that the disk had not finished.
    Crash {
        /// The fate of the unfinished writes.
        unsynced: Unsynced,
    },
    /// Start a node that is down from its disk.
    Restart,
    /// Start a node that is down from its disk, with a configuration that lists it as the only
    /// member. Refused if its disk does not hold the list of the first members: then this would be
    /// its first start. The next start has the right list again.
    RestartAlone,
    /// Stop a running node, which keeps its memory. Its messages wait.
    Pause,
    /// Let a paused node run on.
    Resume,
    /// Let the election timeout of a running node elapse now.
    ForceElection,
    /// Let a running node forget that it heard a leader, so that it can vote for another at once.
    ForgetLeader,
    /// Let a running node take a snapshot now and compact its log.
    Snapshot,
    /// Change the node's clock.
    SetClock(ClockChange),
    /// Choose the election timeouts of a running node, from the next start of its timer until it
    /// restarts. They stay within the settings.
    SetTimeouts(TimeoutChoice),
    /// Make the node slow: it handles one input after the other, and each takes a time. Actions on
    /// the node take effect at once nevertheless.
    Slow {
        /// The time that each input takes, up to [`MAX_HANDLING`](crate::MAX_HANDLING). Zero, as at
        /// the beginning, ends the slowness.
        handling: Duration,
    },
}

/// How the election timeouts of a node are chosen from the range of its settings.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TimeoutChoice {
    /// Each is drawn, as at the beginning.
    Drawn,
    /// Each is the same one. Those of the nodes are as far apart as the range allows: the first
    /// node has the shortest, the last one the longest.
    Spread,
    /// Each is the shortest, as on all nodes with this choice and these settings.
    Equal,
}

impl NodeAction {
    /// This, done to a node.
    pub fn on(self, node: NodeId) -> Action {
        Action::Node { node, action: self }
    }
}

/// Something to do to the disk of a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DiskAction {
    /// Change how the disk works.
    Change(DiskChange),
    /// Damage its durable content. A disk that is in use cannot be wiped.
    Damage(DiskDamage),
}

impl DiskAction {
    /// This, done to the disk of a node.
    pub fn on(self, node: NodeId) -> Action {
        Action::Disk { node, action: self }
    }
}

/// Something to do to the network, or to a message in it. `N` is how a node is named, `G` how a
/// group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NetworkAction<N = NodeId, G = Vec<NodeId>> {
    /// Divide the network into groups, which may overlap: two nodes reach each other if they share
    /// a group. Nodes that are in none form one more. It replaces any other partition.
    Partition {
        /// At least one.
        groups: Vec<G>,
    },
    /// Let nothing pass from some nodes to others; the opposite direction works. It replaces any
    /// other partition.
    PartitionOneWay {
        /// The nodes whose messages still arrive.
        heard: G,
        /// The nodes whose messages to `heard` are lost. No node is in both groups.
        unheard: G,
    },
    /// End the partition and restore all cut links.
    Heal,
    /// Drop a message that is in flight.
    DropMessage {
        /// Refused if no such message is in flight.
        id: MessageId,
    },
    /// Let a message that is in flight, or held, arrive now.
    DeliverMessage {
        /// Refused if no such message is in flight.
        id: MessageId,
    },
    /// Send a copy of a message that is in flight, or held. The copy takes a latency of the link
    /// and waits for no other message.
    DuplicateMessage {
        /// Refused if no such message is in flight.
        id: MessageId,
    },
    /// Hold a message that is in flight: it stays where it is until it is released or delivered.
    /// Later messages overtake it.
    HoldMessage {
        /// Refused if no such message is in flight, or if it is held already.
        id: MessageId,
    },
    /// Let a message that is held go on: it arrives after the rest of its way, whatever its link
    /// holds.
    ReleaseMessage {
        /// Refused if no such message is held.
        id: MessageId,
    },
    /// Do something to the next message of a kind on a link.
    Next {
        /// The kind.
        kind: MessageKind,
        /// The sending end of the link.
        from: N,
        /// The receiving end.
        to: N,
        /// What to do.
        deed: NextMessage,
    },
    /// Send a message again that a link carried before, as if the network had kept it. It takes a
    /// latency of the link, waits for no other message, and is lost if the link is cut.
    Replay {
        /// The sending end of the link.
        from: N,
        /// The receiving end.
        to: N,
        /// 1 for the message that arrived last, up to [`MAX_REPLAY`](crate::MAX_REPLAY).
        back: u32,
    },
}

/// Something to do to the next message of a kind on a link.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NextMessage {
    /// Deliver the oldest one that is in flight, or held, now. Refused if there is none.
    Deliver,
    /// Lose the next one that arrives, in flight now or sent later.
    Drop,
    /// Deliver the next one that arrives twice.
    Duplicate,
    /// Hold the next one that arrives, in flight now or sent later, at the end of the link.
    Hold,
    /// Let the oldest one that is held go on. Refused if there is none.
    Release,
}

impl<N, G> NetworkAction<N, G> {
    /// The same action with nodes and groups named in another way.
    ///
    /// # Errors
    /// Whatever `node` and `group` return.
    pub fn try_map<M, H, E>(
        self,
        mut node: impl FnMut(N) -> Result<M, E>,
        mut group: impl FnMut(G) -> Result<H, E>,
    ) -> Result<NetworkAction<M, H>, E> {
        Ok(match self {
            Self::Partition { groups } => {
                let groups = groups.into_iter().map(group).collect::<Result<_, E>>()?;
                NetworkAction::Partition { groups }
            }
            Self::PartitionOneWay { heard, unheard } => {
                NetworkAction::PartitionOneWay { heard: group(heard)?, unheard: group(unheard)? }
            }
            Self::Heal => NetworkAction::Heal,
            Self::DropMessage { id } => NetworkAction::DropMessage { id },
            Self::DeliverMessage { id } => NetworkAction::DeliverMessage { id },
            Self::DuplicateMessage { id } => NetworkAction::DuplicateMessage { id },
            Self::HoldMessage { id } => NetworkAction::HoldMessage { id },
            Self::ReleaseMessage { id } => NetworkAction::ReleaseMessage { id },
            Self::Next { kind, from, to, deed } => {
                NetworkAction::Next { kind, from: node(from)?, to: node(to)?, deed }
            }
            Self::Replay { from, to, back } => {
                NetworkAction::Replay { from: node(from)?, to: node(to)?, back }
            }
        })
    }

    /// The groups that it names.
    pub fn groups(&self) -> impl Iterator<Item = &G> {
        let (groups, pair) = match self {
            Self::Partition { groups } => (groups.as_slice(), None),
            Self::PartitionOneWay { heard, unheard } => (&[][..], Some([heard, unheard])),
            Self::Heal
            | Self::DropMessage { .. }
            | Self::DeliverMessage { .. }
            | Self::DuplicateMessage { .. }
            | Self::HoldMessage { .. }
            | Self::ReleaseMessage { .. }
            | Self::Next { .. }
            | Self::Replay { .. } => (&[][..], None),
        };
        groups.iter().chain(pair.into_iter().flatten())
    }
}

impl From<NetworkAction> for Action {
    fn from(action: NetworkAction) -> Self {
        Self::Network(action)
    }
}

/// A request to a node that only a leader carries out. `N` is how a node is named.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum AdminRequest<N = NodeId> {
    /// Transfer leadership.
    TransferLeadership {
        /// The node that is to lead.
        to: N,
    },
    /// Give up the change of the members that is under way.
    CancelChange,
    /// Change the members of the cluster.
    ChangeMembership {
        /// The change.
        change: MembershipChange<N>,
        /// Whether to make it although too few of the new voters were heard.
        force: bool,
    },
}

impl<N> AdminRequest<N> {
    /// The same request with its nodes named in another way.
    ///
    /// # Errors
    /// Whatever `name` returns.
    pub fn try_map<M, E>(self, name: impl FnOnce(N) -> Result<M, E>) -> Result<AdminRequest<M>, E> {
        Ok(match self {
            Self::TransferLeadership { to } => AdminRequest::TransferLeadership { to: name(to)? },
            Self::CancelChange => AdminRequest::CancelChange,
            Self::ChangeMembership { change, force } => {
                AdminRequest::ChangeMembership { change: change.try_map(name)?, force }
            }
        })
    }
}

impl<N> AdminRequest<N> {
    /// A change of the membership that is not forced.
    pub fn change_membership(change: MembershipChange<N>) -> Self {
        Self::ChangeMembership { change, force: false }
    }
}

impl AdminRequest {
    /// This, asked of a node.
    pub fn on(self, node: NodeId) -> Action {
        Action::Administer { node, request: self }
    }
}

/// An operation for a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// Created when it is first named.
    pub client: ClientId,
    /// Checked against the limits of the key-value store.
    pub operation: Operation,
    /// The node to ask first, and to ask again after a time-out, until a node names the leader. A
    /// role is that of the moment, at each try: while no node has it, the client chooses, as it
    /// does with `None`.
    pub via: Option<Selector>,
    /// How the answer to a read is made; [`ReadPolicy::Log`] for all other operations.
    pub read: ReadPolicy,
}

impl From<Request> for Action {
    fn from(request: Request) -> Self {
        Self::Request(request)
    }
}

/// What the answer to a read rests on.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum ReadPolicy {
    /// The read is an entry of the log, like a write.
    #[default]
    Log,
    /// The leader asks a quorum whether it still leads (dissertation §6.4).
    Quorum,
    /// The leader answers while it has a lease; without one it asks a quorum (dissertation §6.4.1).
    Lease,
    /// The node that receives the read answers from its applied entries, however old they are.
    Local,
}

impl ReadPolicy {
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
    /// How many bytes a second pass, 1 to [`MAX_BANDWIDTH`](crate::MAX_BANDWIDTH); `None`: any
    /// number. What has its turn already keeps it.
    Bandwidth(Option<u64>),
    /// How many messages may wait while the link is busy or clogged, up to
    /// [`MAX_QUEUE`](crate::MAX_QUEUE). Further ones are dropped.
    QueueLimit(u32),
    /// For so long, up to [`MAX_CLOG`](crate::MAX_CLOG), messages wait in front of the link and go
    /// on when that is over. What is under way arrives.
    Clog(Duration),
    /// Messages of this kind wait at the end of the link, those in flight too; at most
    /// [`QueueLimit`](Self::QueueLimit) of all kinds, further ones are lost.
    Hold(MessageKind),
    /// Messages of this kind, `None`: of all kinds, are held no more. Those that wait arrive now.
    Release(Option<MessageKind>),
}
