//! EDN, the notation of Clojure, read form by form from a whole text.
//!
//! A form that begins outside of all others may have at most [`MAX_LINE_BYTES`] bytes, and brackets
//! are at most [`MAX_DEPTH`] deep, so the memory for one form is bounded.

use std::borrow::Cow;

use super::MAX_LINE_BYTES;
use super::error::ParseError;
use super::line_reader::LineReader;

/// How deep brackets may be in one another.
const MAX_DEPTH: usize = 64;

/// One form with its place.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Form<'a> {
    pub(super) place: Place,
    pub(super) kind: FormKind<'a>,
}

/// A place in the text.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Place {
    /// The line where it begins, from 1.
    pub(super) line: usize,
    /// Its bytes.
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum FormKind<'a> {
    Nil,
    /// As it is written.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// With its colon.
    Keyword(&'a str),
    /// A symbol, `true`, `false` or a character.
    Symbol(&'a str),
    /// In `[]` or `()`.
    Sequence(Vec<Form<'a>>),
    /// Keys and values in turns.
    Map(Vec<Form<'a>>),
    Set,
    /// `#tag form`
    Tagged(Box<Form<'a>>),
}

/// A text and the position up to which it is read.
pub(super) struct EdnReader<'a> {
    text: &'a str,
    at: usize,
    /// The line of `at`, from 1.
    line: usize,
    /// Where the outermost form begins.
    form_start: usize,
    depth: usize,
}

impl<'a> EdnReader<'a> {
    pub(super) fn new(text: &'a [u8]) -> Result<Self, ParseError> {
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        let error = match std::str::from_utf8(text) {
            Ok(text) => return Ok(Self { text, at: 0, line: 1, form_start: 0, depth: 0 }),
            Err(error) => error,
        };
        let valid = &text[..error.valid_up_to()];
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        let start = valid.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let before = String::from_utf8_lossy(&valid[start..]);
        let place = (before.len(), before.len() + '\u{fffd}'.len_utf8());
        let message = "expected text in UTF-8, found other bytes".to_owned();
        Err(ParseError::at(line, &format!("{before}\u{fffd}"), place, message))
    }

    /// The next character after blanks and comments.
    pub(super) fn peek(&mut self) -> Option<char> {
        loop {
            self.skip(is_blank);
            match self.rest().as_bytes().first()? {
                b';' => self.skip(|c| c != '\n'),
                _ => return self.rest().chars().next(),
            }
        }
    }

    /// The rest of the text.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Passes over one character, which is not the end of a line.
    pub(super) fn bump(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    /// Passes over the rest of the line, without the blanks at its end.
    pub(super) fn rest_of_line(&mut self) -> (Place, &'a str) {
        let start = self.at;
        self.skip(|c| c != '\n');
        let text = self.text[start..self.at].trim_end();
        (Place { line: self.line, start, end: start + text.len() }, text)
    }

    /// The present position, as a place without width.
    pub(super) fn here(&self) -> Place {
        Place { line: self.line, start: self.at, end: self.at }
    }

    /// Reads a form outside of all others.
    pub(super) fn form(&mut self) -> Result<Form<'a>, ParseError> {
        self.peek();
        (self.form_start, self.depth) = (self.at, 0);
        self.inner_form()
    }

    fn inner_form(&mut self) -> Result<Form<'a>, ParseError> {
        let first = self.peek();
        let begin = self.here();
        if self.at - self.form_start > MAX_LINE_BYTES {
            let most = format!("a form of at most {MAX_LINE_BYTES} bytes");
            return Err(self.error(begin, &most));
        }
        let Some(first) = first else { return Err(self.error(begin, "a form of EDN")) };
        let kind = match first {
            '[' => FormKind::Sequence(self.forms(']')?),
            '(' => FormKind::Sequence(self.forms(')')?),
            '{' => FormKind::Map(self.map()?),
            '"' => FormKind::Text(self.string()?),
            '#' => self.dispatch()?,
            '^' => {
                self.bump();
                self.nested()?;
                self.nested()?.kind
            }
            '\'' | '@' | '`' | '~' => {
                self.bump();
                self.nested()?.kind
            }
            '\\' => {
                self.bump();
                self.bump_unless_line_end();
                self.skip(is_part_of_word);
                FormKind::Symbol(&self.text[begin.start..self.at])
            }
            _ => self.word()?,
        };
        Ok(Form { place: Place { end: self.at, ..begin }, kind })
    }

    /// A form within the present one.
    fn nested(&mut self) -> Result<Form<'a>, ParseError> {
        if self.depth == MAX_DEPTH {
            let most = format!("brackets at most {MAX_DEPTH} deep");
            return Err(self.error(self.here(), &most));
        }
        self.depth += 1;
        let form = self.inner_form()?;
        self.depth -= 1;
        Ok(form)
    }

    /// The forms up to a closing bracket; the position is at the opening one.
    fn forms(&mut self, close: char) -> Result<Vec<Form<'a>>, ParseError> {
        self.bump();
        let mut forms = Vec::new();
        loop {
            match self.peek() {
                Some(c) if c == close => {
                    self.bump();
                    return Ok(forms);
                }
                None | Some(']' | ')' | '}') => {
                    return Err(self.error(self.here(), &format!("`{close}`")));
                }
                Some(_) if self.rest().starts_with("#_") => self.discard()?,
                Some(_) => forms.push(self.nested()?),
            }
        }
    }

    fn map(&mut self) -> Result<Vec<Form<'a>>, ParseError> {
        let forms = self.forms('}')?;
        match forms.last() {
            Some(last) if forms.len() % 2 == 1 => {
                Err(self.error(last.place, "a value after every key of the map"))
            }
            _ => Ok(forms),
        }
    }

    /// `#_ form`, which is a comment.
    pub(super) fn discard(&mut self) -> Result<(), ParseError> {
        self.at += "#_".len();
        self.nested().map(drop)
    }

    /// The form after `#`.
    fn dispatch(&mut self) -> Result<FormKind<'a>, ParseError> {
        let sign = self.here();
        self.bump();
        match self.rest().chars().next() {
            Some('{') => {
                self.forms('}')?;
                Ok(FormKind::Set)
            }
            Some('_') => {
                self.at -= "#".len();
                self.discard()?;
                Ok(self.nested()?.kind)
            }
            Some('"') => Ok(FormKind::Text(self.string()?)),
            // A name space before the keys of a map.
            Some(':') => {
                self.skip(is_part_of_word);
                Ok(self.nested()?.kind)
            }
            // `##Inf`, `##NaN`
            Some('#') => {
                self.skip(|c| c == '#' || is_part_of_word(c));
                Ok(FormKind::Symbol(&self.text[sign.start..self.at]))
            }
            Some(c) if c.is_alphabetic() => {
                self.skip(is_part_of_word);
                Ok(FormKind::Tagged(Box::new(self.nested()?)))
            }
            Some(_) | None => Err(self.error(sign, "a tag after `#`")),
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, ParseError> {
        let open = self.here();
        self.bump();
        let mut text = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let plain = rest.find(['"', '\\']).unwrap_or(rest.len());
            self.line += newlines(&rest[..plain]);
            self.at += plain;
            text += &rest[..plain];
            match self.rest().as_bytes().first() {
                None => {
                    let quote = Place { end: open.start + 1, ..open };
                    return Err(self.problem(quote, "this string has no closing `\"`".to_owned()));
                }
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(_) => text.to_mut().push(self.escape()?),
            }
        }
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let rest = self.rest();
        let found = match rest.as_bytes().get(1) {
            Some(b'"') => Some(('"', 2)),
            Some(b'\\') => Some(('\\', 2)),
            Some(b'n') => Some(('\n', 2)),
            Some(b't') => Some(('\t', 2)),
            Some(b'r') => Some(('\r', 2)),
            Some(b'b') => Some(('\u{8}', 2)),
            Some(b'f') => Some(('\u{c}', 2)),
            Some(b'u') => unicode(rest),
            Some(b'0'..=b'7') => octal(rest),
            Some(_) | None => None,
        };
        let Some((c, length)) = found else {
            let shown: usize = rest.chars().take(2).map(char::len_utf8).sum();
            let place = Place { end: self.at + shown, ..self.here() };
            return Err(self.error(place, r#"`\"`, `\\`, `\n`, `\t`, `\r` or `\uNNNN`"#));
        };
        self.at += length;
        Ok(c)
    }

    fn word(&mut self) -> Result<FormKind<'a>, ParseError> {
        let start = self.here();
        self.skip(is_part_of_word);
        let word = &self.text[start.start..self.at];
        let digits = word.trim_start_matches(['-', '+']);
        Ok(match word {
            "" => {
                let end = start.start + self.rest().chars().next().map_or(0, char::len_utf8);
                return Err(self.error(Place { end, ..start }, "a form of EDN"));
            }
            "nil" => FormKind::Nil,
            _ if word.starts_with(':') => FormKind::Keyword(word),
            _ if digits.starts_with(|c: char| c.is_ascii_digit()) => FormKind::Number(word),
            _ => FormKind::Symbol(word),
        })
    }

    /// Passes over one character; the end of a line stays.
    fn bump_unless_line_end(&mut self) {
        if !self.rest().starts_with(['\n', '\r']) {
            self.bump();
        }
    }

    fn skip(&mut self, unwanted: impl Fn(char) -> bool) {
        let rest = self.rest();
        let length = rest.find(|c| !unwanted(c)).unwrap_or(rest.len());
        self.line += newlines(&rest[..length]);
        self.at += length;
    }

    /// An error: something else was expected at a place.
    pub(super) fn error(&self, place: Place, expected: &str) -> ParseError {
        let (line, span) = self.line_of(place);
        line.error(span, expected)
    }

    /// An error with a message of its own.
    pub(super) fn problem(&self, place: Place, message: String) -> ParseError {
        let (line, span) = self.line_of(place);
        line.problem(span, message)
    }

    /// The line of a place, and the part of the place that is in it.
    fn line_of(&self, place: Place) -> (LineReader<'a>, (usize, usize)) {
        let start = self.text[..place.start].rfind('\n').map_or(0, |at| at + 1);
        let length = self.text[place.start..].find('\n').unwrap_or(self.text.len() - place.start);
        let end = place.start + length;
        let span = (place.start - start, place.end.min(end) - start);
        (LineReader::of_text(place.line, &self.text[start..end]), span)
    }
}

/// The character of `\uNNNN`, and the length of that. Java writes a character beyond 16 bits as two
/// halves, one after the other.
fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |from: usize| {
        let digits = text.get(from..from + 6)?.strip_prefix("\\u")?;
        let all = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        all.then(|| u16::from_str_radix(digits, 16).ok())?
    };
    let first = unit(0)?;
    if let Some(c) = char::from_u32(first.into()) {
        return Some((c, 6));
    }
    let c = char::decode_utf16([first, unit(6)?]).next()?.ok()?;
    Some((c, 12))
}

/// The character of `\NNN`, in octal digits, and the length of that.
fn octal(text: &str) -> Option<(char, usize)> {
    let digits = text[1..].bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let code = u32::from_str_radix(&text[1..=digits], 8).ok()?;
    Some((char::from_u32(code)?, 1 + digits))
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

/// In EDN a comma is a blank.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == ','
}

fn is_part_of_word(c: char) -> bool {
    !is_blank(c) && !matches!(c, '[' | ']' | '(' | ')' | '{' | '}' | '"' | ';')
}
