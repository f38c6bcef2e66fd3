//! Random commands and reads for tests: few keys, leases and sessions, so that they meet.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::alarm::AlarmKind;
use crate::command::{Command, Operation, SessionTag};
use crate::range::{KeyRange, Range, SortOrder, SortTarget};
use crate::response::Response;
use crate::store::Store;
use crate::txn::{Compare, CompareRelation, CompareTarget, DeleteRange, Put, Txn, TxnOperation};

pub(crate) fn key() -> impl Strategy<Value = Bytes> {
    select(vec!["a", "a\0", "aa", "ab", "b", "c", "\u{7f}"]).prop_map(Bytes::from)
}

/// Ranges of one key, of several, to the end, inverted and empty.
pub(crate) fn key_range() -> impl Strategy<Value = KeyRange> {
    let end = prop_oneof![
        3 => Just(Bytes::new()),
        1 => Just(Bytes::from("\0")),
        3 => key(),
    ];
    (key(), end).prop_map(|(key, range_end)| KeyRange { key, range_end })
}

fn value() -> impl Strategy<Value = Bytes> {
    select(vec!["", "1", "2", "some longer value"]).prop_map(Bytes::from)
}

/// Revisions of small stores, and 0.
fn revision() -> impl Strategy<Value = i64> {
    prop_oneof![2 => Just(0), 3 => -1..40_i64]
}

fn lease() -> impl Strategy<Value = i64> {
    prop_oneof![2 => Just(0), 1 => 1..4_i64]
}

pub(crate) fn range() -> impl Strategy<Value = Range> {
    let order = select(vec![SortOrder::None, SortOrder::Ascend, SortOrder::Descend]);
    let target = select(vec![
        SortTarget::Key,
        SortTarget::Version,
        SortTarget::CreateRevision,
        SortTarget::ModRevision,
        SortTarget::Value,
    ]);
    let bound = || prop_oneof![4 => Just(0), 1 => 1..20_i64];
    let bounds = (bound(), bound(), bound(), bound());
    let switches = (proptest::bool::weighted(0.2), proptest::bool::weighted(0.2));
    (key_range(), -1..4_i64, revision(), order, target, switches, bounds).prop_map(
        |(keys, limit, revision, sort_order, sort_target, switches, bounds)| Range {
            key: keys.key,
            range_end: keys.range_end,
            limit,
            revision,
            sort_order,
            sort_target,
            keys_only: switches.0,
            count_only: switches.1,
            min_mod_revision: bounds.0,
            max_mod_revision: bounds.1,
            min_create_revision: bounds.2,
            max_create_revision: bounds.3,
        },
    )
}

fn put() -> impl Strategy<Value = Put> {
    let seldom = || proptest::bool::weighted(0.15);
    (key(), value(), lease(), any::<bool>(), seldom(), seldom()).prop_map(
        |(key, value, lease, prev_kv, ignore_value, ignore_lease)| Put {
            key,
            value: if ignore_value { Bytes::new() } else { value },
            lease: if ignore_lease { 0 } else { lease },
            prev_kv,
            ignore_value,
            ignore_lease,
        },
    )
}

fn delete() -> impl Strategy<Value = DeleteRange> {
    (key_range(), any::<bool>()).prop_map(|(keys, prev_kv)| DeleteRange {
        key: keys.key,
        range_end: keys.range_end,
        prev_kv,
    })
}

fn compare() -> impl Strategy<Value = Compare> {
    let relation = select(vec![
        CompareRelation::Equal,
        CompareRelation::Greater,
        CompareRelation::Less,
        CompareRelation::NotEqual,
    ]);
    let target = prop_oneof![
        (0..4_i64).prop_map(CompareTarget::Version),
        (0..20_i64).prop_map(CompareTarget::CreateRevision),
        (0..20_i64).prop_map(CompareTarget::ModRevision),
        value().prop_map(CompareTarget::Value),
        (0..4_i64).prop_map(CompareTarget::Lease),
    ];
    (key_range(), relation, target).prop_map(|(keys, relation, target)| Compare {
        key: keys.key,
        range_end: keys.range_end,
        relation,
        target,
    })
}

pub(crate) fn txn() -> impl Strategy<Value = Txn> {
    let leaf = prop_oneof![
        range().prop_map(TxnOperation::Range),
        put().prop_map(TxnOperation::Put),
        delete().prop_map(TxnOperation::DeleteRange),
    ];
    let operation = leaf.prop_recursive(2, 12, 3, |inner| {
        (vec(compare(), 0..2), vec(inner.clone(), 0..3), vec(inner, 0..3)).prop_map(
            |(compare, success, failure)| TxnOperation::Txn(Txn { compare, success, failure }),
        )
    });
    let list = vec(operation, 0..4);
    (vec(compare(), 0..3), list.clone(), list).prop_map(|(compare, success, failure)| Txn {
        compare,
        success,
        failure,
    })
}

pub(crate) fn operation() -> impl Strategy<Value = Operation> {
    let alarm = select(vec![AlarmKind::NoSpace, AlarmKind::NoSpace, AlarmKind::Corrupt]);
    prop_oneof![
        12 => put().prop_map(Operation::Put),
        4 => delete().prop_map(Operation::DeleteRange),
        8 => txn().prop_map(Operation::Txn),
        2 => (-1..40_i64).prop_map(|revision| Operation::Compact { revision }),
        3 => (0..4_i64, -1..9_i64).prop_map(|(id, ttl)| Operation::LeaseGrant { id, ttl }),
        1 => (0..4_i64).prop_map(|id| Operation::LeaseRevoke { id }),
        1 => vec(0..5_i64, 0..4).prop_map(|ids| Operation::RevokeExpired { ids }),
        1 => (proptest::bool::weighted(0.2), 1..3_u64, alarm)
            .prop_map(|(activate, member, alarm)| Operation::Alarm { activate, member, alarm }),
        2 => (3..6_i64, 1..9_i64).prop_map(|(id, ttl)| Operation::OpenSession { id, ttl }),
    ]
}

pub(crate) fn command() -> impl Strategy<Value = Command> {
    let tag = (3..6_i64, 0..9_u64, 0..3_u64)
        .prop_map(|(session, number, acknowledged)| SessionTag { session, number, acknowledged });
    let session = prop_oneof![1 => Just(None), 1 => tag.prop_map(Some)];
    (session, operation()).prop_map(|(session, operation)| Command { session, operation })
}

/// A put of a key and a value, and nothing else.
pub(crate) fn put_of(key: &str, value: &str) -> Operation {
    let put = Put { key: key.to_owned().into(), value: value.to_owned().into(), ..Put::default() };
    Operation::Put(put)
}

/// The deletion of one key.
pub(crate) fn delete_of(key: &str) -> Operation {
    Operation::DeleteRange(DeleteRange { key: key.to_owned().into(), ..DeleteRange::default() })
}

/// Applies an operation without a session at the next index.
pub(crate) fn apply(store: &mut Store, operation: Operation) -> Response {
    store.apply(store.applied() + 1, &Command::new(operation).encode())
}
