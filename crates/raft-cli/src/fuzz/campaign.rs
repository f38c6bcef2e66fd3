//! Plays seeds on several threads and tells of them in order: what is told does not depend on which
//! thread was faster.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use raft_fuzz::{Plan, SeedReport, SeedRun};

use super::seeds::Seeds;
use crate::caught::caught;

/// What to play.
#[derive(Clone, Debug)]
pub(crate) struct Campaign {
    /// The plan of every seed, but for the seed.
    pub(crate) plan: Plan,
    /// All seeds, of all shares.
    pub(crate) all: Seeds,
    /// Those to be played here.
    pub(crate) seeds: Seeds,
    /// How long at most.
    pub(crate) time: Option<Duration>,
    /// How many threads.
    pub(crate) jobs: usize,
    /// Whether a failure does not end it.
    pub(crate) keep_going: bool,
}

/// Why it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    AllDone,
    TimeOver,
    Interrupted,
    Failed,
}

/// A seed that was played.
pub(crate) struct Played {
    pub(crate) report: SeedReport,
    /// The run, if something broke in it.
    pub(crate) failed: Option<SeedRun>,
}

/// With more failures than that, another one says nothing new.
const MAX_FAILURES: usize = 100;

/// How often it is looked whether to stop.
const GLANCE: Duration = Duration::from_millis(50);

impl Campaign {
    /// Plays the seeds; `tell` hears of them in their order, without a gap.
    pub(crate) fn play(&self, interrupted: &AtomicBool, tell: &mut dyn FnMut(Played)) -> Ended {
        let next = AtomicU64::new(self.seeds.first);
        let stop = AtomicBool::new(false);
        let (sender, receiver) = channel();
        std::thread::scope(|scope| {
            for _ in 0..self.jobs {
                let sender = sender.clone();
                scope.spawn(|| self.work(&next, &stop, sender));
            }
            drop(sender);
            self.listen(&receiver, (interrupted, &stop), tell)
        })
    }

    fn work(&self, next: &AtomicU64, stop: &AtomicBool, sender: Sender<Played>) {
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            // Nobody listens any more: it is over.
            if seed >= self.seeds.end || sender.send(play(&self.plan, seed)).is_err() {
                return;
            }
        }
    }

    /// Tells of seeds until all threads are through. After a stop they finish what they play.
    fn listen(
        &self,
        receiver: &Receiver<Played>,
        (interrupted, stop): (&AtomicBool, &AtomicBool),
        tell: &mut dyn FnMut(Played),
    ) -> Ended {
        let deadline = self.time.map(|time| Instant::now() + time);
        let mut ended = None;
        let mut early: BTreeMap<u64, Played> = BTreeMap::new();
        let mut next = self.seeds.first;
        let mut failures = 0;
        loop {
            match receiver.recv_timeout(GLANCE) {
                Ok(played) => {
                    early.insert(played.report.seed, played);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return ended.unwrap_or(Ended::AllDone),
            }
            while let Some(played) = early.remove(&next) {
                next += 1;
                failures += usize::from(played.failed.is_some());
                tell(played);
                if failures == MAX_FAILURES || (failures > 0 && !self.keep_going) {
                    stop.store(true, Ordering::Relaxed);
                    return Ended::Failed;
                }
            }
            if interrupted.load(Ordering::Relaxed) {
                ended = ended.or(Some(Ended::Interrupted));
            } else if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                ended = ended.or(Some(Ended::TimeOver));
            }
            if ended.is_some() {
                stop.store(true, Ordering::Relaxed);
            }
        }
    }
}

/// Plays one seed. An assertion of the core is a failure like others.
fn play(plan: &Plan, seed: u64) -> Played {
    let plan = Plan { seed, ..plan.clone() };
    let mut run = SeedRun::new(&plan);
    if let Err(message) = caught(|| run.play()) {
        run.panicked(message);
    }
    let report = run.report();
    let failed = run.failure().is_some().then_some(run);
    Played { report, failed }
}
