//! Logs of Jepsen with operations on registers, and its `history.txt`.
//!
//! ```text
//! INFO  jepsen.util - 2   :invoke   :cas   [2 4]
//! INFO  jepsen.util - 2   :fail   :cas   [2 4]
//! INFO  jepsen.util - 4   :info   :write   :timed-out
//! 5   :invoke   :write   [key 7]
//! ```
//!
//! `:ok` means that the operation took effect, `:fail` that it did not and never will. An operation
//! with `:info`, or without a return, may have taken effect or not. The words before `jepsen.util`
//! (a level, perhaps a time and a thread) do not matter; in `history.txt` there are none. Lines
//! without an operation are passed over and counted.

use super::ReadLines;
use super::error::ParseError;
use super::line_reader::{LineReader, Span};
use crate::bytes::Bytes;
use crate::history::{Completion, History, HistoryError, Invocation, Model};
use crate::operation::{Answer, MapOperation};

const LEVELS: [&str; 6] = ["INFO", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL"];
const KINDS: [&str; 4] = [":invoke", ":ok", ":fail", ":info"];

#[derive(Default)]
pub(super) struct Reader {
    history: Option<History>,
    /// Whether the operations have keys, and the line of the first.
    first: Option<(bool, usize)>,
    passed_over: usize,
    /// The first line that is not one of a log: an error if no line has an operation.
    odd: Option<ParseError>,
}

/// Whether a line without blanks around it is one of a log: whether it begins with a level or a
/// date, or is a line of `history.txt`.
pub(super) fn is_log(line: &str) -> bool {
    let first = line.split(char::is_whitespace).next().unwrap_or_default();
    let is_date = first.len() >= 10
        && first.bytes().take(10).enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-' || byte == b'/',
            _ => byte.is_ascii_digit(),
        });
    is_date || LEVELS.contains(&first) || is_bare(line)
}

/// Whether a line has the kind of an event.
pub(super) fn says_kind(line: &str) -> bool {
    line.split(char::is_whitespace).any(|word| KINDS.contains(&word))
}

/// Whether a line is one of `history.txt`: a process and the kind of an event.
fn is_bare(line: &str) -> bool {
    let mut words = line.split(char::is_whitespace).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let is_process = first.starts_with(':') || first.bytes().all(|byte| byte.is_ascii_digit());
    is_process && words.next().is_some_and(|word| KINDS.contains(&word))
}

impl ReadLines for Reader {
    fn line(&mut self, line: &mut LineReader<'_>) -> Result<(), ParseError> {
        let rest = line.rest();
        if rest.is_empty() {
            return Ok(());
        }
        let is_log = is_log(rest);
        if !is_log {
            // Java writes the traces of exceptions into a log.
            let is_trace = ["at ", "...", "Caused by:"].iter().any(|start| rest.starts_with(start));
            let word = line.word();
            let expected = "a line of a log, such as `INFO  jepsen.util - 2 :invoke :read nil`";
            let error = line.error(word, expected);
            if says_kind(rest) {
                return Err(error);
            }
            if !is_trace {
                self.odd.get_or_insert(error);
            }
        }
        match find_operation(line)?.filter(|_| is_log) {
            Some(process) => self.operation(process, line),
            None => {
                self.passed_over += 1;
                Ok(())
            }
        }
    }

    fn end(self, _: usize) -> Result<History, ParseError> {
        let mut history = match (self.history, self.odd) {
            (None, Some(error)) => return Err(error),
            (history, _) => history.unwrap_or_else(|| History::new(Model::Register)),
        };
        history.pass_over(self.passed_over);
        Ok(history)
    }
}

