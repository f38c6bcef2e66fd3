//! Each fault of a disk, in a world: what happens, what is left, and that a copy can follow.

use std::collections::BTreeMap;

use raft_core::LogIndex;
use raft_kv::{ClientId, Operation};
use raft_storage::RecordKey;

mod in_files;

use super::*;
use crate::{
    Action, DiskAction, DiskDamage, DiskEvent, Event, EventKind, NodeAction, NodeState,
    ProcessEvent, ReadPolicy, Request, World,
};

type Unfinished = (PersistId, Arc<WriteBatch>);

/// A world, and a copy of its disks that has every write from the moment it is issued.
struct Scene {
    world: World,
    copy: BTreeMap<NodeId, (Records, Vec<Unfinished>)>,
    events: Vec<Event>,
}

const NODE: NodeId = NodeId(2);

impl Scene {
    fn begin(seed: u64) -> Self {
        Self::begin_with(Setup { nodes: 3, seed, ..Setup::default() })
    }

    fn begin_with(setup: Setup) -> Self {
        let world = World::new(setup).unwrap();
        let mut scene = Self { world, copy: BTreeMap::new(), events: Vec::new() };
        scene.follow();
        scene.run(700);
        for value in 0..5 {
            scene.set(value);
            scene.run(200);
        }
        scene
    }

    fn set(&mut self, value: u64) {
        self.set_as(1, value);
    }

    fn set_as(&mut self, client: u64, value: u64) {
        let value = value.to_string().as_str().into();
        let operation = Operation::Set { key: "x".into(), value };
        let (client, read) = (ClientId(client), ReadPolicy::Log);
        self.act(Request { client, operation, via: None, read }.into());
    }

    fn act(&mut self, action: Action) {
        self.world.apply(action).unwrap();
        self.follow();
    }

    fn change(&mut self, change: DiskChange) {
        self.act(DiskAction::Change(change).on(NODE));
    }

    fn damage(&mut self, damage: DiskDamage) {
        self.act(DiskAction::Damage(damage).on(NODE));
    }

    fn run(&mut self, millis: u64) {
        let until = Instant(self.world.now().0 + millis * 1000);
        while self.world.next_step_at().is_some_and(|next| next <= until) {
            self.world.step();
            self.follow();
        }
        self.world.advance_clock(until);
    }

    /// Runs until the node has asked for a write that is not durable yet.
    fn run_until_write(&mut self) {
        self.set(99);
        while self.disk().pending().len() == 0 {
            assert!(self.world.step());
            self.follow();
        }
    }

    /// Follows the disks as a mirror does; see `raft-lab`'s mirror.
    fn follow(&mut self) {
        for event in self.world.events() {
            let Some(node) = event.kind.node() else { continue };
            let (records, unfinished) = self.copy.entry(node).or_default();
            match &event.kind {
                EventKind::Disk { event, .. } => match event {
                    DiskEvent::WriteIssued { id, batch } => {
                        records.apply(batch);
                        unfinished.push((*id, batch.clone()));
                    }
                    DiskEvent::WriteDurable { id } | DiskEvent::WriteFailed { id, .. } => {
                        unfinished.retain(|(issued, _)| issued != id);
                    }
                    DiskEvent::WritesLost { undo: change, .. }
                    | DiskEvent::Damaged { batch: change, .. }
                    | DiskEvent::Renewed { batch: change }
                    | DiskEvent::FilesChanged { batch: change } => {
                        records.apply(change);
                        unfinished.iter().for_each(|(_, batch)| records.apply(batch));
                    }
                    DiskEvent::WriteTorn { .. } | DiskEvent::Changed { .. } => {}
                },
                EventKind::Process { event: ProcessEvent::Crashed, .. } => unfinished.clear(),
                EventKind::Core { .. }
                | EventKind::StateMachine { .. }
                | EventKind::Process { .. }
                | EventKind::Message { .. }
                | EventKind::Network(_)
                | EventKind::Client { .. }
                | EventKind::Cluster(_)
                | EventKind::Acted { .. } => {}
            }
        }
        self.events.extend_from_slice(self.world.events());
        self.compare();
    }

    /// The copy is always ahead of the disk by the unfinished writes, and by nothing else.
    fn compare(&self) {
        for node in self.world.nodes() {
            let mut expected = node.disk().durable().clone();
            node.disk().pending().for_each(|write| expected.apply(&write.batch));
            let copy = self.copy.get(&node.id()).map(|(records, _)| records.clone());
            assert_eq!(copy.unwrap_or_default(), expected, "node {}", node.id());
        }
    }

    fn disk(&self) -> &Disk {
        self.world.node(NODE).unwrap().disk()
    }

    fn state(&self) -> NodeState {
        self.world.node(NODE).unwrap().state()
    }

