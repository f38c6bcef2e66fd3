//! The states that were seen, as a set of 64-bit keys.

use std::hash::{BuildHasherDefault, Hasher};

/// A set of keys. There is no way to take one out.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// A power of two of places; 0 is an empty place.
    places: Vec<u64>,
    len: usize,
}

impl Default for Keys {
    fn default() -> Self {
        Self { places: vec![0; 1024], len: 0 }
    }
}

impl Keys {
    /// Looks at the places of several keys. Their memory is then near, and it is fetched for all of
    /// them at once: one key after the other would wait for each.
    pub(crate) fn look_at(&self, keys: impl Iterator<Item = u64>) {
        let mask = self.places.len() - 1;
        let seen = keys.fold(0, |seen, key| seen ^ self.places[key.max(1) as usize & mask]);
        std::hint::black_box(seen);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.places.len() * size_of::<u64>()
    }

    /// Adds a key. Whether it was not there.
    pub(crate) fn insert(&mut self, key: u64) -> bool {
        let key = key.max(1);
        let mask = self.places.len() - 1;
        let mut place = key as usize & mask;
        loop {
            match self.places[place] {
                0 => break,
                held if held == key => return false,
                _ => place = (place + 1) & mask,
            }
        }
        self.places[place] = key;
        self.len += 1;
        if self.len * 5 > self.places.len() * 4 {
            self.grow();
        }
        true
    }

    fn grow(&mut self) {
        let twice = 2 * self.places.len();
        let places = std::mem::replace(&mut self.places, vec![0; twice]);
        let mask = twice - 1;
        for key in places.into_iter().filter(|key| *key != 0) {
            let mut place = key as usize & mask;
            while self.places[place] != 0 {
                place = (place + 1) & mask;
            }
            self.places[place] = key;
        }
    }
}

/// Numbers are looked up by their [`mix`].
pub(crate) type Mixed = BuildHasherDefault<Mixer>;

/// The hasher of [`Mixed`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mix(self.0 ^ number);
    }
}

/// Spreads a number over all bits: equal numbers stay equal, and others become unlike.
pub(crate) fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_new_once() {
        let mut keys = Keys::default();
        for _ in 0..2 {
            let is_new = keys.len == 0;
            for number in 0..10_000 {
                assert_eq!(keys.insert(mix(number)), is_new);
            }
        }
        assert_eq!(keys.len, 10_000);
    }
}
