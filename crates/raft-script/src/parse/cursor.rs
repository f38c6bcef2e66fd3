//! Walks over a line's tokens and says what it missed.

use crate::error::ParseError;
use crate::token::{Kind, Token, tokens};

/// A place in a line.
pub(super) struct Cursor<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
}

pub(super) type Parsed<T> = Result<T, ParseError>;

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Parsed<Self> {
        Ok(Self { text, tokens: tokens(text)?, next: 0 })
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.next >= self.tokens.len()
    }

    /// The word here, if a word is here.
    pub(super) fn word(&self) -> Option<&'a str> {
        self.word_at(0)
    }

    /// The word that many tokens further on.
    pub(super) fn word_at(&self, further: usize) -> Option<&'a str> {
        match self.tokens.get(self.next + further)?.kind {
            Kind::Word(word) => Some(word),
            Kind::Quoted(_) | Kind::Sign(_) => None,
        }
    }

    /// Whether the sign stands that many tokens further on.
    pub(super) fn is_sign_at(&self, further: usize, sign: &str) -> bool {
        matches!(self.tokens.get(self.next + further), Some(Token { kind: Kind::Sign(found), .. }) if *found == sign)
    }

    pub(super) fn advance(&mut self) {
        self.next += 1;
    }

    /// Passes over the word if it is here.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let is_here = self.word() == Some(word);
        if is_here {
            self.advance();
        }
        is_here
    }

    /// Passes over the sign if it is here.
    pub(super) fn eat_sign(&mut self, sign: &str) -> bool {
        let is_here = self.is_sign_at(0, sign);
        if is_here {
            self.advance();
        }
        is_here
    }

    pub(super) fn sign(&mut self, sign: &str) -> Parsed<()> {
        if self.eat_sign(sign) { Ok(()) } else { Err(self.error(format!("`{sign}`"))) }
    }

    pub(super) fn keyword(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.error(format!("`{word}`"))) }
    }

    /// A key or a value: a word or a quoted text.
    pub(super) fn text(&mut self, expected: &str) -> Parsed<Vec<u8>> {
        let found = match self.tokens.get(self.next).map(|token| &token.kind) {
            Some(Kind::Word(word)) => word.as_bytes().to_vec(),
            Some(Kind::Quoted(bytes)) => bytes.clone(),
            Some(Kind::Sign(_)) | None => return Err(self.error(expected)),
        };
        self.advance();
        Ok(found)
    }

    /// The bytes in quotes, if a quoted text is here.
    pub(super) fn quoted(&self) -> Option<&[u8]> {
        match &self.tokens.get(self.next)?.kind {
            Kind::Quoted(bytes) => Some(bytes),
            Kind::Word(_) | Kind::Sign(_) => None,
        }
    }

    pub(super) fn end(&self) -> Parsed<()> {
        if self.is_at_end() { Ok(()) } else { Err(self.error("the end of the line")) }
    }

    /// An error at the token here.
    pub(super) fn error(&self, expected: impl Into<String>) -> ParseError {
        self.error_at(self.next, expected)
    }

    /// An error at the token before.
    pub(super) fn error_before(&self, expected: impl Into<String>) -> ParseError {
        self.error_at(self.next.saturating_sub(1), expected)
    }

    /// An error about the whole statement.
    pub(super) fn error_in_all(&self, expected: impl Into<String>) -> ParseError {
        let start = self.tokens.first().map_or(0, |token| token.start);
        let end = self.tokens.last().map_or(start, |token| token.end);
        ParseError::new(1, self.text, (start, end), expected.into())
    }

    fn error_at(&self, token: usize, expected: impl Into<String>) -> ParseError {
        let end = self.tokens.last().map_or(0, |token| token.end);
        let place = self.tokens.get(token).map_or((end, end), |token| (token.start, token.end));
        ParseError::new(1, self.text, place, expected.into())
    }
}
