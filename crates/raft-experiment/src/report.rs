//! Results as a table, as CSV and as charts.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::chart::{Chart, ChartAxis, ChartCurve};
use crate::dial::{Case, Dial};
use crate::experiment::{Drawn, Quantity, Ratio};
use crate::sample::Sample;
use crate::trials::{CaseResults, ExperimentPlan, TrialResults};
use raft_script::SettingValue;

/// Everything that is shown of results, finished or not.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ExperimentReport {
    /// The experiment in a line.
    pub title: String,
    /// The number of trials so far.
    pub trials: u64,
    /// One row for each case.
    pub table: ExperimentTable,
    /// At least one.
    pub charts: Vec<Chart>,
    /// What a reader has to know, in sentences.
    pub notes: Vec<String>,
}

/// A table of texts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExperimentTable {
    /// The dials, which the CSV has in place of the names of the rows.
    pub dials: Vec<String>,
    /// The columns after the name.
    pub columns: Vec<TableColumn>,
    /// One for each case.
    pub rows: Vec<TableRow>,
}

/// A column of a table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TableColumn {
    /// Its heading.
    pub name: String,
    /// The unit of its numbers; empty for counts and words.
    pub unit: String,
    /// Whether it is a statistic of the measured values, such as a percentile.
    pub is_statistic: bool,
}

/// A row of a table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TableRow {
    /// The values in which its case differs from the others.
    pub name: String,
    /// The values of all dials.
    pub dials: Vec<String>,
    /// One text for each column; empty if nothing was measured.
    pub cells: Vec<String>,
}

/// The places of a curve of shares, one for each pixel of a chart.
const PLACES: usize = 536;

const PERCENTILES: [usize; 4] = [10, 50, 90, 99];

impl ExperimentPlan {
    /// The table and the charts of results, finished or not. Results of another plan have none of
    /// its cases: they give an empty table.
    pub fn report(&self, results: &TrialResults) -> ExperimentReport {
        let description = self.request().experiment.description();
        let none = self.no_results();
        let results = if self.fits(results) { results } else { &none };
        let samples: Vec<Sample> = results.0.iter().map(|case| Sample::new(&case.values)).collect();
        let charts = match description.drawn {
            Drawn::Cumulative { is_logarithmic } => self.shares(&samples, is_logarithmic),
            Drawn::Against { dial } => self.means(&samples, dial),
        };
        ExperimentReport {
            title: description.title.to_owned(),
            trials: results.trials(),
            table: self.table(results, &samples),
            charts,
            notes: description.notes.iter().map(|note| (*note).to_owned()).collect(),
        }
    }

    fn table(&self, results: &TrialResults, samples: &[Sample]) -> ExperimentTable {
        let description = self.request().experiment.description();
        let unit = description.quantity.unit;
        let column = |name: &str, unit: &str, is_statistic| TableColumn {
            name: name.to_owned(),
            unit: unit.to_owned(),
            is_statistic,
        };
        let mut columns = vec![column("trials", "", true), column("mean", unit, true)];
        columns.extend(PERCENTILES.map(|percent| column(&format!("p{percent}"), unit, true)));
        columns.push(column("max", unit, true));
        columns
            .extend(description.ratios.iter().map(|ratio| column(ratio.name, ratio.unit, false)));
        columns.extend(description.headings.iter().map(|heading| column(heading, "", false)));
        let rows = self.names().into_iter().zip(self.cases()).enumerate();
        let rows = rows.map(|(place, (name, case))| {
            let (counted, sample) = (&results.0[place], &samples[place]);
            let mut cells = statistics(counted.trials, sample, description.quantity);
            cells.extend(description.ratios.iter().map(|ratio| ratio.of(counted)));
            cells.extend((description.words)(case));
            let dials = case.values().map(|(_, value)| value.to_string()).collect();
            TableRow { name, dials, cells }
        });
        let dials = description.dials.iter().map(|dial| dial.name.to_owned()).collect();
        ExperimentTable { dials, columns, rows: rows.collect() }
    }

    /// Cumulative distributions, as many charts as the curves need.
    fn shares(&self, samples: &[Sample], is_logarithmic: bool) -> Vec<Chart> {
        let Quantity { name, unit, .. } = self.request().experiment.description().quantity;
        let quantity = self.request().experiment.description().quantity;
        let names = self.names();
        let groups = names.chunks(Chart::MAX_CURVES).zip(samples.chunks(Chart::MAX_CURVES));
        let count = names.len().div_ceil(Chart::MAX_CURVES);
        let charts = groups.enumerate().map(|(place, (names, samples))| {
            let number = numbered(place, count);
            let x = ChartAxis::around((name, unit), quantity.range(samples), is_logarithmic);
            let curves = names.iter().zip(samples);
            let curves = curves.map(|(name, sample)| quantity.shares(name, sample, &x)).collect();
            Chart {
                title: format!("{}{number}", sentence(name)),
                y: ChartAxis::around(("share of values", "%"), (0.0, 100.0), false),
                x,
                curves,
            }
        });
        charts.collect()
    }

