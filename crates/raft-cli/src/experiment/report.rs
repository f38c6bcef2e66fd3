//! The figure as a table, beside the paper's numbers, and as CSV.

use std::io::{self, Write};
use std::time::Duration;

use super::figure::{Figure, RANGES};
use super::statistics::Sample;
use super::trial::CAP;

const CSV_HEADER: &str = "range,trials,mean,p10,p50,p90,p99,max,without_split,expected";

/// One row a range, times in ms.
pub(crate) fn write_csv(figure: &Figure, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{CSV_HEADER}")?;
    for ((range, sample), expected) in RANGES.iter().zip(&figure.samples).zip(&figure.expected) {
        write!(out, "{},{}", range.name(), sample.trials())?;
        for time in columns(sample) {
            let micros = time.as_micros();
            write!(out, ",{}.{:03}", micros / 1000, micros % 1000)?;
        }
        writeln!(out, ",{},{}", percent(sample.without_split()), percent(*expected))?;
    }
    Ok(())
}

/// Mean, p10, p50, p90, p99, max.
fn columns(sample: &Sample) -> [Duration; 6] {
    let percentile = |percent| sample.percentile(percent);
    [sample.mean(), percentile(10), percentile(50), percentile(90), percentile(99), sample.max()]
}

/// At most 80 columns wide.
pub(crate) fn print_table(figure: &Figure, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Time without a leader after a crash, in ms (Raft, Figure 16)")?;
    writeln!(out)?;
    write!(out, "{:<7} {:>6}", "range", "trials")?;
    for title in ["mean", "p10", "p50", "p90", "p99", "max"] {
        write!(out, " {title:>7}")?;
    }
    writeln!(out, "  the paper")?;
    for (range, sample) in RANGES.iter().zip(&figure.samples) {
        let mut line = format!("{:<7} {:>6}", range.name(), sample.trials());
        for time in columns(sample) {
            line += &format!(" {:>7}", tenths(time));
        }
        line += &format!("  {}", range.paper);
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)?;
    print_split_votes(figure, out)?;
    writeln!(out)?;
    for (range, sample) in RANGES.iter().zip(&figure.samples) {
        if sample.capped() > 0 {
            let (name, capped, trials) = (range.name(), sample.capped(), sample.trials());
            writeln!(
                out,
                "{name}: {capped} of {trials} trials had no leader after {} s and are counted so",
                CAP.as_secs()
            )?;
        }
    }
    let broadcast = &figure.broadcast;
    writeln!(
        out,
        "Broadcast time, mean: {} ms from the start of an election to the replies of\n\
         all four others (own write {} ms, then request, durable vote, reply); {} ms to\n\
         a majority. The paper: about 15 ms.",
        tenths(broadcast.all),
        tenths(broadcast.own_write),
        tenths(broadcast.majority),
    )
}

/// The times alone do not tell a slow election from a split vote.
fn print_split_votes(figure: &Figure, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Share of trials without a split vote, in %")?;
    writeln!(out)?;
    writeln!(out, "{:<7} {:>8} {:>8}  the paper's Figure 16", "range", "measured", "expected")?;
    for ((range, sample), expected) in RANGES.iter().zip(&figure.samples).zip(&figure.expected) {
        let (measured, expected) = (percent(sample.without_split()), percent(*expected));
        let paper = range.paper_without_split;
        let line = format!("{:<7} {measured:>8} {expected:>8}  {paper}", range.name());
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// `93.4`
fn percent(thousandths: usize) -> String {
    format!("{}.{}", thousandths / 10, thousandths % 10)
}

/// Milliseconds with one decimal.
fn tenths(time: Duration) -> String {
    let tenths = (time.as_micros() + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests;
