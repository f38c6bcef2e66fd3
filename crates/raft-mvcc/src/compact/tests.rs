use crate::strategies::{apply, delete_of, put_of};
use crate::{
    Applied, ChangeKind, ChangesQuery, DeleteRange, Error, KeyRange, Operation, Range, Store,
};

fn watch(from_revision: i64) -> ChangesQuery {
    ChangesQuery { from_revision, range: KeyRange::all(), prev_kv: true, max_bytes: usize::MAX }
}

fn compact(store: &mut Store, revision: i64) -> Result<Applied, Error> {
    apply(store, Operation::Compact { revision }).result
}

#[test]
fn a_compaction_is_at_a_revision_that_exists_and_only_once() {
    let mut store = Store::default();
    apply(&mut store, put_of("k", "1"));
    assert_eq!(compact(&mut store, 3), Err(Error::FutureRevision));
    assert_eq!(compact(&mut store, -1), Err(Error::Compacted { compact_revision: -1 }));
    assert_eq!(compact(&mut store, 2), Ok(Applied::Compact));
    assert_eq!(compact(&mut store, 2), Err(Error::Compacted { compact_revision: 2 }));
    assert_eq!(store.compacted_revision(), 2);
}

/// etcd lost the deletion at the compacted revision in silence (etcd#18089).
#[test]
fn a_watch_from_the_compacted_revision_sees_its_deletion() {
    let mut store = Store::default();
    apply(&mut store, put_of("k", "1"));
    apply(&mut store, delete_of("k"));
    compact(&mut store, 3).unwrap();
    for _ in 0..10 {
        apply(&mut store, Operation::LeaseRevoke { id: 1 }).result.unwrap_err();
    }
    let store = Store::restore(&store.snapshot()).unwrap();
    let changes = store.changes(&watch(3)).unwrap().changes;
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].kind, changes[0].kv.mod_revision), (ChangeKind::Delete, 3));
    assert_eq!(changes[0].prev_kv, None, "the state before it is compacted");
    assert_eq!(store.changes(&watch(2)), Err(Error::Compacted { compact_revision: 3 }));
}

/// All that was overwritten or deleted becomes free in the end, however slowly.
#[test]
fn the_sweep_frees_everything_that_cannot_be_read() {
    let mut store = Store::default();
    for round in 0..20 {
        for key in ["a", "b", "c"] {
            apply(&mut store, put_of(key, &round.to_string()));
        }
        apply(&mut store, delete_of("c"));
    }
    let revision = store.revision();
    compact(&mut store, revision).unwrap();
    let before = store.size();
    assert!(before.total > before.in_use, "the sweep has only begun");
    let mut commands = 0;
    while store.size().total > store.size().in_use {
        apply(&mut store, Operation::LeaseRevoke { id: 1 }).result.unwrap_err();
        commands += 1;
        assert!(commands < 1000, "the sweep makes no progress");
    }
    assert!(commands > 10, "the sweep was in steps");
    assert_eq!((store.len(), store.versions.older.len()), (2, 0));
    assert_eq!(store.versions.history.len(), 1);
    assert_eq!(store.size().total, store.versions.newest.iter().map(|it| it.0.cost()).sum::<u64>());
}

/// A revision with many changes is swept in steps too, also over a restart.
#[test]
fn one_large_revision_is_swept_in_steps() {
    let mut store = Store::default();
    for key in 0..50 {
        apply(&mut store, put_of(&format!("{key:02}"), "v"));
    }
    let all = DeleteRange { key: "\0".into(), range_end: "\0".into(), prev_kv: false };
    apply(&mut store, Operation::DeleteRange(all));
    let revision = store.revision();
    compact(&mut store, revision).unwrap();
    let mut is_divided = false;
    let mut commands = 0;
    while store.size().total > 0 {
        commands += 1;
        assert!(commands < 1000, "the sweep makes no progress");
        apply(&mut store, Operation::LeaseRevoke { id: 1 }).result.unwrap_err();
        is_divided |= store.versions.swept_changes > 0;
        let restored = Store::restore(&store.snapshot()).unwrap();
        assert_eq!(restored.size(), store.size());
        store = restored;
        let changes = store.changes(&watch(revision)).unwrap().changes;
        assert_eq!(changes.len(), 50, "the revision itself stays");
    }
    assert!(is_divided);
}

/// What is refused or read does not depend on how far the sweep is.
#[test]
fn a_compacted_revision_is_unreadable_at_once() {
    let mut store = Store::default();
    for round in 0..30 {
        apply(&mut store, put_of("k", &round.to_string()));
    }
    compact(&mut store, 31).unwrap();
    assert!(store.versions.swept < 30);
    let read = |revision| store.range(&Range { key: "k".into(), revision, ..Range::default() });
    assert_eq!(read(30), Err(Error::Compacted { compact_revision: 31 }));
    assert_eq!(read(31).unwrap().count, 1);
    assert_eq!(store.hash_at(30), Err(Error::Compacted { compact_revision: 31 }));
}
