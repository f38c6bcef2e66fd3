//! The world: determinism, faults, clients, recovery.

use std::time::Duration;

use raft_core::{Instant, NodeId, RoleKind, Settings};
use raft_kv::{ClientId, Operation, Response};
use raft_storage::Records;

use crate::{
    Action, ActionError, ClientEvent, DelayRange, DiskError, DiskEvent, DropReason, Event,
    EventKind, LinkChange, MessageEvent, NetworkAction, NodeAction, NodeState, ReadPolicy, Request,
    Selector, Setup, StateMachineEvent, Unsynced, World,
};

fn world(nodes: u64, seed: u64) -> World {
    World::new(Setup { nodes, seed, ..Setup::default() }).expect("a valid setup")
}

fn millis(at: u64) -> Instant {
    Instant(at * 1000)
}

fn set(key: &str, value: &str) -> Operation {
    Operation::Set { key: key.into(), value: value.into() }
}

fn request(operation: Operation) -> Action {
    Request { client: ClientId(1), operation, via: None, read: ReadPolicy::Log }.into()
}

/// Steps until `wanted` accepts an event, for at most a minute of virtual time.
fn until<T>(world: &mut World, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
    let limit = world.now() + Duration::from_secs(60);
    loop {
        assert!(world.step() && world.now() < limit, "nothing wanted happened by {}", world.now());
        if let Some(found) = world.events().iter().find_map(&mut wanted) {
            return found;
        }
    }
}

fn until_leader(world: &mut World) -> NodeId {
    while world.leader().is_none() {
        assert!(world.now() < millis(60_000) && world.step(), "no leader by {}", world.now());
    }
    world.leader().unwrap()
}

fn until_answer(world: &mut World) -> (Response, u32) {
    until(world, |event| {
        let EventKind::Client { event: ClientEvent::Answered { response, attempts, .. }, .. } =
            &event.kind
        else {
            return None;
        };
        Some((response.clone(), *attempts))
    })
}

/// A run with faults of every kind, chosen by the seed alone.
fn eventful_run(seed: u64) -> World {
    eventful_run_with(seed, |_| {})
}

/// The same, with something else that is done now and then.
fn eventful_run_with(seed: u64, now_and_then: impl Fn(&mut World)) -> World {
    let mut world = world(5, seed);
    for round in 0..6 {
        now_and_then(&mut world);
        world.run_until(millis(400 * (round + 1)));
        let node = NodeId(1 + (seed + round) % 5);
        let other = NodeId(1 + (seed + round + 1) % 5);
        let actions = [
            request(set("x", &round.to_string())),
            NodeAction::Crash { unsynced: Unsynced::Drawn }.on(node),
            NodeAction::Restart.on(node),
            NodeAction::Pause.on(other),
            Action::Link {
                from: node,
                to: other,
                change: LinkChange::Loss { per_million: 200_000 },
            },
            Action::Link {
                from: other,
                to: node,
                change: LinkChange::Duplication { per_million: 200_000 },
            },
        ];
        for action in actions {
            world.apply(action).expect("possible");
        }
        world.run_until(millis(400 * (round + 1) + 100));
        world.apply(NodeAction::Resume.on(other)).expect("it was paused");
    }
    world.run_until(millis(5_000));
    world
}

#[test]
fn equal_seeds_give_equal_runs_and_different_ones_do_not() {
    assert_eq!(eventful_run(7).trace_hash(), eventful_run(7).trace_hash());
    assert_ne!(eventful_run(7).trace_hash(), eventful_run(8).trace_hash());
}

#[test]
fn sharing_memory_changes_nothing() {
    let mut shared = eventful_run_with(7, World::share_memory);
    assert_eq!(shared.trace_hash(), eventful_run(7).trace_hash());
    let disks = |world: &World| world.nodes().map(|n| n.disk().durable().clone()).collect();
    let before: Vec<Records> = disks(&shared);
    shared.share_memory();
    assert_eq!(disks(&shared), before);
}

