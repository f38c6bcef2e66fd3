//! The time of a disk's write: an exponential distribution above a minimum.
//!
//! Real disks are mostly fast and sometimes slow, and that matters here: an election waits for a
//! majority of disks, a broadcast for all of them.

use std::time::Duration;

use raft_sim::{DelayRange, Random};

/// An exponential distribution above a minimum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DiskLatency {
    pub(crate) min: Duration,
    /// Not less than `min`. If it is equal, every write takes this time.
    pub(crate) mean: Duration,
}

/// A dial writes the minimum and the mean as a range: `500us..5ms`.
impl From<DelayRange> for DiskLatency {
    fn from(DelayRange { min, max: mean }: DelayRange) -> Self {
        Self { min, mean }
    }
}

impl DiskLatency {
    /// The time of one write.
    pub(crate) fn draw(self, random: &mut Random) -> Duration {
        let rest = (self.mean - self.min).as_micros();
        let scaled = (rest * exponential(random)) >> 64;
        self.min + Duration::from_micros(scaled as u64)
    }
}

/// An exponentially distributed number with mean 1, in units of 2⁻⁶⁴. It uses comparisons only (von
/// Neumann 1951), because logarithms may differ between machines.
fn exponential(random: &mut Random) -> u128 {
    // A larger number has a probability of e⁻⁵⁰.
    const MOST: u128 = 50;
    for whole in 0..MOST {
        let first = random.next();
        let (mut last, mut falls) = (first, 0_u32);
        loop {
            let next = random.next();
            if next >= last {
                break;
            }
            (last, falls) = (next, falls + 1);
        }
        // A run that begins at x falls an even number of times with probability e⁻ˣ.
        if falls.is_multiple_of(2) {
            return (whole << 64) + u128::from(first);
        }
    }
    MOST << 64
}

#[cfg(test)]
mod tests;
