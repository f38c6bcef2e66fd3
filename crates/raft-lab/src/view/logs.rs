//! A window of the nodes' logs: in memory, or on the disks of nodes that are down.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use raft_core::{Entry, LogIndex, LogPosition, NodeId, PeerStatus, Recovered, Status};
use raft_sim::{SimNode, World};
use raft_storage::{Records, WriteBatch};
use serde::{Deserialize, Serialize};

use super::entries::{EntryView, EntryViews};
use super::{ViewWindow, shared};

/// A window of all logs.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LogsView {
    /// The first index of the window.
    pub first: LogIndex,
    /// The index after the window.
    pub end: LogIndex,
    /// The last index of the longest log.
    pub last: LogIndex,
    /// The log of each node, by ascending id.
    pub nodes: Vec<Rc<LogView>>,
}

/// The log of one node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogView {
    /// The node.
    pub node: NodeId,
    /// Whether the node is down, and this is what its disk holds.
    pub is_on_disk: bool,
    /// Why the disk of a node that is down cannot be read; `None` if it can.
    pub damage: Option<String>,
    /// The last entry that the snapshot covers; index 0 without a snapshot.
    pub snapshot: LogPosition,
    /// The last entry.
    pub last: LogPosition,
    /// Whether nothing but the length of the log is known: so it is in some recorded runs.
    pub is_length_only: bool,
    /// The last entry that the node knows to be committed.
    pub commit_index: LogIndex,
    /// The last entry that the node has applied.
    pub last_applied: LogIndex,
    /// The last entry on the node's disk.
    pub durable_index: LogIndex,
    /// The last entry that the leader knows to be on this node's disk; `None` without a leader,
    /// and for the leader.
    pub match_index: Option<LogIndex>,
    /// The next entry that the leader sends to this node; `None` as for `match_index`.
    pub next_index: Option<LogIndex>,
    /// The entries in the window, by ascending index, without gaps.
    pub entries: Vec<Rc<EntryView>>,
}

impl LogView {
    /// The entry at an index, if it is in the log and in the window.
    pub fn entry(&self, index: LogIndex) -> Option<&Rc<EntryView>> {
        let first = self.entries.first()?.index.0;
        self.entries.get(usize::try_from(index.0.checked_sub(first)?).ok()?)
    }
}

/// Makes windows of logs.
#[derive(Default)]
pub(super) struct LogsMaker {
    views: EntryViews,
    /// The window of each node, as the last view has it.
    shown: BTreeMap<NodeId, Shown>,
    /// The disks of the nodes that are down, and what they hold.
    on_disk: BTreeMap<NodeId, (Records, Rc<OnDisk>)>,
}

/// The window of a node's log, and what it is known by.
struct Shown {
    entries: Vec<Entry>,
    window: Range<u64>,
    last: LogPosition,
    durable: Records,
    pending: Vec<Arc<WriteBatch>>,
}

impl Shown {
    fn of(node: &SimNode, last: LogPosition, window: &Range<u64>, entries: Vec<Entry>) -> Self {
        let pending = node.disk().pending().map(|write| write.batch.clone()).collect();
        let durable = node.disk().durable().clone();
        Self { entries, window: window.clone(), last, durable, pending }
    }

    /// Whether the log is still the same: every change of a log is written, and the disk and the
    /// writes under way are the same memory.
    fn is_known(&self, node: &SimNode, last: LogPosition, window: &Range<u64>) -> bool {
        let pending = || node.disk().pending().map(|write| &write.batch);
        self.last == last
            && self.window == *window
            && self.durable.is_same(node.disk().durable())
            && self.pending.len() == pending().len()
            && self.pending.iter().zip(pending()).all(|(one, other)| Arc::ptr_eq(one, other))
    }
}

/// What the disk of a node that is down holds.
enum OnDisk {
    Sound(Box<Recovered>),
    Damaged(String),
}

impl OnDisk {
    fn last(&self) -> LogPosition {
        let Self::Sound(recovered) = self else { return LogPosition::ORIGIN };
        let last = recovered.entries.last().map(Entry::position);
        last.or(recovered.log_start).unwrap_or_else(|| self.snapshot())
    }

    fn snapshot(&self) -> LogPosition {
        let Self::Sound(recovered) = self else { return LogPosition::ORIGIN };
        recovered.snapshot.as_ref().map_or(LogPosition::ORIGIN, |snapshot| {
            LogPosition::new(snapshot.last_included_index, snapshot.last_included_term)
        })
    }
}

impl LogsMaker {
    /// The window of a world. `before` is the one that this maker made last.
    pub(super) fn make(
        &mut self,
        world: &World,
        window: &ViewWindow,
        before: Option<&Rc<LogsView>>,
    ) -> Rc<LogsView> {
        let leads = world.leader().and_then(|id| world.node(id)).and_then(SimNode::core);
        let peers = leads.map_or_else(Vec::new, |core| core.status().peers);
        self.read_disks(world);
        let last = world.nodes().map(|node| self.last(node).index.0).max().unwrap_or(0);
        let range = window.of_log(last);
        self.views.keep(&range);
        self.shown.retain(|id, _| world.node(*id).is_some());
        let log = |node: &SimNode| {
            let before = before.and_then(|logs| logs.nodes.iter().find(|l| l.node == node.id()));
            let peer = peers.iter().find(|peer| peer.id == node.id());
            self.log(node, peer, &range, before)
        };
        let nodes = world.nodes().map(log).collect();
        let view = LogsView {
            first: LogIndex(range.start),
            end: LogIndex(range.end),
            last: LogIndex(last),
            nodes,
        };
        shared(view, before)
    }

