//! The part of the run that the line shows, and the places of times on it.

use std::ops::Range;

use raft_lab::Instant;

use crate::picture::ticks;

/// The narrowest window, in µs.
const NARROWEST: f64 = 100.0;
/// No more ticks than this on the axis.
const MOST_TICKS: u64 = 10;

/// The part of the run that the line shows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Scale {
    pub(super) from: Instant,
    pub(super) to: Instant,
    /// The end of the run.
    end: Instant,
    /// Whether it is the whole run.
    pub(super) is_whole: bool,
}

impl Scale {
    /// `window` is what a person chose, in µs; `None`: the whole run. A window without the cursor
    /// moves there.
    pub(super) fn new(window: Option<Range<u64>>, now: Instant, end: Instant) -> Self {
        let whole = Self { from: Instant(0), to: Instant(end.0.max(1)), end, is_whole: true };
        let Some(window) = window else { return whole };
        let width = window.end.saturating_sub(window.start).max(1);
        let from = match window.contains(&now.0) || now.0 == window.end {
            true => window.start,
            false => now.0.saturating_sub(width / 2),
        };
        Self { from: Instant(from), to: Instant(from + width), is_whole: false, ..whole }
    }

    /// The place of a time, in percent of the width.
    pub(super) fn percent(&self, at: Instant) -> f64 {
        let width = (self.to.0 - self.from.0).max(1) as f64;
        let place = (at.0 as f64 - self.from.0 as f64) * 100.0 / width;
        place.clamp(0.0, 100.0)
    }

    /// The time at a part of the width, from 0 to 1.
    pub(super) fn time(&self, part: f64) -> Instant {
        let width = (self.to.0 - self.from.0) as f64;
        Instant(self.from.0 + (width * part.clamp(0.0, 1.0)) as u64)
    }

    /// The end of the run.
    pub(super) fn end(&self) -> Instant {
        self.end
    }

    /// Whether a time is in the window.
    pub(super) fn contains(&self, at: Instant) -> bool {
        (self.from..=self.to).contains(&at)
    }

    /// The window that is `factor` times as wide, with the cursor, at `now`, at the same place;
    /// `None`: the whole run.
    pub(super) fn zoomed(&self, factor: f64, now: Instant) -> Option<Range<u64>> {
        let width = (self.to.0 - self.from.0) as f64;
        let wanted = (width * factor).max(NARROWEST);
        if wanted >= self.end.0 as f64 {
            return None;
        }
        let part = (now.0.saturating_sub(self.from.0)) as f64 / width.max(1.0);
        let from = (now.0 as f64 - wanted * part.clamp(0.0, 1.0)).max(0.0) as u64;
        Some(from..from + wanted as u64)
    }

    /// Round times at equal distances, with their names.
    pub(super) fn ticks(&self) -> Vec<(Instant, String)> {
        ticks(self.from..self.to, MOST_TICKS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(window: Option<Range<u64>>, now: u64) -> Scale {
        Scale::new(window, Instant(now), Instant(10_000_000))
    }

    #[test]
    fn zooming_keeps_the_cursor_in_its_place() {
        const NOW: Instant = Instant(4_000_000);
        let whole = scale(None, 4_000_000);
        assert!((whole.percent(Instant(4_000_000)) - 40.0).abs() < 0.01);
        let window = whole.zoomed(0.5, NOW).expect("a part of the run");
        let half = scale(Some(window.clone()), 4_000_000);
        assert!((half.percent(Instant(4_000_000)) - 40.0).abs() < 0.01, "{window:?}");
        assert_eq!((half.time(0.0), half.time(1.0)), (half.from, half.to));
        assert_eq!(half.zoomed(2.0, NOW), None, "the whole run again");
        assert_eq!(half.zoomed(f64::INFINITY, NOW), None);
    }

    #[test]
    fn a_window_follows_the_cursor() {
        let away = scale(Some(0..1_000_000), 5_000_000);
        assert_eq!((away.from, away.to), (Instant(4_500_000), Instant(5_500_000)));
        assert!(away.contains(Instant(5_000_000)) && !away.contains(Instant(1_000_000)));
    }
}
