//! The driver's clock, which must not go back, and what follows if it does.

use core::time::Duration;

use super::Node;
use crate::{Instant, LifecycleTrace};

/// The most µs that pass between two inputs: a year. A clock that shows more is wrong, and may show
/// the right time again at the next input.
const MAX_LEAP: u64 = 365 * 24 * 3600 * 1_000_000;

impl Node {
    /// The driver's clock shows `given`. Each rule uses `now`, which never goes back.
    #[inline]
    pub(super) fn advance_clock(&mut self, given: Instant) {
        let passed = given.0.wrapping_sub(self.shown_now);
        if passed > MAX_LEAP {
            return self.clock_leapt(given);
        }
        self.shown_now = given.0;
        self.now.0 = self.now.0.saturating_add(passed);
    }

    /// The clock went back, or further on than a clock can.
    #[cold]
    #[inline(never)]
    fn clock_leapt(&mut self, given: Instant) {
        let by = Duration::from_micros(self.shown_now.saturating_sub(given.0));
        self.shown_now = given.0;
        match by.is_zero() {
            // One wrong time does not bring the node's near the largest number.
            true => self.now.0 = self.now.0.saturating_add(MAX_LEAP),
            false => self.clock_went_back(by),
        }
    }

    /// The driver broke its contract: its clock went back. No time has passed then, and time goes
    /// on from here: a timer that waited until the clock is where it was could wait for hours.
    ///
    /// It is unknown how much time really passed. So leases are as after a restart (dissertation
    /// §6.4.1): a leader has none from heartbeats before, and another server refuses its vote for
    /// as long as a lease may depend on it.
    fn clock_went_back(&mut self, by: Duration) {
        self.trace(|| LifecycleTrace::ClockWentBack { by });
        if self.as_leader(|_, leader| leader.rounds.forget_beginnings()).is_none() {
            self.distrust_leases();
            if self.is_leader_recent() {
                // Its vote for itself would break a lease like any other.
                self.restart_election_timer();
            }
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
        let shown = Instant(self.shown_now);
        match moment >= self.now {
            true => shown + (moment - self.now),
            false => Instant(self.shown_now.saturating_sub(self.now.0 - moment.0)),
        }
    }
}
