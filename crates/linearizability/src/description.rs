//! Operations and their answers in words, for people.

use std::fmt::{self, Write as _};

use crate::bytes::Bytes;
use crate::history::{Completion, History, Invocation, Model};
use crate::impossible::{ImpossibleAnswer, ImpossibleCause};
use crate::operation::{Answer, MapOperation};

/// The longest key or value that is shown whole, in bytes.
const LONGEST: usize = 60;

/// An operation with its completion, in the words of its model.
pub(crate) struct Description<'a> {
    pub(crate) invocation: &'a Invocation,
    pub(crate) model: Model,
}

impl fmt::Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Invocation { operation, completion, .. } = self.invocation;
        self.write_operation(f, operation)?;
        match completion {
            Completion::Answered(answer) => self.write_answer(f, answer),
            Completion::Failed => f.write_str(": failed"),
            Completion::Unknown => f.write_str(": no answer"),
        }
    }
}

impl Description<'_> {
    fn write_operation(&self, f: &mut fmt::Formatter<'_>, operation: &MapOperation) -> fmt::Result {
        let is_register = self.model == Model::Register;
        match operation {
            MapOperation::Write { value, .. } if is_register => write!(f, "write {}", shown(value)),
            MapOperation::Write { key, value } if self.model == Model::Texts => {
                write!(f, "put {}={}", shown(key), shown(value))
            }
            MapOperation::Write { key, value } => write!(f, "set {}={}", shown(key), shown(value)),
            MapOperation::Read { .. } if is_register => f.write_str("read"),
            MapOperation::Read { key } => write!(f, "get {}", shown(key)),
            MapOperation::Delete { key } => write!(f, "delete {}", shown(key)),
            MapOperation::Cas { key, expect, value } => {
                let (key, space) =
                    if is_register { (String::new(), "") } else { (shown(key), " ") };
                write!(f, "cas {key}{space}{} {}", self.maybe(expect.as_ref()), shown(value))
            }
            MapOperation::Append { key, value } => {
                write!(f, "append {} {}", shown(key), shown(value))
            }
            MapOperation::List { prefix } if prefix.as_slice().is_empty() => f.write_str("list"),
            MapOperation::List { prefix } => write!(f, "list {}", shown(prefix)),
        }
    }

    fn write_answer(&self, f: &mut fmt::Formatter<'_>, answer: &Answer) -> fmt::Result {
        match answer {
            Answer::Done => Ok(()),
            Answer::Value(value) => write!(f, " → {}", self.maybe(value.as_ref())),
            Answer::Deleted { existed: true } => f.write_str(" → deleted"),
            Answer::Deleted { existed: false } => f.write_str(" → nothing to delete"),
            Answer::Swapped => f.write_str(" → swapped"),
            Answer::NotSwapped { current: None } => f.write_str(" → not swapped"),
            Answer::NotSwapped { current: Some(current) } => {
                write!(f, " → not swapped, {}", self.maybe(current.as_ref()))
            }
            Answer::Appended { length } => write!(f, " → {length} bytes"),
            Answer::List { entries, truncated } => {
                const MOST: usize = 8;
                f.write_str(" →")?;
                for (key, value) in entries.iter().take(MOST) {
                    write!(f, " {}={}", shown(key), shown(value))?;
                }
                match (entries.len().saturating_sub(MOST), truncated) {
                    (0, false) if entries.is_empty() => f.write_str(" nothing"),
                    (0, false) => Ok(()),
                    (0, true) => f.write_str(" and more"),
                    (more, _) => write!(f, " and {more} more"),
                }
            }
        }
    }

    fn maybe(&self, value: Option<&Bytes>) -> String {
        match (value, self.model) {
            (Some(value), _) => shown(value),
            (None, Model::Register) => "nil".to_owned(),
            (None, Model::Texts | Model::Map) => "absent".to_owned(),
        }
    }
}

/// The reason why an answer is impossible.
pub(crate) struct Explanation<'a> {
    pub(crate) history: &'a History,
    pub(crate) answer: &'a ImpossibleAnswer,
}

impl Explanation<'_> {
    /// An operation with its place, such as `write 1 (process 0, lines 1 to 2)`.
    fn named(&self, index: usize) -> String {
        let Invocation { process, invoked, returned, .. } = &self.history.invocations()[index];
        let words = self.history.describe(index);
        match (invoked.line, returned.map(|moment| moment.line)) {
            (0, _) => format!("{words} (process {process})"),
            (from, Some(to)) if to != from => {
                format!("{words} (process {process}, lines {from} to {to})")
            }
            (line, _) => format!("{words} (process {process}, line {line})"),
        }
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ImpossibleAnswer { found_by, value, cause } = self.answer;
        let answer = self.named(*found_by);
        match cause {
            ImpossibleCause::NeverMade => {
                write!(f, "{answer} found {value}, which no operation makes.")
            }
            ImpossibleCause::MadeLater(first) => {
                let first = self.named(*first);
                write!(
                    f,
                    "{answer} found {value} too early: the first operation that makes it is "
                )?;
                write!(f, "{first}, which was called after that answer.")
            }
            ImpossibleCause::NeverExpected(swap) => {
                let swap = self.named(*swap);
                write!(f, "{answer} found {value}, which nothing can have made in time: {swap} ")?;
                write!(f, "makes it from a value that was not there either.")
            }
            ImpossibleCause::NothingElse => {
                write!(f, "{answer} is impossible: there was {value}, and no operation that was ")?;
                write!(f, "called before that answer makes anything else.")
            }
            ImpossibleCause::Itself => write!(f, "{answer}: the answer contradicts the call."),
            ImpossibleCause::Replaced { by, maker: Some(maker) } => {
                let (by, maker) = (self.named(*by), self.named(*maker));
                write!(f, "{answer} found {value} after it was replaced: {maker} was the last ")?;
                write!(
                    f,
                    "operation before that answer which makes it. {by} came after that, and "
                )?;
                write!(f, "was over before.")
            }
            ImpossibleCause::Replaced { by, maker: None } => {
                let by = self.named(*by);
                write!(f, "{answer} found {value}, as at the beginning, after it was replaced: ")?;
                write!(
                    f,
                    "{by} was over before, and no operation called before that answer makes "
                )?;
                write!(f, "{value} again.")
            }
        }
    }
}

/// A key or value in words; of a long one, its end.
pub(crate) fn shown(bytes: &impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    let cut = bytes.len().saturating_sub(LONGEST);
    quoted(&bytes[cut..], if cut > 0 { "…" } else { "" })
}

/// Bytes as a plain word if they are one, else between quotes, after `before`. Nothing in the bytes
/// can steer a terminal.
pub(crate) fn quoted(bytes: &[u8], before: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./:@+".contains(byte);
    let text: String = bytes.utf8_chunks().fold(String::new(), |mut text, chunk| {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => text.extend(['\\', c]),
                c if c == ' ' || !is_invisible(c) => text.push(c),
                c => escape(&mut text, c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        escape(&mut text, chunk.invalid());
        text
    });
    let is_bare = !bytes.is_empty() && before.is_empty() && bytes.iter().all(is_plain);
    if is_bare { text } else { format!("\"{before}{text}\"") }
}

fn escape(text: &mut String, bytes: &[u8]) {
    bytes.iter().for_each(|byte| {
        let _ = write!(text, "\\x{byte:02x}");
    });
}

/// A character as it is shown in an error: one that would not be visible is replaced.
pub(crate) fn visible(c: char) -> char {
    if c != '\t' && c != ' ' && is_invisible(c) { '\u{fffd}' } else { c }
}

/// Whether a character is not visible, or changes the direction of the text around it.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}
