//! Seeded random streams: one for each purpose, so that taking one fault away leaves all other
//! draws as they were.

use std::time::Duration;

use crate::DelayRange;

/// A stream of random numbers (`SplitMix64`), the same on every target.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

/// What a stream is for. Together with the seed and up to two numbers it names the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Link = 1,
    Disk = 2,
    Node = 3,
    Client = 4,
    Plan = 5,
    Replay = 7,
    DiskDamage = 16,
}

impl Random {
    pub(crate) fn new(seed: u64, purpose: Purpose, first: u64, second: u64) -> Self {
        let mut stream = Self { state: seed };
        for part in [purpose as u64, first, second] {
            stream.state = stream.next() ^ part;
        }
        stream
    }

    /// A stream for whoever decides what happens to a world. No stream of the world itself is like it.
    pub fn for_plan(seed: u64, purpose: u64) -> Self {
        Self::new(seed, Purpose::Plan, purpose, 0)
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "a stream that never ends is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..=max`.
    pub fn up_to(&mut self, max: u64) -> u64 {
        ((u128::from(self.next()) * (u128::from(max) + 1)) >> 64) as u64
    }

    /// True `per_million` times in a million. Draws even when the answer is certain, so that changing
    /// a probability does not shift later draws.
    pub fn chance(&mut self, per_million: u32) -> bool {
        self.up_to(999_999) < u64::from(per_million)
    }

    /// A delay from the range.
    pub fn delay(&mut self, range: DelayRange) -> Duration {
        let (min, max) = (range.min.as_micros() as u64, range.max.as_micros() as u64);
        Duration::from_micros(min + self.up_to(max - min))
    }
}
