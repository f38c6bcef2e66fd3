//! How virtual time follows real time.
//!
//! Only this module uses floats: they decide *when* an event is shown, never which event is next.
//!
//! # When virtual time passes
//!
//! - Running: time passes until a person pauses the lab.
//! - Paused: time stands still, with one exception. A statement that needs time (`run 2s`,
//!   `run until leader`, `expect … within 1s`, a script being played) starts the clock of a paused
//!   lab. When the last such statement is over, the lab is paused again.
//! - Pausing while a statement waits also holds that statement and the rest of its script. Running
//!   continues both.

use std::time::Duration;

use raft_core::Instant;
use serde::Serialize;

/// Virtual seconds per real second of a new lab: a message of 10 ms takes a quarter of a second of
/// real time, and the first election about five seconds.
pub const DEFAULT_SPEED: f64 = 0.04;
/// The slowest speed.
pub const MIN_SPEED: f64 = 0.001;
/// The most real time that one frame counts for: a tab that was hidden must not jump.
pub const MAX_FRAME: Duration = Duration::from_millis(100);

/// How virtual time passes at this moment.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Pacing {
    /// Whether time passes.
    pub running: bool,
    /// Virtual seconds per real second; infinite: as fast as the machine allows.
    pub speed: f64,
    /// Whether time has been waiting for the browser's disk, for a quarter of a second or more.
    pub stalled_on_disk: bool,
}

/// Whether time passes, how fast, and until when.
#[derive(Clone, Debug)]
pub(crate) struct Pacer {
    running: bool,
    /// Whether to pause when no statement waits any more.
    until_done: bool,
    /// Whether it runs as fast as the machine allows until then, whatever the speed is.
    hurries: bool,
    speed: f64,
    /// Virtual time that earlier frames left over, in µs, less than 1.
    remainder: f64,
    /// The real time in which no time could pass.
    missed: Duration,
}

/// The end of a frame in virtual time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TimeTarget {
    Until(Instant),
    /// No end but the frame's budget of real time.
    Unbounded,
}

impl Default for Pacer {
    fn default() -> Self {
        Self {
            running: false,
            until_done: false,
            hurries: false,
            speed: DEFAULT_SPEED,
            remainder: 0.0,
            missed: Duration::ZERO,
        }
    }
}

impl Pacer {
    pub(crate) fn is_running(&self) -> bool {
        self.running
    }

    pub(crate) fn speed(&self) -> f64 {
        self.speed
    }

    /// NaN changes nothing.
    pub(crate) fn set_speed(&mut self, speed: f64) {
        if !speed.is_nan() {
            self.speed = speed.max(MIN_SPEED);
        }
    }

    /// A person runs or pauses the lab. `waits` tells whether a statement waits.
    pub(crate) fn set_running(&mut self, running: bool, waits: bool) {
        self.running = running;
        self.until_done &= waits;
        self.hurries &= running;
        self.missed = Duration::ZERO;
    }

    /// Runs as fast as the machine allows, until no statement waits any more or somebody pauses.
    pub(crate) fn hurry(&mut self) {
        self.run_for_statement();
        self.hurries = true;
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
        self.hurries = false;
    }

    /// No time could pass in a frame that took `elapsed`: the next one makes up for it.
    pub(crate) fn miss(&mut self, elapsed: Duration) {
        self.missed += elapsed;
    }

    /// The end of a frame that took `elapsed`, counted from the clock's present value: virtual time
    /// that one frame misses is not made up for.
    pub(crate) fn target(&mut self, now: Instant, elapsed: Duration) -> TimeTarget {
        let elapsed = elapsed + std::mem::take(&mut self.missed);
        if self.hurries || self.speed.is_infinite() {
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