/// What five disks hold in common counts once.
#[test]
fn shared_memory_counts_once() {
    let mut world = world(5, 3);
    let first = world.clone();
    for value in 0..200 {
        world.apply(request(set("x", &value.to_string()))).unwrap();
        until_answer(&mut world);
    }
    let apart = world.bytes_beyond(&first);
    world.share_memory();
    let shared = world.bytes_beyond(&first);
    assert!(shared < apart / 3, "{apart} bytes, then {shared}");
    // Only the newest records are in no part that the clone shares.
    let beyond_itself = world.bytes_beyond(&world.clone());
    assert!(beyond_itself < shared / 2, "{beyond_itself} of {shared} bytes");
}

#[test]
fn a_cluster_of_every_size_elects_a_leader_and_commits() {
    for nodes in 1..=9 {
        let mut world = world(nodes, 3);
        world.apply(request(set("x", "1"))).unwrap();
        let (response, _) = until_answer(&mut world);
        assert_eq!(response, Response::Done, "{nodes} nodes");
        world.run_until(world.now() + Duration::from_millis(200));
        for node in world.nodes() {
            assert_eq!(node.store().unwrap().get(b"x"), Some(&"1".into()), "node {}", node.id());
        }
    }
}

#[test]
fn a_client_finds_the_leader_by_redirection() {
    let mut world = world(3, 1);
    let leader = until_leader(&mut world);
    world.run_until(world.now() + Duration::from_millis(100));
    let follower = world.node_ids().find(|id| *id != leader).unwrap();
    let action = Request {
        client: ClientId(1),
        operation: set("x", "1"),
        via: Some(Selector::Node(follower)),
        read: ReadPolicy::Log,
    }
    .into();
    world.apply(action).unwrap();
    let named = until(&mut world, |event| {
        let EventKind::Client { event: ClientEvent::Redirected { node, leader }, .. } = event.kind
        else {
            return None;
        };
        Some((node, leader))
    });
    assert_eq!(named, (follower, Some(leader)));
    assert_eq!(until_answer(&mut world), (Response::Done, 2));
}

#[test]
fn a_client_gets_out_of_a_minority_that_keeps_naming_its_old_leader() {
    // With check-quorum the old leader would notice.
    let setup = Setup {
        settings: Settings { check_quorum: false, lease_reads: false, ..Settings::default() },
        ..Setup::default()
    };
    let mut world = World::new(setup).unwrap();
    let leader = until_leader(&mut world);
    world.run_until(world.now() + Duration::from_millis(100));
    let follower = world.node_ids().find(|id| *id != leader).unwrap();
    world.apply(NetworkAction::Partition { groups: vec![vec![leader, follower]] }.into()).unwrap();
    world.run_until(world.now() + Duration::from_secs(1));
    let via = Some(Selector::Node(follower));
    let action =
        Request { client: ClientId(1), operation: set("x", "1"), via, read: ReadPolicy::Log }
            .into();
    world.apply(action).unwrap();
    let (response, attempts) = until_answer(&mut world);
    assert_eq!(response, Response::Done);
    assert!(attempts <= 10, "{attempts}");
}

#[test]
fn an_operation_is_applied_once_however_often_its_client_retries() {
    let setup = Setup { nodes: 3, client_timeout: Duration::from_millis(20), ..Setup::default() };
    let mut world = World::new(setup).unwrap();
    until_leader(&mut world);
    let append = Operation::Append { key: "x".into(), value: "a".into() };
    world.apply(request(append)).unwrap();
    let (response, attempts) = until_answer(&mut world);
    assert!(attempts > 1, "the time-out is too short for one try to be enough");
    assert_eq!(response, Response::Appended { length: 1 });
    world.run_until(world.now() + Duration::from_secs(1));
    for node in world.nodes() {
        assert_eq!(node.store().unwrap().get(b"x"), Some(&"a".into()));
    }
}

