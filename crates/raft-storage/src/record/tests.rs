//! Tests of the format of records.

use proptest::prelude::*;
use raft_core::{Bytes, Membership, NodeId, Payload, Recovered};

use super::*;

fn entry() -> Entry {
    Entry { index: LogIndex(7), term: Term(3), payload: Payload::Command(Bytes::from(b"x=1")) }
}

/// If these bytes change, older disks can no longer be read: raise the version.
#[test]
fn the_format_stays_what_it_is() {
    let vote = HardState { current_term: Term(2), voted_for: Some(NodeId(300)) };
    assert_eq!(encode_hard_state(&vote)[..], [6, 0x12, 0xBC, 0x8C, 0x19, 2, 1, 0xAC, 0x02]);
    let record = encode_entry(&entry());
    assert_eq!(record[..], [6, 0xD1, 0x57, 0xE5, 0x0B, 7, 3, 1, 3, b'x', b'=', b'1']);
    let with_context = members().with_context(NodeId(4), b"a:1");
    let entry = |members| Entry {
        index: LogIndex(8),
        term: Term(3),
        payload: Payload::Membership(members),
    };
    let record = encode_entry(&entry(members()));
    assert_eq!(record[..], [6, 0x18, 0x0F, 0x2B, 0x88, 8, 3, 2, 2, 1, 2, 1, 1, 1, 4, 0]);
    let record = encode_entry(&entry(with_context));
    let context = [1, 4, 3, b'a', b':', b'1'];
    assert_eq!(record[..5], [6, 0x95, 0x25, 0x98, 0x18]);
    assert_eq!(record[5..], [&[8, 3, 2, 2, 1, 2, 1, 1, 1, 4][..], &context].concat());
}

/// The same for snapshots, with their data in the record or in a file, and for files.
#[test]
fn the_format_of_snapshots_stays_what_it_is() {
    let data = Bytes::from(b"state");
    let (file, record) = encode_file(300, &data);
    assert_eq!(record[..], [6, 0xE8, 0xB2, 0x53, 0x37, 5, b's', b't', b'a', b't', b'e']);
    assert_eq!((file.handle, file.bytes, file.checksum), (300, 5, 0xA393_D2FB));
    let snapshot = |data| Snapshot {
        last_included_index: LogIndex(7),
        last_included_term: Term(3),
        membership: members(),
        data,
    };
    let position = [7, 3, 2, 1, 2, 1, 1, 1, 4, 0];
    let record = encode_snapshot(&snapshot(data.into()));
    assert_eq!(record[..5], [6, 0xAE, 0xB5, 0xB1, 0xF4]);
    assert_eq!(record[5..], [&position[..], &[0, 5], b"state"].concat());
    let record = encode_snapshot(&snapshot(file.into()));
    assert_eq!(record[..5], [6, 0xC6, 0xC8, 0xDE, 0x0E]);
    let description = [1, 0xAC, 2, 5, 251, 165, 207, 156, 10];
    assert_eq!(record[5..], [&position[..], &description].concat());
}

/// Voters 1 and 2, of which 1 is outgoing too, and a learner.
fn members() -> Membership {
    let members = Membership::new([1, 2].map(NodeId)).with_outgoing([NodeId(1)]);
    members.with_learners([NodeId(4)])
}

/// The same records, as the versions before wrote them.
#[test]
fn records_of_the_versions_before_are_read() {
    let vote = HardState { current_term: Term(2), voted_for: Some(NodeId(300)) };
    for older in [
        [2, 0xD2, 0x1A, 0x0C, 0xEC, 2, 1, 0xAC, 0x02],
        [3, 0x62, 0x33, 0x6C, 0xD1, 2, 1, 0xAC, 0x02],
        [5, 0xC2, 0xC6, 0x2C, 0x5E, 2, 1, 0xAC, 0x02],
    ] {
        assert_eq!(decode_hard_state(&older), Ok(vote));
    }
    for older in [
        [2, 0x2B, 0x59, 0xAF, 0x8F, 7, 3, 1, 3, b'x', b'=', b'1'],
        [3, 0xB5, 0x59, 0x05, 0x43, 7, 3, 1, 3, b'x', b'=', b'1'],
        [4, 0xAC, 0x50, 0xC0, 0x49, 7, 3, 1, 3, b'x', b'=', b'1'],
        [5, 0x32, 0x50, 0x6A, 0x85, 7, 3, 1, 3, b'x', b'=', b'1'],
    ] {
        assert_eq!(decode_entry(LogIndex(7), &older), Ok(entry()));
    }
    // Members had no contexts.
    let older = [3, 0xBC, 0x22, 0x68, 0x5D, 8, 3, 2, 2, 1, 2, 1, 1, 1, 4];
    let payload = Payload::Membership(members());
    let expected = Entry { index: LogIndex(8), term: Term(3), payload };
    assert_eq!(decode_entry(LogIndex(8), &older), Ok(expected));
}

