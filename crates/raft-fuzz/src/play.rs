//! What a script's run shows: the statements that it is made of, and what is wrong with it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use raft_check::PROGRESS;
use raft_core::Instant;
use raft_script::{ExecError, Moment, Order, Run, RunReport, Script, SourceLine, Statement};

use crate::recovery;

/// What is wrong with a run. Two runs that are wrong in the same way have equal symptoms.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Symptom {
    /// A property of the protocol is broken: its name.
    Property(&'static str),
    /// What the script expects does not hold, or does not come in time: the condition.
    Expectation(String),
    /// An assertion failed, or something else panicked: the message, without its numbers.
    Assertion(String),
    /// The run is at a limit of scripts: which one.
    Limit(String),
}

/// A script's run.
#[derive(Clone, Debug)]
pub struct Played {
    /// What is wrong with it; `None`: nothing.
    pub symptom: Option<Symptom>,
    /// What is wrong, with all details, in one line; empty if nothing is.
    pub description: String,
    /// The statements of which the run is made: without those that the world refuses, and without
    /// those after what is wrong. Its run is the same run.
    pub script: Script,
}

impl Symptom {
    /// The name of the property that is broken; `Assertion` if the core noticed first. What does
    /// not come in time breaks [`PROGRESS`].
    pub fn property(&self) -> &'static str {
        match self {
            Self::Property(name) => name,
            Self::Expectation(_) | Self::Limit(_) => PROGRESS.name,
            Self::Assertion(_) => "Assertion",
        }
    }
}

/// A run ends after so many steps, where a script may go on: who plays many cannot wait for each
/// that goes wild.
const MAX_STEPS: u64 = 2_000_000;

/// Runs a script, whatever happens. Statements that the world refuses are left out.
///
/// A failed assertion is caught where the program unwinds; silence its message with a panic hook.
pub fn play(script: &Script) -> Played {
    let mut state = ReplayState::default();
    let outcome = catch_unwind(AssertUnwindSafe(|| state.run(script)));
    match outcome {
        Ok(report) => state.into_played(script, &report),
        Err(panic) => {
            let message = match panic.downcast::<String>() {
                Ok(message) => *message,
                Err(panic) => panic.downcast::<&str>().map_or("a panic", |text| *text).to_owned(),
            };
            state.into_panicked(script, message)
        }
    }
}

/// Whether a script's run ends with a panic.
fn panics(script: &Script) -> bool {
    catch_unwind(AssertUnwindSafe(|| ReplayState::default().run(script))).is_err()
}

/// How far a run has come; survives a panic.
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

    fn into_played(self, script: &Script, report: &RunReport) -> Played {
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
            ExecError::Expectation { expected, .. }
            | ExecError::TimedOut { awaited: expected, .. } => {
                (Symptom::Expectation(expected.clone()), failed.cloned())
            }
            ExecError::LimitExceeded { limit } => (Symptom::Limit(limit.clone()), failed.cloned()),
            // The script is wrong, and not the cluster.
            ExecError::Refused(_)
            | ExecError::Setup(_)
            | ExecError::DiskImage { .. }
            | ExecError::TooLate
            | ExecError::NoSuchRole { .. }
            | ExecError::NoNodes
            | ExecError::Past { .. }
            | ExecError::Busy { .. }
            | ExecError::OtherRun { .. } => {
                let description = failure.error.to_string();
                return Played { symptom: None, description, script: script.clone() };
            }
        };
        let script = self.with_opening(script, last);
        if !matches!(symptom, Symptom::Property(_)) && !is_fair(&script, report) {
            let description = "progress is asked of nodes that have no quorum".to_owned();
            return Played { symptom: None, description, script };
        }
        Played { symptom: Some(symptom), description: failure.error.to_string(), script }
    }

    fn into_panicked(self, script: &Script, message: String) -> Played {
        let without_numbers = message.replace(|c: char| c.is_ascii_digit(), "#");
        let (from, at) = (self.done.last().map_or(0, |line| line.number), self.at);
        let mut rest = script.statements.iter().filter(|line| line.number > from);
        // The next that was not refused, as far as is known.
        let next = rest.find(|line| !is_opening(&line.statement));
        let next = next.map(|line| &line.statement).map(|statement| {
            if matches!(statement, Statement::Run(_) | Statement::Expect { .. }) {
                let time = at + Duration::from_secs(1);
                Statement::Run(Run::To { time, step: None })
            } else {
                statement.clone()
            }
        });
        let cut = self.with_opening(script, next);
        // Which of the statements after the last one done were refused is not known.
        let script = if panics(&cut) { cut } else { script.clone() };
        let symptom = Some(Symptom::Assertion(without_numbers));
        Played { symptom, description: message, script }
    }

    /// The statements that make the world, those that are over, and a last one.
    fn with_opening(self, script: &Script, last: Option<Statement>) -> Script {
        let opening = script.statements.iter().map(|line| &line.statement);
        let opening = opening.take_while(|statement| is_opening(statement)).cloned();
        let done = self.done.into_iter().map(|line| line.statement);
        crate::statements(joined(opening.chain(done).chain(last)))
    }
}

/// With the moment of each statement in its own line: `at 2s heal` in place of `run until 2s` and
/// `heal`.
fn joined(statements: impl Iterator<Item = Statement>) -> Vec<Statement> {
    let mut all: Vec<Statement> = Vec::new();
    for statement in statements {
        if let Some(Statement::Run(Run::To { time, step })) = all.last()
            && is_action(&statement)
        {
            let moment = Moment::Absolute { time: *time, step: *step };
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

/// Whether a script that says who recovers may ask these for progress.
fn is_fair(script: &Script, report: &RunReport) -> bool {
    let recovers =
        |line: &SourceLine| matches!(action(&line.statement), Statement::Order(Order::Recover(_)));
    let Some(session) = &report.session else { return false };
    !script.statements.iter().any(recovers) || recovery::is_fair(session.world(), session.checks())
}

/// What a statement does, without the moment at which it does it.
pub(crate) fn action(statement: &Statement) -> &Statement {
    if let Statement::At { statement, .. } = statement { statement } else { statement }
}

/// Whether a statement makes the world.
pub(crate) fn is_opening(statement: &Statement) -> bool {
    matches!(statement, Statement::Cluster(_) | Statement::DiskContents { .. })
}

/// Whether a violation at that time was seen while time passed, before the statement did what it
/// does.
fn is_before(statement: &Statement, time: Instant) -> bool {
    match statement {
        Statement::At { moment: Moment::Absolute { time: at, .. }, .. } => time < *at,
        Statement::Run(_) | Statement::Step(_) | Statement::Expect { .. } => true,
        Statement::At { moment: Moment::Relative(_), .. }
        | Statement::Cluster(_)
        | Statement::DiskContents { .. }
        | Statement::Order(_) => false,
    }
}

impl fmt::Display for Symptom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(name) => f.write_str(name),
            Self::Expectation(condition) => write!(f, "expect {condition}"),
            Self::Assertion(message) => write!(f, "assertion: {message}"),
            Self::Limit(limit) => write!(f, "limit: {limit}"),
        }
    }
}
