//! A lab's past over a reload of the page: its branches as data, and back.
//!
//! The data have the statements of each branch, not its states: these are computed again. A lab in
//! memory goes on where it was. A durable lab begins a new run when it is opened, over the same
//! disks; its earlier runs are data until somebody asks for one. Then their branches are computed
//! again, and are in memory beside those of the present run.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use raft_script::{BranchId, Branches, KeptBranch, Moment, Restoring, SourceLine};
use serde::{Deserialize, Serialize};

use super::{Lab, Queued, RealClock, default_clock};
use crate::ConsoleKind;
use crate::frame::EarlierRunView;
use crate::recording::Recording;
use crate::stored::MAX_EARLIER_BYTES;

/// The version of the data.
const VERSION: u8 = 4;
/// Between two looks at the clock.
const STEPS_AT_ONCE: u64 = 50;
/// The most statements that wait.
const MAX_QUEUED: usize = 10_000;

/// The branches of a lab as data.
#[derive(Debug, Serialize, Deserialize)]
struct KeptLab {
    /// The number of the run.
    run: u64,
    branches: Vec<KeptBranch>,
    live: u32,
    /// The past that the page showed.
    shown: Option<Moment>,
    is_compared: bool,
    /// The goal of the statement that was waited for.
    goal: Option<String>,
    /// The statements that waited for their turn, the next one first.
    queued: Vec<KeptStatement>,
    /// The lesson that was being recorded.
    recording: Option<Recording>,
    /// Why the run is another one than that of the link that was opened.
    other_run: Option<String>,
}

/// A statement that waited for its turn.
#[derive(Debug, Serialize, Deserialize)]
struct KeptStatement {
    line: u64,
    text: String,
    is_scripted: bool,
    key_moment: Option<String>,
}

/// The way from data to a lab.
pub struct Restoration {
    restoring: Restoring,
    run: u64,
    live: u32,
    shown: Option<Moment>,
    is_compared: bool,
    goal: Option<String>,
    queued: VecDeque<Queued>,
    recording: Option<Recording>,
    other_run: Option<String>,
    clock: RealClock,
}

/// A run of a durable lab before the page was opened.
#[derive(Debug)]
pub(super) struct EarlierRun {
    number: u64,
    /// The virtual time of its end, in µs.
    end: u64,
    /// The number of its statements.
    statements: usize,
    /// As [`Lab::keep`] made them.
    bytes: Vec<u8>,
}

impl Restoration {
    /// Begins to compute a lab again.
    ///
    /// # Errors
    /// In words, when another version of the program made the data, or they are damaged.
    pub fn new(bytes: &[u8]) -> Result<Self, String> {
        let kept = read(bytes)?;
        let KeptLab { run, branches, live, shown, is_compared, .. } = kept;
        let KeptLab { goal, queued, recording, other_run, .. } = kept;
        if !branches.iter().any(|branch| branch.number == live) {
            return Err(format!("it has no branch {live}"));
        }
        let restoring = Restoring::new(branches)?;
        let queued = queued.into_iter().take(MAX_QUEUED).map(KeptStatement::read);
        let queued = queued.collect::<Result<_, _>>()?;
        let clock = default_clock();
        Ok(Self {
            restoring,
            run,
            live,
            shown,
            is_compared,
            goal,
            queued,
            recording,
            other_run,
            clock,
        })
    }

    /// The part that is done, from 0 to 1.
    pub fn progress(&self) -> f64 {
        self.restoring.progress()
    }

    /// Goes on for about this long. Returns whether the lab is computed.
    ///
    /// # Errors
    /// In words, when the run turns out to be another one.
    pub fn advance(&mut self, budget: Duration) -> Result<bool, String> {
        let out_of_time = (self.clock)() + budget;
        loop {
            if self.restoring.advance(STEPS_AT_ONCE)? {
                return Ok(true);
            }
            if (self.clock)() >= out_of_time {
                return Ok(false);
            }
        }
    }

