//! The console: what was typed, and what came of it.

use imbl::Vector;
use raft_core::Instant;

/// How many lines are kept.
const MAX_LINES: usize = 500;
/// The longest text that a line keeps, in characters; a disk image can be longer.
const MAX_TEXT: usize = 4000;

/// One line of the console. It may be several lines of text: errors show the place with a caret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsoleLine {
    /// Counts all lines of the lab from 1.
    pub number: u64,
    /// The virtual time.
    pub at: Instant,
    /// What kind of line it is.
    pub kind: ConsoleKind,
    /// The text.
    pub text: String,
}

/// What a line of the console is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ConsoleKind {
    /// A statement that was given.
    Command,
    /// What the lab says to a statement.
    Reply,
    /// What a client got from the cluster.
    Answer,
    /// Something went wrong.
    Error,
    /// Something to know.
    Info,
}

/// The most recent lines.
#[derive(Clone, Default, Debug)]
pub(crate) struct Console {
    lines: Vector<ConsoleLine>,
    count: u64,
}

impl Console {
    pub(crate) fn say(&mut self, at: Instant, kind: ConsoleKind, text: impl Into<String>) {
        self.count += 1;
        let mut text = text.into();
        if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
            text.truncate(end);
            text.push('…');
        }
        self.lines.push_back(ConsoleLine { number: self.count, at, kind, text });
        if self.lines.len() > MAX_LINES {
            self.lines.pop_front();
        }
    }

    /// How many lines there ever were.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn lines(&self) -> &Vector<ConsoleLine> {
        &self.lines
    }

    /// Takes over an earlier console, so that line numbers go on. What there is to know about the
    /// browser is said once.
    pub(crate) fn continue_from(&mut self, earlier: Self) {
        let later = std::mem::replace(self, earlier);
        for line in later.lines {
            let repeats = |said: &ConsoleLine| said.kind == line.kind && said.text == line.text;
            if line.kind != ConsoleKind::Info || !self.lines.iter().any(repeats) {
                self.say(line.at, line.kind, line.text);
            }
        }
    }
}

#[cfg(test)]
mod tests;
