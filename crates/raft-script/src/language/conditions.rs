//! `expect`, and the conditions that it and `run until` name.

mod reading;

use raft_core::RoleKind;
use raft_sim::NodeState;

use super::{Choice, Form, Word};
use crate::condition::{
    ClientCondition, ClusterCondition, Condition, DataCondition, LeaderCondition, MemberCondition,
    NodeCondition, OrderState, PeerState, Quantity, Relation,
};
use crate::statement::Statement;

pub(crate) use self::reading::ENDS_CONDITION;

pub(super) const EXPECT: &[Word<Statement>] = &[Word {
    name: "expect",
    brief: "check a condition",
    forms: &[(
        "expect CONDITION [within 3s]",
        "fail if the condition does not hold (within 3s: not at any time in three seconds)",
    )],
    parse: |cursor| {
        let condition = cursor.condition()?;
        Ok(Statement::Expect { condition, within: cursor.within()? })
    },
}];

pub(crate) const CONDITIONS: &[Word<Condition>] = &[
    Word {
        name: "leader",
        brief: "a node leads",
        forms: &[
            ("leader", "a node leads"),
            ("leader 3, leader among 3 4 5", "one of these nodes leads"),
        ],
        parse: |cursor| cursor.leader().map(Condition::Leader),
    },
    Word {
        name: "no leader",
        brief: "no node leads",
        forms: &[("no leader", "no node leads")],
        parse: |_| Ok(Condition::Leader(LeaderCondition::NoLeader)),
    },
    Word {
        name: "role",
        brief: "a node's role",
        forms: &[("role 3 follower", "follower, pre-candidate, candidate or leader")],
        parse: |cursor| {
            let (node, role) = (cursor.selector()?, cursor.choice(ROLES)?);
            Ok(Condition::Node(NodeCondition::Role(node, role)))
        },
    },
    Word {
        name: "state",
        brief: "the state of a node's process",
        forms: &[("state 3 crashed", "running, paused, crashed or refused")],
        parse: |cursor| {
            let (node, state) = (cursor.selector()?, cursor.choice(STATES)?);
            Ok(Condition::Node(NodeCondition::State(node, state)))
        },
    },
    Word {
        name: "voters",
        brief: "the voters in the leader's membership",
        forms: &[("voters 1 2 3", "the voters in the leader's membership, committed or not")],
        parse: |cursor| Ok(Condition::Members(MemberCondition::Voters(cursor.node_list()?))),
    },
    Word {
        name: "learners",
        brief: "the learners in the leader's membership",
        forms: &[("learners 6", "the learners in the leader's membership, committed or not")],
        parse: |cursor| Ok(Condition::Members(MemberCondition::Learners(cursor.node_list()?))),
    },
    Word {
        name: "no learners",
        brief: "there are no learners",
        forms: &[("no learners", "there are no learners in the leader's membership")],
        parse: |_| Ok(Condition::Members(MemberCondition::Learners(Vec::new()))),
    },
    Word {
        name: "joint",
        brief: "the leader's membership is joint",
        forms: &[(
            "joint",
            "the leader's membership is joint: it needs majorities of old and new voters",
        )],
        parse: |_| Ok(Condition::Members(MemberCondition::Joint)),
    },
    Word {
        name: "lease",
        brief: "a node holds a lease",
        forms: &[("lease 3", "a node holds a lease: it leads and may answer reads at once")],
        parse: |cursor| Ok(Condition::Leader(LeaderCondition::Lease(cursor.selector()?))),
    },
    Word {
        name: "no lease",
        brief: "a node holds no lease",
        forms: &[("no lease 3", "a node holds no lease")],
        parse: |cursor| Ok(Condition::Leader(LeaderCondition::NoLease(cursor.selector()?))),
    },
    Word {
        name: "term",
        brief: "a node's term",
        forms: &[(
            "term 3 = 2, term >= 2",
            "a node's term; without a node the highest term; =, >= or <=",
        )],
        parse: |cursor| cursor.quantity(Quantity::Term),
    },
    Word {
        name: "commit",
        brief: "a node's commit index",
        forms: &[(
            "commit 3 = 7, commit >= 7",
            "a node's commit index; without a node the highest; =, >= or <=",
        )],
        parse: |cursor| cursor.quantity(Quantity::Commit),
    },
    Word {
        name: "applied",
        brief: "the last entry that a node applied",
        forms: &[(
            "applied 3 = 7, applied >= 7",
            "the last entry that a node's state machine applied; without a node the highest",
        )],
        parse: |cursor| cursor.quantity(Quantity::Applied),
    },
    Word {
        name: "following",
        brief: "the leader that a node follows",
        forms: &[(
            "following 3 = 1",
            "the leader that a node follows in its term, or none; a leader follows itself",
        )],
        parse: |cursor| cursor.relation(Relation::Following),
    },
    Word {
        name: "vote",
        brief: "the node that has a node's vote",
        forms: &[("vote 3 = 1", "the node that has a node's vote in its term, or none")],
        parse: |cursor| cursor.relation(Relation::Vote),
    },
    Word {
        name: "peer",
        brief: "what a leader knows of another server",
        forms: &[
            (
                "peer 3 [of 1] state=replicate",
                "how the leader, or node 1, sends entries to node 3: probe, replicate or snapshot",
            ),
            (
                "peer 3 next=7 match>=6 in-flight=0",
                "the next entry to send to it, the last known to be on its disk, the messages \
                 that it has not answered; =, >= or <=",
            ),
        ],
        parse: |cursor| cursor.peer(),
    },
    Word {
        name: "committed",
        brief: "the committed value of a key",
        forms: &[("committed x=1", "the committed value of a key")],
        parse: |cursor| {
            let (key, value) = cursor.key_and_value()?;
            Ok(Condition::Data(DataCondition::Committed(key, value)))
        },
    },
    Word {
        name: "value",
        brief: "the value of a key at a node",
        forms: &[("value 3 x=1", "the value of a key in a node's state machine")],
        parse: |cursor| {
            let node = cursor.selector()?;
            let (key, value) = cursor.key_and_value()?;
            Ok(Condition::Data(DataCondition::Value(node, key, value)))
        },
    },
    Word {
        name: "no value",
        brief: "a node has no value of a key",
        forms: &[("no value 3 x", "a node's state machine has no value of a key")],
        parse: |cursor| {
            let (node, key) = (cursor.selector()?, cursor.key()?);
            Ok(Condition::Data(DataCondition::NoValue(node, key)))
        },
    },
    Word {
        name: "log",
        brief: "the terms of a node's log",
        forms: &[(
            "log 3 = 1,1,2 [after 10@3]",
            "the terms of a node's log, and the last entry of its snapshot; or empty",
        )],
        parse: |cursor| cursor.log(),
    },
    Word {
        name: "converged",
        brief: "all running nodes have the same log",
        forms: &[(
            "converged",
            "all running nodes have the same log, all of it committed and applied",
        )],
        parse: |_| Ok(Condition::Cluster(ClusterCondition::Converged)),
    },
    Word {
        name: "complete",
        brief: "converged, and no committed entry is missing",
        forms: &[("complete", "converged, and no entry that was ever committed is missing")],
        parse: |_| Ok(Condition::Cluster(ClusterCondition::Complete)),
    },
    Word {
        name: "settled",
        brief: "no running member has an open request",
        forms: &[("settled", "no running member has a request that it has not answered")],
        parse: |_| Ok(Condition::Cluster(ClusterCondition::Settled)),
    },
    Word {
        name: "answer",
        brief: "a client's last answer",
        forms: &[("answer client 1 = value 7", "a client's last answer")],
        parse: |cursor| cursor.answer(),
    },
    Word {
        name: "pending",
        brief: "a client waits",
        forms: &[("pending client 1", "a client waits for an answer")],
        parse: |cursor| {
            cursor.eat(reading::CLIENT);
            Ok(Condition::Client(ClientCondition::Pending(cursor.client()?)))
        },
    },
    Word {
        name: "idle",
        brief: "no client waits",
        forms: &[("idle", "no client waits for an answer")],
        parse: |_| Ok(Condition::Client(ClientCondition::Idle)),
    },
    Word {
        name: "order",
        brief: "the state of an order to a leader",
        forms: &[(
            "order = refused, order 2 = done",
            "the state of the last, or second, order about leadership or membership: open, done, \
             refused, given-up, not-leader, superseded, unknown or lost",
        )],
        parse: |cursor| cursor.order(),
    },
    Word {
        name: "traced",
        brief: "something happened",
        forms: &[
            (
                "traced became_leader [at 3]",
                "an event of this kind happened (at node 3); completion and errors list the kinds",
            ),
            (
                "traced vote_refused = 2 [since 1500ms]",
                "it happened so often (since that time); =, >= or <=",
            ),
            ("traced crashed since recovery", "it happened after the statement: mark recovery"),
        ],
        parse: |cursor| cursor.traced(),
    },
    Word {
        name: "happened",
        brief: "a rare event happened",
        forms: &[
            (
                "happened two-leaders [since recovery]",
                "a rare event happened (since that mark or time); completion and errors list them",
            ),
            ("happened split-vote >= 2", "it happened so often; =, >= or <="),
        ],
        parse: |cursor| cursor.happened(),
    },
    Word {
        name: "safe",
        brief: "no property was broken",
        forms: &[("safe", "no property that must always hold was broken")],
        parse: |_| Ok(Condition::Cluster(ClusterCondition::Safe)),
    },
    Word {
        name: "broken",
        brief: "a property was broken",
        forms: &[
            ("broken", "a property that must always hold was broken"),
            (
                "broken election-safety",
                "this property was broken; completion and errors list the properties",
            ),
        ],
        parse: |cursor| cursor.broken(),
    },
    Word {
        name: "not",
        brief: "a condition does not hold",
        forms: &[
            (
                "not CONDITION",
                "a condition does not hold; nor does its opposite if the thing that it names is \
                 not there: no node leads, or the node is down",
            ),
            ("not committed x=1, not joint", "for example"),
        ],
        parse: |cursor| cursor.negated(),
    },
];

