//! This core's driver: inboxes are vectors, a disk is a vector of what was written, and a turn
//! hands over all that waits for a server, then drains once. Logs are compacted as by default,
//! after every 10,000 entries.

use std::mem;
use std::time::Duration;

use raft_core::{
    Bytes, Config, Entries, Entry, HardState, Input, Instant, LogIndex, LogPosition, Membership,
    Message, Node, NodeId, Outcome, Output, Payload, Persist, Poll, Recovered, RequestId, RoleKind,
    Snapshot,
};

use super::{Applied, ClosedLoop, Commands, Load};

/// After it nobody has heard of another leader lately.
const LONG_AFTER: Duration = Duration::from_secs(1);

/// Entries behind the last snapshot until the next one is taken: the default.
const COMPACT_AFTER: u64 = 10_000;

/// The servers, with the messages under way. The first one leads, unless another is made to.
pub(crate) struct Cluster {
    pub(crate) servers: Vec<Server>,
    pub(crate) network: Network,
    pub(crate) now: Instant,
    commands: Commands,
    last_request: u64,
}

/// One server.
pub(crate) struct Server {
    pub(crate) node: Node,
    disk: Disk,
    pub(crate) applied: Applied,
    /// Proposals of which it said that they are committed.
    committed: u64,
    /// Up to where it wants a snapshot.
    snapshot_needed: Option<LogIndex>,
}

/// Messages under way, for each server, as it will be handed them.
#[derive(Default)]
pub(crate) struct Network {
    pub(crate) inboxes: Vec<Vec<Input>>,
    /// Nothing reaches this server.
    pub(crate) cut_off: Option<NodeId>,
}

/// What a server stored. It could be started from it.
#[derive(Default)]
struct Disk {
    hard_state: HardState,
    snapshot: Option<Snapshot>,
    writes: Vec<Entries>,
}

impl Cluster {
    /// New servers, of which the first one leads. They compact their logs as by default.
    pub(crate) fn new(nodes: usize) -> Self {
        Self::start(nodes, COMPACT_AFTER)
    }

    /// New servers, of which the first one leads, and whose logs are compacted after so many
    /// entries; `u64::MAX` keeps all.
    pub(crate) fn start(nodes: usize, compact_after: u64) -> Self {
        let ids: Vec<NodeId> = (1..=nodes as u64).map(NodeId).collect();
        let membership = Membership::new(ids.iter().copied());
        let config = |id| {
            let mut config = Config::new(id, membership.clone());
            config.settings.max_batch_entries = 1024;
            config.settings.max_in_flight = 256;
            config.settings.snapshot_threshold = compact_after;
            config
        };
        let mut cluster = Self {
            servers: ids.iter().map(|id| Server::new(config(*id))).collect(),
            network: Network { inboxes: vec![Vec::new(); nodes], cut_off: None },
            now: Instant(0),
            commands: Commands::default(),
            last_request: 0,
        };
        cluster.elect(0);
        cluster
    }

    /// Makes the server at this place the leader.
    ///
    /// # Panics
    /// If it does not become one.
    pub(crate) fn elect(&mut self, place: usize) {
        self.now = self.now + LONG_AFTER;
        self.handle(place, Input::ForceElection);
        self.settle();
        assert_eq!(self.servers[place].node.role(), RoleKind::Leader, "not elected");
    }

    /// Hands an input to the server at this place, then carries out what it asks for.
    pub(crate) fn handle(&mut self, place: usize, input: Input) {
        let server = &mut self.servers[place];
        server.node.handle(self.now, input);
        server.drain(self.now, &mut self.network);
    }

    /// Delivers messages until there are none.
    pub(crate) fn settle(&mut self) {
        while self.network.inboxes.iter().any(|inbox| !inbox.is_empty()) {
            for place in 0..self.servers.len() {
                self.turn(place);
            }
        }
    }

    /// Moves the clock to the leader's next heartbeat and delivers all that comes of it.
    pub(crate) fn beat(&mut self, leader: usize) {
        self.now = self.servers[leader].node.deadline();
        self.handle(leader, Input::Timeout);
        self.settle();
    }

    /// Delivers what waits for the server at this place.
    pub(crate) fn turn(&mut self, place: usize) {
        let mut inbox = mem::take(&mut self.network.inboxes[place]);
        let server = &mut self.servers[place];
        for input in inbox.drain(..) {
            server.node.handle(self.now, input);
        }
        // Nobody writes to himself: the place is free, and the memory is used again.
        self.network.inboxes[place] = inbox;
        server.drain(self.now, &mut self.network);
    }

    /// Hands over proposals in a row, then drains once.
    fn propose(&mut self, payload: usize, count: u64) {
        let leader = &mut self.servers[0];
        for _ in 0..count {
            self.last_request += 1;
            let request = RequestId(self.last_request);
            let command = Bytes::from(self.commands.next(payload));
            leader.node.handle(self.now, Input::Propose { request, command });
        }
        leader.drain(self.now, &mut self.network);
    }
}

