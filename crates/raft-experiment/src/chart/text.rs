//! A chart as text: each curve is a letter.

use std::fmt::Write as _;

use super::axis::number;
use super::{Chart, ChartCurve};

const WIDTH: usize = 70;
/// The number of rows above the lowest.
const HEIGHT: usize = 20;
/// ANSI colours that are legible on black and on white.
const COLOURS: [u8; Chart::MAX_CURVES] = [34, 31, 32, 35, 36, 33];

pub(super) fn draw(chart: &Chart, colour: bool) -> String {
    let mut out = format!("{}: {}\n\n", chart.title, chart.y.title());
    for (row, cells) in plot(chart).iter().enumerate() {
        let height = HEIGHT - row;
        match height % 5 {
            0 => {
                let value = chart.y.value(height as f64 / HEIGHT as f64);
                let _ = write!(out, "{:>7} +", number(value.round()));
            }
            _ => out.push_str("        |"),
        }
        let cells: String = cells.iter().map(|cell| paint(*cell, colour)).collect();
        let _ = writeln!(out, "{}", cells.trim_end());
    }
    draw_axis(chart, &mut out);
    for (place, curve) in chart.curves.iter().enumerate() {
        let _ = writeln!(out, "         {} {}", paint(Some(place), colour), curve.name);
    }
    out
}

/// The curve in each cell, from the top row down; where several meet, the first one.
fn plot(chart: &Chart) -> Vec<[Option<usize>; WIDTH]> {
    let mut grid = vec![[None; WIDTH]; HEIGHT + 1];
    for (place, curve) in chart.curves.iter().enumerate() {
        let heights = (0..WIDTH).map(|column| height_in(curve, chart, column));
        let mut before = None;
        for (column, height) in heights.enumerate() {
            let Some(height) = height else { continue };
            // A share is reached only when it is full.
            let height = (chart.y.place(height) * HEIGHT as f64 + 1e-9).floor() as usize;
            // A rise within a column is one stroke.
            let lowest = before.map_or(height, |before: usize| (before + 1).min(height));
            for row in &mut grid[HEIGHT - height..=HEIGHT - lowest] {
                row[column].get_or_insert(place);
            }
            before = Some(height);
        }
    }
    grid
}

/// The height at the right edge of a column, or at the end of a curve that ends in it.
fn height_in(curve: &ChartCurve, chart: &Chart, column: usize) -> Option<f64> {
    let edge = |column: usize| chart.x.value(column as f64 / WIDTH as f64);
    let (left, right) = (edge(column), edge(column + 1));
    let end = curve.points.last().map(|(last, _)| *last)?;
    let ends_here = !curve.is_stepped && (left..right).contains(&end);
    curve.height_at(if ends_here { end } else { right })
}

/// The axis, with ticks where there is room for the number.
fn draw_axis(chart: &Chart, out: &mut String) {
    let (mut ticks, mut numbers) = (String::new(), String::new());
    for tick in chart.x.ticks(10) {
        let column = (chart.x.place(tick) * (WIDTH - 1) as f64).round() as usize;
        let number = number(tick);
        let start = column.saturating_sub(number.len() / 2).min(WIDTH - number.len());
        if !numbers.is_empty() && start <= numbers.len() {
            continue;
        }
        ticks += &"-".repeat(column - ticks.len());
        ticks.push('+');
        numbers += &" ".repeat(start - numbers.len());
        numbers += &number;
    }
    let _ = writeln!(out, "        +{ticks:-<WIDTH$}");
    let _ = writeln!(out, "         {numbers}");
    let _ = writeln!(out, "{:>80}", chart.x.title());
}

fn paint(cell: Option<usize>, colour: bool) -> String {
    let Some(place) = cell else { return " ".to_owned() };
    let letter = char::from(b'a' + (place % 26) as u8);
    match colour {
        true => format!("\x1b[{}m{letter}\x1b[0m", COLOURS[place % COLOURS.len()]),
        false => letter.to_string(),
    }
}
