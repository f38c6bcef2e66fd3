//! What is explored: the servers at the beginning, what may happen to them, and how often.

use std::time::Duration;

use raft_core::{Config, Membership, MembershipChange, NodeId, ReadMode, Settings};

/// What is explored.
#[derive(Clone, Debug)]
pub struct Scope {
    /// How many servers there are, 1 to 5. All are voters.
    pub servers: u8,
    /// The settings of all servers. The shortest and the longest election timeout are equal.
    pub settings: Settings,
    /// How often each thing may happen.
    pub bounds: Bounds,
    /// What the network may do to messages.
    pub network: Network,
    /// The way in which clients read.
    pub reads: ReadMode,
    /// Changes of the membership that leaders are asked for.
    pub changes: Vec<MembershipChange>,
    /// How time passes.
    pub time: Time,
    /// The logs on the disks at the beginning, as the terms of their entries, with how many of them
    /// are known to be committed; empty disks for servers that are not listed. All servers know the
    /// last term.
    pub disks: Vec<(Vec<u64>, u64)>,
    /// From one of so many states, by its key, with all faults over, something new must come to be
    /// committed; 0 for none.
    pub probe_every: u64,
    /// What is not looked at, because it cannot make a difference.
    pub reductions: Reductions,
    /// The rules that are switched off.
    #[cfg(feature = "bugs")]
    pub bugs: raft_core::Bugs,
}

/// How often each thing may happen on the way to a state, at most 15 times.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Bounds {
    /// Election timeouts.
    pub elections: u8,
    /// Heartbeats of leaders.
    pub heartbeats: u8,
    /// Commands of clients, to leaders.
    pub proposals: u8,
    /// Reads of clients, from leaders.
    pub reads: u8,
    /// Snapshots of state machines.
    pub snapshots: u8,
    /// Orders to hand leadership over.
    pub transfers: u8,
    /// Changes of the membership.
    pub changes: u8,
    /// Crashes, each with a restart. A crash keeps any number of the oldest unreported writes.
    pub crashes: u8,
    /// Deliveries of messages that stay in the network.
    pub duplicates: u8,
    /// Messages that are lost. For safety that adds nothing: a message that is never delivered is
    /// as good as lost.
    pub losses: u8,
    /// Times that a server forgets that it heard a leader.
    pub forgets: u8,
    /// Ticks of all clocks.
    pub ticks: u8,
    /// How many steps a state may be away from the beginning.
    pub depth: u16,
}

impl Bounds {
    /// Nothing happens but messages and writes, and no way is too long.
    pub const NONE: Self = Self {
        elections: 0,
        heartbeats: 0,
        proposals: 0,
        reads: 0,
        snapshots: 0,
        transfers: 0,
        changes: 0,
        crashes: 0,
        duplicates: 0,
        losses: 0,
        forgets: 0,
        ticks: 0,
        depth: u16::MAX,
    };
}

/// What the network may do to messages. It may always reorder and delay them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Network {
    /// A message is delivered once, and a bounded number of them twice ([`Bounds::duplicates`]).
    #[default]
    Counted,
    /// A message can be delivered any number of times.
    Repeating,
}

/// How time passes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Time {
    /// So slowly against all timeouts that no rule compares times with another result.
    Slow,
    /// Not at all: everything happens at one moment. Timers that are not due then never elapse.
    Stopped,
    /// In ticks. Each moves every server's clock on by so many µs. Where they differ, so do the
    /// rates of the clocks.
    Ticks(Vec<u64>),
}

/// What is not looked at, because it cannot make a difference. Each can be switched off, to see
/// what it saves, and that it hides nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reductions {
    /// States that differ only by the numbers of the servers are one. Without effect where the
    /// numbers matter: if the membership changes, if clocks differ, or if disks do at the
    /// beginning.
    pub symmetry: bool,
    /// What changes nothing is not a step, such as the delivery of a late answer: the state before
    /// it can go on in all ways in which the one after it can.
    pub idle_steps: bool,
    /// An answer of a term that its receiver's disk has left is not in the network any more: the
    /// receiver ignores it, now and after any crash (§5.1). It rests on that rule, so it is off
    /// while rules are switched off.
    pub stale_answers: bool,
}

