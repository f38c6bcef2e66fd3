//! Entries a second, against the window of unanswered messages and the size of a batch.

use std::time::Duration;

use raft_core::{LogIndex, Settings};
use raft_script::{SettingValue, ValueKind};
use raft_sim::{
    Action, ClientEvent, Driver, EventKind, LinkChange, NodeAction, Random, Setup, World,
};

use crate::availability::{Served, await_service};
use crate::cluster::TrialCluster;
use crate::dial::{Case, Dial};
use crate::dials::{DISK, LATENCY, NODES, SPANS, TIME, by_default};
use crate::disk_latency::DiskLatency;
use crate::experiment::{Description, Drawn, Quantity, fits, no_words};
use crate::trials::{NotMeasured, TrialOutcome};

const WINDOW: Dial = Dial {
    name: "window",
    meaning: "the largest number of unanswered messages to a server",
    default: "1,4,16,64",
    kind: ValueKind::Number { least: 1, most: 10_000 },
};

const BATCH: Dial = Dial {
    name: "batch",
    meaning: "the largest number of entries in a message",
    default: "1,10,100",
    kind: ValueKind::Number { least: 1, most: 10_000 },
};

const BANDWIDTH: Dial = Dial {
    name: "bandwidth",
    meaning: "the bytes a second that each direction of a link carries",
    default: "10MiB/s",
    kind: ValueKind::Bandwidth,
};

const GATHER: Dial = Dial {
    name: "gather",
    meaning: "the longest time for which a server gathers requests into one disk write",
    default: "1ms",
    kind: ValueKind::Duration { least: Duration::ZERO, most: Duration::from_millis(100) },
};

const SIZE: Dial = Dial {
    name: "size",
    meaning: "the size of each value",
    default: "100B",
    kind: ValueKind::Size { most: 64 << 10 },
};

const CLIENTS: Dial = Dial {
    name: "clients",
    meaning: "so many clients write, each its next value when the last one is answered",
    default: "100",
    kind: ValueKind::Number { least: 1, most: 100 },
};

pub(crate) const DESCRIPTION: Description = Description {
    name: "throughput",
    title: "Entries committed in a virtual second, against window and batch",
    method: "Clients write as fast as they get answers. Counted are the entries that the leader \
             commits. Seconds are virtual: the figure says what links, disks and the two limits \
             allow, and nothing of the speed of the program.",
    dials: &[
        WINDOW,
        BATCH,
        BANDWIDTH,
        by_default(&LATENCY, "1ms..2ms"),
        by_default(&DISK, "200us"),
        GATHER,
        SIZE,
        CLIENTS,
        NODES,
        Dial { name: TIME.name, meaning: TIME.meaning, default: "500ms", kind: SPANS },
    ],
    trials: 3,
    quantity: Quantity {
        name: "entries a virtual second",
        unit: "",
        per_unit: 1,
        decimals: 0,
        cap: u64::MAX,
    },
    ratios: &[],
    headings: &[],
    words: no_words,
    drawn: Drawn::Against { dial: WINDOW.name },
    check: fits,
    run,
    notes: &[
        "Seconds are virtual. At most as many entries are under way as there are clients, and each \
         waits for its answer: this bounds the figure, whatever window and batch are.",
        "Each message is a disk write of its receiver, and a disk does one write after the other. \
         With a large window, the leader sends many small messages and the disks are the limit; \
         with a small one, entries wait and share a message. So a larger window can commit less.",
    ],
};

/// The clients find the leader and open their sessions before the count begins.
const WARM_UP: Duration = Duration::from_millis(200);
/// Longer than every trial: nobody retries, and nobody starts an election.
const LONG: Duration = Duration::from_secs(3600);

fn run(case: &Case, seed: u64, number: u64) -> Result<TrialOutcome, NotMeasured> {
    let mut random = Random::for_plan(seed, number);
    let disk: DiskLatency = case.delay(&DISK).into();
    let mut cluster = TrialCluster::new(setup(case, random.next()), |_| disk);
    if let SettingValue::Bandwidth(bandwidth) = case.value(&BANDWIDTH) {
        limit_links(&mut cluster, bandwidth);
    }
    cluster.apply(NodeAction::ForceElection.on(raft_core::NodeId(1)));
    let Served { mut cluster, began, .. } = await_service(cluster)?;
    let size = case.number(&SIZE);
    for client in 1..=case.number(&CLIENTS) {
        cluster.write(client, size);
    }
    let begin = began + WARM_UP;
    let end = begin + case.duration(&TIME);
    write_until(&mut cluster, begin, size);
    let before = committed(&cluster.world);
    write_until(&mut cluster, end, size);
    let entries = committed(&cluster.world).0 - before.0;
    let micros = case.duration(&TIME).as_micros() as u64;
    let rate = (entries * 1_000_000 + micros / 2) / micros;
    Ok(TrialOutcome { values: vec![rate], counts: vec![entries], steps: cluster.world.steps() })
}

fn setup(case: &Case, seed: u64) -> Setup {
    Setup {
        nodes: case.number(&NODES),
        seed,
        link_latency: case.delay(&LATENCY),
        client_timeout: LONG,
        client_patience: LONG,
        driver: Driver { gather: case.duration(&GATHER), ..Driver::default() },
        settings: Settings {
            election_timeout_min: LONG / 2,
            election_timeout_max: LONG,
            max_in_flight: case.number(&WINDOW) as usize,
            max_batch_entries: case.number(&BATCH) as usize,
            snapshot_threshold: u64::MAX,
            ..Settings::default()
        },
        ..Setup::default()
    }
}

fn limit_links(cluster: &mut TrialCluster, bandwidth: Option<u64>) {
    let nodes: Vec<_> = cluster.world.node_ids().collect();
    for from in &nodes {
        for to in nodes.iter().filter(|to| *to != from) {
            let change = LinkChange::Bandwidth(bandwidth);
            cluster.apply(Action::Link { from: *from, to: *to, change });
        }
    }
}

/// Lets time pass. Each client that gets an answer writes again.
fn write_until(cluster: &mut TrialCluster, end: raft_core::Instant, size: u64) {
    while cluster.world.next_step_at().is_some_and(|next| next <= end) {
        cluster.step();
        let answered = |event: &raft_sim::Event| {
            let EventKind::Client { client, event, .. } = &event.kind else { return None };
            matches!(event, ClientEvent::Answered { .. }).then_some(client.0)
        };
        let clients: Vec<u64> = cluster.world.events().iter().filter_map(answered).collect();
        clients.into_iter().for_each(|client| cluster.write(client, size));
    }
}

/// The highest commit index.
fn committed(world: &World) -> LogIndex {
    let cores = world.nodes().filter_map(raft_sim::SimNode::core);
    cores.map(|core| core.status().commit_index).max().unwrap_or_default()
}

#[cfg(test)]
mod tests;
