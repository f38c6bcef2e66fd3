//! Figure 3's properties, and that nothing committed is lost, under random faults: messages
//! delivered in any order, twice, or never; writes completed late, together, or never; crashes and
//! restarts at any moment. `invariants` checks after every input.
//!
//! And liveness after all that: once the faults end, the cluster agrees.

use proptest::prelude::*;

use raft_core::{Input, RoleKind};

use crate::cluster::Cluster;

#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Delivers one message on its way; the number picks it.
    Deliver(usize),
    /// Delivers it, and leaves a copy on its way.
    Repeat(usize),
    Drop(usize),
    /// Delivers so many messages in order, and lets the disks finish after each.
    DeliverInOrder(usize),
    FinishWrites(u64, usize),
    TimeOut(u64),
    Campaign(u64),
    Propose(u64),
    TakeSnapshot(u64),
    Crash(u64, usize),
    Restart(u64),
    Isolate(u64),
    Rejoin(u64),
}

/// Faults and requests; `servers` is how many there are.
pub(crate) fn action(servers: u64) -> impl Strategy<Value = Action> {
    let any = || 0usize..1000;
    let server = move || 0..servers;
    prop_oneof![
        20 => any().prop_map(Action::Deliver),
        3 => any().prop_map(Action::Repeat),
        3 => any().prop_map(Action::Drop),
        12 => (1usize..30).prop_map(Action::DeliverInOrder),
        12 => (server(), 1usize..4).prop_map(|(id, count)| Action::FinishWrites(id, count)),
        6 => server().prop_map(Action::TimeOut),
        2 => server().prop_map(Action::Campaign),
        12 => server().prop_map(Action::Propose),
        3 => server().prop_map(Action::TakeSnapshot),
        3 => (server(), 0usize..3).prop_map(|(id, kept)| Action::Crash(id, kept)),
        5 => server().prop_map(Action::Restart),
        1 => server().prop_map(Action::Isolate),
        3 => server().prop_map(Action::Rejoin),
    ]
}

/// What a run contained, to see that the property tests something.
#[derive(Default, Debug)]
pub(crate) struct Seen {
    pub(crate) terms_led: u64,
    pub(crate) entries_committed: u64,
    pub(crate) snapshots_installed: u64,
    pub(crate) entries_removed: u64,
    pub(crate) crashes: u64,
}

pub(crate) fn perform(cluster: &mut Cluster, action: &Action, seen: &mut Seen) {
    let size = cluster.servers.len() as u64;
    let up = |cluster: &Cluster, id: u64| {
        let id = id % size + 1;
        cluster.server(id).is_up.then_some(id)
    };
    let pick = |cluster: &Cluster, number: usize| {
        (!cluster.network.is_empty()).then(|| number % cluster.network.len())
    };
    match *action {
        Action::Deliver(number) => {
            if let Some(place) = pick(cluster, number) {
                let envelope = cluster.network.remove(place);
                cluster.deliver(envelope);
            }
        }
        Action::Repeat(number) => {
            if let Some(place) = pick(cluster, number) {
                let envelope = cluster.network[place].clone();
                cluster.deliver(envelope);
            }
        }
        Action::Drop(number) => {
            if let Some(place) = pick(cluster, number) {
                cluster.network.remove(place);
            }
        }
        Action::DeliverInOrder(count) => {
            for _ in 0..count {
                if cluster.network.is_empty() {
                    break;
                }
                let envelope = cluster.network.remove(0);
                let to = envelope.to;
                cluster.deliver(envelope);
                if cluster.server(to).is_up {
                    cluster.finish_work(to, usize::MAX);
                }
            }
        }
        Action::FinishWrites(id, count) => {
            if let Some(id) = up(cluster, id) {
                cluster.finish_work(id, count);
            }
        }
        Action::TimeOut(id) => up(cluster, id).into_iter().for_each(|id| cluster.time_out(id)),
        Action::Campaign(id) => {
            if let Some(id) = up(cluster, id) {
                cluster.handle(id, Input::ForceElection);
            }
        }
        Action::Propose(id) => propose_to_leader(cluster, up(cluster, id)),
        Action::TakeSnapshot(id) => {
            up(cluster, id).into_iter().for_each(|id| cluster.take_snapshot(id));
        }
        Action::Crash(id, kept) => {
            if let Some(id) = up(cluster, id) {
                note(cluster, id, seen);
                cluster.server_mut(id).crash_after_writes(kept);
                seen.crashes += 1;
            }
        }
        Action::Restart(id) => {
            let id = id % size + 1;
            if !cluster.server(id).is_up {
                cluster.restart(id);
            }
        }
        Action::Isolate(id) => cluster.isolate(id % size + 1),
        Action::Rejoin(id) => cluster.rejoin(id % size + 1),
    }
}

