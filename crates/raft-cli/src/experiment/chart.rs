//! Cumulative distributions as curves of letters over a logarithmic time axis: Figure 16 as text.

use std::io::{self, Write};
use std::time::Duration;

use super::statistics::Sample;

/// One curve of a chart.
pub(crate) struct Curve<'a> {
    pub(crate) name: String,
    pub(crate) sample: &'a Sample,
}

const WIDTH: usize = 72;
/// The number of rows above the row of 0 %.
const HEIGHT: usize = 20;
/// ANSI colours that are legible on black and on white.
const COLOURS: [u8; 6] = [34, 31, 32, 35, 36, 33];

/// Draws, for times from `from` to `to` ms, the share of trials that had a leader within that time.
pub(crate) fn draw(
    curves: &[Curve<'_>],
    (from, to): (u64, u64),
    colour: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let grid = plot(curves, (from, to));
    for (row, cells) in grid.iter().enumerate() {
        let percent = 100 * (HEIGHT - row) / HEIGHT;
        match percent % 25 {
            0 => write!(out, "{percent:>4} % +")?,
            _ => write!(out, "       |")?,
        }
        let cells: String = cells.iter().map(|cell| paint(*cell, colour)).collect();
        writeln!(out, "{}", cells.trim_end())?;
    }
    draw_axis((from, to), out)?;
    for (place, curve) in curves.iter().enumerate() {
        let separator = if place == 0 { "        " } else { "   " };
        write!(out, "{separator}{} {}", paint(Some(place), colour), curve.name)?;
    }
    writeln!(out)
}

/// The curve in each cell, from the top row down; where several meet, the first one.
fn plot(curves: &[Curve<'_>], range: (u64, u64)) -> Vec<Vec<Option<usize>>> {
    let mut grid = vec![vec![None; WIDTH]; HEIGHT + 1];
    for (place, curve) in curves.iter().enumerate() {
        let height_at = |column| {
            let within = curve.sample.elected_within(time_at(column, range));
            HEIGHT * within / curve.sample.trials()
        };
        let mut before = 0;
        for (column, height) in (0..WIDTH).map(height_at).enumerate() {
            // A rise within a column is one stroke.
            for level in (before + 1).min(height)..=height {
                grid[HEIGHT - level][column].get_or_insert(place);
            }
            before = height;
        }
    }
    grid
}

/// The time at the right edge of a column.
fn time_at(column: usize, (from, to): (u64, u64)) -> Duration {
    let share = (column + 1) as f64 / WIDTH as f64;
    let millis = from as f64 * (to as f64 / from as f64).powf(share);
    Duration::from_secs_f64(millis / 1000.0)
}

/// The axis, with ticks at 1, 2 and 5 of each decade where there is room for the number.
fn draw_axis((from, to): (u64, u64), out: &mut dyn Write) -> io::Result<()> {
    let (mut ticks, mut numbers) = (String::new(), String::new());
    let decades = (0..6).map(|power| 10_u64.pow(power));
    for time in decades.flat_map(|decade| [decade, 2 * decade, 5 * decade]) {
        if !(from..=to).contains(&time) {
            continue;
        }
        let share = (time as f64 / from as f64).ln() / (to as f64 / from as f64).ln();
        let column = (share * (WIDTH - 1) as f64).round() as usize;
        let number = time.to_string();
        let start = column.saturating_sub(number.len() / 2).min(WIDTH - number.len());
        if !numbers.is_empty() && start <= numbers.len() {
            continue;
        }
        ticks += &"-".repeat(column - ticks.len());
        ticks.push('+');
        numbers += &" ".repeat(start - numbers.len());
        numbers += &number;
    }
    writeln!(out, "       +{ticks:-<WIDTH$}")?;
    writeln!(out, "        {numbers}")?;
    writeln!(out, "{:>80}", "ms without a leader")
}

fn paint(cell: Option<usize>, colour: bool) -> String {
    let Some(place) = cell else { return " ".to_owned() };
    let letter = char::from(b'a' + (place % 26) as u8);
    match colour {
        true => format!("\x1b[{}m{letter}\x1b[0m", COLOURS[place % COLOURS.len()]),
        false => letter.to_string(),
    }
}

#[cfg(test)]
mod tests;
