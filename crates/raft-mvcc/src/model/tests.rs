use proptest::collection::vec;
use proptest::prelude::*;

use super::Model;
use crate::strategies::{command, key_range, range};
use crate::{ChangesQuery, Command, Error, KeyRange, Range, Store};

/// What a test does with a store.
#[derive(Debug, Clone)]
enum Step {
    Apply(Command),
    Read(Range),
    Watch(ChangesQuery),
    /// Goes on from a snapshot.
    Restart,
    /// Keeps a view, and compares it at the end.
    View,
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = prop_oneof![Just(1_usize), 1..60_usize, Just(usize::MAX)];
    let watch = (-1..40_i64, key_range(), any::<bool>(), bytes).prop_map(
        |(from_revision, range, prev_kv, max_bytes)| ChangesQuery {
            from_revision,
            range,
            prev_kv,
            max_bytes,
        },
    );
    prop_oneof![
        16 => command().prop_map(Step::Apply),
        4 => range().prop_map(Step::Read),
        3 => watch.prop_map(Step::Watch),
        1 => Just(Step::Restart),
        1 => Just(Step::View),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    /// Answers, reads, watches, leases and sessions are those of the list of all changes, with
    /// restarts in between and while compactions are swept.
    #[test]
    fn the_store_is_its_model(steps in vec(step(), 1..60)) {
        let mut store = Store::default();
        let mut model = Model::default();
        let mut views = Vec::new();
        for (index, step) in (1..).zip(steps) {
            match step {
                Step::Apply(command) => {
                    let answer = store.apply(index, &command.encode());
                    prop_assert_eq!(answer, model.apply(&command), "{:?}", command);
                }
                Step::Read(range) => prop_assert_eq!(store.range(&range), model.range(&range)),
                Step::Watch(query) => watch(&store, &model, query)?,
                Step::Restart => {
                    let restored = Store::restore(&store.snapshot()).unwrap();
                    prop_assert_eq!(restored.snapshot(), store.snapshot());
                    prop_assert_eq!(restored.size(), store.size());
                    store = restored;
                }
                Step::View => views.push((store.clone(), model.clone())),
            }
            same(&store, &model)?;
        }
        for (view, model) in views {
            same(&view, &model)?;
        }
    }
}

/// All that is kept is equal.
fn same(store: &Store, model: &Model) -> Result<(), TestCaseError> {
    prop_assert_eq!(store.revision(), model.revision());
    prop_assert_eq!(store.compacted_revision(), model.compacted.unwrap_or(-1));
    let leases: Vec<_> = store.leases().collect();
    prop_assert_eq!(&leases, &model.leases.clone().into_iter().collect::<Vec<_>>());
    for (id, ttl) in leases {
        let lease = store.lease(id).unwrap();
        prop_assert_eq!((lease.id, lease.ttl), (id, ttl));
        prop_assert_eq!(lease.keys, model.attached(id));
    }
    let first = model.compacted.unwrap_or(1).max(1);
    for revision in first..=store.revision() {
        let all = KeyRange::all();
        let range = Range { key: all.key, range_end: all.range_end, revision, ..Range::default() };
        let kvs = store.range(&range).unwrap().kvs;
        prop_assert_eq!(kvs, model.keys_at(revision).into_values().collect::<Vec<_>>());
    }
    prop_assert_eq!(store.len(), model.keys_at(i64::MAX).len());
    let everything = ChangesQuery {
        from_revision: first,
        range: KeyRange::all(),
        prev_kv: true,
        max_bytes: usize::MAX,
    };
    watch(store, model, everything)
}

/// A watch that reads piece by piece gets each change once, in order, and whole revisions.
fn watch(store: &Store, model: &Model, mut query: ChangesQuery) -> Result<(), TestCaseError> {
    if let Some(compact_revision) = model.compacted
        && query.from_revision < compact_revision
    {
        prop_assert_eq!(store.changes(&query), Err(Error::Compacted { compact_revision }));
        return Ok(());
    }
    let wanted = model.changes_from(query.from_revision, &query.range, query.prev_kv);
    let first = query.from_revision;
    let mut seen = Vec::new();
    loop {
        let piece = store.changes(&query).unwrap();
        let bytes = |change: &crate::Change| {
            let previous = change.prev_kv.iter().map(|kv| kv.key.len() + kv.value.len());
            change.kv.key.len() + change.kv.value.len() + previous.sum::<usize>()
        };
        let last = piece.changes.last().map(|change| change.kv.mod_revision);
        let earlier = piece.changes.iter().filter(|it| Some(it.kv.mod_revision) != last);
        prop_assert!(earlier.map(bytes).sum::<usize>() < query.max_bytes, "too large a piece");
        let is_within =
            |revision| query.from_revision <= revision && revision < piece.next_revision;
        prop_assert!(piece.changes.iter().all(|change| is_within(change.kv.mod_revision)));
        seen.extend(piece.changes);
        if piece.next_revision > store.revision() {
            prop_assert_eq!(piece.next_revision, first.max(store.revision() + 1));
            break;
        }
        prop_assert!(piece.next_revision > query.from_revision, "a watch makes progress");
        query.from_revision = piece.next_revision;
    }
    prop_assert_eq!(seen, wanted);
    Ok(())
}
