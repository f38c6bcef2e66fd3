//! What a node does, told to who watches it.
//!
//! The replica notes what happens only while somebody watches, and never waits for a watcher: one
//! that is too slow misses moments, and is told the whole state afterwards. A watcher turns what it
//! is told into the lines of a trace ([`lines`]), and the node that shows the cluster merges the
//! lines of all nodes ([`merge`]).

mod hub;
mod lines;
mod memory;
mod merge;
mod page;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use raft_core::{Entries, LogPosition, Node, NodeId, Persist, PersistId, Trace};
use raft_trace::Observed;
use tokio::sync::mpsc;

use self::lines::moments;
pub(crate) use self::page::router;
use crate::NodeHandle;
use crate::peers::{Letter, proto};

/// Something that a node did, or that happened to it.
#[derive(Debug)]
pub(crate) enum Happened {
    /// Its state, for a watcher that knows nothing, or missed something.
    State(Observed),
    /// The core decided.
    Decided(Trace),
    /// A write was asked for.
    Wrote(Persist),
    /// A write is durable.
    Durable(PersistId),
    /// A message was handed to the network.
    Sent(NodeId, Letter),
    /// A message arrived.
    Delivered(NodeId, Letter),
    /// The state machine applied these entries.
    Applied(Entries),
    /// A snapshot replaced the state machine.
    Restored(LogPosition),
}

/// What happened at once.
#[derive(Debug)]
pub(crate) struct Moment {
    /// In microseconds since 1970. No two moments have the same.
    pub(crate) time_us: u64,
    pub(crate) happened: Vec<Happened>,
    /// Something else that is in no line made the core act too, such as a request or its timer.
    pub(crate) has_other_causes: bool,
}

/// So many moments wait for a watcher.
pub(crate) const MOMENTS: usize = 1024;

/// A state has so many entries, the last ones of the log.
const STATE_ENTRIES: u64 = 300;

/// A watcher that is too slow is told the state so often at most.
const STATE_EVERY: Duration = Duration::from_millis(500);

/// Tells what a node does as lines, until it stops or nobody hears.
pub(crate) async fn tell<T>(
    handle: &NodeHandle,
    told: &mpsc::Sender<T>,
    as_told: impl Fn(Vec<proto::Moment>) -> T,
) {
    let (mut happened, mut batch) = (handle.watch(), Vec::new());
    while happened.recv_many(&mut batch, MOMENTS).await > 0 {
        let moments = moments(handle.node(), &batch);
        batch.clear();
        if told.send(as_told(moments)).await.is_err() {
            return;
        }
    }
}

/// Notes what happens while somebody watches.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    watchers: Vec<Watcher>,
    happened: Vec<Happened>,
    has_other_causes: bool,
    last_us: u64,
}

#[derive(Debug)]
struct Watcher {
    moments: mpsc::Sender<Arc<Moment>>,
    /// It knows the state up to the last moment.
    is_current: bool,
    told_state: Option<Instant>,
}

impl Recorder {
    /// Somebody watches from the end of this moment on.
    pub(crate) fn watch(&mut self, moments: mpsc::Sender<Arc<Moment>>) {
        self.watchers.push(Watcher { moments, is_current: false, told_state: None });
    }

    /// Whether somebody watches.
    pub(crate) fn is_watched(&self) -> bool {
        !self.watchers.is_empty()
    }

    /// Something happens, if somebody watches.
    pub(crate) fn note(&mut self, happened: impl FnOnce() -> Happened) {
        if self.is_watched() {
            self.happened.push(happened());
        }
    }

    /// The core acts for a reason that is not noted.
    pub(crate) fn note_other_cause(&mut self) {
        self.has_other_causes = true;
    }

    /// All that happened since the last end of a moment happened at once. `core` is the state
    /// after it.
    pub(crate) fn end_moment(&mut self, core: &Node) {
        self.watchers.retain(|watcher| !watcher.moments.is_closed());
        let happened = std::mem::take(&mut self.happened);
        let has_other_causes = std::mem::take(&mut self.has_other_causes);
        if self.watchers.is_empty() {
            return;
        }
        if !happened.is_empty() {
            let moment = Arc::new(Moment { time_us: self.now_us(), happened, has_other_causes });
            for watcher in self.watchers.iter_mut().filter(|watcher| watcher.is_current) {
                watcher.is_current = watcher.moments.try_send(moment.clone()).is_ok();
            }
        }
        if self.watchers.iter().any(Watcher::needs_state) {
            let state = Moment {
                time_us: self.now_us(),
                happened: vec![Happened::State(observed(core))],
                has_other_causes: true,
            };
            let state = Arc::new(state);
            for watcher in self.watchers.iter_mut().filter(|watcher| watcher.needs_state()) {
                watcher.is_current = watcher.moments.try_send(state.clone()).is_ok();
                watcher.told_state = Some(Instant::now());
            }
        }
    }

    fn now_us(&mut self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        self.last_us = now.max(self.last_us + 1);
        self.last_us
    }
}

impl Watcher {
    /// Whether it missed something and has taken what it was told before.
    fn needs_state(&self) -> bool {
        let has_room = self.moments.capacity() == self.moments.max_capacity();
        let is_due = self.told_state.is_none_or(|told| told.elapsed() >= STATE_EVERY);
        !self.is_current && has_room && is_due
    }
}

/// The state of a core, with the last entries of its log.
fn observed(core: &Node) -> Observed {
    let log = core.log();
    let last = log.last().index;
    let from = raft_core::LogIndex(last.0.saturating_sub(STATE_ENTRIES)).max(log.base().index);
    let term = log.term_at(from).unwrap_or_default();
    Observed {
        node: core.id(),
        role: core.role(),
        term: core.current_term(),
        voted_for: core.voted_for(),
        snapshot: core.snapshot().map(raft_core::Snapshot::position).unwrap_or_default(),
        log_start: LogPosition::new(from, term),
        entries: log.iter_from(from.next()).cloned().collect(),
        commit_index: core.commit_index(),
        last_applied: core.last_applied(),
    }
}
