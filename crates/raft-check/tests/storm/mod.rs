//! A storm: a world in which things go wrong at random, drawn from a seed, while clients work.

mod trouble;

use std::time::Duration;

use raft_check::{Checks, HistoryRecorder};
use raft_core::{
    Instant, MembershipChange, MembershipTrace, NodeId, Outcome, ReadTrace, RoleKind, Settings,
    Trace,
};
use raft_kv::{ClientId, Key, Operation, SplitMix64};
use raft_sim::{
    Action, AdminRequest, ClusterEvent, DelayRange, DiskAction, DiskChange, DiskDamage, DiskEvent,
    DropReason, Event, EventKind, Fsync, LinkChange, MessageEvent, NetworkAction, NodeAction,
    NodeState, ProcessEvent, Random, ReadPolicy, Request, Selector, Setup, SimNode,
    StateMachineEvent, Unsynced, World,
};

pub(crate) struct Storm {
    pub(crate) world: World,
    pub(crate) checks: Checks,
    random: SplitMix64,
    /// The longest time between two actions, in microseconds.
    spacing: u64,
    disks: Disks,
    /// What networks and clocks do besides, if anything.
    trouble: Option<Random>,
    sequence: u64,
    /// What clients ask and hear, if that is wanted.
    pub(crate) history: Option<HistoryRecorder<Vec<u8>>>,
    pub(crate) done: Done,
}

/// What disks do besides being slow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Disks {
    /// Nothing.
    Sound,
    /// They stall, fail and are full; what they have stored they keep.
    Failing,
    /// What they have stored is damaged, too.
    Damaged,
}

/// How much of what is rare came about.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Done {
    pub(crate) changes: u64,
    pub(crate) joint: u64,
    pub(crate) transfers: u64,
    pub(crate) quorum_reads: u64,
    pub(crate) lease_reads: u64,
    /// Reads that cost no message and no log entry.
    pub(crate) reads_by_lease: u64,
    /// Writes that failed, and nodes that stopped for it.
    pub(crate) failed_writes: u64,
    pub(crate) torn_writes: u64,
    /// Nodes that refused to start.
    pub(crate) refusals: u64,
    /// Storms in which too few sound disks were left with what is committed.
    pub(crate) suspensions: u64,
    /// Messages that came again, and such as found no place in front of their link.
    pub(crate) replays: u64,
    /// Messages that were held, and such as went on later.
    pub(crate) held: u64,
    pub(crate) released: u64,
    pub(crate) without_place: u64,
    pub(crate) clock_changes: u64,
    pub(crate) slowed: u64,
}

impl Storm {
    pub(crate) fn new(nodes: u64, seed: u64) -> Self {
        Self::with(Self::setup(nodes, seed))
    }

    pub(crate) fn setup(nodes: u64, seed: u64) -> Setup {
        Setup {
            nodes,
            seed,
            disk_latency: DelayRange::millis(1, 4 + seed % 3 * 20),
            link_latency: DelayRange::millis(1, [5, 15, 40, 195][seed as usize % 4]),
            client_patience: Duration::from_secs(3),
            settings: Settings {
                max_batch_entries: [1, 2, 100][seed as usize % 3],
                max_in_flight: [64, 1, 3][seed as usize / 3 % 3],
                snapshot_chunk_bytes: [65_536, 16][seed as usize / 2 % 2],
                forward_proposals: seed % 4 == 1,
                ..Self::rules(seed).settings
            },
            ..Self::rules(seed)
        }
    }

