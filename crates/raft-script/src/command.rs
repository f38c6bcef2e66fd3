//! The lines of a console: statements, and commands that look at the run or move in it.

use std::fmt;
use std::time::Duration;

use raft_core::{Instant, NodeId};
use raft_diagram::DiagramFormat;
use raft_sim::EventNumber;

use crate::condition::Condition;
use crate::statement::Statement;
use crate::units::{Span, Text};

/// One line of a console.
#[derive(Clone, PartialEq, Debug)]
pub enum ConsoleInput {
    /// A statement, which acts on the cluster or lets time pass.
    Statement(Statement),
    /// What only a console has.
    Command(ConsoleCommand),
}

/// A command that only a console has: it looks at the run, or moves in it. A script has no such
/// line. `Display` prints the canonical form, which parses back to the same command.
#[derive(Clone, PartialEq, Debug)]
pub enum ConsoleCommand {
    /// `back 3`: show the moment so many moments before the shown one.
    Back(u64),
    /// `goto 1500ms`: show another moment of the branch.
    Goto(Destination),
    /// `continue`: go on with what waits.
    Continue,
    /// `break leader`: breakpoints.
    Break(Breakpoint),
    /// `fork trial`: begin a branch at the shown moment.
    Fork(Option<String>),
    /// `branches`: list them.
    Branches,
    /// `switch 2`: go to the end of another branch.
    Switch(BranchName),
    /// `diff 1 2`: where two branches begin to differ. `None`: the live branch, and the one that it
    /// left.
    Diff(Option<(BranchName, BranchName)>),
    /// `logs 1 3`: the logs of these nodes; of all if none is named.
    Logs(Vec<NodeId>),
    /// `diagram svg from 1s to 1500ms`: the sequence diagram of a time.
    Diagram(Drawing),
    /// `undo`: take the last order back.
    Undo,
    /// `help run`: the forms of a word, or of all commands.
    Help(Option<String>),
}

/// A moment to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Destination {
    /// `goto 1500ms`: after all that was done then.
    Time(Instant),
    /// `goto step 320`: after so many steps of the world.
    Step(u64),
    /// `goto event 812`: after the step or the statement that made this event.
    Event(EventNumber),
    /// `goto end`: the end of the branch.
    End,
}

/// A sequence diagram that somebody wants to see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Drawing {
    /// Its format; text if none is named.
    pub format: DiagramFormat,
    /// Its earliest time; `None`: 100 ms before the latest.
    pub from: Option<Instant>,
    /// Its latest time; `None`: the shown moment, which is the latest in any case.
    pub to: Option<Instant>,
}

/// What is to be done about breakpoints.
#[derive(Clone, PartialEq, Debug)]
pub enum Breakpoint {
    /// `break leader`: pause when the condition comes to hold.
    When(Condition),
    /// `break violation`: pause when a property is broken.
    Violation,
    /// `break list`: list them.
    List,
    /// `break remove 1`; 0 is the one of `break violation`.
    Remove(u32),
}

/// How a person names a branch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BranchName {
    /// By its number.
    Number(u32),
    /// By its name.
    Name(String),
}

impl fmt::Display for ConsoleInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement(statement) => statement.fmt(f),
            Self::Command(command) => command.fmt(f),
        }
    }
}

impl fmt::Display for ConsoleCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Back(1) => f.write_str("back"),
            Self::Back(count) => write!(f, "back {count}"),
            Self::Goto(destination) => write!(f, "goto {destination}"),
            Self::Continue => f.write_str("continue"),
            Self::Break(breakpoint) => write!(f, "break {breakpoint}"),
            Self::Fork(None) => f.write_str("fork"),
            Self::Fork(Some(name)) => write!(f, "fork {}", Text::of(name)),
            Self::Branches => f.write_str("branches"),
            Self::Switch(branch) => write!(f, "switch {branch}"),
            Self::Diff(None) => f.write_str("diff"),
            Self::Diff(Some((one, other))) => write!(f, "diff {one} {other}"),
            Self::Logs(nodes) => {
                f.write_str("logs")?;
                nodes.iter().try_for_each(|node| write!(f, " {node}"))
            }
            Self::Diagram(drawing) => write!(f, "diagram{drawing}"),
            Self::Undo => f.write_str("undo"),
            Self::Help(None) => f.write_str("help"),
            Self::Help(Some(word)) => write!(f, "help {word}"),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => span(*time).fmt(f),
            Self::Step(steps) => write!(f, "step {steps}"),
            Self::Event(number) => write!(f, "event {number}"),
            Self::End => f.write_str("end"),
        }
    }
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, from, to } = self;
        if *format != DiagramFormat::Text {
            write!(f, " {}", format.name())?;
        }
        from.map_or(Ok(()), |from| write!(f, " from {}", span(from)))?;
        to.map_or(Ok(()), |to| write!(f, " to {}", span(to)))
    }
}

/// A time as the language writes it.
fn span(time: Instant) -> Span {
    Span(Duration::from_micros(time.0))
}

impl fmt::Display for Breakpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::When(condition) => condition.fmt(f),
            Self::Violation => f.write_str("violation"),
            Self::List => f.write_str("list"),
            Self::Remove(number) => write!(f, "remove {number}"),
        }
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => Text::of(name).fmt(f),
        }
    }
}
