//! Searches for runs and experiments, in workers of the page, while the lab goes on.
//!
//! One thing at a time is worked at: a search, the board of rare events, chances, a script that is
//! shortened, an experiment, or all that can happen from a moment on. What was found stays until
//! the next search.

mod work;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::future::sleep;
use raft_jobs::experiment::{ExperimentPlan, ExperimentReport, ExperimentRequest};
use raft_jobs::{
    BoardJob, BoardRow, Bounds, ChancesJob, ExploreJob, Explored, FindOrder, Hunt, HuntCounts, Job,
    MeasureJob, Report, Seeds, ShortenJob,
};
use raft_lab::{Crossroads, Instant};
use wasm_bindgen_futures::spawn_local;
use yew::Callback;

use self::work::{Board, Chances, Exploring, Measuring, Search, Work};
use crate::lab::{Labs, now_ms};
use crate::worker::{self, Worker};

/// Listeners hear of progress at most every so many milliseconds.
const TELL_MS: u64 = 100;
/// A script is shortened by at most so many replays.
const MAX_REPLAYS: u64 = 2_000;
/// The number of moments of which the chance is told.
const MOMENTS: u64 = 12;
/// The number of runs from each of them.
const RUNS_A_MOMENT: u64 = 40;

/// Searches for runs; cheap to clone.
#[derive(Clone)]
pub(crate) struct Finder(Rc<Inner>);

#[derive(Default)]
struct Inner {
    work: RefCell<Work>,
    /// Those of what is worked at. Empty: nothing is.
    workers: RefCell<Vec<Option<Worker>>>,
    /// The number of what is worked at: reports for something earlier come too late.
    number: Cell<u64>,
    listeners: RefCell<Vec<(u64, Callback<FinderView>)>>,
    last_listener: Cell<u64>,
    will_tell: Cell<bool>,
}

impl PartialEq for Finder {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// What is worked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Activity {
    Searching,
    Counting,
    Estimating,
    Shortening,
    Measuring,
    Exploring,
}

/// What was found so far.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct FinderView {
    pub(crate) activity: Option<Activity>,
    pub(crate) search: Option<SearchView>,
    pub(crate) board: Option<BoardView>,
    pub(crate) chances: Option<ChancesView>,
    pub(crate) shortening: Option<ShorteningView>,
    pub(crate) measuring: Option<MeasuringView>,
    pub(crate) exploring: Option<ExploringView>,
}

/// All that can happen from a moment on.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ExploringView {
    /// The time of the moment.
    pub(crate) at: Instant,
    pub(crate) bounds: Bounds,
    pub(crate) most_states: u64,
    /// The condition that is looked for.
    pub(crate) goal: Option<String>,
    pub(crate) seconds: f64,
    /// The last report.
    pub(crate) explored: Option<Rc<Explored>>,
    pub(crate) refusal: Option<String>,
}

/// An experiment.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct MeasuringView {
    pub(crate) request: ExperimentRequest,
    pub(crate) report: Rc<ExperimentReport>,
    /// The number of all trials.
    pub(crate) of: u64,
    pub(crate) refusal: Option<String>,
}

/// A search.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SearchView {
    pub(crate) condition: String,
    /// The time of the moment whose futures are searched; `None`: drawn runs.
    pub(crate) from: Option<Instant>,
    /// The time of each future, in µs.
    pub(crate) span: Option<u64>,
    pub(crate) counts: HuntCounts,
    pub(crate) seeds: u64,
    pub(crate) seconds: f64,
    pub(crate) hits: Rc<[HitView]>,
    pub(crate) refusal: Option<String>,
    /// The number of runs that a failed assertion of the core ended.
    pub(crate) failed: usize,
}

/// A run in which the condition comes to hold: its seed, and the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct HitView {
    pub(crate) seed: u64,
    pub(crate) at: Instant,
    pub(crate) steps: u64,
}

/// The rare events of drawn runs.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct BoardView {
    pub(crate) rows: Rc<[BoardRow]>,
    pub(crate) profile: String,
    pub(crate) runs: u64,
    /// The number of runs that stopped at a failed assertion of the core.
    pub(crate) failed: usize,
    pub(crate) of: u64,
    pub(crate) refusal: Option<String>,
}

/// From each of several moments on: in how many of how many runs the condition came to hold.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ChancesView {
    pub(crate) moments: Rc<[(Instant, u64, u64)]>,
    pub(crate) refusal: Option<String>,
}

