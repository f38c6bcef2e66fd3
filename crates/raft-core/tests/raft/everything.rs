//! The same as `safety`, with everything on: pre-vote, check-quorum, leases, membership changes
//! that bring in servers which know of no cluster, transfers, reads on every server, forwarding.
//! Time passes, and every clock has its own speed, within the bound.
//!
//! Beside `invariants`: a read sees all that was committed anywhere when it was asked for, and each
//! state machine shows what its client is told.
//!
//! And liveness: once the faults end, the timers alone bring forth a leader, joint memberships end,
//! and the members agree.

use std::time::Duration;

use proptest::prelude::*;

use raft_core::{
    Config, Input, MembershipChange, MembershipTrace, NodeId, Outcome, ReadMode, ReadTrace,
    RoleKind, Trace, TransferTrace,
};

use crate::cluster::Cluster;
use crate::safety::{self, Seen, perform};

#[derive(Clone, Debug)]
enum Action {
    Basic(safety::Action),
    /// Milliseconds; timers elapse when they are due, messages wait.
    Pass(u64),
    /// Milliseconds; messages arrive at once.
    Live(u64),
    /// The disks finish, what is on its way arrives, and so on until all is quiet.
    Serve,
    Read(u64, ReadMode),
    Transfer(u64, u64),
    Change(u64, MembershipChange),
    ForgetLeader(u64),
    /// Cuts the leader off and gives it commands that only it will hold.
    Strand,
    Cut(u64, u64),
    CutOneWay(u64, u64),
    Heal,
}

/// Servers 1 to 5 start the cluster, 6 and 7 know of none.
const FOUNDERS: u64 = 5;
const SERVERS: u64 = 7;

