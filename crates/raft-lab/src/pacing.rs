//! Real time to virtual time.
//!
//! Floats appear here and nowhere below: they decide *when* an event is shown, never which one comes
//! next.
//!
//! # When virtual time passes
//!
//! - Running: it passes until somebody pauses.
//! - Paused: it stands still, with one exception. A statement that waits (`run 2s`,
//!   `run until leader`, `expect … within 1s`, a script being played) starts the clock if it is given
//!   while the lab is paused; when the last such statement is over, the lab is paused again.
//! - Pausing while a statement waits holds that statement, and the script behind it. Running again
//!   lets it go on where it stood; afterwards the lab is as it was before the statement.

use std::time::Duration;

use raft_core::Instant;

/// Virtual seconds per real second when nothing else was chosen: a message of 10 ms takes a quarter
/// of a second, and a first leader about five.
pub const DEFAULT_SPEED: f64 = 0.04;
/// The slowest speed.
pub const MIN_SPEED: f64 = 0.001;
/// A frame never counts for more than this, or a tab that was hidden would jump.
pub const MAX_FRAME: Duration = Duration::from_millis(100);

/// How virtual time passes just now.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pacing {
    /// Whether it passes at all.
    pub running: bool,
    /// Virtual seconds per real second; infinite: as fast as it goes.
    pub speed: f64,
    /// Whether it waits for the browser's disk.
    pub stalled_on_disk: bool,
}

/// Whether time passes, how fast, and until when.
#[derive(Clone, Debug)]
pub(crate) struct Pacer {
    running: bool,
    /// Pause when nothing waits any more.
    until_done: bool,
    speed: f64,
    /// Virtual microseconds, less than one, that earlier frames left over.
    remainder: f64,
}

/// How far a frame may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TimeTarget {
    Until(Instant),
    /// As far as the budget lasts.
    Unbounded,
}

impl Default for Pacer {
    fn default() -> Self {
        Self { running: false, until_done: false, speed: DEFAULT_SPEED, remainder: 0.0 }
    }
}

impl Pacer {
    pub(crate) fn is_running(&self) -> bool {
        self.running
    }

    pub(crate) fn speed(&self) -> f64 {
        self.speed
    }

    /// A speed that is not a number changes nothing.
    pub(crate) fn set_speed(&mut self, speed: f64) {
        if !speed.is_nan() {
            self.speed = speed.max(MIN_SPEED);
        }
    }

    /// A person runs or pauses the lab; `waits`: whether a statement waits.
    pub(crate) fn set_running(&mut self, running: bool, waits: bool) {
        self.running = running;
        self.until_done &= waits;
    }

    /// A statement needs time to pass.
    pub(crate) fn run_for_statement(&mut self) {
        if !self.running {
            self.running = true;
            self.until_done = true;
        }
    }

    /// No statement waits any more.
    pub(crate) fn all_done(&mut self) {
        if self.until_done {
            self.running = false;
            self.until_done = false;
        }
    }

    /// How far virtual time should get in a frame that took `elapsed`. It is counted from where the
    /// clock is, not from where it should have been: what one frame misses is not made up for.
    pub(crate) fn target(&mut self, now: Instant, elapsed: Duration) -> TimeTarget {
        if self.speed.is_infinite() {
            return TimeTarget::Unbounded;
        }
        let micros = elapsed.min(MAX_FRAME).as_secs_f64() * 1e6 * self.speed + self.remainder;
        let whole = micros.floor();
        self.remainder = micros - whole;
        TimeTarget::Until(Instant(now.0.saturating_add(whole as u64)))
    }
}

#[cfg(test)]
mod tests;
