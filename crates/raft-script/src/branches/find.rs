//! The next event of a kind, or the one before; the first moment of a state.

use raft_sim::Event;

use super::{Branch, BranchId, Branches, Unreachable};
use crate::journal::Moment;
use crate::session::Session;

impl Branches {
    /// The most steps that a search looks at.
    pub const MAX_FOUND_STEPS: u64 = 100_000;

    /// The first moment after this one, or the last one before it, to which an event led that fits.
    /// `None` if there is none within [`MAX_FOUND_STEPS`](Self::MAX_FOUND_STEPS).
    ///
    /// # Errors
    /// When there is no such branch or moment.
    pub fn find(
        &self,
        id: BranchId,
        from: Moment,
        forward: bool,
        fits: impl Fn(&Event) -> bool,
    ) -> Result<Option<Moment>, Unreachable> {
        let branch = self.get(id)?;
        match forward {
            true => branch.first_after(from, |session| session.events().iter().any(&fits)),
            false => branch.find_before(from, fits),
        }
    }

    /// The first moment at which a state holds that lasts, such as an entry on a disk. `near` is a
    /// session of the branch at a moment at which it may hold. A state that lasts for less than the
    /// steps between two checkpoints, and not at `near`, can be missed. `None` if it never holds.
    ///
    /// # Errors
    /// When there is no such branch.
    pub fn first_moment(
        &self,
        id: BranchId,
        near: &Session,
        holds: impl Fn(&Session) -> bool,
    ) -> Result<Option<Moment>, Unreachable> {
        let branch = self.get(id)?;
        let checkpoints = branch.checkpoints.iter();
        let mut known: Vec<&Session> = checkpoints.chain([near, &branch.head]).collect();
        known.sort_by_key(|session| session.moment());
        let Some(place) = known.iter().position(|session| holds(session)) else { return Ok(None) };
        let Some(before) = place.checked_sub(1) else { return Ok(Some(known[0].moment())) };
        let mut session = known[before].clone();
        session.cancel();
        while session.moment() < known[place].moment() && !holds(&session) {
            branch.go_on(&mut session)?;
        }
        Ok(Some(session.moment()))
    }

    /// The first moment after this one at which a state holds. It is looked at after each of
    /// [`MAX_FOUND_STEPS`](Self::MAX_FOUND_STEPS). `None` if it does not hold at any of them.
    ///
    /// # Errors
    /// When there is no such branch or moment.
    pub fn first_after(
        &self,
        id: BranchId,
        from: Moment,
        holds: impl FnMut(&Session) -> bool,
    ) -> Result<Option<Moment>, Unreachable> {
        self.get(id)?.first_after(from, holds)
    }
}

impl Branch {
    fn first_after(
        &self,
        from: Moment,
        mut holds: impl FnMut(&Session) -> bool,
    ) -> Result<Option<Moment>, Unreachable> {
        let mut session = self.seek_through(from, 0)?.finish()?;
        let last = from.steps + Branches::MAX_FOUND_STEPS;
        while session.moment() < self.head.moment() && session.moment().steps < last {
            self.go_on(&mut session)?;
            if holds(&session) {
                return Ok(Some(session.moment()));
            }
        }
        Ok(None)
    }

    /// Goes back from checkpoint to checkpoint, and from each of them forward again.
    fn find_before(
        &self,
        from: Moment,
        fits: impl Fn(&Event) -> bool,
    ) -> Result<Option<Moment>, Unreachable> {
        let mut end = from;
        let first = from.steps.saturating_sub(Branches::MAX_FOUND_STEPS);
        while let Some(start) = self.checkpoints.strictly_before(end) {
            let mut session = start.clone();
            let mut found = None;
            loop {
                self.go_on(&mut session)?;
                // The end is the beginning of the next part, which does not look at it.
                if session.moment() > end || session.moment() >= from {
                    break;
                }
                if session.events().iter().any(&fits) {
                    found = Some(session.moment());
                }
            }
            if found.is_some() {
                return Ok(found);
            }
            end = start.moment();
            if end.steps < first {
                break;
            }
        }
        Ok(None)
    }

    fn go_on(&self, session: &mut Session) -> Result<(), Unreachable> {
        match session.repeat(self.head.journal()) {
            true => Ok(()),
            false => Err(Unreachable::NoMoment(session.moment())),
        }
    }
}