    /// All rules of the dissertation, or those of the paper alone, or some.
    fn rules(seed: u64) -> Setup {
        let (pre_vote, check_quorum, lease_reads) = match seed % 5 {
            0 => (false, false, false),
            1 => (true, false, false),
            2 => (false, true, true),
            _ => (true, true, true),
        };
        Setup {
            settings: Settings { pre_vote, check_quorum, lease_reads, ..Settings::default() },
            ..Setup::default()
        }
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let spacing = [60_000, 150_000, 400_000][(setup.seed / 7 % 3) as usize];
        let random = SplitMix64::new(setup.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let world = World::new(setup).expect("a valid setup");
        let checks = Checks::new(&world);
        let is_rough = world.setup().seed % 3 == 1;
        let (disks, done) = (Disks::Sound, Done::default());
        let mut storm = Self {
            world,
            checks,
            random,
            spacing,
            disks,
            trouble: None,
            sequence: 0,
            history: None,
            done,
        };
        if is_rough {
            storm.make_links_rough();
        }
        storm
    }

    /// The same with worse disks.
    pub(crate) fn on(self, disks: Disks) -> Self {
        Self { disks, ..self }
    }

    /// Messages get lost, come twice, and overtake each other, on all links of the first nodes.
    fn make_links_rough(&mut self) {
        let ids: Vec<NodeId> = self.world.node_ids().collect();
        let pairs = ids.iter().flat_map(|from| ids.iter().map(move |to| (*from, *to)));
        for (from, to) in pairs {
            for change in [
                LinkChange::Reordering(true),
                LinkChange::Duplication { per_million: 150_000 },
                LinkChange::Loss { per_million: 30_000 },
            ] {
                self.act(Action::Link { from, to, change });
            }
        }
    }

    /// Runs until the moment, or until something is broken.
    pub(crate) fn run(mut self, until: u64) -> Self {
        let until = Instant(self.world.now().0 + until);
        let mut next_fault = self.world.now();
        while self.world.now() < until && self.checks.violation().is_none() {
            if self.world.now() >= next_fault {
                next_fault = self.world.now() + Duration::from_micros(1 + self.draw(self.spacing));
                let action = self.draw_action();
                self.act(action);
                if let Some(action) = self.draw_trouble() {
                    self.act(action);
                }
            } else if !self.world.step() {
                break;
            } else {
                self.observe();
            }
        }
        let suspended = self.checks.results().filter(|result| result.suspension.is_some()).count();
        self.done.suspensions += suspended as u64;
        self
    }

    /// Everything works again.
    pub(crate) fn calm_down(&mut self) {
        self.act(NetworkAction::Heal.into());
        let ids: Vec<NodeId> = self.world.node_ids().collect();
        for node in &ids {
            self.act(NodeAction::Restart.on(*node));
            self.act(NodeAction::Resume.on(*node));
            for change in [
                DiskChange::Latency(DelayRange::millis(1, 4)),
                DiskChange::Fsync(Fsync::Works),
                DiskChange::Full(false),
            ] {
                self.act(DiskAction::Change(change).on(*node));
            }
            for to in &ids {
                let latency = LinkChange::Latency(DelayRange::millis(5, 15));
                for change in [LinkChange::Loss { per_million: 0 }, latency] {
                    self.act(Action::Link { from: *node, to: *to, change });
                }
            }
        }
    }

    /// What cannot be done now is no fault.
    fn act(&mut self, action: Action) {
        if self.world.apply(action).is_ok() {
            self.observe();
        }
    }

    fn observe(&mut self) {
        let events = self.world.events();
        self.checks.observe(&self.world, events);
        self.done.count(events);
        if let Some(history) = &mut self.history {
            events.iter().for_each(|event| history.event(event).expect("memory takes all"));
        }
    }

    fn draw_action(&mut self) -> Action {
        let node = self.draw_node();
        if self.disks != Disks::Sound && self.draw(8) == 0 {
            return self.draw_disk_fault(node);
        }
        let (from, to) = (node, self.draw_node());
        match self.draw(46) {
            0 | 1 => NodeAction::Crash { unsynced: self.draw_unsynced() }.on(node),
            2..=4 => NodeAction::Restart.on(self.draw_down().unwrap_or(node)),
            5 => NodeAction::Pause.on(node),
            6 | 7 => NodeAction::Resume.on(node),
            8 => NodeAction::ForceElection.on(node),
            9 => NodeAction::Snapshot.on(node),
            10 => {
                let ids: Vec<NodeId> = self.world.node_ids().collect();
                let middle = self.draw(ids.len() as u64) + 1;
                let (left, right) = ids.split_at(middle as usize % ids.len());
                NetworkAction::Partition { groups: vec![left.to_vec(), right.to_vec()] }.into()
            }
            11 | 12 => NetworkAction::Heal.into(),
            13 => Action::Link { from, to, change: self.draw_link_change() },
            14 => {
                let change = DiskChange::Latency(DelayRange::millis(1, 2 + self.draw(60)));
                DiskAction::Change(change).on(node)
            }
            15 => NodeAction::ForgetLeader.on(node),
            16 | 17 => AdminRequest::TransferLeadership { to }.on(self.draw_leader(node)),
            18..=21 => {
                let change = self.draw_change(node, to);
                AdminRequest::change_membership(change).on(self.draw_leader(node))
            }
            _ => self.draw_request(),
        }
    }

    /// What can be mended is mended more often than it breaks.
    fn draw_disk_fault(&mut self, node: NodeId) -> Action {
        let change = |change| DiskAction::Change(change).on(node);
        let kinds = if self.disks == Disks::Damaged { 17 } else { 10 };
        match self.draw(kinds) {
            0 => change(DiskChange::Stall(Duration::from_millis(1 + self.draw(700)))),
            1 => change(DiskChange::Fsync(Fsync::FailsOnce)),
            2 => change(DiskChange::Fsync(Fsync::Fails)),
            3..=5 => change(DiskChange::Fsync(Fsync::Works)),
            6 => change(DiskChange::Full(true)),
            7..=9 => change(DiskChange::Full(false)),
            10..=13 => {
                let is_writing = |node: &&SimNode| node.disk().pending().len() > 0;
                let writing = self.world.nodes().find(is_writing).map(SimNode::id);
                NodeAction::Crash { unsynced: Unsynced::Torn }.on(writing.unwrap_or(node))
            }
            14 => DiskAction::Damage(DiskDamage::Corrupt { record: None }).on(node),
            15 => DiskAction::Damage(DiskDamage::Misdirect { keys: None }).on(node),
            _ => {
                let node = self.draw_down().unwrap_or(node);
                DiskAction::Damage(DiskDamage::Wipe).on(node)
            }
        }
    }

    /// Mostly somebody who can do it.
    fn draw_leader(&mut self, other: NodeId) -> NodeId {
        let other = (self.draw(8) == 0).then_some(other);
        other.or(self.world.leader()).unwrap_or(NodeId(1))
    }

    /// Anything, sensible or not; new servers have the next numbers.
    fn draw_change(&mut self, node: NodeId, other: NodeId) -> MembershipChange {
        let last = self.world.node_ids().last().map_or(1, |last| last.0);
        let new = NodeId(last.min(self.world.setup().nodes + 3) + 1);
        match self.draw(10) {
            0 | 1 => MembershipChange::AddLearner(new),
            2 => MembershipChange::AddVoter(new),
            3 => MembershipChange::AddVoter(node),
            4 => MembershipChange::Promote(node),
            5 => MembershipChange::Demote(node),
            6 => MembershipChange::Remove(node),
            7 => MembershipChange::Replace { old: node, new: other },
            8 => MembershipChange::Replace { old: node, new },
            _ => {
                let ids: Vec<NodeId> = self.world.node_ids().collect();
                let from = self.draw(ids.len() as u64) as usize;
                let count = 1 + self.draw(5) as usize;
                let voters = ids.iter().cycle().skip(from).take(count.min(ids.len()));
                MembershipChange::SetVoters(voters.copied().collect())
            }
        }
    }

    fn draw_request(&mut self) -> Action {
        self.sequence += 1;
        let key = format!("k{}", self.draw(5)).as_str().into();
        if self.draw(3) == 0 {
            return self.draw_read(key);
        }
        let value = format!("v{}", self.sequence).as_str().into();
        let operation = match self.draw(4) {
            0 => Operation::Append { key, value },
            1 => Operation::Delete { key },
            _ => Operation::Set { key, value },
        };
        Request { client: ClientId(1 + self.draw(6)), operation, via: None, read: ReadPolicy::Log }
            .into()
    }

    fn draw_read(&mut self, key: Key) -> Action {
        let read = match self.draw(8) {
            0 => ReadPolicy::Log,
            1 => ReadPolicy::Local,
            2..=4 => ReadPolicy::Quorum,
            _ => ReadPolicy::Lease,
        };
        let node = self.draw_node();
        let via = match self.draw(3) {
            0 => None,
            1 => Some(node),
            // Perhaps one that was deposed and does not know it.
            _ => self.draw_believer(),
        };
        let via = via.map(Selector::Node);
        let client = ClientId(10 + self.draw(60));
        Request { client, operation: Operation::Get { key }, via, read }.into()
    }

    /// A node that believes to lead.
    fn draw_believer(&mut self) -> Option<NodeId> {
        let leads = |node: &&SimNode| node.core().is_some_and(|c| c.role() == RoleKind::Leader);
        let believers: Vec<NodeId> = self.world.nodes().filter(leads).map(SimNode::id).collect();
        let count = believers.len() as u64;
        (count > 0).then(|| believers[self.draw(count) as usize])
    }

    fn draw_link_change(&mut self) -> LinkChange {
        match self.draw(5) {
            0 => LinkChange::Cut,
            1 => LinkChange::Latency(DelayRange::millis(1, 1 + self.draw(500))),
            2 => LinkChange::Loss { per_million: self.draw(300_000) as u32 },
            3 => LinkChange::Duplication { per_million: self.draw(300_000) as u32 },
            _ => LinkChange::Reordering(true),
        }
    }

    fn draw_unsynced(&mut self) -> Unsynced {
        match self.draw(3) {
            0 => Unsynced::Lost,
            1 => Unsynced::Kept,
            _ => Unsynced::Drawn,
        }
    }

    fn draw_down(&mut self) -> Option<NodeId> {
        let down = |state| matches!(state, NodeState::Crashed | NodeState::Refused);
        self.world.nodes().find(|node| down(node.state())).map(SimNode::id)
    }

    fn draw_node(&mut self) -> NodeId {
        let ids: Vec<NodeId> = self.world.node_ids().collect();
        ids[self.draw(ids.len() as u64) as usize]
    }

    fn draw(&mut self, bound: u64) -> u64 {
        self.random.next() % bound
    }
}

impl Done {
    fn count(&mut self, events: &[Event]) {
        for Event { kind, .. } in events {
            if let EventKind::Message { event, .. } = kind {
                add(&mut self.replays, matches!(event, MessageEvent::Replayed { .. }));
                add(&mut self.held, matches!(event, MessageEvent::Held));
                add(&mut self.released, matches!(event, MessageEvent::Released { .. }));
                let is_full =
                    matches!(event, MessageEvent::Dropped { reason: DropReason::QueueFull, .. });
                add(&mut self.without_place, is_full);
            }
            if let EventKind::Process { event, .. } = kind {
                add(&mut self.clock_changes, matches!(event, ProcessEvent::ClockChanged { .. }));
                add(&mut self.slowed, matches!(event, ProcessEvent::Slowed { .. }));
                add(&mut self.refusals, matches!(event, ProcessEvent::RestartRefused { .. }));
            }
            if let EventKind::Cluster(ClusterEvent::Administered { request, outcome, .. }) = kind {
                let is_change = matches!(**request, AdminRequest::ChangeMembership { .. });
                let is_done = matches!(outcome, Outcome::Committed(_));
                add(&mut self.changes, is_change && is_done);
                add(&mut self.transfers, matches!(outcome, Outcome::Transferred { .. }));
            }
            if let EventKind::StateMachine {
                event: StateMachineEvent::ReadServed { read, .. },
                ..
            } = kind
            {
                add(&mut self.quorum_reads, *read == ReadPolicy::Quorum);
                add(&mut self.lease_reads, *read == ReadPolicy::Lease);
            }
            if let EventKind::Disk { event, .. } = kind {
                add(&mut self.failed_writes, matches!(event, DiskEvent::WriteFailed { .. }));
                add(&mut self.torn_writes, matches!(event, DiskEvent::WriteTorn { .. }));
            }
            if let EventKind::Core { trace, .. } = kind {
                let is_by_lease = matches!(trace, Trace::Read(ReadTrace::ByLease { .. }));
                add(&mut self.reads_by_lease, is_by_lease);
                if let Trace::Membership(MembershipTrace::Adopted { membership, .. }) = trace {
                    add(&mut self.joint, membership.is_joint());
                }
            }
        }
    }
}

impl std::ops::AddAssign for Done {
    fn add_assign(&mut self, other: Self) {
        self.changes += other.changes;
        self.joint += other.joint;
        self.transfers += other.transfers;
        self.quorum_reads += other.quorum_reads;
        self.lease_reads += other.lease_reads;
        self.reads_by_lease += other.reads_by_lease;
        self.failed_writes += other.failed_writes;
        self.torn_writes += other.torn_writes;
        self.refusals += other.refusals;
        self.suspensions += other.suspensions;
        self.replays += other.replays;
        self.held += other.held;
        self.released += other.released;
        self.without_place += other.without_place;
        self.clock_changes += other.clock_changes;
        self.slowed += other.slowed;
    }
}

fn add(counter: &mut u64, happened: bool) {
    *counter += u64::from(happened);
}
