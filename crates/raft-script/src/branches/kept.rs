//! Branches as data, and back: a run is computed again from its statements.

use std::collections::{BTreeMap, VecDeque};

use raft_core::Instant;
use serde::{Deserialize, Serialize};

use super::{Branch, BranchId, Branches, Place, Seek, Unreachable};
use crate::journal::{Journal, Journaled, Moment};
use crate::limits::MAX_KEPT_STEPS;
use crate::parse::parse;
use crate::session::Session;
use crate::statement::Statement;

/// A branch as data. Its states are not stored: they are computed again from the statements.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptBranch {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// The branch that it left, and the moment; `None` if it left none.
    pub parent: Option<(u32, Moment)>,
    /// The virtual time of that moment, in µs.
    pub began_at: u64,
    /// The statements that make its world. None if the branch that it left is kept too: then it
    /// begins at that moment.
    pub opening: Vec<String>,
    /// The statements after the beginning, in order.
    pub lines: Vec<KeptLine>,
    /// Statements that are still to be repeated.
    pub planned: Vec<KeptLine>,
    /// Its end.
    pub end: Moment,
    /// The virtual time of its end, in µs.
    pub end_at: u64,
    /// The hash of all its events: a program with other rules computes another run.
    pub trace_hash: u64,
}

/// A line of a journal as data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptLine {
    /// The virtual time, in µs.
    pub at: u64,
    /// The number of steps before it.
    pub steps: u64,
    /// The statement in the command language.
    pub text: String,
}

/// The way from data to branches. A caller that must not wait for long goes it bit by bit.
#[derive(Debug)]
pub struct Restoring {
    left: VecDeque<KeptBranch>,
    under_way: Option<Repeated>,
    done: BTreeMap<BranchId, Branch>,
    last: u32,
    /// The steps that were made, and those that are to be made in all.
    steps: (u64, u64),
}

/// A branch that is being computed again.
#[derive(Debug)]
struct Repeated {
    id: BranchId,
    branch: Branch,
    /// The lines of the whole branch.
    journal: Journal,
    end: Moment,
    end_at: Instant,
    trace_hash: u64,
}

impl Branches {
    /// All branches as data, the oldest first.
    pub fn keep(&self) -> Vec<KeptBranch> {
        self.iter().map(|(id, branch)| self.keep_branch(id, branch)).collect()
    }

    fn keep_branch(&self, id: BranchId, branch: &Branch) -> KeptBranch {
        let journal = branch.head.journal();
        let begins = branch.parent.filter(|place| self.get(place.branch).is_ok());
        let skipped = begins.map_or(0, |place| place.moment.lines);
        let opening = match begins {
            Some(_) => Vec::new(),
            None => branch.head.opening().iter().map(Statement::to_string).collect(),
        };
        KeptBranch {
            number: id.0,
            name: branch.name.clone(),
            parent: branch.parent.map(|Place { branch, moment }| (branch.0, moment)),
            began_at: branch.began_at.0,
            opening,
            lines: journal.iter().skip(skipped).map(KeptLine::of).collect(),
            planned: branch.planned().map(KeptLine::of).collect(),
            end: branch.head.moment(),
            end_at: branch.head.world().now().0,
            trace_hash: branch.head.world().trace_hash(),
        }
    }

    /// Takes over the branches of another run. They get the next numbers; returns the new number of
    /// each.
    pub fn take_over(&mut self, other: Self) -> BTreeMap<BranchId, BranchId> {
        let shift = self.last_id;
        let moved = |id: BranchId| BranchId(id.0 + shift);
        let ids = other.by_id.keys().map(|id| (*id, moved(*id))).collect();
        self.last_id += other.last_id;
        self.by_id.extend(other.by_id.into_iter().map(|(id, mut branch)| {
            branch.parent =
                branch.parent.map(|place| Place { branch: moved(place.branch), ..place });
            (moved(id), branch)
        }));
        ids
    }
}

impl KeptLine {
    fn of(line: &Journaled) -> Self {
        Self { at: line.at.0, steps: line.steps, text: line.statement.to_string() }
    }

    fn read(&self) -> Result<Journaled, String> {
        // A line feed, so that an empty comment is a line.
        let script = parse(&format!("{}\n", self.text)).map_err(|error| error.to_string())?;
        let [line] = script.statements.as_slice() else {
            return Err(format!("“{}” is not one statement", self.text));
        };
        let (at, steps, statement) = (Instant(self.at), self.steps, line.statement.clone());
        Ok(Journaled { at, steps, is_exact: false, events: 0..0, statement })
    }
}

