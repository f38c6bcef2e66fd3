//! The hasher does not depend on the target.

use std::hash::Hash;

use super::*;

#[test]
fn usize_and_u64_hash_alike() {
    let mut left = Fingerprint::default();
    let mut right = Fingerprint::default();
    7usize.hash(&mut left);
    7u64.hash(&mut right);
    assert_eq!(left.finish(), right.finish());
}

#[test]
fn order_and_content_matter() {
    let hash = |values: &[u64]| {
        let mut fingerprint = Fingerprint::default();
        values.iter().for_each(|value| value.hash(&mut fingerprint));
        fingerprint.finish()
    };
    assert_ne!(hash(&[1, 2]), hash(&[2, 1]));
    assert_ne!(hash(&[0]), hash(&[0, 0]));
    assert_ne!(hash(&[1]), hash(&[2]));
}

/// What wasm32 computes from halves is what other targets compute at once.
#[test]
fn a_product_of_halves_is_the_product() {
    let mut word = 1_u64;
    for place in 0..1_000_u32 {
        word = word.wrapping_mul(6_364_136_223_846_793_005).rotate_left(17) ^ u64::from(place);
        for other in [0, 1, u64::MAX, u64::from(u32::MAX), 1 << 32, word, !word] {
            let halves = folded_product_of_halves(word, other);
            assert_eq!(halves, folded_product(word, other), "{word} x {other}");
        }
    }
}

/// A constant that native and wasm32 builds must both produce.
#[test]
fn the_hash_of_a_known_sequence_never_changes() {
    let mut fingerprint = Fingerprint::default();
    (1u8, 2u16, 3u32, 4u64, 5usize, "six", Some(7i64)).hash(&mut fingerprint);
    fingerprint.write(b"0123456789");
    assert_eq!(fingerprint.finish(), KNOWN);
}

const KNOWN: u64 = 4_550_021_111_993_289_868;
