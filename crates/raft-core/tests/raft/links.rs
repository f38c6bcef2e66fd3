//! §7: a few rows of the tables that `cargo bench -p helios-raft-core -- over links` prints. A
//! transfer ends, and within its bounds.

#[path = "../../benches/links/cell.rs"]
mod cell;
#[path = "../../benches/links/world.rs"]
mod world;

use cell::{Cargo, Cell, Transfer};

use crate::builders::membership;

/// Over a link of 1.25 MB/s and 40 ms, of whose messages so many per cent are lost.
fn transfer(cargo: Cargo, loss: u64) -> Transfer {
    let cell = Cell { cargo, rate: 1_250_000, latency: 40, loss };
    let members = membership(3);
    let transfer = cell.transfer(&members, &cargo.disk(&members));
    cell.check(&transfer);
    transfer
}

#[test]
fn a_snapshot_takes_a_link_no_longer_than_its_bytes_need() {
    for mib in [1, 4] {
        let transfer = transfer(Cargo::Snapshot(mib), 0);
        assert!(
            transfer.longest_silence < 150_000,
            "shorter than an election timeout: {transfer:?}"
        );
    }
}

/// Each piece that is lost is sent again, and the link is busy meanwhile.
#[test]
fn a_snapshot_over_a_lossy_link_takes_the_time_of_what_is_sent_again() {
    for (loss, most) in [(1, 1.1), (10, 1.3)] {
        let transfer = transfer(Cargo::Snapshot(1), loss);
        assert!(transfer.bytes <= most && transfer.time <= most, "{loss} %: {transfer:?}");
    }
}

/// One message is sent again for each that is lost: a round trip each.
#[test]
fn entries_over_a_lossy_link_arrive() {
    for (loss, most) in [(0, 1.25), (10, 2.5)] {
        let transfer = transfer(Cargo::Entries(10_000), loss);
        assert!(transfer.time <= most, "{loss} %: {transfer:?}");
    }
}