    /// The means against the values of a dial, as many charts as the curves need.
    fn means(&self, samples: &[Sample], dial: &str) -> Vec<Chart> {
        let quantity = self.request().experiment.description().quantity;
        let mut curves: Vec<OneCurve> = Vec::new();
        for (case, sample) in self.cases().iter().zip(samples) {
            let (x, others) = apart(case, dial);
            let Some(mean) = sample.mean() else { continue };
            let point = (x, quantity.shown(mean));
            match curves.iter_mut().find(|(own, _)| *own == others) {
                Some((_, points)) => points.push(point),
                None => curves.push((others, vec![point])),
            }
        }
        let all: Vec<(f64, f64)> = curves.iter().flat_map(|(_, points)| points.clone()).collect();
        let most = all.iter().map(|point| point.1).fold(0.0, f64::max);
        let ends = |pick: fn(f64, f64) -> f64| all.iter().map(|point| point.0).reduce(pick);
        let range = (ends(f64::min).unwrap_or(1.0), ends(f64::max).unwrap_or(10.0));
        let named = curves.into_iter().map(|(others, mut points)| {
            points.sort_by(|one, other| one.0.total_cmp(&other.0));
            ChartCurve { name: self.name_without(dial, &others), points, is_stepped: false }
        });
        let named: Vec<ChartCurve> = named.collect();
        let count = named.len().div_ceil(Chart::MAX_CURVES);
        let chart = |(place, curves): (usize, &[ChartCurve])| Chart {
            title: format!("{} against {dial}{}", sentence(quantity.name), numbered(place, count)),
            x: ChartAxis::around((dial, ""), range, true),
            y: ChartAxis::around((quantity.name, quantity.unit), (0.0, most), false),
            curves: curves.to_vec(),
        };
        named.chunks(Chart::MAX_CURVES).enumerate().map(chart).collect()
    }

    /// The name of a curve: the values of the dials that vary, without the one of the axis.
    fn name_without(&self, dial: &str, others: &[SettingValue]) -> String {
        let dials = self.request().experiment.dials().iter().filter(|own| own.name != dial);
        let varies =
            |dial| self.cases().iter().any(|case| case.value(dial) != self.cases()[0].value(dial));
        let named = dials.zip(others).filter(|(dial, _)| varies(dial));
        let named: Vec<String> =
            named.map(|(dial, value)| format!("{}={value}", dial.name)).collect();
        if named.is_empty() { "mean".to_owned() } else { named.join(" ") }
    }
}

/// `, 2 of 3`; nothing for the only one.
fn numbered(place: usize, count: usize) -> String {
    if count > 1 { format!(", {} of {count}", place + 1) } else { String::new() }
}

/// The values of the other dials, and the points.
type OneCurve = (Vec<SettingValue>, Vec<(f64, f64)>);

/// The value of a dial with numbers, and the values of the other dials.
fn apart(case: &Case, dial: &str) -> (f64, Vec<SettingValue>) {
    let is_axis = |own: &Dial| own.name == dial;
    let axis = case.values().find(|(own, _)| is_axis(own));
    let x = axis.map_or(0.0, |(own, _)| case.number(own) as f64);
    let others = case.values().filter(|(own, _)| !is_axis(own)).map(|(_, value)| value);
    (x, others.collect())
}

fn statistics(trials: u64, sample: &Sample, quantity: Quantity) -> Vec<String> {
    let mut values = vec![sample.mean()];
    values.extend(PERCENTILES.map(|percent| sample.percentile(percent)));
    values.push(sample.max());
    let texts = values.into_iter().map(|value| value.map_or(String::new(), |v| quantity.text(v)));
    std::iter::once(trials.to_string()).chain(texts).collect()
}

impl Quantity {
    /// A value in the unit that is shown.
    fn shown(self, value: u64) -> f64 {
        value as f64 / self.per_unit as f64
    }

    fn text(self, value: u64) -> String {
        format!("{:.*}", self.decimals, self.shown(value))
    }

    /// The least and the largest value that was reached.
    fn range(self, samples: &[Sample]) -> (f64, f64) {
        let reached = |value: &u64| *value < self.cap;
        let least = samples.iter().filter_map(Sample::min).filter(reached).min();
        let most = samples.iter().filter_map(|sample| sample.below(self.cap)).max();
        match least.zip(most) {
            Some((least, most)) => (self.shown(least), self.shown(most)),
            None => (1.0, 10.0),
        }
    }

