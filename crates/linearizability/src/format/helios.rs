//! The format of this crate; [`HistoryWriter`](super::HistoryWriter) describes it.

use super::ReadLines;
use super::error::ParseError;
use super::line_reader::{LineReader, Span};
use super::writer::HEADER;
use crate::bytes::Bytes;
use crate::history::{Completion, History, HistoryError, Model};
use crate::operation::{Answer, MapOperation};

pub(super) struct Reader {
    history: History,
    has_begun: bool,
    /// The time of the last line, in µs.
    time: u64,
}

impl Default for Reader {
    fn default() -> Self {
        Self { history: History::new(Model::Map), has_begun: false, time: 0 }
    }
}

impl ReadLines for Reader {
    fn line(&mut self, line: &mut LineReader<'_>) -> Result<(), ParseError> {
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
        let (client, named) = line.number("the number of a process")?;
        let kind = word(line);
        match line.text(kind) {
            "invoke" => {
                let operation = operation(line)?;
                end(line)?;
                let added = self.history.invoke(client, operation, line.number);
                added.map_err(|error| line.refuse(named, error))
            }
            "ok" | "fail" | "unknown" => {
                let completion = self.completion(client, named, kind, line)?;
                let ended = self.history.conclude(client, completion, line.number);
                ended.map_err(|error| line.refuse(named, error))
            }
            _ => Err(line.error(kind, "`invoke`, `ok`, `fail` or `unknown`")),
        }
    }

    fn end(self, last: usize) -> Result<History, ParseError> {
        if self.has_begun {
            return Ok(self.history);
        }
        Err(ParseError::whole(last, "the end of the text", &format!("`{HEADER}`")))
    }
}

impl Reader {
    fn read_time(&mut self, line: &mut LineReader<'_>) -> Result<(), ParseError> {
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

    fn completion(
        &self,
        client: u64,
        named: Span,
        kind: Span,
        line: &mut LineReader<'_>,
    ) -> Result<Completion, ParseError> {
        let kind = line.text(kind);
        if kind != "ok" {
            return Ok(if kind == "fail" { Completion::Failed } else { Completion::Unknown });
        }
        let Some(open) = self.history.open(client) else {
            return Err(line.refuse(named, HistoryError::Idle));
        };
        let answer = answer(&open.operation, line)?;
        end(line)?;
        Ok(Completion::Answered(answer))
    }
}

/// Seconds with up to six decimals, in µs.
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

fn operation(line: &mut LineReader<'_>) -> Result<MapOperation, ParseError> {
    let name = word(line);
    Ok(match line.text(name) {
        "set" => {
            let (key, value) = pair(line)?;
            MapOperation::Write { key, value }
        }
        "get" => MapOperation::Read { key: key(line)? },
        "delete" => MapOperation::Delete { key: key(line)? },
        "append" => MapOperation::Append { key: key(line)?, value: value(line)? },
        "cas" => MapOperation::Cas { key: key(line)?, expect: maybe(line)?, value: value(line)? },
        "list" => {
            let all = is_over(line.rest());
            MapOperation::List { prefix: if all { Bytes::from("") } else { key(line)? } }
        }
        _ => {
            let names = "`set`, `get`, `delete`, `append`, `cas` or `list`";
            return Err(line.error(name, names));
        }
    })
}

fn answer(operation: &MapOperation, line: &mut LineReader<'_>) -> Result<Answer, ParseError> {
    Ok(match operation {
        MapOperation::Write { .. } => Answer::Done,
        MapOperation::Read { .. } => Answer::Value(maybe(line)?),
        MapOperation::Append { .. } => {
            Answer::Appended { length: line.number("the value's length in bytes")?.0 }
        }
        MapOperation::Delete { .. } => {
            let word = word(line);
            match line.text(word) {
                "deleted" => Answer::Deleted { existed: true },
                "absent" => Answer::Deleted { existed: false },
                _ => return Err(line.error(word, "`deleted` or `absent`")),
            }
        }
        MapOperation::Cas { .. } => {
            let word = word(line);
            match line.text(word) {
                "swapped" => Answer::Swapped,
                "kept" => Answer::NotSwapped { current: Some(maybe(line)?) },
                _ => return Err(line.error(word, "`swapped`, or `kept` and the value")),
            }
        }
        MapOperation::List { .. } => {
            let mut entries = Vec::new();
            loop {
                let rest = line.rest();
                if is_over(rest) {
                    break Answer::List { entries, truncated: false };
                }
                // A key can have this name too: then `=` follows.
                if rest.strip_prefix("more").is_some_and(|after| is_over(after.trim_start())) {
                    line.take("more");
                    break Answer::List { entries, truncated: true };
                }
                entries.push(pair(line)?);
            }
        }
    })
}

fn pair(line: &mut LineReader<'_>) -> Result<(Bytes, Bytes), ParseError> {
    let key = key(line)?;
    if !line.take("=") {
        let word = line.word();
        return Err(line.error(word, "`=` and a value"));
    }
    Ok((key, value(line)?))
}

fn key(line: &mut LineReader<'_>) -> Result<Bytes, ParseError> {
    text(line, "a key").map(|(text, _)| Bytes::from(text.as_slice()))
}

fn value(line: &mut LineReader<'_>) -> Result<Bytes, ParseError> {
    text(line, "a value").map(|(text, _)| text)
}

/// A value, or `absent`.
fn maybe(line: &mut LineReader<'_>) -> Result<Option<Bytes>, ParseError> {
    let (value, span) = text(line, "a value or `absent`")?;
    Ok((line.text(span) != "absent").then_some(value))
}

/// A bare word, or a string between quotes.
fn text(line: &mut LineReader<'_>, expected: &str) -> Result<(Bytes, Span), ParseError> {
    if line.rest().starts_with('"') {
        return line.quoted();
    }
    let span = line.run(|c| !c.is_whitespace() && !matches!(c, '"' | '=' | '#'));
    match line.text(span) {
        "" => Err(line.error(span, expected)),
        text => Ok((text.into(), span)),
    }
}

/// The characters up to the next blank or comment.
fn word(line: &mut LineReader<'_>) -> Span {
    line.rest();
    line.run(|c| !c.is_whitespace() && c != '#')
}

/// Whether the rest of a line is empty or a comment.
fn is_over(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('#')
}

fn end(line: &mut LineReader<'_>) -> Result<(), ParseError> {
    if is_over(line.rest()) { Ok(()) } else { line.end() }
}