impl ClosedLoop for Cluster {
    fn commit(&mut self, load: Load, commits: u64) {
        let target = self.servers[0].committed + commits;
        let mut left = commits;
        let mut waiting = 0;
        while self.servers[0].committed < target {
            let fresh = left.min(load.in_flight - waiting);
            left -= fresh;
            let before = self.servers[0].committed;
            self.propose(load.payload, fresh);
            for follower in 1..self.servers.len() {
                self.turn(follower);
            }
            self.turn(0);
            waiting = waiting + fresh - (self.servers[0].committed - before);
        }
    }

    fn finish(&mut self) -> Vec<Applied> {
        self.settle();
        // Followers learn of the last commits from the next message.
        self.beat(0);
        for server in &self.servers {
            assert_eq!(server.disk.last(), server.node.log().last(), "the disk is not complete");
        }
        self.servers.iter().map(|server| server.applied).collect()
    }
}

impl Server {
    fn new(config: Config) -> Self {
        let node = Node::new(config, Recovered::default(), Instant(0));
        Self {
            node: node.expect("the settings are valid"),
            disk: Disk::default(),
            applied: Applied::default(),
            committed: 0,
            snapshot_needed: None,
        }
    }

    /// Carries out what the node asks for. All that it wants stored is stored, then reported; what
    /// comes of that may be to store more.
    fn drain(&mut self, now: Instant, network: &mut Network) {
        let mut report = None;
        loop {
            match self.node.poll_output() {
                Poll::Output(Output::Persist(write)) => {
                    report = Some(write.id);
                    self.disk.store(write);
                }
                Poll::Output(Output::Send { to, message }) => {
                    network.send(self.node.id(), to, message);
                }
                Poll::Output(Output::Apply(entries)) => self.apply(&entries),
                Poll::Output(Output::Reply { outcome: Outcome::Committed(_), .. }) => {
                    self.committed += 1;
                }
                Poll::Output(Output::Reply { outcome, .. }) => panic!("not committed: {outcome:?}"),
                Poll::Output(Output::SnapshotNeeded { through }) => {
                    self.snapshot_needed = Some(through);
                }
                // The leader of a server that is to fall behind keeps its log whole.
                Poll::Output(Output::Restore(_)) => panic!("a snapshot was sent"),
                Poll::Output(Output::Files(task)) => panic!("there are no files: {task:?}"),
                Poll::Output(Output::Alarm(alarm)) => panic!("{alarm}"),
                Poll::Output(Output::Trace(_)) => {}
                Poll::Drained { .. } => {
                    let report = report.take().map(Input::Persisted);
                    match report.or_else(|| self.snapshot()) {
                        Some(input) => self.node.handle(now, input),
                        None => return,
                    }
                }
            }
        }
    }

    fn apply(&mut self, entries: &[Entry]) {
        for entry in entries {
            if let Payload::Command(command) = &entry.payload {
                self.applied.apply(command);
            }
        }
    }

    /// The state machine as it is, if it is wanted.
    fn snapshot(&mut self) -> Option<Input> {
        let through = self.snapshot_needed.take()?;
        Some(Input::SnapshotTaken { through, data: Bytes::from(&self.applied.encode()).into() })
    }
}

impl Network {
    fn send(&mut self, from: NodeId, to: NodeId, message: Message) {
        if self.cut_off != Some(to) {
            self.inboxes[to.0 as usize - 1].push(Input::Message { from, message });
        }
    }
}

impl Disk {
    fn last(&self) -> LogPosition {
        let base =
            self.snapshot.as_ref().map_or(LogPosition::ORIGIN, |snapshot| snapshot.position());
        let last = self.writes.last().and_then(|write| write.last());
        last.map_or(base, Entry::position)
    }

    fn store(&mut self, write: Persist) {
        if let Some(hard_state) = write.hard_state {
            self.hard_state = hard_state;
        }
        if let Some(from) = write.truncate_from {
            self.truncate(from);
        }
        if let Some(write) = write.snapshot {
            let start = write.log_start.index;
            let is_covered =
                |write: &Entries| write.last().is_some_and(|entry| entry.index <= start);
            self.writes.drain(..self.writes.partition_point(is_covered));
            self.snapshot = Some(write.snapshot);
        }
        if !write.entries.is_empty() {
            self.writes.push(write.entries);
        }
    }

    /// Rare, and slow: what is left becomes one write.
    fn truncate(&mut self, from: LogIndex) {
        let writes = mem::take(&mut self.writes);
        let kept = writes.iter().flat_map(|write| write.iter()).filter(|entry| entry.index < from);
        self.writes.push(kept.cloned().collect());
    }
}