    /// The share of the values up to each place of the axis, in %.
    fn shares(self, name: &str, sample: &Sample, x: &ChartAxis) -> ChartCurve {
        let mut points: Vec<(f64, f64)> = Vec::new();
        let places = if sample.is_empty() { 0 } else { PLACES + 1 };
        for place in 0..places {
            let at = x.value(place as f64 / PLACES as f64);
            let limit = (at * self.per_unit as f64 + 1e-6).min(self.cap as f64 - 1.0);
            let share = 100.0 * sample.share_within(limit);
            if points.last().is_none_or(|(_, before)| *before < share) {
                points.push((at, share));
            }
        }
        ChartCurve { name: name.to_owned(), points, is_stepped: true }
    }
}

impl Ratio {
    fn of(&self, results: &CaseResults) -> String {
        let count = |place: usize| results.counts.get(place).copied().unwrap_or(0) as f64;
        match count(self.per) {
            0.0 => String::new(),
            per => format!("{:.1}", self.times * count(self.of) / per),
        }
    }
}

/// With a capital letter.
fn sentence(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

impl ExperimentReport {
    /// The table as CSV, with a column for each dial. Units are in the headings: `p90_ms`.
    pub fn csv(&self) -> String {
        self.table.csv()
    }

    /// All charts in one SVG picture, below each other.
    pub fn svg(&self) -> String {
        Chart::svg_of_all(&self.charts)
    }

    /// The report as text, at most 80 columns wide if the names are short: the statistics, the
    /// other columns, the charts and the notes.
    pub fn text(&self, colour: bool) -> String {
        let mut out = format!("{}\n\n", self.title);
        self.table.write_columns(&mut out, true);
        out.push('\n');
        if self.table.columns.iter().any(|column| !column.is_statistic) {
            self.table.write_columns(&mut out, false);
            out.push('\n');
        }
        for chart in &self.charts {
            let _ = writeln!(out, "{}", chart.text(colour));
        }
        for note in &self.notes {
            let _ = writeln!(out, "{}", wrapped(note));
        }
        out
    }
}

impl ExperimentTable {
    fn csv(&self) -> String {
        let heading = |column: &TableColumn| match column.unit.as_str() {
            "" => column.name.replace(' ', "_"),
            unit => format!("{}_{unit}", column.name.replace(' ', "_")),
        };
        let headings = self.dials.iter().cloned().chain(self.columns.iter().map(heading));
        let mut out = line_of_csv(headings);
        for row in &self.rows {
            out += &line_of_csv(row.dials.iter().chain(&row.cells).cloned());
        }
        out
    }

    /// The name and some of the columns, as text. A heading has a line for each of its words.
    fn write_columns(&self, out: &mut String, statistics: bool) {
        let is_chosen = |place: &usize| self.columns[*place].is_statistic == statistics;
        let chosen: Vec<usize> = (0..self.columns.len()).filter(is_chosen).collect();
        let headings: Vec<Vec<String>> =
            chosen.iter().map(|place| self.columns[*place].heading()).collect();
        let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
        let first = longest(&mut self.rows.iter().map(|row| row.name.len()));
        let widths: Vec<usize> = chosen
            .iter()
            .zip(&headings)
            .map(|(place, heading)| {
                let cells = self.rows.iter().map(|row| row.cells[*place].len());
                longest(&mut cells.chain(heading.iter().map(String::len)))
            })
            .collect();
        let mut line = |name: &str, cells: &mut dyn Iterator<Item = &str>| {
            let mut text = format!("{name:<first$}");
            for (cell, width) in cells.zip(&widths) {
                let _ = write!(text, " {cell:>width$}");
            }
            let _ = writeln!(out, "{}", text.trim_end());
        };
        let height = longest(&mut headings.iter().map(Vec::len));
        for at in (0..height).rev() {
            // The last words of all headings are in one line.
            let word = |heading: &'_ Vec<String>| heading.len().checked_sub(at + 1);
            let words = headings.iter().map(|heading| word(heading).map_or("", |at| &heading[at]));
            line("", &mut { words });
        }
        for row in &self.rows {
            line(&row.name, &mut chosen.iter().map(|place| row.cells[*place].as_str()));
        }
    }
}

impl TableColumn {
    /// Its words, a line for each, and the unit.
    fn heading(&self) -> Vec<String> {
        let unit = (!self.unit.is_empty()).then(|| self.unit.clone());
        self.name.split(' ').map(str::to_owned).chain(unit).collect()
    }
}

fn line_of_csv(cells: impl Iterator<Item = String>) -> String {
    let quoted = cells.map(|cell| match cell.contains([',', '"', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    });
    quoted.collect::<Vec<_>>().join(",") + "\n"
}

/// Lines of at most 80 columns.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is a line");
        if !last.is_empty() && last.chars().count() + word.chars().count() >= 80 {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
