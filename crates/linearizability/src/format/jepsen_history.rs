//! Histories of Jepsen, `history.edn`: a map for each call and each return.
//!
//! ```text
//! {:type :invoke, :f :write, :value 1, :process 0, :time 3291485317, :index 0}
//! {:type :ok, :f :write, :value 1, :process 0, :time 3295209422, :index 1}
//! ```
//!
//! The maps follow one another, or are the elements of a vector, and each may have a tag, such as
//! `#jepsen.history.Op`. The values of `jepsen.independent` are pairs `[key value]`.
//! Maps of the nemesis, maps that are no operation and lines of a log between the maps are passed
//! over and counted.

use super::Format;
use super::edn::{EdnReader, Form, FormKind, Place};
use super::error::ParseError;
use crate::bytes::Bytes;
use crate::history::{Completion, History, HistoryError, Model};
use crate::operation::{Answer, MapOperation};

/// The kinds of events of an operation.
const KINDS: [&str; 4] = [":invoke", ":ok", ":fail", ":info"];
/// The operations on a register.
const FUNCTIONS: [&str; 3] = [":read", ":write", ":cas"];
/// The kinds of maps that Jepsen's generators use for themselves.
const NO_OPERATIONS: [&str; 2] = [":log", ":sleep"];

/// The entries of a map that matter.
#[derive(Default)]
struct Fields<'a> {
    place: Place,
    process: Option<Form<'a>>,
    kind: Option<Form<'a>>,
    function: Option<Form<'a>>,
    key: Option<Form<'a>>,
    value: Option<Form<'a>>,
}

/// One call or return of a client.
struct Event<'a> {
    place: Place,
    process: u64,
    process_at: Place,
    kind: &'a str,
    function: &'a str,
    function_at: Place,
    key: Option<Form<'a>>,
    value: Form<'a>,
}

/// The format of maps, Jepsen or Porcupine, by the first that is a call or a return of a client.
pub(super) fn detect(text: &[u8]) -> Result<Format, ParseError> {
    let mut records = Records::new(text)?;
    while let Ok(Some(record)) = records.next() {
        let Ok(fields) = records.fields(record) else { break };
        let fields = fields.unwrap_or_default();
        let Some(FormKind::Keyword(function)) = fields.function.map(|form| form.kind) else {
            continue;
        };
        if [":get", ":put", ":append"].contains(&function) {
            return Ok(Format::Porcupine);
        }
        if FUNCTIONS.contains(&function) {
            return Ok(Format::Jepsen);
        }
        if fields.key.is_some() {
            return Ok(Format::Porcupine);
        }
    }
    // No map says so, perhaps because of a mistake in the first ones.
    let line = text.split(|byte| *byte == b'\n').find(|line| line.contains(&b'{'));
    let has_key = line.is_some_and(|line| line.windows(5).any(|part| part == b":key "));
    Ok(if has_key { Format::Porcupine } else { Format::Jepsen })
}

/// Whether a text, from its first character that is not blank, begins with a map, a map with a tag
/// or a vector of maps.
pub(super) fn is_edn(text: &str) -> bool {
    let inner = text.strip_prefix(['[', '(']).unwrap_or(text);
    let inner = inner.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    let tag = inner.strip_prefix('#').and_then(|tag| tag.split_once('{'));
    let is_tag = |c: char| c.is_ascii_alphanumeric() || "._-/: ".contains(c);
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_tagged = tag.is_some_and(|(tag, _)| tag.starts_with(begins) && tag.chars().all(is_tag));
    let is_empty_vector = inner.len() < text.len() && inner.starts_with([']', ')']);
    inner.starts_with('{') || is_tagged || is_empty_vector
}

/// Reads a history.
pub(super) fn read(text: &[u8]) -> Result<History, ParseError> {
    let mut records = Records::new(text)?;
    let mut reader = HistoryReader::default();
    while let Some(record) = records.next()? {
        match records.fields(record)? {
            None => reader.passed_over += 1,
            Some(fields) => match event(fields, &records.edn)? {
                Some(event) => reader.event(&event, &records.edn)?,
                None => reader.passed_over += 1,
            },
        }
    }
    let mut history = reader.history.unwrap_or_else(|| History::new(Model::Register));
    history.pass_over(reader.passed_over + records.lines_passed_over);
    Ok(history)
}

/// The maps of a text, one after the other.
struct Records<'a> {
    edn: EdnReader<'a>,
    /// The closing bracket and the place of the opening one, in a vector or list of maps.
    open: Option<(char, Place)>,
    lines_passed_over: usize,
}

