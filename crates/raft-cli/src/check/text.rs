//! What is said about one history, for people.

use std::io::{self, Write};

use raft_check::linearizability::{
    Contradiction, History, LinearizedStep, Reason, Subject, Verdict,
};

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
        (1, 0) => "1 operation".to_owned(),
        (1, _) => "1 operation without an answer".to_owned(),
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
    writeln!(out)?;
    window(history, found, out)?;
    optional(history, found, out)?;
    writeln!(out)?;
    longest(history, found, out)
}

fn window(history: &History, found: &Contradiction, out: &mut dyn Write) -> io::Result<()> {
    let all = history.invocations();
    let from = found.window.first().map_or(0, |place| all[*place].invoked.line);
    let to = all[found.last].returned.map_or(from, |moment| moment.line);
    if found.is_from_nowhere {
        writeln!(out, "No operation that was called before line {to} makes that value:")?;
    } else if found.is_from_start {
        let first = there(history, &found.first_state);
        writeln!(
            out,
            "The fewest operations found that no order explains, from the beginning, where {first}, up to \
             line {to}:"
        )?;
    } else {
        writeln!(
            out,
            "The fewest operations found that no order explains, lines {from} to {to}, whatever was there \
             before:"
        )?;
    }
    writeln!(out)?;
    draw(history, found, out)
}

fn optional(history: &History, found: &Contradiction, out: &mut dyn Write) -> io::Result<()> {
    if found.optional.is_empty() {
        return Ok(());
    }
    let named = found.optional.iter().rev().take(MOST_NAMED).map(|place| {
        let line = history.invocations()[*place].invoked.line;
        format!("{} (line {line})", history.in_words(*place))
    });
    let named: Vec<String> = named.collect();
    let more = found.optional.len() - named.len();
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    writeln!(out)?;
    writeln!(out, "  These may have happened too, and do not help: {}{more}", named.join(", "))
}

fn longest(history: &History, found: &Contradiction, out: &mut dyn Write) -> io::Result<()> {
    let all = history.invocations();
    let is_answered = |step: &&LinearizedStep| all[step.place].answered().is_some();
    let answered = found.longest.iter().filter(is_answered).count();
    let of = match history.subject() {
        Subject::Register => "",
        Subject::Texts | Subject::Store => " on the same keys",
    };
    let others = match found.longest.len() - answered {
        0 => String::new(),
        others => format!(", and {others} without an answer"),
    };
    writeln!(
        out,
        "The longest order from the beginning on has {answered} of the {} answered \
         operations{of}{others}. It ends:",
        found.answered
    )?;
    if found.longest.is_empty() {
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
    let stuck = history.in_words(found.stuck);
    writeln!(out, "Then line {line} has to have happened and cannot: {stuck}")
}

fn there(history: &History, state: &str) -> String {
    match history.subject() {
        Subject::Register => format!("the register is {state}"),
        Subject::Texts | Subject::Store => format!("there is {state}"),
    }
}
