//! Histories of Porcupine's tests: a map of texts, one EDN map a line.
//!
//! ```text
//! {:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}
//! {:process 9, :type :ok, :f :append, :key "0", :value "x 9 0 y"}
//! {:process 3, :type :invoke, :f :get, :key "0", :value nil}
//! ```
//!
//! `:type` is `:invoke`, `:ok`, `:fail` (the operation did not take effect and never will) or
//! `:info` (nobody knows whether it did). Other keys than these five are ignored.

use super::ReadLines;
use super::error::ParseError;
use super::line_reader::{LineReader, Span};
use crate::bytes::Bytes;
use crate::history::{Completion, History, Model};
use crate::operation::{Answer, MapOperation};

pub(super) struct Reader {
    history: History,
}

impl Default for Reader {
    fn default() -> Self {
        Self { history: History::new(Model::Texts) }
    }
}

/// The entries of a map with their places.
#[derive(Default)]
struct Fields<'a> {
    process: Option<(u64, Span)>,
    kind: Option<(&'a str, Span)>,
    function: Option<(&'a str, Span)>,
    key: Option<(Bytes, Span)>,
    /// The inner `None` is `nil`.
    value: Option<(Option<Bytes>, Span)>,
}

impl ReadLines for Reader {
    fn line(&mut self, line: &mut LineReader<'_>) -> Result<(), ParseError> {
        let rest = line.rest();
        if rest.is_empty() || rest.starts_with(';') {
            return Ok(());
        }
        let fields = fields(line)?;
        line.end()?;
        self.event(fields, line)
    }

    fn end(self, _: usize) -> Result<History, ParseError> {
        Ok(self.history)
    }
}

impl Reader {
    fn event(&mut self, fields: Fields<'_>, line: &LineReader<'_>) -> Result<(), ParseError> {
        let missing = |name: &str| line.error(line.here(), &format!("`{name}` in the map"));
        let (process, named) = fields.process.ok_or_else(|| missing(":process"))?;
        let (kind, kind_at) = fields.kind.ok_or_else(|| missing(":type"))?;
        let (function, function_at) = fields.function.ok_or_else(|| missing(":f"))?;
        let (key, _) = fields.key.ok_or_else(|| missing(":key"))?;
        let (value, value_at) = fields.value.unwrap_or((None, line.here()));
        let key = Bytes::from(key.as_slice());
        let given = || value.clone().ok_or_else(|| line.error(value_at, "a string as `:value`"));
        let is_read = function == ":get";
        let operation = |given: Option<Bytes>| match (function, given) {
            (":put", Some(value)) => Some(MapOperation::Write { key: key.clone(), value }),
            (":append", Some(value)) => Some(MapOperation::Append { key: key.clone(), value }),
            (":get", _) => Some(MapOperation::Read { key: key.clone() }),
            _ => None,
        };
        if ![":get", ":put", ":append"].contains(&function) {
            return Err(line.error(function_at, "`:get`, `:put` or `:append`"));
        }
        let completion = match kind {
            ":invoke" => {
                let given = if is_read { None } else { Some(given()?) };
                let Some(operation) = operation(given) else { return Err(missing(":value")) };
                let added = self.history.invoke(process, operation, line.number);
                return added.map_err(|error| line.refuse(named, error));
            }
            ":ok" if is_read => Completion::Answered(Answer::Value(Some(given()?))),
            ":ok" => Completion::Answered(Answer::Done),
            ":fail" => Completion::Failed,
            ":info" => Completion::Unknown,
            _ => return Err(line.error(kind_at, "`:invoke`, `:ok`, `:fail` or `:info`")),
        };
        if let Some(open) = self.history.open(process) {
            let given = if kind == ":ok" { value.clone() } else { written(&open.operation) };
            if operation(given).as_ref() != Some(&open.operation) {
                let since = open.invoked.line;
                let message = format!("process {process} began another operation in line {since}");
                return Err(line.problem(named, message));
            }
        }
        let ended = self.history.conclude(process, completion, line.number);
        ended.map_err(|error| line.refuse(named, error))
    }
}

/// The bytes that an operation writes or appends.
fn written(operation: &MapOperation) -> Option<Bytes> {
    match operation {
        MapOperation::Write { value, .. } | MapOperation::Append { value, .. } => {
            Some(value.clone())
        }
        MapOperation::Read { .. }
        | MapOperation::Cas { .. }
        | MapOperation::Delete { .. }
        | MapOperation::List { .. } => None,
    }
}

fn fields<'a>(line: &mut LineReader<'a>) -> Result<Fields<'a>, ParseError> {
    let mut fields = Fields::default();
    if !line.take("{") {
        let word = line.word();
        return Err(line.error(word, "`{`: one map a line"));
    }
    loop {
        line.skip(is_blank);
        if line.take("}") {
            return Ok(fields);
        }
        let name = keyword(line)?;
        line.skip(is_blank);
        let is_new = match line.text(name) {
            ":process" => fields.process.replace(line.number("the number of a process")?).is_none(),
            ":type" => fields.kind.replace(named(line)?).is_none(),
            ":f" => fields.function.replace(named(line)?).is_none(),
            ":key" => {
                let (key, span) = scalar(line)?;
                let Some(key) = key else { return Err(line.error(span, "a key")) };
                fields.key.replace((key, span)).is_none()
            }
            ":value" => fields.value.replace(scalar(line)?).is_none(),
            _ => {
                scalar(line)?;
                true
            }
        };
        if !is_new {
            return Err(line.error(name, "every key once"));
        }
    }
}

/// In EDN a comma is a blank.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == ','
}

/// The characters up to a blank, a bracket or a quote.
fn bare(line: &mut LineReader<'_>) -> Span {
    line.run(|c| !is_blank(c) && !matches!(c, '{' | '}' | '"' | '[' | ']'))
}

fn keyword(line: &mut LineReader<'_>) -> Result<Span, ParseError> {
    let span = bare(line);
    if line.text(span).starts_with(':') {
        Ok(span)
    } else {
        Err(line.error(span, "a keyword, `:…`"))
    }
}

fn named<'a>(line: &mut LineReader<'a>) -> Result<(&'a str, Span), ParseError> {
    let span = keyword(line)?;
    Ok((line.text(span), span))
}

/// A string, `nil`, or a number or keyword as the text that it is.
fn scalar(line: &mut LineReader<'_>) -> Result<(Option<Bytes>, Span), ParseError> {
    if line.rest().starts_with('"') {
        let (value, span) = line.quoted()?;
        return Ok((Some(value), span));
    }
    let span = bare(line);
    match line.text(span) {
        "" => Err(line.error(span, "a string, a number, a keyword or `nil`")),
        "nil" => Ok((None, span)),
        text => Ok((Some(text.into()), span)),
    }
}
