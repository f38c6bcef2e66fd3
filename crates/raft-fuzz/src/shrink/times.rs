//! Shorter waits, and round numbers.

use raft_core::Instant;
use raft_script::{Run, Statement};

use super::{Shrinker, text};

/// Round numbers of microseconds, the roundest first.
const ROUND_ENDS: [u64; 4] = [1_000_000, 100_000, 10_000, 1000];

impl Shrinker<'_> {
    /// Makes everything happen sooner, and at round times.
    pub(super) fn simpler_times(&mut self) {
        self.wait_less();
        self.round();
    }

    /// Lets a script that runs until the failure run a little longer, up to a round time.
    pub(super) fn end_at_a_round_time(&mut self) {
        let Some(&Statement::Run(Run::To { time, step: None })) = self.best.last() else { return };
        for unit in ROUND_ENDS {
            let rounded = Instant(time.0.div_ceil(unit) * unit);
            let mut longer = self.best.clone();
            longer.pop();
            longer.push(Statement::Run(Run::To { time: rounded, step: None }));
            if longer == self.best || self.prefer(longer) {
                return;
            }
        }
    }

    /// Makes everything from one statement on happen sooner, by all or a part of the wait before
    /// it.
    fn wait_less(&mut self) {
        let open = self.open_range();
        // The first protected statement may come sooner, too.
        for place in open.start..=open.end {
            while self.wait_less_before(place) {}
        }
    }

    fn wait_less_before(&mut self, place: usize) -> bool {
        let Some(gap) = self.gap_before(place) else { return false };
        let Some(moment) = self.best.get(place).and_then(moment) else { return false };
        let to_round = ROUND_ENDS.into_iter().map(|unit| moment.found.micros % unit);
        let quarters = [4, 3, 2, 1].into_iter().map(|quarters| gap / 4 * quarters);
        let mut shifts: Vec<u64> = quarters.collect();
        shifts.extend(to_round.filter(|by| *by > 0 && *by <= gap));
        shifts.into_iter().any(|by| self.shift(place, by))
    }

    /// The wait before a statement, in microseconds.
    fn gap_before(&self, place: usize) -> Option<u64> {
        let here = moment(self.best.get(place)?)?;
        let mut moments = self.best[..place].iter().filter_map(moment);
        let before = moments.rfind(|before| !before.is_relative);
        let before = before.filter(|_| !here.is_relative).map_or(0, |before| before.found.micros);
        here.found.micros.checked_sub(before).filter(|gap| *gap > 0)
    }

    /// Moves a statement and all later ones, protected ones too, to earlier moments. The times that
    /// expectations wait stay the same.
    fn shift(&mut self, from: usize, by: u64) -> bool {
        let mut candidate = self.best.clone();
        for (place, statement) in candidate.iter_mut().enumerate().skip(from) {
            let Some(When { found, is_relative }) = moment(statement) else { continue };
            if is_relative && place > from {
                continue;
            }
            let sooner = text::duration(found.micros.saturating_sub(by));
            if let Some(moved) = text::parse(&replaced(&statement.to_string(), &found, &sooner)) {
                *statement = moved;
            }
            if is_relative {
                break;
            }
        }
        self.propose(candidate)
    }

    /// Rounds each duration to as few digits as possible.
    fn round(&mut self) {
        let mut place = 0;
        while place < self.open_range().end {
            let count = text::durations(&self.best[place].to_string()).len();
            for which in 0..count {
                self.round_one(place, which);
            }
            self.round_percentages(place);
            place += 1;
        }
    }

    fn round_one(&mut self, place: usize, which: usize) {
        let Some(statement) = self.best.get(place) else { return };
        let words = statement.to_string();
        let durations = text::durations(&words);
        let Some(found) = durations.get(which) else { return };
        for rounded in rounder(found.micros) {
            let changed = text::parse(&replaced(&words, found, &text::duration(rounded)));
            if changed.is_some_and(|statement| self.propose_instead(place, statement)) {
                return;
            }
        }
    }

    fn round_percentages(&mut self, place: usize) {
        let words = self.best[place].to_string();
        let Some(end) = words.find('%') else { return };
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let start = words[..end].rfind(|c| !is_part(c)).map_or(0, |at| at + 1);
        let Some((whole, _)) = words[start..end].split_once('.') else { return };
        let changed = text::parse(&format!("{}{whole}{}", &words[..start], &words[end..]));
        if let Some(statement) = changed {
            self.propose_instead(place, statement);
        }
    }
}

/// The time until which a statement waits.
pub(super) struct When {
    pub(super) found: text::Found,
    /// Whether it counts from the present: `run 2s`, `at +2s`.
    pub(super) is_relative: bool,
}

pub(super) fn moment(statement: &Statement) -> Option<When> {
    let is_relative = if let Statement::At { moment, .. } = statement {
        matches!(moment, raft_script::When::Relative(_))
    } else {
        let Statement::Run(run) = statement else { return None };
        match run {
            Run::For(_) => true,
            Run::To { .. } => false,
            Run::Until { .. } => return None,
        }
    };
    let found = text::durations(&statement.to_string()).into_iter().next()?;
    Some(When { found, is_relative })
}

fn replaced(words: &str, found: &text::Found, by: &str) -> String {
    format!("{}{by}{}", &words[..found.place.start], &words[found.place.end..])
}

/// Rounder durations, the roundest first: below and above, with one digit, then two, and so on, up
/// to half as long again.
fn rounder(micros: u64) -> impl Iterator<Item = u64> {
    let digits = micros.checked_ilog10().unwrap_or(0);
    (0..=digits).rev().flat_map(move |zeros| {
        let unit = 10_u64.pow(zeros);
        let halves = [micros / unit * unit, micros.div_ceil(unit) * unit];
        halves.into_iter().filter(move |rounded| *rounded != micros && *rounded <= micros / 2 * 3)
    })
}
