//! The state of searches: what the workers have told so far.

use std::cell::RefCell;
use std::rc::Rc;

use raft_jobs::experiment::{ExperimentPlan, ExperimentReport, TrialResults};
use raft_jobs::{
    BoardJob, BoardRow, ExploreEnd, ExploreJob, Explored, FindOrder, Found, Hunt, Job, Report,
    Runs, board_rows,
};
use raft_lab::{Crossroads, Instant};

use super::{
    Activity, BoardView, ChancesView, ExploringView, FinderView, HitView, MeasuringView,
    SearchView, ShorteningView,
};
use crate::lab::now_ms;

#[derive(Default)]
pub(super) struct Work {
    pub(super) activity: Option<Activity>,
    pub(super) search: Option<Search>,
    pub(super) board: Option<Board>,
    pub(super) chances: Option<Chances>,
    pub(super) shortening: Option<ShorteningView>,
    pub(super) measuring: Option<Measuring>,
    pub(super) exploring: Option<Exploring>,
}

pub(super) struct Search {
    pub(super) hunt: Hunt,
    /// The moment whose futures are searched.
    pub(super) from: Option<Crossroads>,
    /// In real time, in ms.
    pub(super) began: f64,
    pub(super) ended: Option<f64>,
}

pub(super) struct Board {
    /// What each worker does.
    jobs: Vec<BoardJob>,
    /// The seed that each worker looks at.
    seeds: Vec<Option<u64>>,
    rows: Vec<BoardRow>,
    runs: u64,
    /// The number of runs that ended their worker.
    failed: usize,
    of: u64,
    open: usize,
    refusal: Option<String>,
}

pub(super) struct Chances {
    times: Vec<u64>,
    /// For each worker and moment: hits, and runs.
    counts: Vec<Vec<(u64, u64)>>,
    open: u64,
    refusal: Option<String>,
}

/// The trials of an experiment.
pub(super) struct Measuring {
    plan: ExperimentPlan,
    results: TrialResults,
    /// The last report, and the time in ms from which on it may be made again.
    report: RefCell<Option<(Rc<ExperimentReport>, f64)>>,
    open: u64,
    refusal: Option<String>,
}

/// All that can happen from a moment on, as far as it was looked at.
pub(super) struct Exploring {
    from: Crossroads,
    job: ExploreJob,
    /// In real time, in ms.
    began: f64,
    ended: Option<f64>,
    explored: Option<Rc<Explored>>,
    refusal: Option<String>,
}

impl Exploring {
    pub(super) fn new(from: Crossroads, job: ExploreJob) -> Self {
        let (began, ended) = (now_ms(), None);
        Self { from, job, began, ended, explored: None, refusal: None }
    }

    fn hear(&mut self, report: Report) {
        match report {
            Report::Explored(explored) => self.explored = Some(explored.into()),
            Report::Failed(words) => self.refusal = Some(stopped(&words)),
            Report::Refused(words) => self.refusal = Some(words),
            Report::Looking { .. }
            | Report::Found(_)
            | Report::Chance { .. }
            | Report::Rare { .. }
            | Report::Shortening { .. }
            | Report::Shortened(_)
            | Report::Measured(_)
            | Report::Judged(_)
            | Report::Rehearsed(_)
            | Report::Over => {}
        }
    }

    fn is_over(&self) -> bool {
        self.refusal.is_some() || self.explored.as_ref().is_some_and(|it| it.end.is_some())
    }

    fn view(&self) -> ExploringView {
        ExploringView {
            at: self.from.at,
            bounds: self.job.bounds,
            most_states: self.job.most_states,
            goal: self.job.goal.clone(),
            seconds: (self.ended.unwrap_or_else(now_ms) - self.began) / 1000.0,
            explored: self.explored.clone(),
            refusal: self.refusal.clone(),
        }
    }

    /// The moment, and the statements that lead from there to what was found.
    pub(super) fn found(&self) -> Option<(Crossroads, String)> {
        match self.explored.as_ref()?.end.as_ref()? {
            ExploreEnd::Found(found) => Some((self.from.clone(), found.after.clone())),
            ExploreEnd::Exhausted | ExploreEnd::Deep | ExploreEnd::Full => None,
        }
    }
}

impl Measuring {
    pub(super) fn new(plan: ExperimentPlan, workers: u64) -> Self {
        let (results, report) = (plan.no_results(), RefCell::default());
        Self { results, plan, report, open: workers, refusal: None }
    }

    /// The report of the trials so far. While they run, making it takes a 20th of the time: it
    /// looks at every value.
    fn report(&self) -> Rc<ExperimentReport> {
        let now = now_ms();
        if let Some((report, next)) = &*self.report.borrow()
            && now < *next
        {
            return report.clone();
        }
        let report: Rc<ExperimentReport> = self.plan.report(&self.results).into();
        // The last one stays.
        let next = if self.open == 0 { f64::INFINITY } else { now_ms() + 20.0 * (now_ms() - now) };
        *self.report.borrow_mut() = Some((report.clone(), next));
        report
    }

