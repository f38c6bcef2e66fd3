//! `helios shrink`: makes a script that fails as short as possible.

use std::io;
use std::sync::atomic::Ordering;

use clap::Args;
use raft_fuzz::{FailureKind, Played, ShrinkProgress, Shrinker, Shrunk, play_strictly};
use raft_script::Script;

use crate::caught::caught;
use crate::interrupt::interrupted;
use crate::output::{print_commands, to_stdout};
use crate::progress::Progress;
use crate::run;

/// Make a script that fails as short as possible.
///
/// The result fails in the same way for the same cause: it breaks the same property, fails the same
/// expectation or stops at the same assertion or at a statement that cannot be carried out. If the
/// expectation is met without the faults of the script, so is that of the result; and if its
/// condition held earlier, it does in the result. Ctrl-C ends the search with the shortest script
/// so far.
///
/// Exit code: 0 if the script fails, 1 if it does not fail, 2 if it cannot be read or is not a
/// script.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct ShrinkArguments {
    /// Script to shrink; `-` is standard input.
    file: String,
    /// File for the result; standard output by default.
    #[arg(long, value_name = "FILE")]
    out: Option<String>,
    /// Largest number of replays.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    max_runs: u64,
}

/// Shrinks one file.
pub(crate) fn run(arguments: &ShrinkArguments) -> io::Result<u8> {
    let file = &arguments.file;
    let script = match run::read(file).map(|text| raft_script::parse(&text)) {
        Ok(Ok(script)) => script,
        Ok(Err(error)) => {
            eprintln!("{file}: {error}");
            return Ok(2);
        }
        Err(message) => {
            eprintln!("{file}: {message}");
            return Ok(2);
        }
    };
    // A replay catches panics itself. This silences their messages.
    let shrunk = caught(|| shrink(&script, arguments.max_runs)).map_err(io::Error::other)?;
    let Some((last, shrunk)) = shrunk else {
        eprintln!(
            "{file} does not fail: every statement can be carried out, and every property holds"
        );
        return Ok(1);
    };
    let text = annotated(&last, &shrunk);
    match &arguments.out {
        Some(file) => {
            std::fs::write(file, text)?;
            to_stdout(|out| print_commands(file, out))?;
        }
        None => to_stdout(|out| out.write_all(text.as_bytes()))?,
    }
    Ok(0)
}

/// The last replay of the shortest script, and the script; `None` if the original does not fail.
fn shrink(script: &Script, max_runs: u64) -> Option<(Played, Shrunk)> {
    let (kind, first) = FailureKind::of(script)?;
    eprintln!("fails: {}", first.description);
    let interrupted = interrupted();
    let mut oracle = |candidate: &Script| {
        if interrupted.load(Ordering::Relaxed) {
            return None;
        }
        kind.shown_by(candidate)
    };
    let line = Progress::words();
    let mut show = |progress| line.set_words(|| in_words(progress));
    let shrunk = Shrinker::new(max_runs, &mut oracle, &mut show).running_on().shrink(script)?;
    drop(line);
    eprintln!("{}", in_words(shrunk.progress));
    if interrupted.load(Ordering::Relaxed) {
        eprintln!("interrupted: this is the shortest script so far");
    }
    if !shrunk.is_minimal {
        eprintln!(
            "stopped after {max_runs} replays: a larger --max-runs may shorten the script further"
        );
    }
    let last = play_strictly(&shrunk.script);
    Some((last, shrunk))
}

/// `9 of 104 statements after 300 runs`
pub(crate) fn in_words(progress: ShrinkProgress) -> String {
    let ShrinkProgress { runs, before, statements, .. } = progress;
    format!("{statements} of {before} statements after {runs} runs")
}

/// The script with its failure as a comment.
fn annotated(last: &Played, shrunk: &Shrunk) -> String {
    let ShrinkProgress { before, statements, runs, .. } = shrunk.progress;
    let fails = raft_fuzz::comment(&last.description);
    format!("{fails}# {statements} statements, of {before}; {runs} runs.\n{}", shrunk.script)
}
