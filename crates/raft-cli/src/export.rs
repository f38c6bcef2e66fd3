//! `helios export`: a script's run in another form.

use std::io;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use raft_script::Session;
use raft_trace::RunForm;

use crate::caught::caught;
use crate::output::to_stdout;
use crate::run;

/// Print a script's run in another form.
///
/// The script runs as with `helios run`, to its end or to where it fails. Then the run is played
/// again from its beginning and printed, so no more than one event is held.
///
/// Exit code: 0 if the script holds, 1 if it does not (its run is printed), 2 if there is nothing
/// to print: the file cannot be read or is not a script, an assertion of the core fails, or the
/// run has no such form.
#[derive(Args)]
#[command(after_long_help = FORMS_HELP, arg_required_else_help = true)]
pub(crate) struct ExportArguments {
    /// Script to run; `-` is standard input.
    file: String,
    /// Form of the run; --help describes them.
    #[arg(long = "as", value_name = "FORM", value_parser = form())]
    form: RunForm,
}

const FORMS_HELP: &str = "\
FORMS
  trace    every event with its cause and its fields, as JSON Lines; docs/trace.md describes it, and
           `helios check` reads it
  history  the requests and replies of clients, which `helios check` reads
  script   the statements with their moments: a script of the same run
  golden   each statement with the events after it, and the states at the end: a golden script for
           tests/scripts
  test     the same inputs for the cores at the same times, and the states at the end: a test in
           Rust that needs only helios-raft-core. There is none of a run with a switched-off rule,
           a damaged disk or snapshots in files, or with more than 20,000 steps of nodes";

fn form() -> impl TypedValueParser<Value = RunForm> {
    let parser = PossibleValuesParser::new(RunForm::ALL.map(RunForm::name));
    parser.try_map(|name| RunForm::named(&name).ok_or("no form has this name"))
}

/// Prints the run of one file.
pub(crate) fn export(arguments: &ExportArguments) -> io::Result<u8> {
    let ExportArguments { file, form } = arguments;
    let unusable = |message: &str| {
        eprintln!("{file}: {message}");
        2
    };
    let text = match run::read(file) {
        Ok(text) => text,
        Err(message) => return Ok(unusable(&message)),
    };
    let script = match raft_script::parse(&text) {
        Ok(script) => script,
        Err(error) => return Ok(unusable(&error.to_string())),
    };
    let report = match caught(|| raft_script::run(&script, &mut |_| {})) {
        Ok(report) => report,
        Err(assertion) => return Ok(unusable(&format!("an assertion failed: {assertion}"))),
    };
    let failure = report.failure.as_ref();
    let failure = failure.map(|failure| format!("line {}: {}", failure.line, failure.error));
    let Some(session) = report.session else {
        return Ok(unusable(&failure.unwrap_or_default()));
    };
    match print(&session, *form) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            return Ok(unusable(&error.to_string()));
        }
        printed => printed?,
    }
    if let Some(failure) = failure {
        eprintln!("{file}: {failure}");
        return Ok(1);
    }
    Ok(0)
}

fn print(session: &Session, form: RunForm) -> io::Result<()> {
    to_stdout(|out| form.write(session, out))
}
