//! The hash behind [`Store::digest`](crate::Store::digest).
//!
//! The hash of a value is the 64-bit FNV-1a hash of its postcard form, mixed as in SplitMix64. The
//! postcard form contains every length and is the same on every target. The hash of a set is the
//! wrapping sum of its members' hashes: the change of a member costs one subtraction and one
//! addition, and the order of changes does not matter. The hash finds accidents, not attacks.

use postcard::ser_flavors::Flavor;
use serde::Serialize;

use crate::splitmix::mix;

/// A 64-bit hash of the value, the same on every target.
pub(crate) fn fingerprint<T: Serialize>(value: &T) -> u64 {
    postcard::serialize_with_flavor(value, Fnv(FNV_OFFSET))
        .expect("a hash takes any number of bytes")
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// A postcard output that keeps the hash of the bytes instead of the bytes.
struct Fnv(u64);

impl Flavor for Fnv {
    type Output = u64;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<u64> {
        Ok(mix(self.0))
    }
}
