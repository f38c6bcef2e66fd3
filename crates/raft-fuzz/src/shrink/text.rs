//! Statements as text: their durations, and statements that are parsed from changed text.

use std::ops::Range;

use raft_script::{Run, Statement};

use crate::play::action;

/// A duration in a text.
pub(super) struct Found {
    /// Its bytes.
    pub(super) place: Range<usize>,
    pub(super) micros: u64,
}

/// The units of durations, in microseconds; a unit stands before those that its name begins with.
const UNITS: [(&str, u64); 4] = [("us", 1), ("ms", 1000), ("s", 1_000_000), ("m", 60_000_000)];

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
        let named = |(name, _): &&(&str, u64)| name.as_bytes() == &rest[..unit];
        let micros = UNITS.iter().find(named).and_then(|(_, unit)| {
            text[start..start + digits].parse::<u64>().ok()?.checked_mul(*unit)
        });
        if let Some(micros) = micros {
            found.push(Found { place: start..end, micros });
        }
        start = end;
    }
    found
}

/// A duration as text, in the largest unit that divides it.
pub(super) fn duration(micros: u64) -> String {
    let units = UNITS.iter().rev().filter(|(_, unit)| micros > 0 && micros.is_multiple_of(*unit));
    let (name, unit) = units.max_by_key(|(_, unit)| *unit).unwrap_or(&("s", 1_000_000));
    format!("{}{name}", micros / unit)
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
