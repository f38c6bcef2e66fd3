//! `expect`, and the conditions that it and `run until` name.

use raft_core::{LogPosition, RoleKind};
use raft_sim::NodeState;

use super::cursor::{Cursor, Parsed};
use super::values::is_number;
use super::{Choice, Word};
use crate::condition::{
    ClientCondition, ClusterCondition, Comparison, Condition, DataCondition, LeaderCondition,
    MemberCondition, NodeCondition, Quantity,
};
use crate::limits::MAX_NUMBER;
use crate::statement::Statement;

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
            cursor.eat(CLIENT);
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
        name: "safe",
        brief: "no property was broken",
        forms: &[("safe", "no property that must always hold was broken")],
        parse: |_| Ok(Condition::Cluster(ClusterCondition::Safe)),
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

const CLIENT: (&str, &str) = ("client", "by its number");

pub(crate) const ROLES: &[Choice<RoleKind>] = &[
    Choice { name: "follower", help: "", value: RoleKind::Follower },
    Choice { name: "pre-candidate", help: "", value: RoleKind::PreCandidate },
    Choice { name: "candidate", help: "", value: RoleKind::Candidate },
    Choice { name: "leader", help: "", value: RoleKind::Leader },
];

pub(crate) const STATES: &[Choice<NodeState>] = &[
    Choice { name: "running", help: "", value: NodeState::Running },
    Choice { name: "paused", help: "", value: NodeState::Paused },
    Choice { name: "crashed", help: "", value: NodeState::Crashed },
    Choice { name: "refused", help: "", value: NodeState::Refused },
];

const COMPARISONS: [(Comparison, &str); 3] = [
    (Comparison::Equal, "exactly"),
    (Comparison::AtLeast, "at least"),
    (Comparison::AtMost, "at most"),
];

impl Cursor<'_> {
    /// The condition after `not`.
    fn negated(&mut self) -> Parsed<Condition> {
        let words = || CONDITIONS.iter().filter(|word| word.name != "not");
        for word in words() {
            self.offer(word.name, word.brief);
        }
        let condition = self.one_of("a condition", words())?;
        Ok(Condition::Not(Box::new(condition)))
    }

    fn leader(&mut self) -> Parsed<LeaderCondition> {
        if self.eat(("among", "one of several nodes")) {
            return self.node_list().map(LeaderCondition::Leader);
        }
        self.offer_numbers(|_| true);
        if self.word().is_some_and(is_number) {
            return Ok(LeaderCondition::Leader(vec![self.node()?]));
        }
        Ok(LeaderCondition::Leader(Vec::new()))
    }

    /// `term 3 = 2`, `term >= 2`; `term 2` is short for the latter.
    fn quantity(&mut self, quantity: Quantity) -> Parsed<Condition> {
        let is_compared = |further| {
            COMPARISONS.iter().any(|(comparison, _)| self.is_sign_at(further, comparison.sign()))
        };
        let is_alone = self.word().is_some_and(is_number) && !is_compared(1);
        if is_alone && !self.is_completing() {
            let comparison = Comparison::AtLeast;
            let number = self.number("a number", 0, MAX_NUMBER)?;
            return Ok(Condition::Node(NodeCondition::Number {
                quantity,
                node: None,
                comparison,
                number,
            }));
        }
        let node = if is_compared(0) { None } else { Some(self.selector()?) };
        let mut found = None;
        for (comparison, help) in COMPARISONS {
            if found.is_none() && self.eat_sign((comparison.sign(), help)) {
                found = Some(comparison);
            }
        }
        let comparison = found.ok_or_else(|| self.error("`=`, `>=` or `<=`"))?;
        let number = self.number("a number", 0, MAX_NUMBER)?;
        Ok(Condition::Node(NodeCondition::Number { quantity, node, comparison, number }))
    }

    fn log(&mut self) -> Parsed<Condition> {
        let node = self.selector()?;
        self.sign("=")?;
        let terms = self.terms()?;
        let is_after = self.eat(("after", "the last entry of the snapshot"));
        let after = if is_after { self.position()? } else { LogPosition::ORIGIN };
        Ok(Condition::Node(NodeCondition::Log { node, terms, after }))
    }

    /// The words up to `within` or the end of the line, or one quoted text.
    fn answer(&mut self) -> Parsed<Condition> {
        self.eat(CLIENT);
        self.offer("1", "the default client");
        let client = self.client()?;
        self.sign("=")?;
        if let Some(bytes) = self.quoted() {
            let words = str::from_utf8(bytes).map(str::to_owned);
            let words = words.map_err(|_| self.error("an answer in UTF-8"))?;
            self.advance();
            return Ok(Condition::Client(ClientCondition::Answer { client, words }));
        }
        let mut words = Vec::new();
        while let Some(word) = self.word().filter(|word| *word != "within") {
            words.push(word);
            self.advance();
        }
        if words.is_empty() {
            return Err(self.error("the answer in words, such as `done` or `value 7`"));
        }
        let words = words.join(" ");
        Ok(Condition::Client(ClientCondition::Answer { client, words }))
    }
}
