//! Runs of batches, flushes, crashes and faults: what was flushed is there, and what is there is a
//! prefix.

use proptest::prelude::*;
use raft_core::{
    Entry, HardState, LogIndex, LogPosition, Membership, NodeId, Payload, Persist, Snapshot,
    SnapshotWrite, Term,
};
use raft_storage::{Records, recover};

use super::*;
use crate::simulated::{Flushes, SimulatedDirectory};
use crate::{FileDiskError, Mistake, Mistakes, OpenReport};

const SMALL: Options = Options { segment_bytes: 4 << 10 };

/// A server that asks for writes as a core does.
#[derive(Clone, Debug, Default)]
struct Server {
    term: u64,
    start: u64,
    last: u64,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Append {
        entries: u8,
        bytes: u16,
    },
    Truncate,
    Vote,
    Snapshot,
    Flush,
    /// The bits decide what survives.
    Crash(u64),
    /// The power fails after so many operations of the file system, whatever is under way then; or
    /// the process is killed, if the number is odd.
    FailAfter(u64),
}

impl Server {
    fn entries(&mut self, number: u8, bytes: u16) -> Vec<Entry> {
        let payload = || Payload::Command(vec![self.term as u8; usize::from(bytes)].into());
        let indexes = self.last + 1..=self.last + u64::from(number);
        let entry =
            |index| Entry { index: LogIndex(index), term: Term(self.term), payload: payload() };
        let entries = indexes.map(entry).collect();
        self.last += u64::from(number);
        entries
    }

    fn batch(&mut self, step: Step) -> Option<WriteBatch> {
        let mut persist = Persist { commit_index: LogIndex(self.start), ..Persist::default() };
        if self.term == 0 {
            persist.bootstrap = Some(Membership::new([NodeId(1)]).into());
        }
        let votes = self.term == 0 || matches!(step, Step::Vote);
        if votes {
            self.term += 1;
            let voted_for = Some(NodeId(1 + self.term % 3));
            persist.hard_state = Some(HardState { current_term: Term(self.term), voted_for });
        }
        match step {
            Step::Append { entries, bytes } => {
                persist.entries = self.entries(entries, bytes).into()
            }
            Step::Truncate if self.last > self.start => {
                self.last -= 1 + (self.last - self.start - 1) / 2;
                persist.truncate_from = Some(LogIndex(self.last + 1));
                persist.entries = self.entries(1, 9).into();
            }
            Step::Snapshot if self.last > self.start => {
                self.start += 1 + (self.last - self.start) / 2;
                let position = LogPosition::new(LogIndex(self.start), Term(1));
                let snapshot = Snapshot {
                    last_included_index: position.index,
                    last_included_term: position.term,
                    membership: Membership::new([NodeId(1)]),
                    data: raft_core::Bytes::from(vec![7; 300]).into(),
                };
                persist.snapshot = Some(SnapshotWrite { snapshot, log_start: position }.into());
            }
            Step::Vote => {}
            Step::Truncate | Step::Snapshot | Step::Flush | Step::Crash(_) | Step::FailAfter(_) => {
                return None;
            }
        }
        Some(WriteBatch::from_persist(&persist))
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..6_u8, 0..900_u16).prop_map(|(entries, bytes)| Step::Append { entries, bytes }),
        1 => Just(Step::Truncate),
        1 => Just(Step::Vote),
        1 => Just(Step::Snapshot),
        3 => Just(Step::Flush),
        1 => any::<u64>().prop_map(Step::Crash),
        1 => (0..12_u64).prop_map(Step::FailAfter),
    ];
    prop::collection::vec(step, 1..60)
}

/// A disk beside what it should hold.
struct Scene {
    disk: FileDisk<SimulatedDirectory>,
    /// After each batch that was taken: the server and the records. The first is the beginning.
    taken: Vec<(Server, Records)>,
    /// How many of them were flushed.
    flushed: usize,
    mistakes: Mistakes,
    cuts: u64,
}

impl Scene {
    fn new(mistake: Option<Mistake>) -> Self {
        let mistakes = mistake.map_or(Mistakes::default(), |made| Mistakes::default().with(made));
        let opened = FileDisk::open_making(SimulatedDirectory::default(), SMALL, mistakes);
        let (disk, records, _) = opened.expect("it is empty");
        let taken = vec![(Server::default(), records)];
        Self { disk, taken, flushed: 0, mistakes, cuts: 0 }
    }

    fn append(&mut self, step: Step) -> Result<(), FileDiskError> {
        let (mut server, mut records) = self.taken.last().expect("the beginning is there").clone();
        let Some(batch) = server.batch(step) else { return Ok(()) };
        self.disk.append(&batch)?;
        records.apply(&batch);
        self.taken.push((server, records));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), FileDiskError> {
        self.disk.flush()?;
        self.flushed = self.taken.len() - 1;
        Ok(())
    }