    fn hear(&mut self, report: Report) {
        match report {
            Report::Measured(results) => self.results.merge(results),
            Report::Failed(words) => (self.refusal, self.open) = (Some(stopped(&words)), 0),
            Report::Refused(words) => (self.refusal, self.open) = (Some(words), 0),
            Report::Over => {
                self.open = self.open.saturating_sub(1);
                *self.report.borrow_mut() = None;
            }
            Report::Looking { .. }
            | Report::Found(_)
            | Report::Chance { .. }
            | Report::Rare { .. }
            | Report::Shortening { .. }
            | Report::Shortened(_)
            | Report::Explored(_)
            | Report::Rehearsed(_)
            | Report::Judged(_) => {}
        }
    }

    fn view(&self) -> MeasuringView {
        MeasuringView {
            request: self.plan.request().clone(),
            report: self.report(),
            of: self.plan.places(),
            refusal: self.refusal.clone(),
        }
    }
}

impl Board {
    pub(super) fn new(jobs: Vec<BoardJob>, of: u64) -> Self {
        let (seeds, open) = (vec![None; jobs.len()], jobs.len());
        Self { jobs, seeds, rows: board_rows(), runs: 0, failed: 0, of, open, refusal: None }
    }

    /// Takes a report. After a run that ended the worker: the job for another one.
    fn hear(&mut self, worker: usize, report: Report) -> Option<Job> {
        match report {
            Report::Looking { seed, .. } => *self.seeds.get_mut(worker)? = Some(seed),
            Report::Rare { seed, events } => {
                self.runs += 1;
                let happened = |row: &&mut BoardRow| events.iter().any(|name| name == row.name);
                self.rows.iter_mut().filter(happened).for_each(|row| row.count(seed));
            }
            Report::Failed(words) => {
                let Some(seed) = self.seeds.get_mut(worker)?.take() else {
                    (self.refusal, self.open) = (Some(words), 0);
                    return None;
                };
                // It did not tell what was rare in it.
                self.failed += 1;
                let job = self.jobs.get_mut(worker)?;
                job.seeds = job.seeds.after(seed);
                return Some(Job::Board(job.clone()));
            }
            Report::Refused(words) => (self.refusal, self.open) = (Some(words), 0),
            Report::Over => self.open = self.open.saturating_sub(1),
            Report::Found(_)
            | Report::Chance { .. }
            | Report::Shortening { .. }
            | Report::Shortened(_)
            | Report::Measured(_)
            | Report::Explored(_)
            | Report::Rehearsed(_)
            | Report::Judged(_) => {}
        }
        None
    }

    fn view(&self) -> BoardView {
        BoardView {
            rows: self.rows.iter().copied().collect(),
            profile: self.jobs.first().map(|job| job.profile.clone()).unwrap_or_default(),
            runs: self.runs,
            failed: self.failed,
            of: self.of,
            refusal: self.refusal.clone(),
        }
    }
}

impl Chances {
    pub(super) fn new(times: &[u64], workers: u64) -> Self {
        let counts = (0..workers).map(|_| vec![(0, 0); times.len()]).collect();
        Self { times: times.to_vec(), counts, open: workers, refusal: None }
    }

    fn hear(&mut self, worker: usize, report: Report) {
        match report {
            Report::Chance { place, hits, of } => {
                let counts = self.counts.get_mut(worker);
                if let Some(count) = counts.and_then(|counts| counts.get_mut(place as usize)) {
                    *count = (hits, of);
                }
            }
            Report::Failed(words) => (self.refusal, self.open) = (Some(stopped(&words)), 0),
            Report::Refused(words) => (self.refusal, self.open) = (Some(words), 0),
            Report::Over => self.open = self.open.saturating_sub(1),
            Report::Looking { .. }
            | Report::Found(_)
            | Report::Rare { .. }
            | Report::Shortening { .. }
            | Report::Shortened(_)
            | Report::Measured(_)
            | Report::Explored(_)
            | Report::Rehearsed(_)
            | Report::Judged(_) => {}
        }
    }

    fn view(&self) -> ChancesView {
        let sum = |place: usize| {
            let counts = self.counts.iter().map(|counts| counts[place]);
            counts.fold((0, 0), |(hits, of), (more, runs)| (hits + more, of + runs))
        };
        let moment = |(place, time): (usize, &u64)| {
            let (hits, of) = sum(place);
            (Instant(*time), hits, of)
        };
        ChancesView {
            moments: self.times.iter().enumerate().map(moment).collect(),
            refusal: self.refusal.clone(),
        }
    }
}

impl HitView {
    fn of(found: &Found) -> Self {
        Self { seed: found.seed, at: Instant(found.at), steps: found.steps }
    }
}

