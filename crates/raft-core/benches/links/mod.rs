//! A server that is far behind, over a link with a rate and a latency: how many bytes it takes, and
//! how long, beside what the link needs for the bytes alone.
//!
//! Time is virtual, so every figure is the same on every machine. A link is a queue, as a TCP
//! connection is: a message waits for those before it. Lost messages are drawn.

mod world;

use raft_core::{
    Bytes, Entry, HardState, LogIndex, Membership, NodeId, Payload, Recovered, Snapshot, Term,
};

use crate::Effort;
use crate::driver::Table;
use world::{Link, World};

/// Bytes of an entry's command.
const COMMAND: usize = 128;
/// No cell takes longer: 50 × the ideal, and a minute.
const PATIENCE: u64 = 50;

/// In MiB.
const SIZES: [u64; 3] = [1, 16, 64];
/// Bytes per second.
const RATES: [u64; 4] = [100_000, 1_250_000, 12_500_000, 125_000_000];
/// One way, in milliseconds.
const LATENCIES: [u64; 4] = [1, 10, 40, 150];
/// In per cent, of the messages in both directions.
const LOSSES: [u64; 3] = [0, 1, 10];

/// What the link carries to the server that is behind.
#[derive(Clone, Copy, Debug)]
enum Cargo {
    /// A snapshot of so many MiB.
    Snapshot(u64),
    /// So many entries.
    Entries(u64),
}

impl Cargo {
    fn bytes(self) -> u64 {
        match self {
            Self::Snapshot(mib) => mib << 20,
            Self::Entries(count) => count * (world::ENTRY_BYTES + COMMAND as u64),
        }
    }

    /// The disks of servers 1 and 3, which server 2 lacks.
    fn disk(self, members: &Membership) -> Recovered {
        let hard_state = HardState { current_term: Term(1), voted_for: None };
        let bootstrap = Some(members.clone());
        match self {
            Self::Snapshot(mib) => Recovered {
                bootstrap,
                hard_state,
                snapshot: Some(Snapshot {
                    last_included_index: LogIndex(1000),
                    last_included_term: Term(1),
                    membership: members.clone(),
                    data: Bytes::from(vec![1; (mib << 20) as usize]).into(),
                }),
                ..Recovered::default()
            },
            Self::Entries(count) => {
                let payload = Payload::Command(Bytes::from(vec![1; COMMAND]));
                let entry = |index| Entry {
                    index: LogIndex(index),
                    term: Term(1),
                    payload: payload.clone(),
                };
                let entries = (1..=count).map(entry).collect();
                Recovered { bootstrap, hard_state, entries, ..Recovered::default() }
            }
        }
    }
}

/// Snapshots over links.
pub(crate) fn snapshots(effort: Effort) {
    let sizes = match effort {
        Effort::Smoke => &SIZES[..1],
        Effort::Quick | Effort::Full => &SIZES[..],
    };
    table(sizes.iter().map(|mib| (format!("{mib} MiB"), Cargo::Snapshot(*mib))).collect());
}

/// Entries over links.
pub(crate) fn entries(effort: Effort) {
    let count = effort.scale(100_000);
    table(vec![(format!("{count} entries"), Cargo::Entries(count))]);
}

fn table(cargoes: Vec<(String, Cargo)>) {
    let columns = [
        "cargo",
        "MB/s",
        "ms",
        "loss %",
        "bytes ×",
        "time ×",
        "seconds",
        "elections",
        "silence ms",
    ];
    let table = Table::new(&columns);
    for (name, cargo) in cargoes {
        let members = Membership::new([NodeId(1), NodeId(2), NodeId(3)]);
        let disk = cargo.disk(&members);
        for (rate, latency) in RATES.into_iter().flat_map(|r| LATENCIES.map(|l| (r, l))) {
            for loss in LOSSES {
                let link = Link::new(rate, latency * 1000, loss);
                let ideal = cargo.bytes() as f64 / rate as f64 * 1e6 + (latency * 1000) as f64;
                let mut world = World::new(&members, &disk, link);
                let limit = ideal as u64 * PATIENCE + 60_000_000;
                let Some(took) = world.run(limit) else {
                    println!(
                        "{name} {rate} {latency} {loss} NEVER bytes {} elections {}",
                        world.sent_bytes, world.elections
                    );
                    continue;
                };
                table.row(&[
                    name.clone(),
                    format!("{}", rate as f64 / 1e6),
                    latency.to_string(),
                    loss.to_string(),
                    format!("{:.2}", world.sent_bytes as f64 / cargo.bytes() as f64),
                    format!("{:.2}", took as f64 / ideal),
                    format!("{:.2}", took as f64 / 1e6),
                    world.elections.to_string(),
                    format!("{}", world.longest_silence / 1000),
                ]);
                check((rate, latency, loss), &world, took as f64 / ideal, cargo);
            }
        }
    }
}

/// Where nothing is lost, a link is not flooded, and a leader that sends a snapshot stays. Entries
/// are not sent in messages that suit a slow link: a long one may take it an election timeout.
/// Where something is lost, only that is sent again.
fn check((rate, latency, loss): (u64, u64, u64), world: &World, time: f64, cargo: Cargo) {
    let bytes = cargo.bytes();
    let most = if loss < 10 { bytes + bytes / 10 } else { 2 * bytes };
    assert!(world.sent_bytes <= most, "{} bytes", world.sent_bytes);
    if loss > 0 {
        return;
    }
    match cargo {
        Cargo::Snapshot(_) => {
            assert!(time <= 1.25, "{time} times the ideal");
            assert_eq!(world.elections, 0, "there was an election");
        }
        // As far as the window fills the link: 64 messages of 100 entries.
        Cargo::Entries(_) if rate * 2 * latency / 1000 <= 1_000_000 => {
            assert!(time <= 1.25, "{time} times the ideal");
        }
        Cargo::Entries(_) => {}
    }
}
