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
}

impl Seek {
    pub(super) fn new(session: Session, journal: Journal, goal: Moment) -> Self {
        Self { session, journal, goal }
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
            if self.session.moment() == self.goal {
                return Ok(true);
            }
            if !self.session.repeat(&self.journal) || self.session.moment() > self.goal {
                return Err(Unreachable::NoMoment(self.goal));
            }
        }
        Ok(self.session.moment() == self.goal)
    }

    /// Goes on while what comes next is due at this time or before. Returns the session as it was
    /// then.
    pub(super) fn finish_before(mut self, time: Instant) -> Result<Session, Unreachable> {
        while self.session.moment() != self.goal
            && self.session.next_repeated_at(&self.journal).is_some_and(|at| at <= time)
        {
            self.advance(1)?;
        }
        Ok(self.session)
    }

    /// Goes all the way. Returns the session as it was then.
    ///
    /// # Errors
    /// Those of [`advance`](Self::advance).
    pub fn finish(self) -> Result<Session, Unreachable> {
        self.finish_watched(|_| {})
    }

    /// The same, and calls `watch` after each step and each statement on the way. If the way begins
    /// at the start of the run, it is called with that too.
    ///
    /// # Errors
    /// Those of [`advance`](Self::advance).
    pub fn finish_watched(
        mut self,
        mut watch: impl FnMut(&Session),
    ) -> Result<Session, Unreachable> {
        if self.session.moment() == Moment::default() {
            watch(&self.session);
        }
        while self.session.moment() != self.goal {
            self.advance(1)?;
            watch(&self.session);
        }
        Ok(self.session)
    }

    /// The session, as far as it has come.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }
}