    /// The power fails, and the disk is opened again.
    fn crash(&mut self, bits: u64) -> Result<(), String> {
        let mut random = bits | 1;
        self.disk.files_mut().crash(|| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random & 8 == 0
        });
        self.open()
    }

    fn open(&mut self) -> Result<(), String> {
        let files = self.disk.files().clone();
        let opened = FileDisk::open_making(files, SMALL, self.mistakes);
        let (disk, records, OpenReport { cut, .. }) = opened.map_err(|error| error.to_string())?;
        recover(NodeId(1), &records).map_err(|error| error.to_string())?;
        let is_it = |(_, taken): &(Server, Records)| *taken == records;
        let place = self.taken[self.flushed..].iter().position(is_it);
        let place = place.ok_or("what is there is no prefix with all that was flushed")?;
        self.taken.truncate(self.flushed + place + 1);
        self.flushed = self.taken.len() - 1;
        self.cuts += u64::from(cut > 0);
        self.disk = disk;
        Ok(())
    }

    fn play(&mut self, steps: &[Step]) -> Result<(), String> {
        let mut fails = None;
        for (place, step) in steps.iter().enumerate() {
            let done = match step {
                Step::Flush => self.flush(),
                Step::Crash(bits) => {
                    fails = None;
                    self.crash(*bits)?;
                    Ok(())
                }
                Step::FailAfter(operations) => {
                    self.disk.files_mut().fail_after(*operations);
                    fails = Some((place as u64 * 0x9E37_79B9, operations % 2 == 1));
                    Ok(())
                }
                Step::Append { .. } | Step::Truncate | Step::Vote | Step::Snapshot => {
                    self.append(*step)
                }
            };
            if let Err(error) = done {
                let (bits, is_killed) = fails.take().ok_or_else(|| error.to_string())?;
                if is_killed {
                    // Another process acts on what it finds.
                    self.disk.files_mut().kill();
                    self.open()?;
                } else {
                    self.crash(bits)?;
                }
            }
        }
        self.crash(steps.len() as u64 * 77)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn after_a_crash_the_disk_holds_a_prefix_with_all_that_was_flushed(steps in steps()) {
        let mut scene = Scene::new(None);
        prop_assert_eq!(scene.play(&steps), Ok(()));
    }

    /// A bit of a flushed batch flips: it is told, or it was of the zeros between two frames.
    #[test]
    fn damage_is_told(steps in steps(), place in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut scene = Scene::new(None);
        for step in steps {
            match step {
                Step::Flush => scene.flush().unwrap(),
                Step::Crash(_) | Step::FailAfter(_) => {}
                Step::Append { .. } | Step::Truncate | Step::Vote | Step::Snapshot => {
                    scene.append(step).unwrap();
                }
            }
        }
        scene.flush().unwrap();
        let name = segment_name(scene.disk.active.number);
        let used = scene.disk.active.end as usize;
        let damaged = place.index(used);
        scene.disk.files_mut().damage(&name, |bytes| bytes[damaged] ^= 1 << bit);
        let told = |words: &String| words.contains("is damaged at byte");
        let opened = scene.open();
        prop_assert!(opened.is_ok() || opened.as_ref().is_err_and(told), "{opened:?}");
    }
}

/// Runs that show a mistake, of a thousand.
fn shown(mistake: Option<Mistake>) -> usize {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut shown = 0;
    for _ in 0..1_000 {
        let drawn = steps().new_tree(&mut runner).expect("steps are drawn");
        let steps = proptest::strategy::ValueTree::current(&drawn);
        shown += usize::from(Scene::new(mistake).play(&steps).is_err());
    }
    shown
}

#[test]
fn each_mistake_is_noticed() {
    assert_eq!(shown(None), 0);
    for mistake in [
        Mistake::RenameBeforeFlush,
        Mistake::NamesNotFlushed,
        Mistake::TornIsWhole,
        Mistake::NoFlush,
        Mistake::RemovedTooEarly,
    ] {
        assert!(shown(Some(mistake)) > 0, "{mistake:?}");
    }
}

const ENTRY: Step = Step::Append { entries: 1, bytes: 100 };

#[test]
fn a_torn_end_is_cut_off_and_counted() {
    let mut scene = Scene::new(None);
    scene.append(ENTRY).unwrap();
    scene.flush().unwrap();
    for _ in 0..2 {
        scene.append(Step::Append { entries: 3, bytes: 300 }).unwrap();
    }
    // The power fails before the flush, and the third sector is all that reached the medium.
    scene.disk.make(Mistakes::default().with(Mistake::NoFlush));
    scene.disk.write().unwrap();
    let mut sector = 0;
    scene.disk.files_mut().crash(|| {
        sector += 1;
        sector == 3
    });
    assert_eq!(scene.open(), Ok(()));
    assert_eq!((scene.cuts, scene.flushed), (1, 1));
    // The next segment begins after it, and the torn end is passed over.
    scene.append(ENTRY).unwrap();
    scene.flush().unwrap();
    assert_eq!(scene.crash(1), Ok(()));
    assert_eq!((scene.cuts, scene.flushed, scene.disk.segments()), (1, 2, 2));
}

