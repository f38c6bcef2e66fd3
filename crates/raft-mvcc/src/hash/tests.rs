use crate::strategies::{apply, delete_of, put_of};
use crate::{Error, Operation, Store};

fn history() -> Store {
    let mut store = Store::default();
    for round in 0..6 {
        apply(&mut store, put_of("a", &round.to_string()));
        apply(&mut store, put_of("b", &round.to_string()));
        apply(&mut store, delete_of("a"));
    }
    store
}

#[test]
fn the_hash_of_a_revision_stays() {
    let mut store = history();
    let before: Vec<_> = (1..=store.revision()).map(|at| store.hash_at(at).unwrap()).collect();
    assert_eq!(store.hash_at(0), store.hash_at(store.revision()));
    let mut distinct = before.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), before.len(), "each revision has its own hash");
    apply(&mut store, put_of("c", "later"));
    let after: Vec<_> = (1..).take(before.len()).map(|at| store.hash_at(at).unwrap()).collect();
    assert_eq!(before, after);
    assert_eq!(store.hash_at(99), Err(Error::FutureRevision));
}

/// Nodes that compacted at the same revision agree, wherever their sweeps are.
#[test]
fn the_hash_does_not_depend_on_the_sweep() {
    let mut store = history();
    apply(&mut store, Operation::Compact { revision: 15 }).result.unwrap();
    let hashes = |store: &Store| (15..=19).map(|at| store.hash_at(at)).collect::<Vec<_>>();
    let before = hashes(&store);
    let begun = store.versions.swept;
    assert!(begun < 15, "the sweep has only begun");
    for _ in 0..30 {
        apply(&mut store, Operation::LeaseRevoke { id: 1 }).result.unwrap_err();
        assert_eq!(hashes(&store), before);
    }
    assert_eq!(store.versions.swept, 15);
}

#[test]
fn the_hash_of_the_store_is_of_everything_in_it() {
    let store = history();
    let with = |operation| {
        let mut other = store.clone();
        apply(&mut other, operation).result.unwrap();
        other.skip(store.applied());
        other.hash()
    };
    assert_ne!(with(put_of("c", "v")), store.hash());
    assert_ne!(with(Operation::LeaseGrant { id: 1, ttl: 5 }), store.hash());
    let session = with(Operation::OpenSession { id: 1, ttl: 5 });
    assert_ne!(session, with(Operation::LeaseGrant { id: 1, ttl: 5 }));
    let alarm = crate::AlarmKind::NoSpace;
    assert_ne!(with(Operation::Alarm { activate: true, member: 1, alarm }), store.hash());
    let mut skipped = store.clone();
    skipped.skip(store.applied() + 1);
    assert_ne!(skipped.hash(), store.hash());
}
