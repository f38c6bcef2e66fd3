//! The world: a virtual clock, a queue of the steps to come, and one step at a time.
//!
//! A world is a pure function of its [`Setup`] and of the actions applied to it, each after a
//! certain number of steps.

mod actions;
mod causes;
mod clients;
mod clocks;
mod files;
mod holds;
mod network;
mod process;
mod queue;
mod recording;
mod recovery;
mod requests;
mod reseeding;
mod rules;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use raft_core::{Instant, NodeId, RoleKind, Term};
use raft_kv::ClientId;
use raft_storage::Records;

pub(crate) use self::files::ArrivingFiles;
use self::queue::{Queue, ScheduledKind, SentReply};
pub use self::recording::{CoreCall, CoreStep};
use crate::fingerprint::Fingerprint;
use crate::in_flight::InFlightMessages;
use crate::links::Links;
use crate::load::RunningLoad;
use crate::node::{LiveProcess, Process, place_of};
use crate::{
    Client, ClusterEvent, Disk, DiskEvent, Event, EventKind, EventNumber, InFlightMessage, Link,
    NodeState, Partition, Setup, SetupError, SimNode, Switches,
};

/// A cluster with its network, disks and clients, at one moment of virtual time.
///
/// Cloning is cheap: long logs, disks and stores are shared.
#[derive(Clone, Debug)]
pub struct World {
    /// As it was built.
    setup: Arc<Setup>,
    /// The same with the present seed: for all that begins from now on.
    reseeded: Arc<Setup>,
    now: Instant,
    /// By ascending id.
    nodes: Vec<SimNode>,
    links: Links,
    partition: Option<Arc<Partition>>,
    /// The event of the present partition.
    partitioned_by: Option<EventNumber>,
    in_flight: InFlightMessages,
    clients: BTreeMap<ClientId, Client>,
    /// The load that goes on.
    load: Option<RunningLoad>,
    queue: Queue,
    /// The next timer of a running node. Computed at the end of each step and action.
    timer: Option<(Instant, NodeId)>,
    /// Those of the last step or action.
    events: Vec<Event>,
    event_count: u64,
    /// The event that is being handled: the cause of those that follow.
    cause: Option<EventNumber>,
    fingerprint: Fingerprint,
    steps: u64,
    /// The number of actions so far.
    acted: u64,
    /// The number of requests about leadership and membership so far.
    administered: u64,
    /// The rules that no node keeps at present.
    rules_off: Switches,
    /// What drivers did with cores since somebody asked; `None`: nobody will.
    core_steps: Option<Vec<CoreStep>>,
}

impl World {
    /// Builds the world and starts its nodes at time 0. [`events`](Self::events) has the events of
    /// the start.
    ///
    /// # Errors
    /// The first setting that is out of bounds.
    pub fn new(setup: Setup) -> Result<Self, SetupError> {
        Self::build(setup, None)
    }

    fn build(setup: Setup, core_steps: Option<Vec<CoreStep>>) -> Result<Self, SetupError> {
        setup.validate()?;
        let ids: Vec<NodeId> = setup.node_ids().collect();
        let mut links = Links::default();
        links.connect(&ids, |from, to| Link::new(&setup, from, to));
        let setup = Arc::new(setup);
        let mut world = Self {
            reseeded: setup.clone(),
            now: Instant(0),
            nodes: ids.iter().map(|id| SimNode::new(&setup, *id)).collect(),
            links,
            partition: None,
            partitioned_by: None,
            in_flight: InFlightMessages::default(),
            clients: BTreeMap::new(),
            load: None,
            queue: Queue::default(),
            timer: None,
            events: Vec::new(),
            event_count: 0,
            cause: None,
            fingerprint: Fingerprint::default(),
            steps: 0,
            acted: 0,
            administered: 0,
            rules_off: setup.bugs,
            setup,
            core_steps,
        };
        for id in ids {
            if !world.setup.down.contains(&id) {
                world.start_node(id);
            }
        }
        world.look_ahead();
        Ok(world)
    }

    /// The setup from which the world was built.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The rules that are switched off at present: those of the set-up, unless an
    /// [action](crate::RuleAction) switched them.
    pub fn rules_off(&self) -> Switches {
        self.rules_off
    }

    /// The virtual time, in microseconds since the start.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The ids of all nodes, ascending, whether they are members or not.
    pub fn node_ids(&self) -> impl ExactSizeIterator<Item = NodeId> + use<> {
        self.node_list().into_iter()
    }

