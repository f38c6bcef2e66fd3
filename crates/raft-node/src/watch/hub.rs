//! The trace of the whole cluster, for everybody who watches through this node.
//!
//! The nodes tell what they do while somebody watches, and only then. All who watch get the same
//! lines, each from the moment on at which it came.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use raft_core::NodeId;
use raft_trace::{live_header, live_line};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tonic::Status;

use super::memory::Memory;
use super::merge::{Merge, Merged};
use crate::peers::proto::{Moment, Moments};
use crate::{MemberInfo, NodeHandle};

/// So many messages wait for one who watches. One who takes them more slowly is cut off, and may
/// come again.
const WAITING: usize = 256;

/// Lines are merged and told so often.
const EVERY: Duration = Duration::from_millis(25);

/// A node that was lost sight of is asked again after this time.
const AGAIN: Duration = Duration::from_millis(500);

/// So many lines back the numbers of one who watches are known, for causes.
const KNOWN_LINES: usize = 20_000;

/// The most who watch at a time.
pub(super) const MOST_WATCHERS: usize = 100;

/// Asks for the trace. Cloning is cheap.
#[derive(Clone, Debug)]
pub(super) struct Hub {
    joining: mpsc::Sender<mpsc::Sender<String>>,
}

impl Hub {
    /// Begins to wait for those who want to watch. It ends with the node's runtime.
    pub(super) fn begin(handle: NodeHandle) -> Self {
        let (joining, joined) = mpsc::channel(MOST_WATCHERS);
        tokio::spawn(run(handle, joined));
        Self { joining }
    }

    /// Somebody watches: whole lines, several in a text.
    pub(super) async fn join(&self) -> mpsc::Receiver<String> {
        let (sender, receiver) = mpsc::channel(WAITING);
        // If nobody takes it, the receiver ends.
        let _ = self.joining.send(sender).await;
        receiver
    }
}

/// One who watches.
struct Viewer {
    texts: mpsc::Sender<String>,
    /// The nodes whose state it was told.
    known: BTreeSet<NodeId>,
    /// Its number of the last line.
    last: u64,
    /// The numbers of its last lines in the merged trace, in order.
    numbers: VecDeque<u64>,
}

/// What a node tells, or why it does not.
enum Told {
    Moments(NodeId, Vec<Moment>),
    Gone(NodeId, String),
}

/// The nodes that are watched, and what they tell.
struct Sources {
    handle: NodeHandle,
    tasks: JoinSet<()>,
    members: Vec<NodeId>,
    told: (mpsc::Sender<Told>, mpsc::Receiver<Told>),
}

async fn run(handle: NodeHandle, mut joined: mpsc::Receiver<mpsc::Sender<String>>) {
    let mut sources = Sources::new(handle);
    let (mut merge, mut viewers, mut memory) = (Merge::default(), Vec::new(), None);
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            viewer = joined.recv() => {
                let Some(texts) = viewer else { return };
                let header = sources.header();
                if viewers.len() == MOST_WATCHERS || texts.try_send(header.clone()).is_err() {
                    continue;
                }
                let mut viewer = Viewer::new(texts);
                // Who comes must be told the state of each node.
                match &memory {
                    Some(memory) => viewer.tell_states(memory, merge.last_us()),
                    None => {
                        if viewers.is_empty() {
                            merge = Merge::default();
                            memory = Memory::new(&header).ok();
                        }
                        sources.begin_again();
                    }
                }
                viewers.push(viewer);
            }
            Some(told) = sources.told.1.recv() => match told {
                Told::Moments(node, moments) => {
                    let now = Instant::now();
                    let mut is_too_much = false;
                    for moment in moments {
                        is_too_much |= merge.take(node, moment, now);
                    }
                    if is_too_much {
                        sources.begin_again();
                    }
                }
                Told::Gone(node, reason) => merge.lose_sight(node, &reason, Instant::now()),
            },
            _ = ticks.tick(), if !viewers.is_empty() => {
                let lines = merge.due(Instant::now());
                viewers.retain_mut(|viewer: &mut Viewer| viewer.tell(&lines));
                let remembered = memory.as_mut().map(|memory| {
                    lines.iter().try_for_each(|line| memory.take(line))
                });
                if let Some(Err(error)) = remembered {
                    tracing::error!(%error, "who comes to watch later is told states anew");
                    memory = None;
                }
                if viewers.is_empty() {
                    sources.end();
                    memory = None;
                } else {
                    sources.keep_up();
                }
            }
        }
    }
}

