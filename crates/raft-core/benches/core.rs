//! What the core costs: commits, elections, recovery, a follower that catches up, a long log, a
//! quiet cluster. One thread, disks in memory; the clock stands still, or is moved by hand.
//!
//! ```text
//! cargo bench -p helios-raft-core                          everything
//! cargo bench -p helios-raft-core -- commits               only sections with this in their name
//! cargo bench -p helios-raft-core -- --quick               fewer rounds, shorter ones
//! cargo bench -p helios-raft-core -- only nodes=3 in_flight=256 payload=16 commits=1000000
//! ```
//!
//! The last form runs one closed loop and nothing else, to be watched by `perf record` or
//! `valgrind --tool=callgrind`: build with `CARGO_PROFILE_BENCH_DEBUG=line-tables-only`,
//! `CARGO_PROFILE_BENCH_STRIP=none` and `--no-run`, and start the program that Cargo names.
//!
//! Without `--bench`, as `cargo test --benches` runs it, everything is done once and small: the
//! assertions are made, the numbers mean nothing.
//!
//! Of several rounds the best counts.

// A global allocator that counts can only be written with `unsafe`; it passes everything on.
#![allow(unsafe_code)]

mod driver;
mod links;

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::env;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use driver::{ClosedLoop, Cluster, Length, Load, Table, grouped, loads, measure, per_second};
use raft_core::{
    Body, Bytes, Config, Entry, HardState, Input, LogIndex, Membership, Message, Node, NodeId,
    Payload, Recovered, Term,
};

type Section = fn(Effort);

/// The sections by name.
const SECTIONS: [(&str, Section); 9] = [
    ("sharing", sharing),
    ("commits", commits),
    ("elections", elections),
    ("recovery", recovery),
    ("catching up", catching_up),
    ("log length", log_length),
    ("quiet", quiet),
    ("snapshots over links", links::snapshots),
    ("entries over links", links::entries),
];

/// No log is compacted.
const WHOLE_LOG: u64 = u64::MAX;

/// How much is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Effort {
    Smoke,
    Quick,
    Full,
}

impl Effort {
    fn rounds(self) -> usize {
        match self {
            Self::Smoke => 1,
            Self::Quick => 2,
            Self::Full => 7,
        }
    }

    fn round(self) -> Length {
        Length::Time(Duration::from_millis(match self {
            Self::Smoke => 0,
            Self::Quick => 10,
            Self::Full => 30,
        }))
    }

    /// So many in full, and fewer with less effort.
    fn scale(self, full: u64) -> u64 {
        match self {
            Self::Smoke => (full / 1000).max(1),
            Self::Quick => (full / 10).max(1),
            Self::Full => full,
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (flags, words): (Vec<&str>, Vec<&str>) =
        arguments.iter().map(String::as_str).partition(|argument| argument.starts_with('-'));
    if let ["only", settings @ ..] = words.as_slice() {
        return match only(settings) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("{problem}; like: only nodes=3 in_flight=256 payload=16 commits=1000000");
                ExitCode::FAILURE
            }
        };
    }
    if flags.contains(&"--list") {
        return ExitCode::SUCCESS;
    }
    let effort = match () {
        () if !flags.contains(&"--bench") || flags.contains(&"--test") => Effort::Smoke,
        () if flags.contains(&"--quick") => Effort::Quick,
        () => Effort::Full,
    };
    let filter = words.join(" ");
    for (name, section) in SECTIONS.iter().filter(|(name, _)| name.contains(&filter)) {
        println!("\n{name}");
        section(effort);
    }
    ExitCode::SUCCESS
}

/// One closed loop, for a profiler to watch.
fn only(settings: &[&str]) -> Result<(), String> {
    let mut load = Load { nodes: 3, in_flight: 256, payload: 16 };
    let mut commits = 1_000_000;
    for setting in settings {
        let pair = setting.split_once('=');
        let parsed = pair.and_then(|(name, number)| Some((name, number.parse::<u64>().ok()?)));
        match parsed {
            Some(("nodes", number @ 1..=9)) => load.nodes = number as usize,
            Some(("in_flight", number @ 1..)) => load.in_flight = number,
            Some(("payload", number)) => load.payload = number as usize,
            Some(("commits", number)) => commits = number,
            _ => return Err(format!("what is `{setting}`?")),
        }
    }
    let measured = measure(load, Length::Commits(commits), Cluster::new);
    let applied = grouped(measured.applied.count as f64);
    println!("{} commits/s", grouped(measured.commits_per_second));
    println!("each server applied {applied} commands, with the warm-up");
    Ok(())
}

