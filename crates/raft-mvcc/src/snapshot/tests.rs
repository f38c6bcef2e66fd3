use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{Head, RestoreError, Tail, write_part, write_record};
use crate::Store;
use crate::record::{Header, Record};
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
    wanted.extend([1, 0, 0, 0, 0, 0, 0, 0, b'k']);
    for number in [2_i64, 2, 1, 0] {
        wanted.extend(number.to_le_bytes());
    }
    wanted.push(b'v');
    // No leases, sessions and alarms.
    wanted.extend([0, 0, 0]);
    assert_eq!(store.snapshot(), with_checksum(&wanted));
}

/// A snapshot that a test makes from its parts. Unchanged, it is one of a store with two keys.
struct Forged {
    head: Head,
    records: Vec<Record>,
    leases: Vec<(i64, i64)>,
}

/// What a test changes in a snapshot.
type Forgery = fn(&mut Forged);

fn record(key: &str, create_revision: i64, mod_revision: i64, lease: i64) -> Record {
    let header = Header { create_revision, mod_revision, version: 1, lease, place: 0 };
    Record::new(header, key.as_bytes(), b"v")
}

impl Forged {
    fn new() -> Self {
        Self {
            head: Head {
                applied: 9,
                revision: 3,
                compacted: -1,
                swept: 1,
                swept_changes: 0,
                newest: 2,
                older: 0,
                gone: 0,
            },
            records: vec![record("a", 2, 2, 0), record("b", 3, 3, 7)],
            leases: vec![(7, 5)],
        }
    }

    fn restore(&self) -> Result<Store, RestoreError> {
        let mut contents = vec![1];
        write_part(&self.head, &mut contents).unwrap();
        self.records.iter().for_each(|it| write_record(it, &mut contents).unwrap());
        let leases = self.leases.clone();
        let tail = Tail { leases, sessions: Vec::new(), alarms: Vec::new() };
        write_part(&tail, &mut contents).unwrap();
        Store::restore(&with_checksum(&contents))
    }
}

/// Each of these would break a store later, or is one that no log leads to.
#[test]
fn the_contents_of_a_snapshot_are_checked() {
    let store = Forged::new().restore().unwrap();
    assert_eq!((store.len(), store.lease(7).unwrap().keys.len()), (2, 1));
    let forgeries: [(&str, Forgery); 14] = [
        ("a lease without time", |it| it.leases[0].1 = 0),
        ("a lease twice", |it| it.leases.push((7, 5))),
        ("a lease that is not there", |it| it.leases.clear()),
        ("keys out of order", |it| it.records.swap(0, 1)),
        ("a missing revision", |it| it.head.revision = 4),
        ("a revision too many", |it| it.head.revision = 2),
        ("a revision twice", |it| it.records[0] = record("a", 3, 3, 0)),
        ("a version before its creation", |it| it.records[0] = record("a", 3, 2, 0)),
        ("a key that is empty", |it| it.records[0] = record("", 2, 2, 0)),
        ("a revision before the first", |it| it.records[0] = record("a", 1, 2, 0)),
        ("a compaction in the future", |it| it.head.compacted = 4),
        ("a sweep before its compaction", |it| it.head.swept = 2),
        ("a sweep from nowhere", |it| it.head.swept = i64::MIN),
        ("the end of all numbers", |it| {
            it.head = Head { newest: 1, swept: i64::MAX, revision: i64::MAX, ..it.head };
            it.records = vec![record("a", i64::MAX, i64::MAX, 0)];
        }),
    ];
    for (name, forge) in forgeries {
        let mut forged = Forged::new();
        forge(&mut forged);
        let problem = forged.restore().map(|store| store.revision());
        assert!(matches!(problem, Err(RestoreError::Invalid { .. })), "{name}: {problem:?}");
    }
}