impl<'a> Records<'a> {
    fn new(text: &'a [u8]) -> Result<Self, ParseError> {
        Ok(Self { edn: EdnReader::new(text)?, open: None, lines_passed_over: 0 })
    }

    /// The next form that is not a line of a log.
    fn next(&mut self) -> Result<Option<Form<'a>>, ParseError> {
        loop {
            let first = self.edn.peek();
            let here = self.edn.here();
            match (first, self.open) {
                (None, None) => return Ok(None),
                (None, Some((close, opened))) => {
                    let message =
                        format!("expected `{close}` for the bracket of line {}", opened.line);
                    return Err(self.edn.problem(here, message));
                }
                (Some(c), Some((close, _))) if c == close => {
                    self.edn.bump();
                    self.open = None;
                }
                (Some('#'), _) if self.edn.rest().starts_with("#_") => self.edn.discard()?,
                (Some('{' | '#'), _) | (Some(_), Some(_)) => return self.edn.form().map(Some),
                (Some('[' | '('), None) if is_edn(self.edn.rest()) => {
                    let close = if first == Some('[') { ']' } else { ')' };
                    self.edn.bump();
                    self.open = Some((close, here));
                }
                (Some(_), None) => self.pass_over_line()?,
            }
        }
    }

    fn pass_over_line(&mut self) -> Result<(), ParseError> {
        let (place, line) = self.edn.rest_of_line();
        let has = |word: &str| line.contains(word);
        if has(":process") && has(":type") {
            let word = line.split(char::is_whitespace).next().map_or(0, str::len);
            let first = Place { end: place.start + word, ..place };
            return Err(self.edn.error(first, "`{`, a map for each call and each return"));
        }
        self.lines_passed_over += 1;
        Ok(())
    }

    /// The entries of a map that matter; `None` if it has none of the entries of an operation.
    fn fields(&self, record: Form<'a>) -> Result<Option<Fields<'a>>, ParseError> {
        let (place, mut kind) = (record.place, record.kind);
        while let FormKind::Tagged(inner) = kind {
            kind = inner.kind;
        }
        let FormKind::Map(entries) = kind else {
            let start = Place { end: place.start + 1, ..place };
            return Err(self.edn.error(start, "a map for each call and each return"));
        };
        let mut fields = Fields { place, ..Fields::default() };
        let mut is_operation = false;
        let mut entries = entries.into_iter();
        while let (Some(name), Some(value)) = (entries.next(), entries.next()) {
            let FormKind::Keyword(word) = name.kind else { continue };
            let field = match word {
                ":process" => &mut fields.process,
                ":type" => &mut fields.kind,
                ":f" => &mut fields.function,
                ":key" => &mut fields.key,
                ":value" => &mut fields.value,
                _ => continue,
            };
            is_operation |= [":process", ":type", ":f"].contains(&word);
            if field.replace(value).is_some() {
                return Err(self.edn.error(name.place, "every key once"));
            }
        }
        Ok(is_operation.then_some(fields))
    }
}

/// The call or return that a map says; `None` if it is not about an operation of a client.
fn event<'a>(fields: Fields<'a>, edn: &EdnReader<'a>) -> Result<Option<Event<'a>>, ParseError> {
    let Fields { place, process, kind, function, key, value } = fields;
    let first = Place { end: place.start + 1, ..place };
    let missing = |name: &str| edn.problem(first, format!("this map has no `{name}`"));
    let keyword = |form: &Form<'a>| match form.kind {
        FormKind::Keyword(word) => Some(word),
        FormKind::Nil
        | FormKind::Number(_)
        | FormKind::Text(_)
        | FormKind::Symbol(_)
        | FormKind::Sequence(_)
        | FormKind::Map(_)
        | FormKind::Set
        | FormKind::Tagged(_) => None,
    };
    if kind.as_ref().and_then(keyword).is_some_and(|kind| NO_OPERATIONS.contains(&kind)) {
        return Ok(None);
    }
    let process = process.ok_or_else(|| missing(":process"))?;
    let FormKind::Number(number) = process.kind else { return Ok(None) };
    let process_at = process.place;
    let Ok(process) = number.parse() else {
        return Err(edn.error(process_at, "the number of a process, or a name such as `:nemesis`"));
    };
    let kind_form = kind.ok_or_else(|| missing(":type"))?;
    let kind = keyword(&kind_form).filter(|kind| KINDS.contains(kind));
    let kind =
        kind.ok_or_else(|| edn.error(kind_form.place, "`:invoke`, `:ok`, `:fail` or `:info`"))?;
    let function_form = function.ok_or_else(|| missing(":f"))?;
    let value = value.unwrap_or(Form { place: first, kind: FormKind::Nil });
    let function_at = function_form.place;
    refuse_transaction(&value, &function_form, edn)?;
    let Some(function) = keyword(&function_form).filter(|name| FUNCTIONS.contains(name)) else {
        let expected = "`:read`, `:write` or `:cas`, the operations on a register; histories of \
                        other workloads (sets, queues, counters, banks) are not supported";
        return Err(edn.error(function_at, expected));
    };
    Ok(Some(Event { place, process, process_at, kind, function, function_at, key, value }))
}

