use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::RestoreError;
use crate::Store;
use crate::strategies::{apply, command, put_of};

fn with_checksum(contents: &[u8]) -> Vec<u8> {
    [contents, &crc32fast::hash(contents).to_le_bytes()].concat()
}

proptest! {
    /// Also bytes with a right checksum are checked: they give an error, or a store that can go on.
    #[test]
    fn a_forged_snapshot_is_harmless(
        commands in vec(command(), 0..40),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut store = Store::default();
        for (index, command) in (1..).zip(&commands) {
            store.apply(index, &command.encode());
        }
        let mut bytes = store.snapshot();
        bytes.truncate(bytes.len() - 4);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(mut forged) = Store::restore(&with_checksum(&bytes)) {
            for (index, command) in (1..).zip(&commands) {
                forged.apply(index, &command.encode());
            }
            forged.snapshot();
        }
    }

    #[test]
    fn no_bytes_make_restoring_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _ = Store::restore(&bytes);
        let _ = Store::restore(&with_checksum(&[&[1], &bytes[..]].concat()));
    }

    #[test]
    fn damage_is_noticed(
        commands in vec(command(), 0..20),
        at in any::<Index>(),
        bit in 0..8_u32,
    ) {
        let mut store = Store::default();
        for (index, command) in (1..).zip(&commands) {
            store.apply(index, &command.encode());
        }
        let bytes = store.snapshot();
        let mut damaged = bytes.clone();
        let at = at.index(bytes.len());
        damaged[at] ^= 1 << bit;
        prop_assert!(Store::restore(&damaged).is_err());
        prop_assert!(Store::restore(&bytes[..at]).is_err());
    }
}

#[test]
fn what_is_no_snapshot_is_refused() {
    let refused = |bytes: &[u8]| Store::restore(bytes).map(|store| store.hash()).unwrap_err();
    assert_eq!(refused(&[]), RestoreError::Empty);
    assert_eq!(refused(&[9, 9]), RestoreError::UnknownVersion { found: 9, supported: 1 });
    assert_eq!(refused(&[1]), RestoreError::Invalid { problem: "it is too short" });
    let mut bytes = Store::default().snapshot();
    let end = bytes.len() - 4;
    let longer = with_checksum(&[&bytes[..end], &[0]].concat());
    let problem = "more bytes follow its end";
    assert_eq!(refused(&longer), RestoreError::Invalid { problem });
    bytes[end] ^= 1;
    assert!(matches!(refused(&bytes), RestoreError::ChecksumMismatch { .. }));
}

/// A snapshot of an older program must be readable: the form does not change.
#[test]
fn the_form_of_a_snapshot_is_fixed() {
    let mut store = Store::default();
    apply(&mut store, put_of("k", "v"));
    let mut wanted = vec![1];
    // Applied 1, revision 2, compacted -1, swept 1 and no changes more; one newest version.
    wanted.extend([1, 4, 1, 2, 0, 1, 0, 0]);
    wanted.extend(42_u32.to_le_bytes());
    for number in [2_i64, 2, 1, 0] {
        wanted.extend(number.to_le_bytes());
    }
    wanted.extend([0, 0, 0, 0, 1, 0, 0, 0, b'k', b'v']);
    // No leases, sessions and alarms.
    wanted.extend([0, 0, 0]);
    assert_eq!(store.snapshot(), with_checksum(&wanted));
}
