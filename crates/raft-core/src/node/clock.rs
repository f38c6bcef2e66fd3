//! The driver's clock, which must not go back, and what follows if it does.

use core::time::Duration;

use super::Node;
use crate::{Instant, LifecycleTrace};

impl Node {
    /// The driver's clock shows `given`. Each rule uses `now`, which never goes back.
    #[inline]
    pub(super) fn advance_clock(&mut self, given: Instant) {
        let now = Instant(given.0.saturating_add(self.set_back));
        if now < self.now {
            return self.clock_went_back(self.now - now);
        }
        self.now = now;
    }

    /// The driver broke its contract: its clock went back. No time has passed then, and time goes
    /// on from here: a timer that waited until the clock is where it was could wait for hours.
    ///
    /// It is unknown how much time really passed. So leases are as after a restart (dissertation
    /// §6.4.1): a leader has none from heartbeats before, and another server refuses its vote for
    /// as long as a lease may depend on it.
    #[cold]
    #[inline(never)]
    fn clock_went_back(&mut self, by: Duration) {
        self.set_back = self.set_back.saturating_add(by.as_micros() as u64);
        self.trace(|| LifecycleTrace::ClockWentBack { by });
        if self.as_leader(|_, leader| leader.rounds.forget_beginnings()).is_none() {
            self.distrust_leases();
        }
    }

    /// A lease may depend on an answer that this server gave earlier: for the shortest election
    /// timeout from now on, it votes for no other server (dissertation §6.4.1). A server that never
    /// was in a term has given none.
    pub(super) fn distrust_leases(&mut self) {
        if self.config.settings.lease_reads && self.current_term.0 > 0 {
            self.leader_heard = Some(self.now);
        }
    }

    /// A moment as the driver's clock shows it.
    #[inline]
    pub(super) fn shown(&self, moment: Instant) -> Instant {
        Instant(moment.0.saturating_sub(self.set_back))
    }
}
