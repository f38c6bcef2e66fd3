//! A node of the world: a process over the core, with its state machine and its disk.

use std::collections::VecDeque;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use raft_core::{
    Config, Instant, LogIndex, Membership, Message, NodeId, PersistId, Recovered, Settings,
};
use raft_kv::{ClientId, Operation, Sequence, Store};
use raft_server::{Replica, ReplicaInput};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::random::{Purpose, Random};
use crate::world::ArrivingFiles;
use crate::{
    AdminRequest, Disk, DiskError, DiskFault, EventNumber, NodeClock, ReadPolicy, Setup, Switches,
    Words, WriteFailure, restore_store,
};

/// A server of the cluster: its disk, its clock and its process.
#[derive(Clone, Debug)]
pub struct SimNode {
    pub(crate) id: NodeId,
    pub(crate) disk: Disk,
    /// The state machine as it was at its last flush, if it is on disk.
    pub(crate) flushed: Option<Store>,
    pub(crate) process: Process,
    /// The settings of its last start, or of the first one to come.
    pub(crate) settings: Arc<Settings>,
    pub(crate) incarnation: u64,
    /// Whether it joined later under the number of a first member: its configuration names no
    /// members.
    pub(crate) has_rejoined: bool,
    /// The failure that stopped the last incarnation, if its disk stopped it.
    pub(crate) stopped_by: Option<WriteFailure>,
    /// The event that took it down last.
    pub(crate) down_since: Option<EventNumber>,
    pub(crate) clock: NodeClock,
    /// The time that it takes to handle one arrival; zero: not slow.
    pub(crate) handling: Duration,
    /// Counts the arrivals that it began to handle while it was slow.
    pub(crate) turn: u64,
}

/// The longest time that a slow node takes to handle one arrival.
pub const MAX_HANDLING: Duration = Duration::from_secs(10);

/// Whether a node runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeState {
    /// It handles what arrives.
    Running,
    /// It is stopped but keeps its memory.
    Paused,
    /// It has no power, or a failed write stopped it.
    Crashed,
    /// It refused to start: from a damaged disk, or with a configuration that contradicts its disk.
    Refused,
}

#[derive(Clone, Debug)]
pub(crate) enum Process {
    Live(Box<LiveProcess>),
    Crashed,
    Refused(Words),
}

/// A process that runs, or is paused.
#[derive(Clone, Debug)]
pub(crate) struct LiveProcess {
    pub(crate) replica: Replica<Machine, Caller>,
    /// The arrivals while it is paused; `None` while it runs.
    pub(crate) inbox: Option<VecDeque<Arrival>>,
    /// The arrivals that a slow process has not handled yet, or that its driver gathers; it is
    /// handling the first of them, or all.
    pub(crate) backlog: VecDeque<Arrival>,
    /// Whether an elapsed timer is in `backlog`.
    pub(crate) has_timed_out: bool,
    /// The core's deadline after the last drain.
    pub(crate) timer: SetTimer,
    /// The entries that were applied in this drain, as they came together, each with the event.
    pub(crate) applied: Vec<(RangeInclusive<LogIndex>, EventNumber)>,
    /// The last durable write that the driver has not reported to the core yet, and the event of
    /// it.
    pub(crate) unreported: Option<(PersistId, Option<EventNumber>)>,
    /// What the driver draws.
    pub(crate) random: Random,
    /// The files of snapshots that arrive.
    pub(crate) files: ArrivingFiles,
}

/// The deadline of a core, by its clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SetTimer {
    pub(crate) deadline: Instant,
    /// When the core first named it, by the world's clock.
    pub(crate) set_at: Instant,
    /// The event that was handled then.
    pub(crate) set_by: Option<EventNumber>,
}

impl SetTimer {
    /// Before the first drain.
    const NONE: Self = Self { deadline: Instant(u64::MAX), set_at: Instant(0), set_by: None };
}

/// Something that reaches a process, and the event that sent it there.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) kind: ArrivalKind,
    pub(crate) cause: Option<EventNumber>,
}

/// What is handed to a process.
pub(crate) type ProcessInput = ReplicaInput<Operation, Caller>;

/// What reaches a process.
#[derive(Clone, Debug)]
pub(crate) enum ArrivalKind {
    Input(ProcessInput),
    /// A client asks for the state as it is, which takes no input.
    LocalRead {
        client: ClientId,
        sequence: Sequence,
        operation: Operation,
    },
}

impl Arrival {
    pub(crate) fn is_timeout(&self) -> bool {
        matches!(self.kind, ArrivalKind::Input(ReplicaInput::Timeout))
    }
}

/// The one who asked a replica.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    Client { client: ClientId, sequence: Sequence, read: ReadPolicy },
    Operator { number: u64, request: Box<AdminRequest> },
}

