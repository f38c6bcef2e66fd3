//! The faults of a disk whose records are in files.

use super::*;
use crate::Driver;

/// A world whose disks are in files, with many snapshots.
fn begin(seed: u64, snapshot_files: bool) -> Scene {
    let driver = Driver { disk_files: true, snapshot_files, ..Driver::default() };
    let mut setup = Setup { nodes: 3, seed, driver, ..Setup::default() };
    setup.settings.snapshot_threshold = 8;
    Scene::begin_with(setup)
}

/// After each crash a node has its flushed writes, some of the others, and goes on with them.
#[test]
fn a_loss_of_power_leaves_some_of_what_was_under_way() {
    let (mut lost, mut kept) = (0, 0);
    for seed in 1..30 {
        let mut scene = begin(seed, seed % 2 == 0);
        for round in 0..6 {
            scene.run_until_write();
            let under_way = scene.disk().pending().len();
            let unsynced = [Unsynced::Drawn, Unsynced::Torn, Unsynced::Lost, Unsynced::Kept];
            scene.crash(unsynced[round % 4]);
            let words = scene.words();
            let gone = words.matches("loses 1 unfinished write").count();
            match unsynced[round % 4] {
                Unsynced::Lost => assert!(words.contains("unfinished write"), "{words}"),
                Unsynced::Kept => assert_eq!(gone, 0, "{words}"),
                Unsynced::Drawn | Unsynced::Torn => {
                    lost += gone.min(1);
                    kept += usize::from(gone == 0 && under_way > 0);
                }
            }
            scene.restart();
            assert_eq!(scene.state(), NodeState::Running, "{}", scene.refusal());
            scene.run(900);
            scene.events.clear();
        }
    }
    assert!(lost > 20 && kept > 20, "{lost} {kept}");
}

/// What a clone does later is not seen by the other.
#[test]
fn a_clone_has_a_disk_of_its_own() {
    let mut scene = begin(3, false);
    let mut before = scene.world.clone();
    for _ in 0..40 {
        scene.set(7);
        scene.run(300);
    }
    let crash = || NodeAction::Crash { unsynced: Unsynced::Drawn }.on(NODE);
    before.apply(crash()).unwrap();
    before.apply(NodeAction::Restart.on(NODE)).unwrap();
    let last = |world: &World| world.node(NODE).unwrap().recovered().unwrap().commit_index;
    assert!(before.node(NODE).unwrap().core().is_some());
    assert_ne!(last(&before), last(&scene.world));
    assert!(scene.world.bytes_beyond(&before) > 10_000);
}

#[test]
fn writes_wait_while_the_disk_is_full() {
    let mut scene = begin(4, false);
    scene.change(DiskChange::Full(true));
    let mut waited = false;
    for _ in 0..60 {
        scene.set(9);
        scene.run(200);
        waited |= scene.disk().pending().any(|write| write.done_at < scene.world.now());
        assert_eq!(scene.state(), NodeState::Running);
    }
    assert!(waited, "a segment is full");
    // A node cannot start without room, and opens its files as if there were some.
    scene.crash(Unsynced::Drawn);
    let full = scene.world.apply(NodeAction::Restart.on(NODE)).unwrap_err().to_string();
    assert!(full.contains("is full"), "{full}");
    scene.change(DiskChange::Full(false));
    scene.restart();
    scene.change(DiskChange::Full(true));
    while !scene.disk().pending().any(|write| write.done_at < scene.world.now()) {
        scene.set(9);
        scene.run(200);
    }
    scene.change(DiskChange::Full(false));
    let again = scene.disk().pending().next().map(|write| write.done_at);
    assert!(again > Some(scene.world.now()), "a script that acts now acts before it");
    scene.run(3_000);
    assert_eq!(scene.disk().pending().len(), 0);
    scene.crash(Unsynced::Lost);
    scene.restart();
    assert_eq!(scene.state(), NodeState::Running, "{}", scene.refusal());
}