/// Proposes at a leader if there is one, else at the given server.
fn propose_to_leader(cluster: &mut Cluster, otherwise: Option<u64>) {
    let leads =
        |id: &u64| cluster.server(*id).is_up && cluster.node(*id).role() == RoleKind::Leader;
    if let Some(id) = cluster.ids().find(leads).or(otherwise) {
        cluster.propose(id, "x");
    }
}

/// Counts what a server went through in the life that ends.
pub(crate) fn note(cluster: &Cluster, id: u64, seen: &mut Seen) {
    use raft_core::{CommitTrace, ElectionTrace, ReplicationTrace, SnapshotTrace, Trace};
    for trace in &cluster.server(id).traces {
        let has_won = matches!(trace, Trace::Election(ElectionTrace::BecameLeader { .. }));
        seen.terms_led += u64::from(has_won);
        let is_installed = matches!(trace, Trace::Snapshot(SnapshotTrace::Installed { .. }));
        seen.snapshots_installed += u64::from(is_installed);
        if let Trace::Commit(CommitTrace::Committed { from, to, .. }) = trace {
            seen.entries_committed += to.0 - from.0;
        }
        if let Trace::Replication(ReplicationTrace::Truncated { from, to, .. }) = trace {
            seen.entries_removed += to.index.0 - from.index.0 + 1;
        }
    }
}

/// Ends all faults. Then some server can win, and all agree.
fn recover(cluster: &mut Cluster) {
    for id in cluster.ids() {
        cluster.rejoin(id);
        if !cluster.server(id).is_up {
            cluster.restart(id);
        }
        cluster.server_mut(id).disk_is_slow = false;
        cluster.server_mut(id).files.are_slow = false;
        cluster.finish_work(id, usize::MAX);
        let now = cluster.now;
        cluster.server_mut(id).finish_writes(now);
    }
    cluster.settle();
    let winner = cluster.ids().cycle().take(20).find(|id| {
        if cluster.node(*id).role() == RoleKind::Leader {
            // The server may have been deposed without knowing; its heartbeat shows it.
            cluster.time_out(*id);
        } else {
            cluster.handle(*id, Input::ForceElection);
        }
        cluster.settle();
        cluster.node(*id).role() == RoleKind::Leader
    });
    let leader = winner.expect("somebody can win");
    cluster.propose(leader, "last");
    cluster.settle();
    cluster.heartbeats(leader, 4);
    cluster.assert_converged();
}

fn run(size: u64, slow_disks: bool, actions: &[Action]) -> Seen {
    let mut seen = Seen::default();
    let mut cluster = Cluster::with(size, |config| {
        config.settings.max_in_flight = 3;
        config.settings.max_batch_entries = 2;
        config.settings.snapshot_chunk_bytes = 3;
        config.snapshot_files = config.id.0 % 2 == 0;
    });
    for id in cluster.ids() {
        cluster.server_mut(id).disk_is_slow = slow_disks;
        cluster.server_mut(id).files.are_slow = slow_disks;
    }
    for action in actions {
        perform(&mut cluster, action, &mut seen);
    }
    recover(&mut cluster);
    for id in cluster.ids() {
        note(&cluster, id, &mut seen);
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(600)
    })]

    #[test]
    fn the_properties_of_figure_3_hold_under_random_faults(
        size in 1u64..=5,
        slow_disks in prop::bool::weighted(0.7),
        actions in proptest::collection::vec(action(5), 0..250),
    ) {
        run(size, slow_disks, &actions);
    }
}

/// A property that never sees a truncation or a snapshot proves little: random runs must have them.
#[test]
fn random_runs_contain_what_the_properties_are_about() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let mut total = Seen::default();
    for round in 0..60 {
        let actions = proptest::collection::vec(action(5), 250);
        let actions = actions.new_tree(&mut runner).expect("a strategy without filters").current();
        let seen = run(3 + round % 3, true, &actions);
        total.terms_led += seen.terms_led;
        total.entries_committed += seen.entries_committed;
        total.snapshots_installed += seen.snapshots_installed;
        total.entries_removed += seen.entries_removed;
        total.crashes += seen.crashes;
    }
    assert!(total.terms_led > 100, "{} leaders", total.terms_led);
    assert!(total.entries_committed > 300, "{} entries", total.entries_committed);
    assert!(total.snapshots_installed > 10, "{} snapshots", total.snapshots_installed);
    assert!(total.entries_removed > 10, "{} removed", total.entries_removed);
    assert!(total.crashes > 200, "{} crashes", total.crashes);
}
