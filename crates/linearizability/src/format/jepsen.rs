//! Logs of Jepsen with operations on one register.
//!
//! ```text
//! INFO  jepsen.util - 2   :invoke   :cas   [2 4]
//! INFO  jepsen.util - 2   :fail   :cas   [2 4]
//! INFO  jepsen.util - 4   :info   :write   :timed-out
//! ```
//!
//! `:ok` means that the operation took effect, `:fail` that it did not and never will. An operation
//! with `:info`, or without a return, may have taken effect or not. The words before `jepsen.util`
//! (a level, perhaps a time and a thread) do not matter.

use super::ReadLines;
use super::error::ParseError;
use super::line_reader::{LineReader, Span};
use crate::bytes::Bytes;
use crate::history::{Completion, History, HistoryError, Model};
use crate::operation::{Answer, MapOperation};

const LEVELS: [&str; 6] = ["INFO", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL"];
const KINDS: [&str; 4] = [":invoke", ":ok", ":fail", ":info"];

pub(super) struct Reader {
    history: History,
}

impl Default for Reader {
    fn default() -> Self {
        Self { history: History::new(Model::Register) }
    }
}

/// Whether a line without blanks around it is one of a log: whether it begins with a level or a
/// date.
pub(super) fn is_log(line: &str) -> bool {
    let first = line.split(char::is_whitespace).next().unwrap_or_default();
    let is_date = first.len() >= 10
        && first.bytes().take(10).enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-' || byte == b'/',
            _ => byte.is_ascii_digit(),
        });
    is_date || LEVELS.contains(&first)
}

impl ReadLines for Reader {
    fn line(&mut self, line: &mut LineReader<'_>) -> Result<(), ParseError> {
        let rest = line.rest();
        if rest.is_empty() {
            return Ok(());
        }
        if !is_log(rest) {
            // Java writes the traces of exceptions into a log.
            if rest.starts_with("at ") || rest.starts_with("...") || rest.starts_with("Caused by:")
            {
                return Ok(());
            }
            let word = line.word();
            return Err(line.error(
                word,
                "a line of a log, such as `INFO  jepsen.util - 2 :invoke :read nil`",
            ));
        }
        let Some(process) = find_operation(line)? else { return Ok(()) };
        self.operation(process, line)
    }

    fn end(self, _: usize) -> Result<History, ParseError> {
        Ok(self.history)
    }
}

/// Reads a line up to the process of an operation; `None` if the line has no operation.
fn find_operation(line: &mut LineReader<'_>) -> Result<Option<(u64, Span)>, ParseError> {
    let rest = line.rest();
    let mut words = rest.split(char::is_whitespace).filter(|word| !word.is_empty());
    let says_kind = words.clone().any(|word| KINDS.contains(&word));
    let logger = words.position(|word| word.trim_end_matches(':') == "jepsen.util");
    let mut after = words.skip_while(|word| *word == "-");
    let subject = after.next().filter(|_| logger.is_some());
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let has_process = subject.is_some_and(is_number);
    // A fault that the nemesis injects is not an operation on the register.
    if subject == Some(":nemesis") || !(says_kind || has_process) {
        return Ok(None);
    }
    for _ in 0..=logger.unwrap_or_default() {
        line.word();
    }
    if logger.is_some() {
        line.take("- ");
    }
    line.number("the number of a process").map(Some)
}

impl Reader {
    fn operation(
        &mut self,
        (process, named): (u64, Span),
        line: &mut LineReader<'_>,
    ) -> Result<(), ParseError> {
        let kind = line.word();
        let function = line.word();
        let name = line.text(function);
        if !KINDS.contains(&line.text(kind)) {
            return Err(line.error(kind, "`:invoke`, `:ok`, `:fail` or `:info`"));
        }
        if ![":read", ":write", ":cas"].contains(&name) {
            return Err(line.error(function, "`:read`, `:write` or `:cas`"));
        }
        if line.text(kind) == ":invoke" {
            let operation = invoked(name, line)?;
            line.end()?;
            let added = self.history.invoke(process, operation, line.number);
            return added.map_err(|error| line.refuse(named, error));
        }
        let completion = match (line.text(kind), name) {
            (":fail", _) => failed(line)?,
            (":info", _) => unknown(line)?,
            (_, ":read") => Completion::Answered(Answer::Value(value(line)?)),
            (_, ":write") => Completion::Answered(Answer::Done),
            (_, _) => Completion::Answered(Answer::Swapped),
        };
        self.agree((process, named), name, &completion, line)?;
        line.end()?;
        let ended = self.history.conclude(process, completion, line.number);
        ended.map_err(|error| line.refuse(named, error))
    }