impl Viewer {
    fn new(texts: mpsc::Sender<String>) -> Self {
        Self { texts, known: BTreeSet::new(), last: 0, numbers: VecDeque::new() }
    }

    /// Tells it what others were told before: the states of the nodes by now.
    fn tell_states(&mut self, memory: &Memory, now_us: u64) {
        let states: Vec<_> = memory.states().collect();
        // Each has a time of its own, before that of the next moment.
        let mut time_us = now_us.saturating_sub(states.len() as u64);
        let mut text = String::new();
        for (node, members) in states {
            self.known.insert(node);
            time_us += 1;
            // It is no line of the merged trace.
            self.write(&mut text, 0, (time_us, None, &members));
        }
        // One that is gone already is left out at the next lines.
        let _ = self.texts.try_send(text);
    }

    /// Tells it lines. Returns whether it keeps up.
    fn tell(&mut self, lines: &[Merged]) -> bool {
        let mut text = String::new();
        for line in lines {
            // What a node does is not understood before its state is known.
            if line.is_state {
                self.known.insert(line.node);
            }
            if !self.known.contains(&line.node) {
                continue;
            }
            let cause = line.cause.and_then(|cause| self.own_number(cause));
            self.write(&mut text, line.number, (line.time_us, cause, &line.members));
        }
        if text.is_empty() { !self.texts.is_closed() } else { self.texts.try_send(text).is_ok() }
    }

    /// Writes its next line, which has this number in the merged trace.
    fn write(
        &mut self,
        text: &mut String,
        number: u64,
        (time_us, cause, members): (u64, Option<u64>, &str),
    ) {
        self.last += 1;
        self.numbers.push_back(number);
        if self.numbers.len() > KNOWN_LINES {
            self.numbers.pop_front();
        }
        text.push_str(&live_line(self.last, time_us, cause, members));
        text.push('\n');
    }

    /// Its own number of a line, if it was told it.
    fn own_number(&self, number: u64) -> Option<u64> {
        let place = self.numbers.binary_search(&number).ok()?;
        Some(self.last - (self.numbers.len() - 1 - place) as u64)
    }
}

impl Sources {
    fn new(handle: NodeHandle) -> Self {
        let (tasks, members, told) = (JoinSet::new(), Vec::new(), mpsc::channel(1024));
        Self { handle, tasks, members, told }
    }

    fn header(&self) -> String {
        let membership = self.handle.published().membership.clone();
        let mut header = live_header(&members(&self.handle), &membership);
        header.push('\n');
        header
    }

    /// Asks every node for its state, and for what it does from then on.
    fn begin_again(&mut self) {
        self.end();
        self.members = members(&self.handle);
        for node in self.members.clone() {
            let (handle, told) = (self.handle.clone(), self.told.0.clone());
            self.tasks.spawn(watch(handle, node, told));
        }
    }

    fn end(&mut self) {
        self.tasks.abort_all();
        while self.tasks.try_join_next().is_some() {}
        self.members.clear();
    }

    /// Watches those that joined meanwhile too.
    fn keep_up(&mut self) {
        if self.members != members(&self.handle) {
            self.begin_again();
        }
    }
}

fn members(handle: &NodeHandle) -> Vec<NodeId> {
    handle.published().membership.members()
}

/// Watches a node for as long as somebody wants to know.
async fn watch(handle: NodeHandle, node: NodeId, told: mpsc::Sender<Told>) {
    loop {
        let reason = if node == handle.node() {
            super::tell(&handle, &told, |moments| Told::Moments(node, moments)).await;
            "it stops".to_owned()
        } else {
            match watch_other(&handle, node, &told).await {
                Ok(()) => "it ended the stream".to_owned(),
                Err(status) => status.message().to_owned(),
            }
        };
        if told.send(Told::Gone(node, reason)).await.is_err() {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn watch_other(
    handle: &NodeHandle,
    node: NodeId,
    told: &mpsc::Sender<Told>,
) -> Result<(), Status> {
    let urls = MemberInfo::of(&handle.published().membership, node).peer_urls;
    let url = urls.first().ok_or_else(|| Status::unavailable("its address is not known"))?;
    let mut stream = handle.shared.peers.watch(node, url).await?;
    while let Some(Moments { moments }) = stream.message().await? {
        if told.send(Told::Moments(node, moments)).await.is_err() {
            break;
        }
    }
    Ok(())
}