    fn refusal(&self) -> String {
        self.world.node(NODE).unwrap().refusal().map(ToString::to_string).unwrap_or_default()
    }

    fn restart(&mut self) {
        self.act(NodeAction::Restart.on(NODE));
    }

    fn crash(&mut self, unsynced: Unsynced) {
        self.act(NodeAction::Crash { unsynced }.on(NODE));
    }

    fn words(&self) -> String {
        self.events.iter().map(|event| format!("{}\n", event.kind)).collect()
    }
}

fn write(id: u64) -> (Persist, EventNumber) {
    (Persist { id: PersistId(id), ..Persist::default() }, EventNumber::new(1).unwrap())
}

#[test]
fn a_stall_holds_back_what_is_under_way_and_what_comes() {
    let mut scene = Scene::begin(1);
    scene.run_until_write();
    let until = scene.world.now() + Duration::from_secs(2);
    scene.change(DiskChange::Stall(Duration::from_secs(2)));
    scene.set(1);
    scene.run(1_990);
    assert!(scene.disk().pending().len() > 0);
    assert!(scene.disk().pending().all(|write| write.done_at >= until));
    scene.run(300);
    assert_eq!(scene.disk().pending().len(), 0);
    assert_eq!(scene.state(), NodeState::Running);
    let too_long = DiskChange::Stall(Duration::from_secs(3601));
    let refused = scene.world.apply(DiskAction::Change(too_long).on(NODE));
    assert!(matches!(refused, Err(ActionError::Delay(_))));
}

/// The second stall ends when the last of the writes was due anyway.
#[test]
fn stalls_that_end_at_the_moment_of_a_later_write_lose_none() {
    let mut scene = Scene::begin(1);
    scene.change(DiskChange::Latency(DelayRange::millis(1, 1)));
    scene.run_until_write();
    scene.change(DiskChange::Stall(Duration::from_millis(500)));
    for client in 2..5 {
        scene.set_as(client, client);
        scene.run(50);
    }
    let times: Vec<_> = scene.disk().pending().map(|write| write.done_at).collect();
    let (first, last) = (times[0], times[times.len() - 1]);
    assert!(times.len() >= 3 && first < last, "{times:?}");
    scene.change(DiskChange::Stall(last - scene.world.now()));
    assert!(scene.disk().pending().all(|write| write.done_at == last));
    scene.world.run_until(last);
    assert_eq!(scene.disk().pending().len(), 0, "every write is done");
}

#[test]
fn a_stall_holds_back_what_comes_though_nothing_is_under_way() {
    let mut disk = Disk::new(&Setup::default(), NODE);
    let stalled = disk.change(Instant(5), DiskChange::Stall(Duration::from_secs(1)));
    assert_eq!(stalled, Ok(Vec::new()));
    assert_eq!(disk.issue(Instant(7), write(1), Arc::default()), Instant(1_000_005));
    disk.recover(&Setup::default(), Instant(0));
    assert_eq!(disk.stalled_until(), Instant(0));
}

#[test]
fn most_writes_of_a_long_tail_are_fast_and_some_are_not() {
    let setup = Setup { disk_latency: DelayRange::millis(1, 1001), ..Setup::default() };
    let mut disk = Disk::new(&setup, NODE);
    let mut took = |shape| {
        disk.change(Instant(0), DiskChange::Shape(shape)).unwrap();
        let mut took: Vec<Duration> = (1..=2_000)
            .map(|id| {
                let now = disk.pending().last().map_or(Instant(0), |last| last.done_at);
                disk.issue(now, write(id), Arc::default()) - now
            })
            .collect();
        took.sort_unstable();
        (took[1_000], took[1_999])
    };
    let (median, longest) = took(LatencyShape::LongTail);
    assert!(median <= Duration::from_millis(3) && longest > Duration::from_millis(300));
    let (median, longest) = took(LatencyShape::Uniform);
    assert!(median > Duration::from_millis(400) && longest > Duration::from_millis(900));
}

#[test]
fn a_flush_that_fails_stops_the_node_and_is_never_tried_again() {
    let mut scene = Scene::begin(2);
    scene.change(DiskChange::Fsync(Fsync::FailsOnce));
    scene.run_until_write();
    let before = scene.disk().durable().clone();
    scene.run(10);
    assert_eq!(scene.state(), NodeState::Crashed);
    assert_eq!(scene.world.node(NODE).unwrap().stopped_by(), Some(WriteFailure::Fsync));
    assert_eq!(scene.disk().durable(), &before);
    assert!(scene.words().contains("its flush failed; the process stops"), "{}", scene.words());
    // The next flush succeeds.
    scene.restart();
    assert_eq!(scene.world.node(NODE).unwrap().stopped_by(), None);
    scene.run(500);
    assert_eq!(scene.state(), NodeState::Running);
    assert_eq!(scene.disk().fsync(), Fsync::Works);
    assert_ne!(scene.disk().durable(), &before);

    scene.change(DiskChange::Fsync(Fsync::Fails));
    scene.set(7);
    scene.run(500);
    assert_eq!(scene.state(), NodeState::Crashed);
    scene.restart();
    scene.run(500);
    assert_eq!(scene.state(), NodeState::Crashed, "every flush fails");
}

