//! A node's own clock: it may run too fast or too slow, and jump ahead. Integers only, so that
//! every target shows the same time.

use std::fmt;
use std::time::Duration;

use raft_core::Instant;

use crate::units::{Percent, Span};

/// The largest drift of a clock, in either direction, in millionths (ppm).
pub const MAX_DRIFT_PPM: i32 = 500_000;
/// The longest jump of a clock.
pub const MAX_JUMP: Duration = Duration::from_secs(3600);

const MILLION: u64 = 1_000_000;

/// A node's clock. The time that it shows never goes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeClock {
    /// Whether it has always shown the world's time.
    is_true: bool,
    drift_ppm: i32,
    /// The world's time of the last change, and the time that the clock showed then.
    changed_at: Instant,
    showed: Instant,
    /// Until this time of the world, intervals that began before the last change are not over.
    wrong_until: Instant,
}

/// A change to a clock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClockChange {
    /// The clock runs too fast, or too slow, from now on.
    Drift {
        /// Millionths: positive is too fast; at most [`MAX_DRIFT_PPM`] either way.
        ppm: i32,
    },
    /// The clock jumps ahead by at most [`MAX_JUMP`].
    Jump(Duration),
}

impl NodeClock {
    pub(crate) const TRUE: Self = Self {
        is_true: true,
        drift_ppm: 0,
        changed_at: Instant(0),
        showed: Instant(0),
        wrong_until: Instant(0),
    };

    /// The time that it shows at `now`, a time of the world that is not before its last change.
    pub fn shows(&self, now: Instant) -> Instant {
        if self.is_true {
            return now;
        }
        let passed = now.0.saturating_sub(self.changed_at.0);
        Instant(self.showed.0.saturating_add(scale(passed, self.rate(), MILLION)))
    }

    /// The first time of the world, from its last change on, at which it shows `reading` or more.
    pub fn when_it_shows(&self, reading: Instant) -> Instant {
        if self.is_true {
            return reading;
        }
        let missing = reading.0.saturating_sub(self.showed.0);
        let scaled = u128::from(missing) * u128::from(MILLION);
        let passed = u64::try_from(scaled.div_ceil(u128::from(self.rate())));
        Instant(self.changed_at.0.saturating_add(passed.unwrap_or(u64::MAX)))
    }

    /// The drift in millionths; positive: too fast.
    pub fn drift_ppm(&self) -> i32 {
        self.drift_ppm
    }

    /// The microseconds that it shows while a second of the world passes.
    fn rate(&self) -> u64 {
        MILLION.saturating_add_signed(self.drift_ppm.into())
    }

    /// Whether an interval that the clock measures now may be wrong by more than `bound_ppm`: the
    /// clock drifts more, or it drifted more or jumped during the interval.
    pub(crate) fn is_wrong(&self, now: Instant, bound_ppm: u32) -> bool {
        !self.is_true && (now < self.wrong_until || self.drift_ppm.unsigned_abs() > bound_ppm)
    }

    /// Changes it. If it jumps, or has drifted by more than `bound_ppm`, then each interval that
    /// includes this moment and is not longer than `interval` is measured wrong.
    pub(crate) fn change(
        &mut self,
        now: Instant,
        change: ClockChange,
        (bound_ppm, interval): (u32, Duration),
    ) {
        let (mut showed, mut drift_ppm, mut wrong_until) =
            (self.shows(now), self.drift_ppm, self.wrong_until);
        match change {
            ClockChange::Drift { ppm } => {
                if self.drift_ppm.unsigned_abs() > bound_ppm {
                    wrong_until = now + interval;
                }
                drift_ppm = ppm;
            }
            ClockChange::Jump(ahead) => {
                showed = showed + ahead;
                wrong_until = now + interval;
            }
        }
        *self = Self { is_true: false, drift_ppm, changed_at: now, showed, wrong_until };
    }
}

/// `value` × `by` / `of`, rounded down.
fn scale(value: u64, by: u64, of: u64) -> u64 {
    u64::try_from(u128::from(value) * u128::from(by) / u128::from(of)).unwrap_or(u64::MAX)
}

impl ClockChange {
    /// Whether it is within its bounds.
    pub(crate) fn is_valid(self) -> bool {
        match self {
            Self::Drift { ppm } => (-MAX_DRIFT_PPM..=MAX_DRIFT_PPM).contains(&ppm),
            Self::Jump(ahead) => ahead <= MAX_JUMP,
        }
    }
}

impl fmt::Display for ClockChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drift { ppm: 0 } => f.write_str("keeps time"),
            Self::Drift { ppm } => {
                let direction = if *ppm > 0 { "fast" } else { "slow" };
                write!(f, "runs {} too {direction}", Percent(ppm.unsigned_abs()))
            }
            Self::Jump(ahead) => write!(f, "jumps ahead by {}", Span(*ahead)),
        }
    }
}

#[cfg(test)]
mod tests;
