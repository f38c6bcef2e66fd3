//! What is wrong with the text of a history, and where.

use std::fmt;

use crate::excerpt::Excerpt;

/// A text that is no history. `Display` shows the line with a caret under the place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryParseError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, counted in characters.
    pub column: usize,
    /// What is wrong, in one sentence.
    pub message: String,
    excerpt: Excerpt,
}

impl HistoryParseError {
    /// An error at the bytes `start..end` of a line.
    pub(super) fn at(line: usize, text: &str, span: (usize, usize), message: String) -> Self {
        let column = text[..span.0].chars().count() + 1;
        Self { line, column, message, excerpt: Excerpt::new(text, span) }
    }

    /// An error about the text as a whole.
    pub(super) fn whole(line: usize, found: String, expected: String) -> Self {
        let message = format!("expected {expected}, found {found}");
        Self { line, column: 1, message, excerpt: Excerpt::default() }
    }
}

impl fmt::Display for HistoryParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, message, excerpt } = self;
        write!(f, "line {line}, column {column}: {message}{}", excerpt.below(*line))
    }
}

impl std::error::Error for HistoryParseError {}
