//! Notices a seed that is never finished: an endless loop in the core, in the simulator or in a
//! check.
//!
//! Each thread counts the steps and actions of its seed. The thread that listens looks at the
//! counts. A step takes microseconds, so a count that does not move for 20 s (`--step-limit`) never
//! moves again. A loop that fills the memory is noticed earlier, by [`MEMORY_LIMIT`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A seed never ends if the program's memory grows by so many bytes during one of its steps.
pub(super) const MEMORY_LIMIT: u64 = 2 << 30;
/// The watchdog must have looked so many times: a machine that is busy with other programs may
/// stop this one for a while.
const LEAST_LOOKS: u32 = 20;

/// What a thread does now, for the watchdog to see.
#[derive(Clone, Debug, Default)]
pub(super) struct Worker {
    /// The number of seeds that it has begun; 0 before the first.
    begun: Arc<AtomicU64>,
    seed: Arc<AtomicU64>,
    /// The number of steps and actions of the seed.
    pub(super) progress: Arc<AtomicU64>,
    is_idle: Arc<AtomicU64>,
}

impl Worker {
    /// The thread begins to play a seed.
    pub(super) fn begin(&self, seed: u64) {
        self.seed.store(seed, Ordering::Relaxed);
        self.progress.store(0, Ordering::Relaxed);
        self.is_idle.store(0, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Release);
    }

    /// The thread plays no more.
    pub(super) fn end(&self) {
        self.is_idle.store(1, Ordering::Relaxed);
    }

    fn state(&self) -> State {
        let begun = self.begun.load(Ordering::Acquire);
        let progress = self.progress.load(Ordering::Relaxed);
        (begun, progress, self.is_idle.load(Ordering::Relaxed))
    }
}

/// The number of begun seeds, the progress of the last, and whether the thread is idle.
type State = (u64, u64, u64);

/// A seed whose step or action with this number never ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stuck {
    pub(super) seed: u64,
    pub(super) operation: u64,
}

/// Looks at the threads.
pub(super) struct Watchdog {
    /// A seed that makes no step for so long never ends.
    limit: Duration,
    workers: Vec<(Worker, Seen)>,
}

/// The last change of a thread's state.
#[derive(Clone, Copy)]
struct Seen {
    state: State,
    since: Instant,
    /// The memory of the program then, in bytes.
    memory: u64,
    looks: u32,
}

impl Watchdog {
    pub(super) fn new(
        limit: Duration,
        workers: impl IntoIterator<Item = Worker>,
        now: Instant,
    ) -> Self {
        let seen = Seen { state: (0, 0, 0), since: now, memory: 0, looks: 0 };
        Self { limit, workers: workers.into_iter().map(|worker| (worker, seen)).collect() }
    }

    /// Call it often. `memory` is that of the program in bytes; 0 if it is unknown.
    pub(super) fn look(&mut self, now: Instant, memory: u64) -> Option<Stuck> {
        let limit = self.limit;
        self.workers.iter_mut().find_map(|(worker, seen)| {
            let state = worker.state();
            let (begun, operation, is_idle) = state;
            if state != seen.state || begun == 0 || is_idle == 1 {
                *seen = Seen { state, since: now, memory, looks: 0 };
                return None;
            }
            seen.looks += 1;
            let is_late = now - seen.since >= limit && seen.looks >= LEAST_LOOKS;
            let is_large = memory.saturating_sub(seen.memory) >= MEMORY_LIMIT;
            let seed = worker.seed.load(Ordering::Relaxed);
            (is_late || is_large).then_some(Stuck { seed, operation })
        })
    }
}

/// The memory of the program in bytes; 0 where the system does not say.
pub(super) fn memory() -> u64 {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return 0 };
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.map_or(0, |kibibytes| kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    #[test]
    fn a_seed_that_makes_no_step_is_named() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let (idle, busy) = (Worker::default(), Worker::default());
        let mut dog = Watchdog::new(LIMIT, [idle, busy.clone()], start);
        assert_eq!(dog.look(at(100), 0), None, "no seed has begun");
        busy.begin(48);
        for second in 100..200 {
            busy.progress.store(second, Ordering::Relaxed);
            assert_eq!(dog.look(at(second), 0), None, "it makes steps");
        }
        for second in 200..219 {
            assert_eq!(dog.look(at(second), 0), None);
        }
        let stuck = Stuck { seed: 48, operation: 199 };
        assert_eq!(dog.look(at(219), 0), Some(stuck));
        busy.begin(49);
        assert_eq!(dog.look(at(220), 0), None, "another seed");
        busy.end();
        assert_eq!(dog.look(at(300), 0), None);
    }

    #[test]
    fn a_watchdog_that_could_not_look_waits() {
        let start = Instant::now();
        let busy = Worker::default();
        let mut dog = Watchdog::new(LIMIT, [busy.clone()], start);
        busy.begin(48);
        assert_eq!(dog.look(start, 0), None);
        let much_later = start + 10 * LIMIT;
        for _ in 1..LEAST_LOOKS {
            assert_eq!(dog.look(much_later, 0), None);
        }
        assert_eq!(dog.look(much_later, 0), Some(Stuck { seed: 48, operation: 0 }));
    }

    #[test]
    fn a_seed_that_fills_the_memory_is_named_earlier() {
        let start = Instant::now();
        let busy = Worker::default();
        let mut dog = Watchdog::new(LIMIT, [busy.clone()], start);
        busy.begin(48);
        assert_eq!(dog.look(start, 1 << 30), None);
        assert_eq!(dog.look(start, MEMORY_LIMIT), None);
        let stuck = Some(Stuck { seed: 48, operation: 0 });
        assert_eq!(dog.look(start, MEMORY_LIMIT + (1 << 30)), stuck);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_memory_is_known() {
        assert!(memory() > 100_000, "{}", memory());
    }
}