#[test]
fn a_client_gives_up_when_nobody_can_answer_and_goes_on() {
    let setup = Setup { nodes: 3, client_patience: Duration::from_secs(3), ..Setup::default() };
    let mut world = World::new(setup).unwrap();
    for node in [1, 2] {
        world.apply(NodeAction::Crash { unsynced: Unsynced::Lost }.on(NodeId(node))).unwrap();
    }
    world.apply(request(set("x", "1"))).unwrap();
    world.apply(request(set("y", "2"))).unwrap();
    until(&mut world, |event| {
        matches!(event.kind, EventKind::Client { event: ClientEvent::GaveUp, .. }).then_some(())
    });
    assert_eq!(world.client(ClientId(1)).unwrap().pending().unwrap().operation, set("y", "2"));
    for node in [1, 2] {
        world.apply(NodeAction::Restart.on(NodeId(node))).unwrap();
    }
    assert_eq!(until_answer(&mut world).0, Response::Done);
    assert!(world.is_idle());
}

/// Its patience ends before it has asked every node, and the only one that answers is the last.
#[test]
fn a_client_with_little_patience_asks_every_node_in_turn() {
    let setup = Setup {
        nodes: 7,
        client_timeout: Duration::from_secs(1),
        client_patience: Duration::from_secs(3),
        ..Setup::default()
    };
    let mut world = World::new(setup).unwrap();
    for node in 1..=7 {
        world.apply(NodeAction::Crash { unsynced: Unsynced::Lost }.on(NodeId(node))).unwrap();
    }
    for _ in 0..7 {
        world.apply(request(set("x", "1"))).unwrap();
    }
    let mut asked = Vec::new();
    while !world.is_idle() {
        world.step();
        asked.extend(world.events().iter().filter_map(|event| {
            let EventKind::Client { event: ClientEvent::Asked { node, .. }, .. } = event.kind
            else {
                return None;
            };
            Some(node.0)
        }));
    }
    // The first one is drawn.
    for round in asked[1..].chunks_exact(7) {
        let mut nodes = round.to_vec();
        nodes.sort_unstable();
        assert_eq!(nodes, [1, 2, 3, 4, 5, 6, 7], "{asked:?}");
    }
}

#[test]
fn a_crash_loses_what_was_not_synced_and_keeps_what_was() {
    let slow = DelayRange::millis(100, 100);
    let setup = Setup { nodes: 1, disk_latency: slow, ..Setup::default() };
    for (unsynced, survives) in [(Unsynced::Lost, false), (Unsynced::Kept, true)] {
        let mut world = World::new(setup.clone()).unwrap();
        until_leader(&mut world);
        world.run_until(world.now() + Duration::from_millis(500));
        let synced = world.node(NodeId(1)).unwrap().core().unwrap().log().last();
        world.apply(request(set("x", "1"))).unwrap();
        until(&mut world, |event| {
            matches!(event.kind, EventKind::Disk { event: DiskEvent::WriteIssued { .. }, .. })
                .then_some(())
        });
        world.apply(NodeAction::Crash { unsynced }.on(NodeId(1))).unwrap();
        let lost = world
            .events()
            .iter()
            .any(|e| matches!(e.kind, EventKind::Disk { event: DiskEvent::WritesLost { .. }, .. }));
        assert_eq!(lost, !survives);
        world.apply(NodeAction::Restart.on(NodeId(1))).unwrap();
        let recovered = world.node(NodeId(1)).unwrap().core().unwrap().log().last();
        assert_eq!(recovered.index.0, synced.index.0 + u64::from(survives));
    }
}

