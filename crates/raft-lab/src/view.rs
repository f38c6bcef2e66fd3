//! What can be known at one moment of a run, in plain values: the page draws a [`View`], and
//! `window.helios` hands it out.
//!
//! A view serializes to numbers, strings, lists and objects. Keys and values are text (printable
//! UTF-8 unchanged, other bytes as `\xNN`). Absent values are `null`. Times are in microseconds of
//! virtual time, by the clock of the world. A sentence is a list of parts ([`raft_sim::Words`]):
//! each has a text, and the thing that the text names.
//!
//! Parts are shared: what did not change is the same memory as in the view before ([`ViewMaker`]).
//! Logs, stores and events can be long, so a view has a [window](ViewWindow) of each.

mod clients;
mod disk;
mod entries;
mod events;
mod facts;
mod links;
mod logs;
mod maker;
mod messages;
mod nodes;
mod properties;
mod stores;
mod window;

use std::rc::Rc;

use raft_core::{Instant, NodeId};
use raft_sim::Words;
use serde::{Deserialize, Serialize};

use crate::MemberRole;

pub use self::clients::{AnswerView, ClientView, RedirectView};
pub use self::disk::{
    DiskDetails, RecordGroup, RecordView, RecoveryView, Standing, StartView, WriteView,
};
pub use self::entries::EntryView;
pub use self::events::{EventRowView, EventView, EventsView};
pub use self::facts::through;
pub use self::links::{LinkView, PartitionView};
pub use self::logs::{LogView, LogsView};
pub use self::messages::{LostMessageView, MessageDetails, MessageLook, MessageView};
pub use self::nodes::{
    CoreView, DiskView, LeaseView, MembershipView, NodeView, PeerView, VoteView,
};
pub use self::properties::{PropertyView, ViolationView};
pub use self::stores::{StoreView, StoresView};
pub use self::window::ViewWindow;

pub(crate) use self::events::KeptEvent;
pub(crate) use self::maker::ViewMaker;

/// The version of [`View`]: goes up when a field changes its name or its meaning.
pub const VIEW_VERSION: u32 = 2;

/// What can be known at one moment of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct View {
    /// [`VIEW_VERSION`].
    pub version: u32,
    /// The virtual clock.
    pub now: Instant,
    /// The number of the world's steps so far.
    pub steps: u64,
    /// The hash of all events so far, in hexadecimal; the same on every target.
    pub trace_hash: Rc<str>,
    /// The state of the cluster in one or two sentences.
    pub headline: Rc<Words>,
    /// The goal of the statement that is being waited for, in words.
    pub goal: Option<String>,
    /// The running leader with the latest term.
    pub leader: Option<NodeId>,
    /// The membership as the leader knows it.
    pub membership: Rc<MembershipView>,
    /// The nodes, by ascending id.
    pub nodes: Rc<[Rc<NodeView>]>,
    /// The links, one for each direction between two nodes; by sender, then by receiver.
    pub links: Rc<[LinkView]>,
    /// The partition of the network.
    pub partition: Option<Rc<PartitionView>>,
    /// The messages in flight, in the order in which they were sent.
    pub messages: Rc<[MessageView]>,
    /// The messages lost in the last 50 ms, oldest first.
    pub lost: Rc<[LostMessageView]>,
    /// The message in flight that the [window](ViewWindow::message) names, with its fields.
    pub message: Option<Rc<MessageDetails>>,
    /// The disk of the node that the [window](ViewWindow::disk) names, record by record.
    pub disk: Option<Rc<DiskDetails>>,
    /// The clients, by ascending id.
    pub clients: Rc<[ClientView]>,
    /// A window of the logs.
    pub logs: Rc<LogsView>,
    /// A window of the stores.
    pub stores: Rc<StoresView>,
    /// Every property that is checked.
    pub properties: Rc<[PropertyView]>,
    /// The most recent events.
    pub events: Rc<EventsView>,
}

impl View {
    /// A node.
    pub fn node(&self, id: NodeId) -> Option<&Rc<NodeView>> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// A node's role in the membership.
    pub fn member_role(&self, node: NodeId) -> MemberRole {
        self.node(node).map_or(MemberRole::NonMember, |node| node.member_role)
    }

    /// The nodes' numbers, ascending.
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.nodes.iter().map(|node| node.id)
    }

    /// The link from one node to another.
    pub fn link(&self, from: NodeId, to: NodeId) -> Option<&LinkView> {
        let place = self.links.binary_search_by_key(&(from, to), |link| (link.from, link.to));
        self.links.get(place.ok()?)
    }

    /// Whether nothing differs but the time.
    pub fn is_same_but_for_time(&self, other: &Self) -> bool {
        let Self { now, .. } = other;
        *self == *other || Self { now: *now, ..self.clone() } == *other
    }
}

/// The value `new`, in the memory of the one before if both are equal.
fn shared<T: Eq>(new: T, before: Option<&Rc<T>>) -> Rc<T> {
    before.filter(|before| ***before == new).cloned().unwrap_or_else(|| Rc::new(new))
}

/// The values `new`, in the memory of those before if all are equal.
fn shared_all<T: Eq>(new: Vec<T>, before: Option<&Rc<[T]>>) -> Rc<[T]> {
    before.filter(|before| ***before == *new).cloned().unwrap_or_else(|| new.into())
}

#[cfg(test)]
mod tests;
