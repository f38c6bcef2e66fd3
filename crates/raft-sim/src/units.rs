//! How durations and percentages are written and read: in scripts, in arguments, in events and in
//! errors.

use std::fmt;
use std::time::Duration;

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

/// A number that is decimal digits alone, without a sign.
pub fn digits(word: &str) -> Option<u64> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) { word.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_in_the_largest_unit_that_divides_them() {
        for (micros, text) in
            [(0, "0s"), (20, "20us"), (1_500_000, "1500ms"), (2_000_000, "2s"), (60_000_000, "1m")]
        {
            let duration = Duration::from_micros(micros);
            assert_eq!(Span(duration).to_string(), text);
            assert_eq!(Span::parse(text), Some(duration));
        }
        assert_eq!(Span::parse("0.5s"), Some(Duration::from_millis(500)));
        assert_eq!(Span::parse("3µs"), Some(Duration::from_micros(3)));
        for wrong in ["", "5", "s", ".5s", "5.s", "0.5us", "-1s", "1d", "99999999999999999999s"] {
            assert_eq!(Span::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn percentages_have_no_trailing_zeros() {
        for (parts, text) in
            [(0, "0%"), (1, "0.0001%"), (2_500, "0.25%"), (50_000, "5%"), (1_000_000, "100%")]
        {
            assert_eq!(Percent(parts).to_string(), text);
            assert_eq!(Percent::parse(text), Some(parts));
        }
        for wrong in ["", "5", "%", "101%", "-1%", "0.00001%", ".5%"] {
            assert_eq!(Percent::parse(wrong), None, "{wrong}");
        }
    }
}
