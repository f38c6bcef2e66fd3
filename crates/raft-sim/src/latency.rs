//! The distribution of latencies over their range. Integers only: every target draws the same.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::DelayRange;
use crate::random::Random;

/// The distribution of delays over a [`DelayRange`]. Each delay is within the range.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LatencyShape {
    /// Every delay of the range is as likely as any other.
    #[default]
    Uniform,
    /// Each tenth of the range is half as likely as the one before: the exponential distribution,
    /// cut off at ten half-lives. Mean: 15% of the range.
    Exponential,
    /// Nearly all delays are close to the shortest: one in 64 is beyond 6% of the range, one in 512
    /// beyond half of it. A Pareto distribution (α = 1), cut off where one in 1,024 is left.
    LongTail,
}

/// An octave holds half of the delays that the octaves before it left.
const OCTAVES: u64 = 10;
/// Binary digits of the place within an octave.
const DIGITS: u32 = 20;

impl LatencyShape {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Uniform, Self::Exponential, Self::LongTail];

    /// Its name, as the command language writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Exponential => "exponential",
            Self::LongTail => "long-tail",
        }
    }

    /// Draws a delay. Always one draw, so that another shape does not shift later draws.
    pub(crate) fn delay(self, random: &mut Random, range: DelayRange) -> Duration {
        if self == Self::Uniform {
            return random.delay(range);
        }
        // The leading zeros choose the octave, the low bits the place in it.
        let word = random.next();
        let octave = u64::from(word.leading_zeros()).min(OCTAVES - 1);
        let within = word & ((1 << DIGITS) - 1);
        let place = (self.begins(octave) << DIGITS)
            + (self.begins(octave + 1) - self.begins(octave)) * within;
        let width = (range.max - range.min).as_micros() as u64;
        // An hour is 2^32 µs, and a place less than 2^30.
        let further = width * place / (self.begins(OCTAVES) << DIGITS);
        range.min + Duration::from_micros(further)
    }

    /// The beginning of an octave: one delay in 2^`octave` is beyond it.
    fn begins(self, octave: u64) -> u64 {
        match self {
            Self::Uniform | Self::Exponential => octave,
            Self::LongTail => (1 << octave) - 1,
        }
    }
}

impl fmt::Display for LatencyShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