    /// The lab, in memory. Time stands still in it. Statements that waited for their turn wait on,
    /// and the console tells of the one that was waited for: nobody waits for it any more.
    ///
    /// # Panics
    /// Before [`advance`](Self::advance) has returned true.
    pub fn finish(self) -> Lab {
        let branches = self.restoring.finish();
        let live = number(&branches, self.live);
        let mut lab = Lab::with_branches(branches, live, None);
        lab.recent = lab.recalled_events();
        if let Some(goal) = self.goal {
            let words = format!("Nobody waits for “{goal}” any more: the page was left before.");
            lab.say(ConsoleKind::Info, words);
        }
        lab.queue = self.queued;
        lab.recording = self.recording;
        lab.other_run = self.other_run.map(Into::into);
        lab.changed();
        lab.look_again(self.shown, self.is_compared);
        lab
    }
}

impl KeptStatement {
    fn of(queued: &Queued) -> Self {
        Self {
            line: queued.line.number as u64,
            text: queued.line.statement.to_string(),
            is_scripted: queued.is_scripted,
            key_moment: queued.key_moment.as_deref().map(str::to_owned),
        }
    }

    fn read(self) -> Result<Queued, String> {
        let Self { line, text, is_scripted, key_moment } = self;
        let statement = raft_script::parse_line(&text).ok().flatten();
        let statement = statement.ok_or_else(|| format!("its data have no statement {text:?}"))?;
        let number = usize::try_from(line).unwrap_or(usize::MAX);
        let line = SourceLine { number, statement };
        Ok(Queued { line, is_scripted, key_moment: key_moment.map(Into::into), listener: None })
    }
}

impl Lab {
    /// The branches of this lab as data, for [`Restoration`].
    pub fn keep(&self) -> Vec<u8> {
        let kept = KeptLab {
            // An earlier run may be live; the first branch is of the present one.
            run: self.branches.head(self.branches.first()).world().setup().run,
            branches: self.branches.keep(),
            live: self.live.number(),
            shown: self.past.as_ref().map(super::Past::moment),
            is_compared: self.compared.borrow().is_some(),
            goal: self.session().goal().map(ToString::to_string),
            queued: self.queue.iter().map(KeptStatement::of).collect(),
            recording: self.recording.clone(),
            other_run: self.other_run.as_deref().map(str::to_owned),
        };
        let data = postcard::to_stdvec(&kept).expect("numbers and texts can be written");
        [vec![VERSION], data].concat()
    }

    /// Has the database keep the branches of a durable lab. Returns the number of bytes; `None`:
    /// the lab is in memory.
    pub fn keep_durably(&self) -> Option<usize> {
        let mirror = self.mirror.as_ref()?;
        let bytes = self.keep();
        let count = bytes.len();
        // A longer one would not be an earlier run at the next opening.
        if count <= MAX_EARLIER_BYTES {
            mirror.keep(bytes);
        }
        Some(count)
    }

    /// Tells a durable lab its earlier runs, as [`keep`](Self::keep) made them, the oldest first.
    /// The console says which one cannot be read.
    pub fn set_earlier_runs(&mut self, runs: Vec<Vec<u8>>) {
        for bytes in runs {
            match read(&bytes) {
                Ok(kept) => self.earlier.push(EarlierRun {
                    number: kept.run,
                    end: kept.branches.iter().map(|branch| branch.end_at).max().unwrap_or(0),
                    statements: kept.branches.iter().map(|branch| branch.lines.len()).sum(),
                    bytes,
                }),
                Err(error) => {
                    let words = format!("The past of an earlier run cannot be read: {error}.");
                    self.say(ConsoleKind::Error, words);
                }
            }
        }
        self.changed();
    }