#[test]
fn a_node_whose_flush_failed_starts_with_what_another_process_finds() {
    let mut found = 0;
    for seed in 1..30 {
        let mut scene = begin(seed, false);
        let fsync = if seed % 2 == 0 { Fsync::FailsOnce } else { Fsync::Fails };
        scene.change(DiskChange::Fsync(fsync));
        scene.set(9);
        scene.run(2_000);
        assert_eq!(scene.state(), NodeState::Crashed);
        let words = scene.words();
        assert!(words.contains("its flush failed; the process stops"), "{words}");
        found += usize::from(!words.contains("unfinished write"));
        scene.change(DiskChange::Fsync(Fsync::Works));
        scene.restart();
        assert_eq!(scene.state(), NodeState::Running, "{}", scene.refusal());
        scene.run(1_000);
    }
    assert!((3..27).contains(&found), "{found}");
}

#[test]
fn damage_of_each_record_is_told() {
    let keys = || begin(5, false).disk().durable().iter().map(|(key, _)| key).collect::<Vec<_>>();
    let mut refused = 0;
    for record in keys().into_iter().map(Some) {
        let flip = DiskDamage::Corrupt { record };
        for damage in [flip, DiskDamage::Zero { record }] {
            let mut scene = begin(5, false);
            if scene.world.apply(DiskAction::Damage(damage).on(NODE)).is_err() {
                assert_ne!(damage, flip, "a flipped bit can always be told");
                refused += 1;
                continue;
            }
            scene.follow();
            let told = scene.world.node(NODE).unwrap().can_start().unwrap_err();
            assert!(told.contains(".log is damaged at byte"), "{damage}: {told}");
            scene.crash(Unsynced::Lost);
            scene.restart();
            assert_eq!(scene.state(), NodeState::Refused, "{damage}");
            assert_eq!(scene.refusal(), told);
        }
    }
    assert!(refused > 0, "something is in what was written last");
}

#[test]
fn a_misdirected_record_is_told() {
    for seed in 1..20 {
        let mut scene = begin(seed, seed % 2 == 0);
        scene.damage(DiskDamage::Misdirect { keys: None });
        scene.crash(Unsynced::Lost);
        scene.restart();
        let is_told = scene.state() == NodeState::Refused;
        let is_orphan = scene.words().contains("snapshot file");
        assert!(is_told || is_orphan, "{}", scene.words());
    }
}

#[test]
fn a_disk_can_be_wiped_copied_and_restored() {
    let mut scene = begin(6, true);
    scene.change(DiskChange::Backup);
    let copy = scene.disk().durable().clone();
    for _ in 0..4 {
        scene.set(9);
        scene.run(300);
    }
    scene.crash(Unsynced::Drawn);
    assert_ne!(*scene.disk().durable(), copy);
    scene.damage(DiskDamage::Wipe);
    assert!(scene.world.node(NODE).unwrap().can_start().is_err());
    scene.damage(DiskDamage::Restore);
    scene.restart();
    assert_eq!(scene.state(), NodeState::Running, "{}", scene.refusal());
    assert_eq!(*scene.disk().durable(), copy);
}

/// What a crash tears while there is no room is passed over in a new segment, for which there is.
#[test]
fn a_disk_that_was_full_at_a_crash_can_be_opened() {
    for seed in 1..30 {
        let mut scene = begin(seed, false);
        scene.change(DiskChange::Stall(Duration::from_secs(2)));
        let operation = Operation::Set { key: "x".into(), value: "v".repeat(400).as_str().into() };
        let (client, read) = (ClientId(2), ReadPolicy::Log);
        scene.act(Request { client, operation, via: None, read }.into());
        scene.run(300);
        scene.change(DiskChange::Full(true));
        scene.crash(Unsynced::Torn);
        scene.change(DiskChange::Full(false));
        scene.restart();
        assert_eq!(scene.state(), NodeState::Running, "{}", scene.refusal());
    }
}

/// A whole file and all writes are found: nothing is lost.
#[test]
fn a_crash_can_leave_files_and_writes() {
    let mut seen = 0;
    for seed in 1..40 {
        let mut scene = begin(seed, true);
        for _ in 0..3_000 {
            scene.set(9);
            scene.world.step();
            scene.follow();
            let disk = scene.disk();
            if disk.pending().len() > 0 && disk.file_writes().len() > 0 {
                break;
            }
        }
        seen += usize::from(scene.disk().file_writes().len() > 0);
        scene.events.clear();
        scene.crash(Unsynced::Kept);
        assert!(!scene.words().contains("unfinished write"), "{}", scene.words());
    }
    assert!(seen > 4, "{seen}");
}

