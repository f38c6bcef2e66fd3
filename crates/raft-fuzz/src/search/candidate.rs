//! One run of a search: a session, and the statements that it has yet to carry out.

use std::collections::VecDeque;

use raft_script::limits::MAX_RUN_STEPS;
use raft_script::{Capacity, Condition, Script, Session, Statement, Stepped};

#[derive(Clone, Debug)]
pub(super) struct Candidate {
    seed: u64,
    session: Session,
    rest: VecDeque<Statement>,
    /// Whether a statement that cannot be carried out is left out.
    is_lenient: bool,
}

/// How far a run was played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Went {
    /// For the number of steps that was asked for.
    On,
    /// To a moment at which the condition holds.
    ToTheCondition,
    /// To its end: the last statement is carried out, one cannot be, a property is broken, or a
    /// limit of scripts is reached. A lenient candidate leaves out what cannot be carried out.
    ToItsEnd,
}

impl Candidate {
    pub(super) fn new(seed: u64, session: Session, rest: VecDeque<Statement>) -> Self {
        Self { seed, session, rest, is_lenient: false }
    }

    /// Leaves out statements that cannot be carried out.
    pub(super) fn leniently(self) -> Self {
        Self { is_lenient: true, ..self }
    }

    /// The run of a script; `None` if it has no world.
    pub(super) fn of_script(seed: u64, script: &Script) -> Option<Self> {
        let (session, rest) = Session::open(script).ok()?;
        let rest = rest.iter().map(|line| line.statement.clone()).collect();
        Some(Self::new(seed, session, rest))
    }

    /// Plays on until the condition holds, for at most so many steps. Returns the number of steps
    /// that were made.
    pub(super) fn play(&mut self, condition: &Condition, steps: u64) -> (Went, u64) {
        let first = self.session.world().steps();
        let end = first.saturating_add(steps);
        let went = loop {
            if self.shows(condition) {
                break Went::ToTheCondition;
            }
            if self.is_stopped() {
                break Went::ToItsEnd;
            }
            if self.session.world().steps() >= end {
                break Went::On;
            }
            if !self.go_on() {
                break Went::ToItsEnd;
            }
        };
        (went, self.session.world().steps() - first)
    }

    /// Whether the condition holds and can be expected: then all nodes that it names are there.
    fn shows(&self, condition: &Condition) -> bool {
        let expects = || {
            let expect = Statement::Expect { condition: condition.clone(), within: None };
            self.session.clone().start(&expect).is_ok()
        };
        self.session.holds(condition) && expects()
    }

    fn is_stopped(&self) -> bool {
        let world = self.session.world();
        self.session.checks().violation().is_some()
            || world.steps() > MAX_RUN_STEPS
            || Capacity::RUN.exceeded(world).is_some()
    }

    /// Makes a step, or begins the next statement. False if there is nothing more to do.
    fn go_on(&mut self) -> bool {
        if self.session.goal().is_some() {
            return match self.session.step() {
                Stepped::Event => true,
                Stepped::Finished(result) => result.is_ok(),
                Stepped::Nothing => false,
            };
        }
        let next = self.rest.pop_front();
        next.is_some_and(|statement| self.session.start(&statement).is_ok() || self.is_lenient)
    }

    /// The seed, and the session as it is now, which waits for nothing.
    pub(super) fn into_parts(mut self) -> (u64, Session) {
        self.session.cancel();
        (self.seed, self.session)
    }
}
