//! Traces held against the specification.

use std::io::{self, Write};

use raft_spec::{HeldRun, Outside, SpecError, hold};

/// The result for one trace.
pub(super) struct Held(Result<HeldRun, SpecError>);

impl Held {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(hold(bytes))
    }

    /// The exit code that this alone would give.
    pub(super) fn code(&self) -> u8 {
        match &self.0 {
            Ok(held) => u8::from(held.outside.is_some()),
            Err(_) => 2,
        }
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let held = match &self.0 {
            Ok(held) => held,
            Err(error) => return writeln!(out, "  specification: {error}"),
        };
        let HeldRun { events, steps, outside, until } = held;
        match outside {
            None => writeln!(
                out,
                "  specification: it allows all {events} events, which are {steps} of its steps"
            )?,
            Some(Outside { line, text, action, because }) => {
                writeln!(out, "  specification: it does not allow line {line}: {text}")?;
                writeln!(out, "    {action}")?;
                writeln!(out, "    {because}")?;
            }
        }
        match until {
            None => Ok(()),
            Some((line, reason)) => {
                writeln!(
                    out,
                    "    from line {line} on nothing is held against it, because {reason}"
                )
            }
        }
    }
}
