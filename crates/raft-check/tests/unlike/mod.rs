//! Nodes whose settings differ, from the beginning and from restarts on.

use std::time::Duration;

use raft_core::{NodeId, Settings};
use raft_sim::{Action, NodeState, SettingChange, Setup};

use crate::act;
use crate::storm::{Disks, Storm};

/// Settings that a seed draws for one node.
fn drawn(seed: u64) -> Settings {
    let at = |place: u64| (seed / place % 3) as usize;
    let min = Duration::from_millis([150, 250, 400][at(1)]);
    Settings {
        election_timeout_min: min,
        election_timeout_max: min * [1, 2, 3][at(3)],
        trailing_entries: [0, 3, 50][at(9)],
        snapshot_threshold: [5, 20, 10_000][at(27)],
        max_in_flight_bytes: [1, 200, 1 << 20][at(81)],
        max_batch_bytes: [1, 40, 1 << 20][at(2)],
        max_uncommitted_bytes: [300, 2_000, 1 << 20][at(6)],
        max_pending_requests: [20, 50, 10_000][at(18)],
        ..Storm::setup(5, seed).settings
    }
}

fn setup(nodes: u64, seed: u64) -> Setup {
    let mut setup = Storm::setup(nodes, seed);
    // One more, which may join later.
    for node in 1..=nodes + 1 {
        setup.node_settings.insert(NodeId(node), drawn(seed * 31 + node * 7));
    }
    setup
}

/// Also when settings change at restarts. Leases that no voter upholds are suspended, and all other
/// properties are demanded.
#[test]
fn storms_of_unlike_nodes_break_nothing() {
    let (first, end) = crate::seeds(8_000, 8_100);
    let mut suspended = 0;
    for seed in first..end {
        let disks = [Disks::Sound, Disks::Failing][seed as usize % 2];
        let mut storm = Storm::with(setup(2 + seed % 4, seed)).on(disks);
        for round in 0..8 {
            storm = storm.run(1_000_000);
            assert_eq!(storm.checks.violation(), None, "seed={seed} round={round}");
            let down = storm.world.nodes().find(|node| node.state() == NodeState::Crashed);
            let Some(node) = down.filter(|node| node.can_start().is_ok()) else { continue };
            let (node, to) = (node.id(), drawn(seed * 13 + round));
            let changes = SettingChange::between(node_settings(&storm, node), &to);
            act(&mut storm.world, &mut storm.checks, Action::Reconfigure { node, changes });
        }
        suspended += u64::from(storm.checks.results().any(|result| result.suspension.is_some()));
    }
    assert!(suspended > (end - first) / 2, "{suspended}");
}

fn node_settings(storm: &Storm, node: NodeId) -> &Settings {
    storm.world.node(node).expect("it is down").settings()
}
