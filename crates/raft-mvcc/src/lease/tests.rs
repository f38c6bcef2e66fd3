use crate::strategies::{apply, delete_of, put_of};
use crate::{Applied, ChangeKind, ChangesQuery, Error, KeyRange, Operation, Put, Range, Store};

fn attach(store: &mut Store, key: &str, lease: i64) {
    let put = Put { key: key.to_owned().into(), lease, ..Put::default() };
    apply(store, Operation::Put(put)).result.unwrap();
}

fn with_lease(id: i64) -> Store {
    let mut store = Store::default();
    let granted = apply(&mut store, Operation::LeaseGrant { id, ttl: 5 }).result;
    assert_eq!(granted, Ok(Applied::LeaseGrant { id, ttl: 5 }));
    store
}

#[test]
fn the_end_of_a_lease_deletes_its_keys_in_order_at_one_revision() {
    let mut store = with_lease(9);
    for key in ["c", "a", "b"] {
        attach(&mut store, key, 9);
    }
    apply(&mut store, put_of("d", "stays"));
    let ended = apply(&mut store, Operation::LeaseRevoke { id: 9 });
    assert_eq!((ended.result, ended.revision), (Ok(Applied::LeaseRevoke), 6));
    let query = ChangesQuery {
        from_revision: 6,
        range: KeyRange::all(),
        prev_kv: false,
        max_bytes: usize::MAX,
    };
    let changes = store.changes(&query).unwrap().changes;
    assert!(changes.iter().all(|change| change.kind == ChangeKind::Delete));
    assert!(changes.iter().all(|change| change.kv.mod_revision == 6));
    let keys: Vec<_> = changes.iter().map(|change| &change.kv.key[..]).collect();
    assert_eq!(keys, [b"a", b"b", b"c"]);
    assert_eq!(store.len(), 1);
    let again = apply(&mut store, Operation::LeaseRevoke { id: 9 });
    assert_eq!((again.result, again.revision), (Err(Error::LeaseNotFound), 6));
}

#[test]
fn each_expired_lease_ends_at_its_own_revision() {
    let mut store = with_lease(1);
    apply(&mut store, Operation::LeaseGrant { id: 2, ttl: 5 }).result.unwrap();
    attach(&mut store, "a", 1);
    attach(&mut store, "b", 2);
    let ended = apply(&mut store, Operation::RevokeExpired { ids: vec![2, 3, 1, 2] });
    assert_eq!(ended.result, Ok(Applied::RevokeExpired { ids: vec![2, 1] }));
    assert_eq!(ended.revision, 5);
    let at = Range { key: "a".into(), revision: 4, ..Range::default() };
    assert_eq!(store.range(&at).unwrap().count, 1);
}

/// A lease without keys leaves no trace in the history.
#[test]
fn the_end_of_an_empty_lease_is_no_revision() {
    let mut store = with_lease(9);
    assert_eq!(apply(&mut store, Operation::LeaseRevoke { id: 9 }).revision, 1);
}

#[test]
fn a_put_moves_a_key_to_another_lease_or_to_none() {
    let mut store = with_lease(1);
    apply(&mut store, Operation::LeaseGrant { id: 2, ttl: 5 }).result.unwrap();
    let keys = |store: &Store, id| store.lease(id).unwrap().keys;
    attach(&mut store, "k", 1);
    attach(&mut store, "k", 2);
    assert_eq!((keys(&store, 1).len(), keys(&store, 2).len()), (0, 1));
    let keep = Put { key: "k".into(), ignore_lease: true, ..Put::default() };
    apply(&mut store, Operation::Put(keep)).result.unwrap();
    assert_eq!(keys(&store, 2), ["k"]);
    apply(&mut store, put_of("k", "free"));
    assert_eq!(keys(&store, 2).len(), 0);
    attach(&mut store, "k", 2);
    apply(&mut store, delete_of("k"));
    assert_eq!(keys(&store, 2).len(), 0);
}

#[test]
fn a_key_needs_a_lease_that_exists_and_an_id_is_given_once() {
    let mut store = with_lease(1);
    let put = Put { key: "k".into(), lease: 2, ..Put::default() };
    let refused = apply(&mut store, Operation::Put(put)).result;
    assert_eq!(refused, Err(Error::LeaseNotFound));
    let again = apply(&mut store, Operation::LeaseGrant { id: 1, ttl: 5 }).result;
    assert_eq!(again, Err(Error::LeaseExists));
    let short = apply(&mut store, Operation::LeaseGrant { id: 2, ttl: -3 }).result;
    assert_eq!(short, Ok(Applied::LeaseGrant { id: 2, ttl: 1 }));
}