impl Reductions {
    /// Every reduction.
    pub const ALL: Self = Self { symmetry: true, idle_steps: true, stale_answers: true };

    /// No reduction.
    pub const NONE: Self = Self { symmetry: false, idle_steps: false, stale_answers: false };
}

/// Timeouts of a model without time: a heartbeat takes 1 µs, and a timeout an hour, so that no
/// timeout elapses unless the explorer says so.
const HEARTBEAT: Duration = Duration::from_micros(1);
const TIMEOUT: Duration = Duration::from_secs(3600);

impl Scope {
    /// Servers with empty disks in a model without time, with the protocol of the paper: pre-vote,
    /// check-quorum and leases need clocks. Nothing may happen yet.
    pub fn timeless(servers: u8) -> Self {
        let settings = Settings {
            heartbeat_interval: HEARTBEAT,
            election_timeout_min: TIMEOUT,
            election_timeout_max: TIMEOUT,
            pre_vote: false,
            check_quorum: false,
            lease_reads: false,
            trailing_entries: 0,
            snapshot_threshold: u64::MAX,
            ..Settings::default()
        };
        Self {
            servers,
            settings,
            bounds: Bounds { depth: u16::MAX, ..Bounds::default() },
            network: Network::default(),
            reads: ReadMode::Quorum,
            changes: Vec::new(),
            time: Time::Slow,
            disks: Vec::new(),
            probe_every: 0,
            reductions: Reductions::ALL,
            #[cfg(feature = "bugs")]
            bugs: raft_core::Bugs::NONE,
        }
    }

    /// Servers whose clocks tick together, so many µs at a time. A heartbeat is sent with each
    /// tick, and an election timeout takes `timeout` ticks.
    pub fn ticking(servers: u8, tick: u64, timeout: u32) -> Self {
        let heartbeat = Duration::from_micros(tick);
        let mut model = Self::timeless(servers);
        model.settings.heartbeat_interval = heartbeat;
        model.settings.election_timeout_min = heartbeat * timeout;
        model.settings.election_timeout_max = heartbeat * timeout;
        model.time = Time::Ticks(vec![tick; usize::from(servers)]);
        model
    }

    /// The configuration of a server.
    pub(crate) fn config(&self, id: NodeId) -> Config {
        // The list counts at the first start. Servers that go on from a moment have it on disk.
        let members = match self.time {
            Time::Stopped => Membership::empty(),
            Time::Slow | Time::Ticks(_) => self.membership(),
        };
        let mut config = Config::new(id, members);
        config.settings = self.settings.clone();
        // It names forwarded requests, and no server forwards any: servers stay alike.
        config.seed = 1;
        #[cfg(feature = "bugs")]
        {
            config.bugs = self.bugs;
        }
        config
    }

    /// The members of the beginning.
    pub(crate) fn membership(&self) -> Membership {
        Membership::new(self.ids())
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=u64::from(self.servers)).map(NodeId)
    }

    /// Whether states that differ by the numbers of servers only behave alike.
    pub(crate) fn is_symmetric(&self) -> bool {
        let is_alike =
            self.disks.is_empty() || self.disks.iter().all(|disk| *disk == self.disks[0]);
        let has_one_rate = match &self.time {
            Time::Slow => true,
            // Servers that went on from a moment have pasts of their own.
            Time::Stopped => false,
            Time::Ticks(ticks) => ticks.iter().all(|tick| *tick == ticks[0]),
        };
        let all_listed = self.disks.is_empty() || self.disks.len() == usize::from(self.servers);
        self.reductions.symmetry
            && self.servers <= 4
            && self.changes.is_empty()
            && is_alike
            && all_listed
            && has_one_rate
    }

    /// Whether answers that are ignored for ever are taken out of the network.
    pub(crate) fn drops_stale_answers(&self) -> bool {
        self.reductions.stale_answers && !self.has_rules_off()
    }

    #[cfg(feature = "bugs")]
    fn has_rules_off(&self) -> bool {
        self.bugs != raft_core::Bugs::NONE
    }

    #[cfg(not(feature = "bugs"))]
    #[allow(clippy::unused_self, reason = "a build without the feature has no rules to switch off")]
    fn has_rules_off(&self) -> bool {
        false
    }
}