#[test]
fn a_lost_write_can_be_taken_back_from_a_mirror() {
    for seed in 1..30 {
        let setup = Setup { seed, disk_latency: DelayRange::millis(20, 60), ..Setup::default() };
        let mut world = World::new(setup).unwrap();
        let mut mirror = Records::default();
        let node = NodeId(1 + seed % 5);
        let mut copy = |world: &World| {
            for event in world.events() {
                let EventKind::Disk { node: n, event } = &event.kind else { continue };
                match event {
                    DiskEvent::WriteIssued { batch: change, .. }
                    | DiskEvent::WritesLost { undo: change, .. }
                        if *n == node =>
                    {
                        mirror.apply(change);
                    }
                    DiskEvent::WriteIssued { .. }
                    | DiskEvent::WriteDurable { .. }
                    | DiskEvent::WriteFailed { .. }
                    | DiskEvent::WriteTorn { .. }
                    | DiskEvent::WritesLost { .. }
                    | DiskEvent::Damaged { .. }
                    | DiskEvent::Renewed { .. }
                    | DiskEvent::FilesChanged { .. }
                    | DiskEvent::Changed { .. } => {}
                }
            }
            mirror.clone()
        };
        copy(&world);
        for round in 0..20 {
            world.apply(request(set("x", "1"))).unwrap();
            copy(&world);
            while world.now() < millis(300 + 57 * round) && world.step() {
                copy(&world);
            }
            if world.node(node).unwrap().state() == NodeState::Running && round % 3 == 0 {
                world.apply(NodeAction::Crash { unsynced: Unsynced::Drawn }.on(node)).unwrap();
                let mirrored = copy(&world);
                assert_eq!(&mirrored, world.node(node).unwrap().disk().durable(), "seed {seed}");
                world.apply(NodeAction::Restart.on(node)).unwrap();
                copy(&world);
            }
        }
    }
}

#[test]
fn a_cut_link_passes_nothing_in_its_direction_and_all_in_the_other() {
    let mut world = world(3, 5);
    let leader = until_leader(&mut world);
    world.run_until(world.now() + Duration::from_millis(60));
    let other = world.node_ids().find(|id| *id != leader).unwrap();
    let cut = Action::Link { from: leader, to: other, change: LinkChange::Cut };
    world.apply(cut).unwrap();
    assert!(!world.is_reachable(leader, other) && world.is_reachable(other, leader));
    let (mut forth, mut back) = (0, 0);
    for _ in 0..500 {
        world.step();
        for event in world.events() {
            if let EventKind::Message { from, to, event: MessageEvent::Delivered, .. } = event.kind
            {
                forth += u32::from((from, to) == (leader, other));
                back += u32::from((from, to) == (other, leader));
            }
        }
    }
    assert_eq!(forth, 0);
    assert!(back > 0);
    world.apply(NetworkAction::Heal.into()).unwrap();
    assert!(world.is_reachable(leader, other));
}

#[test]
fn a_partition_drops_what_is_under_way_across_it() {
    let mut world = world(5, 2);
    let leader = until_leader(&mut world);
    assert!(world.in_flight().next().is_some(), "a new leader sends to all");
    world.apply(NetworkAction::Partition { groups: vec![vec![leader]] }.into()).unwrap();
    let dropped = |event: &&Event| {
        matches!(
            event.kind,
            EventKind::Message {
                event: MessageEvent::Dropped { reason: DropReason::Partitioned, .. },
                ..
            }
        )
    };
    assert!(world.events().iter().filter(dropped).count() > 0);
    assert!(world.in_flight().all(|message| world.is_reachable(message.from, message.to)));
    // The nodes that no group names form a group of their own.
    let others: Vec<NodeId> = world.node_ids().filter(|id| *id != leader).collect();
    assert!(world.is_reachable(others[0], others[1]));
    world.run_until(world.now() + Duration::from_secs(2));
    assert_ne!(world.leader(), Some(leader), "the majority elected another one");
}

#[test]
fn a_link_keeps_order_unless_it_is_told_otherwise() {
    for reordering in [false, true] {
        let mut world = world(3, 11);
        let leader = until_leader(&mut world);
        for to in world.node_ids().filter(|id| *id != leader).collect::<Vec<_>>() {
            let latency = LinkChange::Latency(DelayRange::millis(1, 100));
            for change in [latency, LinkChange::Reordering(reordering)] {
                world.apply(Action::Link { from: leader, to, change }).unwrap();
            }
        }
        let mut last = std::collections::BTreeMap::new();
        let mut overtaken = 0;
        for _ in 0..2_000 {
            world.step();
            for event in world.events() {
                if let EventKind::Message { id, from, to, event: MessageEvent::Delivered, .. } =
                    &event.kind
                    && last.insert((*from, *to), *id).is_some_and(|before| before > *id)
                {
                    overtaken += 1;
                }
            }
        }
        assert_eq!(overtaken > 0, reordering);
    }
}

