//! The console: statements and their results.

use std::ops::Range;

use imbl::Vector;
use raft_core::Instant;
use raft_sim::Words;
use serde::Serialize;

/// The most lines that are kept.
const MAX_LINES: usize = 500;
/// The longest text that a line keeps, in characters; a disk image can be longer.
pub(crate) const MAX_TEXT: usize = 4000;

/// One line of the console. Its words may be several lines of text: errors show the place with a
/// caret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ConsoleLine {
    /// Counts all lines of the lab from 1.
    pub number: u64,
    /// The virtual time.
    pub at: Instant,
    /// Whether it is a statement, a reply, an answer, an error or a notice.
    pub kind: ConsoleKind,
    /// The words.
    pub words: Words,
}

/// The kind of a console line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsoleKind {
    /// A statement.
    Command,
    /// The lab's reply to a statement.
    Reply,
    /// The answer that a client got from the cluster.
    Answer,
    /// An error.
    Error,
    /// A notice.
    Info,
}

/// The most recent lines.
#[derive(Clone, Default, Debug)]
pub(crate) struct Console {
    lines: Vector<ConsoleLine>,
    count: u64,
}

impl Console {
    pub(crate) fn say(&mut self, at: Instant, kind: ConsoleKind, words: impl Into<Words>) {
        self.count += 1;
        let mut words = words.into();
        // Only what somebody typed is so long, and that names nothing.
        let text = words.to_string();
        if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
            words = format!("{}…", &text[..end]).into();
        }
        self.lines.push_back(ConsoleLine { number: self.count, at, kind, words });
        if self.lines.len() > MAX_LINES {
            self.lines.pop_front();
        }
    }

    /// The number of lines ever said.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn lines(&self) -> &Vector<ConsoleLine> {
        &self.lines
    }

    /// The lines that were said at this time or before.
    pub(crate) fn until(&self, time: Instant) -> Vector<ConsoleLine> {
        self.lines.iter().filter(|line| line.at <= time).cloned().collect()
    }

    /// The lines without those of these numbers.
    pub(crate) fn without(&self, numbers: &Range<u64>) -> Vector<ConsoleLine> {
        self.lines.iter().filter(|line| !numbers.contains(&line.number)).cloned().collect()
    }

    /// Puts an earlier console's lines before this one's; line numbers continue. A notice that the
    /// earlier console has is not repeated.
    pub(crate) fn continue_from(&mut self, earlier: Self) {
        let later = std::mem::replace(self, earlier);
        for line in later.lines {
            let repeats = |said: &ConsoleLine| said.kind == line.kind && said.words == line.words;
            if line.kind != ConsoleKind::Info || !self.lines.iter().any(repeats) {
                self.say(line.at, line.kind, line.words);
            }
        }
    }
}

#[cfg(test)]
mod tests;
