use raft_sim::{NodeAction, Unsynced};

use super::*;

fn cluster(seed: u64) -> TrialCluster {
    let setup = Setup { nodes: 5, seed, ..Setup::default() };
    TrialCluster::new(setup, |_| DelayRange::millis(2, 5).into())
}

/// Elects leaders one after the other, and calls `look` after each step.
fn elect(cluster: &mut TrialCluster, elections: usize, mut look: impl FnMut(&World)) {
    for _ in 0..elections {
        while cluster.world.leader().is_none() {
            cluster.step();
            look(&cluster.world);
        }
        let leader = cluster.world.leader().unwrap();
        cluster.apply(NodeAction::Crash { unsynced: Unsynced::Lost }.on(leader));
        cluster.apply(NodeAction::Restart.on(leader));
    }
}

#[test]
fn each_write_of_a_server_takes_a_time_of_its_own() {
    let mut times = Vec::new();
    elect(&mut cluster(9), 5, |world| {
        for event in world.events() {
            if let EventKind::Disk { node, event: DiskEvent::WriteIssued { .. } } = event.kind {
                let write = world.node(node).unwrap().disk().pending().last().unwrap();
                times.push(write.done_at - write.issued_at);
            }
        }
    });
    let all = times.len();
    times.sort_unstable();
    times.dedup();
    assert!(all >= 20 && times.len() + 1 >= all, "{all}: {times:?}");
}

/// The mean time from a vote for another server to the answer that leaves the voter.
fn mean_vote(vote_writes: u64) -> Duration {
    let mut voted = std::collections::BTreeMap::new();
    let mut times = Vec::new();
    let mut cluster = cluster(3).with_vote_writes(vote_writes);
    elect(&mut cluster, 60, |world| {
        for node in world.node_ids() {
            if world.events().iter().any(|event| has_voted(event, node)) {
                voted.insert(node, world.now());
            }
        }
        for event in world.events() {
            if let EventKind::Disk { node, event: DiskEvent::WriteDurable { .. } } = &event.kind {
                times.extend(voted.remove(node).map(|at| world.now() - at));
            }
        }
    });
    times.iter().sum::<Duration>() / times.len() as u32
}

#[test]
fn a_vote_in_two_writes_takes_the_time_of_two_writes() {
    let (one, two) = (mean_vote(1), mean_vote(2));
    let millis = Duration::from_millis;
    assert!((millis(4)..millis(7)).contains(&one), "{one:?}");
    assert!((millis(8)..millis(13)).contains(&two), "{two:?}");
}
