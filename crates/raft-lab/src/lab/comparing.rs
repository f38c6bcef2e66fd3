//! The live branch beside another one, and branches without a statement.

use std::rc::Rc;

use raft_core::Instant;
use raft_script::{
    BranchId, BranchName, Difference, Differing, Happened, Journaled, Moment, Run, Statement,
};
use raft_sim::{Words, words};
use serde::Serialize;

use super::{Lab, Queued};
use crate::ConsoleKind;
use crate::comparison::{ComparisonView, DifferenceView, FirstDifference, differences};
use crate::frame::Recent;
use crate::view::{View, ViewMaker};

/// The most statements of a branch that the page lists: the last ones.
const MAX_STATEMENTS: usize = 500;

/// A statement of the live branch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StatementView {
    /// Its line in the journal, from 0.
    pub line: usize,
    /// The virtual time at which it was carried out.
    pub at: Instant,
    /// The number of steps before it.
    pub steps: u64,
    /// The statement.
    pub text: String,
}

/// The branch that is beside the live one.
pub(super) struct Compared {
    other: BranchId,
    only_here: Vec<String>,
    only_there: Vec<String>,
    first: Option<FirstDifference>,
    maker: ViewMaker,
    /// The last view of the other branch, and the time that it is for.
    last: Option<(Instant, Rc<View>)>,
}

impl Lab {
    /// Begins a branch without one statement of the live branch, and makes it the live one. The
    /// later statements are repeated at their times, as fast as the machine allows, up to the time
    /// of the branch that it left.
    ///
    /// # Errors
    /// If the live branch has no such line.
    pub fn leave_out(&mut self, line: usize) -> Result<(), String> {
        let (left, end) = (self.live, self.session().world().now());
        let text = self.session().journal().get(line).map(|line| line.statement.to_string());
        let text = text.ok_or_else(|| format!("there is no statement {}", line + 1))?;
        self.set_running(false);
        let branch = self.branches.fork_without(left, line, "").map_err(|e| e.to_string())?;
        let name = self.enter(branch, None).map_err(|error| error.to_string())?;
        let words = format!("Here begins {name}, without “{text}”. What came after is repeated.");
        self.say(ConsoleKind::Info, words);
        let statement = Statement::Run(Run::To { time: end, step: None });
        let line = raft_script::SourceLine { number: 1, statement };
        self.queue.push_back(Queued { line, is_scripted: false, key_moment: None, listener: None });
        self.pacer.hurry();
        self.settle();
        self.changed();
        Ok(())
    }

    /// Compares the live branch with the one that it left, or with the first one: shows both beside
    /// each other, at the first difference.
    ///
    /// # Errors
    /// If it is the first branch, or nothing differs.
    pub fn compare(&mut self) -> Result<(), String> {
        let (live, other) = (self.live, self.left()?);
        let (this, that) = (self.branch_name(live), self.branch_name(other));
        let Difference { only_in_first, only_in_second, event, .. } =
            self.difference(live, other)?;
        self.say(ConsoleKind::Info, format!("{this} and {that} are beside each other."));
        let first = event.as_ref().map(|Differing { first, second }| FirstDifference {
            steps: first.place.moment.steps,
            here: first.words.clone(),
            there: second.words.clone(),
        });
        let (maker, last) = (ViewMaker::default(), None);
        let (only_here, only_there) = (only_in_first, only_in_second);
        let compared = Compared { other, only_here, only_there, first, maker, last };
        self.compared.replace(Some(compared));
        if let Some(Differing { first, .. }) = event {
            self.show_moment(first.place.moment);
        }
        self.changed();
        Ok(())
    }

    /// The branch that the live one left, or the first one.
    fn left(&self) -> Result<BranchId, String> {
        let other = self.left_by(self.live);
        match other == self.live {
            true => Err("The first branch left no other one.".to_owned()),
            false => Ok(other),
        }
    }

    fn difference(&self, one: BranchId, other: BranchId) -> Result<Difference, String> {
        let found = self.branches.difference(one, other).map_err(|error| error.to_string())?;
        let (this, that) = (self.branch_name(one), self.branch_name(other));
        found.ok_or_else(|| format!("{this} and {that} do not differ yet."))
    }

