//! Porcupine's histories of a store of texts: one EDN map a line.
//!
//! ```text
//! {:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}
//! {:process 9, :type :ok, :f :append, :key "0", :value "x 9 0 y"}
//! {:process 3, :type :invoke, :f :get, :key "0", :value nil}
//! ```
//!
//! `:type` is `:invoke`, `:ok`, `:fail` (it did not happen) or `:info` (nobody knows); other keys than
//! these five may stand in a map and mean nothing.

use raft_kv::{Key, Operation, Value};

use super::super::history::{Answer, History, Outcome, Subject};
use super::ReadLines;
use super::error::HistoryParseError;
use super::line::{Line, Span};

pub(super) struct Reader {
    history: History,
}

impl Default for Reader {
    fn default() -> Self {
        Self { history: History::new(Subject::Texts) }
    }
}

/// What stands in a map, each with its place.
#[derive(Default)]
struct Fields<'a> {
    process: Option<(u64, Span)>,
    kind: Option<(&'a str, Span)>,
    function: Option<(&'a str, Span)>,
    key: Option<(Value, Span)>,
    /// Inside, `None` is `nil`.
    value: Option<(Option<Value>, Span)>,
}

impl ReadLines for Reader {
    fn line(&mut self, line: &mut Line<'_>) -> Result<(), HistoryParseError> {
        let rest = line.rest();
        if rest.is_empty() || rest.starts_with(';') {
            return Ok(());
        }
        let fields = fields(line)?;
        line.end()?;
        self.event(fields, line)
    }

    fn end(self, _: usize) -> Result<History, HistoryParseError> {
        Ok(self.history)
    }
}

impl Reader {
    fn event(&mut self, fields: Fields<'_>, line: &Line<'_>) -> Result<(), HistoryParseError> {
        let missing = |name: &str| line.error(line.here(), &format!("`{name}` in the map"));
        let (process, named) = fields.process.ok_or_else(|| missing(":process"))?;
        let (kind, kind_at) = fields.kind.ok_or_else(|| missing(":type"))?;
        let (function, function_at) = fields.function.ok_or_else(|| missing(":f"))?;
        let (key, _) = fields.key.ok_or_else(|| missing(":key"))?;
        let (value, value_at) = fields.value.unwrap_or((None, line.here()));
        let key = Key::from(key.as_bytes());
        let given = || value.clone().ok_or_else(|| line.error(value_at, "a string as `:value`"));
        let is_read = function == ":get";
        let operation = |given: Option<Value>| match (function, given) {
            (":put", Some(value)) => Some(Operation::Set { key: key.clone(), value }),
            (":append", Some(value)) => Some(Operation::Append { key: key.clone(), value }),
            (":get", _) => Some(Operation::Get { key: key.clone() }),
            _ => None,
        };
        if ![":get", ":put", ":append"].contains(&function) {
            return Err(line.error(function_at, "`:get`, `:put` or `:append`"));
        }
        let outcome = match kind {
            ":invoke" => {
                let given = if is_read { None } else { Some(given()?) };
                let Some(operation) = operation(given) else { return Err(missing(":value")) };
                let added = self.history.invoke(process, operation, line.number);
                return added.map_err(|error| line.refuse(named, error));
            }
            ":ok" if is_read => Outcome::Answered(Answer::Value(Some(given()?))),
            ":ok" => Outcome::Answered(Answer::Done),
            ":fail" => Outcome::Failed,
            ":info" => Outcome::Unknown,
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
        let ended = self.history.conclude(process, outcome, line.number);
        ended.map_err(|error| line.refuse(named, error))
    }
}

fn written(operation: &Operation) -> Option<Value> {
    match operation {
        Operation::Set { value, .. } | Operation::Append { value, .. } => Some(value.clone()),
        _ => None,
    }
}

fn fields<'a>(line: &mut Line<'a>) -> Result<Fields<'a>, HistoryParseError> {
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

/// EDN counts commas as blanks.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == ','
}

/// The characters up to a blank, a bracket or a quote.
fn bare(line: &mut Line<'_>) -> Span {
    line.run(|c| !is_blank(c) && !matches!(c, '{' | '}' | '"' | '[' | ']'))
}

fn keyword(line: &mut Line<'_>) -> Result<Span, HistoryParseError> {
    let span = bare(line);
    if line.text(span).starts_with(':') {
        Ok(span)
    } else {
        Err(line.error(span, "a keyword, `:…`"))
    }
}

fn named<'a>(line: &mut Line<'a>) -> Result<(&'a str, Span), HistoryParseError> {
    let span = keyword(line)?;
    Ok((line.text(span), span))
}

/// A string, `nil`, or a number or keyword as the text that it is.
fn scalar(line: &mut Line<'_>) -> Result<(Option<Value>, Span), HistoryParseError> {
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
