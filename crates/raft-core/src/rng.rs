//! The core's only randomness: a stream of numbers that the seed determines.

/// `SplitMix64`: eight bytes of state, the same numbers on every target.
#[derive(Clone, Hash, Debug)]
pub(crate) struct Rng {
    state: u64,
}

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `min..=max`, near enough to uniform: the bias is below range / 2⁶⁴.
    pub(crate) fn range_inclusive(&mut self, min: u64, max: u64) -> u64 {
        debug_assert!(min <= max);
        let span = u128::from(max - min) + 1;
        min + ((u128::from(self.next()) * span) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    /// The numbers that the authors of `SplitMix64` publish for this seed.
    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let mut rng = Rng::new(1_234_567);
        let numbers: [u64; 3] = core::array::from_fn(|_| rng.next());
        let published = [6457827717110365317, 3203168211198807973, 9817491932198370423];
        assert_eq!(numbers, published);
    }

    #[test]
    fn both_ends_of_a_range_are_drawn() {
        let mut rng = Rng::new(1);
        let mut seen = [0; 3];
        (0..300).for_each(|_| seen[rng.range_inclusive(5, 7) as usize - 5] += 1);
        assert!(seen.iter().all(|count| *count > 70), "{seen:?}");
        assert_eq!(Rng::new(1).range_inclusive(u64::MAX, u64::MAX), u64::MAX);
    }
}
