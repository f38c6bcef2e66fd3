//! Where two branches begin to differ.

use raft_sim::{Event, EventKind};

use super::{BranchId, Branches, Place, Seek, Unreachable};
use crate::journal::Moment;

/// The most events that are compared.
const MOST_EVENTS: u64 = 200_000;

/// Where two branches begin to differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The last moment that the branches share.
    pub common: Moment,
    /// The statements of the first branch after it that the second one does not have, in order.
    pub only_in_first: Vec<String>,
    /// Those of the second branch that the first one does not have.
    pub only_in_second: Vec<String>,
    /// The first event that differs, besides those that these statements make themselves; `None` if
    /// one branch goes on where the other one ends.
    pub event: Option<Differing>,
}

/// The first event that differs, in each of two branches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Differing {
    /// The event of the first branch.
    pub first: Happened,
    /// The event that the second branch has in its place.
    pub second: Happened,
}

/// An event of a branch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happened {
    /// The moment after it.
    pub place: Place,
    /// The event in words, with its time.
    pub words: String,
}

impl Branches {
    /// Where two branches begin to differ. `None` if one of them is the beginning of the other one,
    /// or the same.
    ///
    /// # Errors
    /// When one of them was removed, or the first 200,000 events after the
    /// last common moment are equal.
    pub fn difference(
        &self,
        first: BranchId,
        second: BranchId,
    ) -> Result<Option<Difference>, Unreachable> {
        let common = self.last_common(first, second)?;
        let (only_in_first, only_in_second) = self.differing_lines(first, second)?;
        let mut left = Events::from(self, first, common)?;
        let mut right = Events::from(self, second, common)?;
        let mut event = None;
        while let (Some(one), Some(other)) = (left.peek()?, right.peek()?) {
            if one.is_same(other) {
                left.pop();
                right.pop();
            } else if left.is_direct_effect() {
                left.pop();
            } else if right.is_direct_effect() {
                right.pop();
            } else {
                event = Some(Differing { first: left.happened(), second: right.happened() });
                break;
            }
        }
        let differs = event.is_some() || !only_in_first.is_empty() || !only_in_second.is_empty();
        Ok(differs.then_some(Difference { common, only_in_first, only_in_second, event }))
    }

    /// The last moment up to which the journals are equal, and that both branches have.
    fn last_common(&self, first: BranchId, second: BranchId) -> Result<Moment, Unreachable> {
        let (first, second) = (self.get(first)?.head(), self.get(second)?.head());
        let (left, right) = (first.journal(), second.journal());
        let same = left.iter().zip(right.iter()).take_while(|(one, other)| one == other).count();
        let next = |lines: &crate::Journal| lines.get(same).map(|line| line.steps);
        let ends = [Some(first.moment().steps), Some(second.moment().steps)];
        let steps = [next(left), next(right)].into_iter().chain(ends).flatten().min();
        Ok(Moment { steps: steps.unwrap_or(0), lines: same })
    }

    /// The statements that only one of the branches has, in words.
    fn differing_lines(
        &self,
        first: BranchId,
        second: BranchId,
    ) -> Result<(Vec<String>, Vec<String>), Unreachable> {
        let lines = |id| -> Result<Vec<(u64, String)>, Unreachable> {
            let journal = self.get(id)?.head().journal();
            Ok(journal.iter().map(|line| (line.at.0, line.statement.to_string())).collect())
        };
        let (left, right) = (lines(first)?, lines(second)?);
        let only = |these: &[(u64, String)], those: &[(u64, String)]| {
            let missing = these.iter().filter(|line| !those.contains(line));
            missing.map(|(_, words)| words.clone()).collect()
        };
        Ok((only(&left, &right), only(&right, &left)))
    }
}

/// The events of a branch, one after the other, without those of actions.
struct Events {
    branch: BranchId,
    seek: Seek,
    /// The present step's events that were not taken, the last one first.
    waiting: Vec<Event>,
    /// The events of actions at the present number of steps.
    acted: Vec<raft_sim::EventNumber>,
    seen: u64,
}

impl Events {
    fn from(branches: &Branches, branch: BranchId, moment: Moment) -> Result<Self, Unreachable> {
        let start = branches.at(Place { branch, moment })?;
        let head = branches.get(branch)?.head();
        let seek = Seek::new(start, head.journal().clone(), head.moment());
        Ok(Self { branch, seek, waiting: Vec::new(), acted: Vec::new(), seen: 0 })
    }

    /// The next event; `None` at the end of the branch.
    fn peek(&mut self) -> Result<Option<&Event>, Unreachable> {
        while self.waiting.is_empty() {
            if self.seek.session().moment() == self.seek.goal() {
                return Ok(None);
            }
            self.seek.advance(1)?;
            let events = self.seek.session().events();
            self.seen += events.len() as u64;
            if self.seen > MOST_EVENTS {
                return Err(Unreachable::NoMoment(self.seek.goal()));
            }
            self.acted.clear();
            for event in events.iter().rev() {
                if let EventKind::Acted { .. } = event.kind {
                    self.acted.push(event.number);
                } else {
                    self.waiting.push(event.clone());
                }
            }
        }
        Ok(self.waiting.last())
    }

    fn pop(&mut self) {
        self.waiting.pop();
    }

    /// Whether a statement makes the next event itself.
    fn is_direct_effect(&self) -> bool {
        let cause = self.waiting.last().and_then(|event| event.cause);
        cause.is_some_and(|cause| self.acted.contains(&cause))
    }

    fn happened(&self) -> Happened {
        let words = self
            .waiting
            .last()
            .map_or_else(String::new, |event| format!("{} {}", event.at, event.kind));
        let moment = self.seek.session().moment();
        Happened { place: Place { branch: self.branch, moment }, words }
    }
}
