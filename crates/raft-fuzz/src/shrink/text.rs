//! Statements as text: their durations, and statements that are parsed from changed text.

use std::ops::Range;
use std::time::Duration;

use raft_script::{Run, Statement};
use raft_sim::units::Span;

use crate::play::action;

/// A duration in a text.
pub(super) struct Found {
    /// Its bytes.
    pub(super) place: Range<usize>,
    pub(super) micros: u64,
}

/// All durations in a statement's text: numbers with a unit that are words, or part of a range.
pub(super) fn durations(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/:@\"".contains(&byte);
    let mut start = 0;
    while start < bytes.len() {
        let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || (start > 0 && is_part(bytes[start - 1])) {
            start += digits.max(1);
            continue;
        }
        let rest = &bytes[start + digits..];
        let unit = rest.iter().take_while(|byte| is_part(**byte)).count();
        let end = start + digits + unit;
        let micros = Span::parse(&text[start..end]).map(|time| time.as_micros() as u64);
        if let Some(micros) = micros {
            found.push(Found { place: start..end, micros });
        }
        start = end;
    }
    found
}

/// A duration as text, in the largest unit that divides it.
pub(super) fn duration(micros: u64) -> String {
    Span(Duration::from_micros(micros)).to_string()
}

/// `None` if the text is not one statement.
pub(super) fn parse(text: &str) -> Option<Statement> {
    raft_script::parse_line(text).ok().flatten()
}

/// The text of a statement without its moment.
pub(super) fn action_words(statement: &Statement) -> String {
    action(statement).to_string()
}

/// Whether the first duration of a statement says until when the script runs.
pub(super) fn waits(statement: &Statement) -> bool {
    matches!(statement, Statement::At { .. } | Statement::Run(Run::To { .. } | Run::For(_)))
}
