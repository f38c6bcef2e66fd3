//! Histories as text: one line, or one map, for each call and each return.
//!
//! A text may come from anywhere. So its length, its lines and the number of its operations are
//! bounded, and an error names the line and the column.

mod edn;
mod error;
mod helios;
mod jepsen;
mod jepsen_history;
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
    /// What Jepsen writes of a test with operations on registers: `history.edn`, with a map such as
    /// `{:process 2, :type :invoke, :f :cas, :value [2 4]}` for each call and each return;
    /// `history.txt`; or a log, `INFO  jepsen.util - 2 :invoke :cas [2 4]`. With independent keys,
    /// a value is a pair `[key value]`. Maps of the nemesis and other lines are passed over
    /// ([`History::passed_over`]).
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

/// Reads a history. Without a format, its [content decides](detect).
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
        Format::Jepsen if Notation::of(text) == Some(Notation::Edn) => jepsen_history::read(text),
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

/// The notation of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notation {
    /// The lines of this crate.
    Helios,
    /// Lines of a log.
    Log,
    /// Maps of EDN.
    Edn,
}

impl Notation {
    /// The notation of the first line that is in one. Only lines of a log may come before it.
    fn of(text: &[u8]) -> Option<Self> {
        /// How many bytes say what a line is.
        const LONGEST: usize = 4096;
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        let (mut at, mut is_first, mut otherwise) = (0, true, None);
        for line in text.split(|byte| *byte == b'\n') {
            let from_here = &text[at..];
            at += line.len() + 1;
            let Some(blanks) = line.iter().position(|byte| !byte.is_ascii_whitespace()) else {
                continue;
            };
            let from_here = &from_here[blanks..];
            let head = String::from_utf8_lossy(&from_here[..from_here.len().min(LONGEST)]);
            let line = head.split('\n').next().unwrap_or_default();
            if jepsen_history::is_edn(&head) && (is_first || line.contains(":type")) {
                return Some(Self::Edn);
            }
            if line.starts_with(';') {
                continue;
            }
            if line.starts_with('#') {
                otherwise = Some(Self::Helios);
                continue;
            }
            if is_first && line.starts_with("helios") {
                return Some(Self::Helios);
            }
            let is_log = jepsen::is_log(line);
            if is_log && jepsen::says_kind(line) {
                return Some(Self::Log);
            }
            if is_first {
                otherwise = is_log.then_some(Self::Log);
            }
            is_first = false;
        }
        otherwise
    }
}

/// The format of a text, by its first line that is not blank and no comment. If that is in none of
/// the formats, it may be a line of a log: then the first line that is a call or a return decides.
///
/// # Errors
/// If no line is in one of the formats.
pub fn detect(text: &[u8]) -> Result<Format, ParseError> {
    match Notation::of(text) {
        Some(Notation::Helios) => return Ok(Format::Helios),
        Some(Notation::Log) => return Ok(Format::Jepsen),
        Some(Notation::Edn) => return jepsen_history::detect(text),
        None => {}
    }
    let mut last = 1;
    for (number, bytes) in lines(text) {
        last = number;
        let mut line = LineReader::new(number, bytes)?;
        let rest = line.rest();
        if !rest.is_empty() && !rest.starts_with([';', '#']) {
            let word = line.word();
            return Err(line.error(
                word,
                "a history: `helios history 1`, maps of Jepsen or Porcupine (`{:process …}`), or a \
                 log of Jepsen (`INFO  jepsen.util - …`)",
            ));
        }
    }
    Err(ParseError::whole(last, "the end of the text", "a history"))
}

#[cfg(test)]
mod tests;
