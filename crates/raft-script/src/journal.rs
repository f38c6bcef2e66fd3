//! The journal of a session: what was done, and when.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use imbl::Vector;
use raft_core::Instant;
use raft_sim::EventNumber;
use serde::{Deserialize, Serialize};

use crate::statement::Statement;

/// The statements that a session carried out, in order, without those that only let time pass.
/// Clones share what was written before.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    lines: Vector<Arc<Journaled>>,
}

/// A statement that was carried out.
#[derive(Clone, PartialEq, Debug)]
pub struct Journaled {
    /// The virtual time.
    pub at: Instant,
    /// The number of the world's steps before it.
    pub steps: u64,
    /// Whether something else was due at that time: then the time alone does not say when it was
    /// carried out.
    pub is_exact: bool,
    /// The numbers of its events, from the first one to the one after the last.
    pub events: Range<u64>,
    /// As it was given, with roles in place of numbers.
    pub statement: Statement,
}

/// A moment of a run: after so many steps of the world, and so many lines of the journal. The order
/// of moments is the order in which they came. A time is no moment: many moments share one.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct Moment {
    /// Steps of the world.
    pub steps: u64,
    /// Lines of the journal.
    pub lines: usize,
}

impl Journal {
    /// The number of lines.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether nothing was done.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A line; the first one is number 0.
    pub fn get(&self, line: usize) -> Option<&Journaled> {
        self.lines.get(line).map(Arc::as_ref)
    }

    /// All lines, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Journaled> + ExactSizeIterator {
        self.lines.iter().map(Arc::as_ref)
    }

    /// The line whose statement made this event at once.
    pub(crate) fn line_of(&self, event: EventNumber) -> Option<usize> {
        let line = self.partition_point(|line| line.events.end <= event.get());
        self.get(line).is_some_and(|found| found.events.contains(&event.get())).then_some(line)
    }

    /// The moment that an event led to: after the step that made it, or after its statement.
    pub fn moment_of(&self, number: EventNumber, step: u64) -> Moment {
        let number = number.get();
        let after = self.partition_point(|line| line.events.end <= number);
        let is_of_line = self.get(after).is_some_and(|line| line.events.contains(&number));
        match is_of_line {
            true => Moment { steps: step, lines: after + 1 },
            // Statements after the last step before this one came before its events.
            false => Moment { steps: step, lines: self.before_step(step) },
        }
    }

    /// The moment before this one: without its last statement, or without its last step. The first
    /// moment has none before it.
    pub fn before(&self, moment: Moment) -> Option<Moment> {
        let last_line = moment.lines.checked_sub(1);
        match last_line.filter(|line| self.get(*line).is_some_and(|l| l.steps == moment.steps)) {
            Some(lines) => Some(Moment { lines, ..moment }),
            None => Some(self.last_moment(moment.steps.checked_sub(1)?)),
        }
    }

    /// The moment after this one: with the next statement, or with the next step.
    pub fn after(&self, moment: Moment) -> Moment {
        match self.get(moment.lines).filter(|line| line.steps == moment.steps) {
            Some(_) => Moment { lines: moment.lines + 1, ..moment },
            None => Moment { steps: moment.steps + 1, ..moment },
        }
    }

    /// The last moment at this number of steps: after all statements that were given then.
    pub fn last_moment(&self, steps: u64) -> Moment {
        Moment { steps, lines: self.partition_point(|line| line.steps <= steps) }
    }

    /// The number of lines before the step with this number.
    pub(crate) fn before_step(&self, step: u64) -> usize {
        self.partition_point(|line| line.steps < step)
    }

    /// The lines from this one on.
    pub(crate) fn lines_from(&self, line: usize) -> VecDeque<Arc<Journaled>> {
        self.lines.iter().skip(line).cloned().collect()
    }

    fn partition_point(&self, is_before: impl Fn(&Journaled) -> bool) -> usize {
        let search = |line: &Arc<Journaled>| match is_before(line) {
            true => std::cmp::Ordering::Less,
            false => std::cmp::Ordering::Greater,
        };
        self.lines.binary_search_by(search).unwrap_or_else(|place| place)
    }

    pub(crate) fn push(&mut self, line: Journaled) {
        self.lines.push_back(Arc::new(line));
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.lines.truncate(len);
    }

    /// The last line has all its events: the next one gets this number.
    pub(crate) fn end_line(&mut self, next_event: u64) {
        if let Some(last) = self.lines.back_mut() {
            Arc::make_mut(last).events.end = next_event;
        }
    }
}
