//! Whether two scripts fail in the same way and for the same cause.
//!
//! A broken property, a failed assertion and a refused statement speak for themselves. A failed
//! expectation does not: `expect leader` fails in every script that is over before the first
//! election. So a script fails like another only if it keeps what makes the failure a finding:
//!
//! - If the expectation of the other script is met once its faults are left out and its times kept,
//!   so must this one's be: the faults are the cause, and without them the cluster behaves.
//! - If the condition held earlier in the other script, it must have held earlier in this one: the
//!   cluster lost something that it had.
//! - The state found in place of the expected one must be of the same form.

use raft_script::{
    ClusterCondition, Condition, Order, Run, Script, Session, Started, Statement, Stepped, When,
};
use raft_sim::NodeAction;

use crate::play::{Played, Symptom, action, play, play_strictly, replay};
use crate::shrink::statements;

/// The kind of a script's failure, and its cause as far as it is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailureKind {
    symptom: Symptom,
    cause: Cause,
}

/// The cause of a failed expectation. For other failures nothing is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Cause {
    /// Whether the script does not fail without its faults.
    is_a_fault: bool,
    /// Whether the condition held earlier.
    held_before: bool,
    /// Whether progress was asked of a quorum.
    is_fair: bool,
}

impl FailureKind {
    /// Plays a script as `helios run` does; `None` if it does not fail. If a statement cannot be
    /// carried out, that is the failure.
    pub fn of(script: &Script) -> Option<(Self, Played)> {
        let played = play_strictly(script);
        let symptom = played.symptom.clone()?;
        let mut cause = Cause::default();
        if let Symptom::Expectation { .. } = symptom {
            cause.is_fair = play(script).symptom.is_some();
            cause.is_a_fault = is_sound_without_faults(&played.script);
            cause.held_before = held_before(&played.script);
        }
        Some((Self { symptom, cause }, played))
    }

    /// The kind of the failure.
    pub fn symptom(&self) -> &Symptom {
        &self.symptom
    }

    /// The statements that a script carries out, if it fails in the same way for the same cause.
    /// Statements that are refused are left out, unless a refusal is the failure.
    pub fn shown_by(&self, script: &Script) -> Option<Script> {
        let played = match self.symptom {
            Symptom::Refused(_) => play_strictly(script),
            Symptom::Property(_)
            | Symptom::Expectation { .. }
            | Symptom::Assertion(_)
            | Symptom::Limit(_) => replay(script, self.cause.is_fair),
        };
        let Cause { is_a_fault, held_before: held, is_fair: _ } = self.cause;
        let is_same = played.symptom.as_ref() == Some(&self.symptom)
            && (!is_a_fault || is_sound_without_faults(&played.script))
            && (!held || held_before(&played.script));
        is_same.then_some(played.script)
    }
}

/// Whether a script does not fail when its faults are left out. The times stay.
fn is_sound_without_faults(script: &Script) -> bool {
    play(&without_faults(script)).symptom.is_none()
}

/// The script without its faults and their repairs: what is left is the cluster, the requests of
/// clients and of administrators, the expectations, and the time.
fn without_faults(script: &Script) -> Script {
    let kept = script.statements.iter().filter_map(|line| {
        let statement = &line.statement;
        if !is_fault(action(statement)) {
            return Some(statement.clone());
        }
        let Statement::At { moment, .. } = statement else { return None };
        Some(Statement::Run(match *moment {
            When::Absolute { time, .. } => Run::To { time, step: None },
            When::Relative(time) => Run::For(time),
        }))
    });
    statements(kept)
}

/// Whether a statement is a fault or the end of one.
fn is_fault(statement: &Statement) -> bool {
    let Statement::Order(order) = statement else { return false };
    match order {
        Order::Node { action, .. } => match action {
            NodeAction::Crash { .. }
            | NodeAction::Restart
            | NodeAction::RestartAlone
            | NodeAction::Pause
            | NodeAction::Resume
            | NodeAction::ForgetLeader
            | NodeAction::SetClock(_)
            | NodeAction::Slow { .. } => true,
            NodeAction::ForceElection | NodeAction::Snapshot | NodeAction::SetTimeouts(_) => false,
        },
        Order::Reconfigure { .. }
        | Order::Disk { .. }
        | Order::Link { .. }
        | Order::Network(_)
        | Order::Recover(_)
        | Order::Rule(_) => true,
        Order::Administer { .. } | Order::Request(_) | Order::Load(_) | Order::Reseed(_) => false,
    }
}

/// Whether the condition of the last statement, which fails, held before that statement.
fn held_before(script: &Script) -> bool {
    let Some(condition) = script.statements.last().and_then(|line| awaited(&line.statement)) else {
        return false;
    };
    let Ok((mut session, lines)) = Session::open(script) else { return false };
    let Some((_, before)) = lines.split_last() else { return false };
    before.iter().any(|line| holds_during(&mut session, &line.statement, condition))
}

/// Carries out a statement. Whether the condition holds before it or before one of its steps.
fn holds_during(session: &mut Session, statement: &Statement, condition: &Condition) -> bool {
    if session.holds(condition) {
        return true;
    }
    if !matches!(session.start(statement), Ok(Started::Waiting)) {
        return session.holds(condition);
    }
    while matches!(session.step(), Stepped::Event) {
        if session.holds(condition) {
            return true;
        }
    }
    session.holds(condition)
}

/// The condition for which a statement waits.
pub(crate) fn awaited(statement: &Statement) -> Option<&Condition> {
    if let Statement::Run(Run::Until { condition, .. }) = statement {
        return Some(condition);
    }
    let Statement::Expect { condition, .. } = statement else { return None };
    Some(condition)
}

/// Whether the state found in place of a condition shows how the cluster failed. The words about
/// the agreement of all nodes name the first difference, which is one of many.
pub(crate) fn has_telling_state(condition: &Condition) -> bool {
    match condition {
        Condition::Cluster(
            ClusterCondition::Converged | ClusterCondition::Complete | ClusterCondition::Settled,
        ) => false,
        Condition::Cluster(ClusterCondition::Safe | ClusterCondition::Broken(_))
        | Condition::Leader(_)
        | Condition::Members(_)
        | Condition::Node(_)
        | Condition::Data(_)
        | Condition::Client(_)
        | Condition::Order { .. }
        | Condition::Count(_) => true,
        Condition::Not(condition) => has_telling_state(condition),
        Condition::All(conditions) => conditions.iter().all(has_telling_state),
    }
}
