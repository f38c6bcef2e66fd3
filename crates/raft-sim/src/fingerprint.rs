//! The 64-bit hash of the trace, and of all else that must be equal on every target.

use std::hash::Hasher;

/// A 64-bit hasher whose result is equal on every target: `usize` counts as `u64`. It finds
/// accidents, not attacks.
///
/// Two crates keep a hash of their own: the digest of `raft_kv::Store` is part of the stored
/// snapshots, and `linearizability` depends on no other crate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fingerprint(u64);

impl Fingerprint {
    fn mix(&mut self, word: u64) {
        let mixed = (self.0.rotate_left(5) ^ word).wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.0 = folded_product(mixed, 0xD6E8_FEB8_6659_FD93);
    }
}

/// Both halves of a product, one upon the other.
#[cfg(not(target_arch = "wasm32"))]
fn folded_product(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The same. WebAssembly multiplies no wider numbers, and a call of a function that does costs more
/// than the rest of the hash.
#[cfg(any(target_arch = "wasm32", test))]
fn folded_product_of_halves(one: u64, other: u64) -> u64 {
    const LOW: u64 = u32::MAX as u64;
    let (low, high) = ((one & LOW) * (other & LOW), (one >> 32) * (other >> 32));
    let first = (one >> 32) * (other & LOW) + (low >> 32);
    let second = (one & LOW) * (other >> 32) + (first & LOW);
    one.wrapping_mul(other) ^ (high + (first >> 32) + (second >> 32))
}

#[cfg(target_arch = "wasm32")]
use folded_product_of_halves as folded_product;

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.mix(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.mix(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.mix(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.mix(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.mix(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.mix(value as i64 as u64);
    }
}

#[cfg(test)]
mod tests;