#[test]
fn a_paused_node_keeps_its_memory_and_handles_later_what_arrived() {
    let mut world = world(3, 4);
    let leader = until_leader(&mut world);
    let paused = world.node_ids().find(|id| *id != leader).unwrap();
    world.run_until(world.now() + Duration::from_millis(100));
    world.apply(NodeAction::Pause.on(paused)).unwrap();
    let term = world.node(paused).unwrap().core().unwrap().current_term();
    world.apply(request(set("x", "1"))).unwrap();
    world.run_until(world.now() + Duration::from_secs(2));
    let node = world.node(paused).unwrap();
    assert_eq!(node.core().unwrap().current_term(), term, "its timer stands still");
    assert_eq!(node.store().unwrap().get(b"x"), None);
    world.apply(NodeAction::Resume.on(paused)).unwrap();
    world.run_until(world.now() + Duration::from_secs(1));
    assert_eq!(world.node(paused).unwrap().store().unwrap().get(b"x"), Some(&"1".into()));
}

#[test]
fn a_follower_that_is_far_behind_gets_a_snapshot() {
    let mut world = World::new(Setup {
        settings: Settings { snapshot_threshold: 20, trailing_entries: 0, ..Settings::default() },
        ..Setup::default()
    })
    .unwrap();
    let leader = until_leader(&mut world);
    let behind = world.node_ids().find(|id| *id != leader).unwrap();
    world.apply(NodeAction::Crash { unsynced: Unsynced::Drawn }.on(behind)).unwrap();
    for value in 0..60 {
        world.apply(request(set(&format!("key{value}"), "1"))).unwrap();
    }
    while !world.is_idle() {
        world.step();
    }
    world.apply(NodeAction::Restart.on(behind)).unwrap();
    until(&mut world, |event| {
        let EventKind::StateMachine { node, event: StateMachineEvent::Restored { .. } } =
            event.kind
        else {
            return None;
        };
        (node == behind).then_some(())
    });
    world.run_until(world.now() + Duration::from_secs(1));
    let digest = |id: NodeId| world.node(id).unwrap().store().unwrap().digest();
    assert_eq!(digest(behind), digest(leader));
}

#[test]
fn a_damaged_disk_keeps_its_node_from_starting() {
    let mut disks = std::collections::BTreeMap::new();
    let mut donor = world(1, 1);
    donor.run_until(millis(1_000));
    let mut records = donor.node(NodeId(1)).unwrap().disk().durable().clone();
    let (key, record) = records.iter().map(|(k, r)| (k, r.to_vec())).next().unwrap();
    let mut damaged = record;
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    records.put(key, damaged.into());
    disks.insert(NodeId(2), records);
    let mut world = World::new(Setup { nodes: 3, disks, ..Setup::default() }).unwrap();
    let node = world.node(NodeId(2)).unwrap();
    assert_eq!(node.state(), NodeState::Refused);
    assert!(node.refusal().unwrap().to_string().contains("wipe it"), "{:?}", node.refusal());
    until_leader(&mut world);
    assert_eq!(
        world.apply(NodeAction::Pause.on(NodeId(2))),
        Err(ActionError::WrongState {
            node: NodeId(2),
            state: NodeState::Refused,
            needed: "running"
        })
    );
}

/// Its list of members counts at the first start, so it must be the right one.
#[test]
fn a_node_cannot_start_alone_for_the_first_time() {
    let mut world = world(3, 1);
    let node = NodeId(2);
    let crash = NodeAction::Crash { unsynced: Unsynced::Lost };
    world.apply(crash.on(node)).unwrap();
    let record = raft_storage::RecordKey::Bootstrap;
    let refused = world.apply(NodeAction::RestartAlone.on(node));
    assert_eq!(refused, Err(DiskError::NoSuchRecord { node, record }.into()));
    world.apply(NodeAction::Restart.on(node)).unwrap();
    until_leader(&mut world);
    world.run_until(world.now() + Duration::from_secs(1));
    world.apply(crash.on(node)).unwrap();
    world.apply(NodeAction::RestartAlone.on(node)).unwrap();
    assert_eq!(world.node(node).unwrap().state(), NodeState::Refused);
    world.apply(NodeAction::Restart.on(node)).unwrap();
    assert_eq!(world.node(node).unwrap().state(), NodeState::Running);
}

