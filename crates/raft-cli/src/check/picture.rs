//! Operations drawn as intervals of time, in characters.

use std::io::{self, Write};

use linearizability::{ContradictionReport, ReportedOperation};

/// The greatest width of the intervals, in characters.
const WIDEST: usize = 48;

/// Draws the operations of a report, one a line, each from its call to its return. A mark is at the
/// one that returns last.
pub(super) fn draw(report: &ContradictionReport, out: &mut dyn Write) -> io::Result<()> {
    if report.left_out > 0 {
        writeln!(out, "  … {} earlier operations", report.left_out)?;
    }
    let scale = Scale::of(report.moments);
    let shown = &report.operations;
    let line_width = shown.iter().map(|it| digits(it.line as u64)).max().unwrap_or(1);
    let name_width = shown.iter().map(|it| digits(it.process)).max().unwrap_or(1);
    for operation in shown {
        let ReportedOperation { line, process, words, is_last, .. } = operation;
        let bar = scale.bar(operation);
        let mark = if *is_last { "  ✗" } else { "" };
        writeln!(
            out,
            "  line {line:>line_width$}  process {process:<name_width$}  {bar}  {words}{mark}"
        )?;
    }
    Ok(())
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// The columns of calls and returns: evenly spaced, in the order of time.
struct Scale {
    moments: usize,
    /// The distance from one moment to the next, in characters times [`Self::PARTS`].
    step: usize,
}

impl Scale {
    const PARTS: usize = 100;

    fn of(moments: usize) -> Self {
        let gaps = moments.saturating_sub(1).max(1);
        let step = (WIDEST * Self::PARTS / gaps).min(4 * Self::PARTS);
        Self { moments, step }
    }

    fn column(&self, moment: usize) -> usize {
        moment * self.step / Self::PARTS
    }

    fn width(&self) -> usize {
        self.column(self.moments.saturating_sub(1)) + 2
    }

    fn bar(&self, operation: &ReportedOperation) -> String {
        let start = self.column(operation.call);
        let end = operation.answer.map(|moment| self.column(moment));
        let width = self.width();
        let until = end.unwrap_or(width - 1).max(start + 1);
        let before = " ".repeat(start);
        let line = "─".repeat(until - start - 1);
        let close = if end.is_some() { '┤' } else { '…' };
        let after = " ".repeat(width.saturating_sub(until + 1));
        format!("{before}├{line}{close}{after}")
    }
}