/// Names the transactions of Elle, which are no operations on one key.
fn refuse_transaction(
    value: &Form<'_>,
    function: &Form<'_>,
    edn: &EdnReader<'_>,
) -> Result<(), ParseError> {
    let operations = match &value.kind {
        FormKind::Sequence(parts) => parts.as_slice(),
        FormKind::Nil
        | FormKind::Number(_)
        | FormKind::Text(_)
        | FormKind::Keyword(_)
        | FormKind::Symbol(_)
        | FormKind::Map(_)
        | FormKind::Set
        | FormKind::Tagged(_) => &[],
    };
    // `[k [[:r 1 nil]]]` is a transaction with an independent key.
    let inner = operations.get(1).map(|form| &form.kind);
    let nested = if let Some(FormKind::Sequence(parts)) = inner { parts.as_slice() } else { &[] };
    let is_transaction = function.kind == FormKind::Keyword(":txn");
    let mut names = operations.iter().chain(nested).filter_map(micro_operation).peekable();
    if !is_transaction && names.peek().is_none() {
        return Ok(());
    }
    let model = if names.any(|name| name == ":append") { "list-append" } else { "rw-register" };
    let place = if is_transaction { function.place } else { value.place };
    let message = format!(
        "this is a transaction of Elle, with several operations in one value; transactions are not \
         supported. Check the history with Elle, for example `elle-cli --model {model}`"
    );
    Err(edn.problem(place, message))
}

/// The name of an operation within a transaction, such as `[:append 3 1]`.
fn micro_operation<'a>(form: &Form<'a>) -> Option<&'a str> {
    let FormKind::Sequence(parts) = &form.kind else { return None };
    let FormKind::Keyword(name) = parts.first()?.kind else { return None };
    [":r", ":w", ":append"].contains(&name).then_some(name)
}

#[derive(Default)]
struct HistoryReader {
    history: Option<History>,
    /// Whether the operations have keys, and the line of the first.
    first: Option<(bool, usize)>,
    passed_over: usize,
}

impl HistoryReader {
    fn event(&mut self, event: &Event<'_>, edn: &EdnReader<'_>) -> Result<(), ParseError> {
        let line = event.place.line;
        let refuse = |error: HistoryError| edn.problem(event.process_at, error.to_string());
        if event.kind == ":invoke" {
            let (has_key, operation) = event.operation(edn)?;
            let (expected, since) = *self.first.get_or_insert((has_key, line));
            if expected != has_key {
                let expected = if expected { "a pair of a key and a value" } else { "no key" };
                let expected = format!("{expected}, as in line {since}");
                return Err(edn.error(event.value.place, &expected));
            }
            let model = if has_key { Model::Map } else { Model::Register };
            let history = self.history.get_or_insert_with(|| History::new(model));
            return history.invoke(event.process, operation, line).map_err(refuse);
        }
        let has_key = self.first.is_some_and(|(has_key, _)| has_key);
        let Some(history) = &mut self.history else { return Err(refuse(HistoryError::Idle)) };
        let Some(open) = history.open(event.process) else {
            return Err(refuse(HistoryError::Idle));
        };
        let is_same = match &open.operation {
            MapOperation::Read { .. } => event.function == ":read",
            MapOperation::Write { .. } => event.function == ":write",
            MapOperation::Cas { .. } => event.function == ":cas",
            // This reader makes none of these.
            MapOperation::Append { .. }
            | MapOperation::Delete { .. }
            | MapOperation::List { .. } => false,
        };
        let since = open.invoked.line;
        if !is_same {
            let message =
                format!("process {} began another operation in line {since}", event.process);
            return Err(edn.problem(event.function_at, message));
        }
        let completion = match event.kind {
            ":fail" => Completion::Failed,
            ":info" => Completion::Unknown,
            _ => Completion::Answered(event.answer((&open.operation, has_key), since, edn)?),
        };
        history.conclude(event.process, completion, line).map_err(refuse)
    }
}

