//! `helios diagram`: the sequence diagram of a script's run.

mod arguments;

use std::io;
use std::time::{Duration, Instant as WallClock};

use raft_core::Instant;
use raft_diagram::{Diagram, DiagramFull, Selection};
use raft_script::RunReport;

pub(crate) use self::arguments::DiagramArguments;
use crate::caught::caught;
use crate::output::to_stdout;
use crate::run;

/// The longest search for an order of the operations.
const LONGEST_SEARCH: Duration = Duration::from_secs(5);

/// Draws one file.
pub(crate) fn diagram(arguments: &DiagramArguments) -> io::Result<u8> {
    let file = &arguments.file;
    let text = match run::read(file) {
        Ok(text) => text,
        Err(message) => return Ok(unusable(file, &message)),
    };
    let script = match raft_script::parse(&text) {
        Ok(script) => script,
        Err(error) => return Ok(unusable(file, &error.to_string())),
    };
    let until = arguments.to.unwrap_or(Instant(u64::MAX));
    let mut diagram = Diagram::new();
    let (mut drawn, mut is_cut) = (Ok(()), false);
    let report = caught(|| {
        raft_script::run(&script, &mut |event| {
            is_cut |= event.at > until;
            if !is_cut && drawn.is_ok() {
                drawn = diagram.observe(event);
            }
        })
    });
    is_cut |= report.as_ref().is_ok_and(|report| report.at > until);
    let failure = failure_of(&report);
    if let Err(DiagramFull) = drawn {
        return Ok(unusable(file, &format!("{DiagramFull}, with --to")));
    }
    // A failure after the end of the diagram is not a part of it.
    if let Some(failure) = failure.as_ref().filter(|_| !is_cut) {
        diagram.conclude(failure.as_str().into());
    }
    match export(&diagram, arguments, until) {
        Ok(text) => to_stdout(|out| out.write_all(text.as_bytes()))?,
        Err(message) => return Ok(unusable(file, &message)),
    }
    if let Some(failure) = failure {
        eprintln!("{file}: {failure}");
        return Ok(1);
    }
    Ok(0)
}

/// Says why there is no diagram. The exit code.
fn unusable(file: &str, message: &str) -> u8 {
    eprintln!("{file}: {message}");
    2
}

/// Why the run ended early, in words.
fn failure_of(report: &Result<RunReport, String>) -> Option<String> {
    match report {
        Ok(report) => {
            let failure = report.failure.as_ref()?;
            Some(format!("line {}: {}", failure.line, failure.error))
        }
        Err(assertion) => Some(format!("an assertion failed: {assertion}")),
    }
}

fn export(
    diagram: &Diagram,
    arguments: &DiagramArguments,
    until: Instant,
) -> Result<String, String> {
    let filter = arguments.filter(diagram)?;
    let began = WallClock::now();
    let mut in_time = || began.elapsed() < LONGEST_SEARCH;
    let verdict = Some(diagram.judge_operations(until, &mut in_time));
    let selection = Selection { from: arguments.from, until, filter, verdict };
    diagram.export(arguments.format, &selection).map_err(|error| error.to_string())
}