#[test]
fn a_hole_before_a_flushed_batch_is_damage() {
    for mistake in [None, Some(Mistake::HoleIsTheEnd)] {
        let mut scene = Scene::new(mistake);
        let mut places = Vec::new();
        for _ in 0..4 {
            places.push(scene.disk.active.end as usize);
            scene.append(ENTRY).unwrap();
            scene.flush().unwrap();
        }
        let name = segment_name(scene.disk.active.number);
        // A page comes back as zeros.
        scene.disk.files_mut().damage(&name, |bytes| bytes[places[1]..places[2]].fill(0));
        let opened = scene.open();
        let told = opened.clone().is_err_and(|words| words.contains("is damaged at byte"));
        assert_eq!(told, mistake.is_none(), "{opened:?}");
    }
}

#[test]
fn after_a_failed_flush_nothing_counts_any_more() {
    for mistake in [None, Some(Mistake::RetryAfterFailure)] {
        let mut scene = Scene::new(mistake);
        scene.append(ENTRY).unwrap();
        scene.disk.files_mut().set_flushes(Flushes::FailOnce);
        assert!(matches!(scene.flush(), Err(FileDiskError::Io { .. })));
        let again = scene.flush();
        assert_eq!(matches!(again, Err(FileDiskError::Failed)), mistake.is_none());
        // What the file system shows was never stored.
        let opened = scene.crash(!0);
        assert_eq!(opened.is_ok(), mistake.is_none(), "{opened:?}");
    }
}

