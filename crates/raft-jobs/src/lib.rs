//! Long work of a page, as values: a [`Job`] goes to a worker, and [`Report`]s come back.
//!
//! A worker is another thread, or another program, with this crate. It calls [`carry_out`] with
//! the bytes of a job. The job is carried out to its end; to cancel it is to end the worker.
//! What belongs together is divided among several workers by who orders it: a [`Hunt`] divides
//! the seeds of a search, puts the reports together, and goes on after a run that ended its worker.
//!
//! This crate reads no clock, touches no file and starts no thread.
//!
//! ```
//! use raft_jobs::{FindOrder, Hunt, Report, Runs, carry_out, read};
//!
//! let order = FindOrder {
//!     condition: "happened split-vote".to_owned(),
//!     runs: Runs::drawn("swarm"),
//!     seeds: 20,
//!     enough: Some(1),
//! };
//! let mut hunt = Hunt::new(order)?;
//! for (worker, job) in hunt.divide(2).into_iter().enumerate() {
//!     carry_out(&job.to_bytes(), &mut |bytes| {
//!         hunt.hear(worker, read(&bytes).expect("a report"));
//!     });
//! }
//! assert!(hunt.hits().len() >= 1);
//! # Ok::<(), String>(())
//! ```
#![forbid(unsafe_code)]

mod board;
mod chances;
mod explore;
mod find;
mod hunt;
mod judge;
mod measure;
mod rehearse;
mod runs;
mod shorten;

pub use board::{BoardJob, BoardRow, board_rows};
pub use chances::ChancesJob;
pub use explore::{
    ExploreEnd, ExploreFound, ExploreJob, Explored, Replayed, look_for, reached_in_words, replayed,
};
pub use find::{FindJob, Found};
pub use hunt::{FindOrder, Hunt, HuntCounts};
pub use judge::{
    HistoryContradiction, HistoryOperation, HistoryVerdict, JudgeJob, Judged, JudgedHistory,
    JudgedRun,
};
pub use measure::MeasureJob;
pub use raft_experiment as experiment;
use raft_experiment::TrialResults;
pub use raft_explore::Bounds;
use raft_fuzz::Profile;
pub use raft_fuzz::ShrinkProgress;
pub use raft_trace::{JudgedProperty, PropertyVerdict};
pub use rehearse::RehearseJob;
pub use runs::{Runs, Seeds};
use serde::{Deserialize, Serialize};
pub use shorten::ShortenJob;

/// Calls a listener with a report.
type Tell<'a> = &'a mut dyn FnMut(Report);

/// What a worker shall do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Job {
    /// Look for runs in which a condition comes to hold.
    Find(FindJob),
    /// How likely does a condition come to hold, from each of several moments on?
    Chances(ChancesJob),
    /// Count the rare events of drawn runs.
    Board(BoardJob),
    /// Make a script as short as it can be.
    Shorten(ShortenJob),
    /// Run trials of an experiment.
    Measure(MeasureJob),
    /// Play a lesson with every answer.
    Rehearse(RehearseJob),
    /// Look at all that can happen from a moment on, within bounds.
    Explore(ExploreJob),
    /// Judge a file with a recorded run or a history.
    Judge(JudgeJob),
}

/// What a worker tells.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Report {
    /// The seed whose run is looked at now, and the number of steps of the job so far.
    Looking {
        /// The seed.
        seed: u64,
        /// The number of steps of the world, of all seeds of the job.
        steps: u64,
    },
    /// A run in which the condition comes to hold.
    Found(Found),
    /// From one of the moments, the condition came to hold in so many of so many runs.
    Chance {
        /// The place of the moment among those of the job.
        place: u64,
        /// The number of runs in which it came to hold.
        hits: u64,
        /// The number of runs.
        of: u64,
    },
    /// The rare events of the run of a seed, by name.
    Rare {
        /// The seed.
        seed: u64,
        /// The events that happened at least once.
        events: Vec<String>,
    },
    /// A script is being shortened.
    Shortening {
        /// The number of replays so far.
        runs: u64,
        /// The largest number of replays.
        max_runs: u64,
        /// The number of statements before.
        before: u64,
        /// The number of statements of the shortest script so far.
        statements: u64,
    },
    /// The short script, which ends at the moment and expects the condition there. `None`: the
    /// condition did not come to hold when the script was played again.
    Shortened(Option<String>),
    /// The results of further trials.
    Measured(TrialResults),
    /// A lesson was played to its end. `None`: each question has a right answer, each wrong one a
    /// run or a reason, and each goal can be reached; else what is wrong, in words.
    Rehearsed(Option<String>),
    /// How far it was explored, and with the last of these, what was found.
    Explored(Explored),
    /// A file was read and judged.
    Judged(Judged),
    /// The job cannot be carried out, in words.
    Refused(String),
    /// The worker has failed, in words. Another one is needed for what is left.
    Failed(String),
    /// The job is done, or was refused: the last report.
    Over,
}

impl Job {
    /// The bytes for a worker.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("numbers and texts can be written")
    }
}

impl Report {
    /// The bytes for the page.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("numbers and texts can be written")
    }
}

/// A report that a worker sent.
///
/// # Errors
/// In words, when the bytes are none.
pub fn read(bytes: &[u8]) -> Result<Report, String> {
    postcard::from_bytes(bytes).map_err(|error| format!("a worker sent no report: {error}"))
}

/// Carries out a job, and calls `tell` with the bytes of each report. The last one is
/// [`Report::Over`].
pub fn carry_out(job: &[u8], tell: &mut dyn FnMut(Vec<u8>)) {
    let mut tell = |report: Report| tell(report.to_bytes());
    let done = match postcard::from_bytes(job) {
        Ok(Job::Find(job)) => job.carry_out(&mut tell),
        Ok(Job::Chances(job)) => job.carry_out(&mut tell),
        Ok(Job::Board(job)) => job.carry_out(&mut tell),
        Ok(Job::Shorten(job)) => job.carry_out(&mut tell),
        Ok(Job::Measure(job)) => job.carry_out(&mut tell),
        Ok(Job::Rehearse(job)) => job.carry_out(&mut tell),
        Ok(Job::Explore(job)) => job.carry_out(&mut tell),
        Ok(Job::Judge(job)) => job.carry_out(&mut tell),
        Err(error) => Err(format!("the page sent no job: {error}")),
    };
    if let Err(words) = done {
        tell(Report::Refused(words));
    }
    tell(Report::Over);
}

/// The profiles of drawn runs, the mildest first: the name, and which faults there are.
pub fn profiles() -> impl Iterator<Item = (&'static str, &'static str)> {
    Profile::ALL.into_iter().map(|profile| (profile.name(), profile.faults()))
}

/// The profile that is chosen by default.
pub fn default_profile() -> &'static str {
    Profile::default().name()
}
