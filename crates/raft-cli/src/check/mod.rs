//! `helios check`: is a history linearizable?

mod arguments;
mod json;
mod picture;
mod text;

use std::io;
use std::time::{Duration, Instant};

use raft_check::linearizability::{
    Format, History, HistoryParseError, Limits, MAX_HISTORY_BYTES, Verdict, check as search,
    detect, parse,
};

pub(crate) use arguments::CheckArguments;

use crate::input::read;
use crate::output::to_stdout;

/// What became of one history.
struct Checked {
    /// The file as it was named.
    file: String,
    outcome: Outcome,
}

enum Outcome {
    /// It could not be read from the disk or the standard input.
    Unreadable(String),
    Malformed(HistoryParseError),
    Judged {
        format: Format,
        history: History,
        verdict: Verdict,
        took: Duration,
    },
}

impl Checked {
    fn code(&self) -> u8 {
        match &self.outcome {
            Outcome::Judged { verdict: Verdict::Linearizable { .. }, .. } => 0,
            Outcome::Judged { verdict: Verdict::NotLinearizable(_), .. } => 1,
            Outcome::Unreadable(_) | Outcome::Malformed(_) => 2,
            Outcome::Judged { verdict: Verdict::Unknown { .. }, .. } => 3,
        }
    }
}

/// Checks the histories; the code of the worst.
pub(crate) fn check(arguments: &CheckArguments) -> io::Result<u8> {
    to_stdout(|out| {
        let mut codes = Vec::new();
        for file in &arguments.files {
            let checked = check_file(file, arguments);
            codes.push(checked.code());
            if arguments.json {
                json::print(&checked, out)?;
            } else {
                text::print(&checked, out)?;
            }
            out.flush()?;
        }
        // A history that is wrong for certain outweighs one that nobody can read, and that one a doubt.
        let worst = [1, 2, 3].into_iter().find(|code| codes.contains(code));
        Ok(worst.unwrap_or_default())
    })
}

fn check_file(file: &str, arguments: &CheckArguments) -> Checked {
    let outcome = match read(file, MAX_HISTORY_BYTES as u64) {
        Ok(bytes) => judge(&bytes, arguments),
        Err(error) => Outcome::Unreadable(format!("cannot be read: {error}")),
    };
    Checked { file: file.to_owned(), outcome }
}

fn judge(bytes: &[u8], arguments: &CheckArguments) -> Outcome {
    let parsed = arguments.format().map_or_else(|| detect(bytes), Ok).and_then(|format| {
        let history = parse(bytes, Some(format))?;
        Ok((format, history))
    });
    let (format, history) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return Outcome::Malformed(error),
    };
    let began = Instant::now();
    let mut in_time = || began.elapsed() < arguments.timeout;
    let verdict = search(&history, &mut Limits::memory(arguments.memory, &mut in_time));
    Outcome::Judged { format, history, verdict, took: began.elapsed() }
}
