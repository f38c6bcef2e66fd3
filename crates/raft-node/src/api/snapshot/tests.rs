use raft_mvcc::{Command, Operation, Put};

use super::*;

fn store(value_bytes: usize) -> Store {
    let mut store = Store::default();
    let (key, value) = ("k".into(), vec![b'v'; value_bytes].into());
    store.execute(1, &Command::new(Operation::Put(Put { key, value, ..Put::default() })));
    store
}

fn file(store: &Store) -> Vec<u8> {
    let (length, mut file) = (length(store), Vec::new());
    write(store, length, &mut file).unwrap();
    assert_eq!(file.len() as u64, file_length(length));
    file
}

#[test]
fn the_store_comes_back_whatever_its_length() {
    for bytes in 0..1100 {
        let store = store(bytes);
        let file = file(&store);
        assert_eq!(file.len() % BLOCK, DIGEST, "etcdctl looks at that");
        assert_eq!(store_in_snapshot(&file), Ok(&store.snapshot()[..]));
    }
}

#[test]
fn every_damage_is_noticed() {
    let file = file(&store(10));
    for at in 0..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 1;
        assert!(store_in_snapshot(&damaged).is_err(), "byte {at}");
        assert!(store_in_snapshot(&file[..at]).is_err(), "{at} bytes");
    }
    assert_eq!(store_in_snapshot(b"something else"), Err(SnapshotFileError::Unknown));
    assert_eq!(store_in_snapshot(MAGIC), Err(SnapshotFileError::Damaged));
}

/// A length that reaches over the end, with a checksum that fits.
#[test]
fn a_wrong_length_is_noticed() {
    let mut content = file(&store(10));
    content.truncate(content.len() - DIGEST);
    content[MAGIC.len()..][..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let digest = Sha256::digest(&content);
    content.extend(digest);
    assert_eq!(store_in_snapshot(&content), Err(SnapshotFileError::Damaged));
}