#[test]
fn a_full_disk_loses_nothing_and_goes_on_when_there_is_room() {
    let mut scene = Scene::new(None);
    scene.disk.files_mut().set_room(Some(10_000));
    let mut refused = 0;
    for _ in 0..100 {
        match scene.append(ENTRY) {
            Ok(()) => scene.flush().unwrap(),
            Err(FileDiskError::Full { bytes }) => {
                refused += 1;
                assert!(bytes > 4 << 10, "{bytes}");
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(refused > 50 && scene.flushed > 10, "{refused}");
    scene.disk.files_mut().set_room(None);
    scene.append(ENTRY).unwrap();
    scene.flush().unwrap();
    assert_eq!(scene.crash(5), Ok(()));
}

#[test]
fn segments_go_when_the_log_starts_after_them() {
    let mut scene = Scene::new(None);
    let mut most = 0;
    for round in 0..200 {
        scene.append(Step::Append { entries: 5, bytes: 200 }).unwrap();
        if round % 10 == 9 {
            scene.append(Step::Snapshot).unwrap();
        }
        scene.flush().unwrap();
        most = most.max(scene.disk.segments());
    }
    assert!(most > 2 && most < 10, "{most}");
    // The files that are gone take no memory.
    let bytes = scene.disk.files().bytes_beyond(&SimulatedDirectory::default());
    assert!(bytes < 80_000, "{bytes}");
    assert_eq!(scene.crash(3), Ok(()));
}

#[test]
fn a_batch_that_is_longer_than_a_segment_has_one_of_its_own() {
    let mut scene = Scene::new(None);
    scene.append(Step::Append { entries: 9, bytes: 9_000 }).unwrap();
    scene.flush().unwrap();
    assert_eq!(scene.crash(3), Ok(()));
    assert_eq!(scene.flushed, 1);
}

/// The next process sees what the failed flush should have stored, and stores it.
#[test]
fn what_the_next_process_finds_after_a_failed_flush_is_there_for_good() {
    let mut scene = Scene::new(None);
    scene.append(ENTRY).unwrap();
    scene.disk.files_mut().set_flushes(Flushes::FailOnce);
    assert!(scene.flush().is_err());
    scene.disk.files_mut().kill();
    assert_eq!(scene.open(), Ok(()));
    assert_eq!(scene.flushed, 1);
    assert_eq!(scene.crash(2), Ok(()));
    assert_eq!(scene.flushed, 1);
}

#[test]
fn segments_that_are_gone_are_told() {
    let mut scene = Scene::new(None);
    for _ in 0..30 {
        scene.append(Step::Append { entries: 3, bytes: 300 }).unwrap();
        scene.flush().unwrap();
    }
    let segments = scene.disk.segments() as u64;
    assert!(segments > 3, "{segments}");
    scene.disk.files_mut().remove(&segment_name(2)).unwrap();
    let opened = scene.open();
    assert!(opened.clone().is_err_and(|words| words.contains("it is gone")), "{opened:?}");
    assert!(scene.disk.files().names().unwrap().contains(&segment_name(1)), "nothing was removed");
    let file = RecordKey::SnapshotFile(4);
    let put = Write::Put { key: file, record: vec![1; 9].into() };
    scene.disk.append(&WriteBatch { writes: vec![put] }).unwrap();
    (1..=segments).for_each(|number| drop(scene.disk.files_mut().remove(&segment_name(number))));
    let opened = scene.open();
    assert!(opened.clone().is_err_and(|words| words.contains("it is gone")), "{opened:?}");
}

fn file(handle: u64, bytes: usize) -> Write {
    let key = RecordKey::SnapshotFile(handle);
    Write::Put { key, record: vec![handle as u8; bytes].into() }
}

fn has(disk: &FileDisk<SimulatedDirectory>, handle: u64) -> bool {
    disk.files().names().unwrap().contains(&snapshot_name(handle))
}

#[test]
fn a_file_is_there_before_its_batch_and_goes_after_it() {
    let (mut disk, ..) = FileDisk::open(SimulatedDirectory::default(), SMALL).unwrap();
    let before = disk.active.end;
    disk.append(&WriteBatch { writes: vec![file(3, 900)] }).unwrap();
    assert!(has(&disk, 3));
    disk.flush().unwrap();
    assert!(disk.active.end < before + 100, "it is not in the log, too");
    let delete = Write::Delete { key: RecordKey::SnapshotFile(3) };
    disk.append(&WriteBatch { writes: vec![delete.clone(), file(5, 10)] }).unwrap();
    assert!(has(&disk, 3), "the batch is not durable");
    disk.flush().unwrap();
    assert!(!has(&disk, 3) && has(&disk, 5));
    // Removed and stored again before the flush.
    let delete = Write::Delete { key: RecordKey::SnapshotFile(5) };
    disk.append(&WriteBatch { writes: vec![delete] }).unwrap();
    disk.append(&WriteBatch { writes: vec![file(5, 20)] }).unwrap();
    disk.flush().unwrap();
    assert!(has(&disk, 5));
    let mut files = disk.close();
    files.crash(|| false);
    let (_, records, _) = FileDisk::open(files, SMALL).unwrap();
    assert_eq!(records.get(RecordKey::SnapshotFile(5)).map(|record| record.len()), Some(20));
}

#[test]
fn a_file_without_room_has_no_effect() {
    let (mut disk, ..) = FileDisk::open(SimulatedDirectory::default(), SMALL).unwrap();
    disk.files_mut().set_room(Some(8_000));
    let refused = disk.append(&WriteBatch { writes: vec![file(3, 9_000)] });
    assert!(matches!(refused, Err(FileDiskError::Full { bytes: 9_000 })));
    assert!(!disk.files().names().unwrap().iter().any(|name| name.ends_with(".new")));
    disk.append(&WriteBatch { writes: vec![file(3, 900)] }).unwrap();
    disk.flush().unwrap();
}

/// A large first frame leaves room for as much as any other.
#[test]
fn a_large_snapshot_does_not_fill_each_segment() {
    let mut scene = Scene::new(None);
    scene.append(ENTRY).unwrap();
    let record = vec![9; 40_000].into();
    let put = Write::Put { key: RecordKey::Snapshot, record };
    scene.disk.append(&WriteBatch { writes: vec![put] }).unwrap();
    let before = scene.disk.segments();
    for _ in 0..20 {
        scene.append(ENTRY).unwrap();
        scene.flush().unwrap();
    }
    assert!(scene.disk.segments() <= before + 2, "{}", scene.disk.segments());
}

/// The next segment is prepared while the file of a snapshot of its number is written.
#[test]
fn a_snapshot_and_a_segment_of_one_number_are_written_side_by_side() {
    let mut scene = Scene::new(None);
    let is_nearly_full = |disk: &FileDisk<_>| disk.active.end + 600 > disk.active.capacity;
    while !is_nearly_full(&scene.disk) {
        scene.append(ENTRY).unwrap();
        scene.flush().unwrap();
    }
    assert!(scene.disk.prepared.is_some());
    let next = scene.disk.active.number + 1;
    scene.disk.append(&WriteBatch { writes: vec![file(next, 900)] }).unwrap();
    scene.append(Step::Append { entries: 1, bytes: 800 }).unwrap();
    scene.flush().unwrap();
    assert_eq!(scene.disk.active.number, next);
    let (_, records, _) = FileDisk::open(scene.disk.files().clone(), SMALL).unwrap();
    let record = records.get(RecordKey::SnapshotFile(next)).map(|record| record.to_vec());
    assert_eq!(record, Some(vec![next as u8; 900]));
}