impl Search {
    fn view(&self) -> SearchView {
        let FindOrder { condition, runs, seeds, .. } = self.hunt.order();
        SearchView {
            condition: condition.clone(),
            from: self.from.as_ref().map(|from| from.at),
            span: match runs {
                Runs::From { micros, .. } => Some(*micros),
                Runs::Drawn { .. } => None,
            },
            counts: self.hunt.counts(),
            seeds: *seeds,
            seconds: (self.ended.unwrap_or_else(now_ms) - self.began) / 1000.0,
            hits: self.hunt.hits().map(HitView::of).collect(),
            refusal: self.hunt.refusal().map(str::to_owned),
            failed: self.hunt.failed().len(),
        }
    }
}

impl Work {
    pub(super) fn view(&self) -> FinderView {
        FinderView {
            activity: self.activity,
            search: self.search.as_ref().map(Search::view),
            board: self.board.as_ref().map(Board::view),
            chances: self.chances.as_ref().map(Chances::view),
            shortening: self.shortening.clone(),
            measuring: self.measuring.as_ref().map(Measuring::view),
            exploring: self.exploring.as_ref().map(Exploring::view),
        }
    }

    /// Takes a report of one of the workers. The job that another one shall do.
    pub(super) fn hear(&mut self, worker: usize, report: Report) -> Option<Job> {
        match self.activity? {
            Activity::Searching => return self.search.as_mut()?.hunt.hear(worker, report),
            Activity::Counting => return self.board.as_mut()?.hear(worker, report),
            Activity::Estimating => self.chances.as_mut()?.hear(worker, report),
            Activity::Shortening => self.hear_of_shortening(report),
            Activity::Measuring => self.measuring.as_mut()?.hear(report),
            Activity::Exploring => self.exploring.as_mut()?.hear(report),
        }
        None
    }

    fn hear_of_shortening(&mut self, report: Report) {
        let Some(view) = &mut self.shortening else { return };
        match report {
            Report::Shortening { runs, max_runs, before, statements } => {
                (view.runs, view.max_runs) = (runs, max_runs);
                (view.before, view.statements) = (before, statements);
            }
            Report::Shortened(Some(script)) => view.script = Some(script),
            Report::Shortened(None) => {
                view.refusal = Some("The condition does not come to hold in it again.".to_owned());
            }
            Report::Failed(words) => view.refusal = Some(stopped(&words)),
            Report::Refused(words) => view.refusal = Some(words),
            Report::Looking { .. }
            | Report::Found(_)
            | Report::Chance { .. }
            | Report::Rare { .. }
            | Report::Measured(_)
            | Report::Explored(_)
            | Report::Rehearsed(_)
            | Report::Judged(_)
            | Report::Over => {}
        }
    }

    pub(super) fn is_done(&self) -> bool {
        match self.activity {
            None => true,
            Some(Activity::Searching) => {
                self.search.as_ref().is_none_or(|search| search.hunt.is_over())
            }
            Some(Activity::Counting) => self.board.as_ref().is_none_or(|board| board.open == 0),
            Some(Activity::Estimating) => {
                self.chances.as_ref().is_none_or(|chances| chances.open == 0)
            }
            Some(Activity::Measuring) => {
                self.measuring.as_ref().is_none_or(|measuring| measuring.open == 0)
            }
            Some(Activity::Exploring) => self.exploring.as_ref().is_none_or(Exploring::is_over),
            Some(Activity::Shortening) => self
                .shortening
                .as_ref()
                .is_none_or(|view| view.script.is_some() || view.refusal.is_some()),
        }
    }

    pub(super) fn end(&mut self, now: f64) {
        let ended = self.activity.take();
        if let (Some(Activity::Searching), Some(search)) = (ended, &mut self.search) {
            search.ended = Some(now);
        }
        if let (Some(Activity::Exploring), Some(exploring)) = (ended, &mut self.exploring) {
            exploring.ended = Some(now);
        }
        if let Some(measuring) = &mut self.measuring {
            measuring.open = 0;
            *measuring.report.borrow_mut() = None;
        }
        // Cancelled: there is no short script.
        self.shortening =
            self.shortening.take().filter(|view| view.script.is_some() || view.refusal.is_some());
    }

    /// The search's condition, and a run that was found.
    pub(super) fn found(&self, seed: u64) -> Option<(String, Found)> {
        let hunt = &self.search.as_ref()?.hunt;
        let found = hunt.hits().find(|found| found.seed == seed)?;
        Some((hunt.order().condition.clone(), found.clone()))
    }

    pub(super) fn crossroads(&self) -> Option<Crossroads> {
        self.search.as_ref()?.from.clone()
    }

    /// The condition of a search of futures, its moment, and the time of each, in µs.
    pub(super) fn question(&self) -> Option<(String, Crossroads, u64)> {
        let search = self.search.as_ref()?;
        let Runs::From { micros, .. } = search.hunt.order().runs else { return None };
        Some((search.hunt.order().condition.clone(), search.from.clone()?, micros))
    }
}

/// Why a worker stopped, for people: with a rule off, an assertion of the core can fail.
fn stopped(words: &str) -> String {
    format!("The worker stopped, and with it this work: {words}")
}