/// A script that is being shortened, or was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ShorteningView {
    pub(crate) seed: u64,
    pub(crate) runs: u64,
    pub(crate) max_runs: u64,
    pub(crate) before: u64,
    pub(crate) statements: u64,
    /// The short script, once it is there.
    pub(crate) script: Option<String>,
    pub(crate) refusal: Option<String>,
}

impl Finder {
    pub(crate) fn new() -> Self {
        Self(Rc::default())
    }

    /// Calls `listener` with what was found, from now on.
    pub(crate) fn listen(&self, listener: Callback<FinderView>) -> u64 {
        let id = self.0.last_listener.get() + 1;
        self.0.last_listener.set(id);
        self.0.listeners.borrow_mut().push((id, listener));
        id
    }

    pub(crate) fn forget(&self, id: u64) {
        self.0.listeners.borrow_mut().retain(|(other, _)| *other != id);
    }

    pub(crate) fn view(&self) -> FinderView {
        self.0.work.borrow().view()
    }

    /// Begins a search; `from` is the moment whose futures it looks at.
    ///
    /// # Errors
    /// In words, when the condition cannot be read.
    pub(crate) fn search(&self, order: FindOrder, from: Option<Crossroads>) -> Result<(), String> {
        let mut hunt = Hunt::new(order)?;
        let jobs = hunt.divide(worker::count());
        self.end();
        {
            let work = &mut *self.0.work.borrow_mut();
            work.search = Some(Search { hunt, from, began: now_ms(), ended: None });
            (work.chances, work.shortening) = (None, None);
        }
        self.begin(Activity::Searching, jobs);
        Ok(())
    }

    /// Counts the rare events of drawn runs.
    pub(crate) fn count(&self, profile: &str, rules_off: &[String], runs: u64) {
        let workers = worker::count() as u64;
        let job = |worker| BoardJob {
            profile: profile.to_owned(),
            nodes: None,
            rules_off: rules_off.to_vec(),
            seeds: Seeds { first: 1 + worker, end: runs + 1, every: workers },
        };
        let jobs: Vec<BoardJob> = (0..workers).map(job).collect();
        self.end();
        self.0.work.borrow_mut().board = Some(Board::new(jobs.clone(), runs));
        let jobs = jobs.into_iter().map(Job::Board).collect();
        self.begin(Activity::Counting, jobs);
    }

    /// Runs the trials of an experiment.
    ///
    /// # Errors
    /// In words, when a dial is wrong.
    pub(crate) fn measure(&self, request: ExperimentRequest) -> Result<(), String> {
        let plan = ExperimentPlan::new(request).map_err(|error| error.to_string())?;
        let jobs = MeasureJob::divided(&plan, worker::count() as u64);
        self.end();
        let measuring = Measuring::new(plan, jobs.len() as u64);
        self.0.work.borrow_mut().measuring = Some(measuring);
        self.begin(Activity::Measuring, jobs.into_iter().map(Job::Measure).collect());
        Ok(())
    }

    /// Looks at all that can happen from a moment on.
    pub(crate) fn explore(
        &self,
        from: Crossroads,
        (bounds, most_states): (Bounds, u64),
        goal: Option<String>,
    ) {
        let script = from.script.clone();
        let job = ExploreJob { script, bounds, most_states, goal };
        self.end();
        self.0.work.borrow_mut().exploring = Some(Exploring::new(from, job.clone()));
        self.begin(Activity::Exploring, vec![Job::Explore(job)]);
    }

    /// Makes the run to the violation that exploring found a branch.
    pub(crate) fn open_explored(&self, labs: &Labs) {
        let found = self.0.work.borrow().exploring.as_ref().and_then(Exploring::found);
        if let Some((from, after)) = found {
            labs.runner.open_continuation(&from, &after);
        }
    }

    /// From how likely on did it become certain that the condition of the search comes to hold?
    /// Looks at moments of the last so many microseconds before the moment of the search.
    pub(crate) fn estimate(&self, micros: u64) {
        let Some((condition, from, span)) = self.0.work.borrow().question() else { return };
        let first = from.at.0.saturating_sub(micros);
        let time = |place| first + (from.at.0 - first) * place / (MOMENTS - 1);
        let times: Vec<u64> = (0..MOMENTS).map(time).collect();
        let workers = worker::count() as u64;
        let job = |worker: u64| {
            Job::Chances(ChancesJob {
                condition: condition.clone(),
                script: from.script.clone(),
                times: times.clone(),
                micros: span,
                seeds: Seeds { first: 1 + worker, end: RUNS_A_MOMENT + 1, every: workers },
            })
        };
        let jobs = (0..workers).map(job).collect();
        self.end();
        self.0.work.borrow_mut().chances = Some(Chances::new(&times, workers));
        self.begin(Activity::Estimating, jobs);
    }