/// What a page shows of single records.
#[test]
fn records_of_the_members_and_of_the_end_of_a_log_are_read() {
    let recovered = Recovered {
        bootstrap: Some(members()),
        entries: vec![Entry { index: LogIndex(1), ..entry() }],
        commit_index: LogIndex(1),
        ..Recovered::default()
    };
    let records = crate::Records::from(&recovered);
    let record = |key| records.get(key).expect("it was stored");
    assert_eq!(decode_bootstrap(record(RecordKey::Bootstrap)), Ok(members()));
    assert_eq!(decode_commit_index(record(RecordKey::LogEnd)), Ok(LogIndex(1)));
    assert!(decode_bootstrap(record(RecordKey::LogEnd)).is_err());
    assert!(decode_commit_index(record(RecordKey::Bootstrap)).is_err());
}

#[test]
fn a_record_under_another_key_does_not_pass() {
    let record = encode_entry(&entry());
    assert_eq!(decode::<Entry>(RecordKey::Entry(LogIndex(7)), &record), Ok(entry()));
    for key in [
        RecordKey::Entry(LogIndex(8)),
        RecordKey::Entry(LogIndex(0)),
        RecordKey::Snapshot,
        RecordKey::HardState,
    ] {
        let result = decode::<Entry>(key, &record);
        assert!(matches!(result, Err(Damage::Checksum { .. })), "{key}: {result:?}");
    }
}

#[test]
fn a_version_from_the_future_is_not_guessed_at() {
    let key = RecordKey::Entry(LogIndex(7));
    let mut record = Vec::new();
    encode_version_into(&mut record, FORMAT_VERSION + 1, key, &entry());
    let result = decode::<Entry>(key, &record);
    assert_eq!(result, Err(Damage::UnknownVersion { found: FORMAT_VERSION + 1 }));
}

/// A flipped bit is not taken for another program's record.
#[test]
fn a_version_that_the_checksum_does_not_cover_is_damage() {
    let key = RecordKey::Entry(LogIndex(7));
    let record = encode_entry(&entry());
    for bit in 0..8 {
        let mut record = record.to_vec();
        record[0] ^= 1 << bit;
        let result = decode::<Entry>(key, &record);
        assert!(matches!(result, Err(Damage::Checksum { .. })), "{result:?}");
    }
}

#[test]
fn a_right_checksum_over_nonsense_is_not_enough() {
    let key = RecordKey::Entry(LogIndex(7));
    let mut longer = Vec::new();
    encode_into(&mut longer, key, &(entry(), 0_u8));
    assert_eq!(decode::<Entry>(key, &longer), Err(Damage::Undecodable));
    let mut shorter = Vec::new();
    encode_into(&mut shorter, key, &7_u64);
    assert_eq!(decode::<Entry>(key, &shorter), Err(Damage::Undecodable));
}

proptest! {
    #[test]
    fn every_flipped_bit_is_found(
        payload in any::<Vec<u8>>(),
        at in any::<usize>(),
        bit in 0..8_u8,
    ) {
        let entry = Entry { payload: Payload::Command(Bytes::from(payload)), ..entry() };
        let mut record = encode_entry(&entry).to_vec();
        let at = at % record.len();
        record[at] ^= 1 << bit;
        prop_assert!(decode::<Entry>(RecordKey::Entry(entry.index), &record).is_err());
    }

    #[test]
    fn every_cut_is_found(payload in any::<Vec<u8>>(), at in any::<usize>()) {
        let entry = Entry { payload: Payload::Command(Bytes::from(payload)), ..entry() };
        let record = encode_entry(&entry);
        let cut = record.slice(0, at % record.len());
        prop_assert!(decode::<Entry>(RecordKey::Entry(entry.index), &cut).is_err());
    }

    #[test]
    fn any_bytes_at_all_are_read_without_a_panic(bytes in any::<Vec<u8>>()) {
        let _ = decode::<Entry>(RecordKey::Entry(LogIndex(7)), &bytes);
        let mut record = vec![FORMAT_VERSION];
        let checksum = checksum(RecordKey::Snapshot, FORMAT_VERSION, &bytes);
        record.extend(checksum.to_le_bytes());
        record.extend(&bytes);
        let _ = decode::<Snapshot>(RecordKey::Snapshot, &record);
    }
}

proptest! {
    /// A record that is made piece by piece is the one that is made at once.
    #[test]
    fn a_file_in_pieces_is_the_same(
        data in prop::collection::vec(any::<u8>(), 0..300),
        piece in 1_usize..100,
        handle: u64,
    ) {
        let (described, whole) = encode_file(handle, &Bytes::from(data.clone()));
        let mut record = FileRecord::new(handle, data.len() as u64);
        let length = record.head().len();
        data.chunks(piece).for_each(|piece| record.update(piece));
        let (head, same) = record.finish();
        prop_assert_eq!((head.len(), same), (length, described));
        prop_assert_eq!([head, data].concat(), whole.to_vec());
    }
}
