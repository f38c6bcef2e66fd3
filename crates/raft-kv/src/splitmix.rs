//! SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
//!
//! Eight bytes of state, the same numbers on every target. Its mixing is also the last step of the
//! store's digest. It draws tests and simulations, not secrets.

/// The distance between two states: 2⁶⁴ divided by the golden ratio, made odd.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// A stream of random numbers. Equal seeds give equal streams.
#[derive(Clone, Debug)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// The stream of a seed. Any seed will do.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The `n`th number of the stream of `seed`, from 1.
    pub const fn nth(seed: u64, n: u64) -> u64 {
        mix(seed.wrapping_add(n.wrapping_mul(GAMMA)))
    }

    /// The next number, from all of `u64`.
    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        mix(self.state)
    }
}

/// Spreads each bit over the whole word.
pub(crate) const fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the authors' own program for the seed 1234567.
    #[test]
    fn the_numbers_are_those_of_the_reference() {
        let mut random = SplitMix64::new(1_234_567);
        let reference = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        for (number, n) in reference.into_iter().zip(1..) {
            assert_eq!(random.next(), number);
            assert_eq!(SplitMix64::nth(1_234_567, n), number);
        }
    }
}
