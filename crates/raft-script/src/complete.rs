//! What may come next in a line that is being typed.

use crate::branches::Branches;
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

/// The words that may be where the cursor is, a byte offset into the line of a script; those that
/// begin with what is typed of the word already. A session makes them fit its cluster.
pub fn complete(text: &str, cursor: usize, session: Option<&Session>) -> Vec<Suggestion> {
    let (words, typed) = parted(text, cursor);
    let Ok(mut cursor) = Cursor::completing(words, session, None) else { return Vec::new() };
    // The line ends where the next word begins: the parser says which words it looked for there.
    let _ = cursor.statement();
    beginning_with(typed, cursor.into_offers())
}

/// The same for a line of a console, which shows a session of one of these branches.
pub fn complete_input(
    text: &str,
    cursor: usize,
    session: &Session,
    branches: &Branches,
) -> Vec<Suggestion> {
    let (words, typed) = parted(text, cursor);
    let cursor = Cursor::completing(words, Some(session), Some(branches));
    let Ok(mut cursor) = cursor else { return Vec::new() };
    let _ = cursor.input();
    beginning_with(typed, cursor.into_offers())
}

/// The text before the word at the cursor, and what is typed of the word before the cursor.
fn parted(text: &str, cursor: usize) -> (&str, &str) {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let before = &text[..cursor];
    let start = before
        .rfind(char::is_whitespace)
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    before.split_at(start)
}

fn beginning_with(typed: &str, mut offers: Vec<Suggestion>) -> Vec<Suggestion> {
    offers.retain(|completion| completion.text.starts_with(typed));
    offers
}

#[cfg(test)]
mod tests;