    /// Makes the script of a run that was found as short as it can be.
    pub(crate) fn shorten(&self, seed: u64) {
        self.end();
        let job = {
            let work = &mut *self.0.work.borrow_mut();
            let Some((condition, found)) = work.found(seed) else { return };
            let before = found.script.lines().count() as u64;
            work.shortening = Some(ShorteningView {
                seed,
                runs: 0,
                max_runs: MAX_REPLAYS,
                before,
                statements: before,
                script: None,
                refusal: None,
            });
            Job::Shorten(ShortenJob { script: found.script, condition, max_runs: MAX_REPLAYS })
        };
        self.begin(Activity::Shortening, vec![job]);
    }

    /// Opens a run that was found: a future is a branch of the run on the page, another run is in
    /// memory.
    pub(crate) fn open(&self, seed: u64, labs: &Labs) {
        let (found, condition, from) = {
            let work = self.0.work.borrow();
            let Some((condition, found)) = work.found(seed) else { return };
            (found, condition, work.crossroads())
        };
        match from {
            Some(from) => labs.runner.open_future(&from, seed, Instant(found.at), found.steps),
            None => labs.run_script(&format!("seed {seed}, {condition}"), &found.script),
        }
    }

    /// Shows an earlier time of the run whose futures were searched.
    pub(crate) fn show_moment(&self, at: Instant, labs: &Labs) {
        let from = self.0.work.borrow().crossroads();
        if let Some(from) = from {
            labs.runner.show_before_crossroads(&from, at);
        }
    }

    /// Opens the short script.
    pub(crate) fn open_short(&self, labs: &Labs) {
        let shortening = self.0.work.borrow().shortening.clone();
        if let Some(ShorteningView { seed, script: Some(script), .. }) = shortening {
            labs.run_script(&format!("seed {seed}, shortened"), &script);
        }
    }

    /// Ends what is worked at. What was found stays.
    pub(crate) fn cancel(&self) {
        self.end();
        self.tell();
    }

    fn begin(&self, activity: Activity, jobs: Vec<Job>) {
        self.0.work.borrow_mut().activity = Some(activity);
        for (place, job) in jobs.iter().enumerate() {
            self.0.workers.borrow_mut().push(None);
            self.employ(place, job);
        }
        self.tell();
    }

    /// Gives a job to a new worker.
    fn employ(&self, place: usize, job: &Job) {
        let (this, number) = (self.clone(), self.0.number.get());
        let started = Worker::start(job, move |report| this.hear(number, place, report));
        match started {
            Ok(worker) => {
                let before = self.0.workers.borrow_mut()[place].replace(worker);
                later(before);
            }
            Err(words) => self.hear(number, place, Report::Failed(words)),
        }
    }

    fn hear(&self, number: u64, place: usize, report: Report) {
        if self.0.number.get() != number {
            return;
        }
        let next = self.0.work.borrow_mut().hear(place, report);
        if let Some(job) = next {
            self.employ(place, &job);
        }
        if self.0.work.borrow().is_done() {
            self.end();
            self.tell();
        } else {
            self.tell_soon();
        }
    }

    fn end(&self) {
        self.0.number.set(self.0.number.get() + 1);
        self.0.work.borrow_mut().end(now_ms());
        later(std::mem::take(&mut *self.0.workers.borrow_mut()));
    }

    fn tell(&self) {
        let view = self.view();
        let listeners = self.0.listeners.borrow().clone();
        listeners.into_iter().for_each(|(_, listener)| listener.emit(view.clone()));
    }

    fn tell_soon(&self) {
        if self.0.will_tell.replace(true) {
            return;
        }
        let this = self.clone();
        spawn_local(async move {
            sleep(Duration::from_millis(TELL_MS)).await;
            this.0.will_tell.set(false);
            this.tell();
        });
    }
}

/// Drops workers when the present task of the browser is done: it may be a message of one of them.
fn later<T: 'static>(workers: T) {
    spawn_local(async move { drop(workers) });
}
