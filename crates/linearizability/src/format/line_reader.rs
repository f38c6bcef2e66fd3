//! A line that is read from left to right.

use super::MAX_LINE_BYTES;
use super::error::ParseError;
use crate::bytes::Bytes;
use crate::description::visible;
use crate::history::HistoryError;

/// A place in a line: the bytes `start..end`.
pub(super) type Span = (usize, usize);

/// A line and the position up to which it is read.
pub(super) struct LineReader<'a> {
    pub(super) number: usize,
    text: &'a str,
    at: usize,
}

impl<'a> LineReader<'a> {
    /// A line without its end.
    pub(super) fn new(number: usize, bytes: &'a [u8]) -> Result<Self, ParseError> {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if bytes.len() > MAX_LINE_BYTES {
            let most = format!("a line of at most {MAX_LINE_BYTES} bytes");
            return Err(ParseError::whole(number, &format!("{} bytes", bytes.len()), &most));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { number, text, at: 0 }),
            Err(error) => {
                let valid = String::from_utf8_lossy(bytes);
                let start = error.valid_up_to();
                let end = start + '\u{fffd}'.len_utf8();
                let message = "expected text in UTF-8, found other bytes".to_owned();
                Err(ParseError::at(number, &valid, (start, end), message))
            }
        }
    }

    /// A line whose bytes are known to be text, however long it is.
    pub(super) fn of_text(number: usize, text: &'a str) -> Self {
        Self { number, text, at: 0 }
    }

    /// Skips blanks; the rest of the line, without the blanks at its end.
    pub(super) fn rest(&mut self) -> &'a str {
        self.skip(|c| c.is_whitespace());
        self.text[self.at..].trim_end()
    }

    /// Skips blanks, and then `sign` if it comes next.
    pub(super) fn take(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// Skips characters.
    pub(super) fn skip(&mut self, unwanted: impl Fn(char) -> bool) {
        let rest = &self.text[self.at..];
        let length = rest.find(|c| !unwanted(c)).unwrap_or(rest.len());
        self.at += length;
    }

    /// The characters up to one that does not belong.
    pub(super) fn run(&mut self, belongs: impl Fn(char) -> bool) -> Span {
        let start = self.at;
        self.skip(belongs);
        (start, self.at)
    }

    /// The next word: characters up to a blank.
    pub(super) fn word(&mut self) -> Span {
        self.rest();
        self.run(|c| !c.is_whitespace())
    }

    /// The present position, as a place without width.
    pub(super) fn here(&self) -> Span {
        (self.at, self.at)
    }

    pub(super) fn text(&self, (start, end): Span) -> &'a str {
        &self.text[start..end]
    }

    /// The bytes of a string between quotes, with `\"`, `\\`, `\n`, `\t`, `\r`, `\xNN` and
    /// `\uNNNN`. The position must be at the opening quote.
    pub(super) fn quoted(&mut self) -> Result<(Bytes, Span), ParseError> {
        let start = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(['"', '\\']).unwrap_or(rest.len());
            bytes.extend_from_slice(&rest.as_bytes()[..plain]);
            self.at += plain;
            match rest[plain..].chars().next() {
                None => return Err(self.error(self.here(), "a closing `\"`")),
                Some('"') => {
                    self.at += 1;
                    return Ok((Bytes::from(bytes), (start, self.at)));
                }
                Some(_) => self.escape(&mut bytes)?,
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), ParseError> {
        let rest = &self.text[self.at..];
        let hex = |digits: usize| {
            let digits = rest.get(2..2 + digits)?;
            let all = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            all.then(|| u32::from_str_radix(digits, 16).ok())?
        };
        let (c, length) = match rest.as_bytes().get(1) {
            Some(b'"') => (Some('"'), 2),
            Some(b'\\') => (Some('\\'), 2),
            Some(b'n') => (Some('\n'), 2),
            Some(b't') => (Some('\t'), 2),
            Some(b'r') => (Some('\r'), 2),
            Some(b'u') => (hex(4).and_then(char::from_u32), 6),
            Some(b'x') => {
                if let Some(byte) = hex(2).and_then(|byte| u8::try_from(byte).ok()) {
                    bytes.push(byte);
                    self.at += 4;
                    return Ok(());
                }
                (None, 2)
            }
            _ => (None, 2),
        };
        let Some(c) = c else {
            let shown: usize = rest.chars().take(2).map(char::len_utf8).sum();
            let span = (self.at, self.at + shown);
            return Err(self.error(span, r#"`\"`, `\\`, `\n`, `\t`, `\r`, `\xNN` or `\uNNNN`"#));
        };
        bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        self.at += length;
        Ok(())
    }

    /// A whole number; an error says that `meaning` was expected.
    pub(super) fn number(&mut self, meaning: &str) -> Result<(u64, Span), ParseError> {
        self.rest();
        let span = self.run(|c| c.is_alphanumeric() || matches!(c, '-' | '+' | '.' | '_'));
        match self.text(span).parse() {
            Ok(number) => Ok((number, span)),
            Err(_) => Err(self.error(span, meaning)),
        }
    }

    /// An error unless the rest of the line is blank.
    pub(super) fn end(&mut self) -> Result<(), ParseError> {
        if self.rest().is_empty() {
            return Ok(());
        }
        let word = self.word();
        Err(self.error(word, "the end of the line"))
    }

    /// An error: something else was expected at a place.
    pub(super) fn error(&self, span: Span, expected: &str) -> ParseError {
        const MAX_FOUND: usize = 40;
        let found = self.text(span);
        let message = if found.trim().is_empty() {
            let end = self.text[span.1..].trim().is_empty();
            let found = if end { "the end of the line" } else { "something else" };
            format!("expected {expected}, found {found}")
        } else {
            let found: String = found.chars().take(MAX_FOUND).map(visible).collect();
            format!("expected {expected}, found `{found}`")
        };
        self.problem(span, message)
    }

    /// An error with a message of its own.
    pub(super) fn problem(&self, span: Span, message: String) -> ParseError {
        ParseError::at(self.number, self.text, span, message)
    }

    /// An error: the call or return cannot come next in the history.
    pub(super) fn refuse(&self, span: Span, error: HistoryError) -> ParseError {
        self.problem(span, error.to_string())
    }
}