#[test]
fn a_full_disk_stops_the_node_until_there_is_room() {
    let mut scene = Scene::begin(3);
    scene.change(DiskChange::Full(true));
    scene.set(1);
    scene.run(300);
    assert_eq!(scene.state(), NodeState::Crashed);
    assert_eq!(scene.world.node(NODE).unwrap().stopped_by(), Some(WriteFailure::Full));
    let refused = scene.world.apply(NodeAction::Restart.on(NODE)).unwrap_err();
    assert!(refused.to_string().contains("make room first: disk 2 full=off"), "{refused}");
    assert!(scene.world.node(NODE).unwrap().can_start().is_err());
    scene.change(DiskChange::Full(false));
    scene.restart();
    scene.run(500);
    assert_eq!(scene.state(), NodeState::Running);
}

/// A write for which there was no room is gone, whatever a crash keeps.
#[test]
fn a_crash_keeps_no_write_for_which_there_was_no_room() {
    let mut scene = Scene::begin(4);
    scene.change(DiskChange::Full(true));
    scene.run_until_write();
    let before = scene.disk().durable().clone();
    scene.crash(Unsynced::Kept);
    assert_eq!(scene.disk().durable(), &before);
}

/// Torn at every place that the seed can choose: recovery gives back what was promised, or refuses.
#[test]
fn a_torn_write_loses_nothing_that_was_promised() {
    let (mut started, mut refused) = (0, 0);
    for seed in 1..=60 {
        let mut scene = Scene::begin(seed);
        scene.run_until_write();
        let before = raft_storage::recover(NODE, scene.disk().durable()).unwrap();
        scene.crash(Unsynced::Torn);
        assert!(scene.words().contains("has a torn write"), "{}", scene.words());
        scene.restart();
        if scene.state() == NodeState::Running {
            started += 1;
            let after = raft_storage::recover(NODE, scene.disk().durable()).unwrap();
            assert_eq!(after.entries, before.entries, "seed {seed}");
        } else {
            refused += 1;
        }
    }
    assert!(started > 0 && refused > 0, "{started} started, {refused} refused");
}

#[test]
fn a_flipped_bit_of_any_record_is_found_on_the_next_start() {
    let scene = Scene::begin(5);
    let keys: Vec<RecordKey> = scene.disk().durable().iter().map(|(key, _)| key).collect();
    assert!(keys.len() > 5);
    for key in keys {
        let mut scene = Scene::begin(5);
        scene.damage(DiskDamage::Corrupt { record: Some(key) });
        assert_eq!(scene.state(), NodeState::Running, "it does not know yet");
        scene.crash(Unsynced::Lost);
        scene.restart();
        assert_eq!(scene.state(), NodeState::Refused);
        assert!(scene.refusal().starts_with(&format!("{key} ")), "{}", scene.refusal());
        assert_eq!(scene.world.node(NODE).unwrap().can_start(), Err(scene.refusal()));
    }
}

#[test]
fn a_record_in_the_place_of_another_is_found() {
    let mut scene = Scene::begin(6);
    let (from, to) = (RecordKey::Entry(LogIndex(3)), RecordKey::Entry(LogIndex(2)));
    scene.damage(DiskDamage::Misdirect { keys: Some((from, to)) });
    scene.crash(Unsynced::Lost);
    scene.restart();
    assert!(scene.refusal().starts_with("entry 2 is damaged"), "{}", scene.refusal());
    for seed in 1..=20 {
        let mut scene = Scene::begin(seed);
        scene.damage(DiskDamage::Misdirect { keys: None });
        scene.crash(Unsynced::Lost);
        scene.restart();
        assert_eq!(scene.state(), NodeState::Refused, "seed {seed}");
    }
}

/// Damage below writes that are under way: they come on top of it.
#[test]
fn what_is_under_way_is_written_over_damage() {
    let mut scene = Scene::begin(7);
    scene.run_until_write();
    let pending = scene.disk().pending().next().unwrap().batch.clone();
    assert!(format!("{pending:?}").contains("LogEnd"));
    scene.damage(DiskDamage::Corrupt { record: Some(RecordKey::LogEnd) });
    assert!(scene.world.node(NODE).unwrap().can_start().is_err());
    scene.run(100);
    assert_eq!(scene.world.node(NODE).unwrap().can_start(), Ok(()));
}

