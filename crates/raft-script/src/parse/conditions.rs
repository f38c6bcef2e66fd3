//! What `expect` and `run until` can name.

use raft_core::{LogPosition, RoleKind};
use raft_sim::NodeState;

use super::cursor::{Cursor, Parsed};
use super::values::is_number;
use crate::limits::MAX_NUMBER;
use crate::statement::{Comparison, Condition, Quantity};

const CONDITIONS: &str = "a condition: answer, commit, committed, complete, converged, idle, joint, leader, \
                          learners, lease, log, no leader, no learners, no lease, no value, \
                          not committed, not joint, pending, role, safe, state, term, value or voters";

impl Cursor<'_> {
    pub(super) fn condition(&mut self) -> Parsed<Condition> {
        let word = self.word();
        self.advance();
        match word {
            Some("leader") => self.leader(),
            Some("no") => self.no(),
            Some("not") => {
                if self.eat_word("joint") {
                    return Ok(Condition::NotJoint);
                }
                if !self.eat_word("committed") {
                    return Err(self.error("`committed` or `joint`"));
                }
                let (key, value) = self.key_and_value()?;
                Ok(Condition::NotCommitted(key, value))
            }
            Some("voters") => self.node_list().map(Condition::Voters),
            Some("learners") => self.node_list().map(Condition::Learners),
            Some("joint") => Ok(Condition::Joint),
            Some("lease") => self.selector().map(Condition::Lease),
            Some("role") => Ok(Condition::Role(self.selector()?, self.role()?)),
            Some("state") => Ok(Condition::State(self.selector()?, self.state()?)),
            Some("term") => self.quantity(Quantity::Term),
            Some("commit") => self.quantity(Quantity::Commit),
            Some("committed") => {
                let (key, value) = self.key_and_value()?;
                Ok(Condition::Committed(key, value))
            }
            Some("value") => {
                let node = self.selector()?;
                let (key, value) = self.key_and_value()?;
                Ok(Condition::Value(node, key, value))
            }
            Some("log") => self.log(),
            Some("converged") => Ok(Condition::Converged),
            Some("complete") => Ok(Condition::Complete),
            Some("idle") => Ok(Condition::Idle),
            Some("answer") => self.answer(),
            Some("pending") => {
                self.eat_word("client");
                self.client().map(Condition::Pending)
            }
            Some("safe") => Ok(Condition::Safe),
            _ => Err(self.error_before(CONDITIONS)),
        }
    }

    fn no(&mut self) -> Parsed<Condition> {
        let word = self.word();
        self.advance();
        match word {
            Some("leader") => Ok(Condition::NoLeader),
            Some("learners") => Ok(Condition::Learners(Vec::new())),
            Some("lease") => self.selector().map(Condition::NoLease),
            Some("value") => Ok(Condition::NoValue(self.selector()?, self.key()?)),
            _ => Err(self.error_before("`leader`, `learners`, `lease` or `value`")),
        }
    }

    fn leader(&mut self) -> Parsed<Condition> {
        if self.eat_word("among") {
            return self.node_list().map(Condition::Leader);
        }
        if self.word().is_some_and(is_number) {
            return Ok(Condition::Leader(vec![self.node()?]));
        }
        Ok(Condition::Leader(Vec::new()))
    }

    fn role(&mut self) -> Parsed<RoleKind> {
        let role = match self.word() {
            Some("follower") => RoleKind::Follower,
            Some("pre-candidate") => RoleKind::PreCandidate,
            Some("candidate") => RoleKind::Candidate,
            Some("leader") => RoleKind::Leader,
            _ => return Err(self.error("`follower`, `pre-candidate`, `candidate` or `leader`")),
        };
        self.advance();
        Ok(role)
    }

    fn state(&mut self) -> Parsed<NodeState> {
        let state = match self.word() {
            Some("running") => NodeState::Running,
            Some("paused") => NodeState::Paused,
            Some("crashed") => NodeState::Crashed,
            Some("refused") => NodeState::Refused,
            _ => return Err(self.error("`running`, `paused`, `crashed` or `refused`")),
        };
        self.advance();
        Ok(state)
    }

    /// `term 3 = 2`, `term >= 2`; `term 2` is short for the latter.
    fn quantity(&mut self, quantity: Quantity) -> Parsed<Condition> {
        let is_compared =
            |further| ["=", ">=", "<="].iter().any(|sign| self.is_sign_at(further, sign));
        let is_alone = self.word().is_some_and(is_number) && !is_compared(1);
        if is_alone {
            let comparison = Comparison::AtLeast;
            let number = self.number("a number", 0, MAX_NUMBER)?;
            return Ok(Condition::Number { quantity, node: None, comparison, number });
        }
        let node = if is_compared(0) { None } else { Some(self.selector()?) };
        let comparison = if self.eat_sign("=") {
            Comparison::Equal
        } else if self.eat_sign(">=") {
            Comparison::AtLeast
        } else if self.eat_sign("<=") {
            Comparison::AtMost
        } else {
            return Err(self.error("`=`, `>=` or `<=`"));
        };
        let number = self.number("a number", 0, MAX_NUMBER)?;
        Ok(Condition::Number { quantity, node, comparison, number })
    }

    fn log(&mut self) -> Parsed<Condition> {
        let node = self.selector()?;
        self.sign("=")?;
        let terms = self.terms()?;
        let after = if self.eat_word("after") { self.position()? } else { LogPosition::ORIGIN };
        Ok(Condition::Log { node, terms, after })
    }

    /// The words up to `within` or the end of the line, or one quoted text.
    fn answer(&mut self) -> Parsed<Condition> {
        self.eat_word("client");
        let client = self.client()?;
        self.sign("=")?;
        if let Some(bytes) = self.quoted() {
            let words = str::from_utf8(bytes).map(str::to_owned);
            let words = words.map_err(|_| self.error("an answer in UTF-8"))?;
            self.advance();
            return Ok(Condition::Answer { client, words });
        }
        let mut words = Vec::new();
        while let Some(word) = self.word().filter(|word| *word != "within") {
            words.push(word);
            self.advance();
        }
        if words.is_empty() {
            return Err(self.error("the answer in words, such as `done` or `value 7`"));
        }
        Ok(Condition::Answer { client, words: words.join(" ") })
    }
}
