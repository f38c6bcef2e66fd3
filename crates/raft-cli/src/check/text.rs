//! What is said about one history, for people.

use std::io::{self, Write};

use raft_check::linearizability::{Contradiction, History, Reason, Subject, Verdict};

use super::picture::draw;
use super::{Checked, Outcome};

/// The most operations that are named in one line.
const MOST_NAMED: usize = 6;

pub(super) fn print(checked: &Checked, out: &mut dyn Write) -> io::Result<()> {
    let file = &checked.file;
    let (format, history, verdict, took) = match &checked.outcome {
        Outcome::Unreadable(message) => return writeln!(out, "{file}: {message}"),
        Outcome::Malformed(error) => return writeln!(out, "{file}: malformed: {error}"),
        Outcome::Judged { format, history, verdict, took } => (format, history, verdict, took),
    };
    let size = match (history.invocations().len(), history.unanswered()) {
        (1, _) => "1 operation".to_owned(),
        (all, 0) => format!("{all} operations"),
        (all, open) => format!("{all} operations, {open} without an answer"),
    };
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
            let (why, what) = match reason {
                Reason::Time => ("the time is over", "--timeout"),
                Reason::Memory => ("the memory is used up", "--memory"),
            };
            writeln!(out, "{file}: unknown: {why} ({form}, {size}, {millis:.1} ms)")?;
            writeln!(
                out,
                "  {linearized} of {of} operations could be put in order; {situations} situations \
                 were kept. {what} allows more."
            )
        }
    }
}

fn explain(history: &History, found: &Contradiction, out: &mut dyn Write) -> io::Result<()> {
    let all = history.invocations();
    let first = found.window.first().map_or(found.stuck, |place| *place);
    let from = all[first].invoked.line;
    let to = all[found.stuck].returned.map_or(from, |moment| moment.line);
    let stuck = history.in_words(found.stuck);
    writeln!(out)?;
    if found.is_from_nowhere {
        writeln!(out, "No operation that was called before line {to} makes that value:")?;
    } else if found.is_from_start {
        writeln!(out, "No order explains what happened up to line {to}:")?;
    } else {
        writeln!(
            out,
            "The shortest stretch that no order explains, lines {from} to {to}, whatever was there \
             before:"
        )?;
    }
    writeln!(out)?;
    draw(history, found, out)?;
    if !found.optional.is_empty() {
        writeln!(out)?;
        let named = found.optional.iter().rev().take(MOST_NAMED);
        let named = named.map(|place| {
            format!("{} (line {})", history.in_words(*place), all[*place].invoked.line)
        });
        let named: Vec<String> = named.collect();
        let more = found.optional.len() - named.len();
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        writeln!(
            out,
            "  These may have happened too, and do not help: {}{more}",
            named.join(", ")
        )?;
    }
    writeln!(out)?;
    let answered = all.len() - history.unanswered();
    writeln!(
        out,
        "The longest order from the beginning on has {} operations, of {answered} with an answer. It \
         ends:",
        found.longest.len()
    )?;
    if found.longest.iter().all(|step| step.state.is_none()) {
        writeln!(out, "  (nothing happens; {})", there(history, &found.first_state))?;
    }
    for step in &found.longest {
        if let Some(state) = &step.state {
            let line = all[step.place].invoked.line;
            let words = history.in_words(step.place).to_string();
            writeln!(out, "  line {line:<6} {words:<40} {}", there(history, state))?;
        }
    }
    let line = all[found.stuck].invoked.line;
    writeln!(out, "Then line {line} has to have happened and cannot: {stuck}")
}

fn there(history: &History, state: &str) -> String {
    match history.subject() {
        Subject::Register => format!("the register is {state}"),
        Subject::Texts => format!("the text is {state}"),
        Subject::Store => format!("there is {state}"),
    }
}
