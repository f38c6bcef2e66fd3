//! Snapshots whose data is in files.

use super::*;
use crate::encode_file;

/// Up to version 5 the data of each snapshot was in its record.
#[test]
fn a_snapshot_of_the_version_before_files_is_read() {
    let mut older = disk();
    let mut bytes = Vec::new();
    let content = (2_u64, 1_u64, members(), Bytes::from(b"state"));
    encode_version_into(&mut bytes, 5, RecordKey::Snapshot, &content);
    older.put(RecordKey::Snapshot, bytes.into());
    assert_eq!(recover(NODE, &older), recover(NODE, &disk()));
}

/// Snapshot through 2 in file 7, and another file.
fn disk_with_file() -> (Records, Recovered) {
    let (file, record) = encode_file(7, &Bytes::from(b"state"));
    let snapshot = Some(Snapshot { data: file.into(), ..snapshot(2) });
    let recovered = Recovered { snapshot, ..recover(NODE, &disk()).unwrap() };
    let mut disk = Records::from(&recovered);
    disk.put(RecordKey::SnapshotFile(7), record);
    disk.put(RecordKey::SnapshotFile(8), encode_file(8, &Bytes::from(b"orphan")).1);
    (disk, recovered)
}

/// A crash came between a file and its record: the file is removed, and nothing is lost.
#[test]
fn a_file_that_no_record_names_is_an_orphan() {
    let (mut disk, recovered) = disk_with_file();
    assert_eq!(recover(NODE, &disk).as_ref(), Ok(&recovered));
    let batch = disk.without_orphans(&recovered);
    assert_eq!(batch.writes, [Write::Delete { key: RecordKey::SnapshotFile(8) }]);
    disk.apply(&batch);
    let data = recovered.snapshot.as_ref().map(|snapshot| disk.data(&snapshot.data));
    assert_eq!(data, Some(Ok(Bytes::from(b"state"))));
    assert!(disk.without_orphans(&recovered).is_empty());
}

/// The file of a snapshot may be on disk before the first record is.
#[test]
fn a_disk_with_orphans_only_is_a_first_start() {
    let mut disk = Records::default();
    disk.put(RecordKey::SnapshotFile(8), encode_file(8, &Bytes::from(b"orphan")).1);
    assert_eq!(recover(NODE, &disk), Ok(Recovered::default()));
    let mut wiped = disk.clone();
    wiped.apply(&WriteBatch::wipe());
    assert_eq!(damage_of(&wiped), (RecordKey::InUse, Damage::Wiped));
    // It is no witness of a term.
    let mut lost = disk_with_file().0;
    lost.remove(RecordKey::HardState);
    lost.remove(RecordKey::HardStateCopy);
    let missing = Damage::Missing { witness: RecordKey::Bootstrap };
    assert_eq!(damage_of(&lost), (RecordKey::HardState, missing));
}

/// A file that a record names must be there, whole, and the one that was named.
#[test]
fn a_named_file_that_is_missing_damaged_or_another_is_an_error() {
    let key = RecordKey::SnapshotFile(7);
    let named = disk_with_file().0;
    let damage = |change: &dyn Fn(&mut Records)| {
        let mut disk = named.clone();
        change(&mut disk);
        damage_of(&disk)
    };
    let missing = Damage::Missing { witness: RecordKey::Snapshot };
    assert_eq!(damage(&|disk| disk.remove(key)), (key, missing));
    let (found, flipped) = damage(&|disk| {
        let mut record = disk.get(key).unwrap().to_vec();
        record[7] ^= 1;
        disk.put(key, record.into());
    });
    assert!(found == key && matches!(flipped, Damage::Checksum { .. }), "{flipped:?}");
    for other in [&b"states"[..], b"stats"] {
        let record = encode_file(7, &Bytes::from(other)).1;
        let contradiction = Damage::Contradicts { other: RecordKey::Snapshot };
        assert_eq!(damage(&|disk| disk.put(key, record.clone())), (key, contradiction));
    }
    let mut disk = named.clone();
    disk.remove(key);
    assert_eq!(
        recover(NODE, &disk).unwrap_err().to_string(),
        "node 2: snapshot file 7 is missing, though the snapshot says that it was written. Do not \
         start this node from this disk, and never start it empty: wipe it and add it to the \
         cluster as a new node."
    );
}
