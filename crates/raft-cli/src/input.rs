//! Input from outside: files, and numbers with a unit.

use std::fs::File;
use std::io::{self, Read};

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

/// A whole number followed by one of these units, times the value of the unit.
pub(crate) fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}
