//! Lanes as columns of characters, and the number and the words of each event at the right.

use std::fmt::Write as _;

use super::Picture;
use super::rows::{ArrowEnd, Row, RowKind, rows};

/// The width of a lane, in characters.
const LANE: usize = 12;
/// The width of the times.
const TIME: usize = 14;

pub(super) fn plain(picture: &Picture<'_>) -> String {
    let mut text = " ".repeat(TIME);
    for lane in &picture.lanes {
        let _ = write!(text, "{:^LANE$}", lane.to_string());
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    let mut open = vec![0_usize; picture.lanes.len()];
    for Row { at, event, what } in rows(picture) {
        let mut line = Line::of(&open);
        let label = match what {
            RowKind::Arrow { from, to, end, label } => {
                line.arrow(from, to, end);
                label
            }
            RowKind::Point { lane, label } => {
                line.put(lane, '●');
                label
            }
            RowKind::Begins { lane, label, .. } => {
                line.put(lane, '┬');
                open[lane] += 1;
                label
            }
            RowKind::Ends { lane, label, began_inside } => {
                line.put(lane, '┴');
                open[lane] -= usize::from(began_inside);
                label
            }
            RowKind::Across { first, last, label, is_alarming } => {
                line.across(first, last);
                let mark = if is_alarming { "✗ " } else { "⚡ " };
                format!("{mark}{label}")
            }
        };
        let lanes: String = line.cells.into_iter().collect();
        let label = visible(&label);
        let _ = writeln!(text, "{:>12}  {lanes}  #{event} {label}", at.to_string());
    }
    text
}

/// The lanes of one row.
struct Line {
    cells: Vec<char>,
}

impl Line {
    fn of(open: &[usize]) -> Self {
        let mut line = Self { cells: vec![' '; open.len() * LANE] };
        for (lane, open) in open.iter().enumerate() {
            line.put(lane, if *open > 0 { '┃' } else { '│' });
        }
        line
    }

    fn put(&mut self, lane: usize, mark: char) {
        self.cells[middle(lane)] = mark;
    }

    fn arrow(&mut self, from: usize, to: usize, end: ArrowEnd) {
        let (left, right) = (middle(from.min(to)), middle(from.max(to)));
        let (air, is_rightward) = ((left + right) / 2, from < to);
        let dash = if end == ArrowEnd::UnderWay { '┄' } else { '─' };
        // A lost one ends in the air, before the receiver.
        let drawn = match end {
            ArrowEnd::Arrives | ArrowEnd::UnderWay => left + 1..right,
            ArrowEnd::Lost if is_rightward => left + 1..air,
            ArrowEnd::Lost => air + 1..right,
        };
        self.cells[drawn].fill(dash);
        match end {
            ArrowEnd::Arrives if is_rightward => self.cells[right - 1] = '▶',
            ArrowEnd::Arrives => self.cells[left + 1] = '◀',
            ArrowEnd::Lost => self.cells[air] = '✗',
            ArrowEnd::UnderWay => {}
        }
    }

    fn across(&mut self, first: usize, last: usize) {
        let (left, right) = (middle(first), middle(last));
        self.cells[left..=right].fill('═');
    }
}

fn middle(lane: usize) -> usize {
    lane * LANE + LANE / 2
}

/// The text without characters that could steer a terminal.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