impl Event<'_> {
    /// The operation of a call, and whether it has a key.
    fn operation(&self, edn: &EdnReader<'_>) -> Result<(bool, MapOperation), ParseError> {
        let (key, value) = self.parts();
        let has_key = key.is_some();
        let key = match key {
            Some(form) => {
                scalar(form, edn)?.ok_or_else(|| edn.error(form.place, "a key that is not nil"))?
            }
            None => Bytes::from("register"),
        };
        let written = |form: &Form<'_>| {
            scalar(form, edn)?
                .ok_or_else(|| edn.error(form.place, "a number, a string or a keyword to write"))
        };
        let operation = match self.function {
            ":read" => {
                if let Some(form) = value.filter(|form| form.kind != FormKind::Nil) {
                    return Err(edn.error(form.place, "`nil`, because the value is not known yet"));
                }
                MapOperation::Read { key }
            }
            ":write" => MapOperation::Write { key, value: written(value.unwrap_or(&self.value))? },
            _ => {
                let form = value.unwrap_or(&self.value);
                let Some([expect, value]) = pair(form) else {
                    let expected = "a vector of the expected value and the new one";
                    return Err(edn.error(form.place, expected));
                };
                let expect = scalar(expect, edn)?;
                MapOperation::Cas { key, expect, value: written(value)? }
            }
        };
        Ok((has_key, operation))
    }

    /// The key, if there is one, and the value without it.
    fn parts(&self) -> (Option<&Form<'_>>, Option<&Form<'_>>) {
        let value = &self.value;
        if let Some(key) = &self.key {
            return (Some(key), Some(value));
        }
        match pair(value) {
            // A compare-and-set has a pair of its own.
            Some([key, inner]) if self.function != ":cas" || pair(inner).is_some() => {
                (Some(key), Some(inner))
            }
            _ => (None, Some(value)),
        }
    }

    /// The answer of a return to an operation that was called in line `since`, perhaps with a key.
    fn answer(
        &self,
        (open, has_key): (&MapOperation, bool),
        since: usize,
        edn: &EdnReader<'_>,
    ) -> Result<Answer, ParseError> {
        let differs = || {
            let expected = format!("the arguments of the operation of line {since}");
            edn.error(self.value.place, &expected)
        };
        if self.function == ":read" {
            let (key, value) = self.parts();
            let key = key.map(|form| scalar(form, edn)).transpose()?.flatten();
            if key.as_ref() != open.key().filter(|_| has_key) {
                return Err(differs());
            }
            let found = value.map(|form| scalar(form, edn)).transpose()?;
            return Ok(Answer::Value(found.flatten()));
        }
        // Some clients leave the value out of the return.
        if self.value.kind != FormKind::Nil && self.operation(edn)?.1 != *open {
            return Err(differs());
        }
        Ok(if self.function == ":cas" { Answer::Swapped } else { Answer::Done })
    }
}

/// The two forms of a sequence that has two.
fn pair<'a, 'b>(form: &'b Form<'a>) -> Option<&'b [Form<'a>; 2]> {
    let FormKind::Sequence(parts) = &form.kind else { return None };
    parts.as_slice().try_into().ok()
}

/// A key or a value as bytes; `None` for `nil`. Different ones have different bytes: a string that
/// reads like something else keeps its quotes.
fn scalar(form: &Form<'_>, edn: &EdnReader<'_>) -> Result<Option<Bytes>, ParseError> {
    match &form.kind {
        FormKind::Nil => Ok(None),
        FormKind::Number(number) => Ok(Some(plain_number(number).into())),
        FormKind::Keyword(word) => Ok(Some((*word).into())),
        FormKind::Symbol(word) if word.starts_with('\\') || ["true", "false"].contains(word) => {
            Ok(Some((*word).into()))
        }
        FormKind::Symbol(word) => Ok(Some(format!("'{word}").into())),
        FormKind::Text(text) => {
            let begins = |c: char| c.is_ascii_digit() || "+-:'\\\"".contains(c);
            let is_plain =
                !text.starts_with(begins) && !["nil", "true", "false"].contains(&&**text);
            Ok(Some(if is_plain { (&**text).into() } else { format!("\"{text}\"").into() }))
        }
        FormKind::Sequence(_) | FormKind::Map(_) | FormKind::Set | FormKind::Tagged(_) => {
            let start = Place { end: form.place.start + 1, ..form.place };
            let expected = "a number, a string, a keyword or `nil` as the value of a register";
            Err(edn.error(start, expected))
        }
    }
}

/// A whole number in its shortest form; any other number as it is written.
fn plain_number(number: &str) -> String {
    let digits = number.strip_suffix('N').unwrap_or(number);
    digits.parse::<i128>().map_or_else(|_| number.to_owned(), |whole| whole.to_string())
}
