//! The replay of a script: the failure, and the statements that were carried out up to it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use raft_check::PROGRESS;
use raft_core::Instant;
use raft_script::{ExecError, Order, Run, RunReport, Script, SourceLine, Statement, When};

use crate::failure_kind::{awaited, has_telling_state};
use crate::recovery;

/// The kind of a failure. Runs that fail in the same way have equal symptoms.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Symptom {
    /// The name of a broken property.
    Property(&'static str),
    /// The condition that does not hold, or not in time.
    Expectation {
        /// The condition in words.
        condition: String,
        /// The state found in its place, in words, with `#` for each number. Empty if that says
        /// nothing about the cause.
        found: String,
    },
    /// The message of a panic, with `#` for each number.
    Assertion(String),
    /// The limit of scripts that was reached.
    Limit(String),
    /// A statement that cannot be carried out: the reason in words, with `#` for each number. Only
    /// [`play_strictly`] takes that for a failure.
    Refused(String),
}

/// The result of a replay.
#[derive(Clone, Debug)]
pub struct Played {
    /// `None` if the script does not fail.
    pub symptom: Option<Symptom>,
    /// The failure with all details, in one line; empty if there is none.
    pub description: String,
    /// The statements that were carried out up to the failure, without those that the world
    /// refused. They have the same run.
    pub script: Script,
}

impl Symptom {
    /// The name of the broken property: [`PROGRESS`] for an expectation or a limit, `Assertion` for
    /// a panic, `Statement` for one that cannot be carried out.
    pub fn property(&self) -> &'static str {
        match self {
            Self::Property(name) => name,
            Self::Expectation { .. } | Self::Limit(_) => PROGRESS.name,
            Self::Assertion(_) => "Assertion",
            Self::Refused(_) => "Statement",
        }
    }
}

/// A replay ends after so many steps, fewer than a script may make: the shrinker cannot wait for
/// each run that makes steps without progress.
const MAX_STEPS: u64 = 2_000_000;

/// Replays a script. Notes, and statements that the world refuses, are left out.
///
/// A failed assertion is caught where the program unwinds. A panic hook can silence its message.
pub fn play(script: &Script) -> Played {
    replay(script, true)
}

/// If `is_fair`, a failed demand for progress is no failure where there is no fair quorum.
pub(crate) fn replay(script: &Script, is_fair: bool) -> Played {
    let script = &script.without_notes();
    let mut state = ReplayState::default();
    let outcome = catch_unwind(AssertUnwindSafe(|| state.run(script)));
    match outcome {
        Ok(report) => state.into_played(script, &report, is_fair),
        Err(panic) => {
            let message = match panic.downcast::<String>() {
                Ok(message) => *message,
                Err(panic) => panic.downcast::<&str>().map_or("a panic", |text| *text).to_owned(),
            };
            state.into_panicked(script, message)
        }
    }
}

/// Replays a script as `helios run` does: a statement that cannot be carried out ends it, and is
/// its failure. The script of the result ends with that statement.
pub fn play_strictly(script: &Script) -> Played {
    let script = &script.without_notes();
    // A panic is what `play` makes of it.
    let Ok(report) = catch_unwind(|| raft_script::run(script, &mut |_| {})) else {
        return replay(script, false);
    };
    let Some(failure) = report.failure else {
        // It may make more steps than a replay may.
        return Played { symptom: None, description: String::new(), script: script.clone() };
    };
    if let ExecError::Statement(reason) = &failure.error {
        let carried_out = script.statements.iter().filter(|line| line.number <= failure.line);
        return Played {
            symptom: Some(Symptom::Refused(without_numbers(&reason.to_string()))),
            description: failure.to_string(),
            script: crate::statements(carried_out.map(|line| line.statement.clone())),
        };
    }
    replay(script, false)
}

/// The words with `#` for each number.
fn without_numbers(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for c in words.chars() {
        if !c.is_ascii_digit() {
            text.push(c);
        } else if !text.ends_with('#') {
            text.push('#');
        }
    }
    text
}

/// Whether the replay of a script panics.
fn panics(script: &Script) -> bool {
    catch_unwind(AssertUnwindSafe(|| ReplayState::default().run(script))).is_err()
}

/// The progress of a replay. It survives a panic.
#[derive(Default)]
struct ReplayState {
    done: Vec<SourceLine>,
    /// The time of the last event.
    at: Instant,
}

impl ReplayState {
    fn run(&mut self, script: &Script) -> RunReport {
        let Self { done, at } = self;
        let mut note = |line: &SourceLine| done.push(line.clone());
        raft_script::run_leniently(script, &mut |event| *at = event.at, &mut note, MAX_STEPS)
    }

