//! The result for one history, for people.

use std::io::{self, Write};

use linearizability::{Contradiction, ContradictionReport, History, StopReason, Verdict};

use super::picture::draw;
use super::{CheckVerdict, FileChecked};

pub(super) fn print(checked: &FileChecked, out: &mut dyn Write) -> io::Result<()> {
    let file = &checked.file;
    let (format, history, verdict, took) = match &checked.verdict {
        CheckVerdict::Trace(checked) => return checked.print(file, out),
        CheckVerdict::Unreadable(message) => return writeln!(out, "{file}: {message}"),
        CheckVerdict::Malformed { error, excerpt } => {
            return writeln!(out, "{file}: malformed: {error}{}", excerpt.below(error.line));
        }
        CheckVerdict::Searched { format, history, verdict, took } => {
            (format, history, verdict, took)
        }
    };
    let size = history.size_in_words();
    let (form, millis) = (format.name(), took.as_secs_f64() * 1e3);
    match verdict {
        Verdict::Linearizable { .. } => {
            writeln!(out, "{file}: linearizable ({form}, {size}, {millis:.1} ms)")
        }
        Verdict::NotLinearizable(found) => {
            writeln!(out, "{file}: not linearizable ({form}, {size}, {millis:.1} ms)")?;
            explain(history, found, out)
        }
        Verdict::Unknown { reason, linearized, of, situations } => {
            let option = match reason {
                StopReason::Time => "--timeout",
                StopReason::Memory => "--memory",
            };
            let why = reason.in_words();
            writeln!(out, "{file}: unknown: {why} ({form}, {size}, {millis:.1} ms)")?;
            writeln!(
                out,
                "  The longest order so far has {linearized} of {of} operations; the search \
                 remembers {situations} situations. Allow more with {option}."
            )
        }
    }
}

fn explain(history: &History, found: &Contradiction, out: &mut dyn Write) -> io::Result<()> {
    let report = ContradictionReport::of(history, found);
    writeln!(out, "\n{}\n", report.sentence)?;
    draw(&report, out)?;
    if let Some(optional) = &report.optional {
        writeln!(out, "\n  {optional}")?;
    }
    let Some(longest) = &report.longest else { return Ok(()) };
    writeln!(out, "\n{}", longest.sentence)?;
    for (line, words, state) in &longest.end {
        match line {
            Some(line) => writeln!(out, "  line {line:<6} {words:<40} {state}")?,
            None => writeln!(out, "  ({words}; {state})")?,
        }
    }
    writeln!(out, "{}", longest.next)
}
