//! Jepsen's logs of operations on one register.
//!
//! ```text
//! INFO  jepsen.util - 2   :invoke   :cas   [2 4]
//! INFO  jepsen.util - 2   :fail   :cas   [2 4]
//! INFO  jepsen.util - 4   :info   :write   :timed-out
//! ```
//!
//! What stands before `jepsen.util` (a level, perhaps a time and a thread) does not matter.

use raft_kv::{Key, Operation, Value};

use super::super::history::{Answer, History, Outcome, Subject};
use super::ReadLines;
use super::error::HistoryParseError;
use super::line::{Line, Span};

const LEVELS: [&str; 6] = ["INFO", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL"];
const KINDS: [&str; 4] = [":invoke", ":ok", ":fail", ":info"];

pub(super) struct Reader {
    history: History,
}

impl Default for Reader {
    fn default() -> Self {
        Self { history: History::new(Subject::Register) }
    }
}

/// Whether a line, without blanks around it, is one of a log: it begins with a level or a date.
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
    fn line(&mut self, line: &mut Line<'_>) -> Result<(), HistoryParseError> {
        let rest = line.rest();
        if rest.is_empty() {
            return Ok(());
        }
        if !is_log(rest) {
            // The traces of exceptions that Java writes into a log.
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

    fn end(self, _: usize) -> Result<History, HistoryParseError> {
        Ok(self.history)
    }
}

/// Reads up to the process of an operation; `None` if the line is clearly none.
fn find_operation(line: &mut Line<'_>) -> Result<Option<(u64, Span)>, HistoryParseError> {
    let rest = line.rest();
    let mut words = rest.split(char::is_whitespace).filter(|word| !word.is_empty());
    let says_kind = words.clone().any(|word| KINDS.contains(&word));
    let logger = words.position(|word| word.trim_end_matches(':') == "jepsen.util");
    let mut behind = words.skip_while(|word| *word == "-");
    let subject = behind.next().filter(|_| logger.is_some());
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let has_process = subject.is_some_and(is_number);
    // What the nemesis does to the cluster is not an operation on the register.
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
        line: &mut Line<'_>,
    ) -> Result<(), HistoryParseError> {
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
        let outcome = match (line.text(kind), name) {
            (":fail", _) => failed(line)?,
            (":info", _) => unknown(line)?,
            (_, ":read") => Outcome::Answered(Answer::Value(value(line)?)),
            (_, ":write") => Outcome::Answered(Answer::Done),
            (_, _) => Outcome::Answered(Answer::Swapped),
        };
        self.agree((process, named), name, &outcome, line)?;
        line.end()?;
        let ended = self.history.conclude(process, outcome, line.number);
        ended.map_err(|error| line.refuse(named, error))
    }

    /// What ends is what began: the function, and what it was given.
    fn agree(
        &self,
        (process, named): (u64, Span),
        name: &str,
        outcome: &Outcome,
        line: &mut Line<'_>,
    ) -> Result<(), HistoryParseError> {
        let Some(open) = self.history.open(process) else {
            return Err(line.refuse(named, super::super::HistoryError::Idle));
        };
        let same = match &open.operation {
            Operation::Get { .. } => name == ":read",
            Operation::Set { .. } => name == ":write",
            _ => name == ":cas",
        };
        if !same {
            let message =
                format!("process {process} began another operation in line {}", open.invoked.line);
            return Err(line.problem(named, message));
        }
        if name == ":read" || !matches!(outcome, Outcome::Answered(_)) {
            return Ok(());
        }
        line.rest();
        let start = line.here();
        if invoked(name, line)? != open.operation {
            let span = (start.0, line.here().1);
            let since = open.invoked.line;
            return Err(line.error(span, &format!("what the operation of line {since} was given")));
        }
        Ok(())
    }
}

fn register() -> Key {
    Key::from("register")
}

fn invoked(name: &str, line: &mut Line<'_>) -> Result<Operation, HistoryParseError> {
    match name {
        ":read" => {
            let word = line.word();
            if line.text(word) != "nil" {
                return Err(line.error(word, "`nil`: what a read will find is not known yet"));
            }
            Ok(Operation::Get { key: register() })
        }
        ":write" => Ok(Operation::Set { key: register(), value: some_value(line)? }),
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
            Ok(Operation::Cas { key: register(), expect, value })
        }
    }
}

/// It did not happen; what follows says why.
fn failed(line: &mut Line<'_>) -> Result<Outcome, HistoryParseError> {
    line.skip(|_| true);
    Ok(Outcome::Failed)
}

/// Nobody knows; what follows says why.
fn unknown(line: &mut Line<'_>) -> Result<Outcome, HistoryParseError> {
    line.skip(|_| true);
    Ok(Outcome::Unknown)
}

fn some_value(line: &mut Line<'_>) -> Result<Value, HistoryParseError> {
    line.rest();
    let start = line.here();
    value(line)?.ok_or_else(|| line.error((start.0, line.here().1), "a number"))
}

/// A number, or nothing.
fn value(line: &mut Line<'_>) -> Result<Option<Value>, HistoryParseError> {
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
