//! Plays seeds on several threads and reports them in order, so that the report does not depend on
//! the threads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use raft_fuzz::{Plan, SeedReport, SeedRun};

use super::seeds::Seeds;
use super::watchdog::{self, Stuck, Watchdog, Worker};
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
    /// A seed that makes no step for so long is never finished.
    pub(crate) step_limit: Duration,
    /// For a test of the watchdog: each seed of this number or above loops at its 100th operation.
    #[cfg(feature = "bugs")]
    pub(crate) loops_from: Option<u64>,
}

/// Why a campaign ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    AllDone,
    TimeOver,
    Interrupted,
    Failed,
    /// A seed is never finished. Its thread cannot be ended, so the program must end.
    Stuck,
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
        let shared = Arc::new(Shared {
            campaign: self.clone(),
            next: AtomicU64::new(self.seeds.first),
            stop: AtomicBool::new(false),
        });
        let (sender, receiver) = channel();
        let workers: Vec<Worker> = (0..self.jobs).map(|_| Worker::default()).collect();
        for worker in &workers {
            let (shared, sender, worker) = (shared.clone(), sender.clone(), worker.clone());
            std::thread::spawn(move || {
                shared.work(&worker, &sender);
                worker.end();
            });
        }
        drop(sender);
        let mut dog = Watchdog::new(self.step_limit, workers, Instant::now());
        self.listen(&receiver, (interrupted, &shared.stop), &mut dog, tell)
    }

    /// Reports seeds until all threads have ended. After a stop, each thread finishes its seed.
    fn listen(
        &self,
        receiver: &Receiver<PlayedSeed>,
        (interrupted, stop): (&AtomicBool, &AtomicBool),
        dog: &mut Watchdog,
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
            if let Some(stuck) = dog.look(Instant::now(), watchdog::memory()) {
                stop.store(true, Ordering::Relaxed);
                tell(self.replay_stuck(stuck));
                return Ended::Stuck;
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

/// What the threads of a campaign share.
struct Shared {
    campaign: Campaign,
    /// The next seed that no thread has taken.
    next: AtomicU64,
    stop: AtomicBool,
}

impl Shared {
    fn work(&self, worker: &Worker, sender: &Sender<PlayedSeed>) {
        let campaign = &self.campaign;
        while !self.stop.load(Ordering::Relaxed) {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= campaign.seeds.end {
                return;
            }
            worker.begin(seed);
            let run = campaign.run(seed).watched(worker.progress.clone());
            // The campaign has ended if nothing receives the result.
            if sender.send(play(campaign.looping(run, seed))).is_err() {
                return;
            }
        }
    }
}

impl Campaign {
    fn run(&self, seed: u64) -> SeedRun {
        SeedRun::new(&Plan { seed, ..self.plan.clone() })
    }

    /// The run of a seed that is never finished, up to the operation that never ends.
    fn replay_stuck(&self, stuck: Stuck) -> PlayedSeed {
        if stuck.operation == 0 {
            // The start of the cluster never ends: there is nothing to replay.
            return PlayedSeed { report: SeedReport::endless(stuck.seed), failed: None };
        }
        play(self.run(stuck.seed).ending_before(stuck.operation))
    }

    #[cfg(not(feature = "bugs"))]
    fn looping(&self, run: SeedRun, _seed: u64) -> SeedRun {
        run
    }

    /// Loops for ever if a test asks for it, and fills the memory slowly.
    #[cfg(feature = "bugs")]
    fn looping(&self, run: SeedRun, seed: u64) -> SeedRun {
        if self.loops_from.is_none_or(|from| seed < from) {
            return run;
        }
        play(run.ending_before(100));
        loop {
            std::hint::spin_loop();
        }
    }
}

/// Plays one seed. A failed assertion of the core is a failure of the run.
fn play(mut run: SeedRun) -> PlayedSeed {
    if let Err(message) = caught(|| run.play()) {
        run.panicked(message);
    }
    let report = run.report();
    let failed = run.failure().is_some().then_some(run);
    PlayedSeed { report, failed }
}
