//! The next event of a kind, or the one before.

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
            true => branch.find_after(from, fits),
            false => branch.find_before(from, fits),
        }
    }
}

impl Branch {
    fn find_after(
        &self,
        from: Moment,
        fits: impl Fn(&Event) -> bool,
    ) -> Result<Option<Moment>, Unreachable> {
        let mut session = self.seek_through(from, 0)?.finish()?;
        let last = from.steps + Branches::MAX_FOUND_STEPS;
        while session.moment() < self.head.moment() && session.moment().steps < last {
            self.go_on(&mut session)?;
            if session.events().iter().any(&fits) {
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
