use std::io;
use std::sync::{Arc, Mutex, mpsc};

use raft_core::{HardState, Term};
use raft_storage_file::Options;
use raft_storage_file::simulated::{SimulatedDirectory, SimulatedFile};

use super::*;

/// A directory that others change meanwhile.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<SimulatedDirectory>>);

impl Shared {
    fn with<T>(&self, what: impl FnOnce(&mut SimulatedDirectory) -> T) -> T {
        what(&mut self.0.lock().expect("nobody panicked"))
    }
}

impl FileSystem for Shared {
    type File = SimulatedFile;

    fn names(&self) -> io::Result<Vec<String>> {
        self.with(|files| files.names())
    }

    fn create(&mut self, name: &str) -> io::Result<SimulatedFile> {
        self.with(|files| files.create(name))
    }

    fn open(&self, name: &str) -> io::Result<SimulatedFile> {
        self.with(|files| files.open(name))
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.with(|files| files.rename(from, to))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.with(|files| files.remove(name))
    }

    fn salt(&mut self) -> u64 {
        self.with(FileSystem::salt)
    }

    fn sync_names(&mut self) -> io::Result<()> {
        self.with(FileSystem::sync_names)
    }

    fn write_at(&mut self, file: &SimulatedFile, bytes: &[u8], place: u64) -> io::Result<()> {
        self.with(|files| files.write_at(file, bytes, place))
    }

    fn read(&self, file: &SimulatedFile) -> io::Result<Vec<u8>> {
        self.with(|files| files.read(file))
    }

    fn read_start(&self, file: &SimulatedFile, bytes: usize) -> io::Result<Vec<u8>> {
        self.with(|files| files.read_start(file, bytes))
    }

    fn sync(&mut self, file: &SimulatedFile) -> io::Result<()> {
        self.with(|files| files.sync(file))
    }
}

fn write(id: u64) -> Persist {
    let hard_state = HardState { current_term: Term(id), voted_for: None };
    Persist { id: PersistId(id), hard_state: Some(hard_state), ..Persist::default() }
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "not {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The room for the first segment is there, and for no other.
fn full_disk() -> (Shared, FileDisk<Shared>) {
    let files = Shared::default();
    let options = Options { segment_bytes: 4096 };
    let (disk, ..) = FileDisk::open(files.clone(), options).expect("it is empty");
    files.with(|directory| directory.set_room(Some(4096)));
    (files, disk)
}

#[test]
fn a_full_disk_is_told_and_all_that_waited_is_written_when_there_is_room() {
    let (files, disk) = full_disk();
    let (work, inbox) = mpsc::channel();
    let (reports, mut told) = tokio::sync::mpsc::unbounded_channel();
    let metrics = Metrics::default();
    let of_thread = metrics.clone();
    let thread = std::thread::spawn(move || run(disk, &inbox, &reports, &of_thread));
    (1..=200).for_each(|id| work.send(write(id)).expect("it runs"));
    wait_until("full", || metrics.is_disk_full());
    files.with(|directory| directory.set_room(None));
    let mut last = PersistId(0);
    while last < PersistId(200) {
        let report = told.blocking_recv().expect("it runs");
        let Report::Persisted(id) = report else { panic!("{report:?}") };
        last = id;
    }
    assert!(!metrics.is_disk_full());
    drop(work);
    thread.join().expect("it ends");
}

#[test]
fn a_node_stops_although_its_disk_is_full() {
    let (_files, disk) = full_disk();
    let (work, inbox) = mpsc::channel();
    let (reports, _told) = tokio::sync::mpsc::unbounded_channel();
    let metrics = Metrics::default();
    let of_thread = metrics.clone();
    let thread = std::thread::spawn(move || run(disk, &inbox, &reports, &of_thread));
    (1..=200).for_each(|id| work.send(write(id)).expect("it runs"));
    wait_until("full", || metrics.is_disk_full());
    drop(work);
    thread.join().expect("it ends");
}