/// The place of a node in a list by ascending number.
///
/// # Errors
/// If the node is not in the list: the place where it would be.
pub fn place_of<T>(nodes: &[T], id: NodeId, number: impl Fn(&T) -> NodeId) -> Result<usize, usize> {
    // Nodes are numbered from 1, nearly always without a gap.
    let likely = (id.0 as usize).wrapping_sub(1);
    if nodes.get(likely).is_some_and(|node| number(node) == id) {
        return Ok(likely);
    }
    nodes.binary_search_by_key(&id, number)
}

impl SimNode {
    pub(crate) fn new(setup: &Setup, id: NodeId) -> Self {
        let disk = Disk::new(setup, id);
        Self {
            id,
            disk,
            flushed: None,
            process: Process::Crashed,
            settings: Arc::new(setup.settings_of(id).clone()),
            incarnation: 0,
            has_rejoined: false,
            stopped_by: None,
            down_since: None,
            clock: NodeClock::TRUE,
            handling: Duration::ZERO,
            turn: 0,
        }
    }

    /// Its number.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Whether it runs, is paused or is down.
    pub fn state(&self) -> NodeState {
        match &self.process {
            Process::Live(live) if live.inbox.is_some() => NodeState::Paused,
            Process::Live(_) => NodeState::Running,
            Process::Crashed => NodeState::Crashed,
            Process::Refused(_) => NodeState::Refused,
        }
    }

    /// Why it refused to start, if it did, and what to do.
    pub fn refusal(&self) -> Option<&Words> {
        match &self.process {
            Process::Refused(reason) => Some(reason),
            Process::Live(_) | Process::Crashed => None,
        }
    }

    /// The failed write that stopped it, if it is down for that.
    pub fn stopped_by(&self) -> Option<WriteFailure> {
        self.stopped_by
    }

    /// Whether it could start from its durable records, without the unfinished writes.
    ///
    /// # Errors
    /// The fault of the disk, and what to do.
    pub fn can_start(&self) -> Result<(), String> {
        if self.disk.is_full() {
            return Err(DiskError::Full(self.id).to_string());
        }
        self.recovered().map(drop).map_err(|fault| fault.reason().to_string())
    }

    /// The state that it would recover from its durable records, and from its state machine if that
    /// is on disk.
    ///
    /// # Errors
    /// The record that is damaged, and how; or how its files are.
    pub fn recovered(&self) -> Result<Recovered, DiskFault> {
        let recovered = self.disk.recovered(self.id)?;
        let applied = LogIndex(self.flushed.as_ref().map_or(0, Store::last_applied));
        Ok(Recovered { applied, ..recovered })
    }

    /// Its protocol state, unless it is down.
    pub fn core(&self) -> Option<&raft_core::Node> {
        self.live().map(|live| live.replica.core())
    }

    /// Its state machine, unless it is down.
    pub fn store(&self) -> Option<&Store> {
        self.live().map(|live| &live.replica.machine().store)
    }

    /// The state machine as it was at its last flush; `None` if none is on the disk.
    pub fn flushed_store(&self) -> Option<&Store> {
        self.flushed.as_ref()
    }

    /// The state machine in its last snapshot, unless it is down, has none, or cannot read it.
    pub fn store_of_snapshot(&self) -> Option<Store> {
        let data = self.disk.data(&self.core()?.snapshot()?.data).ok()?;
        restore_store(&data).ok()
    }

    /// The settings of its protocol: those of its last start, or of the first one to come. A
    /// restart [can change](crate::Action::Reconfigure) them.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its disk.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Its clock. All times of its core are times of this clock.
    pub fn clock(&self) -> &NodeClock {
        &self.clock
    }

    /// The time that it takes to handle one arrival; zero unless it was made slow.
    pub fn handling(&self) -> Duration {
        self.handling
    }

    /// The end of its lease, by the world's clock, if it leads and has one.
    pub fn lease_until(&self) -> Option<Instant> {
        Some(self.clock.when_it_shows(self.core()?.status().lease_until?))
    }

    /// The number of its starts: 0 before the first one. An incarnation lasts from a start to the
    /// next crash.
    pub fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// The number of requests of clients and operators that its core has taken and not answered.
    pub fn open_requests(&self) -> usize {
        self.live().map_or(0, |live| live.replica.open_requests())
    }

    /// The bytes that its log and its disk hold, estimated, and those of its arrivals.
    pub(crate) fn held_bytes(&self) -> u64 {
        const ENTRY: u64 = 64;
        let log = self.core().map_or(0, |core| {
            let usage = core.memory_usage();
            usage.log_bytes
                + ENTRY * usage.log_entries as u64
                + usage.incoming_snapshot_bytes as u64
        });
        let durable = self.disk.durable().iter().map(|(_, record)| record.len() as u64);
        let pending = self.disk.pending().map(|write| write.batch.byte_len() as u64);
        let arriving = self.live().map_or(0, |live| live.files.bytes());
        let files = arriving + self.disk.unflushed_bytes();
        let unhandled = self.unhandled().map(crate::wire_bytes);
        files + log + durable.sum::<u64>() + pending.sum::<u64>() + unhandled.sum::<u64>()
    }

    /// Whether it handles what arrives at once, while it runs.
    pub fn handles_at_once(&self, setup: &Setup) -> bool {
        self.handling.is_zero() && !setup.driver.gathers()
    }

