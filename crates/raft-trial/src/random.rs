//! Random numbers that a seed decides.

use std::time::Duration;

use raft_kv::SplitMix64;

/// A sequence of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random(SplitMix64);

impl Random {
    /// The sequence with this name of a seed. Sequences of other names have other numbers.
    pub(crate) fn new(seed: u64, name: u64) -> Self {
        let mut random = SplitMix64::new(seed ^ name.wrapping_mul(0xd134_2543_de82_ef95));
        random.next();
        Self(random)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.next()
    }

    /// A number from 0 to one less than `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A time between two numbers of milliseconds.
    pub(crate) fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from + 1))
    }

    /// Puts things in another order.
    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        for place in (1..things.len()).rev() {
            things.swap(place, self.below(place as u64 + 1) as usize);
        }
    }
}

/// Things that come in another order each round, so that none is left out for long.
#[derive(Debug)]
pub(crate) struct Deck<T: 'static> {
    all: &'static [T],
    left: Vec<T>,
}

impl<T: Copy> Deck<T> {
    pub(crate) fn new(all: &'static [T]) -> Self {
        Self { all, left: Vec::new() }
    }

    pub(crate) fn draw(&mut self, random: &mut Random) -> T {
        loop {
            if let Some(next) = self.left.pop() {
                return next;
            }
            self.left = self.all.to_vec();
            random.shuffle(&mut self.left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_name_decide_the_numbers() {
        let numbers = |seed, name| {
            let mut random = Random::new(seed, name);
            [random.next(), random.next(), random.next()]
        };
        assert_eq!(numbers(1, 2), numbers(1, 2));
        assert_ne!(numbers(1, 2), numbers(2, 2));
        assert_ne!(numbers(1, 2), numbers(1, 3));
    }

    #[test]
    fn each_round_of_a_deck_has_everything_once() {
        let mut random = Random::new(7, 0);
        let mut deck = Deck::new(&[1, 2, 3, 4, 5]);
        let mut orders = std::collections::BTreeSet::new();
        for _ in 0..10 {
            let round: Vec<_> = (0..5).map(|_| deck.draw(&mut random)).collect();
            let mut sorted = round.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [1, 2, 3, 4, 5]);
            orders.insert(round);
        }
        assert!(orders.len() > 1);
    }
}
