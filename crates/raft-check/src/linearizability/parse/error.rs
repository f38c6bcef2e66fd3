//! What is wrong with the text of a history, and where.

use std::fmt;

/// A text that is no history. `Display` shows the line with a caret under the place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryParseError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, counted in characters.
    pub column: usize,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The line's text around the place, and how many of its characters stand before the place.
    source: String,
    caret: usize,
    width: usize,
}

/// How much of a long line is shown on either side of the place.
const MARGIN: usize = 60;

impl HistoryParseError {
    /// An error at the bytes `start..end` of a line.
    pub(super) fn at(
        line: usize,
        text: &str,
        (start, end): (usize, usize),
        message: String,
    ) -> Self {
        let before = text[..start].chars().count();
        let width = text[start..end].chars().count();
        let skipped = before.saturating_sub(MARGIN);
        let shown = (before - skipped) + width.min(MARGIN) + MARGIN;
        let source = text.chars().skip(skipped).take(shown).map(visible).collect();
        Self {
            line,
            column: before + 1,
            message,
            source,
            caret: before - skipped,
            width: width.clamp(1, MARGIN),
        }
    }

    /// An error about the text as a whole.
    pub(super) fn whole(line: usize, found: String, expected: String) -> Self {
        let message = format!("expected {expected}, found {found}");
        Self { line, column: 1, message, source: String::new(), caret: 0, width: 1 }
    }
}

/// What a terminal can print in the width of one character. Tabs stay: the caret's line repeats them.
pub(super) fn visible(c: char) -> char {
    let is_seen = c == '\t' || c == ' ' || !(c.is_control() || c.is_whitespace());
    if is_seen && !super::super::words::turns_text(c) { c } else { '\u{fffd}' }
}

impl fmt::Display for HistoryParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)?;
        if self.source.is_empty() {
            return Ok(());
        }
        let number = self.line.to_string();
        let blank = " ".repeat(number.len());
        // Repeating the tabs keeps the caret under its place whatever a tab's width is.
        let before = self.source.chars().take(self.caret);
        let indent: String = before.map(|c| if c == '\t' { c } else { ' ' }).collect();
        let source = self.source.trim_end();
        write!(f, "\n{blank} |\n{number} | {source}\n{blank} | {indent}{}", "^".repeat(self.width))
    }
}

impl std::error::Error for HistoryParseError {}
