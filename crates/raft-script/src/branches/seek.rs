//! The way from a checkpoint to a moment.

use raft_core::Instant;

use super::Unreachable;
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
}

impl Seek {
    pub(super) fn new(session: Session, journal: Journal, goal: Moment) -> Self {
        Self { session, journal, goal, until: None }
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
        }
        Ok(self.is_there())
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

    /// The session, as far as it has come.
    pub fn session(&self) -> &Session {
        &self.session
    }
}
