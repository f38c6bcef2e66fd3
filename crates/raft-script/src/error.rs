//! What is wrong with a text, where, and what should stand there instead.

use std::fmt;

use crate::print::is_invisible;

/// A text that is no script. `Display` shows the line with a caret under the place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, counted in characters.
    pub column: usize,
    /// What stands there, as it stands there, shortened; empty at the end of the line.
    pub found: String,
    /// What should stand there.
    pub expected: String,
    /// The line's text around the place.
    source: String,
    /// How many characters of `source` stand before the place.
    caret: usize,
    /// How many characters the place covers.
    width: usize,
}

/// How much of a long line is shown on either side of the place.
const MARGIN: usize = 60;
/// How much of a long word is shown.
const MAX_FOUND: usize = 40;

impl ParseError {
    /// An error at the bytes `start..end` of a line.
    pub(crate) fn new(
        number: usize,
        text: &str,
        (start, end): (usize, usize),
        expected: String,
    ) -> Self {
        let before = text[..start].chars().count();
        let width = text[start..end].chars().count();
        let found: String = text[start..end].chars().take(MAX_FOUND).collect();
        let skipped = before.saturating_sub(MARGIN);
        let shown = (before - skipped) + width.min(MARGIN) + MARGIN;
        let source = text.chars().skip(skipped).take(shown).map(visible).collect();
        Self {
            line: number,
            column: before + 1,
            found: found.chars().map(visible).collect(),
            expected,
            source,
            caret: before - skipped,
            width: width.clamp(1, MARGIN),
        }
    }

    /// An error about the text as a whole.
    pub(crate) fn whole(line: usize, found: String, expected: String) -> Self {
        Self { line, column: 1, found, expected, source: String::new(), caret: 0, width: 1 }
    }

    /// The same error in another line.
    pub(crate) fn in_line(mut self, line: usize) -> Self {
        self.line = line;
        self
    }

    /// The error in one sentence, without the line and the place.
    pub fn message(&self) -> String {
        let found = &self.found;
        match (found.is_empty(), found.contains('`')) {
            (true, _) => format!("expected {}, found the end of the line", self.expected),
            (false, false) => format!("expected {}, found `{found}`", self.expected),
            (false, true) => format!("expected {}, found {found}", self.expected),
        }
    }
}

/// What a terminal can print in the width of one character. Tabs stay: the caret's line repeats them.
fn visible(c: char) -> char {
    if c != '\t' && c != ' ' && is_invisible(c) { '\u{fffd}' } else { c }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message())?;
        if self.source.is_empty() {
            return Ok(());
        }
        let number = self.line.to_string();
        let blank = " ".repeat(number.len());
        // Repeating the tabs keeps the caret under its place whatever a tab's width is.
        let indent: String =
            self.source.chars().take(self.caret).map(|c| if c == '\t' { c } else { ' ' }).collect();
        let source = self.source.trim_end();
        write!(f, "\n{blank} |\n{number} | {source}\n{blank} | {indent}{}", "^".repeat(self.width))
    }
}

impl std::error::Error for ParseError {}
