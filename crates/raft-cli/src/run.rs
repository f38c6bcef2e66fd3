//! `helios run`: runs scripts at full speed.

use std::io::{self, Write};

use clap::Args;
use raft_script::{ParseError, limits};
use raft_sim::{DropReason, Event, EventKind, MessageEvent};

use crate::caught::caught;
use crate::input;
use crate::output::to_stdout;
use crate::recent::Recent;
use crate::report::{ErrorReport, FileReport, FileResult};

/// Run scripts and check every expectation.
///
/// Exit code: 0 if every expectation holds, 1 if one does not or a property is broken, 2 if a file
/// cannot be read or is not a script.
#[derive(Args)]
#[command(after_long_help = JSON_HELP, arg_required_else_help = true)]
pub(crate) struct RunArguments {
    /// Scripts to run; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Print every event with its number and its time.
    #[arg(long)]
    trace: bool,
    /// Print one JSON object for each file instead of text; --help describes it.
    #[arg(long, conflicts_with = "trace")]
    json: bool,
    /// Print nothing about files that are ok.
    #[arg(long)]
    quiet: bool,
}

const JSON_HELP: &str = "\
JSON: one object for each file, one a line:
  file             the name of the file
  outcome          \"ok\", \"failed\" (an expectation or property) or \"unreadable\" (not a script)
  code             the exit code for this file alone
  virtual_time_us  the virtual time at the end, in microseconds
  events, steps    the numbers of events and of steps
  trace_hash       16 hexadecimal digits; equal runs have equal hashes on every machine; null if
                   nothing was run
  error            null, or an object: line, column, source (the text of the line), message, and
                   trace (the last events before the end, in words, with repetitions
                   folded)
  unfulfilled      orders about leadership and membership that were not carried out, although no
                   statement of the script is about their state: line, statement, message
  expectations     the number of `expect` statements in the script; null if it is not a script
  properties       the properties, each checked after every event: name, section of the paper,
                   violation (null or a description), and suspended (null, or since_us, until_us and
                   because: a fault took away what Raft relies on, such as a disk)";

/// Runs the files. Returns the largest of their exit codes.
pub(crate) fn run(arguments: &RunArguments) -> io::Result<u8> {
    to_stdout(|out| {
        let mut worst = 0;
        for file in &arguments.files {
            let report = run_file(file, arguments, out)?;
            worst = worst.max(report.code);
            if arguments.quiet && report.outcome == FileResult::Ok {
                continue;
            }
            if arguments.json {
                serde_json::to_writer(&mut *out, &report)?;
                writeln!(out)?;
            } else {
                print_report(&report, out)?;
            }
            out.flush()?;
        }
        Ok(worst)
    })
}

fn run_file(file: &str, arguments: &RunArguments, out: &mut dyn Write) -> io::Result<FileReport> {
    let text = match read(file) {
        Ok(text) => text,
        Err(message) => {
            return Ok(FileReport::unreadable(file, ErrorReport::unreadable(message)));
        }
    };
    let script = match raft_script::parse(&text) {
        Ok(script) => script,
        Err(error) => return Ok(unparsable(file, &error, &text)),
    };
    let mut witness = Witness { trace: arguments.trace.then_some(out), recent: Recent::default() };
    let mut written = Ok(());
    let report = caught(|| {
        raft_script::run(&script, &mut |event| {
            if written.is_ok() {
                written = witness.see(event);
            }
        })
    });
    written?;
    let recent = witness.recent.lines();
    let report = match report {
        Ok(report) => report,
        Err(message) => {
            return Ok(FileReport::of_assertion(file, ErrorReport::assertion(&message, recent)));
        }
    };
    let error = report.failure.as_ref();
    let error = error.map(|failure| ErrorReport::failure(failure, &text, recent));
    Ok(FileReport::of_run(file, &report, error))
}

/// Receives the events of a run.
struct Witness<'a> {
    /// Every event is printed here.
    trace: Option<&'a mut dyn Write>,
    /// The last events, without those that [`is_worth_telling`] leaves out.
    recent: Recent,
}

