use crate::strategies::{apply, put_of};
use crate::{
    Applied, Compare, CompareRelation, CompareTarget, DeleteRange, Error, Operation, Put, Range,
    Store, Txn, TxnAnswer, TxnOperation, TxnResult,
};

fn get(key: &'static str) -> TxnOperation {
    TxnOperation::Range(Range { key: key.into(), ..Range::default() })
}

fn put(key: &'static str, value: &'static str) -> TxnOperation {
    TxnOperation::Put(Put { key: key.into(), value: value.into(), ..Put::default() })
}

fn if_value(key: &'static str, relation: CompareRelation, value: &'static str) -> Vec<Compare> {
    let target = CompareTarget::Value(value.into());
    vec![Compare { key: key.into(), range_end: "".into(), relation, target }]
}

fn run(store: &mut Store, txn: Txn) -> TxnResult {
    let Ok(Applied::Txn(result)) = apply(store, Operation::Txn(txn)).result else {
        panic!("the transaction was refused");
    };
    result
}

fn value(answer: &TxnAnswer) -> Option<&[u8]> {
    match answer {
        TxnAnswer::Range(range) => range.kvs.first().map(|kv| &kv.value[..]),
        TxnAnswer::Put(_) | TxnAnswer::DeleteRange(_) | TxnAnswer::Txn(_) => None,
    }
}

#[test]
fn reads_see_the_writes_before_them_and_all_writes_are_one_revision() {
    let mut store = Store::default();
    apply(&mut store, put_of("a", "old"));
    let past = Range { key: "a".into(), revision: 2, ..Range::default() };
    let delete = DeleteRange { key: "c".into(), ..DeleteRange::default() };
    let nested = Txn { success: vec![put("b", "nested")], ..Txn::default() };
    let result = run(
        &mut store,
        Txn {
            success: vec![
                get("a"),
                put("a", "new"),
                get("a"),
                TxnOperation::Range(past),
                TxnOperation::Txn(nested),
                get("b"),
                TxnOperation::DeleteRange(delete),
            ],
            ..Txn::default()
        },
    );
    let read: Vec<_> = [0, 2, 3, 5].iter().map(|at| value(&result.responses[*at])).collect();
    let wanted: [&[u8]; 4] = [b"old", b"new", b"old", b"nested"];
    assert_eq!(read, wanted.map(Some));
    assert_eq!(store.revision(), 3);
}

#[test]
fn a_value_that_is_absent_equals_nothing() {
    let mut store = Store::default();
    for relation in [CompareRelation::Equal, CompareRelation::NotEqual, CompareRelation::Less] {
        let compare = if_value("a", relation, "");
        assert!(!run(&mut store, Txn { compare, ..Txn::default() }).succeeded);
    }
}

/// A transaction in another decides as that one: before the first change.
#[test]
fn comparisons_are_about_the_state_before_the_transaction() {
    let mut store = Store::default();
    apply(&mut store, put_of("a", "old"));
    let compare = if_value("a", CompareRelation::Equal, "old");
    let nested = Txn { compare, success: vec![put("b", "1")], failure: vec![put("b", "2")] };
    let success = vec![put("a", "new"), TxnOperation::Txn(nested), get("b")];
    let result = run(&mut store, Txn { success, ..Txn::default() });
    assert_eq!(value(&result.responses[2]), Some(&b"1"[..]));
}

#[test]
fn a_refused_transaction_changes_nothing() {
    let mut store = Store::default();
    let lost = Put { key: "b".into(), lease: 5, ..Put::default() };
    let keep = Put { key: "b".into(), ignore_value: true, ..Put::default() };
    let future = Range { key: "a".into(), revision: 7, ..Range::default() };
    let cases = [
        (TxnOperation::Put(lost), Error::LeaseNotFound),
        (TxnOperation::Put(keep), Error::KeyNotFound),
        (TxnOperation::Range(future), Error::FutureRevision),
    ];
    for (operation, error) in cases {
        let nested = Txn { success: vec![operation], ..Txn::default() };
        let success = vec![put("a", "1"), TxnOperation::Txn(nested)];
        let refused = apply(&mut store, Operation::Txn(Txn { success, ..Txn::default() }));
        assert_eq!(refused.result, Err(error));
        assert_eq!((store.revision(), store.len()), (1, 0));
    }
}

#[test]
fn a_transaction_without_changes_is_no_revision() {
    let mut store = Store::default();
    run(&mut store, Txn { success: vec![get("a")], ..Txn::default() });
    assert_eq!(store.revision(), 1);
}
