//! The lab in plain values, for `window.helios`: numbers, strings, lists and objects.
//!
//! Keys and values are text (printable UTF-8 unchanged, other bytes as `\xNN`). Absent values are
//! `null`. Times are in microseconds of virtual time.

mod clients;
mod network;
mod nodes;
mod properties;

use raft_core::NodeId;
use raft_kv::{Key, Value};
use raft_sim::{Event, EventNumber, Partition};
use serde::Serialize;

use self::clients::ClientView;
use self::network::{LinkView, MessageView};
use self::nodes::{MembershipView, NodeView};
use self::properties::InvariantView;
use crate::{DurableState, Frame, TimeView};

pub use self::clients::AnswerView;

/// The lab at one moment: the result of `helios.state()`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StateView {
    /// The virtual clock.
    pub clock_micros: u64,
    /// The number of the world's steps so far.
    pub steps: u64,
    /// The hash of all events so far, in hexadecimal; the same on every target.
    pub trace_hash: String,
    /// Where in the run this moment is.
    pub time: TimeView,
    /// The state of the cluster in one or two sentences.
    pub headline: String,
    /// The goal of the statement that is being waited for, in words.
    pub goal: Option<String>,
    /// Whether virtual time passes, and how fast.
    pub pacing: PacingView,
    /// Where the disks are stored.
    pub durable: DurableView,
    /// The running leader with the latest term.
    pub leader: Option<u64>,
    /// The membership as the leader knows it.
    pub membership: MembershipView,
    /// The nodes, by ascending id.
    pub nodes: Vec<NodeView>,
    /// The links, one for each direction between two nodes.
    pub links: Vec<LinkView>,
    /// The groups of a partition; they may overlap.
    pub partition: Option<Vec<Vec<u64>>>,
    /// Whether no message gets from the second group to the first, but back.
    pub partition_is_one_way: bool,
    /// The messages in flight.
    pub in_flight: Vec<MessageView>,
    /// The clients, by ascending id.
    pub clients: Vec<ClientView>,
    /// Every property that is checked.
    pub invariants: Vec<InvariantView>,
}

/// Whether virtual time passes, and how fast.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PacingView {
    /// Whether time passes.
    pub running: bool,
    /// Virtual seconds per real second; `Infinity`: as fast as the machine allows.
    pub speed: f64,
    /// Whether the next event waits for the browser's disk.
    pub stalled_on_disk: bool,
}

/// Where the disks are stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DurableView {
    /// `scratch` or `durable`.
    pub mode: &'static str,
    /// The number of writes that the browser has not stored yet.
    pub unsaved: u64,
    /// Why the browser stores no more writes; `null` while it does.
    pub error: Option<String>,
}

/// An event: the argument of a function given to `helios.onEvent`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct EventView {
    /// Counts all events of the world from 1.
    pub number: u64,
    /// The number of steps that the world had taken, with the one that made the event.
    pub step: u64,
    /// The number of the event without which this one would not have happened; `null` for an
    /// action, and at the start.
    pub cause: Option<u64>,
    /// The time of the event.
    pub at_micros: u64,
    /// The kind: `sent`, `crashed`, `client_answered`, …
    pub kind: &'static str,
    /// The node that it happened to.
    pub node: Option<u64>,
    /// The event in words.
    pub words: String,
}

impl From<&Frame> for StateView {
    fn from(frame: &Frame) -> Self {
        let world = &*frame.world;
        let (mode, unsaved, error) = match &frame.durable {
            DurableState::Scratch => ("scratch", 0, None),
            DurableState::Durable { unsaved, error } => ("durable", *unsaved, error.clone()),
        };
        let ids = |group: &Vec<NodeId>| group.iter().map(|id| id.0).collect();
        Self {
            clock_micros: world.now().0,
            steps: world.steps(),
            trace_hash: format!("{:016x}", world.trace_hash()),
            time: frame.time.clone(),
            headline: frame.headline.clone(),
            goal: frame.goal.clone(),
            pacing: PacingView {
                running: frame.pacing.running,
                speed: frame.pacing.speed,
                stalled_on_disk: frame.pacing.stalled_on_disk,
            },
            durable: DurableView { mode, unsaved, error },
            leader: world.leader().map(|leader| leader.0),
            membership: MembershipView::from(&frame.members),
            nodes: world.nodes().map(|node| NodeView::of(node, &frame.members)).collect(),
            links: network::links(world),
            partition: world
                .partition()
                .map(|partition| partition.groups().iter().map(ids).collect()),
            partition_is_one_way: world.partition().is_some_and(Partition::is_one_way),
            in_flight: world.in_flight().map(MessageView::from).collect(),
            clients: world.clients().map(ClientView::from).collect(),
            invariants: frame.invariants.iter().map(InvariantView::from).collect(),
        }
    }
}

impl From<&Event> for EventView {
    fn from(event: &Event) -> Self {
        Self {
            number: event.number.get(),
            step: event.step,
            cause: event.cause.map(EventNumber::get),
            at_micros: event.at.0,
            kind: event.kind.name(),
            node: event.kind.node().map(|node| node.0),
            words: event.kind.to_string(),
        }
    }
}

fn ids(nodes: &[NodeId]) -> Vec<u64> {
    nodes.iter().map(|id| id.0).collect()
}

fn text_of_pair((key, value): (&Key, &Value)) -> (String, String) {
    (key.to_string(), value.to_string())
}

#[cfg(test)]
mod tests;
