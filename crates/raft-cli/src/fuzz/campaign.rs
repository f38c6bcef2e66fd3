//! Plays seeds on several threads and reports them in order, so that the report does not depend on
//! the threads.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use raft_fuzz::{Plan, SeedReport, SeedRun};

use super::seeds::Seeds;
use crate::caught::caught;

/// A campaign, or one share of it.
#[derive(Clone, Debug)]
pub(crate) struct Campaign {
    /// The plan of every run, but for its seed.
    pub(crate) plan: Plan,
    /// The seeds of all shares.
    pub(crate) all: Seeds,
    /// The seeds of this share.
    pub(crate) seeds: Seeds,
    /// The time after which no further seed begins.
    pub(crate) time: Option<Duration>,
    /// The number of threads.
    pub(crate) jobs: usize,
    /// Whether it goes on after a failure.
    pub(crate) keep_going: bool,
}

/// Why a campaign ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    AllDone,
    TimeOver,
    Interrupted,
    Failed,
}

/// A seed that was played.
pub(crate) struct PlayedSeed {
    pub(crate) report: SeedReport,
    /// The run, if it failed.
    pub(crate) failed: Option<SeedRun>,
}

/// A campaign ends after so many failures.
const MAX_FAILURES: usize = 100;

/// How often a campaign looks for Ctrl-C and for the end of its time.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

impl Campaign {
    /// Plays the seeds. Calls `tell` with each of them in order, without gaps.
    pub(crate) fn play(&self, interrupted: &AtomicBool, tell: &mut dyn FnMut(PlayedSeed)) -> Ended {
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

    fn work(&self, next: &AtomicU64, stop: &AtomicBool, sender: Sender<PlayedSeed>) {
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            // The campaign has ended if nothing receives the result.
            if seed >= self.seeds.end || sender.send(play(&self.plan, seed)).is_err() {
                return;
            }
        }
    }

    /// Reports seeds until all threads have ended. After a stop, each thread finishes its seed.
    fn listen(
        &self,
        receiver: &Receiver<PlayedSeed>,
        (interrupted, stop): (&AtomicBool, &AtomicBool),
        tell: &mut dyn FnMut(PlayedSeed),
    ) -> Ended {
        let deadline = self.time.map(|time| Instant::now() + time);
        let mut ended = None;
        let mut early: BTreeMap<u64, PlayedSeed> = BTreeMap::new();
        let mut next = self.seeds.first;
        let mut failures = 0;
        loop {
            match receiver.recv_timeout(POLL_INTERVAL) {
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

/// Plays one seed. A failed assertion of the core is a failure of the run.
fn play(plan: &Plan, seed: u64) -> PlayedSeed {
    let plan = Plan { seed, ..plan.clone() };
    let mut run = SeedRun::new(&plan);
    if let Err(message) = caught(|| run.play()) {
        run.panicked(message);
    }
    let report = run.report();
    let failed = run.failure().is_some().then_some(run);
    PlayedSeed { report, failed }
}