#[test]
fn a_wiped_disk_is_remembered() {
    let mut scene = Scene::begin(8);
    let wipe = DiskAction::Damage(DiskDamage::Wipe).on(NODE);
    assert!(matches!(scene.world.apply(wipe.clone()), Err(ActionError::WrongState { .. })));
    scene.crash(Unsynced::Lost);
    scene.act(wipe.clone());
    scene.restart();
    assert_eq!(scene.state(), NodeState::Refused);
    assert!(scene.refusal().contains("the disk was emptied"), "{}", scene.refusal());
    assert!(matches!(
        scene.world.apply(wipe),
        Err(ActionError::Disk(crate::DiskError::Empty(NODE)))
    ));
    let setup =
        Setup { disks: [(NODE, scene.disk().durable().clone())].into(), ..Setup::default() };
    let later = World::new(setup).unwrap();
    assert_eq!(later.node(NODE).unwrap().state(), NodeState::Refused, "in a later run too");
}

#[test]
fn what_cannot_be_damaged_is_said() {
    let mut scene = Scene::begin(9);
    let mut refused = |damage| {
        let refused = scene.world.apply(DiskAction::Damage(damage).on(NODE));
        refused.unwrap_err().to_string()
    };
    let (there, missing) = (RecordKey::Entry(LogIndex(1)), RecordKey::Entry(LogIndex(999)));
    assert_eq!(
        refused(DiskDamage::Corrupt { record: Some(missing) }),
        "there is no entry 999 on the disk of node 2"
    );
    let words = refused(DiskDamage::Misdirect { keys: Some((there, there)) });
    assert_eq!(words, "entry 1 of node 2 always lies in its own place");
}

/// One fault more draws nothing that another one would have drawn.
#[test]
fn faults_leave_the_draws_of_others_alone() {
    let run = |first: bool| {
        let mut scene = Scene::begin(10);
        if first {
            scene.damage(DiskDamage::Corrupt { record: Some(RecordKey::Entry(LogIndex(1))) });
        }
        scene.run(100);
        scene.damage(DiskDamage::Misdirect { keys: None });
        let last = scene.events.last().map(|event| event.kind.to_string());
        (last, scene.disk().random.clone().next())
    };
    assert_eq!(run(false), run(true));
}

#[cfg(feature = "bugs")]
mod bugs {
    use raft_core::Bug;
    use raft_storage::decode_hard_state;

    use super::*;
    use crate::{Switches, WorldBug};

    fn begin(bugs: Switches) -> Scene {
        let setup = Setup { nodes: 3, seed: 11, bugs, ..Setup::default() };
        let setup = Setup {
            settings: raft_core::Settings {
                pre_vote: false,
                check_quorum: false,
                lease_reads: false,
                ..setup.settings
            },
            ..setup
        };
        let world = World::new(setup).unwrap();
        let mut scene = Scene { world, copy: BTreeMap::new(), events: Vec::new() };
        scene.follow();
        scene.act(NodeAction::ForceElection.on(NodeId(1)));
        scene.run(700);
        scene
    }

    #[test]
    fn a_failure_that_is_ignored_leaves_a_hole() {
        let mut scene = begin(Switches::NONE.with(WorldBug::FsyncFailureIgnored));
        scene.change(DiskChange::Fsync(Fsync::FailsOnce));
        for value in 0..5 {
            scene.set(value);
        }
        scene.run(1_000);
        assert_eq!(scene.state(), NodeState::Running);
        assert!(scene.words().contains("its flush failed; the failure is ignored"));
        assert!(scene.words().contains("node 2 loses 1 unfinished write"));
        assert!(scene.world.node(NODE).unwrap().can_start().is_err());
    }

    #[test]
    fn a_crash_between_a_term_and_its_vote_leaves_the_old_vote() {
        let mut scene = begin(Switches::NONE.with(Bug::RepeatedVoteSkipsLog));
        let read = |scene: &Scene| {
            decode_hard_state(scene.disk().durable().get(RecordKey::HardState).unwrap()).unwrap()
        };
        let before = read(&scene);
        assert_eq!(before.voted_for, Some(NodeId(1)));
        scene.act(NodeAction::ForceElection.on(NODE));
        let is_new_term = |write: &PendingWrite| format!("{:?}", write.batch).contains("HardState");
        assert!(scene.disk().pending().any(is_new_term));
        scene.crash(Unsynced::Lost);
        let after = read(&scene);
        assert!(after.current_term > before.current_term);
        assert_eq!(after.voted_for, Some(NodeId(1)));
        scene.restart();
        assert_eq!(scene.state(), NodeState::Running);
    }
}
