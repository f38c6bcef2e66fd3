//! How delays, drifts, sizes, terms and keys are written and read in scripts. Durations and
//! percentages are those of the simulator.

use std::fmt::{self, Write as _};

use raft_core::Term;
use raft_sim::DelayRange;
pub(crate) use raft_sim::units::{Percent, Span, digits};

use crate::excerpt::is_invisible;
use crate::language::ENDS_CONDITION;
use crate::statement::write_list;

/// A range of delays: `5ms..15ms`, or `5ms` for exactly that.
pub(crate) struct Delay(pub(crate) DelayRange);

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DelayRange { min, max } = self.0;
        if min == max { Span(min).fmt(f) } else { write!(f, "{}..{}", Span(min), Span(max)) }
    }
}

/// How wrong a clock runs, with its sign.
pub(crate) struct Drift(pub(crate) i32);

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.0 {
            0 => "",
            1.. => "+",
            _ => "-",
        };
        write!(f, "{sign}{}", Percent(self.0.unsigned_abs()))
    }
}

/// Bytes as a whole number of the largest unit that divides them: `100B`, `64KiB`.
pub(crate) struct Size(pub(crate) u64);

impl Size {
    const UNITS: [(&'static str, u64); 4] =
        [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

    pub(crate) fn parse(word: &str) -> Option<u64> {
        let unit_at = word.find(|c: char| !c.is_ascii_digit())?;
        let (number, name) = word.split_at(unit_at);
        let (_, unit) = Self::UNITS.into_iter().find(|(unit, _)| *unit == name)?;
        digits(number)?.checked_mul(unit)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let divides = |(_, unit): &(&str, u64)| self.0 > 0 && self.0.is_multiple_of(*unit);
        let (name, unit) = Self::UNITS.into_iter().rev().find(divides).unwrap_or(("B", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

/// Terms of entries.
pub(crate) struct Terms<'a>(pub(crate) &'a [Term]);

impl fmt::Display for Terms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("empty") } else { write_list(f, self.0, ",") }
    }
}

/// A key or a value: bare if it is a plain word, else quoted.
pub(crate) struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    pub(crate) fn of(bytes: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self(bytes.as_ref())
    }
}

fn is_plain(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:@+".contains(byte))
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain(self.0) {
            return self.0.iter().try_for_each(|byte| f.write_char(char::from(*byte)));
        }
        write_quoted(f, self.0)
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_char('"')?;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                ' ' => f.write_char(' ')?,
                // What cannot be seen, or turns the text around it, is written as its bytes.
                c if is_invisible(c) => {
                    let mut buffer = [0; 4];
                    write_escaped(f, c.encode_utf8(&mut buffer).as_bytes())?;
                }
                c => f.write_char(c)?,
            }
        }
        write_escaped(f, chunk.invalid())?;
    }
    f.write_char('"')
}

fn write_escaped(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
}

/// Words in quotes.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_quoted(f, self.0.as_bytes())
    }
}

/// An answer in words: bare words where they are plain, else quoted as one.
pub(crate) struct Words<'a>(pub(crate) &'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |word: &str| is_plain(word.as_bytes()) && !ENDS_CONDITION.contains(&word);
        if self.0.split(' ').all(plain) {
            f.write_str(self.0)
        } else {
            write_quoted(f, self.0.as_bytes())
        }
    }
}
