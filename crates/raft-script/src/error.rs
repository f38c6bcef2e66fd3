//! Errors of the parser: the place, the text found there, and the text expected.

use std::fmt;

use crate::excerpt::{Excerpt, visible};

/// A text is not a script. `Display` shows the line with a caret under the place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, counted in characters.
    pub column: usize,
    /// The text found, up to 40 characters; empty at the end of the line.
    pub found: String,
    /// The text expected, in words.
    pub expected: String,
    excerpt: Excerpt,
}

/// The longest text shown as found, in characters.
const MAX_FOUND: usize = 40;

impl ParseError {
    /// An error at the bytes `start..end` of a line.
    pub(crate) fn new(
        number: usize,
        text: &str,
        (start, end): (usize, usize),
        expected: String,
    ) -> Self {
        Self {
            line: number,
            column: text[..start].chars().count() + 1,
            found: text[start..end].chars().take(MAX_FOUND).map(visible).collect(),
            expected,
            excerpt: Excerpt::new(text, (start, end)),
        }
    }

    /// An error about the text as a whole.
    pub(crate) fn whole(line: usize, found: String, expected: String) -> Self {
        Self { line, column: 1, found, expected, excerpt: Excerpt::default() }
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

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (message, excerpt) = (self.message(), self.excerpt.below(self.line));
        write!(f, "line {}, column {}: {message}{excerpt}", self.line, self.column)
    }
}

impl std::error::Error for ParseError {}