/// A world that begins with the records of another one has them in its files.
#[test]
fn records_at_the_beginning_are_in_the_files() {
    let scene = begin(7, true);
    let disks = scene.world.nodes().map(|node| (node.id(), node.disk().durable().clone()));
    let mut setup = scene.world.setup().clone();
    setup.disks = disks.collect();
    let world = World::new(setup.clone()).unwrap();
    for node in world.nodes() {
        assert!(node.core().is_some());
        assert_eq!(node.disk().durable(), &setup.disks[&node.id()]);
    }
}

#[test]
fn a_failed_flush_of_a_file_stops_the_node() {
    let mut scene = begin(8, true);
    let flushes = |scene: &Scene| scene.disk().file_writes().len() > 0;
    while !flushes(&scene) || scene.disk().pending().len() > 0 {
        scene.set(9);
        assert!(scene.world.step());
        scene.follow();
    }
    scene.change(DiskChange::Fsync(Fsync::FailsOnce));
    while flushes(&scene) && scene.state() == NodeState::Running {
        assert!(scene.world.step());
        scene.follow();
    }
    assert_eq!(scene.state(), NodeState::Crashed);
    assert_eq!(scene.world.node(NODE).unwrap().stopped_by(), Some(WriteFailure::Fsync));
    scene.restart();
    assert_eq!(scene.state(), NodeState::Running, "{}", scene.refusal());
}

/// A file that is removed is there again after a crash, and is removed at the start.
#[test]
fn a_crash_brings_a_removed_file_back() {
    let mut came_back = 0;
    for seed in 1..12 {
        let mut scene = begin(seed, true);
        for _ in 0..200 {
            scene.set(9);
            scene.events.clear();
            while !scene.words().contains("removes snapshot file") {
                scene.set(9);
                assert!(scene.world.step());
                scene.follow();
            }
            if scene.words().contains("node 2 removes") {
                break;
            }
        }
        if seed % 2 == 0 {
            // The next write removes it, and a later one makes that durable.
            for _ in 0..60 {
                scene.set(9);
                scene.run(200);
            }
            scene.events.clear();
            scene.crash(Unsynced::Lost);
            let back = scene.words().matches("snapshot file").count();
            assert!(back < 3, "{}", scene.words());
            continue;
        }
        scene.events.clear();
        scene.crash(Unsynced::Lost);
        came_back += usize::from(scene.words().contains("has snapshot file"));
        scene.restart();
        assert_eq!(scene.state(), NodeState::Running, "{}", scene.refusal());
        assert!(scene.disk().durable().files().count() <= 1);
    }
    assert!(came_back > 0);
}

/// Two faults could hide each other.
#[test]
fn files_that_are_damaged_are_not_damaged_again() {
    for seed in 1..60 {
        let mut scene = begin(seed, false);
        let keys = |scene: &Scene| scene.disk().keys().collect::<Vec<_>>();
        // As late as possible, so that few batches tell of it.
        let zero = |record| DiskAction::Damage(DiskDamage::Zero { record: Some(record) }).on(NODE);
        // Not in the first sector, of which the header of the file tells.
        let told_by_batches = |world: &World| {
            let told = world.node(NODE).unwrap().can_start();
            told.is_err_and(|told| !told.contains("at byte 0:"))
        };
        let try_each = |scene: &mut Scene| {
            let tried = keys(scene).into_iter().rev().find_map(|key| {
                let mut world = scene.world.clone();
                let is_done = world.apply(zero(key)).is_ok();
                (is_done && told_by_batches(&world)).then_some(world)
            });
            let is_done = tried.is_some();
            scene.world = tried.unwrap_or_else(|| scene.world.clone());
            is_done
        };
        while !try_each(&mut scene) {
            scene.set(9);
            scene.run(200);
        }
        scene.follow();
        let told = scene.world.node(NODE).unwrap().can_start().unwrap_err();
        for record in keys(&scene) {
            scene.damage(DiskDamage::Corrupt { record: Some(record) });
        }
        assert_eq!(scene.world.node(NODE).unwrap().can_start(), Err(told));
    }
}
