//! The goal of a waiting statement, and the time of its end.

use std::fmt;
use std::time::Duration;

use raft_core::Instant;
use raft_sim::World;

use crate::condition::Condition;
use crate::outcome::StatementError;
use crate::statement::{Statement, When};
use crate::units::Span;

/// The goal of a waiting statement. `Display` is its words.
#[derive(Clone, PartialEq, Debug)]
pub struct Goal {
    target: Target,
    /// The start of the wait.
    since: Instant,
    /// Whether the condition holds.
    is_met: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Target {
    /// A moment, and the statement to carry out then.
    Time { at: Instant, step: Option<u64>, then: Option<Box<Statement>> },
    /// A number of steps of the world.
    Steps { left: u64 },
    /// A condition, and the longest wait for it.
    Condition { condition: Condition, within: Duration, is_expected: bool },
}

/// The end of a wait.
pub(super) struct End {
    pub(super) at: Instant,
    /// Whether the wait ends before everything else that is due at that time, or after it.
    pub(super) before_events: bool,
}

impl Goal {
    pub(super) fn new(target: Target, since: Instant) -> Self {
        Self { target, since, is_met: false }
    }

    pub(super) fn into_target(self) -> Target {
        self.target
    }

    pub(super) fn condition(&self) -> Option<&Condition> {
        match &self.target {
            Target::Condition { condition, .. } => Some(condition),
            Target::Time { .. } | Target::Steps { .. } => None,
        }
    }

    pub(super) fn set_met(&mut self, is_met: bool) {
        self.is_met = is_met;
    }

    pub(super) fn count_step(&mut self) {
        if let Target::Steps { left } = &mut self.target {
            *left = left.saturating_sub(1);
        }
    }

    /// The end of the wait; `None`: it depends on the steps of the world.
    pub(super) fn ends_at(&self, world: &World) -> Option<End> {
        let now = End { at: world.now(), before_events: true };
        match &self.target {
            Target::Condition { .. } if self.is_met => Some(now),
            Target::Condition { within, .. } => {
                Some(End { at: self.since + *within, before_events: false })
            }
            Target::Steps { left } => {
                let is_over = *left == 0 || world.next_step_at().is_none();
                is_over.then_some(now)
            }
            Target::Time { at, step: None, .. } => Some(End { at: *at, before_events: false }),
            Target::Time { .. } if self.mismatch(world).is_some() => Some(now),
            Target::Time { at, step: Some(step), .. } => {
                (world.steps() == *step).then_some(End { at: *at, before_events: true })
            }
        }
    }

    /// An error if the moment names a step that this run does not reach at that time.
    pub(super) fn mismatch(&self, world: &World) -> Option<StatementError> {
        let Target::Time { at, step: Some(step), .. } = self.target else { return None };
        let next = world.next_step_at();
        let is_reachable = if world.steps() < step {
            next.is_some_and(|next| next <= at)
        } else {
            world.steps() == step && next.is_none_or(|next| next >= at)
        };
        let moment = When::Absolute { time: at, step: Some(step) };
        (!is_reachable).then(|| StatementError::OtherRun {
            moment: moment.to_string(),
            step: world.steps(),
            next,
        })
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Time { at, then: None, .. } => write!(f, "running until {at}"),
            Target::Time { at, then: Some(statement), .. } => {
                write!(f, "running until {at}, then: {statement}")
            }
            Target::Steps { left: 1 } => f.write_str("one more step"),
            Target::Steps { left } => write!(f, "{left} more steps"),
            Target::Condition { condition, within, .. } => {
                write!(f, "waiting until {condition}, for {} at most", Span(*within))
            }
        }
    }
}