#[test]
fn a_refused_action_changes_nothing() {
    let mut world = world(3, 1);
    world.run_until(millis(500));
    let before = world.trace_hash();
    let link = |change| Action::Link { from: NodeId(1), to: NodeId(2), change };
    let nonsense = [
        NodeAction::Crash { unsynced: Unsynced::Drawn }.on(NodeId(9)),
        NodeAction::Restart.on(NodeId(1)),
        NodeAction::Resume.on(NodeId(1)),
        Action::Link { from: NodeId(1), to: NodeId(1), change: LinkChange::Cut },
        Action::Link { from: NodeId(1), to: NodeId(0), change: LinkChange::Cut },
        Action::Link {
            from: NodeId(1),
            to: NodeId(2),
            change: LinkChange::Loss { per_million: 1_000_001 },
        },
        NetworkAction::Partition { groups: vec![vec![NodeId(1)], vec![NodeId(4)]] }.into(),
        NetworkAction::PartitionOneWay {
            heard: vec![NodeId(1)],
            unheard: vec![NodeId(2), NodeId(1)],
        }
        .into(),
        NetworkAction::Replay { from: NodeId(1), to: NodeId(2), back: crate::MAX_REPLAY + 1 }
            .into(),
        link(LinkChange::Bandwidth(Some(0))),
        link(LinkChange::Bandwidth(Some(crate::MAX_BANDWIDTH + 1))),
        link(LinkChange::QueueLimit(crate::MAX_QUEUE + 1)),
        link(LinkChange::Clog(crate::MAX_CLOG + Duration::from_micros(1))),
        NetworkAction::DropMessage { id: crate::MessageId(u64::MAX) }.into(),
        Request { client: ClientId(0), operation: set("x", "1"), via: None, read: ReadPolicy::Log }
            .into(),
        Request {
            client: ClientId(1),
            operation: set("x", "1"),
            via: Some(Selector::Node(NodeId(4))),
            read: ReadPolicy::Log,
        }
        .into(),
        request(set("", "1")),
    ];
    for action in nonsense {
        assert!(world.apply(action.clone()).is_err(), "{action:?}");
        assert_eq!(world.trace_hash(), before, "{action:?}");
        assert_eq!(world.clients().len(), 0, "{action:?}");
    }
}

#[test]
fn a_clone_goes_on_as_the_original_did_or_its_own_way() {
    let play = |world: &mut World, round: u64| {
        world.apply(request(set("x", &round.to_string()))).unwrap();
        if round == 100 {
            world.apply(NodeAction::Crash { unsynced: Unsynced::Drawn }.on(NodeId(1))).unwrap();
        }
        world.run_until(millis(50 * (round + 1)));
    };
    let setup = Setup { client_timeout: Duration::from_millis(200), ..Setup::default() };
    let mut world = World::new(setup).unwrap();
    let mut clones = Vec::new();
    for round in 0..300 {
        if round % 60 == 0 {
            clones.push((round, world.clone()));
        }
        play(&mut world, round);
    }
    for (first, clone) in clones {
        let mut same = clone.clone();
        (first..300).for_each(|round| play(&mut same, round));
        assert_eq!(same.trace_hash(), world.trace_hash(), "from round {first}");
        let mut other = clone;
        other.apply(NodeAction::Crash { unsynced: Unsynced::Lost }.on(NodeId(2))).unwrap();
        other.run_until(world.now());
        assert_ne!(other.trace_hash(), world.trace_hash(), "from round {first}");
    }
}

#[test]
fn forcing_an_election_does_not_wait_for_the_timer() {
    let mut world = world(5, 1);
    world.apply(NodeAction::ForceElection.on(NodeId(4))).unwrap();
    assert_eq!(world.node(NodeId(4)).unwrap().core().unwrap().role(), RoleKind::PreCandidate);
    assert_eq!(until_leader(&mut world), NodeId(4));
}
