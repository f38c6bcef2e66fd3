//! A line as words, strings and signs.

use crate::error::ParseError;

/// A piece of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind<'a>,
    /// Its first byte in the line.
    pub(crate) start: usize,
    /// The byte behind it.
    pub(crate) end: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind<'a> {
    /// Anything that is nothing else.
    Word(&'a str),
    /// Bytes in quotes, escapes resolved.
    Quoted(Vec<u8>),
    /// `=`, `|`, `,`, `->`, `<->`, `>=` or `<=`.
    Sign(&'static str),
}

const SIGNS: [&str; 7] = ["<->", "->", ">=", "<=", "=", "|", ","];

/// The pieces of a line, without its comment.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ParseError> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(first) = text[start..].chars().next() {
        if first.is_whitespace() {
            start += first.len_utf8();
            continue;
        }
        if first == '#' {
            break;
        }
        let (kind, end) = token(text, start)?;
        found.push(Token { kind, start, end });
        start = end;
    }
    Ok(found)
}

fn token(text: &str, start: usize) -> Result<(Kind<'_>, usize), ParseError> {
    let rest = &text[start..];
    if rest.starts_with('"') {
        let (bytes, end) = quoted(text, start)?;
        return Ok((Kind::Quoted(bytes), end));
    }
    if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        return Ok((Kind::Sign(sign), start + sign.len()));
    }
    let length = rest
        .char_indices()
        .find(|(at, c)| ends_word(*c, &rest[*at..]))
        .map_or(rest.len(), |(at, _)| at);
    if length == 0 {
        // Only a lone `<` or `>` begins no sign and no word.
        let expected = "`->`, `<->`, `>=` or `<=`".to_owned();
        return Err(ParseError::new(1, text, (start, start + 1), expected));
    }
    Ok((Kind::Word(&rest[..length]), start + length))
}

fn ends_word(c: char, rest: &str) -> bool {
    c.is_whitespace()
        || matches!(c, '"' | '#' | '=' | '|' | ',' | '<' | '>')
        || rest.starts_with("->")
}

/// The bytes between quotes, and where the text goes on.
fn quoted(text: &str, start: usize) -> Result<(Vec<u8>, usize), ParseError> {
    let mut bytes = Vec::new();
    let mut at = start + 1;
    loop {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else {
            let expected = "a closing `\"`".to_owned();
            return Err(ParseError::new(1, text, (text.len(), text.len()), expected));
        };
        match c {
            '"' => return Ok((bytes, at + 1)),
            '\\' => {
                let Some((byte, length)) = escape(rest) else {
                    let end = at + rest.chars().take(2).map(char::len_utf8).sum::<usize>();
                    let expected =
                        r#"`\"`, `\\`, `\n`, `\t`, `\r` or `\x` and two hexadecimal digits"#;
                    return Err(ParseError::new(1, text, (at, end), expected.to_owned()));
                };
                bytes.push(byte);
                at += length;
            }
            c => {
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                at += c.len_utf8();
            }
        }
    }
}

/// The byte that an escape stands for, and the escape's length.
fn escape(rest: &str) -> Option<(u8, usize)> {
    let bytes = rest.as_bytes();
    Some(match bytes.get(1)? {
        b'"' => (b'"', 2),
        b'\\' => (b'\\', 2),
        b'n' => (b'\n', 2),
        b't' => (b'\t', 2),
        b'r' => (b'\r', 2),
        b'x' => {
            let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
            (u8::try_from(digit(2)? * 16 + digit(3)?).ok()?, 4)
        }
        _ => return None,
    })
}
