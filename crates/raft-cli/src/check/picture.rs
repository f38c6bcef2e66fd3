//! Operations drawn as intervals of time, in characters.

use std::io::{self, Write};

use linearizability::{Contradiction, History, Invocation};

/// The most operations to draw; of more, the last ones are drawn.
const MOST: usize = 24;
/// The greatest width of the intervals, in characters.
const WIDEST: usize = 48;

/// Draws the operations of a window, one a line, each from its call to its return. A mark is at the
/// one that returns last.
pub(super) fn draw(
    history: &History,
    found: &Contradiction,
    out: &mut dyn Write,
) -> io::Result<()> {
    let all = history.invocations();
    let skipped = found.window.len().saturating_sub(MOST);
    let shown = &found.window[skipped..];
    if skipped > 0 {
        writeln!(out, "  … {skipped} earlier operations")?;
    }
    let scale = Scale::of(shown.iter().map(|index| &all[*index]));
    let line_width = shown.iter().map(|index| digits(all[*index].invoked.line as u64)).max();
    let name_width = shown.iter().map(|index| digits(all[*index].process)).max();
    let (line_width, name_width) = (line_width.unwrap_or(1), name_width.unwrap_or(1));
    for index in shown {
        let invocation = &all[*index];
        let (line, process) = (invocation.invoked.line, invocation.process);
        let bar = scale.bar(invocation);
        let words = history.describe(*index);
        let mark = if *index == found.last { "  ✗" } else { "" };
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
    events: Vec<u32>,
    /// The distance from one event to the next, in characters times [`Self::PARTS`].
    step: usize,
}

impl Scale {
    const PARTS: usize = 100;

    fn of<'a>(invocations: impl Iterator<Item = &'a Invocation>) -> Self {
        let mut events: Vec<u32> =
            invocations.flat_map(|i| [Some(i.invoked.event), i.answered()]).flatten().collect();
        events.sort_unstable();
        let gaps = events.len().saturating_sub(1).max(1);
        let step = (WIDEST * Self::PARTS / gaps).min(4 * Self::PARTS);
        Self { events, step }
    }

    fn column(&self, event: u32) -> usize {
        let place = self.events.partition_point(|other| *other < event);
        place * self.step / Self::PARTS
    }

    fn width(&self) -> usize {
        self.events.last().map_or(0, |last| self.column(*last)) + 2
    }

    fn bar(&self, invocation: &Invocation) -> String {
        let start = self.column(invocation.invoked.event);
        let end = invocation.answered().map(|event| self.column(event));
        let width = self.width();
        let until = end.unwrap_or(width - 1).max(start + 1);
        let before = " ".repeat(start);
        let line = "─".repeat(until - start - 1);
        let close = if end.is_some() { '┤' } else { '…' };
        let after = " ".repeat(width.saturating_sub(until + 1));
        format!("{before}├{line}{close}{after}")
    }
}
