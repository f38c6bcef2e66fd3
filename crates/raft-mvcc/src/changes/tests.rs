use crate::strategies::{apply, delete_of, put_of};
use crate::{ChangesQuery, KeyRange, MAX_CHANGES_READ, Operation, Put, Store, Txn, TxnOperation};

fn query(from_revision: i64, max_bytes: usize) -> ChangesQuery {
    ChangesQuery { from_revision, range: KeyRange::all(), prev_kv: false, max_bytes }
}

#[test]
fn a_revision_is_never_divided() {
    let mut store = Store::default();
    apply(&mut store, put_of("a", "1"));
    let put = |key: &'static str| {
        TxnOperation::Put(Put { key: key.into(), value: "12345".into(), ..Put::default() })
    };
    let success = vec![put("z"), put("b"), put("y")];
    apply(&mut store, Operation::Txn(Txn { success, ..Txn::default() })).result.unwrap();
    apply(&mut store, put_of("c", "1"));
    let changes = store.changes(&query(2, 3)).unwrap();
    let keys: Vec<_> = changes.changes.iter().map(|change| &change.kv.key[..]).collect();
    assert_eq!(keys, [b"a", b"z", b"b", b"y"], "in the order of the operations");
    assert_eq!(changes.next_revision, 4);
    assert_eq!(store.changes(&query(2, 0)).unwrap().next_revision, 2);
}

#[test]
fn the_head_and_the_future_have_no_changes_yet() {
    let mut store = Store::default();
    apply(&mut store, put_of("a", "1"));
    for from in [3, 9] {
        let changes = store.changes(&query(from, 100)).unwrap();
        assert_eq!((changes.changes.len(), changes.next_revision), (0, from));
    }
    apply(&mut store, delete_of("a"));
    assert_eq!(store.changes(&query(3, 100)).unwrap().changes.len(), 1);
}

/// A watch of a key that never changes does not look at the whole history at once.
#[test]
fn one_answer_looks_at_a_bounded_number_of_changes() {
    let mut store = Store::default();
    for _ in 0..MAX_CHANGES_READ + 10 {
        apply(&mut store, put_of("a", "1"));
    }
    let seldom = ChangesQuery { range: KeyRange::prefix("b"), ..query(2, 100) };
    let first = store.changes(&seldom).unwrap();
    assert_eq!(first.changes.len(), 0);
    assert_eq!(first.next_revision, 2 + MAX_CHANGES_READ as i64);
    let second = ChangesQuery { from_revision: first.next_revision, ..seldom };
    assert_eq!(store.changes(&second).unwrap().next_revision, store.revision() + 1);
}
