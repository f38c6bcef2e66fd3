//! Elections, terms and the time without service while a link flaps, with and without pre-vote.

use std::time::Duration;

use raft_core::{ElectionTrace, NodeId, Term, Trace};
use raft_script::ValueKind;
use raft_sim::{Action, EventKind, LinkChange, NetworkAction, Random, World};

use crate::availability::{Served, await_service, setup_of};
use crate::cluster::TrialCluster;
use crate::dial::{Case, Dial};
use crate::dials::{
    CHECK_QUORUM, DISK, ELECTION, LATENCY, NODES, PRE_VOTE, TIME, TIMEOUTS, by_default,
};
use crate::disk_latency::DiskLatency;
use crate::experiment::{Description, Drawn, Quantity, Ratio, fits, no_words};
use crate::trials::{NotMeasured, TrialOutcome};

const CUT: Dial = Dial {
    name: "cut",
    meaning: "all: the last server loses all its links; leader: only the link to the leader",
    default: "all",
    kind: ValueKind::Word(&["all", "leader"]),
};

const UP: Dial = Dial {
    name: "up",
    meaning: "how long the link works between two cuts, drawn uniformly",
    default: "500ms..2s",
    kind: TIMEOUTS,
};

const CUT_TIME: Dial = Dial {
    name: "cut-time",
    meaning: "how long a cut lasts, drawn uniformly",
    default: "300ms..1s",
    kind: TIMEOUTS,
};

pub(crate) const DESCRIPTION: Description = Description {
    name: "pre-vote",
    title: "Time without service while a link flaps, with pre-vote on and off",
    method: "The links of the last server are cut and restored again and again. A value is the \
             time of a trial in which no write would be answered, per minute. Terms are those that \
             servers entered, elections those that servers started.",
    dials: &[
        by_default(&PRE_VOTE, "on,off"),
        CHECK_QUORUM,
        CUT,
        UP,
        CUT_TIME,
        ELECTION,
        LATENCY,
        DISK,
        NODES,
        TIME,
    ],
    trials: 40,
    quantity: Quantity {
        name: "time without service per minute",
        unit: "ms",
        per_unit: 1000,
        decimals: 1,
        cap: u64::MAX,
    },
    ratios: &[
        Ratio { name: "elections per minute", unit: "", of: 1, per: 0, times: MINUTE },
        Ratio { name: "terms per minute", unit: "", of: 2, per: 0, times: MINUTE },
        Ratio { name: "cuts per minute", unit: "", of: 3, per: 0, times: MINUTE },
    ],
    headings: &[],
    words: no_words,
    drawn: Drawn::Cumulative { is_logarithmic: false },
    check: fits,
    run,
    notes: &["All times are virtual."],
};

/// In µs.
const MINUTE: f64 = 60_000_000.0;

fn run(case: &Case, seed: u64, number: u64) -> Result<TrialOutcome, NotMeasured> {
    let mut random = Random::for_plan(seed, number);
    let disk: DiskLatency = case.delay(&DISK).into();
    let cluster = TrialCluster::new(setup_of(case, random.next()), |_| disk);
    let Served { mut cluster, mut watch, began } = await_service(cluster)?;
    let (end, first_term) = (began + case.duration(&TIME), latest_term(&cluster.world));
    let (mut elections, mut cuts) = (0, 0);
    let mut look = |world: &World| {
        watch.look(world);
        elections += world.events().iter().filter(|event| starts_election(event)).count() as u64;
    };
    loop {
        let cut_at = cluster.world.now() + random.delay(case.delay(&UP));
        let heal_at = cut_at + random.delay(case.delay(&CUT_TIME));
        cluster.run_until(cut_at.min(end), &mut look);
        if cut_at > end {
            break;
        }
        cuts += 1;
        cut(&mut cluster, case.is_word(&CUT, "leader"));
        look(&cluster.world);
        cluster.run_until(heal_at.min(end), &mut look);
        if heal_at > end {
            break;
        }
        cluster.apply(NetworkAction::Heal.into());
        look(&cluster.world);
    }
    let terms = latest_term(&cluster.world).0 - first_term.0;
    let without: Duration = watch.gaps(end).iter().sum();
    let all = (end - began).as_micros() as u64;
    let per_minute = without.as_micros() as u64 * 60_000_000 / all;
    Ok(TrialOutcome {
        values: vec![per_minute],
        counts: vec![all, elections, terms, cuts],
        steps: cluster.world.steps(),
    })
}

/// Cuts the last server off: from all others, or from the leader. If it leads itself, from the
/// first server.
fn cut(cluster: &mut TrialCluster, only_from_leader: bool) {
    let last = NodeId(cluster.world.node_ids().len() as u64);
    if !only_from_leader {
        return cluster.apply(NetworkAction::Partition { groups: vec![vec![last]] }.into());
    }
    let leader = cluster.world.leader().filter(|leader| *leader != last).unwrap_or(NodeId(1));
    for (from, to) in [(last, leader), (leader, last)] {
        cluster.apply(Action::Link { from, to, change: LinkChange::Cut });
    }
}

fn latest_term(world: &World) -> Term {
    let cores = world.nodes().filter_map(raft_sim::SimNode::core);
    cores.map(raft_core::Node::current_term).max().unwrap_or_default()
}

fn starts_election(event: &raft_sim::Event) -> bool {
    let EventKind::Core { trace: Trace::Election(trace), .. } = &event.kind else { return false };
    matches!(trace, ElectionTrace::Started { .. })
}

#[cfg(test)]
mod tests;