/// Reads a line up to the process of an operation; `None` if the line has no operation.
fn find_operation(line: &mut LineReader<'_>) -> Result<Option<(u64, Span)>, ParseError> {
    let rest = line.rest();
    if is_bare(rest) {
        // A name, such as `:nemesis`, is no client.
        return if rest.starts_with(':') { Ok(None) } else { a_process(line).map(Some) };
    }
    let mut words = rest.split(char::is_whitespace).filter(|word| !word.is_empty());
    let logger = words.position(|word| word.trim_end_matches(':') == "jepsen.util");
    let Some(logger) = logger else { return Ok(None) };
    let mut after = words.skip_while(|word| *word == "-");
    let subject = after.next().unwrap_or_default();
    let is_number = subject.starts_with(|c: char| c.is_ascii_digit());
    let names_kind = after.next().is_some_and(|word| word.starts_with(':'));
    // A fault that the nemesis injects is not an operation on the register.
    if subject.starts_with(':') || !(says_kind(rest) || (is_number && names_kind)) {
        return Ok(None);
    }
    for _ in 0..=logger {
        line.word();
    }
    line.take("- ");
    a_process(line).map(Some)
}

fn a_process(line: &mut LineReader<'_>) -> Result<(u64, Span), ParseError> {
    line.number("the number of a process")
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
        if name == ":txn" {
            let message = "this is a transaction of Elle, which is not supported. Check the \
                           `history.edn` of the test with Elle, for example with elle-cli";
            return Err(line.problem(function, message.to_owned()));
        }
        if ![":read", ":write", ":cas"].contains(&name) {
            return Err(line.error(function, "`:read`, `:write` or `:cas`"));
        }
        if line.text(kind) == ":invoke" {
            line.rest();
            let start = line.here();
            let (has_key, operation) = invoked(name, line)?;
            line.end()?;
            let (expected, since) = *self.first.get_or_insert((has_key, line.number));
            if expected != has_key {
                let expected = if expected { "a pair of a key and a value" } else { "no key" };
                let span = (start.0, line.here().1);
                return Err(line.error(span, &format!("{expected}, as in line {since}")));
            }
            let model = if has_key { Model::Map } else { Model::Register };
            let history = self.history.get_or_insert_with(|| History::new(model));
            let added = history.invoke(process, operation, line.number);
            return added.map_err(|error| line.refuse(named, error));
        }
        let idle = || line.refuse(named, HistoryError::Idle);
        let history = self.history.as_ref().ok_or_else(idle)?;
        let open = history.open(process).ok_or_else(idle)?;
        agree(open, (process, named), name, line)?;
        let completion = match (line.text(kind), name) {
            (":fail" | ":info", _) => {
                // The rest of the line is the reason.
                line.skip(|_| true);
                if line.text(kind) == ":fail" { Completion::Failed } else { Completion::Unknown }
            }
            (_, ":read") => {
                let has_key = self.first.is_some_and(|(has_key, _)| has_key);
                Completion::Answered(Answer::Value(found(open, has_key, line)?))
            }
            (_, ":write") => {
                same_arguments(open, name, line)?;
                Completion::Answered(Answer::Done)
            }
            (_, _) => {
                same_arguments(open, name, line)?;
                Completion::Answered(Answer::Swapped)
            }
        };
        line.end()?;
        let Some(history) = &mut self.history else { return Ok(()) };
        let ended = history.conclude(process, completion, line.number);
        ended.map_err(|error| line.refuse(named, error))
    }
}

/// Checks that a return has the function of its call.
fn agree(
    open: &Invocation,
    (process, named): (u64, Span),
    name: &str,
    line: &LineReader<'_>,
) -> Result<(), ParseError> {
    let is_same = match &open.operation {
        MapOperation::Read { .. } => name == ":read",
        MapOperation::Write { .. } => name == ":write",
        MapOperation::Cas { .. } => name == ":cas",
        // This reader makes none of these.
        MapOperation::Append { .. } | MapOperation::Delete { .. } | MapOperation::List { .. } => {
            false
        }
    };
    if is_same {
        return Ok(());
    }
    let message =
        format!("process {process} began another operation in line {}", open.invoked.line);
    Err(line.problem(named, message))
}