/// The form of several conditions.
pub(crate) const ALL_HOLD: Form = (
    "CONDITION and CONDITION",
    "all of up to eight conditions hold; `not` is about the one that follows it",
);

pub(crate) const ROLES: &[Choice<RoleKind>] = &[
    Choice { name: "follower", help: "", value: RoleKind::Follower },
    Choice { name: "pre-candidate", help: "", value: RoleKind::PreCandidate },
    Choice { name: "candidate", help: "", value: RoleKind::Candidate },
    Choice { name: "leader", help: "", value: RoleKind::Leader },
];

pub(crate) const ORDER_STATES: &[Choice<OrderState>] = &[
    Choice { name: "open", help: "the node has not answered", value: OrderState::Open },
    Choice { name: "done", help: "it was carried out", value: OrderState::Done },
    Choice { name: "refused", help: "nothing was done", value: OrderState::Refused },
    Choice { name: "given-up", help: "it was begun and given up", value: OrderState::GivenUp },
    Choice { name: "not-leader", help: "the node does not lead", value: OrderState::NotLeader },
    Choice {
        name: "superseded",
        help: "its entry will never be committed",
        value: OrderState::Superseded,
    },
    Choice { name: "unknown", help: "the node does not know", value: OrderState::Unknown },
    Choice { name: "lost", help: "the node crashed before it answered", value: OrderState::Lost },
];

pub(crate) const PEER_STATES: &[Choice<PeerState>] = &[
    Choice {
        name: "probe",
        help: "one message at a time, until the logs agree",
        value: PeerState::Probe,
    },
    Choice { name: "replicate", help: "messages follow each other", value: PeerState::Replicate },
    Choice { name: "snapshot", help: "it gets a snapshot first", value: PeerState::Snapshot },
];

pub(crate) const STATES: &[Choice<NodeState>] = &[
    Choice { name: "running", help: "", value: NodeState::Running },
    Choice { name: "paused", help: "", value: NodeState::Paused },
    Choice { name: "crashed", help: "", value: NodeState::Crashed },
    Choice { name: "refused", help: "", value: NodeState::Refused },
];
