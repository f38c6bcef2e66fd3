//! What may come next in a line that is being typed.

use crate::language::Cursor;
use crate::session::Session;

/// A word that may be at the cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suggestion {
    /// The whole word; it replaces what of it is typed already.
    pub text: String,
    /// Its meaning in a few words.
    pub help: &'static str,
}

/// The words that may be where the cursor is, a byte offset into the line; those that begin with
/// what is typed of the word already. A session makes them fit its cluster.
pub fn complete(text: &str, cursor: usize, session: Option<&Session>) -> Vec<Suggestion> {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let before = &text[..cursor];
    let start = before
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let (words, typed) = before.split_at(start);
    let Ok(mut cursor) = Cursor::completing(words, session) else { return Vec::new() };
    // The line ends where the next word begins: the parser says which words it looked for there.
    let _ = cursor.statement();
    let mut offers = cursor.into_offers();
    offers.retain(|completion| completion.text.starts_with(typed));
    offers
}

#[cfg(test)]
mod tests;