impl Restoring {
    /// Begins to compute these branches again.
    ///
    /// # Errors
    /// In words, when there is none, when they are not in order, or when they are so long that it
    /// would take hours.
    pub fn new(kept: Vec<KeptBranch>) -> Result<Self, String> {
        let mut last = 0;
        let mut begins: BTreeMap<u32, Moment> = BTreeMap::new();
        let mut steps: u64 = 0;
        for branch in &kept {
            if branch.number <= last {
                return Err(format!("branch {} comes after branch {last}", branch.number));
            }
            last = branch.number;
            let begin = match branch.parent {
                Some((parent, moment)) if begins.contains_key(&parent) => moment,
                _ => Moment::default(),
            };
            begins.insert(branch.number, begin);
            steps = steps.saturating_add(branch.end.steps.saturating_sub(begin.steps));
        }
        match kept.len() {
            0 => Err("it has no branch".to_owned()),
            _ if steps > MAX_KEPT_STEPS => {
                Err(format!("it has {steps} steps, and {MAX_KEPT_STEPS} are possible"))
            }
            _ => {
                let (left, done) = (kept.into(), BTreeMap::new());
                Ok(Self { left, under_way: None, done, last, steps: (0, steps) })
            }
        }
    }

    /// The part that is done, from 0 to 1.
    pub fn progress(&self) -> f64 {
        let (made, all) = self.steps;
        if all == 0 { 1.0 } else { made as f64 / all as f64 }
    }

    /// Makes at most so many steps. Returns whether all branches are computed.
    ///
    /// # Errors
    /// In words, when a statement cannot be read, or the run turns out to be another one.
    pub fn advance(&mut self, steps: u64) -> Result<bool, String> {
        for _ in 0..steps {
            let Some(repeated) = &mut self.under_way else {
                let Some(next) = self.left.pop_front() else { return Ok(true) };
                self.under_way = Some(self.begin(next)?);
                continue;
            };
            let before = repeated.branch.head.moment();
            if before == repeated.end {
                repeated.branch.head.advance_clock(repeated.end_at);
                let world = repeated.branch.head.world();
                if world.now() != repeated.end_at || world.trace_hash() != repeated.trace_hash {
                    return Err(format!("branch {} has become another run", repeated.id));
                }
                let Some(Repeated { id, branch, .. }) = self.under_way.take() else { continue };
                self.done.insert(id, branch);
                continue;
            }
            if before > repeated.end || !repeated.branch.repeat(&repeated.journal) {
                return Err(Unreachable::NoMoment(repeated.end).to_string());
            }
            self.steps.0 += repeated.branch.head.moment().steps - before.steps;
        }
        Ok(self.under_way.is_none() && self.left.is_empty())
    }

    /// The branches.
    ///
    /// # Panics
    /// Before [`advance`](Self::advance) has returned true.
    pub fn finish(self) -> Branches {
        assert!(self.under_way.is_none() && self.left.is_empty(), "every branch is computed");
        let budget = Branches::MAX_CHECKPOINT_BYTES;
        let mut branches = Branches { by_id: self.done, last_id: self.last, budget };
        branches.keep_within_budget();
        branches
    }

    fn begin(&self, kept: KeptBranch) -> Result<Repeated, String> {
        let KeptBranch { number, name, parent, began_at, end, end_at, .. } = kept;
        let KeptBranch { opening, lines, planned, trace_hash, .. } = kept;
        let lines = lines.iter().map(KeptLine::read).collect::<Result<Vec<_>, _>>()?;
        let planned = planned.iter().map(KeptLine::read).collect::<Result<Vec<_>, _>>()?;
        let parent = parent.map(|(id, moment)| Place { branch: BranchId(id), moment });
        let from = parent.and_then(|place| Some((self.done.get(&place.branch)?, place.moment)));
        let (mut journal, branch) = match from {
            Some((from, moment)) => {
                let seek = from.seek_through(moment, 0).and_then(Seek::finish);
                let branch = from.fork(seek.map_err(|error| error.to_string())?, &name);
                (branch.head.journal().clone(), branch)
            }
            None => (Journal::default(), Branch::new(opened(&opening)?, &name)),
        };
        lines.into_iter().for_each(|line| journal.push(line));
        let planned = planned.into_iter().map(Into::into).collect();
        let branch = Branch { parent, began_at: Instant(began_at), planned, ..branch };
        let (id, end_at) = (BranchId(number), Instant(end_at));
        Ok(Repeated { id, branch, journal, end, end_at, trace_hash })
    }
}

/// The session that a script's first statements make.
fn opened(opening: &[String]) -> Result<Session, String> {
    let script = parse(&opening.join("\n")).map_err(|error| error.to_string())?;
    let (session, rest) = Session::open(&script).map_err(|error| error.to_string())?;
    match rest {
        [] if !opening.is_empty() => Ok(session),
        [] => Err("no statement makes its world".to_owned()),
        [line, ..] => Err(format!("“{}” makes no world", line.statement)),
    }
}

impl Branch {
    /// Does what comes next according to the journal of a longer run. False if that is impossible.
    fn repeat(&mut self, journal: &Journal) -> bool {
        let is_done = self.head.repeat(journal);
        self.marks.observe(&self.head);
        self.checkpoints.take(&mut self.head);
        is_done
    }
}