fn change() -> impl Strategy<Value = MembershipChange> {
    let node = || (1..=SERVERS).prop_map(NodeId);
    prop_oneof![
        2 => node().prop_map(MembershipChange::AddLearner),
        6 => node().prop_map(MembershipChange::AddVoter),
        3 => node().prop_map(MembershipChange::Promote),
        2 => node().prop_map(MembershipChange::Demote),
        5 => node().prop_map(MembershipChange::Remove),
        5 => (node(), node()).prop_map(|(old, new)| MembershipChange::Replace { old, new }),
        4 => proptest::collection::vec(node(), 1..6).prop_map(MembershipChange::SetVoters),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let server = || 0..SERVERS;
    let mode = prop_oneof![Just(ReadMode::Quorum), Just(ReadMode::Lease)];
    prop_oneof![
        60 => safety::action(SERVERS).prop_map(Action::Basic),
        8 => (1u64..120).prop_map(Action::Pass),
        14 => (1u64..400).prop_map(Action::Live),
        12 => Just(Action::Serve),
        12 => (server(), mode).prop_map(|(id, mode)| Action::Read(id, mode)),
        3 => (server(), 1..=SERVERS).prop_map(|(id, to)| Action::Transfer(id, to)),
        8 => (server(), change()).prop_map(|(id, change)| Action::Change(id, change)),
        1 => server().prop_map(Action::ForgetLeader),
        2 => Just(Action::Strand),
        1 => (1..=SERVERS, 1..=SERVERS).prop_map(|(one, other)| Action::Cut(one, other)),
        1 => (1..=SERVERS, 1..=SERVERS).prop_map(|(from, to)| Action::CutOneWay(from, to)),
        5 => Just(Action::Heal),
    ]
}

/// What the servers of a run share.
#[derive(Clone, Debug)]
struct Setup {
    founders: u64,
    slow_disks: bool,
    lease_reads: bool,
    forward: bool,
    /// In millionths, for each server.
    drift: Vec<i64>,
}

fn setup() -> impl Strategy<Value = Setup> {
    let drift = proptest::collection::vec(-50_000i64..=50_000, SERVERS as usize);
    let switches = (prop::bool::weighted(0.7), prop::bool::weighted(0.7), any::<bool>(), drift);
    (1..=FOUNDERS, switches).prop_map(|(founders, (slow_disks, lease_reads, forward, drift))| {
        Setup { founders, slow_disks, lease_reads, forward, drift }
    })
}

impl Setup {
    fn cluster(&self) -> Cluster {
        let settings = |config: &mut Config| {
            config.settings.lease_reads = self.lease_reads;
            config.settings.forward_proposals = self.forward;
            config.settings.max_in_flight = 3;
            config.settings.max_batch_entries = 2;
            config.settings.snapshot_chunk_bytes = 3;
            config.settings.max_in_flight_bytes = 5;
            config.settings.max_pending_requests = 20;
            config.settings.max_uncommitted_bytes = 1000;
        };
        let mut cluster = Cluster::joining(self.founders, SERVERS - self.founders, settings);
        cluster.drift.clone_from(&self.drift);
        for id in cluster.ids() {
            cluster.server_mut(id).disk_is_slow = self.slow_disks;
        }
        cluster
    }
}

/// What a run contained beside what `safety` counts.
#[derive(Default, Debug)]
struct Had {
    basic: Seen,
    readable: u64,
    readable_on_followers: u64,
    by_lease: u64,
    transfers: u64,
    joint: u64,
    changes: u64,
    rolled_back: u64,
}

/// The leader, mostly: what others are asked they refuse. Every fourth goes to any server.
fn leader_or(cluster: &Cluster, id: u64) -> Option<u64> {
    let id = match cluster.leader() {
        Some(leader) if !id.is_multiple_of(4) => leader,
        _ => id + 1,
    };
    cluster.server(id).is_up.then_some(id)
}

fn act(cluster: &mut Cluster, action: &Action, had: &mut Had) {
    match action {
        Action::Basic(action) => {
            if let safety::Action::Crash(id, _) = action {
                let id = id % SERVERS + 1;
                if cluster.server(id).is_up {
                    count(cluster, id, had);
                }
            }
            perform(cluster, action, &mut had.basic);
        }
        Action::Pass(ms) => cluster.pass(Duration::from_millis(*ms)),
        Action::Live(ms) => cluster.live(Duration::from_millis(*ms)),
        Action::Serve => serve(cluster),
        Action::Read(id, mode) => {
            if cluster.server(id + 1).is_up {
                cluster.read(id + 1, *mode);
            }
        }
        Action::Transfer(id, to) => {
            if let Some(id) = leader_or(cluster, *id) {
                cluster.transfer(id, *to);
            }
        }
        Action::Change(id, change) => {
            if let Some(id) = leader_or(cluster, *id) {
                cluster.change(id, change.clone());
            }
        }
        Action::ForgetLeader(id) => {
            if cluster.server(id + 1).is_up {
                cluster.handle(id + 1, Input::ForgetLeader);
            }
        }
        Action::Strand => {
            if let Some(leader) = cluster.leader() {
                cluster.isolate(leader);
                cluster.propose(leader, "y");
                cluster.propose(leader, "z");
            }
        }
        Action::Cut(one, other) => cluster.cut(*one, *other),
        Action::CutOneWay(from, to) => cluster.cut_one_way(*from, *to),
        Action::Heal => cluster.heal(),
    }
}

fn serve(cluster: &mut Cluster) {
    for _ in 0..20 {
        for id in cluster.ids().filter(|id| cluster.server(*id).is_up).collect::<Vec<_>>() {
            cluster.finish_together(id, usize::MAX);
        }
        if cluster.network.is_empty() {
            return;
        }
        cluster.settle();
    }
}

/// Counts what a server went through in the life that ends.
fn count(cluster: &Cluster, id: u64, had: &mut Had) {
    let server = cluster.server(id);
    for (_, outcome) in &server.replies {
        if let Outcome::Readable { .. } = outcome {
            had.readable += 1;
            had.readable_on_followers += u64::from(server.node.role() == RoleKind::Follower);
        }
    }
    for trace in &server.traces {
        let is_by_lease = matches!(trace, Trace::Read(ReadTrace::ByLease { .. }));
        had.by_lease += u64::from(is_by_lease);
        let is_told = matches!(trace, Trace::Transfer(TransferTrace::TimeoutNowSent { .. }));
        had.transfers += u64::from(is_told);
        if let Trace::Membership(MembershipTrace::Adopted { membership, .. }) = trace {
            let is_joint = membership.is_joint();
            had.joint += u64::from(is_joint);
            had.changes += u64::from(!is_joint);
        }
        let is_back = matches!(trace, Trace::Membership(MembershipTrace::RolledBack { .. }));
        had.rolled_back += u64::from(is_back);
    }
}

/// How long a cluster without faults may take to elect a leader, finish its changes and agree: so
/// many times the longest election timeout.
const PATIENCE: u32 = 40;

/// Ends all faults. Nobody is told to do anything: the timers must do.
fn recover(cluster: &mut Cluster) {
    cluster.heal();
    for id in cluster.ids() {
        if !cluster.server(id).is_up {
            cluster.restart(id);
        }
        cluster.server_mut(id).disk_is_slow = false;
        cluster.finish_together(id, usize::MAX);
        let now = cluster.clock(id);
        cluster.server_mut(id).finish_writes(now);
        cluster.handle(id, Input::Persisted(raft_core::PersistId(0)));
    }
    let longest = cluster.server(1).config.settings.election_timeout_max;
    let steps = (1..=PATIENCE).find(|_| {
        cluster.live(longest);
        is_at_rest(cluster)
    });
    assert!(steps.is_some(), "no agreement after {PATIENCE} timeouts: {}", state_of(cluster));
    let leader = cluster.leader().expect("it is at rest");
    let request = cluster.propose(leader, "last");
    cluster.live(longest);
    let outcome = cluster.outcome(leader, request);
    assert!(matches!(outcome, Some(Outcome::Committed(_))), "the proposal: {outcome:?}");
    assert!(is_at_rest(cluster), "it came to rest, and did not stay so: {}", state_of(cluster));
    assert_eq!(cluster.leader(), Some(leader), "nobody disturbs the leader");
    let members = cluster.node(leader).membership().members();
    for member in members {
        let state = &cluster.server(member.0).state;
        assert_eq!(*state, cluster.server(leader).state, "the state of server {member}");
    }
}

/// Whether there is a leader whose membership is final, and its members hold and applied all it
/// holds.
fn is_at_rest(cluster: &Cluster) -> bool {
    let Some(leader) = cluster.leader() else { return false };
    let leader = cluster.node(leader);
    let membership = leader.membership();
    let agrees = |member: &NodeId| {
        let node = cluster.node(member.0);
        node.log().last() == leader.log().last()
            && node.last_applied() == leader.log().last().index
            && node.leader() == Some(leader.id())
            && node.membership() == membership
    };
    let is_idle = leader.status().transfer_to.is_none();
    is_idle && !membership.is_joint() && membership.members().iter().all(agrees)
}

fn state_of(cluster: &Cluster) -> String {
    let line = |id| {
        let s = cluster.node(id).status();
        format!(
            "\n{id}: {} of term {}, log to {:?}, committed {}, applied {}, membership {} at {}, \
             peers {:?}",
            s.role,
            s.current_term,
            s.last_log,
            s.commit_index,
            s.last_applied,
            s.membership,
            s.membership_index,
            s.peers
        )
    };
    cluster.ids().map(line).collect()
}

fn run(setup: &Setup, actions: &[Action]) -> Had {
    let mut had = Had::default();
    let mut cluster = setup.cluster();
    for action in actions {
        act(&mut cluster, action, &mut had);
    }
    recover(&mut cluster);
    for id in cluster.ids() {
        safety::note(&cluster, id, &mut had.basic);
        count(&cluster, id, &mut had);
    }
    had
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    })]

    #[test]
    fn safety_linearizable_reads_and_liveness_hold_with_everything_on(
        setup in setup(),
        actions in proptest::collection::vec(action(), 0..300),
    ) {
        run(&setup, &actions);
    }
}

