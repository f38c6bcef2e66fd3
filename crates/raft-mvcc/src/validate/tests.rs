use super::{End, validate};
use crate::strategies::put_of;
use crate::{
    Compare, CompareRelation, CompareTarget, DeleteRange, Error, MAX_LEASE_TTL, MAX_REVOKED_LEASES,
    MAX_TXN_OPERATIONS, Operation, Put, Range, Txn, TxnOperation,
};

fn put(key: &str) -> TxnOperation {
    TxnOperation::Put(Put { key: key.to_owned().into(), ..Put::default() })
}

fn delete(key: &str, range_end: &str) -> TxnOperation {
    let (key, range_end) = (key.to_owned().into(), range_end.to_owned().into());
    TxnOperation::DeleteRange(DeleteRange { key, range_end, ..DeleteRange::default() })
}

fn nested(success: Vec<TxnOperation>, failure: Vec<TxnOperation>) -> TxnOperation {
    TxnOperation::Txn(Txn { success, failure, ..Txn::default() })
}

fn check(success: Vec<TxnOperation>) -> Result<(), Error> {
    validate(&Operation::Txn(Txn { success, ..Txn::default() }))
}

#[test]
fn keys_are_not_empty() {
    let compare = |key: &str| Compare {
        key: key.to_owned().into(),
        range_end: "\0".into(),
        relation: CompareRelation::Equal,
        target: CompareTarget::Version(0),
    };
    let with = |compare| Operation::Txn(Txn { compare: vec![compare], ..Txn::default() });
    assert_eq!(validate(&with(compare("k"))), Ok(()));
    let range = || Range { range_end: "\0".into(), ..Range::default() };
    let failure = vec![put("")];
    for operation in [
        put_of("", "v"),
        Operation::DeleteRange(DeleteRange { range_end: "\0".into(), ..DeleteRange::default() }),
        with(compare("")),
        Operation::Txn(Txn { failure, ..Txn::default() }),
        Operation::Txn(Txn { success: vec![TxnOperation::Range(range())], ..Txn::default() }),
        Operation::Txn(Txn {
            success: vec![nested(vec![delete("", "")], vec![])],
            ..Txn::default()
        }),
    ] {
        assert_eq!(validate(&operation), Err(Error::EmptyKey), "{operation:?}");
    }
}

#[test]
fn what_is_kept_is_not_given() {
    let put = Put { key: "k".into(), value: "v".into(), ignore_value: true, ..Put::default() };
    assert_eq!(validate(&Operation::Put(put)), Err(Error::ValueProvided));
    let put = Put { key: "k".into(), lease: 1, ignore_lease: true, ..Put::default() };
    assert_eq!(validate(&Operation::Put(put)), Err(Error::LeaseProvided));
}

#[test]
fn leases_have_an_id_and_a_bounded_time() {
    let grant = |id, ttl| validate(&Operation::LeaseGrant { id, ttl });
    assert_eq!(grant(1, MAX_LEASE_TTL), Ok(()));
    assert_eq!(grant(1, MAX_LEASE_TTL + 1), Err(Error::LeaseTtlTooLarge));
    assert_eq!(grant(0, 1), Err(Error::LeaseNotFound));
    let open = Operation::OpenSession { id: 1, ttl: MAX_LEASE_TTL + 1 };
    assert_eq!(validate(&open), Err(Error::LeaseTtlTooLarge));
    let revoke = |count| validate(&Operation::RevokeExpired { ids: vec![1; count] });
    assert_eq!(revoke(MAX_REVOKED_LEASES), Ok(()));
    assert_eq!(revoke(MAX_REVOKED_LEASES + 1), Err(Error::TooManyOperations));
}

#[test]
fn the_operations_of_a_transaction_are_bounded() {
    let gets =
        |count| vec![TxnOperation::Range(Range { key: "k".into(), ..Range::default() }); count];
    assert_eq!(check(gets(MAX_TXN_OPERATIONS)), Ok(()));
    assert_eq!(check(gets(MAX_TXN_OPERATIONS + 1)), Err(Error::TooManyOperations));
    // An outer list of one operation leaves one less to the inner lists.
    let inner = |count| vec![nested(vec![], gets(count))];
    assert_eq!(check(inner(MAX_TXN_OPERATIONS - 1)), Ok(()));
    assert_eq!(check(inner(MAX_TXN_OPERATIONS)), Err(Error::TooManyOperations));
}

#[test]
fn a_key_is_changed_once() {
    let duplicates = [
        vec![put("a"), put("a")],
        vec![put("a"), delete("a", "")],
        vec![delete("a", "b"), put("a\0")],
        vec![delete("b", "\0"), put("c")],
        vec![nested(vec![put("a")], vec![]), put("a")],
        vec![nested(vec![], vec![put("a")]), nested(vec![put("a")], vec![])],
        vec![nested(vec![put("a")], vec![]), nested(vec![], vec![delete("a", "")])],
        vec![nested(vec![put("a"), put("a")], vec![])],
    ];
    for operations in duplicates {
        assert_eq!(check(operations.clone()), Err(Error::DuplicateKey), "{operations:?}");
        let failure = Txn { failure: operations, ..Txn::default() };
        assert_eq!(validate(&Operation::Txn(failure)), Err(Error::DuplicateKey));
    }
    let possible = [
        vec![put("a"), put("b"), delete("c", "d"), delete("c", "\0")],
        vec![delete("a", "b"), put("b")],
        vec![delete("a", ""), put("a\0")],
        vec![delete("b", "a"), put("a"), put("b")],
        // One of the two lists is done.
        vec![nested(vec![put("a")], vec![put("a"), delete("b", "")])],
        vec![nested(vec![put("a")], vec![delete("a", "")])],
    ];
    for operations in possible {
        assert_eq!(check(operations.clone()), Ok(()), "{operations:?}");
    }
}

/// Ranges that touch become one, and no key between others is lost or won.
#[test]
fn deleted_ranges_are_joined() {
    let mut deletions = super::Deletions::default();
    for (key, end) in [("d", "f"), ("a", "b"), ("k", ""), ("b", "c"), ("e", "i"), ("x", "w")] {
        let range = DeleteRange {
            key: key.to_owned().into(),
            range_end: end.to_owned().into(),
            prev_kv: false,
        };
        deletions.add(&range.key, End::of(&range));
    }
    let ranges: Vec<_> = deletions.iter().map(|(key, end)| (&key[..], end.clone())).collect();
    let end = |end: &str| End::Before(end.to_owned().into());
    assert_eq!(ranges, [(&b"a"[..], end("c")), (b"d", end("i")), (b"k", end("k\0"))]);
    deletions.add(&"b".into(), End::Never);
    let ranges: Vec<_> = deletions.iter().map(|(key, end)| (&key[..], end.clone())).collect();
    assert_eq!(ranges, [(&b"a"[..], End::Never)]);
}