/// Checks that a return has the arguments of its call.
fn same_arguments(
    open: &Invocation,
    name: &str,
    line: &mut LineReader<'_>,
) -> Result<(), ParseError> {
    line.rest();
    let start = line.here();
    if invoked(name, line)?.1 == open.operation {
        return Ok(());
    }
    Err(other_arguments(open, start, line))
}

fn other_arguments(open: &Invocation, start: Span, line: &LineReader<'_>) -> ParseError {
    let since = open.invoked.line;
    let span = (start.0, line.here().1);
    line.error(span, &format!("the arguments of the operation of line {since}"))
}

/// The value that a read found.
fn found(
    open: &Invocation,
    has_key: bool,
    line: &mut LineReader<'_>,
) -> Result<Option<Bytes>, ParseError> {
    if !has_key {
        return value(line);
    }
    line.rest();
    let start = line.here();
    let (key, value) = keyed(line, |key, line| Ok((key, value(line)?)))?;
    if Some(&key) == open.operation.key() {
        return Ok(value);
    }
    Err(other_arguments(open, start, line))
}

fn register() -> Bytes {
    Bytes::from("register")
}

/// An operation, and whether it has a key.
fn invoked(name: &str, line: &mut LineReader<'_>) -> Result<(bool, MapOperation), ParseError> {
    let rest = line.rest();
    let inner = rest.strip_prefix('[').map(|inner| inner.trim_start_matches(|c| !is_bracket(c)));
    // A compare-and-set has a pair of its own.
    let has_key = inner.is_some_and(|inner| name != ":cas" || inner.starts_with('['));
    if !has_key {
        return Ok((false, operation(name, register(), line)?));
    }
    Ok((true, keyed(line, |key, line| operation(name, key, line))?))
}

/// A key and a value of `jepsen.independent`, `[key value]`.
fn keyed<T>(
    line: &mut LineReader<'_>,
    value: impl FnOnce(Bytes, &mut LineReader<'_>) -> Result<T, ParseError>,
) -> Result<T, ParseError> {
    if !line.take("[") {
        let word = line.word();
        return Err(line.error(word, "`[`, the key, the value, and `]`"));
    }
    line.rest();
    let key = line.run(|c| !c.is_whitespace() && !is_bracket(c));
    let name = line.text(key);
    if name.is_empty() {
        return Err(line.error(key, "a key"));
    }
    let value = value(name.into(), line)?;
    if !line.take("]") {
        let word = line.word();
        return Err(line.error(word, "`]`"));
    }
    Ok(value)
}

fn is_bracket(c: char) -> bool {
    matches!(c, '[' | ']' | ',')
}

fn operation(
    name: &str,
    key: Bytes,
    line: &mut LineReader<'_>,
) -> Result<MapOperation, ParseError> {
    match name {
        ":read" => {
            line.rest();
            let word = line.run(|c| !c.is_whitespace() && !is_bracket(c));
            if line.text(word) != "nil" {
                return Err(line.error(word, "`nil`, because the value is not known yet"));
            }
            Ok(MapOperation::Read { key })
        }
        ":write" => Ok(MapOperation::Write { key, value: some_value(line)? }),
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
            Ok(MapOperation::Cas { key, expect, value })
        }
    }
}

fn some_value(line: &mut LineReader<'_>) -> Result<Bytes, ParseError> {
    line.rest();
    let start = line.here();
    value(line)?.ok_or_else(|| line.error((start.0, line.here().1), "a number"))
}

/// A number, or `None` for `nil`.
fn value(line: &mut LineReader<'_>) -> Result<Option<Bytes>, ParseError> {
    line.rest();
    let span = line.run(|c| !c.is_whitespace() && !is_bracket(c));
    let text = line.text(span);
    if text == "nil" {
        return Ok(None);
    }
    match text.parse::<i64>() {
        Ok(number) => Ok(Some(number.to_string().into())),
        Err(_) => Err(line.error(span, "a whole number or `nil`")),
    }
}