    /// Where two branches begin to differ, and how they differ at the time that the page shows, in
    /// words, one thing a line. `None`: the live branch, and the one that it left.
    pub(super) fn difference_lines(
        &self,
        pair: Option<(BranchName, BranchName)>,
    ) -> Result<Vec<Words>, String> {
        let (one, other) = match pair {
            Some((one, other)) => (self.branch_named(&one)?, self.branch_named(&other)?),
            None => (self.live, self.left()?),
        };
        let (this, that) = (self.branch_name(one), self.branch_name(other));
        let Difference { only_in_first, only_in_second, event, .. } =
            self.difference(one, other)?;
        let only = |name: &str, statements: Vec<String>| {
            let line = |statement: String| words! { "only in {name}: {statement}" };
            statements.into_iter().map(line).collect::<Vec<_>>()
        };
        let mut lines = only(&this, only_in_first);
        lines.extend(only(&that, only_in_second));
        if let Some(Differing { first, second }) = event {
            lines.push("the first event that differs:".into());
            for (name, Happened { place, words }) in [(&this, first), (&that, second)] {
                let steps = place.moment.steps;
                lines.push(words! { "  {name}, step {steps}: {words}" });
            }
        }
        let now = self.shown_session().world().now();
        let rows = differences(&*self.view_of(one, now)?, &*self.view_of(other, now)?);
        lines.push(match rows.is_empty() {
            true => words! { "at {now} nothing differs" },
            false => words! { "at {now}, {this} | {that}:" },
        });
        let row = |row: &DifferenceView| {
            let DifferenceView { what, here, there } = row;
            words! { "  {what}: {here} | {there}" }
        };
        lines.extend(rows.iter().map(row));
        Ok(lines)
    }

    /// A branch at a time: the live one as the page shows it, another one after all that was done
    /// then, or at its end if that is earlier.
    fn view_of(&self, branch: BranchId, time: Instant) -> Result<Rc<View>, String> {
        let session = match branch == self.live {
            true => self.shown_session().clone(),
            false => self.branches.at_time(branch, time).map_err(|error| error.to_string())?,
        };
        Ok(ViewMaker::default().make(&session, &Recent::default(), &self.window))
    }

    /// Shows the live branch alone.
    pub fn stop_comparing(&mut self) {
        self.compared.replace(None);
        self.changed();
    }

    /// The other branch beside this view of the live one.
    pub(super) fn comparison(&self, here: &View) -> Option<Rc<ComparisonView>> {
        let mut compared = self.compared.borrow_mut();
        let Compared { other, only_here, only_there, first, maker, last } = compared.as_mut()?;
        let kept = last.as_ref().filter(|(time, _)| *time == here.now);
        let there = match kept {
            Some((_, view)) => view.clone(),
            None => {
                // A branch that was removed meanwhile.
                let session = self.branches.at_time(*other, here.now).ok()?;
                maker.make(&session, &Recent::default(), &self.window)
            }
        };
        *last = Some((here.now, there.clone()));
        Some(Rc::new(ComparisonView {
            here: self.branch_name(self.live),
            there: self.branch_name(*other),
            only_here: only_here.clone(),
            only_there: only_there.clone(),
            first: first.clone(),
            rows: differences(here, &there),
            view: there,
        }))
    }

    /// The last statements of the live branch, in order; the same memory until there is another.
    pub(super) fn statements(&self) -> Rc<[StatementView]> {
        let journal = self.session().journal();
        let key = (self.live, journal.len());
        let mut kept = self.statements.borrow_mut();
        if let Some((_, statements)) = kept.as_ref().filter(|(of, _)| *of == key) {
            return statements.clone();
        }
        let view = |(line, journaled): (usize, &Journaled)| StatementView {
            line,
            at: journaled.at,
            steps: journaled.steps,
            text: journaled.statement.to_string(),
        };
        let skipped = journal.len().saturating_sub(MAX_STATEMENTS);
        let statements: Rc<[StatementView]> =
            journal.iter().enumerate().skip(skipped).map(view).collect();
        *kept = Some((key, statements.clone()));
        statements
    }

    /// Shows the moment before a statement of the live branch.
    ///
    /// # Errors
    /// If the live branch has no such line.
    pub fn show_before(&mut self, line: usize) -> Result<(), String> {
        let journaled = self.session().journal().get(line);
        let steps = journaled.map(|line| line.steps);
        let steps = steps.ok_or_else(|| format!("there is no statement {}", line + 1))?;
        self.show_moment(Moment { steps, lines: line });
        Ok(())
    }
}
