//! An axis: its range, its places and its ticks.

use serde::{Deserialize, Serialize};

/// An axis of a chart.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ChartAxis {
    /// The quantity, in words.
    pub label: String,
    /// Its unit.
    pub unit: String,
    /// The value at its beginning; above 0 on a logarithmic axis.
    pub from: f64,
    /// The value at its end, which is larger.
    pub to: f64,
    /// Whether equal distances are equal factors.
    pub is_logarithmic: bool,
}

impl ChartAxis {
    /// An axis for values from `least` to `most`, which ends at round numbers.
    pub(crate) fn around(
        (label, unit): (&str, &str),
        (least, most): (f64, f64),
        is_logarithmic: bool,
    ) -> Self {
        let (from, to) = match is_logarithmic {
            true => (below(least.max(1e-3)), above(most.max(1e-3))),
            false => (0.0, whole_steps(most)),
        };
        // A single value needs a width, too.
        let to = if to > from { to } else { 2.0 * from.max(0.5) };
        let (label, unit) = (label.to_owned(), unit.to_owned());
        Self { label, unit, from, to, is_logarithmic }
    }

    /// The place of a value, from 0 at the beginning to 1 at the end.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let place = match self.is_logarithmic {
            true => (value.max(f64::MIN_POSITIVE) / self.from).ln() / (self.to / self.from).ln(),
            false => (value - self.from) / (self.to - self.from),
        };
        place.clamp(0.0, 1.0)
    }

    /// The value at a place.
    pub(crate) fn value(&self, place: f64) -> f64 {
        match self.is_logarithmic {
            true => self.from * (self.to / self.from).powf(place),
            false => self.from + (self.to - self.from) * place,
        }
    }

    /// Round values for ticks, ascending; not many more than `most`.
    pub(crate) fn ticks(&self, most: usize) -> Vec<f64> {
        if !self.is_logarithmic {
            let step = ceiling((self.to - self.from) / most as f64);
            let first = (self.from / step).ceil() as i64;
            let last = (self.to / step + 1e-9).floor() as i64;
            return (first..=last).map(|count| count as f64 * step).collect();
        }
        let all = |of_decade: &[f64]| -> Vec<f64> {
            let decades = (-3..=12).map(|power| 10_f64.powi(power));
            let ticks = decades.flat_map(|decade| of_decade.iter().map(move |one| one * decade));
            ticks.filter(|tick| (self.from * 0.999..=self.to * 1.001).contains(tick)).collect()
        };
        let fine = all(&[1.0, 2.0, 5.0]);
        if fine.len() <= most { fine } else { all(&[1.0]) }
    }

    /// `time without a leader (ms)`
    pub(crate) fn title(&self) -> String {
        match self.unit.as_str() {
            "" => self.label.clone(),
            unit => format!("{} ({unit})", self.label),
        }
    }
}

/// A tick's number, without needless zeros.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The largest of 1, 2 and 5 times a power of ten that is at most this.
fn below(value: f64) -> f64 {
    let decade = 10_f64.powf(value.log10().floor());
    [5.0, 2.0].map(|one| one * decade).into_iter().find(|round| *round <= value).unwrap_or(decade)
}

/// The smallest of 1, 2 and 5 times a power of ten that is at least this.
fn above(value: f64) -> f64 {
    let round = below(value);
    if round >= value { round } else { below(round * 2.6) }
}

/// The same, of a value that may be 0.
fn ceiling(value: f64) -> f64 {
    if value > 0.0 { above(value) } else { 1.0 }
}

/// The end of a linear axis from 0: a whole number of ticks.
fn whole_steps(most: f64) -> f64 {
    let step = ceiling(most / 5.0);
    step * (most / step).ceil().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(least: f64, most: f64, is_logarithmic: bool) -> ChartAxis {
        ChartAxis::around(("time", "ms"), (least, most), is_logarithmic)
    }

    #[test]
    fn axes_end_at_round_numbers() {
        for (least, most, from, to) in
            [(75.0, 513.0, 50.0, 1000.0), (1.0, 10.0, 1.0, 10.0), (0.3, 0.3, 0.2, 0.5)]
        {
            let axis = axis(least, most, true);
            assert!((axis.from - from).abs() < 1e-9 && (axis.to - to).abs() < 1e-9, "{axis:?}");
        }
        let linear = axis(300.0, 730.0, false);
        assert!(linear.from.abs() < 1e-9 && (linear.to - 800.0).abs() < 1e-9, "{linear:?}");
        assert!(axis(0.0, 0.0, false).to > 0.0);
    }

    #[test]
    fn places_and_values_are_inverse() {
        for axis in [axis(75.0, 60_000.0, true), axis(0.0, 100.0, false)] {
            for place in [0.0, 0.25, 0.5, 1.0] {
                assert!((axis.place(axis.value(place)) - place).abs() < 1e-9);
            }
        }
        let decades = axis(10.0, 1000.0, true);
        assert!((decades.value(0.5) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn ticks_are_round_and_few() {
        let texts =
            |axis: &ChartAxis| -> Vec<String> { axis.ticks(8).into_iter().map(number).collect() };
        assert_eq!(
            texts(&axis(10.0, 1000.0, true)),
            ["10", "20", "50", "100", "200", "500", "1000"]
        );
        assert_eq!(texts(&axis(5.0, 60_000.0, true)), ["10", "100", "1000", "10000", "100000"]);
        assert_eq!(texts(&axis(0.0, 100.0, false)), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(number(0.25), "0.25");
    }
}