/// Random runs must have what the property is about.
#[test]
fn random_runs_contain_reads_changes_and_transfers() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let mut total = Had::default();
    for _ in 0..60 {
        let (setup, actions) = (setup(), proptest::collection::vec(action(), 300));
        let setup = setup.new_tree(&mut runner).expect("a strategy without filters").current();
        let actions = actions.new_tree(&mut runner).expect("a strategy without filters").current();
        let had = run(&setup, &actions);
        total.basic.entries_committed += had.basic.entries_committed;
        total.basic.entries_removed += had.basic.entries_removed;
        total.basic.snapshots_installed += had.basic.snapshots_installed;
        total.readable += had.readable;
        total.readable_on_followers += had.readable_on_followers;
        total.by_lease += had.by_lease;
        total.transfers += had.transfers;
        total.joint += had.joint;
        total.changes += had.changes;
        total.rolled_back += had.rolled_back;
    }
    assert!(total.basic.entries_committed > 300, "{} entries", total.basic.entries_committed);
    assert!(total.basic.snapshots_installed > 10, "{}", total.basic.snapshots_installed);
    assert!(total.basic.entries_removed > 5, "{} removed", total.basic.entries_removed);
    assert!(total.readable > 200, "{} reads", total.readable);
    assert!(total.readable_on_followers > 50, "{} on followers", total.readable_on_followers);
    assert!(total.by_lease > 20, "{} by lease", total.by_lease);
    assert!(total.transfers > 10, "{} transfers", total.transfers);
    assert!(total.joint > 50, "{} joint memberships", total.joint);
    assert!(total.changes > 100, "{} memberships", total.changes);
    assert!(total.rolled_back > 2, "{} rolled back", total.rolled_back);
}
