//! Reads histories from text: our own form, Jepsen's register logs, Porcupine's key-value form. A
//! history may come from anybody: everything about it is bounded, and what is wrong with it is said
//! with its line and column.

mod error;
mod helios;
mod jepsen;
mod line;
mod porcupine;

use std::fmt;

pub use error::HistoryParseError;

use super::history::History;
use line::Line;

/// The longest text of a history, in bytes.
pub const MAX_HISTORY_BYTES: usize = 256 << 20;

/// The longest line, in bytes.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// How a history is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Our own; [`HistoryWriter`](super::HistoryWriter) says what it looks like.
    Helios,
    /// A log of Jepsen's with operations on one register: `INFO  jepsen.util - 2 :invoke :cas [2 4]`.
    ///
    /// `:fail` means that the operation did not happen. What ended with `:info`, or did not end, may
    /// have happened or not. Lines of the log that are no operations are passed over.
    Jepsen,
    /// Porcupine's, one map a line:
    /// `{:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}`.
    Porcupine,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Helios, Self::Jepsen, Self::Porcupine];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Helios => "helios",
            Self::Jepsen => "jepsen",
            Self::Porcupine => "porcupine",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads a history. Without a format it is told by the first line that is not blank.
///
/// # Errors
/// What is wrong, with line and column.
pub fn parse(text: impl AsRef<[u8]>, format: Option<Format>) -> Result<History, HistoryParseError> {
    let text = text.as_ref();
    if text.len() > MAX_HISTORY_BYTES {
        let most = format!("at most {} MiB of history", MAX_HISTORY_BYTES >> 20);
        return Err(HistoryParseError::whole(1, "more".to_owned(), most));
    }
    let format = match format {
        Some(format) => format,
        None => detect(text)?,
    };
    let history = match format {
        Format::Helios => read(text, helios::Reader::default()),
        Format::Jepsen => read(text, jepsen::Reader::default()),
        Format::Porcupine => read(text, porcupine::Reader::default()),
    }?;
    if history.invocations().is_empty() && format != Format::Helios {
        let last = text.split(|byte| *byte == b'\n').count();
        let expected = format!("an operation in the form of {format}");
        return Err(HistoryParseError::whole(last, "the end of the history".to_owned(), expected));
    }
    Ok(history)
}

/// Reads one of the forms, line by line.
trait ReadLines {
    /// Takes the next line.
    fn line(&mut self, line: &mut Line<'_>) -> Result<(), HistoryParseError>;
    /// What was read, or what is missing; `last` is the number of the last line.
    fn end(self, last: usize) -> Result<History, HistoryParseError>;
}

fn read(text: &[u8], mut reader: impl ReadLines) -> Result<History, HistoryParseError> {
    let mut last = 1;
    for (number, bytes) in lines(text) {
        last = number;
        reader.line(&mut Line::new(number, bytes)?)?;
    }
    reader.end(last)
}

/// The lines with their numbers, without the mark that some editors put before a text in UTF-8.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    (1..).zip(text.split(|byte| *byte == b'\n'))
}

/// How a history is written, by its first line that is not blank.
///
/// # Errors
/// When that line belongs to none of the forms.
pub fn detect(text: &[u8]) -> Result<Format, HistoryParseError> {
    let mut last = 1;
    for (number, bytes) in lines(text) {
        last = number;
        let mut line = Line::new(number, bytes)?;
        let rest = line.rest();
        if rest.is_empty() {
            continue;
        }
        if rest.starts_with('{') {
            return Ok(Format::Porcupine);
        }
        if rest.starts_with("helios") || rest.starts_with('#') {
            return Ok(Format::Helios);
        }
        if jepsen::is_log(rest) {
            return Ok(Format::Jepsen);
        }
        let word = line.word();
        return Err(line.error(word, "a history: `helios history 1`, a log of Jepsen's (`INFO  jepsen.util - …`), or a map of Porcupine's (`{:process …}`)"));
    }
    Err(HistoryParseError::whole(last, "the end of the text".to_owned(), "a history".to_owned()))
}

#[cfg(test)]
mod tests;
