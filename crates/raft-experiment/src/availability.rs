//! The share of time in which a write would be answered, while a leader crashes every so often.

use std::time::Duration;

use raft_core::{Instant, NodeId, Settings};
use raft_sim::{NodeAction, Random, Setup, Unsynced};

use crate::cluster::{NoStableLeader, TrialCluster};
use crate::dial::{Case, Dial};
use crate::dials::{
    CHECK_QUORUM, DISK, ELECTION, LATENCY, NODES, PRE_VOTE, SPANS, TIME, by_default,
};
use crate::disk_latency::DiskLatency;
use crate::experiment::{Description, Drawn, Quantity, Ratio, fits, no_words};
use crate::service::ServiceWatch;
use crate::trials::{NotMeasured, TrialOutcome};

const EVERY: Dial = Dial {
    name: "every",
    meaning: "a leader crashes every so often, at a random moment of its heartbeat interval",
    default: "10s",
    kind: SPANS,
};

const DOWN: Dial = Dial {
    name: "down",
    meaning: "the time until a crashed server starts again",
    default: "1s",
    kind: SPANS,
};

pub(crate) const DESCRIPTION: Description = Description {
    name: "availability",
    title: "Time without service while a leader crashes every so often",
    method: "A write would be answered while a leader has committed an entry of its term and \
             reaches a majority. Each time without that is one value. Availability is the rest of \
             the virtual time.",
    dials: &[
        EVERY,
        DOWN,
        by_default(&ELECTION, "150ms..300ms,300ms..600ms,1s..2s"),
        LATENCY,
        DISK,
        NODES,
        PRE_VOTE,
        CHECK_QUORUM,
        TIME,
    ],
    trials: 20,
    quantity: Quantity {
        name: "time without service",
        unit: "ms",
        per_unit: 1000,
        decimals: 1,
        cap: u64::MAX,
    },
    ratios: &[
        Ratio { name: "available", unit: "%", of: 0, per: 1, times: 100.0 },
        Ratio { name: "crashes per minute", unit: "", of: 2, per: 1, times: 60_000_000.0 },
        Ratio { name: "gaps per minute", unit: "", of: 3, per: 1, times: 60_000_000.0 },
    ],
    headings: &[],
    words: no_words,
    drawn: Drawn::Cumulative { is_logarithmic: true },
    check: fits,
    run,
    notes: &["All times are virtual. A crash that no leader was there for is left out."],
};

/// The most steps until a first leader serves.
pub(crate) const MOST_STEPS: u64 = 100_000;

/// A cluster whose leader serves, and the watch over it.
pub(crate) struct Served {
    pub(crate) cluster: TrialCluster,
    pub(crate) watch: ServiceWatch,
    pub(crate) began: Instant,
}

/// The set-up of a case that has the dials of a cluster.
pub(crate) fn setup_of(case: &Case, seed: u64) -> Setup {
    let election = case.delay(&ELECTION);
    let check_quorum = case.is_on(&CHECK_QUORUM);
    Setup {
        nodes: case.number(&NODES),
        seed,
        link_latency: case.delay(&LATENCY),
        settings: Settings {
            heartbeat_interval: election.min / 2,
            election_timeout_min: election.min,
            election_timeout_max: election.max,
            pre_vote: case.is_on(&PRE_VOTE),
            check_quorum,
            lease_reads: check_quorum,
            ..Settings::default()
        },
        ..Setup::default()
    }
}

/// Waits for a leader that serves.
///
/// # Errors
/// There is none after [`MOST_STEPS`].
pub(crate) fn await_service(mut cluster: TrialCluster) -> Result<Served, NoStableLeader> {
    let mut watch = ServiceWatch::new();
    while !watch.is_served() {
        if cluster.world.steps() >= MOST_STEPS {
            return Err(NoStableLeader);
        }
        cluster.step();
        watch.look(&cluster.world);
    }
    let began = cluster.world.now();
    watch.begin(began);
    Ok(Served { cluster, watch, began })
}

fn run(case: &Case, seed: u64, number: u64) -> Result<TrialOutcome, NotMeasured> {
    let mut random = Random::for_plan(seed, number);
    let disk: DiskLatency = case.delay(&DISK).into();
    let cluster = TrialCluster::new(setup_of(case, random.next()), |_| disk);
    let Served { mut cluster, mut watch, began } = await_service(cluster)?;
    let (every, end) = (case.duration(&EVERY), began + case.duration(&TIME));
    let interval = cluster.world.setup().settings.heartbeat_interval;
    let (mut crashes, mut restarts) = (0, Vec::new());
    let mut ticks = 1_u32;
    loop {
        let jitter = Duration::from_micros(random.up_to(interval.as_micros() as u64));
        let crash_at = began + every * ticks + jitter;
        ticks += 1;
        restart_until(&mut cluster, &mut watch, &mut restarts, crash_at.min(end));
        if crash_at > end {
            break;
        }
        cluster.run_until(crash_at, |world| watch.look(world));
        let Some(leader) = cluster.world.leader() else { continue };
        crashes += 1;
        cluster.apply(NodeAction::Crash { unsynced: Unsynced::Lost }.on(leader));
        watch.look(&cluster.world);
        restarts.push((crash_at + case.duration(&DOWN), leader));
    }
    cluster.run_until(end, |world| watch.look(world));
    let gaps = watch.gaps(end);
    let micros = |time: Duration| time.as_micros() as u64;
    let (all, without) = (micros(end - began), gaps.iter().copied().map(micros).sum::<u64>());
    Ok(TrialOutcome {
        counts: vec![all - without, all, crashes, gaps.len() as u64],
        values: gaps.into_iter().map(micros).collect(),
        steps: cluster.world.steps(),
    })
}

/// Starts the crashed servers whose time comes until `until`, in order.
fn restart_until(
    cluster: &mut TrialCluster,
    watch: &mut ServiceWatch,
    restarts: &mut Vec<(Instant, NodeId)>,
    until: Instant,
) {
    while let Some((at, node)) = restarts.first().copied().filter(|(at, _)| *at <= until) {
        restarts.remove(0);
        cluster.run_until(at, |world| watch.look(world));
        cluster.apply(NodeAction::Restart.on(node));
        watch.look(&cluster.world);
    }
}

impl From<NoStableLeader> for NotMeasured {
    fn from(error: NoStableLeader) -> Self {
        Self { case: String::new(), why: error.to_string() }
    }
}

#[cfg(test)]
mod tests;
