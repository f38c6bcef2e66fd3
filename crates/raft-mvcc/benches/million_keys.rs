//! What a store with a million keys of 16 bytes and values of 128 bytes costs: memory for each key,
//! and the time of commands, reads, a compaction and a snapshot. One thread.
//!
//! ```text
//! cargo bench -p raft-mvcc
//! ```
//!
//! Memory is what the allocator was asked for, and with Linux also what the process uses. Without
//! `--bench`, as `cargo test --benches` runs it, there are few keys: the assertions are made, the
//! numbers mean nothing.

// A global allocator that counts can only be written with `unsafe`; it passes everything on.
#![allow(unsafe_code)]
// The clock is not for the store, but for what it takes.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use raft_mvcc::{
    ChangesQuery, Command, DeleteRange, KeyRange, Operation, Put, Range, Response, Store,
};

/// The most memory that a key may cost, in bytes, as the allocator was asked for it.
const MOST_BYTES_A_KEY: usize = 300;

/// The commands between two views, as a node publishes them after each batch.
const BATCH: u64 = 64;

struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let is_bench = env::args().any(|arg| arg == "--bench");
    let keys: u64 = if is_bench { 1_000_000 } else { 10_000 };
    for order in [Order::Ascending, Order::Scattered] {
        println!("{keys} keys, first put in {order:?} order");
        let resident = resident_bytes();
        let before = ALLOCATED.load(Ordering::Relaxed);
        let mut load = Load { store: Store::default(), view: Store::default(), index: 0 };
        load.puts("puts of new keys", keys, order);
        let each = (ALLOCATED.load(Ordering::Relaxed) - before) / keys as usize;
        println!("  memory: {each} bytes a key, resident {}", per_key(resident, keys));
        let said = load.store.size().total / keys;
        println!("  memory: {said} bytes a key, as the store estimates it");
        assert!(each < MOST_BYTES_A_KEY, "a key costs {each} bytes");

        load.snapshot(keys);
        load.puts("puts of keys that exist", keys, Order::Scattered);
        let revision = load.store.revision();
        load.apply("compaction", Operation::Compact { revision });
        load.puts("puts while it is swept", keys, Order::Scattered);
        load.reads(keys);
        let everything = DeleteRange { range_end: "\0".into(), key: "\0".into(), prev_kv: false };
        load.apply("deletion of everything", Operation::DeleteRange(everything));
        assert!(load.store.is_empty());
    }
}

/// The order in which keys are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Ascending,
    Scattered,
}

struct Load {
    store: Store,
    view: Store,
    index: u64,
}

impl Load {
    fn puts(&mut self, name: &str, count: u64, order: Order) {
        let mut longest = 0;
        let start = Instant::now();
        for number in 0..count {
            let number = match order {
                Order::Ascending => number,
                // A number without a common divisor with any count of keys here.
                Order::Scattered => number * 7_368_787 % count,
            };
            let key = format!("key-{number:012}").into();
            let put = Put { key, value: vec![b'v'; 128].into(), ..Put::default() };
            let payload = Command::new(Operation::Put(put)).encode();
            self.index += 1;
            let start = Instant::now();
            let response = self.store.apply(self.index, &payload);
            if self.index.is_multiple_of(BATCH) {
                self.view = self.store.clone();
            }
            longest = longest.max(start.elapsed().as_micros());
            assert!(response.result.is_ok());
        }
        let each = start.elapsed().as_nanos() / u128::from(count);
        println!("  {name}: {each} ns each, with encoding; the longest {longest} µs");
    }

    fn apply(&mut self, name: &str, operation: Operation) -> Response {
        let payload = Command::new(operation).encode();
        self.index += 1;
        timed(name, || self.store.apply(self.index, &payload))
    }

    fn reads(&self, keys: u64) {
        let read = |range: &Range| self.store.range(range).expect("a revision that exists");
        timed("100,000 reads of one key", || {
            for number in 0..100_000 {
                let number = number * 7_919 % keys;
                let range = Range { key: format!("key-{number:012}").into(), ..Range::default() };
                assert_eq!(read(&range).kvs.len(), 1);
            }
        });
        let all = Range { key: "key-".into(), range_end: "key.".into(), ..Range::default() };
        timed("count of all keys", || read(&Range { count_only: true, ..all.clone() }).count);
        timed("read of 1,000 of all keys", || read(&Range { limit: 1000, ..all.clone() }).count);
        timed("read of all keys", || read(&all).kvs.len());
        let revision = self.store.revision() - i64::try_from(keys).unwrap_or(0) / 2;
        timed("count of all keys in the past", || {
            read(&Range { count_only: true, revision, ..all.clone() }).count
        });
        timed("100,000 looks for changes at the head", || {
            let query = ChangesQuery {
                from_revision: self.store.revision(),
                range: KeyRange::all(),
                prev_kv: true,
                max_bytes: 1 << 20,
            };
            for _ in 0..100_000 {
                assert_eq!(self.store.changes(&query).expect("not compacted").changes.len(), 1);
            }
        });
    }

    fn snapshot(&self, keys: u64) {
        let bytes = timed("snapshot", || self.store.snapshot());
        println!("  snapshot: {} bytes a key", bytes.len() as u64 / keys);
        let before = ALLOCATED.load(Ordering::Relaxed);
        let restored = timed("restore", || Store::restore(&bytes)).expect("our own snapshot");
        let each = (ALLOCATED.load(Ordering::Relaxed) - before) / keys as usize;
        println!("  restored: {each} bytes a key");
        timed("hash", || assert_eq!(restored.hash(), self.store.hash()));
    }
}

fn timed<T>(name: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    println!("  {name}: {:.1} ms", start.elapsed().as_secs_f64() * 1000.0);
    result
}

/// What the process uses more than it did, for each key; `?` where that cannot be read.
fn per_key(before: Option<u64>, keys: u64) -> String {
    let grown = resident_bytes().zip(before).map(|(now, before)| now.saturating_sub(before) / keys);
    grown.map_or_else(|| "?".to_owned(), |each| format!("{each} bytes a key"))
}

fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