    fn into_played(self, script: &Script, report: &RunReport, must_be_fair: bool) -> Played {
        let Some(failure) = &report.failure else {
            let script = self.with_opening(script, None);
            return Played { symptom: None, description: String::new(), script };
        };
        let failed = script.statements.iter().find(|line| line.number == failure.line);
        let failed = failed.map(|line| &line.statement);
        let (symptom, last) = match &failure.error {
            ExecError::Violated(violation) => {
                let is_waiting = failed.is_some_and(|failed| is_before(failed, report.at));
                let until = Run::To { time: report.at, step: None };
                let last = if is_waiting { Some(Statement::Run(until)) } else { failed.cloned() };
                (Symptom::Property(violation.property.name), last)
            }
            ExecError::Expectation { expected, found }
            | ExecError::TimedOut { awaited: expected, found, .. } => {
                let tells = failed.and_then(awaited).is_some_and(has_telling_state);
                let found = if tells { without_numbers(found) } else { String::new() };
                (Symptom::Expectation { condition: expected.clone(), found }, failed.cloned())
            }
            ExecError::LimitExceeded { limit } => (Symptom::Limit(limit.clone()), failed.cloned()),
            ExecError::Statement(_) => {
                let description = failure.error.to_string();
                return Played { symptom: None, description, script: script.clone() };
            }
        };
        let script = self.with_opening(script, last);
        let is_demand = !matches!(symptom, Symptom::Property(_));
        if must_be_fair && is_demand && !is_fair(&script, report) {
            let description = "progress is asked of nodes that have no quorum".to_owned();
            return Played { symptom: None, description, script };
        }
        Played { symptom: Some(symptom), description: failure.error.to_string(), script }
    }

    fn into_panicked(self, script: &Script, message: String) -> Played {
        let (from, at) = (self.done.last().map_or(0, |line| line.number), self.at);
        let mut rest = script.statements.iter().filter(|line| line.number > from);
        // The statement that was being carried out, as far as is known.
        let next = rest.find(|line| !line.statement.is_opening());
        let next = next.map(|line| &line.statement).map(|statement| {
            if matches!(statement, Statement::Run(_) | Statement::Expect { .. }) {
                let time = at + Duration::from_secs(1);
                Statement::Run(Run::To { time, step: None })
            } else {
                statement.clone()
            }
        });
        let cut = self.with_opening(script, next);
        // It is unknown which of the following statements the world had refused.
        let script = if panics(&cut) { cut } else { script.clone() };
        let symptom = Some(Symptom::Assertion(without_numbers(&message)));
        Played { symptom, description: message, script }
    }

    /// The opening of the script, the statements that were carried out, and a last one.
    fn with_opening(self, script: &Script, last: Option<Statement>) -> Script {
        let opening = script.statements.iter().map(|line| &line.statement);
        let opening = opening.take_while(|statement| statement.is_opening()).cloned();
        let done = self.done.into_iter().map(|line| line.statement);
        crate::statements(joined(opening.chain(done).chain(last)))
    }
}

/// Merges the moment of a statement into its line: `at 2s heal` instead of `run until 2s` and
/// `heal`.
fn joined(statements: impl Iterator<Item = Statement>) -> Vec<Statement> {
    let mut all: Vec<Statement> = Vec::new();
    for statement in statements {
        if let Some(Statement::Run(Run::To { time, step })) = all.last()
            && is_action(&statement)
        {
            let moment = When::Absolute { time: *time, step: *step };
            all.pop();
            all.push(Statement::At { moment, statement: Box::new(statement) });
        } else {
            all.push(statement);
        }
    }
    all
}

/// Whether a statement does something at once.
fn is_action(statement: &Statement) -> bool {
    matches!(statement, Statement::Order(_))
}

/// False if the script says which nodes recover, and these have no fair quorum.
fn is_fair(script: &Script, report: &RunReport) -> bool {
    let recovers =
        |line: &SourceLine| matches!(action(&line.statement), Statement::Order(Order::Recover(_)));
    let Some(session) = &report.session else { return false };
    !script.statements.iter().any(recovers) || recovery::is_fair(session.world(), session.checks())
}

/// The statement without its moment.
pub(crate) fn action(statement: &Statement) -> &Statement {
    if let Statement::At { statement, .. } = statement { statement } else { statement }
}

/// Whether a violation at this time came while time passed, before the statement acted.
fn is_before(statement: &Statement, time: Instant) -> bool {
    if let Statement::At { moment: When::Absolute { time: at, .. }, .. } = statement {
        return time < *at;
    }
    matches!(statement, Statement::Run(_) | Statement::Step(_) | Statement::Expect { .. })
}

impl fmt::Display for Symptom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(name) => f.write_str(name),
            Self::Expectation { condition, .. } => write!(f, "expect {condition}"),
            Self::Assertion(message) => write!(f, "assertion: {message}"),
            Self::Limit(limit) => write!(f, "limit: {limit}"),
            Self::Refused(reason) => write!(f, "cannot be carried out: {reason}"),
        }
    }
}
