//! Our own form; `write.rs` says what it looks like.

use raft_kv::{Key, Operation, Value};

use super::super::history::{Answer, History, Outcome, Subject};
use super::super::write::HEADER;
use super::ReadLines;
use super::error::HistoryParseError;
use super::line::{Line, Span};

pub(super) struct Reader {
    history: History,
    has_begun: bool,
    /// The time of the last line, in microseconds.
    time: u64,
}

impl Default for Reader {
    fn default() -> Self {
        Self { history: History::new(Subject::Store), has_begun: false, time: 0 }
    }
}

impl ReadLines for Reader {
    fn line(&mut self, line: &mut Line<'_>) -> Result<(), HistoryParseError> {
        let rest = line.rest();
        if is_over(rest) {
            return Ok(());
        }
        if !self.has_begun {
            self.has_begun = true;
            let start = line.here();
            if rest != HEADER {
                return Err(line.error((start.0, start.0 + rest.len()), &format!("`{HEADER}`")));
            }
            return Ok(());
        }
        self.read_time(line)?;
        let (client, named) = line.number("the number of a client")?;
        let kind = word(line);
        match line.text(kind) {
            "invoke" => {
                let operation = operation(line)?;
                end(line)?;
                let added = self.history.invoke(client, operation, line.number);
                added.map_err(|error| line.refuse(named, error))
            }
            "ok" | "fail" | "unknown" => {
                let outcome = self.outcome(client, named, kind, line)?;
                let ended = self.history.conclude(client, outcome, line.number);
                ended.map_err(|error| line.refuse(named, error))
            }
            _ => Err(line.error(kind, "`invoke`, `ok`, `fail` or `unknown`")),
        }
    }

    fn end(self, last: usize) -> Result<History, HistoryParseError> {
        if self.has_begun {
            return Ok(self.history);
        }
        let found = "the end of the text".to_owned();
        Err(HistoryParseError::whole(last, found, format!("`{HEADER}`")))
    }
}

impl Reader {
    fn read_time(&mut self, line: &mut Line<'_>) -> Result<(), HistoryParseError> {
        let span = line.word();
        let Some(time) = micros(line.text(span)) else {
            return Err(line.error(span, "a time in seconds, such as `0.125000s`"));
        };
        if time < self.time {
            return Err(line.error(span, "a time that is not before that of the line above"));
        }
        self.time = time;
        Ok(())
    }

    fn outcome(
        &self,
        client: u64,
        named: Span,
        kind: Span,
        line: &mut Line<'_>,
    ) -> Result<Outcome, HistoryParseError> {
        let kind = line.text(kind);
        if kind != "ok" {
            return Ok(if kind == "fail" { Outcome::Failed } else { Outcome::Unknown });
        }
        let Some(open) = self.history.open(client) else {
            return Err(line.refuse(named, super::super::HistoryError::Idle));
        };
        let answer = answer(&open.operation, line)?;
        end(line)?;
        Ok(Outcome::Answered(answer))
    }
}

/// Seconds with up to six decimals, as microseconds.
fn micros(text: &str) -> Option<u64> {
    let number = text.strip_suffix('s')?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 6 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let micros: u64 = format!("{fraction:0<6}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(micros)
}

fn operation(line: &mut Line<'_>) -> Result<Operation, HistoryParseError> {
    let name = word(line);
    Ok(match line.text(name) {
        "set" => {
            let (key, value) = pair(line)?;
            Operation::Set { key, value }
        }
        "get" => Operation::Get { key: key(line)? },
        "delete" => Operation::Delete { key: key(line)? },
        "append" => Operation::Append { key: key(line)?, value: value(line)? },
        "cas" => Operation::Cas { key: key(line)?, expect: maybe(line)?, value: value(line)? },
        "list" => {
            let all = is_over(line.rest());
            Operation::List { prefix: if all { Key::from("") } else { key(line)? } }
        }
        _ => {
            let names = "`set`, `get`, `delete`, `append`, `cas` or `list`";
            return Err(line.error(name, names));
        }
    })
}

fn answer(operation: &Operation, line: &mut Line<'_>) -> Result<Answer, HistoryParseError> {
    Ok(match operation {
        Operation::Set { .. } => Answer::Done,
        Operation::Get { .. } => Answer::Value(maybe(line)?),
        Operation::Append { .. } => {
            Answer::Appended { length: line.number("the value's length in bytes")?.0 }
        }
        Operation::Delete { .. } => {
            let word = word(line);
            match line.text(word) {
                "deleted" => Answer::Deleted { existed: true },
                "absent" => Answer::Deleted { existed: false },
                _ => return Err(line.error(word, "`deleted` or `absent`")),
            }
        }
        Operation::Cas { .. } => {
            let word = word(line);
            match line.text(word) {
                "swapped" => Answer::Swapped,
                "kept" => Answer::NotSwapped { current: Some(maybe(line)?) },
                _ => return Err(line.error(word, "`swapped`, or `kept` and the value")),
            }
        }
        Operation::List { .. } => {
            let mut entries = Vec::new();
            loop {
                let rest = line.rest();
                if is_over(rest) {
                    break Answer::List { entries, truncated: false };
                }
                // A key may have that name: then a `=` follows.
                if rest.strip_prefix("more").is_some_and(|behind| is_over(behind.trim_start())) {
                    line.take("more");
                    break Answer::List { entries, truncated: true };
                }
                entries.push(pair(line)?);
            }
        }
    })
}

fn pair(line: &mut Line<'_>) -> Result<(Key, Value), HistoryParseError> {
    let key = key(line)?;
    if !line.take("=") {
        let word = line.word();
        return Err(line.error(word, "`=` and a value"));
    }
    Ok((key, value(line)?))
}

fn key(line: &mut Line<'_>) -> Result<Key, HistoryParseError> {
    text(line, "a key").map(|(text, _)| Key::from(text.as_bytes()))
}

fn value(line: &mut Line<'_>) -> Result<Value, HistoryParseError> {
    text(line, "a value").map(|(text, _)| text)
}

/// A value, or `absent`.
fn maybe(line: &mut Line<'_>) -> Result<Option<Value>, HistoryParseError> {
    let (value, span) = text(line, "a value or `absent`")?;
    Ok((line.text(span) != "absent").then_some(value))
}

/// A bare word or a string between quotes.
fn text(line: &mut Line<'_>, expected: &str) -> Result<(Value, Span), HistoryParseError> {
    if line.rest().starts_with('"') {
        return line.quoted();
    }
    let span = line.run(|c| !c.is_whitespace() && !matches!(c, '"' | '=' | '#'));
    match line.text(span) {
        "" => Err(line.error(span, expected)),
        text => Ok((text.into(), span)),
    }
}

/// The next characters up to a blank or a comment.
fn word(line: &mut Line<'_>) -> Span {
    line.rest();
    line.run(|c| !c.is_whitespace() && c != '#')
}

/// Whether nothing more follows in a line, or only a comment.
fn is_over(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('#')
}

fn end(line: &mut Line<'_>) -> Result<(), HistoryParseError> {
    if is_over(line.rest()) { Ok(()) } else { line.end() }
}
