//! Values in the notation of the language, for settings that are in no statement.

use std::fmt;
use std::time::Duration;

use raft_sim::DelayRange;

use crate::error::ParseError;
use crate::language::{Cursor, Parsed, one_of};
use crate::units::{Delay, Size, Span};

/// The values that a setting may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueKind {
    /// `5`: a whole number.
    Number {
        /// The least.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// `2s`
    Duration {
        /// The shortest.
        least: Duration,
        /// The longest.
        most: Duration,
    },
    /// `5ms..15ms`, or `5ms` for exactly that.
    Delay {
        /// The shortest beginning.
        least: Duration,
        /// The longest end.
        most: Duration,
    },
    /// `64KiB`
    Size {
        /// The largest, in bytes.
        most: u64,
    },
    /// `64KiB/s`, or `off`.
    Bandwidth,
    /// `on` or `off`
    Switch,
    /// One of a few words.
    Word(&'static [&'static str]),
}

/// A value of a setting. `Display` is the notation of the language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingValue {
    /// A whole number.
    Number(u64),
    /// A duration.
    Duration(Duration),
    /// A range of delays.
    Delay(DelayRange),
    /// Bytes.
    Size(u64),
    /// Bytes a second; `None`: any number.
    Bandwidth(Option<u64>),
    /// `on` is true.
    Switch(bool),
    /// One of the words of its kind.
    Word(&'static str),
}

/// Reads values of a kind with commas between them: at least one, and at most `most`.
///
/// ```
/// use raft_script::{SettingValue, ValueKind, parse_values};
///
/// let kind = ValueKind::Number { least: 1, most: 9 };
/// let values = parse_values("3,5", kind, 4)?;
/// assert_eq!(values, [SettingValue::Number(3), SettingValue::Number(5)]);
/// assert!(parse_values("3,50", kind, 4).is_err());
/// # Ok::<(), raft_script::ParseError>(())
/// ```
///
/// # Errors
/// The first place that is no such value, in line 1.
pub fn parse_values(
    text: &str,
    kind: ValueKind,
    most: usize,
) -> Result<Vec<SettingValue>, ParseError> {
    let mut cursor = Cursor::new(text)?;
    let mut values = vec![cursor.value_of(kind)?];
    while cursor.is_sign_at(0, ",") {
        cursor.advance();
        if values.len() == most {
            let noun = if most == 1 { "value" } else { "values" };
            return Err(cursor.error(format!("at most {most} {noun}")));
        }
        values.push(cursor.value_of(kind)?);
    }
    cursor.end()?;
    Ok(values)
}

impl Cursor<'_> {
    fn value_of(&mut self, kind: ValueKind) -> Parsed<SettingValue> {
        match kind {
            ValueKind::Number { least, most } => {
                self.number("a number", least, most).map(SettingValue::Number)
            }
            ValueKind::Duration { least, most } => {
                let duration = self.duration()?;
                self.check_bounds("a duration", (duration, duration), (least, most))?;
                Ok(SettingValue::Duration(duration))
            }
            ValueKind::Delay { least, most } => {
                let range = self.delay()?;
                self.check_bounds("a delay", (range.min, range.max), (least, most))?;
                Ok(SettingValue::Delay(range))
            }
            ValueKind::Size { most } => self.size_up_to(most).map(SettingValue::Size),
            ValueKind::Bandwidth => self.bandwidth().map(SettingValue::Bandwidth),
            ValueKind::Switch => self.switch().map(SettingValue::Switch),
            ValueKind::Word(words) => {
                let word = words.iter().copied().find(|word| self.word() == Some(word));
                let word = word.ok_or_else(|| self.error(one_of(words.iter().copied())))?;
                self.advance();
                Ok(SettingValue::Word(word))
            }
        }
    }

    /// The value before is within its bounds.
    fn check_bounds(
        &self,
        what: &str,
        (min, max): (Duration, Duration),
        (least, most): (Duration, Duration),
    ) -> Parsed<()> {
        if min >= least && max <= most {
            return Ok(());
        }
        let (least, most) = (Span(least), Span(most));
        Err(self.error_before(format!("{what} from {least} to {most}")))
    }
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Duration(duration) => Span(*duration).fmt(f),
            Self::Delay(range) => Delay(*range).fmt(f),
            Self::Size(bytes) => Size(*bytes).fmt(f),
            Self::Bandwidth(Some(bytes)) => write!(f, "{}/s", Size(*bytes)),
            Self::Bandwidth(None) | Self::Switch(false) => f.write_str("off"),
            Self::Switch(true) => f.write_str("on"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

#[cfg(test)]
mod tests;
