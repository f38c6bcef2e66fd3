//! How fast runs are, measured with whatever clock there is: natively and in a page.

use std::time::Duration;

use raft_check::Checks;
use raft_core::{Entry, HardState, Instant, LogIndex, Payload, Persist, Term};
use raft_kv::{ClientId, Command, Operation, Sequence};
use raft_sim::{Action, ReadPolicy, Setup, Unsynced, World};
use raft_storage::{Records, WriteBatch};

use crate::plan::Plan;
use crate::profile::Profile;
use crate::run::run_seed;

/// A clock that never goes back: the time since any moment.
pub type Clock<'a> = &'a dyn Fn() -> Duration;

/// What was done in which time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Speed {
    /// How much virtual time passed.
    pub virtual_time: Duration,
    /// How many events there were.
    pub events: u64,
    /// How much real time it took.
    pub elapsed: Duration,
}

impl Speed {
    /// Virtual seconds for each real second.
    pub fn virtual_per_real(&self) -> u64 {
        (self.virtual_time.as_micros() / self.elapsed.as_micros().max(1)) as u64
    }

    /// Events for each real second.
    pub fn events_per_second(&self) -> u64 {
        (u128::from(self.events) * 1_000_000 / self.elapsed.as_micros().max(1)) as u64
    }
}

/// Plays seeds `1..=seeds` of a profile with so many nodes, with all checks on.
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

/// Five nodes whose logs hold so many entries already, for so much virtual time: clients write, and a
/// node crashes and starts again every second. All checks are on.
///
/// # Panics
/// If there are more entries than 10^12.
pub fn long_log(entries: u64, time: Duration, clock: Clock<'_>) -> Speed {
    let records = log_of(entries);
    let setup = Setup { snapshot_threshold: u64::MAX, ..Setup::default() };
    let disks = setup.voter_ids().map(|node| (node, records.clone())).collect();
    let mut world = World::new(Setup { disks, ..setup }).expect("the defaults are within bounds");
    let mut checks = Checks::new(&world);
    let mut speed = Speed { virtual_time: time, ..Speed::default() };
    // Reading the logs at the beginning, for the first time, is not what grows with a run.
    let start = clock();
    let mut next_write = Instant(0);
    let mut next_crash = Instant(500_000);
    while world.now() < Instant(0) + time {
        let now = world.now();
        let mut act = |world: &mut World, action: Action| {
            if world.apply(action).is_ok() {
                checks.observe(world, world.events());
                speed.events += world.events().len() as u64;
            }
        };
        if now >= next_write {
            next_write = now + Duration::from_millis(20);
            let operation = Operation::Set { key: "x".into(), value: "1".into() };
            let (client, read) = (ClientId(1), ReadPolicy::Log);
            act(&mut world, Action::Request { client, operation, via: None, read });
        }
        if now >= next_crash {
            next_crash = now + Duration::from_secs(1);
            let follower = world.node_ids().find(|id| Some(*id) != world.leader());
            if let Some(node) = follower {
                act(&mut world, Action::Crash { node, unsynced: Unsynced::Drawn });
                act(&mut world, Action::Restart { node });
            }
        }
        world.step();
        checks.observe(&world, world.events());
        speed.events += world.events().len() as u64;
    }
    speed.elapsed = clock() - start;
    assert!(checks.violation().is_none(), "{:?}", checks.violation());
    speed
}

/// A disk with a log of so many entries, all of one term.
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
