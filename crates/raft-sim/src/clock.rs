//! A node's own clock: it may run too fast or too slow, and jump ahead. Integers only, so that it shows
//! the same on every target.

use std::fmt;
use std::time::Duration;

use raft_core::Instant;

use crate::words::Percent;

/// How much a clock may run too fast or too slow, in millionths.
pub const MAX_DRIFT_PPM: i32 = 500_000;
/// How far a clock may jump at once.
pub const MAX_JUMP: Duration = Duration::from_secs(3600);

const MILLION: u64 = 1_000_000;

/// What a node believes the time to be. It never goes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeClock {
    /// Whether it always showed the world's time.
    is_true: bool,
    drift_ppm: i32,
    /// When it was changed last, and what it showed then.
    changed_at: Instant,
    showed: Instant,
    /// Until when what it showed before its last change still matters.
    wrong_until: Instant,
}

/// A change to a clock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClockChange {
    /// So many millionths too fast, or too slow if negative: up to [`MAX_DRIFT_PPM`].
    Drift {
        /// The millionths.
        ppm: i32,
    },
    /// So far ahead, at once: up to [`MAX_JUMP`].
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

    /// What it shows at a time of the world that is no earlier than its last change.
    pub fn shows(&self, now: Instant) -> Instant {
        if self.is_true {
            return now;
        }
        let passed = now.0.saturating_sub(self.changed_at.0);
        Instant(self.showed.0.saturating_add(scale(passed, self.rate(), MILLION)))
    }

    /// The first time of the world at which it shows this or more, counted from its last change.
    pub fn when_it_shows(&self, reading: Instant) -> Instant {
        if self.is_true {
            return reading;
        }
        let missing = reading.0.saturating_sub(self.showed.0);
        let scaled = u128::from(missing) * u128::from(MILLION);
        let passed = u64::try_from(scaled.div_ceil(u128::from(self.rate())));
        Instant(self.changed_at.0.saturating_add(passed.unwrap_or(u64::MAX)))
    }

    /// How many millionths it runs too fast, or too slow if negative.
    pub fn drift_ppm(&self) -> i32 {
        self.drift_ppm
    }

    /// How much it shows in a million microseconds.
    fn rate(&self) -> u64 {
        MILLION.saturating_add_signed(self.drift_ppm.into())
    }

    /// Whether intervals that others rest on may be measured wrong by more than `bound_ppm`: it drifts
    /// more, or did, or jumped, not longer ago than those intervals last.
    pub(crate) fn is_wrong(&self, now: Instant, bound_ppm: u32) -> bool {
        !self.is_true && (now < self.wrong_until || self.drift_ppm.unsigned_abs() > bound_ppm)
    }

    /// Changes it. Whoever measures an interval of up to `interval` with it that includes this moment
    /// measures wrong, if it jumps or drifted by more than `bound_ppm`.
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
            Self::Jump(ahead) => write!(f, "jumps ahead by {ahead:?}"),
        }
    }
}

#[cfg(test)]
mod tests;
