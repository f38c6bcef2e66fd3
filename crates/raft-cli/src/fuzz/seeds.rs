//! Ranges of seeds and their shares.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::str::FromStr;
use std::time::SystemTime;

/// A range of seeds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Seeds {
    pub(crate) first: u64,
    /// The seed after the last one; `u64::MAX` if there is no end.
    pub(crate) end: u64,
}

/// A drawn range starts from this number up, so that no seed is one that everybody plays.
const DRAWN_FROM: u64 = 1_000_000;
/// A drawn range starts below this number: short enough to be copied by hand.
const DRAWN_BELOW: u64 = 1_000_000_000;

impl Seeds {
    /// `count` seeds from a start that the system's randomness and clock draw; without a count,
    /// there is no end.
    pub(crate) fn drawn(count: Option<u64>) -> Self {
        let mut hasher = RandomState::new().build_hasher();
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        hasher.write_u128(since.as_nanos());
        let first = DRAWN_FROM + hasher.finish() % (DRAWN_BELOW - DRAWN_FROM);
        Self { first, end: count.map_or(u64::MAX, |count| first + count) }
    }

    pub(crate) fn count(self) -> u64 {
        self.end.saturating_sub(self.first)
    }

    /// One of several shares of nearly equal size. Together they have every seed once. The first
    /// shares are the larger ones.
    pub(crate) fn share(self, shard: Shard) -> Self {
        let Shard { number, of } = shard;
        let (each, more) = (self.count() / of, self.count() % of);
        let start = |place: u64| self.first + each * place + more.min(place);
        Self { first: start(number - 1), end: start(number) }
    }
}

/// `1..1001`, `1..=1000`, `1..` or `17`.
impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is not a range of seeds: write 1..1001 (without 1001), 1..=1000, 1.., 17"
            )
        };
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        let seeds = match text.split_once("..") {
            None => {
                let first = number(text)?;
                Self { first, end: first.checked_add(1).ok_or_else(wrong)? }
            }
            Some((first, "")) => Self { first: number(first)?, end: u64::MAX },
            Some((first, end)) => match end.strip_prefix('=') {
                Some(last) => {
                    let end = number(last)?.checked_add(1).ok_or_else(wrong)?;
                    Self { first: number(first)?, end }
                }
                None => Self { first: number(first)?, end: number(end)? },
            },
        };
        if seeds.first >= seeds.end {
            return Err(format!("the range of seeds {text} is empty"));
        }
        Ok(seeds)
    }
}

impl fmt::Display for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end {
            u64::MAX => write!(f, "{}..", self.first),
            end => write!(f, "{}..{end}", self.first),
        }
    }
}

/// `2/8`: the second of eight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shard {
    pub(crate) number: u64,
    pub(crate) of: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(number, of)| {
            Some(Self { number: number.parse().ok()?, of: of.parse().ok()? })
        });
        parts
            .filter(|shard| (1..=shard.of).contains(&shard.number))
            .ok_or_else(|| format!("{text:?} is not a share: write 1/8, 2/8, up to 8/8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_printed() {
        for (text, first, end) in
            [("1..11", 1, 11), ("1..=10", 1, 11), ("0..", 0, u64::MAX), ("7", 7, 8)]
        {
            assert_eq!(text.parse(), Ok(Seeds { first, end }), "{text}");
        }
        for text in ["", "..", "..3", "3..3", "5..2", "a..b", "1..=18446744073709551615", "1...3"] {
            assert!(text.parse::<Seeds>().is_err(), "{text}");
        }
        for text in ["1..11", "4.."] {
            assert_eq!(text.parse::<Seeds>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn drawn_ranges_differ_and_are_never_those_of_the_sample() {
        let drawn = [Seeds::drawn(Some(1_000)), Seeds::drawn(Some(1_000))];
        assert_ne!(drawn[0], drawn[1]);
        for seeds in drawn {
            assert_eq!(seeds.count(), 1_000);
            assert!((DRAWN_FROM..DRAWN_BELOW).contains(&seeds.first));
        }
        assert_eq!(Seeds::drawn(None).end, u64::MAX);
    }

    #[test]
    fn shares_are_all_seeds_and_none_twice() {
        for (count, of) in [(10, 3), (3, 8), (100_000, 7), (1, 1)] {
            let all = Seeds { first: 5, end: 5 + count };
            let mut next = all.first;
            for number in 1..=of {
                let share = all.share(Shard { number, of });
                assert_eq!(share.first, next);
                assert!(share.count().abs_diff(count / of) <= 1);
                next = share.end;
            }
            assert_eq!(next, all.end);
        }
        for text in ["0/3", "4/3", "1/0", "1", "a/b"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