impl Witness<'_> {
    fn see(&mut self, event: &Event) -> io::Result<()> {
        if let Some(trace) = &mut self.trace {
            writeln!(trace, "#{:<6} {event}", event.number)?;
        }
        if is_worth_telling(event) {
            self.recent.push(event);
        }
        Ok(())
    }
}

fn unparsable(file: &str, error: &ParseError, text: &str) -> FileReport {
    FileReport::unreadable(file, ErrorReport::parse(error, text))
}

/// The text of a file, or an error message. Reads no more than the longest script.
pub(crate) fn read(file: &str) -> Result<String, String> {
    let bytes = input::read(file, limits::MAX_SCRIPT_BYTES as u64);
    let bytes = bytes.map_err(|error| format!("cannot be read: {error}"))?;
    String::from_utf8(bytes).map_err(|error| {
        format!("is not text: byte {} is not UTF-8", error.utf8_error().valid_up_to() + 1)
    })
}

/// False for routine and for lost heartbeats, which would hide the decisions.
fn is_worth_telling(event: &Event) -> bool {
    let is_lost_heartbeat = match &event.kind {
        EventKind::Message { message, event: MessageEvent::Dropped { reason, .. }, .. } => {
            *reason != DropReason::ByCommand && message.body.is_heartbeat()
        }
        EventKind::Core { .. }
        | EventKind::StateMachine { .. }
        | EventKind::Disk { .. }
        | EventKind::Process { .. }
        | EventKind::Message { .. }
        | EventKind::Network(_)
        | EventKind::Client { .. }
        | EventKind::Cluster(_)
        | EventKind::Acted { .. } => false,
    };
    !is_lost_heartbeat && !event.kind.is_routine()
}

fn in_words(expectations: usize) -> String {
    match expectations {
        1 => "1 expectation".to_owned(),
        number => format!("{number} expectations"),
    }
}

/// The orders that were not carried out, although the script does not expect it.
fn print_unfulfilled(report: &FileReport, out: &mut dyn Write) -> io::Result<()> {
    const MOST: usize = 10;
    for order in report.unfulfilled.iter().take(MOST) {
        writeln!(out, "  line {}: {}: {}", order.line, order.statement, order.message)?;
    }
    match report.unfulfilled.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more orders that were not carried out"),
    }
}

fn print_report(report: &FileReport, out: &mut dyn Write) -> io::Result<()> {
    let FileReport { file, virtual_time_us, events, .. } = report;
    let time = format!("{}.{:03} ms", virtual_time_us / 1000, virtual_time_us % 1000);
    match (&report.trace_hash, report.outcome) {
        (Some(hash), FileResult::Ok) => {
            let expectations = in_words(report.expectations.unwrap_or_default());
            writeln!(out, "{file}: ok, {expectations}, {time}, {events} events, trace {hash}")?
        }
        (Some(hash), _) => writeln!(out, "{file}: failed, {time}, {events} events, trace {hash}")?,
        (None, FileResult::Failed) => writeln!(out, "{file}: failed")?,
        (None, _) => writeln!(out, "{file}: unreadable")?,
    }
    for property in &report.properties {
        if let Some(suspended) = &property.suspended {
            writeln!(out, "  {}: {}", property.name, suspended.words)?;
        }
    }
    print_unfulfilled(report, out)?;
    let Some(error) = &report.error else { return Ok(()) };
    if let Some(rendered) = &error.rendered {
        return writeln!(out, "{file}: {rendered}");
    }
    match (error.line, &error.source) {
        (Some(line), Some(source)) => {
            writeln!(out, "  line {line}: {}", source.trim())?;
            writeln!(out, "  {}", error.message)?;
        }
        _ => writeln!(out, "  {}", error.message)?,
    }
    if !error.trace.is_empty() {
        writeln!(out, "  the last events:")?;
        error.trace.iter().try_for_each(|event| writeln!(out, "    {event}"))?;
    }
    Ok(())
}
