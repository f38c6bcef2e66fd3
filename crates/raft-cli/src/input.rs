//! Input from outside: files, times, and numbers with a unit.

use std::fs::File;
use std::io::{self, Read};

use raft_core::Instant;
use raft_sim::units::Span;

/// The bytes of a file; `-` is standard input. Never reads more than one byte past `limit`.
pub(crate) fn read(file: &str, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file == "-" {
        io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(file)?.take(limit + 1).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// A virtual time such as `1.5s`. An error is in words.
pub(crate) fn time(word: &str) -> Result<Instant, String> {
    let time = Span::parse(word).and_then(|time| u64::try_from(time.as_micros()).ok());
    time.map(Instant).ok_or_else(|| "a time such as 1.5s or 200ms is expected".to_owned())
}

/// A whole number followed by one of these units, times the value of the unit.
pub(crate) fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}
