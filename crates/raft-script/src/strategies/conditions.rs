//! Every condition there can be, for property tests.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use raft_check::{Property, RareEvent};
use raft_core::{Instant, LogIndex, LogPosition, RoleKind};
use raft_kv::ClientId;
use raft_sim::NodeState;

use super::{duration, key, node, selector, term, value};
use crate::condition::{
    ClientCondition, ClusterCondition, Comparison, Condition, CountCondition, DataCondition,
    LeaderCondition, MemberCondition, NodeCondition, Occurrence, OrderState, PeerFact,
    PeerQuantity, PeerState, Quantity, Relation, Since,
};
use crate::limits::{MAX_CONDITIONS, MAX_NUMBER};

fn role() -> impl Strategy<Value = RoleKind> {
    select(vec![RoleKind::Follower, RoleKind::PreCandidate, RoleKind::Candidate, RoleKind::Leader])
}

fn state() -> impl Strategy<Value = NodeState> {
    select(vec![NodeState::Running, NodeState::Paused, NodeState::Crashed, NodeState::Refused])
}

fn position() -> impl Strategy<Value = LogPosition> {
    let some =
        (1..=MAX_NUMBER, term()).prop_map(|(index, term)| LogPosition::new(LogIndex(index), term));
    prop_oneof![Just(LogPosition::ORIGIN), some]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    select(vec![Comparison::Equal, Comparison::AtLeast, Comparison::AtMost])
}

fn peer_fact() -> impl Strategy<Value = PeerFact> {
    let states = vec![PeerState::Probe, PeerState::Replicate, PeerState::Snapshot];
    let quantities = vec![PeerQuantity::Next, PeerQuantity::Match, PeerQuantity::InFlight];
    prop_oneof![
        select(states).prop_map(PeerFact::State),
        (select(quantities), comparison(), 0..=MAX_NUMBER).prop_map(
            |(quantity, comparison, number)| PeerFact::Number { quantity, comparison, number }
        ),
    ]
}

fn occurrence() -> impl Strategy<Value = Occurrence> {
    let names: Vec<&str> = raft_sim::EventKind::full_names().collect();
    prop_oneof![
        (select(names), option::of(selector()))
            .prop_map(|(name, node)| Occurrence::Traced { name, node }),
        select(RareEvent::ALL).prop_map(Occurrence::Happened),
    ]
}

fn count() -> impl Strategy<Value = CountCondition> {
    let since = prop_oneof![
        duration().prop_map(|time| Since::Time(Instant(0) + time)),
        "[a-z][a-z0-9_-]{0,8}".prop_map(Since::Mark),
    ];
    let number = (comparison(), 0..=MAX_NUMBER);
    (occurrence(), number, option::of(since)).prop_map(
        |(occurrence, (comparison, number), since)| CountCondition {
            occurrence,
            comparison,
            number,
            since,
        },
    )
}

fn order_state() -> impl Strategy<Value = OrderState> {
    select(crate::language::ORDER_STATES.iter().map(|choice| choice.value).collect::<Vec<_>>())
}

/// A condition, its opposite, or several of them.
pub(super) fn condition() -> BoxedStrategy<Condition> {
    let opposite = positive_condition().prop_map(|it| Condition::Not(Box::new(it)));
    let one = prop_oneof![3 => positive_condition(), 1 => opposite].boxed();
    let all = vec(one.clone(), 2..=MAX_CONDITIONS).prop_map(Condition::All);
    prop_oneof![3 => one, 1 => all].boxed()
}

fn positive_condition() -> BoxedStrategy<Condition> {
    let client = || (1..=999_u64).prop_map(ClientId);
    let number = (
        select(vec![Quantity::Term, Quantity::Commit, Quantity::Applied]),
        option::of(selector()),
        comparison(),
        0..=MAX_NUMBER,
    );
    let text = prop_oneof![
        "[a-z0-9]{1,6}( [a-z0-9]{1,6}){0,3}",
        "\\PC{1,12}",
        select(vec!["within", "and", "1 and 2"]).prop_map(str::to_owned)
    ];
    let words = prop_oneof![
        3 => text.prop_map(|value| format!("value {value}")),
        1 => select(vec!["done", "gave up", "no keys", "not swapped: the key is absent"])
            .prop_map(str::to_owned),
    ];
    prop_oneof![
        vec(node(), 0..4).prop_map(|it| Condition::Leader(LeaderCondition::Leader(it))),
        Just(Condition::Leader(LeaderCondition::NoLeader)),
        vec(node(), 1..4).prop_map(|it| Condition::Members(MemberCondition::Voters(it))),
        vec(node(), 0..4).prop_map(|it| Condition::Members(MemberCondition::Learners(it))),
        Just(Condition::Members(MemberCondition::Joint)),
        selector().prop_map(|it| Condition::Leader(LeaderCondition::Lease(it))),
        selector().prop_map(|it| Condition::Leader(LeaderCondition::NoLease(it))),
        (selector(), role())
            .prop_map(|(node, role)| Condition::Node(NodeCondition::Role(node, role))),
        (selector(), state())
            .prop_map(|(node, state)| Condition::Node(NodeCondition::State(node, state))),
        number.prop_map(|(quantity, node, comparison, number)| Condition::Node(
            NodeCondition::Number { quantity, node, comparison, number }
        )),
        (key(), value())
            .prop_map(|(key, value)| Condition::Data(DataCondition::Committed(key, value))),
        (selector(), key(), value())
            .prop_map(|(node, key, value)| Condition::Data(DataCondition::Value(node, key, value))),
        (selector(), key())
            .prop_map(|(node, key)| Condition::Data(DataCondition::NoValue(node, key))),
        (select(vec![Relation::Following, Relation::Vote]), selector(), option::of(selector()))
            .prop_map(|(relation, node, other)| {
                Condition::Node(NodeCondition::Other { relation, node, other })
            }),
        (selector(), option::of(selector()), vec(peer_fact(), 1..4))
            .prop_map(|(peer, of, facts)| Condition::Node(NodeCondition::Peer { peer, of, facts })),
        (selector(), vec(term(), 0..5), position()).prop_map(|(node, terms, after)| {
            Condition::Node(NodeCondition::Log { node, terms, after })
        }),
        Just(Condition::Cluster(ClusterCondition::Converged)),
        Just(Condition::Cluster(ClusterCondition::Complete)),
        Just(Condition::Cluster(ClusterCondition::Settled)),
        Just(Condition::Client(ClientCondition::Idle)),
        count().prop_map(Condition::Count),
        (option::of(1..=MAX_NUMBER), order_state())
            .prop_map(|(number, state)| Condition::Order { number, state }),
        (client(), words).prop_map(|(client, words)| Condition::Client(ClientCondition::Answer {
            client,
            words
        })),
        client().prop_map(|it| Condition::Client(ClientCondition::Pending(it))),
        Just(Condition::Cluster(ClusterCondition::Safe)),
        option::of(select(Property::all()))
            .prop_map(|it| Condition::Cluster(ClusterCondition::Broken(it))),
    ]
    .boxed()
}