    fn node_list(&self) -> Vec<NodeId> {
        self.nodes.iter().map(SimNode::id).collect()
    }

    /// The node with this id, if there is one.
    pub fn node(&self, id: NodeId) -> Option<&SimNode> {
        self.nodes.get(self.node_place(id).ok()?)
    }

    /// The place of a node in `nodes`, or the place where it would be.
    fn node_place(&self, id: NodeId) -> Result<usize, usize> {
        place_of(&self.nodes, id, SimNode::id)
    }

    /// The nodes, by ascending id.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &SimNode> {
        self.nodes.iter()
    }

    /// The running leader. Of several, the one with the latest term: the others are deposed and do
    /// not know it yet.
    pub fn leader(&self) -> Option<NodeId> {
        let running = self.nodes.iter().filter(|node| node.state() == NodeState::Running);
        let cores = running.filter_map(SimNode::core);
        let leaders = cores.filter(|core| core.role() == RoleKind::Leader);
        let latest: Option<(Term, NodeId)> =
            leaders.map(|core| (core.current_term(), core.id())).max();
        latest.map(|(_, id)| id)
    }

    /// One direction of a link; `None` unless these are two different nodes.
    pub fn link(&self, from: NodeId, to: NodeId) -> Option<&Link> {
        self.links.get(from, to)
    }

    /// Whether messages pass: the link is not cut, and no partition separates the two nodes.
    pub fn is_reachable(&self, from: NodeId, to: NodeId) -> bool {
        self.blockage(from, to).is_none()
    }

    /// The partition of the network, if it has one.
    pub fn partition(&self) -> Option<&Partition> {
        self.partition.as_deref()
    }

    /// The messages in flight, in the order in which they were sent.
    pub fn in_flight(&self) -> impl Iterator<Item = &InFlightMessage> {
        self.in_flight.iter()
    }

    /// The number of scheduled steps, and of messages, completed writes and timers that wait for
    /// paused or slow nodes. It grows without bound if the timers are faster than the network or
    /// the disks.
    pub fn backlog(&self) -> usize {
        self.queue.len() + self.nodes.iter().map(SimNode::inbox_len).sum::<usize>()
    }

    /// The bytes that logs, disks and messages in flight hold, estimated. Bytes that several of
    /// them share count for each.
    pub fn held_bytes(&self) -> u64 {
        let messages = self.in_flight.iter().map(|held| crate::wire_bytes(&held.message));
        self.nodes.iter().map(SimNode::held_bytes).sum::<u64>() + messages.sum::<u64>()
    }

    /// Lets equal parts of the logs and disks of several nodes share their memory, for callers
    /// that keep many clones. Nothing else changes.
    pub fn share_memory(&mut self) {
        let Some((first, others)) = self.nodes.split_first_mut() else { return };
        others.iter_mut().for_each(|node| node.share(first));
    }

    /// The bytes of memory of the records on disks that an earlier moment of the same run does not
    /// have, and of what nodes hold for each entry beside its record: estimated. Bytes that several
    /// nodes [share](Self::share_memory) count once.
    pub fn bytes_beyond(&self, earlier: &Self) -> u64 {
        let none = Records::default();
        let disks: Vec<&Records> = self.nodes.iter().map(|node| node.disk().durable()).collect();
        let beyond = |(place, node): (usize, &SimNode)| {
            let before = earlier.node(node.id()).map(SimNode::disk);
            let files = node.disk().file_bytes_beyond(before);
            files + disks[place].bytes_beyond(before.map_or(&none, Disk::durable), &disks[..place])
        };
        self.nodes.iter().enumerate().map(beyond).sum()
    }

    /// The clients, by ascending id.
    pub fn clients(&self) -> impl ExactSizeIterator<Item = &Client> {
        self.clients.values()
    }

    /// The client with this number, if it has been named before.
    pub fn client(&self, id: ClientId) -> Option<&Client> {
        self.clients.get(&id)
    }

    /// Whether no client has a pending operation, and no load goes on.
    pub fn is_idle(&self) -> bool {
        self.load.is_none() && self.clients.values().all(|client| client.pending().is_none())
    }

    /// The events of the last step or action (or of the start), in order. The next one replaces
    /// them.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// A 64-bit hash of all events so far. Equal runs have equal hashes, on every target.
    pub fn trace_hash(&self) -> u64 {
        std::hash::Hasher::finish(&self.fingerprint)
    }

    /// The number of steps taken; actions do not count.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The number of events so far. It is the [number](Event::number) of the last one.
    pub fn event_count(&self) -> u64 {
        self.event_count
    }

    /// The number of actions so far. It is the [number](EventKind::Acted) of the last one.
    pub fn acted(&self) -> u64 {
        self.acted
    }

    /// The number of requests about leadership and membership that nodes were asked so far. It is
    /// the [number](crate::ClusterEvent::Administered) of the last one.
    pub fn administered(&self) -> u64 {
        self.administered
    }

    /// The time of the next step, never before [`now`](Self::now); `None` if no step can ever come
    /// without an action.
    pub fn next_step_at(&self) -> Option<Instant> {
        let queued = self.queue.peek().map(|next| next.at);
        let timer = self.next_timer().map(|(at, _)| at);
        queued.into_iter().chain(timer).min()
    }

    /// Takes one step: one arrival, one completed write, one elapsed timer. Returns false, and does
    /// nothing, if there is no next step.
    pub fn step(&mut self) -> bool {
        self.events.clear();
        self.cause = None;
        let timer = self.next_timer();
        let queued = self.queue.peek().map(|next| next.at);
        match (queued, timer) {
            (Some(at), timer) if timer.is_none_or(|(elapses, _)| at <= elapses) => {
                if let Some(next) = self.queue.pop() {
                    self.steps += 1;
                    self.now = next.at;
                    self.carry_out(next.kind);
                }
            }
            (_, Some((at, node))) => {
                self.steps += 1;
                self.now = at;
                self.time_out(node);
            }
            (_, None) => return false,
        }
        self.look_ahead();
        true
    }

    /// Moves the clock forward to `to`, but not past the next step, and never back.
    pub fn advance_clock(&mut self, to: Instant) {
        let limit = self.next_step_at().map_or(to, |next| to.min(next));
        self.now = self.now.max(limit);
    }

    /// Takes every step up to and including `at`, then moves the clock to `at`.
    pub fn run_until(&mut self, at: Instant) {
        while self.next_step_at().is_some_and(|next| next <= at) {
            self.step();
        }
        self.advance_clock(at);
    }

    /// The next timer of a running node. A timer that elapsed while its node was paused is due now.
    fn next_timer(&self) -> Option<(Instant, NodeId)> {
        self.timer.map(|(at, node)| (at.max(self.now), node))
    }

    /// Computes the next timer and removes stale steps from the queue's head. Call it after each
    /// step and action.
    fn look_ahead(&mut self) {
        self.forget_stale();
        let timers = self.nodes.iter().filter_map(|node| Some((node.deadline()?, node.id())));
        self.timer = timers.min();
    }

    fn node_mut(&mut self, id: NodeId) -> &mut SimNode {
        let place = self.node_place(id).expect("a scheduled step names a node that exists");
        &mut self.nodes[place]
    }

    /// Adds a server with an empty disk and starts it. Its links are as all links are at the
    /// beginning.
    fn add_server(&mut self, id: NodeId) {
        let Err(place) = self.node_place(id) else { return };
        self.nodes.insert(place, SimNode::new(&self.reseeded, id));
        let (nodes, setup) = (self.node_list(), &self.reseeded);
        self.links.connect(&nodes, |from, to| Link::new(setup, from, to));
        let added = self.emit(EventKind::Cluster(ClusterEvent::ServerAdded { node: id }));
        self.because(added, |world| world.start_node(id));
    }

    /// Makes a server that is down, no member, and whose disk was wiped, a new server with an empty
    /// disk. It can be started again, and then knows no peers before a leader sends it the
    /// membership.
    ///
    /// Its old vote decides nothing any more: its removal is committed before a change adds it, and
    /// a majority of the others has that entry. So no candidate without that entry can win, with
    /// any votes (Raft §5.4.1), and one with that entry does not count the old vote.
    fn renew_server(&mut self, id: NodeId) {
        let node = self.node_mut(id);
        let batch = Arc::new(node.disk.renew());
        (node.has_rejoined, node.flushed) = (true, None);
        node.process = Process::Crashed;
        let renewed = self.emit_disk(id, DiskEvent::Renewed { batch });
        self.node_mut(id).down_since = Some(renewed);
    }

    fn schedule(&mut self, at: Instant, kind: ScheduledKind) {
        self.queue.push(at.max(self.now), kind);
    }

    /// Removes stale steps from the queue's head, so that the head is the next step.
    fn forget_stale(&mut self) {
        while let Some(next) = self.queue.peek() {
            if !self.is_stale(next.at, &next.kind) {
                break;
            }
            self.queue.pop();
        }
    }

    /// Whether a scheduled step would do nothing any more.
    fn is_stale(&self, at: Instant, kind: &ScheduledKind) -> bool {
        match kind {
            // A message that is held, or was, arrives or is lost later.
            ScheduledKind::MessageArrives(id) => self
                .in_flight
                .get(*id)
                .is_none_or(|message| message.held_since().is_some() || message.arrives_at != at),
            ScheduledKind::MessageLost(id) => self.in_flight.get(*id).is_none_or(|message| {
                message.held_since().is_some() || message.lost_at != Some(at)
            }),
            // A disk that stalls completes the write later.
            ScheduledKind::WriteCompletes { node, incarnation, id } => {
                !self.node(*node).is_some_and(|node| {
                    let is_up = matches!(node.process, Process::Live(_));
                    node.incarnation == *incarnation && is_up && node.disk.finishes(*id, at)
                })
            }
            ScheduledKind::PieceRead { node, incarnation, .. } => {
                !self.node(*node).is_some_and(|node| {
                    node.incarnation == *incarnation && node.state() == NodeState::Running
                })
            }
            ScheduledKind::FileWritten { node, incarnation, number } => {
                !self.node(*node).is_some_and(|node| {
                    let is_up = matches!(node.process, Process::Live(_));
                    let is_next = node.disk.finishes_file(*number, at);
                    node.incarnation == *incarnation && is_up && is_next
                })
            }
            ScheduledKind::ClientTimesOut { client, sequence, attempt }
            | ScheduledKind::ClientRetries { client, sequence, attempt, .. } => {
                let pending = self.clients.get(client).and_then(Client::pending);
                !pending.is_some_and(|p| p.sequence == *sequence && p.attempts == *attempt)
            }
            ScheduledKind::ReplyArrives { client, sequence, .. } => {
                let pending = self.clients.get(client).and_then(Client::pending);
                pending.is_none_or(|p| p.sequence != *sequence)
            }
            ScheduledKind::HandlingEnds { node, turn } => !self.node(*node).is_some_and(|node| {
                let has_work =
                    |live: &LiveProcess| live.inbox.is_none() && !live.backlog.is_empty();
                node.turn == *turn && matches!(&node.process, Process::Live(p) if has_work(p))
            }),
            ScheduledKind::WritesReported { node, incarnation } => {
                !self.node(*node).is_some_and(|node| {
                    let is_due = |live: &LiveProcess| live.unreported.is_some();
                    let is_up = matches!(&node.process, Process::Live(live) if is_due(live));
                    node.incarnation == *incarnation && is_up
                })
            }
            ScheduledKind::RequestArrives { .. } | ScheduledKind::LoadContinues => false,
        }
    }

    fn carry_out(&mut self, kind: ScheduledKind) {
        match kind {
            ScheduledKind::MessageArrives(id) => self.arrive(id),
            ScheduledKind::MessageLost(id) => self.drop_message(id, crate::DropReason::Lost),
            ScheduledKind::WriteCompletes { node, id, .. } => self.write_done(node, id),
            ScheduledKind::FileWritten { node, .. } => self.file_done(node),
            ScheduledKind::PieceRead { node, piece, wanted_by, .. } => {
                self.because(wanted_by, |world| world.send_piece(node, *piece));
            }
            ScheduledKind::WritesReported { node, .. } => self.report_writes(node),
            ScheduledKind::RequestArrives { client, sequence, node, attempt, asked_by } => {
                let arrive = |world: &mut Self| {
                    world.request_arrives(client, sequence, node, attempt);
                };
                self.because(asked_by, arrive);
            }
            ScheduledKind::ReplyArrives { client, sequence, node, reply } => {
                let SentReply { reply, sent_by } = *reply;
                self.because(sent_by, |world| world.reply_arrives(client, sequence, node, reply));
            }
            ScheduledKind::ClientTimesOut { client, .. } => self.client_times_out(client),
            ScheduledKind::ClientRetries { client, told_by, .. } => {
                self.because(told_by, |world| world.client_asks(client));
            }
            ScheduledKind::HandlingEnds { node, .. } => self.handled(node),
            ScheduledKind::LoadContinues => self.continue_load(),
        }
    }
}

#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod cluster_tests;
#[cfg(test)]
mod handling_tests;
#[cfg(test)]
mod network_tests;
#[cfg(test)]
mod tests;
