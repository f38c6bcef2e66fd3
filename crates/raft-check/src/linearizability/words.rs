//! Operations and what became of them, in the words of their subject.

use std::fmt;

use raft_kv::{Operation, Value};

use super::history::{Answer, Invocation, Outcome, Subject};
use crate::excerpt::is_invisible;

/// The longest key or value that is shown whole.
const LONGEST: usize = 60;

/// An operation with its outcome, in the words of what it works on.
pub struct InWords<'a> {
    pub(super) invocation: &'a Invocation,
    pub(super) subject: Subject,
}

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Invocation { operation, outcome, .. } = self.invocation;
        self.write_operation(f, operation)?;
        match outcome {
            Outcome::Answered(answer) => self.write_answer(f, answer),
            Outcome::Failed => f.write_str(": failed"),
            Outcome::Unknown => f.write_str(": no answer"),
        }
    }
}

impl InWords<'_> {
    fn write_operation(&self, f: &mut fmt::Formatter<'_>, operation: &Operation) -> fmt::Result {
        let is_register = self.subject == Subject::Register;
        match operation {
            Operation::Set { value, .. } if is_register => write!(f, "write {}", shown(value)),
            Operation::Set { key, value } if self.subject == Subject::Texts => {
                write!(f, "put {}={}", shown(key), shown(value))
            }
            Operation::Set { key, value } => write!(f, "set {}={}", shown(key), shown(value)),
            Operation::Get { .. } if is_register => f.write_str("read"),
            Operation::Get { key } => write!(f, "get {}", shown(key)),
            Operation::Delete { key } => write!(f, "delete {}", shown(key)),
            Operation::Cas { key, expect, value } => {
                let (key, space) =
                    if is_register { (String::new(), "") } else { (shown(key), " ") };
                write!(f, "cas {key}{space}{} {}", self.maybe(expect.as_ref()), shown(value))
            }
            Operation::Append { key, value } => write!(f, "append {} {}", shown(key), shown(value)),
            Operation::List { prefix } if prefix.is_empty() => f.write_str("list"),
            Operation::List { prefix } => write!(f, "list {}", shown(prefix)),
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

    fn maybe(&self, value: Option<&Value>) -> String {
        match (value, self.subject) {
            (Some(value), _) => shown(value),
            (None, Subject::Register) => "nil".to_owned(),
            (None, _) => "absent".to_owned(),
        }
    }
}

/// A key or value; the end of a long one.
pub(super) fn shown(bytes: &impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    let cut = bytes.len().saturating_sub(LONGEST);
    quoted(&bytes[cut..], if cut > 0 { "…" } else { "" })
}

/// Bytes as a plain word if they are one, else between quotes; nothing in them can steer a terminal.
pub(super) fn quoted(bytes: &[u8], before: &str) -> String {
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
    use fmt::Write as _;
    bytes.iter().for_each(|byte| {
        let _ = write!(text, "\\x{byte:02x}");
    });
}
