//! The way from a checkpoint to a moment.

use std::collections::VecDeque;

use raft_core::Instant;
use raft_sim::CoreStep;

use super::Unreachable;
use super::checkpoints::{MOST_NEAR, NEAR_GAP};
use crate::journal::{Journal, Moment};
use crate::session::Session;

/// The way from a checkpoint to a moment. A caller that must not wait for long goes it bit by bit;
/// one that wants another moment drops it.
#[derive(Clone, Debug)]
pub struct Seek {
    session: Session,
    /// The journal of the branch.
    journal: Journal,
    goal: Moment,
    /// It ends before what is due after this time.
    until: Option<Instant>,
    /// Where it begins.
    start: Moment,
    /// Sessions that it passed, for those who go there again: the last ones.
    passed: VecDeque<Session>,
    /// The steps at the last one of them, or at the start.
    passed_at: u64,
}

impl Seek {
    pub(crate) fn new(session: Session, journal: Journal, goal: Moment) -> Self {
        let start = session.moment();
        let (passed, passed_at) = (VecDeque::new(), start.steps);
        Self { session, journal, goal, until: None, start, passed, passed_at }
    }

    /// The way to the moment after all that is due at this time or before, if it comes before the
    /// goal.
    pub(super) fn until(self, time: Instant) -> Self {
        Self { until: Some(time), ..self }
    }

    /// The way to this moment, if it comes before the goal.
    #[must_use]
    pub fn at_most(self, moment: Moment) -> Self {
        Self { goal: self.goal.min(moment), ..self }
    }

    /// Whether the moment is reached.
    pub fn is_there(&self) -> bool {
        let is_late = |until| {
            let next = self.session.next_repeated_at(&self.journal);
            next.is_none_or(|at| at > until)
        };
        self.session.moment() == self.goal || self.until.is_some_and(is_late)
    }

    /// The moment to which it goes.
    pub fn goal(&self) -> Moment {
        self.goal
    }

    /// The number of steps that are still to be made.
    pub fn steps_left(&self) -> u64 {
        self.goal.steps.saturating_sub(self.session.moment().steps)
    }

    /// Makes at most so many steps. Returns whether the moment is reached.
    ///
    /// # Errors
    /// When the run turns out to be another one: then a statement that the journal has is refused.
    pub fn advance(&mut self, steps: u64) -> Result<bool, Unreachable> {
        for _ in 0..steps {
            if self.is_there() {
                return Ok(true);
            }
            if !self.session.repeat(&self.journal) || self.session.moment() > self.goal {
                return Err(Unreachable::NoMoment(self.goal));
            }
            self.note_passed();
        }
        Ok(self.is_there())
    }

    fn note_passed(&mut self) {
        let steps = self.session.moment().steps;
        if steps < self.passed_at + NEAR_GAP {
            return;
        }
        self.passed_at = steps;
        self.session.share_memory();
        if self.passed.len() == MOST_NEAR {
            self.passed.pop_front();
        }
        self.passed.push_back(self.session.clone());
    }

    /// Where it began, and the sessions that it has passed since the last call, in order.
    pub(super) fn take_passed(&mut self) -> (Moment, VecDeque<Session>) {
        (self.start, std::mem::take(&mut self.passed))
    }

    /// The same, and calls `watch` after each step and each statement on the way. If the way begins
    /// at the start of the run, it is called with that too.
    ///
    /// # Errors
    /// Those of [`advance`](Self::advance).
    pub fn advance_watched(
        &mut self,
        steps: u64,
        watch: &mut impl FnMut(&Session),
    ) -> Result<bool, Unreachable> {
        if self.session.moment() == Moment::default() {
            watch(&self.session);
        }
        for _ in 0..steps {
            if self.is_there() {
                break;
            }
            self.advance(1)?;
            watch(&self.session);
        }
        Ok(self.is_there())
    }

    /// Goes all the way. Returns the session as it was then.
    ///
    /// # Errors
    /// Those of [`advance`](Self::advance).
    pub fn finish(self) -> Result<Session, Unreachable> {
        self.finish_watched(|_| {})
    }

    /// The same, and calls `watch` as [`advance_watched`](Self::advance_watched).
    ///
    /// # Errors
    /// Those of [`advance`](Self::advance).
    pub fn finish_watched(
        mut self,
        mut watch: impl FnMut(&Session),
    ) -> Result<Session, Unreachable> {
        while !self.advance_watched(u64::MAX, &mut watch)? {}
        Ok(self.session)
    }

    /// What drivers did with cores since the last call.
    pub(crate) fn take_core_steps(&mut self) -> Vec<CoreStep> {
        self.session.take_core_steps()
    }

    /// The session, as far as it has come.
    pub fn session(&self) -> &Session {
        &self.session
    }
}
