//! The time from a request's arrival at the leader until its entry is committed, by the size of the
//! quorum and the disks in it.

use std::time::Duration;

use raft_core::{CommitTrace, Instant, NodeId, Settings, Trace};
use raft_script::ValueKind;
use raft_sim::{ClientEvent, EventKind, NodeAction, Random, Setup, World};

use crate::availability::{Served, await_service};
use crate::cluster::{NoStableLeader, TrialCluster};
use crate::dial::{Case, Dial, DialError};
use crate::dials::{DISK, LATENCY, NODES, SHORT_DELAYS, by_default};
use crate::disk_latency::DiskLatency;
use crate::experiment::{Description, Drawn, Quantity};
use crate::trials::{NotMeasured, TrialOutcome};

const SLOW: Dial = Dial {
    name: "slow",
    meaning: "so many servers have a slow disk, the leader last of all",
    default: "0,1,2,3",
    kind: ValueKind::Number { least: 0, most: 9 },
};

const SLOW_DISK: Dial = Dial {
    name: "slow-disk",
    meaning: "the time of a write of a slow disk: the shortest and the mean",
    default: "20ms..40ms",
    kind: SHORT_DELAYS,
};

const WRITES: Dial = Dial {
    name: "writes",
    meaning: "the number of commands in a trial, one after the other",
    default: "20",
    kind: ValueKind::Number { least: 1, most: 1000 },
};

pub(crate) const DESCRIPTION: Description = Description {
    name: "commit-latency",
    title: "Time until an entry is committed, by quorum and slowest disk",
    method: "A leader gets one command after the other. The time is from the arrival of the \
             request at the leader to the advance of its commit index: the way of the request and \
             of the answer is not in it. The leader writes its disk in parallel with the others.",
    dials: &[by_default(&NODES, "3,5"), SLOW, SLOW_DISK, DISK, LATENCY, WRITES],
    trials: 50,
    quantity: Quantity {
        name: "time until committed",
        unit: "ms",
        per_unit: 1000,
        decimals: 1,
        cap: u64::MAX,
    },
    ratios: &[],
    headings: &["quorum", "slow disks in each quorum"],
    words: |case| {
        let (quorum, slow) = slow_in_quorum(case);
        vec![quorum.to_string(), slow.to_string()]
    },
    drawn: Drawn::Cumulative { is_logarithmic: true },
    check,
    run,
    notes: &["All times are virtual."],
};

/// Long enough for every disk and link that the dials allow.
const ELECTION: Duration = Duration::from_secs(20);
/// The most steps of a trial.
const MOST_STEPS: u64 = 1_000_000;

/// The size of a quorum, and the number of slow disks that no quorum can do without.
fn slow_in_quorum(case: &Case) -> (u64, u64) {
    let (nodes, slow) = (case.number(&NODES), case.number(&SLOW));
    let quorum = nodes / 2 + 1;
    (quorum, quorum.saturating_sub(nodes - slow))
}

fn check(case: &Case) -> Result<(), DialError> {
    let (nodes, slow) = (case.number(&NODES), case.number(&SLOW));
    if slow <= nodes {
        return Ok(());
    }
    let why = format!("{slow} slow disks, and only {nodes} servers: name fewer");
    Err(DialError::Misfit { dial: SLOW.name, why })
}

fn run(case: &Case, seed: u64, number: u64) -> Result<TrialOutcome, NotMeasured> {
    let mut random = Random::for_plan(seed, number);
    let setup = Setup {
        nodes: case.number(&NODES),
        seed: random.next(),
        link_latency: case.delay(&LATENCY),
        client_timeout: Duration::from_secs(3600),
        client_patience: Duration::from_secs(3600),
        settings: Settings {
            election_timeout_min: ELECTION,
            election_timeout_max: 2 * ELECTION,
            ..Settings::default()
        },
        ..Setup::default()
    };
    let (fast, slow) = (case.delay(&DISK).into(), case.delay(&SLOW_DISK).into());
    let first_slow = case.number(&NODES) - case.number(&SLOW) + 1;
    let disk = |node: NodeId| -> DiskLatency { if node.0 >= first_slow { slow } else { fast } };
    let mut cluster = TrialCluster::new(setup, disk);
    // The first server has a slow disk only if all have.
    cluster.apply(NodeAction::ForceElection.on(NodeId(1)));
    let Served { mut cluster, began, .. } = await_service(cluster)?;
    let mut values = Vec::new();
    let mut next = began;
    for _ in 0..case.number(&WRITES) {
        // Writes begin at random moments between heartbeats, not in step with them.
        next = next + Duration::from_micros(random.up_to(100_000));
        cluster.run_until(next, |_| {});
        values.push(time_one_write(&mut cluster)?.as_micros() as u64);
        next = cluster.world.now();
    }
    let counts = vec![values.len() as u64];
    Ok(TrialOutcome { values, counts, steps: cluster.world.steps() })
}

/// The time from the arrival of a client's command at the leader until it is committed.
fn time_one_write(cluster: &mut TrialCluster) -> Result<Duration, NoStableLeader> {
    cluster.write(1, 1);
    let (mut arrived, mut committed) = (None, None);
    while !cluster.world.is_idle() {
        if cluster.world.steps() >= MOST_STEPS {
            return Err(NoStableLeader);
        }
        cluster.step();
        arrived = arrived.or(arrival(&cluster.world));
        committed = committed.or(arrived.and_then(|_| commit(&cluster.world)));
    }
    arrived.zip(committed).map(|(arrived, committed)| committed - arrived).ok_or(NoStableLeader)
}

fn arrival(world: &World) -> Option<Instant> {
    let arrives = |event: &&raft_sim::Event| {
        matches!(event.kind, EventKind::Client { event: ClientEvent::Arrived { .. }, .. })
    };
    world.events().iter().find(arrives).map(|event| event.at)
}

fn commit(world: &World) -> Option<Instant> {
    let commits = |event: &&raft_sim::Event| {
        matches!(
            &event.kind,
            EventKind::Core { trace: Trace::Commit(CommitTrace::Committed { .. }), .. }
        )
    };
    world.events().iter().find(commits).map(|event| event.at)
}

#[cfg(test)]
mod tests;
