//! Tests of disk images.

use proptest::prelude::*;
use raft_core::{HardState, LogIndex, Recovered, Term};

use super::*;
use crate::strategies::history;

fn disk() -> Records {
    let hard_state = HardState { current_term: Term(1), voted_for: None };
    Records::from(&Recovered { hard_state, ..Recovered::default() })
}

fn with_checksum(content: &[u8]) -> Vec<u8> {
    let mut image = vec![IMAGE_VERSION];
    image.extend(crc32fast::hash(content).to_le_bytes());
    image.extend(content);
    image
}

#[test]
fn errors_are_told_apart() {
    let image = export(&disk());
    assert_eq!(import(&image[..4]), Err(ImportError::Truncated { bytes: 4 }));
    assert_eq!(import(&image[..image.len() - 1]), Err(ImportError::Checksum));
    let mut newer = image.clone();
    newer[0] = 9;
    assert_eq!(import(&newer), Err(ImportError::UnknownVersion { found: 9 }));
    let largest = vec![0; LARGEST_IMAGE];
    assert_eq!(import(&largest), Err(ImportError::UnknownVersion { found: 0 }));
    let too_large = vec![0; LARGEST_IMAGE + 1];
    assert_eq!(import(&too_large), Err(ImportError::TooLarge { bytes: LARGEST_IMAGE + 1 }));
}

#[test]
fn keys_come_once_and_in_order() {
    let record = || RecordBytes::from(b"r");
    let key = |index| RecordKey::Entry(LogIndex(index));
    for list in [[(key(2), record()), (key(1), record())], [(key(1), record()), (key(1), record())]]
    {
        let content = postcard::to_allocvec(&list.to_vec()).unwrap();
        assert_eq!(import(&with_checksum(&content)), Err(ImportError::Malformed));
    }
}

/// A list that claims to have 2⁶³ records must not reserve room for them.
#[test]
fn a_length_is_not_believed() {
    let claim = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F];
    assert_eq!(import(&with_checksum(&claim)), Err(ImportError::Malformed));
}

proptest! {
    #[test]
    fn a_disk_comes_back_as_it_was(history in history(12), damaged in any::<bool>()) {
        let mut disk = history.disk();
        if damaged {
            disk.put(RecordKey::HardState, RecordBytes::from(b"damaged"));
        }
        prop_assert_eq!(import(&export(&disk)), Ok(disk));
    }

    #[test]
    fn a_flipped_bit_is_found(history in history(6), at in any::<usize>(), bit in 0..8_u8) {
        let mut image = export(&history.disk());
        let at = at % image.len();
        image[at] ^= 1 << bit;
        prop_assert!(import(&image).is_err());
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in any::<Vec<u8>>()) {
        let _ = import(&bytes);
        let _ = import(&with_checksum(&bytes));
    }
}
