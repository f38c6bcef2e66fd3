//! Writes histories in the format [`Format::Helios`](super::Format::Helios).

use std::fmt;
use std::io;
use std::time::Duration;

use crate::bytes::Bytes;
use crate::description::quoted;
use crate::operation::{Answer, MapOperation};

/// The first line, apart from comments and blank lines.
pub(super) const HEADER: &str = "helios history 1";

/// Writes a history, event by event.
///
/// ```text
/// helios history 1
/// # One line for each call and each return.
/// 0.412000s 1 invoke set x=1
/// 0.415000s 2 invoke get x
/// 0.436120s 1 ok
/// 0.440000s 2 ok 1
/// 0.500000s 1 invoke cas x 1 "two words"
/// 0.512000s 3 invoke list
/// 0.530000s 3 ok x=1
/// 3.500000s 1 unknown
/// ```
///
/// A line has a time in seconds, the number of a process, and an event:
///
/// - `invoke`, an operation: `set KEY=VALUE`, `get KEY`, `delete KEY`, `append KEY VALUE`,
///   `cas KEY EXPECTED VALUE` or `list [PREFIX]`;
/// - `ok`, an answer: to a set nothing; to a get the value or `absent`; to a delete `deleted` or
///   `absent`; to a cas `swapped`, or `kept` and the value or `absent`; to an append the new length
///   in bytes; to a list `KEY=VALUE`…, and `more` if keys after these were left out;
/// - `fail` and perhaps a reason: the operation did not take effect and never will;
/// - `unknown` and perhaps a reason: the operation may have taken effect, may do so later, or
///   never.
///
/// Keys and values that are not plain words are between quotes, with `\"`, `\\`, `\n`, `\t`, `\r`
/// and `\xNN`. Only the order of the lines counts, but a time before that of the line above is an
/// error. `#` begins a comment.
#[derive(Debug)]
pub struct HistoryWriter<W> {
    out: W,
}

/// A line of a history: a call or a return. `Display` writes it without an end of line.
#[derive(Clone, Copy, Debug)]
pub struct HistoryLine<'a> {
    /// The time since the beginning, rounded down to microseconds when written.
    pub at: Duration,
    /// The number of the process.
    pub process: u64,
    /// The call or return.
    pub event: HistoryEvent<'a>,
}

/// A call or a return of a process.
#[derive(Clone, Copy, Debug)]
pub enum HistoryEvent<'a> {
    /// The process calls an operation.
    Invoke(&'a MapOperation),
    /// The open operation has taken effect, with this answer. The format has no form for answers
    /// without details: [`Answer::Done`] to an append or a delete, and [`Answer::NotSwapped`]
    /// without a value. A history with one of those cannot be read again.
    Ok(&'a Answer),
    /// The open operation did not take effect and never will, for a reason, which may be empty.
    Fail(&'a str),
    /// Nobody will learn how the open operation ended, for a reason, which may be empty.
    Unknown(&'a str),
}

impl<W: io::Write> HistoryWriter<W> {
    /// Begins a history.
    ///
    /// # Errors
    /// Those of writing to `out`.
    pub fn new(mut out: W) -> io::Result<Self> {
        writeln!(out, "{HEADER}")?;
        Ok(Self { out })
    }

    /// Writes a call or a return.
    ///
    /// # Errors
    /// Those of writing.
    pub fn line(&mut self, line: &HistoryLine<'_>) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Writes a comment. It must not contain an end of line.
    ///
    /// # Errors
    /// Those of writing.
    pub fn comment(&mut self, text: impl fmt::Display) -> io::Result<()> {
        writeln!(self.out, "# {text}")
    }

    /// Ends the history.
    ///
    /// # Errors
    /// Those of writing what is still in a buffer.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

impl fmt::Display for HistoryLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.at.as_secs(), self.at.subsec_micros());
        write!(f, "{seconds}.{micros:06}s {} ", self.process)?;
        match &self.event {
            HistoryEvent::Invoke(operation) => write_operation(f, operation),
            HistoryEvent::Ok(answer) => write_answer(f, answer),
            HistoryEvent::Fail(why) => write_with_reason(f, "fail", why),
            HistoryEvent::Unknown(why) => write_with_reason(f, "unknown", why),
        }
    }
}

fn write_operation(f: &mut fmt::Formatter<'_>, operation: &MapOperation) -> fmt::Result {
    f.write_str("invoke ")?;
    match operation {
        MapOperation::Write { key, value } => write!(f, "set {}={}", text(key), text(value)),
        MapOperation::Read { key } => write!(f, "get {}", text(key)),
        MapOperation::Delete { key } => write!(f, "delete {}", text(key)),
        MapOperation::Cas { key, expect, value } => {
            write!(f, "cas {} {} {}", text(key), maybe(expect.as_ref()), text(value))
        }
        MapOperation::Append { key, value } => write!(f, "append {} {}", text(key), text(value)),
        MapOperation::List { prefix } if prefix.as_slice().is_empty() => f.write_str("list"),
        MapOperation::List { prefix } => write!(f, "list {}", text(prefix)),
    }
}

fn write_answer(f: &mut fmt::Formatter<'_>, answer: &Answer) -> fmt::Result {
    f.write_str("ok")?;
    match answer {
        Answer::Done => Ok(()),
        Answer::Value(value) => write!(f, " {}", maybe(value.as_ref())),
        Answer::Deleted { existed: true } => f.write_str(" deleted"),
        Answer::Deleted { existed: false } => f.write_str(" absent"),
        Answer::Swapped => f.write_str(" swapped"),
        Answer::NotSwapped { current } => {
            write!(f, " kept {}", maybe(current.as_ref().and_then(Option::as_ref)))
        }
        Answer::Appended { length } => write!(f, " {length}"),
        Answer::List { entries, truncated } => {
            for (key, value) in entries {
                write!(f, " {}={}", text(key), text(value))?;
            }
            f.write_str(if *truncated { " more" } else { "" })
        }
    }
}

fn write_with_reason(f: &mut fmt::Formatter<'_>, kind: &str, why: &str) -> fmt::Result {
    f.write_str(kind)?;
    if !why.is_empty() {
        write!(f, " {}", why.replace(['\n', '\r'], " "))?;
    }
    Ok(())
}

fn maybe(value: Option<&Bytes>) -> String {
    value.map_or_else(|| "absent".to_owned(), text)
}

/// A key or a value: bare if it is a plain word without another meaning.
fn text(bytes: &Bytes) -> String {
    match bytes.as_slice() {
        word @ b"absent" => format!("\"{}\"", quoted(word, "")),
        bytes => quoted(bytes, ""),
    }
}