/// Asserts that replication copies no payload: all logs hold the same bytes.
fn sharing(_: Effort) {
    let mut cluster = Cluster::new(5);
    cluster.commit(Load { nodes: 5, in_flight: 7, payload: 1024 }, 100);
    cluster.finish();
    let logs: Vec<_> = cluster.servers.iter().map(|server| server.node.log()).collect();
    let mut commands = 0;
    for entry in logs[0].iter_from(LogIndex(1)) {
        let Payload::Command(bytes) = &entry.payload else { continue };
        for log in &logs {
            let copy = log.get(entry.index).map(|entry| &entry.payload);
            let Some(Payload::Command(copy)) = copy else {
                panic!("no command at {}", entry.index)
            };
            assert_eq!(copy.as_ptr(), bytes.as_ptr(), "the payload at {} was copied", entry.index);
        }
        commands += 1;
    }
    println!("the payloads of {commands} commands: in {} logs, each once in memory", logs.len());
}

/// Commits per second in a closed loop, and what the allocator has to do with each: the command is
/// one allocation, and the driver's disk grows.
fn commits(effort: Effort) {
    let table = Table::new(&["nodes", "in flight", "payload", "commits/s", "allocations"]);
    for load in loads() {
        let best = (0..effort.rounds())
            .map(|_| measure(load, effort.round(), Cluster::new).commits_per_second)
            .fold(0.0, f64::max);
        let allocations = allocations_per_commit(load, effort.scale(50_000));
        let Load { nodes, in_flight, payload } = load;
        let mut row = vec![nodes.to_string(), in_flight.to_string(), payload.to_string()];
        row.extend([grouped(best), format!("{allocations:.2}")]);
        table.row(&row);
    }
}

fn allocations_per_commit(load: Load, commits: u64) -> f64 {
    let mut cluster = Cluster::new(load.nodes);
    cluster.commit(load, commits / 10 + 1);
    let before = allocations_so_far();
    cluster.commit(load, commits);
    (allocations_so_far() - before) as f64 / commits as f64
}

/// Elections, each won by the next server: until its no-op is committed and applied everywhere.
fn elections(effort: Effort) {
    let table = Table::new(&["nodes", "elections/s"]);
    let count = effort.scale(20_000);
    for nodes in [3, 5] {
        let best = best_of(effort, || {
            let mut cluster = Cluster::new(nodes);
            time(|| (0..count).for_each(|round| cluster.elect(round as usize % nodes)))
        });
        table.row(&[nodes.to_string(), grouped(per_second(count, best))]);
    }
}

/// A server starts from a long log.
fn recovery(effort: Effort) {
    let table = Table::new(&["entries", "ms", "entries/s"]);
    let count = effort.scale(1_000_000);
    let best = best_of(effort, || {
        let id = NodeId(1);
        let config = Config::new(id, Membership::new([id]));
        let recovered = Recovered {
            hard_state: HardState { current_term: Term(1), voted_for: Some(id) },
            entries: (1..=count).map(entry).collect(),
            ..Recovered::default()
        };
        let mut node = None;
        let elapsed = time(|| node = Node::new(config, recovered, raft_core::Instant(0)).ok());
        let node = node.expect("the log is whole");
        assert_eq!(node.log().len() as u64, count);
        elapsed
    });
    let rate = grouped(per_second(count, best));
    table.row(&[grouped(count as f64), milliseconds(best), rate]);
}

fn entry(index: u64) -> Entry {
    let payload = Payload::Command(Bytes::from(&index.to_le_bytes()));
    Entry { index: LogIndex(index), term: Term(1), payload }
}

/// A follower that heard nothing while the others committed.
fn catching_up(effort: Effort) {
    let table = Table::new(&["entries", "ms", "entries/s"]);
    let count = effort.scale(100_000);
    let best = best_of(effort, || {
        let mut cluster = Cluster::start(3, WHOLE_LOG);
        cluster.network.cut_off = Some(NodeId(3));
        cluster.commit(Load { nodes: 3, in_flight: 64, payload: 128 }, count);
        cluster.network.cut_off = None;
        time(|| catch_up(&mut cluster))
    });
    let rate = grouped(per_second(count, best));
    table.row(&[grouped(count as f64), milliseconds(best), rate]);
}

