//! A text that is not a history, and the place that says so.

/// A text that is not a history.
///
/// It names a place, so that the line can be shown with a mark under the place. Nothing in the
/// message can steer a terminal.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The column where the place begins, from 1, counted in characters.
    pub column: usize,
    /// The width of the place, in characters; 0 if it is a whole line or the whole text.
    pub width: usize,
    /// What was expected and what was found, in one sentence.
    pub message: String,
}

impl ParseError {
    /// An error at the bytes `start..end` of a line.
    pub(super) fn at(
        line: usize,
        text: &str,
        (start, end): (usize, usize),
        message: String,
    ) -> Self {
        let column = text[..start].chars().count() + 1;
        let width = text[start..end].chars().count().max(1);
        Self { line, column, width, message }
    }

    /// An error about a whole line or the whole text.
    pub(super) fn whole(line: usize, found: &str, expected: &str) -> Self {
        let message = format!("expected {expected}, found {found}");
        Self { line, column: 1, width: 0, message }
    }
}
