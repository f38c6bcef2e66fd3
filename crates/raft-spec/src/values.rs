//! Values of the specification.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use raft_core::{Membership, NodeId};
use tla_checker::ast::Value;

/// A number.
pub(crate) fn number(number: u64) -> Value {
    // The readers of traces take numbers below 2^53 only.
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A number of the specification; 0 of what is none.
pub(crate) fn whole(value: Value) -> u64 {
    let Value::Int(number) = value else { return 0 };
    u64::try_from(number).unwrap_or_default()
}

/// A server.
pub(crate) fn server(node: NodeId) -> Value {
    number(node.0)
}

/// A text.
pub(crate) fn text(text: &str) -> Value {
    Value::Str(Arc::from(text))
}

/// The constant for no server.
pub(crate) fn nobody() -> Value {
    Value::Model(Arc::from("Nobody"))
}

/// A vote: a server, or nobody.
pub(crate) fn vote(voted_for: Option<NodeId>) -> Value {
    voted_for.map_or_else(nobody, server)
}

/// A record.
pub(crate) fn record<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::record(members.into_iter().map(|(name, value)| (Arc::from(name), value)).collect())
}

/// A set of servers.
pub(crate) fn servers(nodes: impl IntoIterator<Item = NodeId>) -> Value {
    Value::set(nodes.into_iter().map(server).collect::<BTreeSet<Value>>())
}

/// A function of the servers.
pub(crate) fn of_servers(values: impl IntoIterator<Item = (NodeId, Value)>) -> Value {
    let pairs = values.into_iter().map(|(node, value)| (server(node), value));
    Value::func(pairs.collect::<BTreeMap<_, _>>())
}

/// A membership. What others need to reach a member is no part of it.
pub(crate) fn membership(membership: &Membership) -> Value {
    record([
        ("voters", servers(membership.voters().iter().copied())),
        ("outgoing", servers(membership.outgoing().iter().copied())),
        ("learners", servers(membership.learners().iter().copied())),
    ])
}

/// The value of a function for an argument, of a record for a member, of a sequence at a place.
pub(crate) fn apply(function: &Value, argument: &Value) -> Option<Value> {
    match (function, argument) {
        (Value::Tuple(items), Value::Int(place)) => {
            let place = usize::try_from(*place).ok()?.checked_sub(1)?;
            items.get(place).cloned()
        }
        (Value::Fn(pairs), _) => pairs.get(argument).cloned(),
        (Value::Record(members), Value::Str(name)) => members.get(name).cloned(),
        _ => None,
    }
}

/// A member of a record.
pub(crate) fn member(record: &Value, name: &str) -> Option<Value> {
    apply(record, &text(name))
}

/// A record with another value for a member.
pub(crate) fn with_member(of: Value, name: &str, value: Value) -> Value {
    let Value::Record(members) = of else { return of };
    let mut members = (*members).clone();
    members.insert(Arc::from(name), value);
    Value::record(members)
}

/// The items of a sequence; none of what is no sequence.
pub(crate) fn items(sequence: &Value) -> &[Value] {
    match sequence {
        Value::Tuple(items) => items,
        _ => &[],
    }
}

/// A value as it is written in the specification. Numbers as they are, texts without quotes.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Str(text) => text.to_string(),
        _ => tla_checker::checker::format_value(value),
    }
}

/// What a disk has: a term, a vote, a log, and the entry up to which it is known to be committed.
pub(crate) fn disk_with(
    term: Value,
    vote: Value,
    (log, commit_index): (Vec<Value>, Value),
) -> Value {
    let nothing = record([("term", number(0)), ("index", number(0))]);
    record([
        ("term", term),
        ("votedFor", vote),
        ("log", Value::tuple(log)),
        ("verified", nothing),
        ("commitIndex", commit_index),
        ("snapshotIndex", number(0)),
    ])
}

/// A disk on which nothing is.
pub(crate) fn empty_disk() -> Value {
    disk_with(number(0), nobody(), (Vec::new(), number(0)))
}
