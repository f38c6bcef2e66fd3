//! The results of statements, in words.

use std::fmt;

use raft_check::Violation;
use raft_core::{Instant, NodeId};
use raft_explain::{Explanation, Unanswerable};
use raft_sim::{ActionError, SetupError, Words};

use crate::language::BoundWords;
use crate::statement::SourceLine;

/// The answer to a statement that was carried out, as the console prints it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    words: Words,
}

impl Reply {
    /// A reply with these words.
    pub fn new(words: impl Into<Words>) -> Self {
        Self { words: words.into() }
    }

    /// The words.
    pub fn words(&self) -> &Words {
        &self.words
    }
}

/// The lines of an answer to `why`.
impl From<&Explanation> for Reply {
    fn from(explanation: &Explanation) -> Self {
        Self::new(Words::joined(explanation.lines(), "\n"))
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words.fmt(f)
    }
}

/// A statement cannot be carried out. The cluster is not to blame, and nothing has changed.
#[derive(Clone, PartialEq, Debug)]
pub enum StatementError {
    /// The world refuses the action in its present state.
    Refused(ActionError),
    /// A setting of the world is out of bounds.
    Setup(SetupError),
    /// The contents of a disk cannot be read.
    DiskImage {
        /// The disk's owner.
        node: NodeId,
        /// The mistake in the contents, in words.
        reason: String,
    },
    /// `cluster`, the settings of a node or the contents of a disk came after the world was made.
    TooLate,
    /// No running node has the role that the statement names.
    NoSuchRole {
        /// `leader` or `follower`.
        role: String,
    },
    /// The statement names no node to which it applies.
    NoNodes,
    /// The statement names a time before the present.
    Past {
        /// The named time.
        time: Instant,
        /// The present.
        now: Instant,
    },
    /// A question has no answer.
    Unanswerable(Unanswerable),
    /// Another statement is still waiting. Only one waits at a time.
    Busy {
        /// The goal of that statement, in words.
        goal: String,
    },
    /// The moment names a step that this run does not reach at that time: the script was recorded
    /// from a different run.
    OtherRun {
        /// The moment.
        moment: String,
        /// The steps made so far.
        step: u64,
        /// The time of the next step; `None`: nothing is scheduled.
        next: Option<Instant>,
    },
}

/// A statement was not carried out, or the cluster does not behave as it says.
#[derive(Clone, PartialEq, Debug)]
pub enum ExecError {
    /// The statement cannot be carried out.
    Statement(StatementError),
    /// An expectation does not hold.
    Expectation {
        /// The condition, in words.
        expected: String,
        /// The present state, in words.
        found: String,
    },
    /// The condition did not come to hold in time.
    TimedOut {
        /// The condition, in words.
        awaited: String,
        /// The longest wait, as a duration of the language.
        within: String,
        /// The state at the end of the wait, in words.
        found: String,
    },
    /// A property of the protocol is broken.
    Violated(Violation),
    /// A script's [limit](crate::limits) is reached.
    LimitExceeded {
        /// The limit and its value, in words.
        limit: String,
    },
}

impl StatementError {
    /// Whether the world refused the statement in its present state.
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
    /// The reason.
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

impl From<StatementError> for ExecError {
    fn from(error: StatementError) -> Self {
        Self::Statement(error)
    }
}

impl From<ActionError> for ExecError {
    fn from(refusal: ActionError) -> Self {
        StatementError::Refused(refusal).into()
    }
}

impl From<SetupError> for ExecError {
    fn from(error: SetupError) -> Self {
        StatementError::Setup(error).into()
    }
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(ActionError::Settings(error)) => BoundWords(error).fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Setup(error) => BoundWords(error).fmt(f),
            Self::DiskImage { node, reason } => {
                write!(f, "the disk of node {node} cannot be filled: {reason}")
            }
            Self::TooLate => f.write_str(
                "the world exists already: `cluster`, `node` and what disks hold come first in a \
                 script; `restart 3 batch=1` changes settings later",
            ),
            Self::NoSuchRole { role } => write!(f, "there is no {role} now"),
            Self::NoNodes => f.write_str("no node is in a state that allows it"),
            Self::Past { time, now } => write!(f, "{time} is over: it is {now}"),
            Self::Unanswerable(reason) => reason.fmt(f),
            Self::Busy { goal } => write!(f, "another statement is not finished: {goal}"),
            Self::OtherRun { moment, step, next } => {
                write!(f, "{moment} is not reached: after {step} steps ")?;
                match next {
                    Some(next) => write!(f, "the next is due at {next}")?,
                    None => f.write_str("nothing is scheduled")?,
                }
                f.write_str("; the script was recorded from a different run")
            }
        }
    }
}

impl std::error::Error for StatementError {}

impl fmt::Display for ExecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement(error) => error.fmt(f),
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
