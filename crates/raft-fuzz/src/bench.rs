//! The speed of runs, measured with any clock: natively or in a page.

use std::time::Duration;

use raft_check::{Checks, converged};
use raft_core::{Entry, HardState, Instant, LogIndex, Payload, Persist, Settings, Term};
use raft_kv::{ClientId, Command, Operation, Sequence};
use raft_sim::{Action, NodeAction, ReadPolicy, Request, Setup, Unsynced, World};
use raft_storage::{Records, WriteBatch};

use crate::plan::Plan;
use crate::profile::Profile;
use crate::run::run_seed;

/// A monotonic clock: the time since an arbitrary moment.
pub type Clock<'a> = &'a dyn Fn() -> Duration;

/// The amount of simulation in a measured time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Speed {
    /// The virtual time that passed.
    pub virtual_time: Duration,
    /// The number of events.
    pub events: u64,
    /// The real time that passed.
    pub elapsed: Duration,
}

impl Speed {
    /// Virtual seconds per real second.
    pub fn virtual_per_real(&self) -> u64 {
        (self.virtual_time.as_micros() / self.elapsed.as_micros().max(1)) as u64
    }

    /// Events per real second.
    pub fn events_per_second(&self) -> u64 {
        (u128::from(self.events) * 1_000_000 / self.elapsed.as_micros().max(1)) as u64
    }
}

/// Plays the seeds `1..=seeds` of a profile with this number of nodes and with all checks.
pub fn campaign(profile: Profile, nodes: u64, seeds: u64, clock: Clock<'_>) -> Speed {
    let start = clock();
    let mut speed = Speed::default();
    for seed in 1..=seeds {
        let report = run_seed(&Plan { nodes: Some(nodes), ..Plan::new(profile, seed) });
        speed.virtual_time += Duration::from_micros(report.time.0);
        speed.events += report.events;
    }
    speed.elapsed = clock() - start;
    speed
}

/// Runs five nodes, whose logs begin with this number of applied entries, for a virtual time. A
/// client writes every 20 ms. All checks are on.
///
/// # Panics
/// If there are more than 10^12 entries.
pub fn long_log(entries: u64, time: Duration, clock: Clock<'_>) -> Speed {
    let mut bench = LongLog::new(entries);
    let begin = bench.world.now();
    let (start, events) = (clock(), bench.events);
    bench.write_until(begin + time);
    let elapsed = clock() - start;
    Speed { virtual_time: time, events: bench.events - events, elapsed }
}

/// The mean real time, over `times` restarts, until a node has restarted and applied this number of
/// entries from its disk. All checks are on.
///
/// # Panics
/// If there are more than 10^12 entries.
pub fn restart(entries: u64, times: u32, clock: Clock<'_>) -> Duration {
    let mut bench = LongLog::new(entries);
    let start = clock();
    for _ in 0..times {
        let follower = bench.world.node_ids().find(|id| Some(*id) != bench.world.leader());
        let node = follower.expect("five nodes have followers");
        bench.act(NodeAction::Crash { unsynced: Unsynced::Drawn }.on(node));
        bench.act(NodeAction::Restart.on(node));
        bench.settle();
    }
    (clock() - start) / times.max(1)
}

/// A cluster with long logs, and its checks.
struct LongLog {
    world: World,
    checks: Checks,
    events: u64,
}

impl LongLog {
    /// A cluster that has applied every entry of its logs.
    fn new(entries: u64) -> Self {
        let records = log_of(entries);
        let setup = Setup {
            settings: Settings { snapshot_threshold: u64::MAX, ..Settings::default() },
            ..Setup::default()
        };
        let disks = setup.voter_ids().map(|node| (node, records.clone())).collect();
        let world = World::new(Setup { disks, ..setup }).expect("the defaults are within bounds");
        let checks = Checks::new(&world);
        let mut bench = Self { world, checks, events: 0 };
        bench.settle();
        bench
    }

    fn settle(&mut self) {
        while self.world.leader().is_none() || converged(&self.world).is_err() {
            self.step();
        }
    }

    fn write_until(&mut self, end: Instant) {
        let mut next_write = self.world.now();
        while self.world.now() < end {
            if self.world.now() >= next_write {
                next_write = self.world.now() + Duration::from_millis(20);
                let operation = Operation::Set { key: "x".into(), value: "1".into() };
                let (client, read) = (ClientId(1), ReadPolicy::Log);
                self.act(Request { client, operation, via: None, read }.into());
            }
            self.step();
        }
        assert!(self.checks.violation().is_none(), "{:?}", self.checks.violation());
    }

    fn act(&mut self, action: Action) {
        if self.world.apply(action).is_ok() {
            self.look();
        }
    }

    fn step(&mut self) {
        self.world.step();
        self.look();
    }

    fn look(&mut self) {
        self.checks.observe(&self.world, self.world.events());
        self.events += self.world.events().len() as u64;
    }
}

/// A disk with a log of this number of entries, all of one term.
fn log_of(entries: u64) -> Records {
    assert!(entries <= 1_000_000_000_000, "so long a log does not fit into memory");
    let term = Term(1);
    let entry = |index: u64| {
        let key = format!("k{}", index % 100);
        let operation = Operation::Set { key: key.as_str().into(), value: "v".into() };
        let command = Command { client: ClientId(0), sequence: Sequence(index), operation };
        let payload = Payload::Command(command.encode().into());
        Entry { index: LogIndex(index), term, payload }
    };
    let persist = Persist {
        hard_state: Some(HardState { current_term: term, voted_for: None }),
        entries: (1..=entries).map(entry).collect(),
        ..Persist::default()
    };
    let mut records = Records::default();
    records.apply(&WriteBatch::from_persist(&persist));
    records
}