fn catch_up(cluster: &mut Cluster) {
    for _ in 0..100 {
        cluster.beat(0);
        if cluster.servers[2].applied == cluster.servers[0].applied {
            return;
        }
    }
    panic!("it does not catch up");
}

/// What a commit costs does not depend on how many came before. Measured in short pieces, of which
/// the best counts.
fn log_length(effort: Effort) {
    const PIECE: u64 = 200;
    let table = Table::new(&["entries", "in flight", "ns/commit"]);
    for in_flight in [1, 64] {
        let load = Load { nodes: 3, in_flight, payload: 16 };
        let lengths = [1_000, 10_000, 100_000, 1_000_000].map(|length| effort.scale(length));
        let mut best = lengths.map(|_| Duration::MAX);
        for _ in 0..effort.rounds() {
            let mut cluster = Cluster::start(load.nodes, WHOLE_LOG);
            for (length, best) in lengths.into_iter().zip(&mut best) {
                let missing = length.saturating_sub(cluster.servers[0].applied.count);
                cluster.commit(load, missing);
                let held = cluster.servers[0].node.log().len() as u64;
                assert!(held >= length, "the log is not so long");
                let pieces = (0..10).map(|_| time(|| cluster.commit(load, PIECE)));
                *best = pieces.fold(*best, Duration::min);
            }
        }
        for (length, best) in lengths.into_iter().zip(best) {
            let each = best.as_nanos() as f64 / PIECE as f64;
            table.row(&[grouped(length as f64), in_flight.to_string(), format!("{each:.0}")]);
        }
    }
}

/// Nine servers of which nobody wants anything, for 1,000 seconds of their time.
fn quiet(effort: Effort) {
    let table = Table::new(&["seconds", "ms", "sent", "message"]);
    let seconds = effort.scale(1_000);
    let mut sent = BTreeMap::new();
    let best = best_of(effort, || {
        let mut cluster = Cluster::new(9);
        cluster.finish();
        sent.clear();
        let term = cluster.servers[0].node.current_term();
        let end = cluster.now + Duration::from_secs(seconds);
        let elapsed = time(|| while rest(&mut cluster, end, &mut sent) {});
        assert_eq!(cluster.servers[0].node.current_term(), term, "there was an election");
        elapsed
    });
    for (name, count) in &sent {
        let seconds = grouped(seconds as f64);
        table.row(&[seconds, milliseconds(best), grouped(*count as f64), (*name).to_owned()]);
    }
}

/// Moves the clock to the next deadline, up to `end`, and counts the messages that come of it.
fn rest(
    cluster: &mut Cluster,
    end: raft_core::Instant,
    sent: &mut BTreeMap<&'static str, u64>,
) -> bool {
    let deadlines = cluster.servers.iter().map(|server| server.node.deadline()).enumerate();
    let (place, deadline) = deadlines.min_by_key(|(_, at)| *at).expect("there are servers");
    if deadline > end {
        return false;
    }
    cluster.now = deadline;
    cluster.handle(place, Input::Timeout);
    while cluster.network.inboxes.iter().any(|inbox| !inbox.is_empty()) {
        for place in 0..cluster.servers.len() {
            for input in &cluster.network.inboxes[place] {
                let Input::Message { message, .. } = input else { continue };
                assert!(is_without_entries(message), "from a quiet cluster: {message:?}");
                *sent.entry(message.name()).or_default() += 1;
            }
            cluster.turn(place);
        }
    }
    true
}

fn is_without_entries(message: &Message) -> bool {
    if let Body::AppendEntries(request) = &message.body {
        return request.entries.is_empty();
    }
    matches!(message.body, Body::AppendEntriesReply(_))
}

fn time(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn best_of(effort: Effort, mut round: impl FnMut() -> Duration) -> Duration {
    (0..effort.rounds()).map(|_| round()).min().expect("there is a round")
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1000.0)
}

/// Counts the requests for memory.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

fn allocations_so_far() -> u64 {
    ALLOCATIONS.load(Ordering::Relaxed)
}

/// There is one thread: a load and a store count right, and cost less than an atomic addition.
fn count_allocation() {
    ALLOCATIONS.store(allocations_so_far() + 1, Ordering::Relaxed);
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_allocation();
        // SAFETY: as required of our caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as required of our caller.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count_allocation();
        // SAFETY: as required of our caller.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
