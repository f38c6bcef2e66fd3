//! The result for one history, for people.

use std::io::{self, Write};

use linearizability::{
    Contradiction, History, LinearizedOperation, Model, ReachedOrder, StopReason, Verdict,
};

use super::picture::draw;
use super::{CheckVerdict, FileChecked};

/// The most operations to name in one line.
const MOST_NAMED: usize = 6;

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
    let size = size(history);
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
            let (why, option) = match reason {
                StopReason::Time => ("out of time", "--timeout"),
                StopReason::Memory => ("out of memory", "--memory"),
            };
            writeln!(out, "{file}: unknown: {why} ({form}, {size}, {millis:.1} ms)")?;
            writeln!(
                out,
                "  The longest order so far has {linearized} of {of} operations; the search \
                 remembers {situations} situations. Allow more with {option}."
            )
        }
    }
}

/// How much of the history is looked at, and how much is not.
fn size(history: &History) -> String {
    let operations = match (history.invocations().len(), history.unanswered()) {
        (1, 0) => "1 operation".to_owned(),
        (1, _) => "1 operation without an answer".to_owned(),
        (all, 0) => format!("{all} operations"),
        (all, open) => format!("{all} operations, {open} without an answer"),
    };
    match history.passed_over() {
        0 => operations,
        1 => format!("{operations}, 1 line or map passed over"),
        others => format!("{operations}, {others} lines or maps passed over"),
    }
}

fn explain(history: &History, found: &Contradiction, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    window(history, found, out)?;
    optional(history, found, out)?;
    let Some(reached) = &found.reached else { return Ok(()) };
    writeln!(out)?;
    longest(history, found, reached, out)
}

fn window(history: &History, found: &Contradiction, out: &mut dyn Write) -> io::Result<()> {
    let all = history.invocations();
    let from = found.window.first().map_or(0, |index| all[*index].invoked.line);
    let to = all[found.last].returned.map_or(from, |moment| moment.line);
    if let Some(answer) = &found.impossible {
        writeln!(out, "{}", history.explain(answer))?;
    } else if found.is_from_start {
        let first = state_in_words(history, &found.first_state);
        writeln!(
            out,
            "The fewest operations found that have no order, from the beginning ({first}) to line \
             {to}:"
        )?;
    } else {
        writeln!(
            out,
            "The fewest operations found that have no order, in lines {from} to {to}, whatever the \
             state before:"
        )?;
    }
    writeln!(out)?;
    draw(history, found, out)
}

fn optional(history: &History, found: &Contradiction, out: &mut dyn Write) -> io::Result<()> {
    if found.optional.is_empty() {
        return Ok(());
    }
    let named = found.optional.iter().rev().take(MOST_NAMED).map(|index| {
        let line = history.invocations()[*index].invoked.line;
        format!("{} (line {line})", history.describe(*index))
    });
    let named: Vec<String> = named.collect();
    let more = found.optional.len() - named.len();
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    writeln!(out)?;
    let named = named.join(", ");
    writeln!(
        out,
        "  These may have taken effect too, and then there is no order either: {named}{more}"
    )
}

fn longest(
    history: &History,
    found: &Contradiction,
    reached: &ReachedOrder,
    out: &mut dyn Write,
) -> io::Result<()> {
    let all = history.invocations();
    let is_answered = |it: &&LinearizedOperation| all[it.index].answered().is_some();
    let answered = reached.longest.iter().filter(is_answered).count();
    let of = match history.model() {
        Model::Register => "",
        Model::Texts | Model::Map => " on the same keys",
    };
    let others = match reached.longest.len() - answered {
        0 => String::new(),
        others => format!(", and {others} without an answer"),
    };
    writeln!(
        out,
        "The longest order from the beginning has {answered} of the {} answered \
         operations{of}{others}. Its end:",
        reached.answered
    )?;
    if reached.longest.is_empty() {
        writeln!(out, "  (no operation; {})", state_in_words(history, &found.first_state))?;
    }
    for linearized in &reached.longest {
        if let Some(state) = &linearized.state {
            let line = all[linearized.index].invoked.line;
            let words = history.describe(linearized.index).to_string();
            writeln!(out, "  line {line:<6} {words:<40} {}", state_in_words(history, state))?;
        }
    }
    let line = all[reached.stuck].invoked.line;
    let stuck = history.describe(reached.stuck);
    writeln!(out, "Next, line {line} must take effect, and cannot: {stuck}")
}

fn state_in_words(history: &History, state: &str) -> String {
    match history.model() {
        Model::Register => format!("the register is {state}"),
        Model::Texts | Model::Map => format!("there is {state}"),
    }
}
