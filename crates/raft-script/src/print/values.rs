//! Numbers, durations, keys: the words that follow keywords.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::excerpt::is_invisible;
use raft_core::Term;
use raft_sim::DelayRange;

use super::write_list;

/// A duration in the largest unit that divides it.
pub(crate) struct Time(pub(crate) Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        match micros {
            0 => f.write_str("0s"),
            _ if micros.is_multiple_of(60_000_000) => write!(f, "{}m", micros / 60_000_000),
            _ if micros.is_multiple_of(1_000_000) => write!(f, "{}s", micros / 1_000_000),
            _ if micros.is_multiple_of(1000) => write!(f, "{}ms", micros / 1000),
            _ => write!(f, "{micros}us"),
        }
    }
}

pub(super) struct Delay(pub(super) DelayRange);

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DelayRange { min, max } = self.0;
        if min == max { Time(min).fmt(f) } else { write!(f, "{}..{}", Time(min), Time(max)) }
    }
}

/// Parts of a million as a percentage.
pub(super) struct Percent(pub(super) u32);

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
pub(super) struct Drift(pub(super) i32);

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

/// Bytes in the largest unit that divides them.
pub(super) struct Size(pub(super) u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
        match units.into_iter().find(|(_, unit)| self.0 > 0 && self.0.is_multiple_of(*unit)) {
            Some((name, unit)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}B", self.0),
        }
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
pub(super) struct Words<'a>(pub(super) &'a str);

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
