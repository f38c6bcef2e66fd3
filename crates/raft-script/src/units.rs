//! How durations, percentages, sizes, terms and keys are written and read, in scripts and in
//! arguments.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::excerpt::is_invisible;
use raft_core::Term;
use raft_sim::DelayRange;

use crate::statement::write_list;

/// A duration as a whole number of the largest unit that divides it: `20us`, `5ms`, `2s`, `1m`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Span(pub Duration);

impl Span {
    /// The units, the smallest first, each with its microseconds.
    const UNITS: [(&'static str, u64); 4] =
        [("us", 1), ("ms", 1000), ("s", 1_000_000), ("m", 60_000_000)];

    /// A number with a unit, such as `0.5s`; it must be a whole number of microseconds.
    pub fn parse(word: &str) -> Option<Duration> {
        let unit_at = word.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, name) = word.split_at(unit_at);
        let name = if name == "µs" { "us" } else { name };
        let (_, unit) = Self::UNITS.into_iter().find(|(unit, _)| *unit == name)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || fraction.is_empty() || fraction.len() > 9 {
            return None;
        }
        let scale = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
        let parts = digits(fraction)?.checked_mul(unit)?;
        if parts % scale != 0 {
            return None;
        }
        let micros = digits(whole)?.checked_mul(unit)?.checked_add(parts / scale)?;
        Some(Duration::from_micros(micros))
    }
}

/// A number of decimal digits alone.
pub(crate) fn digits(word: &str) -> Option<u64> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) { word.parse().ok() } else { None }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        let divides = |(_, unit): &(&str, u64)| micros.is_multiple_of(u128::from(*unit));
        match Self::UNITS.into_iter().rev().find(divides).filter(|_| micros > 0) {
            Some((name, unit)) => write!(f, "{}{name}", micros / u128::from(unit)),
            None => f.write_str("0s"),
        }
    }
}

/// A range of delays: `5ms..15ms`, or `5ms` for exactly that.
pub(crate) struct Delay(pub(crate) DelayRange);

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DelayRange { min, max } = self.0;
        if min == max { Span(min).fmt(f) } else { write!(f, "{}..{}", Span(min), Span(max)) }
    }
}

/// Parts of a million as a percentage: `2.5%`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Percent(pub u32);

impl Percent {
    /// From `0%` to `100%`, with at most four decimals; in parts of a million.
    pub fn parse(word: &str) -> Option<u32> {
        let number = word.strip_suffix('%')?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || fraction.is_empty() || fraction.len() > 4 {
            return None;
        }
        let scale = 10_u64.pow(4 - u32::try_from(fraction.len()).ok()?);
        let parts = digits(whole)?.checked_mul(10_000)? + digits(fraction)? * scale;
        u32::try_from(parts).ok().filter(|parts| *parts <= 1_000_000)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / 10_000, self.0 % 10_000);
        if fraction == 0 {
            return write!(f, "{whole}%");
        }
        let digits = format!("{fraction:04}");
        write!(f, "{whole}.{}%", digits.trim_end_matches('0'))
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

/// An answer in words: bare words where they are plain, else quoted as one.
pub(crate) struct Words<'a>(pub(crate) &'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |word: &str| is_plain(word.as_bytes()) && word != "within";
        if self.0.split(' ').all(plain) {
            f.write_str(self.0)
        } else {
            write_quoted(f, self.0.as_bytes())
        }
    }
}