    /// Checks that a return has the function and the arguments of its call.
    fn agree(
        &self,
        (process, named): (u64, Span),
        name: &str,
        completion: &Completion,
        line: &mut LineReader<'_>,
    ) -> Result<(), ParseError> {
        let Some(open) = self.history.open(process) else {
            return Err(line.refuse(named, HistoryError::Idle));
        };
        let is_same = match &open.operation {
            MapOperation::Read { .. } => name == ":read",
            MapOperation::Write { .. } => name == ":write",
            MapOperation::Cas { .. } => name == ":cas",
            // This reader makes none of these.
            MapOperation::Append { .. }
            | MapOperation::Delete { .. }
            | MapOperation::List { .. } => false,
        };
        if !is_same {
            let message =
                format!("process {process} began another operation in line {}", open.invoked.line);
            return Err(line.problem(named, message));
        }
        if name == ":read" || !matches!(completion, Completion::Answered(_)) {
            return Ok(());
        }
        line.rest();
        let start = line.here();
        if invoked(name, line)? != open.operation {
            let span = (start.0, line.here().1);
            let since = open.invoked.line;
            return Err(
                line.error(span, &format!("the arguments of the operation of line {since}"))
            );
        }
        Ok(())
    }
}

fn register() -> Bytes {
    Bytes::from("register")
}

fn invoked(name: &str, line: &mut LineReader<'_>) -> Result<MapOperation, ParseError> {
    match name {
        ":read" => {
            let word = line.word();
            if line.text(word) != "nil" {
                return Err(line.error(word, "`nil`, because the value is not known yet"));
            }
            Ok(MapOperation::Read { key: register() })
        }
        ":write" => Ok(MapOperation::Write { key: register(), value: some_value(line)? }),
        _ => {
            if !line.take("[") {
                let word = line.word();
                return Err(line.error(word, "`[`, the expected value and the new one, and `]`"));
            }
            let expect = value(line)?;
            let value = some_value(line)?;
            if !line.take("]") {
                let word = line.word();
                return Err(line.error(word, "`]`"));
            }
            Ok(MapOperation::Cas { key: register(), expect, value })
        }
    }
}

/// The operation did not take effect. The rest of the line is the reason.
fn failed(line: &mut LineReader<'_>) -> Result<Completion, ParseError> {
    line.skip(|_| true);
    Ok(Completion::Failed)
}

/// Nobody knows whether the operation took effect. The rest of the line is the reason.
fn unknown(line: &mut LineReader<'_>) -> Result<Completion, ParseError> {
    line.skip(|_| true);
    Ok(Completion::Unknown)
}

fn some_value(line: &mut LineReader<'_>) -> Result<Bytes, ParseError> {
    line.rest();
    let start = line.here();
    value(line)?.ok_or_else(|| line.error((start.0, line.here().1), "a number"))
}

/// A number, or `None` for `nil`.
fn value(line: &mut LineReader<'_>) -> Result<Option<Bytes>, ParseError> {
    line.rest();
    let span = line.run(|c| !c.is_whitespace() && !matches!(c, '[' | ']' | ','));
    let text = line.text(span);
    if text == "nil" {
        return Ok(None);
    }
    match text.parse::<i64>() {
        Ok(number) => Ok(Some(number.to_string().into())),
        Err(_) => Err(line.error(span, "a whole number or `nil`")),
    }
}
