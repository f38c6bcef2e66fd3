//! Seeded random streams: one for each purpose, so that one fault less leaves all other draws as
//! they were.

use std::time::Duration;

use raft_kv::SplitMix64;

use crate::DelayRange;

/// A stream of random numbers for one purpose, the same on every target.
#[derive(Clone, Debug)]
pub struct Random {
    numbers: SplitMix64,
}

/// The purpose of a stream. The seed, the purpose and two numbers name a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Link = 1,
    Disk = 2,
    Node = 3,
    Client = 4,
    Plan = 5,
    Replay = 7,
    Driver = 8,
    Files = 9,
    DiskDamage = 16,
}

impl Random {
    pub(crate) fn new(seed: u64, purpose: Purpose, first: u64, second: u64) -> Self {
        let parts = [purpose as u64, first, second];
        let numbers = parts.into_iter().fold(SplitMix64::new(seed), |mut numbers, part| {
            SplitMix64::new(numbers.next() ^ part)
        });
        Self { numbers }
    }

    /// A stream for the tests and fuzzers that choose the actions. No stream of the world equals
    /// it.
    pub fn for_plan(seed: u64, purpose: u64) -> Self {
        Self::new(seed, Purpose::Plan, purpose, 0)
    }

    /// The next number, from all of `u64`.
    #[expect(clippy::should_implement_trait, reason = "a stream that never ends is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.numbers.next()
    }

    /// A stream of its own for one purpose: it takes one number, however many are drawn from it.
    pub(crate) fn split(&mut self) -> Self {
        Self { numbers: SplitMix64::new(self.next()) }
    }

    /// A number in `0..=max`.
    pub fn up_to(&mut self, max: u64) -> u64 {
        ((u128::from(self.next()) * (u128::from(max) + 1)) >> 64) as u64
    }

    /// True `per_million` times in a million. Draws one number in any case, so that another
    /// probability does not shift later draws.
    pub fn chance(&mut self, per_million: u32) -> bool {
        self.up_to(999_999) < u64::from(per_million)
    }

    /// A delay from the range.
    pub fn delay(&mut self, range: DelayRange) -> Duration {
        let (min, max) = (range.min.as_micros() as u64, range.max.as_micros() as u64);
        Duration::from_micros(min + self.up_to(max - min))
    }
}
