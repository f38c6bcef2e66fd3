//! What a clone of a session holds, counted in the allocator: a page keeps hundreds of them.

// A global allocator that counts can only be written with `unsafe`; it passes everything on.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use raft_script::{Session, parse};

static LIVE: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: it hands every request to the system's allocator, and returns what that returns.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as u64, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const SECONDS: u64 = 180;
const WRITES: u64 = 50 * SECONDS;

/// The bytes that a clone of a session with so many writes holds.
fn bytes_of_a_clone(prepare: fn(&mut Session)) -> u64 {
    let text = format!("cluster nodes=5 seed=8\nload 50/s for={SECONDS}s clients=4\n");
    let script = parse(&text).expect("a script");
    let (mut session, rest) = Session::open(&script).expect("a cluster");
    session.start(&rest[0].statement).expect("it is idle");
    while session.world().now().0 < SECONDS * 1_000_000 {
        session.step();
    }
    prepare(&mut session);
    let kept = session.clone();
    // From here on, only the clone holds what the session held.
    drop(session);
    let with = LIVE.load(Ordering::Relaxed);
    drop(kept);
    with - LIVE.load(Ordering::Relaxed)
}

/// One test, or the threads of several would count together.
#[test]
fn an_entry_takes_little_memory_although_five_servers_have_it() {
    let apart = bytes_of_a_clone(|_| {}) / WRITES;
    let shared = bytes_of_a_clone(Session::share_memory) / WRITES;
    // Without the sharing of logs, of disks or of what the checks know, it is 470 or more.
    assert!(shared <= 400, "{shared} bytes an entry, and {apart} without sharing");
}