    /// Reads the disks of the nodes that are down, unless it has read them.
    fn read_disks(&mut self, world: &World) {
        let is_down = |id: &NodeId| world.node(*id).is_some_and(|node| node.core().is_none());
        self.on_disk.retain(|id, _| is_down(id));
        for node in world.nodes().filter(|node| node.core().is_none()) {
            let records = node.disk().durable();
            let is_read = self.on_disk.get(&node.id()).is_some_and(|(of, _)| of.is_same(records));
            if !is_read {
                let held = match node.recovered() {
                    Ok(recovered) => OnDisk::Sound(Box::new(recovered)),
                    Err(error) => OnDisk::Damaged(error.reason().to_string()),
                };
                self.on_disk.insert(node.id(), (records.clone(), Rc::new(held)));
            }
        }
    }

    fn last(&self, node: &SimNode) -> LogPosition {
        match node.core() {
            Some(core) => core.log().last(),
            None => self.on_disk.get(&node.id()).map_or(LogPosition::ORIGIN, |(_, d)| d.last()),
        }
    }

    fn log(
        &mut self,
        node: &SimNode,
        peer: Option<&PeerStatus>,
        range: &Range<u64>,
        before: Option<&Rc<LogView>>,
    ) -> Rc<LogView> {
        let view = match (node.core(), self.on_disk.get(&node.id())) {
            (Some(core), _) => {
                let entries = || core.log().iter_from(LogIndex(range.start));
                let entries = self.entries(node, entries, range, before);
                in_memory(&core.status(), entries)
            }
            (None, Some((_, held))) => {
                let held = held.clone();
                let all: &[Entry] = match &*held {
                    OnDisk::Sound(recovered) => &recovered.entries,
                    OnDisk::Damaged(_) => &[],
                };
                let skipped = all.partition_point(|entry| entry.index.0 < range.start);
                let entries = self.entries(node, || all[skipped..].iter(), range, before);
                on_disk(node.id(), &held, entries)
            }
            (None, None) => on_disk(node.id(), &OnDisk::Damaged(String::new()), Vec::new()),
        };
        let view = LogView {
            match_index: peer.map(|peer| peer.match_index),
            next_index: peer.map(|peer| peer.next_index),
            ..view
        };
        shared(view, before)
    }

    /// The views of the entries in the window; `from_start` has the entries from its start on.
    fn entries<'a, I: Iterator<Item = &'a Entry>>(
        &mut self,
        node: &SimNode,
        from_start: impl Fn() -> I,
        range: &Range<u64>,
        before: Option<&Rc<LogView>>,
    ) -> Vec<Rc<EntryView>> {
        let in_window = || from_start().take_while(|entry| entry.index.0 < range.end);
        let last = self.last(node);
        let shown = self.shown.get_mut(&node.id());
        if let (Some(before), Some(shown)) = (before, shown)
            && before.entries.len() == shown.entries.len()
        {
            if shown.is_known(node, last, range) {
                return before.entries.clone();
            }
            if shown.entries.iter().eq(in_window()) {
                let entries = std::mem::take(&mut shown.entries);
                *shown = Shown::of(node, last, range, entries);
                return before.entries.clone();
            }
        }
        let entries: Vec<Entry> = in_window().cloned().collect();
        let views = entries.iter().map(|entry| self.views.of(entry)).collect();
        self.shown.insert(node.id(), Shown::of(node, last, range, entries));
        views
    }
}

fn in_memory(status: &Status, entries: Vec<Rc<EntryView>>) -> LogView {
    LogView {
        node: status.id,
        is_on_disk: false,
        damage: None,
        snapshot: status.snapshot,
        last: status.last_log,
        commit_index: status.commit_index,
        last_applied: status.last_applied,
        is_length_only: false,
        durable_index: status.durable_index,
        match_index: None,
        next_index: None,
        entries,
    }
}

fn on_disk(node: NodeId, held: &OnDisk, entries: Vec<Rc<EntryView>>) -> LogView {
    let (damage, commit_index, last_applied) = match held {
        OnDisk::Sound(recovered) => (None, recovered.commit_index, recovered.applied),
        OnDisk::Damaged(reason) => (Some(reason.clone()), LogIndex(0), LogIndex(0)),
    };
    LogView {
        node,
        is_on_disk: true,
        damage,
        snapshot: held.snapshot(),
        last: held.last(),
        commit_index,
        last_applied,
        is_length_only: false,
        durable_index: held.last().index,
        match_index: None,
        next_index: None,
        entries,
    }
}
