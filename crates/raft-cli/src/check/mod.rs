//! `helios check`: is a history linearizable, is a trace a run of Raft?

mod arguments;
mod json;
mod picture;
#[cfg(feature = "spec")]
mod specification;
mod text;
mod trace;

use std::io;
use std::time::{Duration, Instant};

use linearizability::{
    Format, History, Limits, MAX_HISTORY_BYTES, ParseError, Verdict, check as search, detect, parse,
};
use raft_script::excerpt::Excerpt;
use raft_trace::trace_source;

pub(crate) use arguments::CheckArguments;

use crate::input::read;
use crate::output::to_stdout;

/// The result for one file.
struct FileChecked {
    /// The file as it was named.
    file: String,
    verdict: CheckVerdict,
}

enum CheckVerdict {
    /// The file, or the standard input, cannot be read.
    Unreadable(String),
    /// The text is not a history.
    Malformed { error: ParseError, excerpt: Excerpt },
    /// The search has ended.
    Searched { format: Format, history: History, verdict: Verdict, took: Duration },
    /// The file is a trace.
    Trace(trace::TraceChecked),
}

impl FileChecked {
    /// The exit code that this file alone would give.
    fn code(&self) -> u8 {
        match &self.verdict {
            CheckVerdict::Searched { verdict, .. } => match verdict {
                Verdict::Linearizable { .. } => 0,
                Verdict::NotLinearizable(_) => 1,
                Verdict::Unknown { .. } => 3,
            },
            CheckVerdict::Unreadable(_) | CheckVerdict::Malformed { .. } => 2,
            CheckVerdict::Trace(checked) => checked.code(),
        }
    }
}

/// Checks the histories; the code of the worst.
pub(crate) fn check(arguments: &CheckArguments) -> io::Result<u8> {
    if arguments.spec && cfg!(not(feature = "spec")) {
        eprintln!(
            "helios: this build has no specification. Build with it:\n  \
             cargo run --release --package raft-cli --features spec -- check --spec FILE"
        );
        return Ok(2);
    }
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
        // A contradiction is certain, a file that cannot be read may be one, a search that was
        // stopped may be none.
        let worst = [1, 2, 3].into_iter().find(|code| codes.contains(code));
        Ok(worst.unwrap_or_default())
    })
}

fn check_file(file: &str, arguments: &CheckArguments) -> FileChecked {
    let verdict = match read(file, MAX_HISTORY_BYTES as u64) {
        Ok(bytes) => match trace_source(&bytes).filter(|_| arguments.format().is_none()) {
            Some(source) => CheckVerdict::Trace(trace::check(&bytes, source, arguments.spec)),
            None => check_text(&bytes, arguments),
        },
        Err(error) => CheckVerdict::Unreadable(format!("cannot be read: {error}")),
    };
    FileChecked { file: file.to_owned(), verdict }
}

fn check_text(bytes: &[u8], arguments: &CheckArguments) -> CheckVerdict {
    let parsed = arguments.format().map_or_else(|| detect(bytes), Ok).and_then(|format| {
        let history = parse(bytes, Some(format))?;
        Ok((format, history))
    });
    let (format, history) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let excerpt = excerpt(bytes, &error);
            return CheckVerdict::Malformed { error, excerpt };
        }
    };
    let began = Instant::now();
    let mut in_time = || began.elapsed() < arguments.timeout;
    let verdict = search(&history, &mut Limits::new(arguments.memory, &mut in_time));
    CheckVerdict::Searched { format, history, verdict, took: began.elapsed() }
}

/// The line of an error, with the place to mark; empty if the error is about the whole text.
fn excerpt(bytes: &[u8], error: &ParseError) -> Excerpt {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let line = text.split(|byte| *byte == b'\n').nth(error.line - 1).unwrap_or_default();
    let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
    if error.width == 0 {
        return Excerpt::default();
    }
    let byte_of = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    let start = error.column - 1;
    Excerpt::new(&line, (byte_of(start), byte_of(start + error.width)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let error = parse(text, None).expect_err(text);
        format!("{error}{}", excerpt(text.as_bytes(), &error).below(error.line))
    }

    #[test]
    fn an_error_shows_the_line_with_a_caret() {
        let message = "line 2, column 13: expected `set`, `get`, `delete`, `append`, `cas` or \
                       `list`, found `got`";
        let bad = char::REPLACEMENT_CHARACTER;
        let expected = format!("{message}\n  |\n2 | 1s\t1 invoke got {bad}x\n  |   \t         ^^^");
        assert_eq!(shown("helios history 1\n1s\t1 invoke got \u{1b}x"), expected);
        let at_the_end = shown("\u{feff}helios history 1\r\n1s 1 invoke get\r\n");
        assert!(at_the_end.ends_with("2 | 1s 1 invoke get\n  |                ^"), "{at_the_end}");
        assert_eq!(shown("").lines().count(), 1, "no line to show");
    }
}
