//! The numbers and times of the last events of one kind, in a few bytes each.

use std::collections::VecDeque;
use std::sync::Arc;

use raft_core::Instant;

/// So many events are remembered.
pub(super) const REMEMBERED: usize = 256;
/// The events of a part. Parts that are full are shared by all clones.
const PART: usize = 64;
/// The full parts that are kept: together with none of the next part they have enough events.
const PARTS: usize = REMEMBERED / PART;

/// The number of an event, and its time.
type Place = (u64, Instant);

/// The events of one kind at one node, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    /// How many there were.
    pub(super) count: u64,
    /// The last one.
    newest: Place,
    full: VecDeque<Arc<[u8]>>,
    /// The part that is being filled, and the number of its events.
    open: Vec<u8>,
    open_count: usize,
}

impl Times {
    /// Adds an event. Its number and time are not before those of the last one.
    pub(super) fn push(&mut self, number: u64, at: Instant) {
        if self.open_count == PART {
            self.full.push_back(std::mem::take(&mut self.open).into());
            self.open_count = 0;
            if self.full.len() > PARTS {
                self.full.pop_front();
            }
        }
        // The first event of a part is given in full, the others by their distance to the one
        // before.
        let (from, since) = if self.open_count == 0 { (0, Instant(0)) } else { self.newest };
        write(&mut self.open, number - from);
        write(&mut self.open, at.0 - since.0);
        self.open_count += 1;
        self.newest = (number, at);
        self.count += 1;
    }

    /// The last ones, ascending: [`REMEMBERED`], or all if there were fewer.
    pub(super) fn last(&self) -> impl Iterator<Item = Place> {
        let kept = self.full.len() * PART + self.open_count;
        let parts = self.full.iter().map(|part| &part[..]).chain([&self.open[..]]);
        parts.flat_map(Part::new).skip(kept.saturating_sub(REMEMBERED))
    }

    /// The number of those that are remembered.
    pub(super) fn remembered(&self) -> usize {
        self.count.min(REMEMBERED as u64) as usize
    }
}

/// Reads a part.
struct Part<'a> {
    rest: &'a [u8],
    last: Place,
}

impl<'a> Part<'a> {
    fn new(rest: &'a [u8]) -> Self {
        Self { rest, last: (0, Instant(0)) }
    }
}

impl Iterator for Part<'_> {
    type Item = Place;

    fn next(&mut self) -> Option<Place> {
        let (number, at) = (read(&mut self.rest)?, read(&mut self.rest)?);
        self.last = (self.last.0 + number, Instant(self.last.1.0 + at));
        Some(self.last)
    }
}

/// Seven bits in each byte; the eighth says that more follow.
fn write(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn read(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            break;
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_last_events_are_remembered(
            distances in prop::collection::vec((0_u64..1 << 40, 0_u64..1 << 40), 0..700),
        ) {
            let mut times = Times::default();
            let mut all: Vec<Place> = Vec::new();
            let mut last = (0, Instant(0));
            for (number, at) in distances {
                last = (last.0 + number, Instant(last.1.0 + at));
                times.push(last.0, last.1);
                all.push(last);
            }
            let expected = &all[all.len().saturating_sub(REMEMBERED)..];
            prop_assert_eq!(times.last().collect::<Vec<_>>(), expected);
            prop_assert_eq!(times.remembered(), expected.len());
            prop_assert_eq!(times.count, all.len() as u64);
        }
    }

    #[test]
    fn the_largest_numbers_are_remembered() {
        let mut times = Times::default();
        times.push(u64::MAX, Instant(u64::MAX));
        assert_eq!(times.last().collect::<Vec<_>>(), [(u64::MAX, Instant(u64::MAX))]);
    }

    #[test]
    fn an_event_takes_a_few_bytes() {
        let mut times = Times::default();
        (1..=10_000).for_each(|count| times.push(count * 300, Instant(count * 10_000)));
        let bytes = times.full.iter().map(|part| part.len()).sum::<usize>() + times.open.len();
        assert!(bytes <= 5 * (REMEMBERED + PART), "{bytes} bytes");
    }
}