    /// Begins to compute the branches of an earlier run again; the page goes on meanwhile. Then the
    /// branch that was live at its end is live, and time stands still.
    ///
    /// # Errors
    /// In words, when there is no such run, when another one is being computed, or when its data
    /// are damaged.
    pub fn recall(&mut self, run: u64) -> Result<(), String> {
        if self.recalling.is_some() {
            return Err("Another run is being computed again.".to_owned());
        }
        let place = self.earlier.iter().position(|earlier| earlier.number == run);
        let place = place.ok_or_else(|| format!("there is no earlier run {run}"))?;
        let mut restoration = Restoration::new(&self.earlier[place].bytes)?;
        restoration.clock = self.clock.clone();
        self.set_running(false);
        self.recalling = Some(restoration);
        self.say(ConsoleKind::Info, format!("{} is computed again.", name_of(run)));
        Ok(())
    }

    /// Goes on with the run that is being computed again.
    pub(super) fn go_on_recalling(&mut self, budget: Duration) {
        let Some(mut restoration) = self.recalling.take() else { return };
        match restoration.advance(budget) {
            Ok(false) => self.recalling = Some(restoration),
            Ok(true) => self.take_over(restoration),
            Err(error) => {
                let run = name_of(restoration.run);
                let words = format!("{run} cannot be computed again: {error}.");
                self.say(ConsoleKind::Error, words);
            }
        }
        self.changed();
    }

    fn take_over(&mut self, restoration: Restoration) {
        let Restoration { restoring, run, live, shown, is_compared, recording, .. } = restoration;
        let other = restoring.finish();
        let live = number(&other, live);
        let names: Vec<(BranchId, String)> =
            other.iter().map(|(id, branch)| (id, branch.name().to_owned())).collect();
        let ids = self.branches.take_over(other);
        for (place, (id, name)) in names.into_iter().enumerate() {
            let name = match place {
                0 => name_of(run),
                _ => format!("{}, {name}", name_of(run)),
            };
            self.branches.rename(ids[&id], &name).expect("it was just added");
        }
        if self.recording.is_none() {
            self.recording = recording.map(|mut recording| {
                for placed in &mut recording.steps {
                    let here = ids.iter().find(|(id, _)| id.number() == placed.branch);
                    placed.branch = here.map_or(0, |(_, id)| id.number());
                }
                recording
            });
        }
        self.earlier.retain(|earlier| earlier.number != run);
        if let Err(error) = self.switch_to(ids[&live].number()) {
            self.say(ConsoleKind::Error, error);
        }
        self.look_again(shown, is_compared);
    }

    /// Shows what the page showed.
    fn look_again(&mut self, shown: Option<Moment>, is_compared: bool) {
        // It may differ no more; the console says so.
        if is_compared && let Err(words) = self.compare() {
            self.say(ConsoleKind::Error, words);
        }
        match shown {
            Some(moment) => self.show_moment(moment),
            // The comparison went to the first difference.
            None => self.forget_past(),
        }
        self.changed();
    }

    pub(super) fn earlier_runs(&self) -> Rc<[EarlierRunView]> {
        let view = |run: &EarlierRun| EarlierRunView {
            run: run.number,
            name: name_of(run.number),
            end: raft_core::Instant(run.end),
            statements: run.statements,
        };
        self.earlier.iter().map(view).collect()
    }
}

fn read(bytes: &[u8]) -> Result<KeptLab, String> {
    match bytes.split_first() {
        Some((&VERSION, data)) => {
            postcard::from_bytes(data).map_err(|error| format!("its data are damaged: {error}"))
        }
        Some((version, _)) => {
            Err(format!("it has format {version}, and this version of Helios reads {VERSION}"))
        }
        None => Err("it is empty".to_owned()),
    }
}

/// Runs are counted from 1 for people.
fn name_of(run: u64) -> String {
    format!("run {}", run.saturating_add(1))
}

fn number(branches: &Branches, number: u32) -> BranchId {
    let mut ids = branches.iter().map(|(id, _)| id);
    ids.find(|id| id.number() == number).unwrap_or(branches.first())
}

impl std::fmt::Debug for Restoration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Restoration")
            .field("run", &self.run)
            .field("progress", &self.progress())
            .finish_non_exhaustive()
    }
}
