//! Histories as text: one line for each call and each return.
//!
//! A text may come from anywhere. So its length, its lines and the number of its operations are
//! bounded, and an error names the line and the column.

mod error;
mod helios;
mod jepsen;
mod line_reader;
mod porcupine;
mod writer;

use std::fmt;

pub use error::ParseError;
pub use writer::{HistoryEvent, HistoryLine, HistoryWriter};

use crate::history::History;
use line_reader::LineReader;

/// The longest text of a history, in bytes.
pub const MAX_HISTORY_BYTES: usize = 256 << 20;

/// The longest line of a history, in bytes, without its end.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// The format of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// The format of this crate, of a map; [`HistoryWriter`] describes and writes it.
    Helios,
    /// A log of Jepsen with operations on one register: `INFO  jepsen.util - 2 :invoke :cas [2 4]`.
    /// Other lines of a log are skipped.
    Jepsen,
    /// Porcupine's format of a map of texts, one EDN map a line:
    /// `{:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}`.
    Porcupine,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Helios, Self::Jepsen, Self::Porcupine];

    /// The name in lower case.
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

/// Reads a history. Without a format, the first line that is not blank [decides](detect).
///
/// # Errors
/// The first mistake, with its line and column. A text without operations is one too, unless it is
/// in the format [`Format::Helios`], whose first line names the format.
pub fn parse(text: impl AsRef<[u8]>, format: Option<Format>) -> Result<History, ParseError> {
    let text = text.as_ref();
    if text.len() > MAX_HISTORY_BYTES {
        let most = format!("a history of at most {} MiB", MAX_HISTORY_BYTES >> 20);
        return Err(ParseError::whole(1, "more", &most));
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
        let expected = format!("an operation in the format {format}");
        return Err(ParseError::whole(last, "the end of the history", &expected));
    }
    Ok(history)
}

/// A reader of one format.
trait ReadLines {
    /// Takes the next line.
    fn line(&mut self, line: &mut LineReader<'_>) -> Result<(), ParseError>;
    /// The history after the last line, whose number is `last`.
    fn end(self, last: usize) -> Result<History, ParseError>;
}

fn read(text: &[u8], mut reader: impl ReadLines) -> Result<History, ParseError> {
    let mut last = 1;
    for (number, bytes) in lines(text) {
        last = number;
        reader.line(&mut LineReader::new(number, bytes)?)?;
    }
    reader.end(last)
}

/// The lines with their numbers, without the byte order mark that some editors write before UTF-8.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    (1..).zip(text.split(|byte| *byte == b'\n'))
}

/// The format of a text, by its first line that is not blank.
///
/// # Errors
/// If that line is in none of the formats, or there is none.
pub fn detect(text: &[u8]) -> Result<Format, ParseError> {
    let mut last = 1;
    for (number, bytes) in lines(text) {
        last = number;
        let mut line = LineReader::new(number, bytes)?;
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
        return Err(line.error(
            word,
            "a history: `helios history 1`, a log of Jepsen (`INFO  jepsen.util - …`), or a map of \
             Porcupine (`{:process …}`)",
        ));
    }
    Err(ParseError::whole(last, "the end of the text", "a history"))
}

#[cfg(test)]
mod tests;
