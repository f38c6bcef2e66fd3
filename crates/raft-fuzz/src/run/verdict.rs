//! The result of a run, of a plan or of a script.

use std::fmt;

use raft_check::{PROGRESS, Property, Violation};
use raft_core::Instant;
use raft_script::{ExecError, RunReport};
use raft_sim::{Words, World};

/// The result of a run.
#[derive(Clone, PartialEq, Debug)]
pub enum RunResult {
    /// Every check passed.
    Clean,
    /// A check failed.
    Failed(Failure),
}

/// A failure of the cluster.
#[derive(Clone, PartialEq, Debug)]
pub enum Failure {
    /// A property is broken, [`PROGRESS`] among them.
    Violation(Violation),
    /// An assertion of the core failed.
    Assertion {
        /// The message of the panic.
        message: String,
    },
    /// A step or an action never ends.
    Endless {
        /// The number of steps before it.
        steps: u64,
        /// The virtual time before it.
        at: Instant,
    },
}

impl RunResult {
    /// The failure, if there is one.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Clean => None,
            Self::Failed(failure) => Some(failure),
        }
    }
}

impl Failure {
    pub(super) fn no_progress(description: String, world: &World) -> Self {
        let event = world.events().last().map_or(0, |event| event.number.get());
        let description = Words::of(&*description);
        Self::Violation(Violation { property: &PROGRESS, at: world.now(), event, description })
    }

    /// The broken property; `None` for an assertion.
    pub fn property(&self) -> Option<&'static Property> {
        match self {
            Self::Violation(violation) => Some(violation.property),
            Self::Assertion { .. } | Self::Endless { .. } => None,
        }
    }

    /// The name of the broken property, or `Assertion` or `Endless Loop`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Violation(violation) => violation.property.name,
            Self::Assertion { .. } => "Assertion",
            Self::Endless { .. } => "Endless Loop",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Violation(violation) => violation.fmt(f),
            Self::Assertion { message } => write!(f, "an assertion failed: {message}"),
            Self::Endless { steps, at } => {
                write!(f, "an endless loop: what comes after step {steps}, at {at}, never ends")
            }
        }
    }
}

/// How the run of a script ended. A broken property is a failure; so is an expectation that is not
/// met in time, and so is a script's limit, which a cluster reaches that only keeps itself busy. A
/// statement that cannot be carried out is no failure of the cluster.
pub fn of_script(report: &RunReport) -> RunResult {
    let Some(failure) = &report.failure else { return RunResult::Clean };
    let broken = match &failure.error {
        ExecError::Violated(violation) => Failure::Violation(violation.clone()),
        ExecError::TimedOut { .. } | ExecError::LimitExceeded { .. } => {
            let Some(session) = &report.session else { return RunResult::Clean };
            Failure::no_progress(failure.error.to_string(), session.world())
        }
        ExecError::Statement(_) | ExecError::Expectation { .. } => return RunResult::Clean,
    };
    RunResult::Failed(broken)
}
