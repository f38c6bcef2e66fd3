//! A server that is far behind, over a link with a rate and a latency: how many bytes it takes, and
//! how long, beside what the link needs for the bytes alone.
//!
//! Time is virtual, so every figure is the same on every machine. A link is a queue, as a TCP
//! connection is: a message waits for those before it. Lost messages are drawn.
//!
//! The first transfer that breaks a bound, or never ends, ends the benchmark as a failure.
//! `tests/raft/links.rs` makes a few transfers with every test.

mod cell;
mod world;

use raft_core::{Membership, NodeId};

use crate::Effort;
use crate::driver::Table;
use cell::{Cargo, Cell};

/// In MiB.
const SIZES: [u64; 3] = [1, 16, 64];
/// Bytes per second.
const RATES: [u64; 4] = [100_000, 1_250_000, 12_500_000, 125_000_000];
/// One way, in milliseconds.
const LATENCIES: [u64; 4] = [1, 10, 40, 150];
/// In per cent, of the messages in both directions.
const LOSSES: [u64; 3] = [0, 1, 10];

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
                let cell = Cell { cargo, rate, latency, loss };
                let transfer = cell.transfer(&members, &disk);
                table.row(&[
                    name.clone(),
                    format!("{}", rate as f64 / 1e6),
                    latency.to_string(),
                    loss.to_string(),
                    format!("{:.2}", transfer.bytes),
                    format!("{:.2}", transfer.time),
                    format!("{:.2}", transfer.time * cell.ideal() / 1e6),
                    transfer.elections.to_string(),
                    format!("{}", transfer.longest_silence / 1000),
                ]);
                cell.check(&transfer);
            }
        }
    }
}
