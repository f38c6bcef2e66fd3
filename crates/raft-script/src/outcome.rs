//! What became of a statement, in words.

use std::fmt;

use raft_check::Violation;
use raft_core::{Instant, NodeId};
use raft_sim::{ActionError, SetupError};

use crate::statement::SourceLine;

/// What the console prints when a statement is carried out. `Display` is its words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    words: String,
}

impl Reply {
    pub(crate) fn new(words: String) -> Self {
        Self { words }
    }

    /// The words.
    pub fn words(&self) -> &str {
        &self.words
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// Why a statement was not carried out, or what it expects does not hold.
#[derive(Clone, PartialEq, Debug)]
pub enum ExecError {
    /// The world does not allow it now.
    Refused(ActionError),
    /// The world cannot begin like that.
    Setup(SetupError),
    /// What a disk should hold cannot be read.
    DiskImage {
        /// Whose disk.
        node: NodeId,
        /// What is wrong.
        reason: String,
    },
    /// `cluster` or the contents of a disk, when the world exists already.
    TooLate,
    /// No node has the role that was named.
    NoSuchRole {
        /// The role.
        role: String,
    },
    /// The statement is about no node at all.
    NoNodes,
    /// The time is over.
    Past {
        /// The time that was named.
        time: Instant,
        /// The present.
        now: Instant,
    },
    /// Another statement waits.
    Busy {
        /// What for.
        goal: String,
    },
    /// A moment that names a step is not reached: the run is another one than that of the script.
    OtherRun {
        /// The moment.
        moment: String,
        /// The steps made so far.
        step: u64,
        /// When something happens next.
        next: Option<Instant>,
    },
    /// An expectation does not hold.
    Expectation {
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// What was waited for did not come.
    TimedOut {
        /// What was waited for.
        awaited: String,
        /// For how long.
        within: String,
        /// What was found at the end.
        found: String,
    },
    /// A property that must always hold is broken.
    Violated(Violation),
    /// A script's [limit](crate::limits) is reached.
    LimitExceeded {
        /// Which.
        limit: String,
    },
}

impl ExecError {
    /// Whether the statement could not be carried out as the world was, which changed nothing.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refused(_) | Self::NoSuchRole { .. } | Self::NoNodes | Self::Past { .. }
        )
    }
}

/// A statement of a script that failed.
#[derive(Clone, PartialEq, Debug)]
pub struct FailedStatement {
    /// Its line, from 1.
    pub line: usize,
    /// The statement, in its canonical form.
    pub statement: String,
    /// Why.
    pub error: ExecError,
}

impl FailedStatement {
    pub(crate) fn at(line: &SourceLine, error: ExecError) -> Self {
        Self { line: line.number, statement: line.statement.to_string(), error }
    }
}

impl fmt::Display for FailedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.statement, self.error)
    }
}

impl std::error::Error for FailedStatement {}

impl From<ActionError> for ExecError {
    fn from(refusal: ActionError) -> Self {
        Self::Refused(refusal)
    }
}

impl From<SetupError> for ExecError {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}

impl fmt::Display for ExecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Setup(error) => error.fmt(f),
            Self::DiskImage { node, reason } => {
                write!(f, "the disk of node {node} cannot be filled: {reason}")
            }
            Self::TooLate => f.write_str(
                "the world exists already: `cluster` and what disks hold come first in a script",
            ),
            Self::NoSuchRole { role } => write!(f, "there is no {role} now"),
            Self::NoNodes => f.write_str("there is no node that it could be done to"),
            Self::Past { time, now } => write!(f, "{time} is over: it is {now}"),
            Self::Busy { goal } => write!(f, "another statement is not finished: {goal}"),
            Self::OtherRun { moment, step, next } => {
                write!(f, "{moment} is not reached: after {step} steps ")?;
                match next {
                    Some(next) => write!(f, "the next is due at {next}")?,
                    None => f.write_str("nothing is to come")?,
                }
                f.write_str("; the script was recorded from another run")
            }
            Self::Expectation { expected, found } => {
                write!(f, "expected {expected}, found: {found}")
            }
            Self::TimedOut { awaited, within, found } => {
                write!(f, "waited {within} for {awaited}, found: {found}")
            }
            Self::Violated(violation) => violation.fmt(f),
            Self::LimitExceeded { limit } => write!(f, "a script's limit is reached: {limit}"),
        }
    }
}

impl std::error::Error for ExecError {}