    /// The number of arrivals that it has not handled, because it is paused or slow.
    pub fn inbox_len(&self) -> usize {
        let waits =
            |live: &LiveProcess| live.inbox.as_ref().map_or(0, VecDeque::len) + live.backlog.len();
        self.live().map_or(0, waits)
    }

    /// The messages that arrived while it was paused or slow, and that it has not handled yet.
    pub fn unhandled(&self) -> impl Iterator<Item = &Message> {
        let live = self.live().into_iter();
        let arrivals = live.flat_map(|live| live.inbox.iter().flatten().chain(&live.backlog));
        arrivals.filter_map(|arrival| {
            let ArrivalKind::Input(ReplicaInput::Message { message, .. }) = &arrival.kind else {
                return None;
            };
            Some(message)
        })
    }

    fn live(&self) -> Option<&LiveProcess> {
        match &self.process {
            Process::Live(live) => Some(live),
            Process::Crashed | Process::Refused(_) => None,
        }
    }

    /// Draws from another seed from now on: the core, the driver and the disk.
    pub(crate) fn reseed(&mut self, seed: u64) {
        let (id, incarnation, drawn) = (self.id, self.incarnation, self.core_seed(seed));
        self.disk.reseed(seed, id);
        if let Some(live) = self.live_mut() {
            live.replica.reseed(drawn);
            live.random = Random::new(seed, Purpose::Driver, id.0, incarnation);
        }
    }

    /// Takes the memory of equal parts of another node's log and disk in place of its own.
    pub(crate) fn share(&mut self, other: &Self) {
        self.disk.share(&other.disk);
        if let (Some(live), Some(core)) = (self.live_mut(), other.core()) {
            live.replica.share_log(core);
        }
    }

    pub(crate) fn live_mut(&mut self) -> Option<&mut LiveProcess> {
        match &mut self.process {
            Process::Live(live) => Some(live),
            Process::Crashed | Process::Refused(_) => None,
        }
    }

    /// When its timer elapses, by the world's clock. A paused process has no timer. A slow process
    /// has none until it has handled the last one.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let live = self.live()?;
        let has_timer = live.inbox.is_none() && !live.has_timed_out;
        has_timer.then(|| self.clock.when_it_shows(live.replica.deadline()))
    }

    /// Starts from the disk: the only way in which a node starts, the first time too. Returns false
    /// if the core refuses. `members` replaces the list in the node's configuration.
    pub(crate) fn start(
        &mut self,
        setup: &Setup,
        rules_off: Switches,
        members: Option<Membership>,
        now: Instant,
    ) -> bool {
        self.incarnation += 1;
        self.stopped_by = None;
        match self.recover(setup, rules_off, members, now) {
            Ok(live) => {
                self.process = Process::Live(Box::new(live));
                true
            }
            Err(reason) => {
                self.process = Process::Refused(reason);
                false
            }
        }
    }

    fn recover(
        &self,
        setup: &Setup,
        rules_off: Switches,
        members: Option<Membership>,
        now: Instant,
    ) -> Result<LiveProcess, Words> {
        let (config, recovered) = self.beginning(setup, rules_off, members)?;
        let now = self.clock.shows(now);
        let flushed = self.flushed.clone().unwrap_or_default();
        let machine = Machine::new(flushed, (setup, self.id), rules_off);
        let replica = Replica::new(config, recovered, machine, now);
        Ok(LiveProcess {
            timer: SetTimer::NONE,
            replica: replica.map_err(|error| Words::of(&error))?,
            inbox: None,
            backlog: VecDeque::new(),
            has_timed_out: false,
            applied: Vec::new(),
            unreported: None,
            random: Random::new(setup.seed, Purpose::Driver, self.id.0, self.incarnation),
            files: ArrivingFiles::default(),
        })
    }

    /// What the core of the present incarnation begins with.
    ///
    /// # Errors
    /// The fault of the disk.
    pub(crate) fn beginning(
        &self,
        setup: &Setup,
        rules_off: Switches,
        members: Option<Membership>,
    ) -> Result<(Config, Recovered), Words> {
        let recovered = self.recovered().map_err(|fault| fault.reason())?;
        let seed = self.core_seed(setup.seed);
        let mut config = setup.config(self.id, seed, &self.settings);
        rules_off.configure(&mut config);
        // Also after the world was built anew from this disk.
        let has_joined = recovered.bootstrap.as_ref().is_some_and(Membership::is_empty);
        if let Some(members) = members {
            config.membership = members;
        } else if self.has_rejoined || has_joined {
            config.membership = Membership::empty();
        }
        Ok((config, recovered))
    }

    /// The seed of the core of the present incarnation, in a world with this seed.
    pub(crate) fn core_seed(&self, seed: u64) -> u64 {
        Random::new(seed, Purpose::Node, self.id.0, self.incarnation).next()
    }
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Crashed => "crashed",
            Self::Refused => "refusing to start",
        })
    }
}
